# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from .._model import JsonStrings


class FileUrls(JsonStrings):
    """A signed URL for each file, keyed by the file's path within the checkpoint."""
