# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define, field

from .._model import (
    InvalidField,
    Model,
)

_FIELDS = frozenset(("project_id",))


@define(kw_only=True)
class AssignSessionProjectRequest(Model):
    """The project to move to.

    Attributes:
        project_id: The ID of the project.
        additional_properties: Fields that a newer server sent and this version does not know.
    """

    field_order: ClassVar = ("project_id",)

    project_id: str
    """The ID of the project."""
    additional_properties: dict[str, Any] = field(init=False, factory=dict, repr=False)
    """Fields that a newer server sent and this version does not know."""

    __hash__ = Model.__hash__  # which attrs leaves out of classes that compare

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values. What is None and not required is left out."""
        fields = dict(self.additional_properties)
        fields["project_id"] = self.project_id
        return fields

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField, with the field's name, if it is not as described."""
        if src_dict.__class__ is not dict:
            raise InvalidField("AssignSessionProjectRequest", None, "an object", src_dict)
        get = src_dict.get
        project_id: Any = get("project_id")
        if project_id.__class__ is not str:
            raise InvalidField("AssignSessionProjectRequest", "project_id", "a string", project_id)

        decoded = cls.__new__(cls)  # without __init__: less time on pages of thousands of items
        decoded.project_id = project_id
        is_known = _FIELDS.issuperset(src_dict)
        decoded.additional_properties = (
            {} if is_known else {key: value for key, value in src_dict.items() if key not in _FIELDS}
        )
        return decoded
