# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from enum import StrEnum


class KnownTraceExportStatus(StrEnum):
    """How far an export can be, as far as this version of the document knows."""

    FAILED = "failed"
    PENDING = "pending"
    READY = "ready"

    def __str__(self) -> str:
        return str(self.value)
