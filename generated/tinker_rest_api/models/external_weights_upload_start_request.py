# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define, field

from .._model import (
    InvalidField,
    Model,
)
from ..models.lora_config import LoraConfig

_FIELDS = frozenset(
    (
        "base_model",
        "lora_config",
        "destination_project_id",
    )
)


@define(kw_only=True)
class ExternalWeightsUploadStartRequest(Model):
    """The adapter to upload.

    Attributes:
        base_model: The model that the adapter was trained for.
        lora_config: The settings of a LoRA adapter.
        destination_project_id: The ID of the project that will own the checkpoint. If absent, it
            has no project.
        additional_properties: Fields that a newer server sent and this version does not know.
    """

    field_order: ClassVar = (
        "base_model",
        "lora_config",
        "destination_project_id",
    )

    base_model: str
    """The model that the adapter was trained for."""
    lora_config: LoraConfig
    """The settings of a LoRA adapter."""
    destination_project_id: str | None = None
    """The ID of the project that will own the checkpoint. If absent, it has no project."""
    additional_properties: dict[str, Any] = field(init=False, factory=dict, repr=False)
    """Fields that a newer server sent and this version does not know."""

    __hash__ = Model.__hash__  # which attrs leaves out of classes that compare

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values. What is None and not required is left out."""
        fields = dict(self.additional_properties)
        fields["base_model"] = self.base_model
        fields["lora_config"] = self.lora_config.to_dict()
        if self.destination_project_id is not None:
            fields["destination_project_id"] = self.destination_project_id
        return fields

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField, with the field's name, if it is not as described."""
        if src_dict.__class__ is not dict:
            raise InvalidField("ExternalWeightsUploadStartRequest", None, "an object", src_dict)
        get = src_dict.get
        base_model: Any = get("base_model")
        if base_model.__class__ is not str:
            raise InvalidField("ExternalWeightsUploadStartRequest", "base_model", "a string", base_model)

        lora_config: Any = get("lora_config")
        if lora_config is None:
            raise InvalidField("ExternalWeightsUploadStartRequest", "lora_config", "present", None)
        lora_config = LoraConfig.from_dict(lora_config)

        destination_project_id: Any = get("destination_project_id")
        if destination_project_id is not None:
            if destination_project_id.__class__ is not str:
                raise InvalidField(
                    "ExternalWeightsUploadStartRequest",
                    "destination_project_id",
                    "a string",
                    destination_project_id,
                )

        decoded = cls.__new__(cls)  # without __init__: less time on pages of thousands of items
        decoded.base_model = base_model
        decoded.lora_config = lora_config
        decoded.destination_project_id = destination_project_id
        is_known = _FIELDS.issuperset(src_dict)
        decoded.additional_properties = (
            {} if is_known else {key: value for key, value in src_dict.items() if key not in _FIELDS}
        )
        return decoded
