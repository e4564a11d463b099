# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define, field

from .._model import (
    InvalidField,
    Model,
    whole_number,
)

_FIELDS = frozenset(("ttl_seconds",))


@define(kw_only=True)
class SetCheckpointTtlRequest(Model):
    """The new time to live of a checkpoint.

    Attributes:
        ttl_seconds: The number of seconds from now until the checkpoint expires: one hour to ten
            years of 365 days. Null removes the expiry.
        additional_properties: Fields that a newer server sent and this version does not know.
    """

    field_order: ClassVar = ("ttl_seconds",)

    ttl_seconds: int | None
    """The number of seconds from now until the checkpoint expires: one hour to ten years of 365 days.
    Null removes the expiry."""
    additional_properties: dict[str, Any] = field(init=False, factory=dict, repr=False)
    """Fields that a newer server sent and this version does not know."""

    __hash__ = Model.__hash__  # which attrs leaves out of classes that compare

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values. What is None and not required is left out."""
        fields = dict(self.additional_properties)
        fields["ttl_seconds"] = self.ttl_seconds
        return fields

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField, with the field's name, if it is not as described."""
        if src_dict.__class__ is not dict:
            raise InvalidField("SetCheckpointTtlRequest", None, "an object", src_dict)
        get = src_dict.get
        ttl_seconds: Any = get("ttl_seconds")
        if ttl_seconds is not None:
            if ttl_seconds.__class__ is not int:
                ttl_seconds = whole_number("SetCheckpointTtlRequest", "ttl_seconds", ttl_seconds)

        decoded = cls.__new__(cls)  # without __init__: less time on pages of thousands of items
        decoded.ttl_seconds = ttl_seconds
        is_known = _FIELDS.issuperset(src_dict)
        decoded.additional_properties = (
            {} if is_known else {key: value for key, value in src_dict.items() if key not in _FIELDS}
        )
        return decoded
