# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define, field

from .._model import (
    InvalidField,
    Model,
)

_FIELDS = frozenset(
    (
        "detail",
        "message",
    )
)


@define
class Error(Model):
    """What went wrong. Servers format errors differently, so no field is required and others may be present.

    Attributes:
        detail: A sentence or, if parameters or fields of the request are invalid, a list with one
            object for each: `loc` (where it is, from the outside in), `msg` (what is wrong) and
            `type` (for programs).
        message: What went wrong, as text, on servers that use this field instead.
        additional_properties: Fields that a newer server sent and this version does not know.
    """

    field_order: ClassVar = (
        "detail",
        "message",
    )

    detail: Any | None = None
    """A sentence or, if parameters or fields of the request are invalid, a list with one object for each:
    `loc` (where it is, from the outside in), `msg` (what is wrong) and `type` (for programs)."""
    message: str | None = None
    """What went wrong, as text, on servers that use this field instead."""
    additional_properties: dict[str, Any] = field(init=False, factory=dict, repr=False)
    """Fields that a newer server sent and this version does not know."""

    __hash__ = Model.__hash__  # which attrs leaves out of classes that compare

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values. What is None and not required is left out."""
        fields = dict(self.additional_properties)
        if self.detail is not None:
            fields["detail"] = self.detail
        if self.message is not None:
            fields["message"] = self.message
        return fields

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField, with the field's name, if it is not as described."""
        if src_dict.__class__ is not dict:
            raise InvalidField("Error", None, "an object", src_dict)
        get = src_dict.get
        detail: Any = get("detail")
        message: Any = get("message")
        if message is not None:
            if message.__class__ is not str:
                raise InvalidField("Error", "message", "a string", message)

        # Positional: half the time of keywords, on pages of thousands of items.
        decoded = cls(
            detail,
            message,
        )
        if not _FIELDS.issuperset(src_dict):
            decoded.additional_properties = {
                key: value for key, value in src_dict.items() if key not in _FIELDS
            }
        return decoded
