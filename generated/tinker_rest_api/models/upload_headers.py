# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from .._model import JsonStrings


class UploadHeaders(JsonStrings):
    """The values of headers, keyed by name."""
