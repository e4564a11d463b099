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
        "source_path",
        "destination_project_id",
        "ttl_seconds",
    )
)


@define(kw_only=True)
class CopyWeightsRequest(Model):
    """The checkpoint to copy, and where to.

    Attributes:
        source_path: The address of the weights, `tinker://{training_run_id}/{kind}/{name}`.
        destination_project_id: The ID of the project that will own the copy.
        ttl_seconds: The number of seconds until the copy expires: one hour to ten years of 365
            days. If absent, it never expires.
        additional_properties: Fields that a newer server sent and this version does not know.
    """

    field_order: ClassVar = (
        "source_path",
        "destination_project_id",
        "ttl_seconds",
    )

    source_path: str
    """The address of the weights, `tinker://{training_run_id}/{kind}/{name}`."""
    destination_project_id: str
    """The ID of the project that will own the copy."""
    ttl_seconds: int | None = None
    """The number of seconds until the copy expires: one hour to ten years of 365 days. If absent, it never
    expires."""
    additional_properties: dict[str, Any] = field(init=False, factory=dict, repr=False)
    """Fields that a newer server sent and this version does not know."""

    __hash__ = Model.__hash__  # which attrs leaves out of classes that compare

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values. What is None and not required is left out."""
        fields = dict(self.additional_properties)
        fields["source_path"] = self.source_path
        fields["destination_project_id"] = self.destination_project_id
        if self.ttl_seconds is not None:
            fields["ttl_seconds"] = self.ttl_seconds
        return fields

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField, with the field's name, if it is not as described."""
        if src_dict.__class__ is not dict:
            raise InvalidField("CopyWeightsRequest", None, "an object", src_dict)
        get = src_dict.get
        source_path: Any = get("source_path")
        if source_path.__class__ is not str:
            raise InvalidField("CopyWeightsRequest", "source_path", "a string", source_path)

        destination_project_id: Any = get("destination_project_id")
        if destination_project_id.__class__ is not str:
            raise InvalidField(
                "CopyWeightsRequest", "destination_project_id", "a string", destination_project_id
            )

        ttl_seconds: Any = get("ttl_seconds")
        if ttl_seconds is not None:
            if ttl_seconds.__class__ is not int:
                ttl_seconds = whole_number("CopyWeightsRequest", "ttl_seconds", ttl_seconds)

        decoded = cls.__new__(cls)  # without __init__: less time on pages of thousands of items
        decoded.source_path = source_path
        decoded.destination_project_id = destination_project_id
        decoded.ttl_seconds = ttl_seconds
        is_known = _FIELDS.issuperset(src_dict)
        decoded.additional_properties = (
            {} if is_known else {key: value for key, value in src_dict.items() if key not in _FIELDS}
        )
        return decoded
