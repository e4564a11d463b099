# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from typing import Any

from .._model import JsonObject
from ..models.upload_url import UploadUrl


class UploadUrls(JsonObject[UploadUrl]):
    """Where to upload each file, keyed by the file's path within the checkpoint."""

    @classmethod
    def read_value(cls, key: str, value: Any) -> UploadUrl:
        """Read one value, an object."""
        return UploadUrl.from_dict(value)
