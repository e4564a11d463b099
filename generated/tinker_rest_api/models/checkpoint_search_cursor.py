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
        "last_created_at",
        "last_checkpoint_uuid",
    )
)


@define(kw_only=True)
class CheckpointSearchCursor(Model):
    """Where the next page starts. Pass it back unchanged.

    Attributes:
        last_created_at: When the last checkpoint of the previous page was saved, in UTC.
        last_checkpoint_uuid: The internal ID of the last checkpoint of the previous page.
        additional_properties: Fields that a newer server sent and this version does not know.
    """

    field_order: ClassVar = (
        "last_created_at",
        "last_checkpoint_uuid",
    )

    last_created_at: str
    """When the last checkpoint of the previous page was saved, in UTC."""
    last_checkpoint_uuid: str
    """The internal ID of the last checkpoint of the previous page."""
    additional_properties: dict[str, Any] = field(init=False, factory=dict, repr=False)
    """Fields that a newer server sent and this version does not know."""

    __hash__ = Model.__hash__  # which attrs leaves out of classes that compare

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values. What is None and not required is left out."""
        fields = dict(self.additional_properties)
        fields["last_created_at"] = self.last_created_at
        fields["last_checkpoint_uuid"] = self.last_checkpoint_uuid
        return fields

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField, with the field's name, if it is not as described."""
        if src_dict.__class__ is not dict:
            raise InvalidField("CheckpointSearchCursor", None, "an object", src_dict)
        get = src_dict.get
        last_created_at: Any = get("last_created_at")
        if last_created_at.__class__ is not str:
            raise InvalidField("CheckpointSearchCursor", "last_created_at", "a string", last_created_at)

        last_checkpoint_uuid: Any = get("last_checkpoint_uuid")
        if last_checkpoint_uuid.__class__ is not str:
            raise InvalidField(
                "CheckpointSearchCursor", "last_checkpoint_uuid", "a string", last_checkpoint_uuid
            )

        decoded = cls.__new__(cls)  # without __init__: less time on pages of thousands of items
        decoded.last_created_at = last_created_at
        decoded.last_checkpoint_uuid = last_checkpoint_uuid
        is_known = _FIELDS.issuperset(src_dict)
        decoded.additional_properties = (
            {} if is_known else {key: value for key, value in src_dict.items() if key not in _FIELDS}
        )
        return decoded
