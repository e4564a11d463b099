# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from attrs import define, field

from .._model import (
    InvalidField,
    Model,
    UnknownVariant,
    read_variant,
)
from ..models.known_failure_category import KnownFailureCategory
from ..models.session_failed_request_reason import SessionFailedRequestReason
from ..models.session_failed_sampling_session_reason import SessionFailedSamplingSessionReason
from ..models.session_failed_training_run_reason import SessionFailedTrainingRunReason

_KnownFailureCategory = {member.value: member for member in KnownFailureCategory}
_REASON_VARIANTS: dict[str, Any] = {
    "request": SessionFailedRequestReason.from_dict,
    "training_run": SessionFailedTrainingRunReason.from_dict,
    "sampling_session": SessionFailedSamplingSessionReason.from_dict,
}
_FIELDS = frozenset(
    (
        "type",
        "category",
        "reason",
        "message",
    )
)


@define(kw_only=True)
class SessionFailed(Model):
    """The status of a session that failed.

    Attributes:
        type: The name of the status.
        category: Who caused a failure: `user`, `internal` (the server), or a value that a newer
            server adds.
        reason: Why a session failed, identified by `type`. Newer servers may use other types.
        message: What went wrong, as text.
        additional_properties: Fields that a newer server sent and this version does not know.
    """

    field_order: ClassVar = (
        "type",
        "category",
        "reason",
        "message",
    )

    category: KnownFailureCategory | str
    """Who caused a failure: `user`, `internal` (the server), or a value that a newer server adds."""
    reason: (
        SessionFailedRequestReason
        | SessionFailedTrainingRunReason
        | SessionFailedSamplingSessionReason
        | UnknownVariant
    )
    """Why a session failed, identified by `type`. Newer servers may use other types."""
    message: str
    """What went wrong, as text."""
    type: Literal["failed"] = "failed"
    """The name of the status."""
    additional_properties: dict[str, Any] = field(init=False, factory=dict, repr=False)
    """Fields that a newer server sent and this version does not know."""

    __hash__ = Model.__hash__  # which attrs leaves out of classes that compare

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values. What is None and not required is left out."""
        fields = dict(self.additional_properties)
        fields["type"] = self.type
        fields["category"] = str(self.category)
        fields["reason"] = self.reason.to_dict()
        fields["message"] = self.message
        return fields

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField, with the field's name, if it is not as described."""
        if src_dict.__class__ is not dict:
            raise InvalidField("SessionFailed", None, "an object", src_dict)
        get = src_dict.get
        type_: Any = get("type")
        if type_ != "failed":
            raise InvalidField("SessionFailed", "type", "failed", type_)

        category: Any = get("category")
        if category is None:
            raise InvalidField("SessionFailed", "category", "present", None)
        if category.__class__ is not str:
            raise InvalidField("SessionFailed", "category", "a string", category)
        category = _KnownFailureCategory.get(category, category)

        reason: Any = get("reason")
        if reason is None:
            raise InvalidField("SessionFailed", "reason", "present", None)
        reason = read_variant("SessionFailed", "reason", _REASON_VARIANTS, reason)

        message: Any = get("message")
        if message.__class__ is not str:
            raise InvalidField("SessionFailed", "message", "a string", message)

        decoded = cls.__new__(cls)  # without __init__: less time on pages of thousands of items
        decoded.type = type_
        decoded.category = category
        decoded.reason = reason
        decoded.message = message
        is_known = _FIELDS.issuperset(src_dict)
        decoded.additional_properties = (
            {} if is_known else {key: value for key, value in src_dict.items() if key not in _FIELDS}
        )
        return decoded
