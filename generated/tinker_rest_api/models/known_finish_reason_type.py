# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from enum import StrEnum


class KnownFinishReasonType(StrEnum):
    """The finish reasons that this version of the document lists."""

    ERRORED = "errored"
    INTERRUPTED = "interrupted"
    SUCCESS = "success"

    def __str__(self) -> str:
        return str(self.value)

    def __repr__(self) -> str:
        return repr(self.value)
