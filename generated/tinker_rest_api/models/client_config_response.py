# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define, field

from .._model import (
    InvalidField,
    Model,
)
from ..models.known_credential_source import KnownCredentialSource

_KnownCredentialSource = {member.value: member for member in KnownCredentialSource}
_FIELDS = frozenset(
    (
        "pjwt_auth_enabled",
        "credential_default_source",
    )
)


@define(kw_only=True)
class ClientConfigResponse(Model):
    """How clients authenticate. Fields for training and sampling may be present.

    Attributes:
        pjwt_auth_enabled: Whether to exchange the credential for a JSON Web Token.
        credential_default_source: Where the client gets its credential: `api_key` (an API key),
            `credential_cmd` (a command that prints one), or a value that a newer server adds.
        additional_properties: Fields that a newer server sent and this version does not know.
    """

    field_order: ClassVar = (
        "pjwt_auth_enabled",
        "credential_default_source",
    )

    pjwt_auth_enabled: bool = False
    """Whether to exchange the credential for a JSON Web Token."""
    credential_default_source: KnownCredentialSource | str | None = None
    """Where the client gets its credential: `api_key` (an API key), `credential_cmd` (a command that prints
    one), or a value that a newer server adds."""
    additional_properties: dict[str, Any] = field(init=False, factory=dict, repr=False)
    """Fields that a newer server sent and this version does not know."""

    __hash__ = Model.__hash__  # which attrs leaves out of classes that compare

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values. What is None and not required is left out."""
        fields = dict(self.additional_properties)
        if self.pjwt_auth_enabled is not None:
            fields["pjwt_auth_enabled"] = self.pjwt_auth_enabled
        if self.credential_default_source is not None:
            fields["credential_default_source"] = str(self.credential_default_source)
        return fields

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField, with the field's name, if it is not as described."""
        if src_dict.__class__ is not dict:
            raise InvalidField("ClientConfigResponse", None, "an object", src_dict)
        get = src_dict.get
        pjwt_auth_enabled: Any = get("pjwt_auth_enabled")
        if pjwt_auth_enabled is not None:
            if pjwt_auth_enabled.__class__ is not bool:
                raise InvalidField(
                    "ClientConfigResponse", "pjwt_auth_enabled", "true or false", pjwt_auth_enabled
                )

        else:
            pjwt_auth_enabled = False
        credential_default_source: Any = get("credential_default_source")
        if credential_default_source is not None:
            if credential_default_source.__class__ is not str:
                raise InvalidField(
                    "ClientConfigResponse", "credential_default_source", "a string", credential_default_source
                )
            credential_default_source = _KnownCredentialSource.get(
                credential_default_source, credential_default_source
            )

        decoded = cls.__new__(cls)  # without __init__: less time on pages of thousands of items
        decoded.pjwt_auth_enabled = pjwt_auth_enabled
        decoded.credential_default_source = credential_default_source
        is_known = _FIELDS.issuperset(src_dict)
        decoded.additional_properties = (
            {} if is_known else {key: value for key, value in src_dict.items() if key not in _FIELDS}
        )
        return decoded
