# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
import datetime
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define, field

from .._model import (
    InvalidField,
    Model,
    UnknownVariant,
    read_variant,
    rfc3339,
    utc_datetime,
)
from ..models.checkpoint_billing_event import CheckpointBillingEvent
from ..models.sampling_prefill_billing_event import SamplingPrefillBillingEvent
from ..models.sampling_sample_billing_event import SamplingSampleBillingEvent
from ..models.storage_billing_event import StorageBillingEvent
from ..models.training_billing_event import TrainingBillingEvent

_EVENT_INFO_VARIANTS: dict[str, Any] = {
    "training": TrainingBillingEvent.from_dict,
    "sampling_prefill": SamplingPrefillBillingEvent.from_dict,
    "sampling_sample": SamplingSampleBillingEvent.from_dict,
    "checkpoint": CheckpointBillingEvent.from_dict,
    "storage": StorageBillingEvent.from_dict,
}
_FIELDS = frozenset(
    (
        "bucket_start",
        "bucket_end",
        "event_info",
        "base_model",
        "user_id",
        "user_name",
        "session_id",
        "project_id",
        "estimated_cost_usd",
        "effective_rate_usd_per_million_tokens",
        "effective_rate_usd_per_gigabyte_month",
    )
)


@define(kw_only=True)
class BillingUsageEvent(Model):
    """One kind of usage in one hour.

    Attributes:
        bucket_start: The start of the hour, in UTC.
        bucket_end: The end of the hour (exclusive), in UTC.
        event_info: What was used and how much, identified by `type`. Newer servers may use other
            types.
        base_model: The model, if known.
        user_id: The URN of the user who created the session.
        user_name: The name of that user.
        session_id: The session that used it. Null for usage without a session, such as storage.
        project_id: The project that the session belongs to.
        estimated_cost_usd: The estimated cost in US dollars. Null if the usage has no price, or
            none yet.
        effective_rate_usd_per_million_tokens: The rate in US dollars per million tokens. Null for
            usage without tokens.
        effective_rate_usd_per_gigabyte_month: The rate in US dollars per gigabyte and month of
            720 hours. Null for usage other than storage.
        additional_properties: Fields that a newer server sent and this version does not know.
    """

    field_order: ClassVar = (
        "bucket_start",
        "bucket_end",
        "base_model",
        "user_id",
        "user_name",
        "session_id",
        "project_id",
        "estimated_cost_usd",
        "effective_rate_usd_per_million_tokens",
        "effective_rate_usd_per_gigabyte_month",
        "event_info",
    )

    bucket_start: datetime.datetime
    """The start of the hour, in UTC."""
    bucket_end: datetime.datetime
    """The end of the hour (exclusive), in UTC."""
    event_info: (
        TrainingBillingEvent
        | SamplingPrefillBillingEvent
        | SamplingSampleBillingEvent
        | CheckpointBillingEvent
        | StorageBillingEvent
        | UnknownVariant
    )
    """What was used and how much, identified by `type`. Newer servers may use other types."""
    base_model: str | None = None
    """The model, if known."""
    user_id: str | None = None
    """The URN of the user who created the session."""
    user_name: str | None = None
    """The name of that user."""
    session_id: str | None = None
    """The session that used it. Null for usage without a session, such as storage."""
    project_id: str | None = None
    """The project that the session belongs to."""
    estimated_cost_usd: float | None = None
    """The estimated cost in US dollars. Null if the usage has no price, or none yet."""
    effective_rate_usd_per_million_tokens: float | None = None
    """The rate in US dollars per million tokens. Null for usage without tokens."""
    effective_rate_usd_per_gigabyte_month: float | None = None
    """The rate in US dollars per gigabyte and month of 720 hours. Null for usage other than storage."""
    additional_properties: dict[str, Any] = field(init=False, factory=dict, repr=False)
    """Fields that a newer server sent and this version does not know."""

    __hash__ = Model.__hash__  # which attrs leaves out of classes that compare

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values. What is None and not required is left out."""
        fields = dict(self.additional_properties)
        fields["bucket_start"] = rfc3339(self.bucket_start)
        fields["bucket_end"] = rfc3339(self.bucket_end)
        fields["event_info"] = self.event_info.to_dict()
        if self.base_model is not None:
            fields["base_model"] = self.base_model
        if self.user_id is not None:
            fields["user_id"] = self.user_id
        if self.user_name is not None:
            fields["user_name"] = self.user_name
        if self.session_id is not None:
            fields["session_id"] = self.session_id
        if self.project_id is not None:
            fields["project_id"] = self.project_id
        if self.estimated_cost_usd is not None:
            fields["estimated_cost_usd"] = self.estimated_cost_usd
        if self.effective_rate_usd_per_million_tokens is not None:
            fields["effective_rate_usd_per_million_tokens"] = self.effective_rate_usd_per_million_tokens
        if self.effective_rate_usd_per_gigabyte_month is not None:
            fields["effective_rate_usd_per_gigabyte_month"] = self.effective_rate_usd_per_gigabyte_month
        return fields

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField, with the field's name, if it is not as described."""
        if src_dict.__class__ is not dict:
            raise InvalidField("BillingUsageEvent", None, "an object", src_dict)
        get = src_dict.get
        bucket_start: Any = get("bucket_start")
        bucket_start = utc_datetime("BillingUsageEvent", "bucket_start", bucket_start)

        bucket_end: Any = get("bucket_end")
        bucket_end = utc_datetime("BillingUsageEvent", "bucket_end", bucket_end)

        event_info: Any = get("event_info")
        if event_info is None:
            raise InvalidField("BillingUsageEvent", "event_info", "present", None)
        event_info = read_variant("BillingUsageEvent", "event_info", _EVENT_INFO_VARIANTS, event_info)

        base_model: Any = get("base_model")
        if base_model is not None:
            if base_model.__class__ is not str:
                raise InvalidField("BillingUsageEvent", "base_model", "a string", base_model)

        user_id: Any = get("user_id")
        if user_id is not None:
            if user_id.__class__ is not str:
                raise InvalidField("BillingUsageEvent", "user_id", "a string", user_id)

        user_name: Any = get("user_name")
        if user_name is not None:
            if user_name.__class__ is not str:
                raise InvalidField("BillingUsageEvent", "user_name", "a string", user_name)

        session_id: Any = get("session_id")
        if session_id is not None:
            if session_id.__class__ is not str:
                raise InvalidField("BillingUsageEvent", "session_id", "a string", session_id)

        project_id: Any = get("project_id")
        if project_id is not None:
            if project_id.__class__ is not str:
                raise InvalidField("BillingUsageEvent", "project_id", "a string", project_id)

        estimated_cost_usd: Any = get("estimated_cost_usd")
        if estimated_cost_usd is not None:
            if estimated_cost_usd.__class__ is not float and estimated_cost_usd.__class__ is not int:
                raise InvalidField("BillingUsageEvent", "estimated_cost_usd", "a number", estimated_cost_usd)
            estimated_cost_usd = float(estimated_cost_usd)

        effective_rate_usd_per_million_tokens: Any = get("effective_rate_usd_per_million_tokens")
        if effective_rate_usd_per_million_tokens is not None:
            if (
                effective_rate_usd_per_million_tokens.__class__ is not float
                and effective_rate_usd_per_million_tokens.__class__ is not int
            ):
                raise InvalidField(
                    "BillingUsageEvent",
                    "effective_rate_usd_per_million_tokens",
                    "a number",
                    effective_rate_usd_per_million_tokens,
                )
            effective_rate_usd_per_million_tokens = float(effective_rate_usd_per_million_tokens)

        effective_rate_usd_per_gigabyte_month: Any = get("effective_rate_usd_per_gigabyte_month")
        if effective_rate_usd_per_gigabyte_month is not None:
            if (
                effective_rate_usd_per_gigabyte_month.__class__ is not float
                and effective_rate_usd_per_gigabyte_month.__class__ is not int
            ):
                raise InvalidField(
                    "BillingUsageEvent",
                    "effective_rate_usd_per_gigabyte_month",
                    "a number",
                    effective_rate_usd_per_gigabyte_month,
                )
            effective_rate_usd_per_gigabyte_month = float(effective_rate_usd_per_gigabyte_month)

        decoded = cls.__new__(cls)  # without __init__: less time on pages of thousands of items
        decoded.bucket_start = bucket_start
        decoded.bucket_end = bucket_end
        decoded.event_info = event_info
        decoded.base_model = base_model
        decoded.user_id = user_id
        decoded.user_name = user_name
        decoded.session_id = session_id
        decoded.project_id = project_id
        decoded.estimated_cost_usd = estimated_cost_usd
        decoded.effective_rate_usd_per_million_tokens = effective_rate_usd_per_million_tokens
        decoded.effective_rate_usd_per_gigabyte_month = effective_rate_usd_per_gigabyte_month
        is_known = _FIELDS.issuperset(src_dict)
        decoded.additional_properties = (
            {} if is_known else {key: value for key, value in src_dict.items() if key not in _FIELDS}
        )
        return decoded
