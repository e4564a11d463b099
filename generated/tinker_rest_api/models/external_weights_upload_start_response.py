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
from ..models.upload_urls import UploadUrls

_FIELDS = frozenset(
    (
        "upload_id",
        "urls",
        "expires",
    )
)


@define(kw_only=True)
class ExternalWeightsUploadStartResponse(Model):
    """Where to upload the files of external weights.

    Attributes:
        upload_id: The ID of the upload, for `external_weights_upload_finish`.
        urls: Where to upload each file, keyed by the file's path within the checkpoint.
        expires: When the URLs expire, in UTC.
        additional_properties: Fields that a newer server sent and this version does not know.
    """

    field_order: ClassVar = (
        "upload_id",
        "urls",
        "expires",
    )

    upload_id: str
    """The ID of the upload, for `external_weights_upload_finish`."""
    urls: UploadUrls
    """Where to upload each file, keyed by the file's path within the checkpoint."""
    expires: datetime.datetime
    """When the URLs expire, in UTC."""
    additional_properties: dict[str, Any] = field(init=False, factory=dict, repr=False)
    """Fields that a newer server sent and this version does not know."""

    __hash__ = Model.__hash__  # which attrs leaves out of classes that compare

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values. What is None and not required is left out."""
        fields = dict(self.additional_properties)
        fields["upload_id"] = self.upload_id
        fields["urls"] = plain_json(self.urls)
        fields["expires"] = rfc3339(self.expires)
        return fields

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField, with the field's name, if it is not as described."""
        if src_dict.__class__ is not dict:
            raise InvalidField("ExternalWeightsUploadStartResponse", None, "an object", src_dict)
        get = src_dict.get
        upload_id: Any = get("upload_id")
        if upload_id.__class__ is not str:
            raise InvalidField("ExternalWeightsUploadStartResponse", "upload_id", "a string", upload_id)

        urls: Any = get("urls")
        if urls is None:
            raise InvalidField("ExternalWeightsUploadStartResponse", "urls", "present", None)
        urls = UploadUrls.from_dict(urls)

        expires: Any = get("expires")
        expires = utc_datetime("ExternalWeightsUploadStartResponse", "expires", expires)

        decoded = cls.__new__(cls)  # without __init__: less time on pages of thousands of items
        decoded.upload_id = upload_id
        decoded.urls = urls
        decoded.expires = expires
        is_known = _FIELDS.issuperset(src_dict)
        decoded.additional_properties = (
            {} if is_known else {key: value for key, value in src_dict.items() if key not in _FIELDS}
        )
        return decoded
