# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define, field

from .._model import (
    InvalidField,
    Model,
    plain_json,
    read_items,
    short_list,
)
from ..models.current_checkpoint_storage_usage_item import CurrentCheckpointStorageUsageItem

_FIELDS = frozenset(
    (
        "data",
        "effective_rate_usd_per_gigabyte_month",
    )
)


@define(kw_only=True)
class CurrentCheckpointStorageUsageResponse(Model):
    """Current storage and its rate.

    Attributes:
        data: Current storage by project and session owner.
        effective_rate_usd_per_gigabyte_month: The rate in US dollars per gigabyte and month that
            the costs are estimated with.
        additional_properties: Fields that a newer server sent and this version does not know.
    """

    field_order: ClassVar = (
        "effective_rate_usd_per_gigabyte_month",
        "data",
    )

    data: list[CurrentCheckpointStorageUsageItem] = field(repr=short_list)
    """Current storage by project and session owner."""
    effective_rate_usd_per_gigabyte_month: float | None = None
    """The rate in US dollars per gigabyte and month that the costs are estimated with."""
    additional_properties: dict[str, Any] = field(init=False, factory=dict, repr=False)
    """Fields that a newer server sent and this version does not know."""

    __hash__ = Model.__hash__  # which attrs leaves out of classes that compare

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values. What is None and not required is left out."""
        fields = dict(self.additional_properties)
        fields["data"] = plain_json(self.data)
        if self.effective_rate_usd_per_gigabyte_month is not None:
            fields["effective_rate_usd_per_gigabyte_month"] = self.effective_rate_usd_per_gigabyte_month
        return fields

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField, with the field's name, if it is not as described."""
        if src_dict.__class__ is not dict:
            raise InvalidField("CurrentCheckpointStorageUsageResponse", None, "an object", src_dict)
        get = src_dict.get
        data: Any = get("data")
        if data.__class__ is not list:
            raise InvalidField("CurrentCheckpointStorageUsageResponse", "data", "a list", data)
        data = read_items("data", CurrentCheckpointStorageUsageItem.from_dict, data)

        effective_rate_usd_per_gigabyte_month: Any = get("effective_rate_usd_per_gigabyte_month")
        if effective_rate_usd_per_gigabyte_month is not None:
            if (
                effective_rate_usd_per_gigabyte_month.__class__ is not float
                and effective_rate_usd_per_gigabyte_month.__class__ is not int
            ):
                raise InvalidField(
                    "CurrentCheckpointStorageUsageResponse",
                    "effective_rate_usd_per_gigabyte_month",
                    "a number",
                    effective_rate_usd_per_gigabyte_month,
                )
            effective_rate_usd_per_gigabyte_month = float(effective_rate_usd_per_gigabyte_month)

        decoded = cls.__new__(cls)  # without __init__: less time on pages of thousands of items
        decoded.data = data
        decoded.effective_rate_usd_per_gigabyte_month = effective_rate_usd_per_gigabyte_month
        is_known = _FIELDS.issuperset(src_dict)
        decoded.additional_properties = (
            {} if is_known else {key: value for key, value in src_dict.items() if key not in _FIELDS}
        )
        return decoded
