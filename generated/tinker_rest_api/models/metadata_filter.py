# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from collections.abc import Mapping
from typing import Any, Self

from ..types import (
    InvalidField,
    plain_json,
)


class MetadataFilter(dict[str, str]):
    """Keys and values that the metadata must hold, all of them."""

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values."""
        return {key: plain_json(value) for key, value in self.items()}

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField where it is none."""
        if not isinstance(src_dict, Mapping):
            raise InvalidField("MetadataFilter", None, "an object", src_dict)
        for key, value in src_dict.items():
            if value.__class__ is not str:
                raise InvalidField("MetadataFilter", key, "a string", value)
        return cls(src_dict)
