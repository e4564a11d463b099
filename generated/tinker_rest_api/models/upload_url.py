# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define, field

from .._model import (
    InvalidField,
    Model,
    from_shorthand,
    plain_json,
)
from ..models.upload_headers import UploadHeaders

_FIELDS = frozenset(
    (
        "url",
        "headers",
    )
)


@define(kw_only=True)
class UploadUrl(Model):
    """Where to upload a file. Some servers send its URL alone, as a string, without headers.

    Attributes:
        url: The signed URL for a `PUT` request. It is a secret: anyone who has it can upload the
            file.
        headers: The values of headers, keyed by name.
        additional_properties: Fields that a newer server sent and this version does not know.
    """

    field_order: ClassVar = (
        "url",
        "headers",
    )

    url: str = field(repr=False)
    """The signed URL for a `PUT` request. It is a secret: anyone who has it can upload the file."""
    headers: dict[str, str] = field(default=None, repr=False)
    """The values of headers, keyed by name."""
    additional_properties: dict[str, Any] = field(init=False, factory=dict, repr=False)
    """Fields that a newer server sent and this version does not know."""

    __hash__ = Model.__hash__  # which attrs leaves out of classes that compare

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values. What is None and not required is left out."""
        fields = dict(self.additional_properties)
        fields["url"] = self.url
        if self.headers is not None:
            fields["headers"] = plain_json(self.headers)
        return fields

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField, with the field's name, if it is not as described."""
        src_dict = from_shorthand(src_dict, "url")
        if src_dict.__class__ is not dict:
            raise InvalidField("UploadUrl", None, "an object", src_dict)
        get = src_dict.get
        url: Any = get("url")
        if url.__class__ is not str:
            raise InvalidField("UploadUrl", "url", "a string", url)

        headers: Any = get("headers")
        if headers is not None:
            headers = UploadHeaders.from_dict(headers)

        else:
            headers = UploadHeaders()
        decoded = cls.__new__(cls)  # without __init__: less time on pages of thousands of items
        decoded.url = url
        decoded.headers = headers
        is_known = _FIELDS.issuperset(src_dict)
        decoded.additional_properties = (
            {} if is_known else {key: value for key, value in src_dict.items() if key not in _FIELDS}
        )
        return decoded
