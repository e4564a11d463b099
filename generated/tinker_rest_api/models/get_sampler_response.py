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
        "sampler_id",
        "base_model",
        "model_path",
    )
)


@define(kw_only=True)
class GetSamplerResponse(Model):
    """The model that a sampler serves.

    Attributes:
        sampler_id: The ID of the sampler.
        base_model: The name of the base model.
        model_path: The tinker path of the checkpoint. Null if the sampler serves the base model
            itself.
        additional_properties: Fields that a newer server sent and this version does not know.
    """

    field_order: ClassVar = (
        "sampler_id",
        "base_model",
        "model_path",
    )

    sampler_id: str
    """The ID of the sampler."""
    base_model: str
    """The name of the base model."""
    model_path: str | None = None
    """The tinker path of the checkpoint. Null if the sampler serves the base model itself."""
    additional_properties: dict[str, Any] = field(init=False, factory=dict, repr=False)
    """Fields that a newer server sent and this version does not know."""

    __hash__ = Model.__hash__  # which attrs leaves out of classes that compare

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values. What is None and not required is left out."""
        fields = dict(self.additional_properties)
        fields["sampler_id"] = self.sampler_id
        fields["base_model"] = self.base_model
        if self.model_path is not None:
            fields["model_path"] = self.model_path
        return fields

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField, with the field's name, if it is not as described."""
        if src_dict.__class__ is not dict:
            raise InvalidField("GetSamplerResponse", None, "an object", src_dict)
        get = src_dict.get
        sampler_id: Any = get("sampler_id")
        if sampler_id.__class__ is not str:
            raise InvalidField("GetSamplerResponse", "sampler_id", "a string", sampler_id)

        base_model: Any = get("base_model")
        if base_model.__class__ is not str:
            raise InvalidField("GetSamplerResponse", "base_model", "a string", base_model)

        model_path: Any = get("model_path")
        if model_path is not None:
            if model_path.__class__ is not str:
                raise InvalidField("GetSamplerResponse", "model_path", "a string", model_path)

        decoded = cls.__new__(cls)  # without __init__: less time on pages of thousands of items
        decoded.sampler_id = sampler_id
        decoded.base_model = base_model
        decoded.model_path = model_path
        is_known = _FIELDS.issuperset(src_dict)
        decoded.additional_properties = (
            {} if is_known else {key: value for key, value in src_dict.items() if key not in _FIELDS}
        )
        return decoded
