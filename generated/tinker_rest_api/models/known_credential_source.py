# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from .._model import TextEnum


class KnownCredentialSource(TextEnum):
    """The credential sources that this version of the document lists."""

    API_KEY = "api_key"
    CREDENTIAL_CMD = "credential_cmd"
