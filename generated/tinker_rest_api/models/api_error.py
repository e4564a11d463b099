# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from collections.abc import Mapping
from typing import Any, ClassVar, Self, cast

from attrs import define, field

from .._model import (
    InvalidField,
    Model,
    plain_json,
)
from ..models.validation_issue import ValidationIssue
from ..types import Unset

_FIELDS = frozenset(
    (
        "detail",
        "message",
    )
)


@define(kw_only=True)
class ApiError(Model):
    """What went wrong. Servers format errors differently, so no field is required and others may be present.

    Attributes:
        detail: A sentence or, if parameters or fields of the request are invalid, a list with one
            object for each.
        message: What went wrong, as text, on servers that use this field instead.
        additional_properties: Fields that a newer server sent and this version does not know.
    """

    field_order: ClassVar = (
        "detail",
        "message",
    )

    detail: str | list[ValidationIssue] | None = None
    """A sentence or, if parameters or fields of the request are invalid, a list with one object for each."""
    message: str | None = None
    """What went wrong, as text, on servers that use this field instead."""
    additional_properties: dict[str, Any] = field(init=False, factory=dict, repr=False)
    """Fields that a newer server sent and this version does not know."""

    __hash__ = Model.__hash__  # which attrs leaves out of classes that compare

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values. What is None and not required is left out."""
        fields = dict(self.additional_properties)
        if self.detail is not None:
            fields["detail"] = plain_json(self.detail)
        if self.message is not None:
            fields["message"] = self.message
        return fields

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField, with the field's name, if it is not as described."""
        if src_dict.__class__ is not dict:
            raise InvalidField("ApiError", None, "an object", src_dict)
        get = src_dict.get
        detail: Any = get("detail")
        if detail is not None:

            def _parse_detail(data: object) -> list[ValidationIssue] | str | Unset:
                if isinstance(data, Unset):
                    return data
                try:
                    if not isinstance(data, list):
                        raise TypeError()
                    componentsschemas_error_detail_type_1 = []
                    _componentsschemas_error_detail_type_1 = data
                    for (
                        componentsschemas_error_detail_type_1_item_data
                    ) in _componentsschemas_error_detail_type_1:
                        componentsschemas_error_detail_type_1_item = ValidationIssue.from_dict(
                            componentsschemas_error_detail_type_1_item_data
                        )

                        componentsschemas_error_detail_type_1.append(
                            componentsschemas_error_detail_type_1_item
                        )

                    return componentsschemas_error_detail_type_1
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                return cast(list[ValidationIssue] | str | Unset, data)

            detail = _parse_detail(detail)

        message: Any = get("message")
        if message is not None:
            if message.__class__ is not str:
                raise InvalidField("ApiError", "message", "a string", message)

        decoded = cls.__new__(cls)  # without __init__: less time on pages of thousands of items
        decoded.detail = detail
        decoded.message = message
        is_known = _FIELDS.issuperset(src_dict)
        decoded.additional_properties = (
            {} if is_known else {key: value for key, value in src_dict.items() if key not in _FIELDS}
        )
        return decoded
