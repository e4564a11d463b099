# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define, field

from .._model import (
    InvalidField,
    Model,
)

_FIELDS = frozenset(("tinker_path",))


@define(kw_only=True)
class ExternalWeightsUploadFinishResponse(Model):
    """The checkpoint made from an upload.

    Attributes:
        tinker_path: The tinker path of the new checkpoint.
        additional_properties: Fields that a newer server sent and this version does not know.
    """

    field_order: ClassVar = ("tinker_path",)

    tinker_path: str
    """The tinker path of the new checkpoint."""
    additional_properties: dict[str, Any] = field(init=False, factory=dict, repr=False)
    """Fields that a newer server sent and this version does not know."""

    __hash__ = Model.__hash__  # which attrs leaves out of classes that compare

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values. What is None and not required is left out."""
        fields = dict(self.additional_properties)
        fields["tinker_path"] = self.tinker_path
        return fields

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField, with the field's name, if it is not as described."""
        if src_dict.__class__ is not dict:
            raise InvalidField("ExternalWeightsUploadFinishResponse", None, "an object", src_dict)
        get = src_dict.get
        tinker_path: Any = get("tinker_path")
        if tinker_path.__class__ is not str:
            raise InvalidField("ExternalWeightsUploadFinishResponse", "tinker_path", "a string", tinker_path)

        decoded = cls.__new__(cls)  # without __init__: less time on pages of thousands of items
        decoded.tinker_path = tinker_path
        is_known = _FIELDS.issuperset(src_dict)
        decoded.additional_properties = (
            {} if is_known else {key: value for key, value in src_dict.items() if key not in _FIELDS}
        )
        return decoded
