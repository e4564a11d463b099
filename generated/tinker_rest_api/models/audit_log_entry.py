# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
import datetime
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define, field

from .._model import (
    InvalidField,
    Model,
    plain_json,
    rfc3339,
    utc_datetime,
)
from ..models.audit_event_details import AuditEventDetails

_FIELDS = frozenset(
    (
        "timestamp",
        "event",
        "event_details",
        "model_id",
        "tinker_path",
        "purpose",
    )
)


@define(kw_only=True)
class AuditLogEntry(Model):
    """One event in the audit log.

    Attributes:
        timestamp: When it happened, in UTC.
        event: A name in the form `{resource}_{action}`, such as `checkpoint_read`.
        event_details: Who did it, what it affected and other details of the event.
        model_id: The ID of the training run, for checkpoint events. Also in `event_details`.
        tinker_path: The tinker path of the checkpoint, for checkpoint events. Also in
            `event_details`.
        purpose: Why a checkpoint was read. Also in `event_details`.
        additional_properties: Fields that a newer server sent and this version does not know.
    """

    field_order: ClassVar = (
        "timestamp",
        "event",
        "event_details",
        "model_id",
        "tinker_path",
        "purpose",
    )

    timestamp: datetime.datetime
    """When it happened, in UTC."""
    event: str
    """A name in the form `{resource}_{action}`, such as `checkpoint_read`."""
    event_details: dict[str, Any] = field(factory=AuditEventDetails)
    """Who did it, what it affected and other details of the event."""
    model_id: str | None = None
    """The ID of the training run, for checkpoint events. Also in `event_details`."""
    tinker_path: str | None = None
    """The tinker path of the checkpoint, for checkpoint events. Also in `event_details`."""
    purpose: str | None = None
    """Why a checkpoint was read. Also in `event_details`."""
    additional_properties: dict[str, Any] = field(init=False, factory=dict, repr=False)
    """Fields that a newer server sent and this version does not know."""

    __hash__ = Model.__hash__  # which attrs leaves out of classes that compare

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values. What is None and not required is left out."""
        fields = dict(self.additional_properties)
        fields["timestamp"] = rfc3339(self.timestamp)
        fields["event"] = self.event
        if self.event_details is not None:
            fields["event_details"] = plain_json(self.event_details)
        if self.model_id is not None:
            fields["model_id"] = self.model_id
        if self.tinker_path is not None:
            fields["tinker_path"] = self.tinker_path
        if self.purpose is not None:
            fields["purpose"] = self.purpose
        return fields

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField, with the field's name, if it is not as described."""
        if src_dict.__class__ is not dict:
            raise InvalidField("AuditLogEntry", None, "an object", src_dict)
        get = src_dict.get
        timestamp: Any = get("timestamp")
        timestamp = utc_datetime("AuditLogEntry", "timestamp", timestamp)

        event: Any = get("event")
        if event.__class__ is not str:
            raise InvalidField("AuditLogEntry", "event", "a string", event)

        event_details: Any = get("event_details")
        if event_details is not None:
            event_details = AuditEventDetails.from_dict(event_details)

        else:
            event_details = AuditEventDetails()
        model_id: Any = get("model_id")
        if model_id is not None:
            if model_id.__class__ is not str:
                raise InvalidField("AuditLogEntry", "model_id", "a string", model_id)

        tinker_path: Any = get("tinker_path")
        if tinker_path is not None:
            if tinker_path.__class__ is not str:
                raise InvalidField("AuditLogEntry", "tinker_path", "a string", tinker_path)

        purpose: Any = get("purpose")
        if purpose is not None:
            if purpose.__class__ is not str:
                raise InvalidField("AuditLogEntry", "purpose", "a string", purpose)

        decoded = cls.__new__(cls)  # without __init__: less time on pages of thousands of items
        decoded.timestamp = timestamp
        decoded.event = event
        decoded.event_details = event_details
        decoded.model_id = model_id
        decoded.tinker_path = tinker_path
        decoded.purpose = purpose
        is_known = _FIELDS.issuperset(src_dict)
        decoded.additional_properties = (
            {} if is_known else {key: value for key, value in src_dict.items() if key not in _FIELDS}
        )
        return decoded
