# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
import datetime
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define, field

from .._model import (
    InvalidField,
    Model,
    plain_json,
    rfc3339,
    utc_datetime,
    whole_number,
)
from ..models.checkpoint import Checkpoint
from ..models.user_metadata import UserMetadata

_FIELDS = frozenset(
    (
        "training_run_id",
        "base_model",
        "is_lora",
        "model_owner",
        "corrupted",
        "lora_rank",
        "last_request_time",
        "last_checkpoint",
        "last_sampler_checkpoint",
        "user_metadata",
    )
)


@define(kw_only=True)
class TrainingRun(Model):
    """A fine-tuning run, with its latest checkpoints.

    Attributes:
        training_run_id: The ID of the run.
        base_model: The model being fine-tuned.
        is_lora: Whether the run trains a LoRA adapter instead of all weights.
        model_owner: Who owns the run.
        corrupted: Whether the state of the run is damaged, so that it cannot continue training.
        lora_rank: The rank of the LoRA adapter. Null if there is none.
        last_request_time: When the run last received a request, in UTC.
        last_checkpoint: The latest checkpoint for resuming training.
        last_sampler_checkpoint: The latest checkpoint for sampling.
        user_metadata: Metadata that the user attached to the run.
        additional_properties: Fields that a newer server sent and this version does not know.
    """

    field_order: ClassVar = (
        "training_run_id",
        "base_model",
        "model_owner",
        "is_lora",
        "corrupted",
        "lora_rank",
        "last_request_time",
        "last_checkpoint",
        "last_sampler_checkpoint",
        "user_metadata",
    )

    training_run_id: str
    """The ID of the run."""
    base_model: str
    """The model being fine-tuned."""
    is_lora: bool
    """Whether the run trains a LoRA adapter instead of all weights."""
    model_owner: str | None = None
    """Who owns the run."""
    corrupted: bool = False
    """Whether the state of the run is damaged, so that it cannot continue training."""
    lora_rank: int | None = None
    """The rank of the LoRA adapter. Null if there is none."""
    last_request_time: datetime.datetime | None = None
    """When the run last received a request, in UTC."""
    last_checkpoint: Checkpoint | None = None
    """The latest checkpoint for resuming training."""
    last_sampler_checkpoint: Checkpoint | None = None
    """The latest checkpoint for sampling."""
    user_metadata: dict[str, Any] | None = None
    """Metadata that the user attached to the run."""
    additional_properties: dict[str, Any] = field(init=False, factory=dict, repr=False)
    """Fields that a newer server sent and this version does not know."""

    __hash__ = Model.__hash__  # which attrs leaves out of classes that compare

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values. What is None and not required is left out."""
        fields = dict(self.additional_properties)
        fields["training_run_id"] = self.training_run_id
        fields["base_model"] = self.base_model
        fields["is_lora"] = self.is_lora
        if self.model_owner is not None:
            fields["model_owner"] = self.model_owner
        if self.corrupted is not None:
            fields["corrupted"] = self.corrupted
        if self.lora_rank is not None:
            fields["lora_rank"] = self.lora_rank
        if self.last_request_time is not None:
            fields["last_request_time"] = rfc3339(self.last_request_time)
        if self.last_checkpoint is not None:
            fields["last_checkpoint"] = self.last_checkpoint.to_dict()
        if self.last_sampler_checkpoint is not None:
            fields["last_sampler_checkpoint"] = self.last_sampler_checkpoint.to_dict()
        if self.user_metadata is not None:
            fields["user_metadata"] = plain_json(self.user_metadata)
        return fields

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField, with the field's name, if it is not as described."""
        if src_dict.__class__ is not dict:
            raise InvalidField("TrainingRun", None, "an object", src_dict)
        get = src_dict.get
        training_run_id: Any = get("training_run_id")
        if training_run_id.__class__ is not str:
            raise InvalidField("TrainingRun", "training_run_id", "a string", training_run_id)

        base_model: Any = get("base_model")
        if base_model.__class__ is not str:
            raise InvalidField("TrainingRun", "base_model", "a string", base_model)

        is_lora: Any = get("is_lora")
        if is_lora.__class__ is not bool:
            raise InvalidField("TrainingRun", "is_lora", "true or false", is_lora)

        model_owner: Any = get("model_owner")
        if model_owner is not None:
            if model_owner.__class__ is not str:
                raise InvalidField("TrainingRun", "model_owner", "a string", model_owner)

        corrupted: Any = get("corrupted")
        if corrupted is not None:
            if corrupted.__class__ is not bool:
                raise InvalidField("TrainingRun", "corrupted", "true or false", corrupted)

        else:
            corrupted = False
        lora_rank: Any = get("lora_rank")
        if lora_rank is not None:
            if lora_rank.__class__ is not int:
                lora_rank = whole_number("TrainingRun", "lora_rank", lora_rank)

        last_request_time: Any = get("last_request_time")
        if last_request_time is not None:
            last_request_time = utc_datetime("TrainingRun", "last_request_time", last_request_time)

        last_checkpoint: Any = get("last_checkpoint")
        if last_checkpoint is not None:
            last_checkpoint = Checkpoint.from_dict(last_checkpoint)

        last_sampler_checkpoint: Any = get("last_sampler_checkpoint")
        if last_sampler_checkpoint is not None:
            last_sampler_checkpoint = Checkpoint.from_dict(last_sampler_checkpoint)

        user_metadata: Any = get("user_metadata")
        if user_metadata is not None:
            user_metadata = UserMetadata.from_dict(user_metadata)

        decoded = cls.__new__(cls)  # without __init__: less time on pages of thousands of items
        decoded.training_run_id = training_run_id
        decoded.base_model = base_model
        decoded.is_lora = is_lora
        decoded.model_owner = model_owner
        decoded.corrupted = corrupted
        decoded.lora_rank = lora_rank
        decoded.last_request_time = last_request_time
        decoded.last_checkpoint = last_checkpoint
        decoded.last_sampler_checkpoint = last_sampler_checkpoint
        decoded.user_metadata = user_metadata
        is_known = _FIELDS.issuperset(src_dict)
        decoded.additional_properties = (
            {} if is_known else {key: value for key, value in src_dict.items() if key not in _FIELDS}
        )
        return decoded
