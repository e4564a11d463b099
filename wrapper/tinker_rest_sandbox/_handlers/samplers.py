"""Samplers, which serve models."""

from starlette.responses import Response

from tinker_rest_sandbox import _representations as representations
from tinker_rest_sandbox._access import may_read_sampler
from tinker_rest_sandbox._calls import Backend, Call
from tinker_rest_sandbox._responses import ApiError, json_response


def get_sampler(backend: Backend, call: Call) -> Response:
    """A sampler's model."""
    sampler_id = call.path["sampler_id"]
    row = backend.store.sampler(sampler_id)
    if row is None or not may_read_sampler(backend, call, row):
        raise ApiError(404, f"Sampler {sampler_id} was not found.")
    return json_response(200, representations.sampler(row))
