# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define, field

from .._model import (
    InvalidField,
    Model,
    plain_json,
    short_list,
)
from ..models.user_metadata import UserMetadata

_FIELDS = frozenset(
    (
        "training_run_ids",
        "sampler_ids",
        "user_metadata",
        "display_name",
    )
)


@define(kw_only=True)
class GetSessionResponse(Model):
    """The training runs and samplers of a session.

    Attributes:
        training_run_ids: The IDs of the session's training runs.
        sampler_ids: The IDs of the session's samplers.
        user_metadata: Metadata that the user attached to the session.
        display_name: The name that the user gave the session.
        additional_properties: Fields that a newer server sent and this version does not know.
    """

    field_order: ClassVar = (
        "training_run_ids",
        "sampler_ids",
        "user_metadata",
        "display_name",
    )

    training_run_ids: list[str] = field(repr=short_list)
    """The IDs of the session's training runs."""
    sampler_ids: list[str] = field(repr=short_list)
    """The IDs of the session's samplers."""
    user_metadata: dict[str, Any] | None = None
    """Metadata that the user attached to the session."""
    display_name: str | None = None
    """The name that the user gave the session."""
    additional_properties: dict[str, Any] = field(init=False, factory=dict, repr=False)
    """Fields that a newer server sent and this version does not know."""

    __hash__ = Model.__hash__  # which attrs leaves out of classes that compare

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values. What is None and not required is left out."""
        fields = dict(self.additional_properties)
        fields["training_run_ids"] = plain_json(self.training_run_ids)
        fields["sampler_ids"] = plain_json(self.sampler_ids)
        if self.user_metadata is not None:
            fields["user_metadata"] = plain_json(self.user_metadata)
        if self.display_name is not None:
            fields["display_name"] = self.display_name
        return fields

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField, with the field's name, if it is not as described."""
        if src_dict.__class__ is not dict:
            raise InvalidField("GetSessionResponse", None, "an object", src_dict)
        get = src_dict.get
        training_run_ids: Any = get("training_run_ids")
        if training_run_ids.__class__ is not list:
            raise InvalidField("GetSessionResponse", "training_run_ids", "a list", training_run_ids)
        for item in training_run_ids:
            if item.__class__ is not str:
                raise InvalidField("GetSessionResponse", "training_run_ids", "a list of strings", item)

        sampler_ids: Any = get("sampler_ids")
        if sampler_ids.__class__ is not list:
            raise InvalidField("GetSessionResponse", "sampler_ids", "a list", sampler_ids)
        for item in sampler_ids:
            if item.__class__ is not str:
                raise InvalidField("GetSessionResponse", "sampler_ids", "a list of strings", item)

        user_metadata: Any = get("user_metadata")
        if user_metadata is not None:
            user_metadata = UserMetadata.from_dict(user_metadata)

        display_name: Any = get("display_name")
        if display_name is not None:
            if display_name.__class__ is not str:
                raise InvalidField("GetSessionResponse", "display_name", "a string", display_name)

        decoded = cls.__new__(cls)  # without __init__: less time on pages of thousands of items
        decoded.training_run_ids = training_run_ids
        decoded.sampler_ids = sampler_ids
        decoded.user_metadata = user_metadata
        decoded.display_name = display_name
        is_known = _FIELDS.issuperset(src_dict)
        decoded.additional_properties = (
            {} if is_known else {key: value for key, value in src_dict.items() if key not in _FIELDS}
        )
        return decoded
