# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from typing import Any

from .._model import JsonObject
from ..models.billing_usage_session import BillingUsageSession


class BillingUsageSessions(JsonObject[BillingUsageSession]):
    """Sessions, keyed by ID."""

    @classmethod
    def read_value(cls, key: str, value: Any) -> BillingUsageSession:
        """Read one value, an object."""
        return BillingUsageSession.from_dict(value)
