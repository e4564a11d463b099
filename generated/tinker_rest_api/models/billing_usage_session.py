# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define, field

from .._model import (
    InvalidField,
    Model,
    plain_json,
)
from ..models.user_metadata import UserMetadata

_FIELDS = frozenset(("user_metadata",))


@define(kw_only=True)
class BillingUsageSession(Model):
    """Details of a session in the usage.

    Attributes:
        user_metadata: Metadata that the user attached to the session.
        additional_properties: Fields that a newer server sent and this version does not know.
    """

    field_order: ClassVar = ("user_metadata",)

    user_metadata: dict[str, Any] | None = None
    """Metadata that the user attached to the session."""
    additional_properties: dict[str, Any] = field(init=False, factory=dict, repr=False)
    """Fields that a newer server sent and this version does not know."""

    __hash__ = Model.__hash__  # which attrs leaves out of classes that compare

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values. What is None and not required is left out."""
        fields = dict(self.additional_properties)
        if self.user_metadata is not None:
            fields["user_metadata"] = plain_json(self.user_metadata)
        return fields

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField, with the field's name, if it is not as described."""
        if src_dict.__class__ is not dict:
            raise InvalidField("BillingUsageSession", None, "an object", src_dict)
        get = src_dict.get
        user_metadata: Any = get("user_metadata")
        if user_metadata is not None:
            user_metadata = UserMetadata.from_dict(user_metadata)

        decoded = cls.__new__(cls)  # without __init__: less time on pages of thousands of items
        decoded.user_metadata = user_metadata
        is_known = _FIELDS.issuperset(src_dict)
        decoded.additional_properties = (
            {} if is_known else {key: value for key, value in src_dict.items() if key not in _FIELDS}
        )
        return decoded
