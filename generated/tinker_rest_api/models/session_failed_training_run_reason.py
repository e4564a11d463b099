# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from attrs import define, field

from .._model import (
    InvalidField,
    Model,
)

_FIELDS = frozenset(
    (
        "type",
        "training_run_id",
    )
)


@define(kw_only=True)
class SessionFailedTrainingRunReason(Model):
    """The session failed because of a training run.

    Attributes:
        type: The type of the reason.
        training_run_id: The ID of the training run.
        additional_properties: Fields that a newer server sent and this version does not know.
    """

    field_order: ClassVar = (
        "type",
        "training_run_id",
    )

    training_run_id: str
    """The ID of the training run."""
    type: Literal["training_run"] = "training_run"
    """The type of the reason."""
    additional_properties: dict[str, Any] = field(init=False, factory=dict, repr=False)
    """Fields that a newer server sent and this version does not know."""

    __hash__ = Model.__hash__  # which attrs leaves out of classes that compare

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values. What is None and not required is left out."""
        fields = dict(self.additional_properties)
        fields["type"] = self.type
        fields["training_run_id"] = self.training_run_id
        return fields

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField, with the field's name, if it is not as described."""
        if src_dict.__class__ is not dict:
            raise InvalidField("SessionFailedTrainingRunReason", None, "an object", src_dict)
        get = src_dict.get
        type_: Any = get("type")
        if type_ != "training_run":
            raise InvalidField("SessionFailedTrainingRunReason", "type", "training_run", type_)

        training_run_id: Any = get("training_run_id")
        if training_run_id.__class__ is not str:
            raise InvalidField(
                "SessionFailedTrainingRunReason", "training_run_id", "a string", training_run_id
            )

        decoded = cls.__new__(cls)  # without __init__: less time on pages of thousands of items
        decoded.type = type_
        decoded.training_run_id = training_run_id
        is_known = _FIELDS.issuperset(src_dict)
        decoded.additional_properties = (
            {} if is_known else {key: value for key, value in src_dict.items() if key not in _FIELDS}
        )
        return decoded
