# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define, field

from .._model import (
    InvalidField,
    Model,
    UnknownVariant,
    plain_json,
    read_variant,
    whole_number,
)
from ..models.accessible_search_owner import AccessibleSearchOwner
from ..models.active_session_status_query import ActiveSessionStatusQuery
from ..models.cancelled_session_status_query import CancelledSessionStatusQuery
from ..models.client_finished_session_status_query import ClientFinishedSessionStatusQuery
from ..models.failed_session_status_query import FailedSessionStatusQuery
from ..models.metadata_filter import MetadataFilter
from ..models.own_search_owner import OwnSearchOwner
from ..models.session_search_cursor import SessionSearchCursor
from ..models.user_search_owner import UserSearchOwner

_OWNER_VARIANTS: dict[str, Any] = {
    "own": OwnSearchOwner.from_dict,
    "accessible": AccessibleSearchOwner.from_dict,
    "user": UserSearchOwner.from_dict,
}
_STATUSES_VARIANTS: dict[str, Any] = {
    "active": ActiveSessionStatusQuery.from_dict,
    "cancelled": CancelledSessionStatusQuery.from_dict,
    "failed": FailedSessionStatusQuery.from_dict,
    "client_finished": ClientFinishedSessionStatusQuery.from_dict,
}
_FIELDS = frozenset(
    (
        "session_id",
        "project_ids",
        "user_metadata",
        "display_name",
        "owner",
        "statuses",
        "limit",
        "cursor",
    )
)


@define(kw_only=True)
class SessionSearchRequest(Model):
    """What to search for. A session must match every condition, except that with both `session_id` and
    `display_name` it must match one of the two.

    Attributes:
        session_id: The ID of the session.
        project_ids: The IDs of the projects to search. If absent, every project that the caller
            can list. A project that the caller cannot list is an error.
        user_metadata: Keys and values that must all be in the metadata.
        display_name: A part of the session's name, in any case. If it has several words, the name
            must contain each of them.
        owner: Whose sessions or checkpoints to search, identified by `type`.
        statuses: The session must have one of these statuses. If absent, any status matches.
        limit: The maximum number of sessions to return.
        cursor: `next_cursor` of the previous page. If absent, the first page.
        additional_properties: Fields that a newer server sent and this version does not know.
    """

    field_order: ClassVar = (
        "session_id",
        "project_ids",
        "user_metadata",
        "display_name",
        "owner",
        "statuses",
        "limit",
        "cursor",
    )

    session_id: str | None = None
    """The ID of the session."""
    project_ids: list[str] | None = None
    """The IDs of the projects to search. If absent, every project that the caller can list. A project that
    the
    caller cannot list is an error."""
    user_metadata: dict[str, str] = field(factory=MetadataFilter)
    """Keys and values that must all be in the metadata."""
    display_name: str | None = None
    """A part of the session's name, in any case. If it has several words, the name must contain each of
    them."""
    owner: OwnSearchOwner | AccessibleSearchOwner | UserSearchOwner | UnknownVariant | None = None
    """Whose sessions or checkpoints to search, identified by `type`."""
    statuses: (
        list[
            ActiveSessionStatusQuery
            | CancelledSessionStatusQuery
            | FailedSessionStatusQuery
            | ClientFinishedSessionStatusQuery
            | UnknownVariant
        ]
        | None
    ) = None
    """The session must have one of these statuses. If absent, any status matches."""
    limit: int = 50
    """The maximum number of sessions to return."""
    cursor: SessionSearchCursor | None = None
    """`next_cursor` of the previous page. If absent, the first page."""
    additional_properties: dict[str, Any] = field(init=False, factory=dict, repr=False)
    """Fields that a newer server sent and this version does not know."""

    __hash__ = Model.__hash__  # which attrs leaves out of classes that compare

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values. What is None and not required is left out."""
        fields = dict(self.additional_properties)
        if self.session_id is not None:
            fields["session_id"] = self.session_id
        if self.project_ids is not None:
            fields["project_ids"] = plain_json(self.project_ids)
        if self.user_metadata is not None:
            fields["user_metadata"] = plain_json(self.user_metadata)
        if self.display_name is not None:
            fields["display_name"] = self.display_name
        if self.owner is not None:
            fields["owner"] = self.owner.to_dict()
        if self.statuses is not None:
            fields["statuses"] = plain_json(self.statuses)
        if self.limit is not None:
            fields["limit"] = self.limit
        if self.cursor is not None:
            fields["cursor"] = self.cursor.to_dict()
        return fields

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField, with the field's name, if it is not as described."""
        if src_dict.__class__ is not dict:
            raise InvalidField("SessionSearchRequest", None, "an object", src_dict)
        get = src_dict.get
        session_id: Any = get("session_id")
        if session_id is not None:
            if session_id.__class__ is not str:
                raise InvalidField("SessionSearchRequest", "session_id", "a string", session_id)

        project_ids: Any = get("project_ids")
        if project_ids is not None:
            if project_ids.__class__ is not list:
                raise InvalidField("SessionSearchRequest", "project_ids", "a list", project_ids)
            for item in project_ids:
                if item.__class__ is not str:
                    raise InvalidField("SessionSearchRequest", "project_ids", "a list of strings", item)

        user_metadata: Any = get("user_metadata")
        if user_metadata is not None:
            user_metadata = MetadataFilter.from_dict(user_metadata)

        else:
            user_metadata = MetadataFilter()
        display_name: Any = get("display_name")
        if display_name is not None:
            if display_name.__class__ is not str:
                raise InvalidField("SessionSearchRequest", "display_name", "a string", display_name)

        owner: Any = get("owner")
        if owner is not None:
            owner = read_variant("SessionSearchRequest", "owner", _OWNER_VARIANTS, owner)

        statuses: Any = get("statuses")
        if statuses is not None:
            if statuses.__class__ is not list:
                raise InvalidField("SessionSearchRequest", "statuses", "a list", statuses)
            statuses = [
                read_variant("SessionSearchRequest", "statuses", _STATUSES_VARIANTS, item)
                for item in statuses
            ]

        limit: Any = get("limit")
        if limit is not None:
            if limit.__class__ is not int:
                limit = whole_number("SessionSearchRequest", "limit", limit)

        else:
            limit = 50
        cursor: Any = get("cursor")
        if cursor is not None:
            cursor = SessionSearchCursor.from_dict(cursor)

        decoded = cls.__new__(cls)  # without __init__: less time on pages of thousands of items
        decoded.session_id = session_id
        decoded.project_ids = project_ids
        decoded.user_metadata = user_metadata
        decoded.display_name = display_name
        decoded.owner = owner
        decoded.statuses = statuses
        decoded.limit = limit
        decoded.cursor = cursor
        is_known = _FIELDS.issuperset(src_dict)
        decoded.additional_properties = (
            {} if is_known else {key: value for key, value in src_dict.items() if key not in _FIELDS}
        )
        return decoded
