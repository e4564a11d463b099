# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
import datetime
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define, field

from .._model import (
    InvalidField,
    Model,
    rfc3339,
    utc_datetime,
)

_FIELDS = frozenset(
    (
        "last_created_at",
        "last_session_id",
    )
)


@define(kw_only=True)
class SessionSearchCursor(Model):
    """Where the next page starts. Pass it back unchanged.

    Attributes:
        last_created_at: When the last session of the previous page was created, in UTC.
        last_session_id: The ID of the last session of the previous page.
        additional_properties: Fields that a newer server sent and this version does not know.
    """

    field_order: ClassVar = (
        "last_created_at",
        "last_session_id",
    )

    last_created_at: datetime.datetime
    """When the last session of the previous page was created, in UTC."""
    last_session_id: str
    """The ID of the last session of the previous page."""
    additional_properties: dict[str, Any] = field(init=False, factory=dict, repr=False)
    """Fields that a newer server sent and this version does not know."""

    __hash__ = Model.__hash__  # which attrs leaves out of classes that compare

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values. What is None and not required is left out."""
        fields = dict(self.additional_properties)
        fields["last_created_at"] = rfc3339(self.last_created_at)
        fields["last_session_id"] = self.last_session_id
        return fields

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField, with the field's name, if it is not as described."""
        if src_dict.__class__ is not dict:
            raise InvalidField("SessionSearchCursor", None, "an object", src_dict)
        get = src_dict.get
        last_created_at: Any = get("last_created_at")
        last_created_at = utc_datetime("SessionSearchCursor", "last_created_at", last_created_at)

        last_session_id: Any = get("last_session_id")
        if last_session_id.__class__ is not str:
            raise InvalidField("SessionSearchCursor", "last_session_id", "a string", last_session_id)

        decoded = cls.__new__(cls)  # without __init__: less time on pages of thousands of items
        decoded.last_created_at = last_created_at
        decoded.last_session_id = last_session_id
        is_known = _FIELDS.issuperset(src_dict)
        decoded.additional_properties = (
            {} if is_known else {key: value for key, value in src_dict.items() if key not in _FIELDS}
        )
        return decoded
