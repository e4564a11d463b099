# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from enum import StrEnum


class KnownFailureCategory(StrEnum):
    """The failure categories that this version of the document lists."""

    INTERNAL = "internal"
    USER = "user"

    def __str__(self) -> str:
        return str(self.value)

    def __repr__(self) -> str:
        return repr(self.value)
