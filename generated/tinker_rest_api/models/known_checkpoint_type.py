# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from .._model import TextEnum


class KnownCheckpointType(TextEnum):
    """The checkpoint types that this version of the document lists."""

    EXTERNAL = "external"
    SAMPLER = "sampler"
    TRAINING = "training"
