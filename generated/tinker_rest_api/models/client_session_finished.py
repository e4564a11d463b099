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
from ..models.client_session_finish_errored import ClientSessionFinishErrored
from ..models.client_session_finish_interrupted import ClientSessionFinishInterrupted
from ..models.client_session_finish_success import ClientSessionFinishSuccess

_REASON_VARIANTS: dict[str, Any] = {
    "success": ClientSessionFinishSuccess.from_dict,
    "errored": ClientSessionFinishErrored.from_dict,
    "interrupted": ClientSessionFinishInterrupted.from_dict,
}
_FIELDS = frozenset(
    (
        "type",
        "reason",
        "detail",
    )
)


@define(kw_only=True)
class ClientSessionFinished(Model):
    """The status of a session that the client reported as finished.

    Attributes:
        type: The name of the status.
        reason: Why a client finished its session, identified by `type`. Newer servers may use
            other types.
        detail: Details, as text.
        additional_properties: Fields that a newer server sent and this version does not know.
    """

    field_order: ClassVar = (
        "type",
        "reason",
        "detail",
    )

    reason: (
        ClientSessionFinishSuccess
        | ClientSessionFinishErrored
        | ClientSessionFinishInterrupted
        | UnknownVariant
    )
    """Why a client finished its session, identified by `type`. Newer servers may use other types."""
    type: Literal["client_finished"] = "client_finished"
    """The name of the status."""
    detail: str | None = None
    """Details, as text."""
    additional_properties: dict[str, Any] = field(init=False, factory=dict, repr=False)
    """Fields that a newer server sent and this version does not know."""

    __hash__ = Model.__hash__  # which attrs leaves out of classes that compare

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values. What is None and not required is left out."""
        fields = dict(self.additional_properties)
        fields["type"] = self.type
        fields["reason"] = self.reason.to_dict()
        if self.detail is not None:
            fields["detail"] = self.detail
        return fields

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField, with the field's name, if it is not as described."""
        if src_dict.__class__ is not dict:
            raise InvalidField("ClientSessionFinished", None, "an object", src_dict)
        get = src_dict.get
        type_: Any = get("type")
        if type_ != "client_finished":
            raise InvalidField("ClientSessionFinished", "type", "client_finished", type_)

        reason: Any = get("reason")
        if reason is None:
            raise InvalidField("ClientSessionFinished", "reason", "present", None)
        reason = read_variant("ClientSessionFinished", "reason", _REASON_VARIANTS, reason)

        detail: Any = get("detail")
        if detail is not None:
            if detail.__class__ is not str:
                raise InvalidField("ClientSessionFinished", "detail", "a string", detail)

        decoded = cls.__new__(cls)  # without __init__: less time on pages of thousands of items
        decoded.type = type_
        decoded.reason = reason
        decoded.detail = detail
        is_known = _FIELDS.issuperset(src_dict)
        decoded.additional_properties = (
            {} if is_known else {key: value for key, value in src_dict.items() if key not in _FIELDS}
        )
        return decoded
