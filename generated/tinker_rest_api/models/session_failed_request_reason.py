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
        "request_id",
        "request_type",
    )
)


@define(kw_only=True)
class SessionFailedRequestReason(Model):
    """The session failed because of a request.

    Attributes:
        type: The type of the reason.
        request_id: The ID of the request.
        request_type: The type of the request.
        additional_properties: Fields that a newer server sent and this version does not know.
    """

    field_order: ClassVar = (
        "type",
        "request_id",
        "request_type",
    )

    request_id: str
    """The ID of the request."""
    request_type: str
    """The type of the request."""
    type: Literal["request"] = "request"
    """The type of the reason."""
    additional_properties: dict[str, Any] = field(init=False, factory=dict, repr=False)
    """Fields that a newer server sent and this version does not know."""

    __hash__ = Model.__hash__  # which attrs leaves out of classes that compare

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values. What is None and not required is left out."""
        fields = dict(self.additional_properties)
        fields["type"] = self.type
        fields["request_id"] = self.request_id
        fields["request_type"] = self.request_type
        return fields

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField, with the field's name, if it is not as described."""
        if src_dict.__class__ is not dict:
            raise InvalidField("SessionFailedRequestReason", None, "an object", src_dict)
        get = src_dict.get
        type_: Any = get("type")
        if type_ != "request":
            raise InvalidField("SessionFailedRequestReason", "type", "request", type_)

        request_id: Any = get("request_id")
        if request_id.__class__ is not str:
            raise InvalidField("SessionFailedRequestReason", "request_id", "a string", request_id)

        request_type: Any = get("request_type")
        if request_type.__class__ is not str:
            raise InvalidField("SessionFailedRequestReason", "request_type", "a string", request_type)

        decoded = cls.__new__(cls)  # without __init__: less time on pages of thousands of items
        decoded.type = type_
        decoded.request_id = request_id
        decoded.request_type = request_type
        is_known = _FIELDS.issuperset(src_dict)
        decoded.additional_properties = (
            {} if is_known else {key: value for key, value in src_dict.items() if key not in _FIELDS}
        )
        return decoded
