# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from attrs import define, field

from .._model import (
    InvalidField,
    Model,
    whole_number,
)

_FIELDS = frozenset(
    (
        "type",
        "token_count",
    )
)


@define(kw_only=True)
class SamplingSampleBillingEvent(Model):
    """The usage of sampling, in tokens generated.

    Attributes:
        type: The kind of usage.
        token_count: The number of tokens.
        additional_properties: Fields that a newer server sent and this version does not know.
    """

    field_order: ClassVar = (
        "type",
        "token_count",
    )

    token_count: int
    """The number of tokens."""
    type: Literal["sampling_sample"] = "sampling_sample"
    """The kind of usage."""
    additional_properties: dict[str, Any] = field(init=False, factory=dict, repr=False)
    """Fields that a newer server sent and this version does not know."""

    __hash__ = Model.__hash__  # which attrs leaves out of classes that compare

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values. What is None and not required is left out."""
        fields = dict(self.additional_properties)
        fields["type"] = self.type
        fields["token_count"] = self.token_count
        return fields

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField, with the field's name, if it is not as described."""
        if src_dict.__class__ is not dict:
            raise InvalidField("SamplingSampleBillingEvent", None, "an object", src_dict)
        get = src_dict.get
        type_: Any = get("type")
        if type_ != "sampling_sample":
            raise InvalidField("SamplingSampleBillingEvent", "type", "sampling_sample", type_)

        token_count: Any = get("token_count")
        if token_count.__class__ is not int:
            token_count = whole_number("SamplingSampleBillingEvent", "token_count", token_count)

        decoded = cls.__new__(cls)  # without __init__: less time on pages of thousands of items
        decoded.type = type_
        decoded.token_count = token_count
        is_known = _FIELDS.issuperset(src_dict)
        decoded.additional_properties = (
            {} if is_known else {key: value for key, value in src_dict.items() if key not in _FIELDS}
        )
        return decoded
