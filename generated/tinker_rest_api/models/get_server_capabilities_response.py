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
from ..models.supported_model import SupportedModel

_FIELDS = frozenset(("supported_models",))


@define(kw_only=True)
class GetServerCapabilitiesResponse(Model):
    """The models that the server supports.

    Attributes:
        supported_models: The models that the caller can use.
        additional_properties: Fields that a newer server sent and this version does not know.
    """

    field_order: ClassVar = ("supported_models",)

    supported_models: list[SupportedModel] = field(repr=short_list)
    """The models that the caller can use."""
    additional_properties: dict[str, Any] = field(init=False, factory=dict, repr=False)
    """Fields that a newer server sent and this version does not know."""

    __hash__ = Model.__hash__  # which attrs leaves out of classes that compare

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values. What is None and not required is left out."""
        fields = dict(self.additional_properties)
        fields["supported_models"] = plain_json(self.supported_models)
        return fields

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField, with the field's name, if it is not as described."""
        if src_dict.__class__ is not dict:
            raise InvalidField("GetServerCapabilitiesResponse", None, "an object", src_dict)
        get = src_dict.get
        supported_models: Any = get("supported_models")
        if supported_models.__class__ is not list:
            raise InvalidField(
                "GetServerCapabilitiesResponse", "supported_models", "a list", supported_models
            )
        supported_models = read_items("supported_models", SupportedModel.from_dict, supported_models)

        decoded = cls.__new__(cls)  # without __init__: less time on pages of thousands of items
        decoded.supported_models = supported_models
        is_known = _FIELDS.issuperset(src_dict)
        decoded.additional_properties = (
            {} if is_known else {key: value for key, value in src_dict.items() if key not in _FIELDS}
        )
        return decoded
