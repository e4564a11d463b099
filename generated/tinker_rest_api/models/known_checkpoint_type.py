# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from enum import StrEnum


class KnownCheckpointType(StrEnum):
    """The checkpoint types that this version of the document lists."""

    EXTERNAL = "external"
    SAMPLER = "sampler"
    TRAINING = "training"

    def __str__(self) -> str:
        return str(self.value)

    def __repr__(self) -> str:
        return repr(self.value)
