# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from .._model import JsonStrings


class MetadataFilter(JsonStrings):
    """Keys and values that must all be in the metadata."""
