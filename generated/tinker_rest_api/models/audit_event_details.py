# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from typing import Any

from .._model import JsonObject


class AuditEventDetails(JsonObject[Any]):
    """Who did it, what it affected and other details of the event."""
