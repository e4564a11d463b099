# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define, field

from .._model import (
    InvalidField,
    Model,
    whole_number,
)

_FIELDS = frozenset(
    (
        "model_name",
        "max_context_length",
        "trainable",
        "sampleable",
    )
)


@define(kw_only=True)
class SupportedModel(Model):
    """A model that the server offers. Servers describe it in more or less detail.

    Attributes:
        model_name: The name of the model.
        max_context_length: The maximum context length in tokens.
        trainable: Whether you can train the model.
        sampleable: Whether you can sample from the model.
        additional_properties: Fields that a newer server sent and this version does not know.
    """

    field_order: ClassVar = (
        "model_name",
        "max_context_length",
        "trainable",
        "sampleable",
    )

    model_name: str | None = None
    """The name of the model."""
    max_context_length: int | None = None
    """The maximum context length in tokens."""
    trainable: bool | None = None
    """Whether you can train the model."""
    sampleable: bool | None = None
    """Whether you can sample from the model."""
    additional_properties: dict[str, Any] = field(init=False, factory=dict, repr=False)
    """Fields that a newer server sent and this version does not know."""

    __hash__ = Model.__hash__  # which attrs leaves out of classes that compare

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values. What is None and not required is left out."""
        fields = dict(self.additional_properties)
        if self.model_name is not None:
            fields["model_name"] = self.model_name
        if self.max_context_length is not None:
            fields["max_context_length"] = self.max_context_length
        if self.trainable is not None:
            fields["trainable"] = self.trainable
        if self.sampleable is not None:
            fields["sampleable"] = self.sampleable
        return fields

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField, with the field's name, if it is not as described."""
        if src_dict.__class__ is not dict:
            raise InvalidField("SupportedModel", None, "an object", src_dict)
        get = src_dict.get
        model_name: Any = get("model_name")
        if model_name is not None:
            if model_name.__class__ is not str:
                raise InvalidField("SupportedModel", "model_name", "a string", model_name)

        max_context_length: Any = get("max_context_length")
        if max_context_length is not None:
            if max_context_length.__class__ is not int:
                max_context_length = whole_number("SupportedModel", "max_context_length", max_context_length)

        trainable: Any = get("trainable")
        if trainable is not None:
            if trainable.__class__ is not bool:
                raise InvalidField("SupportedModel", "trainable", "true or false", trainable)

        sampleable: Any = get("sampleable")
        if sampleable is not None:
            if sampleable.__class__ is not bool:
                raise InvalidField("SupportedModel", "sampleable", "true or false", sampleable)

        decoded = cls.__new__(cls)  # without __init__: less time on pages of thousands of items
        decoded.model_name = model_name
        decoded.max_context_length = max_context_length
        decoded.trainable = trainable
        decoded.sampleable = sampleable
        is_known = _FIELDS.issuperset(src_dict)
        decoded.additional_properties = (
            {} if is_known else {key: value for key, value in src_dict.items() if key not in _FIELDS}
        )
        return decoded
