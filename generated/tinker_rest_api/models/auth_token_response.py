# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define, field

from .._model import (
    InvalidField,
    Model,
)

_FIELDS = frozenset(("jwt",))


@define(kw_only=True)
class AuthTokenResponse(Model):
    """The token that replaces the credential.

    Attributes:
        jwt: The JSON Web Token, a secret. It replaces the API key until it expires.
        additional_properties: Fields that a newer server sent and this version does not know.
    """

    field_order: ClassVar = ("jwt",)

    jwt: str = field(repr=False)
    """The JSON Web Token, a secret. It replaces the API key until it expires."""
    additional_properties: dict[str, Any] = field(init=False, factory=dict, repr=False)
    """Fields that a newer server sent and this version does not know."""

    __hash__ = Model.__hash__  # which attrs leaves out of classes that compare

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values. What is None and not required is left out."""
        fields = dict(self.additional_properties)
        fields["jwt"] = self.jwt
        return fields

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField, with the field's name, if it is not as described."""
        if src_dict.__class__ is not dict:
            raise InvalidField("AuthTokenResponse", None, "an object", src_dict)
        get = src_dict.get
        jwt: Any = get("jwt")
        if jwt.__class__ is not str:
            raise InvalidField("AuthTokenResponse", "jwt", "a string", jwt)

        decoded = cls.__new__(cls)  # without __init__: less time on pages of thousands of items
        decoded.jwt = jwt
        is_known = _FIELDS.issuperset(src_dict)
        decoded.additional_properties = (
            {} if is_known else {key: value for key, value in src_dict.items() if key not in _FIELDS}
        )
        return decoded
