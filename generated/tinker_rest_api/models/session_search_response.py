# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define, field

from .._model import (
    InvalidField,
    Model,
    plain_json,
    read_items,
    short_list,
)
from ..models.session_search_cursor import SessionSearchCursor
from ..models.session_summary import SessionSummary

_FIELDS = frozenset(
    (
        "sessions",
        "next_cursor",
    )
)


@define(kw_only=True)
class SessionSearchResponse(Model):
    """One page of sessions, newest first.

    Attributes:
        sessions: The sessions.
        next_cursor: The `cursor` for the next page. Null at the end.
        additional_properties: Fields that a newer server sent and this version does not know.
    """

    field_order: ClassVar = (
        "sessions",
        "next_cursor",
    )

    sessions: list[SessionSummary] = field(repr=short_list)
    """The sessions."""
    next_cursor: SessionSearchCursor | None = None
    """The `cursor` for the next page. Null at the end."""
    additional_properties: dict[str, Any] = field(init=False, factory=dict, repr=False)
    """Fields that a newer server sent and this version does not know."""

    __hash__ = Model.__hash__  # which attrs leaves out of classes that compare

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values. What is None and not required is left out."""
        fields = dict(self.additional_properties)
        fields["sessions"] = plain_json(self.sessions)
        if self.next_cursor is not None:
            fields["next_cursor"] = self.next_cursor.to_dict()
        return fields

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField, with the field's name, if it is not as described."""
        if src_dict.__class__ is not dict:
            raise InvalidField("SessionSearchResponse", None, "an object", src_dict)
        get = src_dict.get
        sessions: Any = get("sessions")
        if sessions.__class__ is not list:
            raise InvalidField("SessionSearchResponse", "sessions", "a list", sessions)
        sessions = read_items("sessions", SessionSummary.from_dict, sessions)

        next_cursor: Any = get("next_cursor")
        if next_cursor is not None:
            next_cursor = SessionSearchCursor.from_dict(next_cursor)

        decoded = cls.__new__(cls)  # without __init__: less time on pages of thousands of items
        decoded.sessions = sessions
        decoded.next_cursor = next_cursor
        is_known = _FIELDS.issuperset(src_dict)
        decoded.additional_properties = (
            {} if is_known else {key: value for key, value in src_dict.items() if key not in _FIELDS}
        )
        return decoded
