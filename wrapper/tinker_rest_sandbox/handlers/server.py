"""What the server supports."""

from __future__ import annotations

from ..answers import Answer, json_answer
from ..calls import Backend, Call
from ..models import MODELS


def get_server_capabilities(_backend: Backend, _call: Call) -> Answer:
    """The models."""
    models = [
        {
            "model_name": name,
            "max_context_length": model.max_context_length,
            "trainable": model.trainable,
            "sampleable": True,
        }
        for name, model in MODELS.items()
    ]
    return json_answer(200, {"supported_models": models})
