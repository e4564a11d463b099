# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from typing import Any

from .._model import JsonObject


class UserMetadata(JsonObject[Any]):
    """Metadata that the user attached to a run, session or checkpoint, with any keys and values."""
