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
from ..models.known_checkpoint_type import KnownCheckpointType
from ..models.user_metadata import UserMetadata

_KnownCheckpointType = {member.value: member for member in KnownCheckpointType}
_FIELDS = frozenset(
    (
        "checkpoint_id",
        "checkpoint_type",
        "tinker_path",
        "time",
        "size_bytes",
        "public",
        "user_metadata",
        "expires_at",
        "training_run_id",
        "base_model",
    )
)


@define(kw_only=True)
class Checkpoint(Model):
    """Weights that a training run has saved.

    Attributes:
        checkpoint_id: The ID within its training run, such as `weights/0001`. Some servers omit
            the kind, so only `tinker_path` identifies a checkpoint reliably.
        checkpoint_type: What a checkpoint is for: `training` (kind `weights`), `sampler` (kind
            `sampler_weights`), `external` (kind `external_weights`), or a value that a newer server
            adds.
        tinker_path: The address of the checkpoint, `tinker://{training_run_id}/{kind}/{name}`.
        time: When the checkpoint was saved, in UTC.
        size_bytes: The size in bytes, if known.
        public: Whether everyone can read the checkpoint.
        user_metadata: Metadata that the user attached to the checkpoint.
        expires_at: When the checkpoint expires and is deleted, in UTC. Null or absent if never.
        training_run_id: The ID of the training run that saved it. If a server omits it, read it
            from `tinker_path`.
        base_model: The model that was fine-tuned. Older servers omit it.
        additional_properties: Fields that a newer server sent and this version does not know.
    """

    field_order: ClassVar = (
        "checkpoint_id",
        "checkpoint_type",
        "time",
        "tinker_path",
        "size_bytes",
        "public",
        "user_metadata",
        "expires_at",
        "base_model",
    )

    checkpoint_id: str
    """The ID within its training run, such as `weights/0001`. Some servers omit the kind, so only
    `tinker_path` identifies a checkpoint reliably."""
    checkpoint_type: KnownCheckpointType | str
    """What a checkpoint is for: `training` (kind `weights`), `sampler` (kind `sampler_weights`), `external`
    (kind `external_weights`), or a value that a newer server adds."""
    tinker_path: str
    """The address of the checkpoint, `tinker://{training_run_id}/{kind}/{name}`."""
    time: datetime.datetime | None = None
    """When the checkpoint was saved, in UTC."""
    size_bytes: int | None = None
    """The size in bytes, if known."""
    public: bool = False
    """Whether everyone can read the checkpoint."""
    user_metadata: dict[str, Any] | None = None
    """Metadata that the user attached to the checkpoint."""
    expires_at: datetime.datetime | None = None
    """When the checkpoint expires and is deleted, in UTC. Null or absent if never."""
    training_run_id: str | None = field(default=None, eq=False)
    """The ID of the training run that saved it. If a server omits it, read it from `tinker_path`."""
    base_model: str | None = None
    """The model that was fine-tuned. Older servers omit it."""
    additional_properties: dict[str, Any] = field(init=False, factory=dict, repr=False)
    """Fields that a newer server sent and this version does not know."""

    __hash__ = Model.__hash__  # which attrs leaves out of classes that compare

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values. What is None and not required is left out."""
        fields = dict(self.additional_properties)
        fields["checkpoint_id"] = self.checkpoint_id
        fields["checkpoint_type"] = str(self.checkpoint_type)
        fields["tinker_path"] = self.tinker_path
        if self.time is not None:
            fields["time"] = rfc3339(self.time)
        if self.size_bytes is not None:
            fields["size_bytes"] = self.size_bytes
        if self.public is not None:
            fields["public"] = self.public
        if self.user_metadata is not None:
            fields["user_metadata"] = plain_json(self.user_metadata)
        if self.expires_at is not None:
            fields["expires_at"] = rfc3339(self.expires_at)
        if self.training_run_id is not None:
            fields["training_run_id"] = self.training_run_id
        if self.base_model is not None:
            fields["base_model"] = self.base_model
        return fields

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField, with the field's name, if it is not as described."""
        if src_dict.__class__ is not dict:
            raise InvalidField("Checkpoint", None, "an object", src_dict)
        get = src_dict.get
        checkpoint_id: Any = get("checkpoint_id")
        if checkpoint_id.__class__ is not str:
            raise InvalidField("Checkpoint", "checkpoint_id", "a string", checkpoint_id)

        checkpoint_type: Any = get("checkpoint_type")
        if checkpoint_type is None:
            raise InvalidField("Checkpoint", "checkpoint_type", "present", None)
        if checkpoint_type.__class__ is not str:
            raise InvalidField("Checkpoint", "checkpoint_type", "a string", checkpoint_type)
        checkpoint_type = _KnownCheckpointType.get(checkpoint_type, checkpoint_type)

        tinker_path: Any = get("tinker_path")
        if tinker_path.__class__ is not str:
            raise InvalidField("Checkpoint", "tinker_path", "a string", tinker_path)

        time: Any = get("time")
        if time is not None:
            time = utc_datetime("Checkpoint", "time", time)

        size_bytes: Any = get("size_bytes")
        if size_bytes is not None:
            if size_bytes.__class__ is not int:
                size_bytes = whole_number("Checkpoint", "size_bytes", size_bytes)

        public: Any = get("public")
        if public is not None:
            if public.__class__ is not bool:
                raise InvalidField("Checkpoint", "public", "true or false", public)

        else:
            public = False
        user_metadata: Any = get("user_metadata")
        if user_metadata is not None:
            user_metadata = UserMetadata.from_dict(user_metadata)

        expires_at: Any = get("expires_at")
        if expires_at is not None:
            expires_at = utc_datetime("Checkpoint", "expires_at", expires_at)

        training_run_id: Any = get("training_run_id")
        if training_run_id is not None:
            if training_run_id.__class__ is not str:
                raise InvalidField("Checkpoint", "training_run_id", "a string", training_run_id)

        base_model: Any = get("base_model")
        if base_model is not None:
            if base_model.__class__ is not str:
                raise InvalidField("Checkpoint", "base_model", "a string", base_model)

        decoded = cls.__new__(cls)  # without __init__: less time on pages of thousands of items
        decoded.checkpoint_id = checkpoint_id
        decoded.checkpoint_type = checkpoint_type
        decoded.tinker_path = tinker_path
        decoded.time = time
        decoded.size_bytes = size_bytes
        decoded.public = public
        decoded.user_metadata = user_metadata
        decoded.expires_at = expires_at
        decoded.training_run_id = training_run_id
        decoded.base_model = base_model
        is_known = _FIELDS.issuperset(src_dict)
        decoded.additional_properties = (
            {} if is_known else {key: value for key, value in src_dict.items() if key not in _FIELDS}
        )
        return decoded
