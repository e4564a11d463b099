# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from attrs import define, field

from .._model import (
    InvalidField,
    Model,
)

_FIELDS = frozenset(
    (
        "type",
        "gigabyte_hours",
        "free",
    )
)


@define(kw_only=True)
class StorageBillingEvent(Model):
    """The usage of checkpoint storage.

    Attributes:
        type: The kind of usage.
        gigabyte_hours: The size in gigabytes (10^9 bytes) multiplied by hours.
        free: Whether the storage is free.
        additional_properties: Fields that a newer server sent and this version does not know.
    """

    field_order: ClassVar = (
        "type",
        "free",
        "gigabyte_hours",
    )

    gigabyte_hours: float
    """The size in gigabytes (10^9 bytes) multiplied by hours."""
    type: Literal["storage"] = "storage"
    """The kind of usage."""
    free: bool = False
    """Whether the storage is free."""
    additional_properties: dict[str, Any] = field(init=False, factory=dict, repr=False)
    """Fields that a newer server sent and this version does not know."""

    __hash__ = Model.__hash__  # which attrs leaves out of classes that compare

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values. What is None and not required is left out."""
        fields = dict(self.additional_properties)
        fields["type"] = self.type
        fields["gigabyte_hours"] = self.gigabyte_hours
        if self.free is not None:
            fields["free"] = self.free
        return fields

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField, with the field's name, if it is not as described."""
        if src_dict.__class__ is not dict:
            raise InvalidField("StorageBillingEvent", None, "an object", src_dict)
        get = src_dict.get
        type_: Any = get("type")
        if type_ != "storage":
            raise InvalidField("StorageBillingEvent", "type", "storage", type_)

        gigabyte_hours: Any = get("gigabyte_hours")
        if gigabyte_hours.__class__ is not float and gigabyte_hours.__class__ is not int:
            raise InvalidField("StorageBillingEvent", "gigabyte_hours", "a number", gigabyte_hours)
        gigabyte_hours = float(gigabyte_hours)

        free: Any = get("free")
        if free is not None:
            if free.__class__ is not bool:
                raise InvalidField("StorageBillingEvent", "free", "true or false", free)

        else:
            free = False
        decoded = cls.__new__(cls)  # without __init__: less time on pages of thousands of items
        decoded.type = type_
        decoded.gigabyte_hours = gigabyte_hours
        decoded.free = free
        is_known = _FIELDS.issuperset(src_dict)
        decoded.additional_properties = (
            {} if is_known else {key: value for key, value in src_dict.items() if key not in _FIELDS}
        )
        return decoded
