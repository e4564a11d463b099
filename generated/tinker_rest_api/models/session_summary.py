# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
import datetime
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define, field

from .._model import (
    InvalidField,
    Model,
    UnknownVariant,
    plain_json,
    read_variant,
    rfc3339,
    utc_datetime,
    whole_number,
)
from ..models.client_session_finished import ClientSessionFinished
from ..models.session_active import SessionActive
from ..models.session_cancelled import SessionCancelled
from ..models.session_failed import SessionFailed
from ..models.user_metadata import UserMetadata

_STATUS_VARIANTS: dict[str, Any] = {
    "failed": SessionFailed.from_dict,
    "cancelled": SessionCancelled.from_dict,
    "client_finished": ClientSessionFinished.from_dict,
    "active": SessionActive.from_dict,
}
_FIELDS = frozenset(
    (
        "session_id",
        "created_at",
        "owner",
        "project_id",
        "checkpoints_count",
        "status",
        "display_name",
        "user_metadata",
        "checkpoint_storage_bytes",
    )
)


@define(kw_only=True)
class SessionSummary(Model):
    """A session found by the search.

    Attributes:
        session_id: The ID of the session.
        created_at: When the session was created, in UTC.
        owner: The URN of the session's owner.
        project_id: The ID of the project that the session belongs to.
        checkpoints_count: The number of checkpoints saved by its training runs.
        status: The status. Null if the session has not finished and is not known to be running.
        display_name: The name that the user gave the session.
        user_metadata: Metadata that the user attached to the session.
        checkpoint_storage_bytes: The total size of its checkpoints in bytes, if known.
        additional_properties: Fields that a newer server sent and this version does not know.
    """

    field_order: ClassVar = (
        "session_id",
        "created_at",
        "owner",
        "project_id",
        "status",
        "checkpoints_count",
        "display_name",
        "user_metadata",
        "checkpoint_storage_bytes",
    )

    session_id: str
    """The ID of the session."""
    created_at: datetime.datetime
    """When the session was created, in UTC."""
    owner: str
    """The URN of the session's owner."""
    project_id: str
    """The ID of the project that the session belongs to."""
    checkpoints_count: int
    """The number of checkpoints saved by its training runs."""
    status: (
        SessionFailed | SessionCancelled | ClientSessionFinished | SessionActive | None | UnknownVariant
    ) = None
    """The status. Null if the session has not finished and is not known to be running."""
    display_name: str | None = None
    """The name that the user gave the session."""
    user_metadata: dict[str, Any] | None = None
    """Metadata that the user attached to the session."""
    checkpoint_storage_bytes: int | None = None
    """The total size of its checkpoints in bytes, if known."""
    additional_properties: dict[str, Any] = field(init=False, factory=dict, repr=False)
    """Fields that a newer server sent and this version does not know."""

    __hash__ = Model.__hash__  # which attrs leaves out of classes that compare

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values. What is None and not required is left out."""
        fields = dict(self.additional_properties)
        fields["session_id"] = self.session_id
        fields["created_at"] = rfc3339(self.created_at)
        fields["owner"] = self.owner
        fields["project_id"] = self.project_id
        fields["checkpoints_count"] = self.checkpoints_count
        if self.status is not None:
            fields["status"] = self.status.to_dict()
        if self.display_name is not None:
            fields["display_name"] = self.display_name
        if self.user_metadata is not None:
            fields["user_metadata"] = plain_json(self.user_metadata)
        if self.checkpoint_storage_bytes is not None:
            fields["checkpoint_storage_bytes"] = self.checkpoint_storage_bytes
        return fields

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField, with the field's name, if it is not as described."""
        if src_dict.__class__ is not dict:
            raise InvalidField("SessionSummary", None, "an object", src_dict)
        get = src_dict.get
        session_id: Any = get("session_id")
        if session_id.__class__ is not str:
            raise InvalidField("SessionSummary", "session_id", "a string", session_id)

        created_at: Any = get("created_at")
        created_at = utc_datetime("SessionSummary", "created_at", created_at)

        owner: Any = get("owner")
        if owner.__class__ is not str:
            raise InvalidField("SessionSummary", "owner", "a string", owner)

        project_id: Any = get("project_id")
        if project_id.__class__ is not str:
            raise InvalidField("SessionSummary", "project_id", "a string", project_id)

        checkpoints_count: Any = get("checkpoints_count")
        if checkpoints_count.__class__ is not int:
            checkpoints_count = whole_number("SessionSummary", "checkpoints_count", checkpoints_count)

        status: Any = get("status")
        if status is not None:
            status = read_variant("SessionSummary", "status", _STATUS_VARIANTS, status)

        display_name: Any = get("display_name")
        if display_name is not None:
            if display_name.__class__ is not str:
                raise InvalidField("SessionSummary", "display_name", "a string", display_name)

        user_metadata: Any = get("user_metadata")
        if user_metadata is not None:
            user_metadata = UserMetadata.from_dict(user_metadata)

        checkpoint_storage_bytes: Any = get("checkpoint_storage_bytes")
        if checkpoint_storage_bytes is not None:
            if checkpoint_storage_bytes.__class__ is not int:
                checkpoint_storage_bytes = whole_number(
                    "SessionSummary", "checkpoint_storage_bytes", checkpoint_storage_bytes
                )

        decoded = cls.__new__(cls)  # without __init__: less time on pages of thousands of items
        decoded.session_id = session_id
        decoded.created_at = created_at
        decoded.owner = owner
        decoded.project_id = project_id
        decoded.checkpoints_count = checkpoints_count
        decoded.status = status
        decoded.display_name = display_name
        decoded.user_metadata = user_metadata
        decoded.checkpoint_storage_bytes = checkpoint_storage_bytes
        is_known = _FIELDS.issuperset(src_dict)
        decoded.additional_properties = (
            {} if is_known else {key: value for key, value in src_dict.items() if key not in _FIELDS}
        )
        return decoded
