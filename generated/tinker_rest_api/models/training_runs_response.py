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
from ..models.cursor import Cursor
from ..models.training_run import TrainingRun

_FIELDS = frozenset(
    (
        "training_runs",
        "cursor",
    )
)


@define(kw_only=True)
class TrainingRunsResponse(Model):
    """One page of training runs.

    Attributes:
        training_runs: The training runs.
        cursor: A page's position in the list.
        additional_properties: Fields that a newer server sent and this version does not know.
    """

    field_order: ClassVar = (
        "training_runs",
        "cursor",
    )

    training_runs: list[TrainingRun] = field(repr=short_list)
    """The training runs."""
    cursor: Cursor
    """A page's position in the list."""
    additional_properties: dict[str, Any] = field(init=False, factory=dict, repr=False)
    """Fields that a newer server sent and this version does not know."""

    __hash__ = Model.__hash__  # which attrs leaves out of classes that compare

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values. What is None and not required is left out."""
        fields = dict(self.additional_properties)
        fields["training_runs"] = plain_json(self.training_runs)
        fields["cursor"] = self.cursor.to_dict()
        return fields

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField, with the field's name, if it is not as described."""
        if src_dict.__class__ is not dict:
            raise InvalidField("TrainingRunsResponse", None, "an object", src_dict)
        get = src_dict.get
        training_runs: Any = get("training_runs")
        if training_runs.__class__ is not list:
            raise InvalidField("TrainingRunsResponse", "training_runs", "a list", training_runs)
        training_runs = read_items("training_runs", TrainingRun.from_dict, training_runs)

        cursor: Any = get("cursor")
        if cursor is None:
            raise InvalidField("TrainingRunsResponse", "cursor", "present", None)
        cursor = Cursor.from_dict(cursor)

        decoded = cls.__new__(cls)  # without __init__: less time on pages of thousands of items
        decoded.training_runs = training_runs
        decoded.cursor = cursor
        is_known = _FIELDS.issuperset(src_dict)
        decoded.additional_properties = (
            {} if is_known else {key: value for key, value in src_dict.items() if key not in _FIELDS}
        )
        return decoded
