# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from enum import StrEnum


class KnownCredentialSource(StrEnum):
    """The credential sources that this version of the document lists."""

    API_KEY = "api_key"
    CREDENTIAL_CMD = "credential_cmd"

    def __str__(self) -> str:
        return str(self.value)

    def __repr__(self) -> str:
        return repr(self.value)
