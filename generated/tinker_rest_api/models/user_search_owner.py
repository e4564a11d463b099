# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from attrs import define, field

from .._model import (
    InvalidField,
    Model,
    plain_json,
    short_list,
)

_FIELDS = frozenset(
    (
        "type",
        "owner_urns",
    )
)


@define(kw_only=True)
class UserSearchOwner(Model):
    """What specific users own.

    Attributes:
        type: The type of the filter.
        owner_urns: The URNs of one to ten users.
        additional_properties: Fields that a newer server sent and this version does not know.
    """

    field_order: ClassVar = (
        "type",
        "owner_urns",
    )

    owner_urns: list[str] = field(repr=short_list)
    """The URNs of one to ten users."""
    type: Literal["user"] = "user"
    """The type of the filter."""
    additional_properties: dict[str, Any] = field(init=False, factory=dict, repr=False)
    """Fields that a newer server sent and this version does not know."""

    __hash__ = Model.__hash__  # which attrs leaves out of classes that compare

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values. What is None and not required is left out."""
        fields = dict(self.additional_properties)
        fields["type"] = self.type
        fields["owner_urns"] = plain_json(self.owner_urns)
        return fields

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField, with the field's name, if it is not as described."""
        if src_dict.__class__ is not dict:
            raise InvalidField("UserSearchOwner", None, "an object", src_dict)
        get = src_dict.get
        type_: Any = get("type")
        if type_ != "user":
            raise InvalidField("UserSearchOwner", "type", "user", type_)

        owner_urns: Any = get("owner_urns")
        if owner_urns.__class__ is not list:
            raise InvalidField("UserSearchOwner", "owner_urns", "a list", owner_urns)
        for item in owner_urns:
            if item.__class__ is not str:
                raise InvalidField("UserSearchOwner", "owner_urns", "a list of strings", item)

        decoded = cls.__new__(cls)  # without __init__: less time on pages of thousands of items
        decoded.type = type_
        decoded.owner_urns = owner_urns
        is_known = _FIELDS.issuperset(src_dict)
        decoded.additional_properties = (
            {} if is_known else {key: value for key, value in src_dict.items() if key not in _FIELDS}
        )
        return decoded
