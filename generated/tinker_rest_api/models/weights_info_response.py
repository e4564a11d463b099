# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define, field

from .._model import (
    InvalidField,
    Model,
    UnknownVariant,
    read_variant,
    whole_number,
)
from ..models.adam_optimizer_config import AdamOptimizerConfig
from ..models.dimuon_optimizer_config import DimuonOptimizerConfig

_OPTIMIZER_CONFIG_VARIANTS: dict[str, Any] = {
    "adamw": AdamOptimizerConfig.from_dict,
    "dimuon": DimuonOptimizerConfig.from_dict,
}
_FIELDS = frozenset(
    (
        "base_model",
        "is_lora",
        "optimizer_config",
        "lora_rank",
        "train_unembed",
        "train_mlp",
        "train_attn",
    )
)


@define(kw_only=True)
class WeightsInfoResponse(Model):
    """What you need to load weights.

    Attributes:
        base_model: The model that was fine-tuned.
        is_lora: Whether the weights are a LoRA adapter.
        optimizer_config: The optimizer that the weights were trained with. AdamW if absent.
        lora_rank: The rank of the LoRA adapter. Null if there is none.
        train_unembed: Whether the unembedding layer was trained.
        train_mlp: Whether the MLP layers were trained.
        train_attn: Whether the attention layers were trained.
        additional_properties: Fields that a newer server sent and this version does not know.
    """

    field_order: ClassVar = (
        "base_model",
        "optimizer_config",
        "is_lora",
        "lora_rank",
        "train_unembed",
        "train_mlp",
        "train_attn",
    )

    base_model: str
    """The model that was fine-tuned."""
    is_lora: bool
    """Whether the weights are a LoRA adapter."""
    optimizer_config: AdamOptimizerConfig | DimuonOptimizerConfig | None | UnknownVariant = None
    """The optimizer that the weights were trained with. AdamW if absent."""
    lora_rank: int | None = None
    """The rank of the LoRA adapter. Null if there is none."""
    train_unembed: bool | None = None
    """Whether the unembedding layer was trained."""
    train_mlp: bool | None = None
    """Whether the MLP layers were trained."""
    train_attn: bool | None = None
    """Whether the attention layers were trained."""
    additional_properties: dict[str, Any] = field(init=False, factory=dict, repr=False)
    """Fields that a newer server sent and this version does not know."""

    __hash__ = Model.__hash__  # which attrs leaves out of classes that compare

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values. What is None and not required is left out."""
        fields = dict(self.additional_properties)
        fields["base_model"] = self.base_model
        fields["is_lora"] = self.is_lora
        if self.optimizer_config is not None:
            fields["optimizer_config"] = self.optimizer_config.to_dict()
        if self.lora_rank is not None:
            fields["lora_rank"] = self.lora_rank
        if self.train_unembed is not None:
            fields["train_unembed"] = self.train_unembed
        if self.train_mlp is not None:
            fields["train_mlp"] = self.train_mlp
        if self.train_attn is not None:
            fields["train_attn"] = self.train_attn
        return fields

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField, with the field's name, if it is not as described."""
        if src_dict.__class__ is not dict:
            raise InvalidField("WeightsInfoResponse", None, "an object", src_dict)
        get = src_dict.get
        base_model: Any = get("base_model")
        if base_model.__class__ is not str:
            raise InvalidField("WeightsInfoResponse", "base_model", "a string", base_model)

        is_lora: Any = get("is_lora")
        if is_lora.__class__ is not bool:
            raise InvalidField("WeightsInfoResponse", "is_lora", "true or false", is_lora)

        optimizer_config: Any = get("optimizer_config")
        if optimizer_config is not None:
            optimizer_config = read_variant(
                "WeightsInfoResponse", "optimizer_config", _OPTIMIZER_CONFIG_VARIANTS, optimizer_config
            )

        lora_rank: Any = get("lora_rank")
        if lora_rank is not None:
            if lora_rank.__class__ is not int:
                lora_rank = whole_number("WeightsInfoResponse", "lora_rank", lora_rank)

        train_unembed: Any = get("train_unembed")
        if train_unembed is not None:
            if train_unembed.__class__ is not bool:
                raise InvalidField("WeightsInfoResponse", "train_unembed", "true or false", train_unembed)

        train_mlp: Any = get("train_mlp")
        if train_mlp is not None:
            if train_mlp.__class__ is not bool:
                raise InvalidField("WeightsInfoResponse", "train_mlp", "true or false", train_mlp)

        train_attn: Any = get("train_attn")
        if train_attn is not None:
            if train_attn.__class__ is not bool:
                raise InvalidField("WeightsInfoResponse", "train_attn", "true or false", train_attn)

        decoded = cls.__new__(cls)  # without __init__: less time on pages of thousands of items
        decoded.base_model = base_model
        decoded.is_lora = is_lora
        decoded.optimizer_config = optimizer_config
        decoded.lora_rank = lora_rank
        decoded.train_unembed = train_unembed
        decoded.train_mlp = train_mlp
        decoded.train_attn = train_attn
        is_known = _FIELDS.issuperset(src_dict)
        decoded.additional_properties = (
            {} if is_known else {key: value for key, value in src_dict.items() if key not in _FIELDS}
        )
        return decoded
