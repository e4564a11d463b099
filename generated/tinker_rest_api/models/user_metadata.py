# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from collections.abc import Mapping
from typing import Any, Self

from ..types import (
    InvalidField,
    plain_json,
)


class UserMetadata(dict[str, Any]):
    """What the user attached to a run, a session or a checkpoint; keys and values are free."""

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values."""
        return {key: plain_json(value) for key, value in self.items()}

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField where it is none."""
        if not isinstance(src_dict, Mapping):
            raise InvalidField("UserMetadata", None, "an object", src_dict)
        return cls(src_dict)
