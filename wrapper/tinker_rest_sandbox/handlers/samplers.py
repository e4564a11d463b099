"""What serves models."""

from __future__ import annotations

from .. import representations
from ..access import may_read_sampler
from ..answers import Answer, Refusal, json_answer
from ..calls import Backend, Call


def get_sampler(backend: Backend, call: Call) -> Answer:
    """What a sampler serves."""
    sampler_id = call.path["sampler_id"]
    row = backend.store.sampler(sampler_id)
    if row is None or not may_read_sampler(backend, call, row):
        raise Refusal(404, f"Sampler {sampler_id} was not found.")
    return json_answer(200, representations.sampler(row))
