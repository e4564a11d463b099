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
        "rank",
        "seed",
        "train_unembed",
        "train_mlp",
        "train_attn",
    )
)


@define(kw_only=True)
class LoraConfig(Model):
    """The settings of a LoRA adapter.

    Attributes:
        rank: The rank of the adapter.
        seed: The random seed that the adapter was initialized with. Null if unknown.
        train_unembed: Whether the adapter includes the unembedding layer.
        train_mlp: Whether the adapter includes the MLP layers.
        train_attn: Whether the adapter includes the attention layers.
        additional_properties: Fields that a newer server sent and this version does not know.
    """

    field_order: ClassVar = (
        "rank",
        "seed",
        "train_unembed",
        "train_mlp",
        "train_attn",
    )

    rank: int
    """The rank of the adapter."""
    seed: int | None = None
    """The random seed that the adapter was initialized with. Null if unknown."""
    train_unembed: bool = True
    """Whether the adapter includes the unembedding layer."""
    train_mlp: bool = True
    """Whether the adapter includes the MLP layers."""
    train_attn: bool = True
    """Whether the adapter includes the attention layers."""
    additional_properties: dict[str, Any] = field(init=False, factory=dict, repr=False)
    """Fields that a newer server sent and this version does not know."""

    __hash__ = Model.__hash__  # which attrs leaves out of classes that compare

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values. What is None and not required is left out."""
        fields = dict(self.additional_properties)
        fields["rank"] = self.rank
        if self.seed is not None:
            fields["seed"] = self.seed
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
            raise InvalidField("LoraConfig", None, "an object", src_dict)
        get = src_dict.get
        rank: Any = get("rank")
        if rank.__class__ is not int:
            rank = whole_number("LoraConfig", "rank", rank)

        seed: Any = get("seed")
        if seed is not None:
            if seed.__class__ is not int:
                seed = whole_number("LoraConfig", "seed", seed)

        train_unembed: Any = get("train_unembed")
        if train_unembed is not None:
            if train_unembed.__class__ is not bool:
                raise InvalidField("LoraConfig", "train_unembed", "true or false", train_unembed)

        else:
            train_unembed = True
        train_mlp: Any = get("train_mlp")
        if train_mlp is not None:
            if train_mlp.__class__ is not bool:
                raise InvalidField("LoraConfig", "train_mlp", "true or false", train_mlp)

        else:
            train_mlp = True
        train_attn: Any = get("train_attn")
        if train_attn is not None:
            if train_attn.__class__ is not bool:
                raise InvalidField("LoraConfig", "train_attn", "true or false", train_attn)

        else:
            train_attn = True
        decoded = cls.__new__(cls)  # without __init__: less time on pages of thousands of items
        decoded.rank = rank
        decoded.seed = seed
        decoded.train_unembed = train_unembed
        decoded.train_mlp = train_mlp
        decoded.train_attn = train_attn
        is_known = _FIELDS.issuperset(src_dict)
        decoded.additional_properties = (
            {} if is_known else {key: value for key, value in src_dict.items() if key not in _FIELDS}
        )
        return decoded
