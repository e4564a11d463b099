# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define, field

from .._model import (
    InvalidField,
    Model,
)

_FIELDS = frozenset(("upload_id",))


@define(kw_only=True)
class ExternalWeightsUploadFinishRequest(Model):
    """The upload to finish.

    Attributes:
        upload_id: The ID of the upload.
        additional_properties: Fields that a newer server sent and this version does not know.
    """

    field_order: ClassVar = ("upload_id",)

    upload_id: str
    """The ID of the upload."""
    additional_properties: dict[str, Any] = field(init=False, factory=dict, repr=False)
    """Fields that a newer server sent and this version does not know."""

    __hash__ = Model.__hash__  # which attrs leaves out of classes that compare

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values. What is None and not required is left out."""
        fields = dict(self.additional_properties)
        fields["upload_id"] = self.upload_id
        return fields

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField, with the field's name, if it is not as described."""
        if src_dict.__class__ is not dict:
            raise InvalidField("ExternalWeightsUploadFinishRequest", None, "an object", src_dict)
        get = src_dict.get
        upload_id: Any = get("upload_id")
        if upload_id.__class__ is not str:
            raise InvalidField("ExternalWeightsUploadFinishRequest", "upload_id", "a string", upload_id)

        decoded = cls.__new__(cls)  # without __init__: less time on pages of thousands of items
        decoded.upload_id = upload_id
        is_known = _FIELDS.issuperset(src_dict)
        decoded.additional_properties = (
            {} if is_known else {key: value for key, value in src_dict.items() if key not in _FIELDS}
        )
        return decoded
