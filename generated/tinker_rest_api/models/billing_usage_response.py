# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
import datetime
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define, field

from .._model import (
    InvalidField,
    Model,
    plain_json,
    read_items,
    rfc3339,
    short_list,
    utc_datetime,
)
from ..models.billing_usage_event import BillingUsageEvent
from ..models.billing_usage_sessions import BillingUsageSessions

_FIELDS = frozenset(
    (
        "data",
        "sessions",
        "cost_data_through",
    )
)


@define(kw_only=True)
class BillingUsageResponse(Model):
    """The usage in a time range.

    Attributes:
        data: The usage by hour, in order of time.
        sessions: Sessions, keyed by ID.
        cost_data_through: The time in UTC up to which costs come from invoices; later costs come
            from the published rates. Null if no day of the range has been invoiced.
        additional_properties: Fields that a newer server sent and this version does not know.
    """

    field_order: ClassVar = (
        "data",
        "sessions",
        "cost_data_through",
    )

    data: list[BillingUsageEvent] = field(repr=short_list)
    """The usage by hour, in order of time."""
    sessions: BillingUsageSessions = field(factory=BillingUsageSessions)
    """Sessions, keyed by ID."""
    cost_data_through: datetime.datetime | None = None
    """The time in UTC up to which costs come from invoices; later costs come from the published rates. Null
    if
    no day of the range has been invoiced."""
    additional_properties: dict[str, Any] = field(init=False, factory=dict, repr=False)
    """Fields that a newer server sent and this version does not know."""

    __hash__ = Model.__hash__  # which attrs leaves out of classes that compare

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values. What is None and not required is left out."""
        fields = dict(self.additional_properties)
        fields["data"] = plain_json(self.data)
        if self.sessions is not None:
            fields["sessions"] = plain_json(self.sessions)
        if self.cost_data_through is not None:
            fields["cost_data_through"] = rfc3339(self.cost_data_through)
        return fields

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField, with the field's name, if it is not as described."""
        if src_dict.__class__ is not dict:
            raise InvalidField("BillingUsageResponse", None, "an object", src_dict)
        get = src_dict.get
        data: Any = get("data")
        if data.__class__ is not list:
            raise InvalidField("BillingUsageResponse", "data", "a list", data)
        data = read_items("data", BillingUsageEvent.from_dict, data)

        sessions: Any = get("sessions")
        if sessions is not None:
            sessions = BillingUsageSessions.from_dict(sessions)

        else:
            sessions = BillingUsageSessions()
        cost_data_through: Any = get("cost_data_through")
        if cost_data_through is not None:
            cost_data_through = utc_datetime("BillingUsageResponse", "cost_data_through", cost_data_through)

        decoded = cls.__new__(cls)  # without __init__: less time on pages of thousands of items
        decoded.data = data
        decoded.sessions = sessions
        decoded.cost_data_through = cost_data_through
        is_known = _FIELDS.issuperset(src_dict)
        decoded.additional_properties = (
            {} if is_known else {key: value for key, value in src_dict.items() if key not in _FIELDS}
        )
        return decoded
