# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from collections.abc import Mapping
from typing import Any, Self

from ..types import (
    InvalidField,
    plain_json,
)


class AuthTokenRequest(dict[str, Any]):
    """An empty object, since the credential is in the header."""

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values."""
        return {key: plain_json(value) for key, value in self.items()}

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField where it is none."""
        if not isinstance(src_dict, Mapping):
            raise InvalidField("AuthTokenRequest", None, "an object", src_dict)
        return cls(src_dict)
