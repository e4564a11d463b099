# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from attrs import define, field

from .._model import (
    InvalidField,
    Model,
    plain_json,
)
from ..models.known_finish_reason_type import KnownFinishReasonType

_KnownFinishReasonType = {member.value: member for member in KnownFinishReasonType}
_FIELDS = frozenset(
    (
        "type",
        "reasons",
    )
)


@define(kw_only=True)
class ClientFinishedSessionStatusQuery(Model):
    """Sessions that the client reported as finished.

    Attributes:
        type: The name of the status.
        reasons: The session must have one of these finish reasons. If absent, any reason matches.
        additional_properties: Fields that a newer server sent and this version does not know.
    """

    field_order: ClassVar = (
        "type",
        "reasons",
    )

    type: Literal["client_finished"] = "client_finished"
    """The name of the status."""
    reasons: list[KnownFinishReasonType | str] | None = None
    """The session must have one of these finish reasons. If absent, any reason matches."""
    additional_properties: dict[str, Any] = field(init=False, factory=dict, repr=False)
    """Fields that a newer server sent and this version does not know."""

    __hash__ = Model.__hash__  # which attrs leaves out of classes that compare

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values. What is None and not required is left out."""
        fields = dict(self.additional_properties)
        fields["type"] = self.type
        if self.reasons is not None:
            fields["reasons"] = plain_json(self.reasons)
        return fields

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField, with the field's name, if it is not as described."""
        if src_dict.__class__ is not dict:
            raise InvalidField("ClientFinishedSessionStatusQuery", None, "an object", src_dict)
        get = src_dict.get
        type_: Any = get("type")
        if type_ != "client_finished":
            raise InvalidField("ClientFinishedSessionStatusQuery", "type", "client_finished", type_)

        reasons: Any = get("reasons")
        if reasons is not None:
            if reasons.__class__ is not list:
                raise InvalidField("ClientFinishedSessionStatusQuery", "reasons", "a list", reasons)
            for item in reasons:
                if item.__class__ is not str:
                    raise InvalidField(
                        "ClientFinishedSessionStatusQuery", "reasons", "a list of strings", item
                    )
            reasons = [_KnownFinishReasonType.get(item, item) for item in reasons]

        decoded = cls.__new__(cls)  # without __init__: less time on pages of thousands of items
        decoded.type = type_
        decoded.reasons = reasons
        is_known = _FIELDS.issuperset(src_dict)
        decoded.additional_properties = (
            {} if is_known else {key: value for key, value in src_dict.items() if key not in _FIELDS}
        )
        return decoded
