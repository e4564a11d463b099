# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from typing import Any

from .._model import JsonObject


class AuthTokenRequest(JsonObject[Any]):
    """An empty object, since the credential is in the header."""
