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
from ..models.checkpoint import Checkpoint
from ..models.cursor import Cursor

_FIELDS = frozenset(
    (
        "checkpoints",
        "cursor",
    )
)


@define(kw_only=True)
class CheckpointsListResponse(Model):
    """The checkpoints of a training run, or one page of the caller's checkpoints.

    Attributes:
        checkpoints: The checkpoints, newest first.
        cursor: The position of the page. Absent or null if the list is not paged.
        additional_properties: Fields that a newer server sent and this version does not know.
    """

    field_order: ClassVar = (
        "checkpoints",
        "cursor",
    )

    checkpoints: list[Checkpoint] = field(repr=short_list)
    """The checkpoints, newest first."""
    cursor: Cursor | None = None
    """The position of the page. Absent or null if the list is not paged."""
    additional_properties: dict[str, Any] = field(init=False, factory=dict, repr=False)
    """Fields that a newer server sent and this version does not know."""

    __hash__ = Model.__hash__  # which attrs leaves out of classes that compare

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values. What is None and not required is left out."""
        fields = dict(self.additional_properties)
        fields["checkpoints"] = plain_json(self.checkpoints)
        if self.cursor is not None:
            fields["cursor"] = self.cursor.to_dict()
        return fields

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField, with the field's name, if it is not as described."""
        if src_dict.__class__ is not dict:
            raise InvalidField("CheckpointsListResponse", None, "an object", src_dict)
        get = src_dict.get
        checkpoints: Any = get("checkpoints")
        if checkpoints.__class__ is not list:
            raise InvalidField("CheckpointsListResponse", "checkpoints", "a list", checkpoints)
        checkpoints = read_items("checkpoints", Checkpoint.from_dict, checkpoints)

        cursor: Any = get("cursor")
        if cursor is not None:
            cursor = Cursor.from_dict(cursor)

        decoded = cls.__new__(cls)  # without __init__: less time on pages of thousands of items
        decoded.checkpoints = checkpoints
        decoded.cursor = cursor
        is_known = _FIELDS.issuperset(src_dict)
        decoded.additional_properties = (
            {} if is_known else {key: value for key, value in src_dict.items() if key not in _FIELDS}
        )
        return decoded
