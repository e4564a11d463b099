"""What the server supports."""

from attrs import asdict, filters
from starlette.responses import Response

from tinker_rest_sandbox._calls import Backend, Call
from tinker_rest_sandbox._models import MODELS
from tinker_rest_sandbox._responses import json_response


def get_server_capabilities(_backend: Backend, _call: Call) -> Response:
    """The models."""
    models = [
        {"model_name": name, "sampleable": True, **asdict(model, filter=filters.exclude("usd_per_million_tokens"))}
        for name, model in MODELS.items()
    ]
    return json_response(200, {"supported_models": models})
