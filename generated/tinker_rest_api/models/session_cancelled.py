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
        "detail",
    )
)


@define(kw_only=True)
class SessionCancelled(Model):
    """The status of a session that was cancelled.

    Attributes:
        type: The name of the status.
        detail: The reason, as text.
        additional_properties: Fields that a newer server sent and this version does not know.
    """

    field_order: ClassVar = (
        "type",
        "detail",
    )

    type: Literal["cancelled"] = "cancelled"
    """The name of the status."""
    detail: str | None = None
    """The reason, as text."""
    additional_properties: dict[str, Any] = field(init=False, factory=dict, repr=False)
    """Fields that a newer server sent and this version does not know."""

    __hash__ = Model.__hash__  # which attrs leaves out of classes that compare

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values. What is None and not required is left out."""
        fields = dict(self.additional_properties)
        fields["type"] = self.type
        if self.detail is not None:
            fields["detail"] = self.detail
        return fields

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField, with the field's name, if it is not as described."""
        if src_dict.__class__ is not dict:
            raise InvalidField("SessionCancelled", None, "an object", src_dict)
        get = src_dict.get
        type_: Any = get("type")
        if type_ != "cancelled":
            raise InvalidField("SessionCancelled", "type", "cancelled", type_)

        detail: Any = get("detail")
        if detail is not None:
            if detail.__class__ is not str:
                raise InvalidField("SessionCancelled", "detail", "a string", detail)

        decoded = cls.__new__(cls)  # without __init__: less time on pages of thousands of items
        decoded.type = type_
        decoded.detail = detail
        is_known = _FIELDS.issuperset(src_dict)
        decoded.additional_properties = (
            {} if is_known else {key: value for key, value in src_dict.items() if key not in _FIELDS}
        )
        return decoded
