# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from .._model import TextEnum


class KnownTraceExportStatus(TextEnum):
    """The export statuses that this version of the document lists."""

    FAILED = "failed"
    PENDING = "pending"
    READY = "ready"
