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
from ..models.checkpoint_search_cursor import CheckpointSearchCursor
from ..models.known_checkpoint_type import KnownCheckpointType
from ..models.metadata_filter import MetadataFilter
from ..models.own_search_owner import OwnSearchOwner
from ..models.user_search_owner import UserSearchOwner

_KnownCheckpointType = {member.value: member for member in KnownCheckpointType}
_OWNER_VARIANTS: dict[str, Any] = {
    "own": OwnSearchOwner.from_dict,
    "accessible": AccessibleSearchOwner.from_dict,
    "user": UserSearchOwner.from_dict,
}
_FIELDS = frozenset(
    (
        "project_ids",
        "user_metadata",
        "checkpoint_type",
        "owner",
        "base_models",
        "limit",
        "cursor",
    )
)


@define(kw_only=True)
class CheckpointSearchRequest(Model):
    """What to search for. A checkpoint must match every condition.

    Attributes:
        project_ids: The IDs of the projects to search. If absent, every project that the caller
            can list. A project that the caller cannot list is an error.
        user_metadata: Keys and values that must all be in the metadata.
        checkpoint_type: The type of the checkpoints. If absent, any type matches.
        owner: Whose sessions or checkpoints to search, identified by `type`.
        base_models: The checkpoint must be of one of these models. If absent, any model matches;
            an empty list matches nothing.
        limit: The maximum number of checkpoints to return.
        cursor: `next_cursor` of the previous page. If absent, the first page.
        additional_properties: Fields that a newer server sent and this version does not know.
    """

    field_order: ClassVar = (
        "project_ids",
        "user_metadata",
        "checkpoint_type",
        "owner",
        "base_models",
        "limit",
        "cursor",
    )

    project_ids: list[str] | None = None
    """The IDs of the projects to search. If absent, every project that the caller can list. A project that
    the caller cannot list is an error."""
    user_metadata: dict[str, str] = field(factory=MetadataFilter)
    """Keys and values that must all be in the metadata."""
    checkpoint_type: KnownCheckpointType | None = None
    """The type of the checkpoints. If absent, any type matches."""
    owner: OwnSearchOwner | AccessibleSearchOwner | UserSearchOwner | UnknownVariant | None = None
    """Whose sessions or checkpoints to search, identified by `type`."""
    base_models: list[str] | None = None
    """The checkpoint must be of one of these models. If absent, any model matches; an empty list matches
    nothing."""
    limit: int = 50
    """The maximum number of checkpoints to return."""
    cursor: CheckpointSearchCursor | None = None
    """`next_cursor` of the previous page. If absent, the first page."""
    additional_properties: dict[str, Any] = field(init=False, factory=dict, repr=False)
    """Fields that a newer server sent and this version does not know."""

    __hash__ = Model.__hash__  # which attrs leaves out of classes that compare

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values. What is None and not required is left out."""
        fields = dict(self.additional_properties)
        if self.project_ids is not None:
            fields["project_ids"] = plain_json(self.project_ids)
        if self.user_metadata is not None:
            fields["user_metadata"] = plain_json(self.user_metadata)
        if self.checkpoint_type is not None:
            fields["checkpoint_type"] = self.checkpoint_type
        if self.owner is not None:
            fields["owner"] = self.owner.to_dict()
        if self.base_models is not None:
            fields["base_models"] = plain_json(self.base_models)
        if self.limit is not None:
            fields["limit"] = self.limit
        if self.cursor is not None:
            fields["cursor"] = self.cursor.to_dict()
        return fields

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField, with the field's name, if it is not as described."""
        if src_dict.__class__ is not dict:
            raise InvalidField("CheckpointSearchRequest", None, "an object", src_dict)
        get = src_dict.get
        project_ids: Any = get("project_ids")
        if project_ids is not None:
            if project_ids.__class__ is not list:
                raise InvalidField("CheckpointSearchRequest", "project_ids", "a list", project_ids)
            for item in project_ids:
                if item.__class__ is not str:
                    raise InvalidField("CheckpointSearchRequest", "project_ids", "a list of strings", item)

        user_metadata: Any = get("user_metadata")
        if user_metadata is not None:
            user_metadata = MetadataFilter.from_dict(user_metadata)

        else:
            user_metadata = MetadataFilter()
        checkpoint_type: Any = get("checkpoint_type")
        if checkpoint_type is not None:
            checkpoint_type = KnownCheckpointType(checkpoint_type)

        owner: Any = get("owner")
        if owner is not None:
            owner = read_variant("CheckpointSearchRequest", "owner", _OWNER_VARIANTS, owner)

        base_models: Any = get("base_models")
        if base_models is not None:
            if base_models.__class__ is not list:
                raise InvalidField("CheckpointSearchRequest", "base_models", "a list", base_models)
            for item in base_models:
                if item.__class__ is not str:
                    raise InvalidField("CheckpointSearchRequest", "base_models", "a list of strings", item)

        limit: Any = get("limit")
        if limit is not None:
            if limit.__class__ is not int:
                limit = whole_number("CheckpointSearchRequest", "limit", limit)

        else:
            limit = 50
        cursor: Any = get("cursor")
        if cursor is not None:
            cursor = CheckpointSearchCursor.from_dict(cursor)

        decoded = cls.__new__(cls)  # without __init__: less time on pages of thousands of items
        decoded.project_ids = project_ids
        decoded.user_metadata = user_metadata
        decoded.checkpoint_type = checkpoint_type
        decoded.owner = owner
        decoded.base_models = base_models
        decoded.limit = limit
        decoded.cursor = cursor
        is_known = _FIELDS.issuperset(src_dict)
        decoded.additional_properties = (
            {} if is_known else {key: value for key, value in src_dict.items() if key not in _FIELDS}
        )
        return decoded
