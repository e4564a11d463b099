# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define, field

from .._model import (
    InvalidField,
    Model,
    whole_number,
)

_FIELDS = frozenset(
    (
        "offset",
        "limit",
        "total_count",
    )
)


@define(kw_only=True)
class Cursor(Model):
    """A page's position in the list.

    Attributes:
        offset: The number of items before the page.
        limit: The maximum number of items on the page.
        total_count: The number of items in the whole list. Some servers return 0 past the end, so
            stop at an empty page rather than at this number.
        additional_properties: Fields that a newer server sent and this version does not know.
    """

    field_order: ClassVar = (
        "offset",
        "limit",
        "total_count",
    )

    offset: int
    """The number of items before the page."""
    limit: int
    """The maximum number of items on the page."""
    total_count: int
    """The number of items in the whole list. Some servers return 0 past the end, so stop at an empty page
    rather than at this number."""
    additional_properties: dict[str, Any] = field(init=False, factory=dict, repr=False)
    """Fields that a newer server sent and this version does not know."""

    __hash__ = Model.__hash__  # which attrs leaves out of classes that compare

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values. What is None and not required is left out."""
        fields = dict(self.additional_properties)
        fields["offset"] = self.offset
        fields["limit"] = self.limit
        fields["total_count"] = self.total_count
        return fields

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField, with the field's name, if it is not as described."""
        if src_dict.__class__ is not dict:
            raise InvalidField("Cursor", None, "an object", src_dict)
        get = src_dict.get
        offset: Any = get("offset")
        if offset.__class__ is not int:
            offset = whole_number("Cursor", "offset", offset)

        limit: Any = get("limit")
        if limit.__class__ is not int:
            limit = whole_number("Cursor", "limit", limit)

        total_count: Any = get("total_count")
        if total_count.__class__ is not int:
            total_count = whole_number("Cursor", "total_count", total_count)

        decoded = cls.__new__(cls)  # without __init__: less time on pages of thousands of items
        decoded.offset = offset
        decoded.limit = limit
        decoded.total_count = total_count
        is_known = _FIELDS.issuperset(src_dict)
        decoded.additional_properties = (
            {} if is_known else {key: value for key, value in src_dict.items() if key not in _FIELDS}
        )
        return decoded
