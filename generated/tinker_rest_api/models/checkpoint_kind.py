# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from .._model import TextEnum


class CheckpointKind(TextEnum):
    """The first part of a checkpoint ID. `weights`: the full state, for resuming training.
    `sampler_weights`: what sampling needs. `external_weights`: weights that were exported or uploaded."""

    EXTERNAL_WEIGHTS = "external_weights"
    SAMPLER_WEIGHTS = "sampler_weights"
    WEIGHTS = "weights"
