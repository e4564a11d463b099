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
)
from ..models.file_urls import FileUrls

_FIELDS = frozenset(
    (
        "urls",
        "expires",
    )
)


@define(kw_only=True)
class ExternalWeightsUrlsResponse(Model):
    """Where to download the files of external weights.

    Attributes:
        urls: A signed URL for each file, keyed by the file's path within the checkpoint.
        expires: When the URLs expire, in UTC.
        additional_properties: Fields that a newer server sent and this version does not know.
    """

    field_order: ClassVar = (
        "urls",
        "expires",
    )

    urls: dict[str, str] = field(repr=False)
    """A signed URL for each file, keyed by the file's path within the checkpoint."""
    expires: datetime.datetime
    """When the URLs expire, in UTC."""
    additional_properties: dict[str, Any] = field(init=False, factory=dict, repr=False)
    """Fields that a newer server sent and this version does not know."""

    __hash__ = Model.__hash__  # which attrs leaves out of classes that compare

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values. What is None and not required is left out."""
        fields = dict(self.additional_properties)
        fields["urls"] = plain_json(self.urls)
        fields["expires"] = rfc3339(self.expires)
        return fields

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField, with the field's name, if it is not as described."""
        if src_dict.__class__ is not dict:
            raise InvalidField("ExternalWeightsUrlsResponse", None, "an object", src_dict)
        get = src_dict.get
        urls: Any = get("urls")
        if urls is None:
            raise InvalidField("ExternalWeightsUrlsResponse", "urls", "present", None)
        urls = FileUrls.from_dict(urls)

        expires: Any = get("expires")
        expires = utc_datetime("ExternalWeightsUrlsResponse", "expires", expires)

        decoded = cls.__new__(cls)  # without __init__: less time on pages of thousands of items
        decoded.urls = urls
        decoded.expires = expires
        is_known = _FIELDS.issuperset(src_dict)
        decoded.additional_properties = (
            {} if is_known else {key: value for key, value in src_dict.items() if key not in _FIELDS}
        )
        return decoded
