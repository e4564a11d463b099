"""What each operation does: one function for each operationId of openapi.yaml, of the same name."""

from __future__ import annotations

import re
import sqlite3
from datetime import timedelta
from typing import Any

from . import representations
from .access import may_read, may_read_sampler, own_checkpoint, readable_checkpoint, readable_run
from .answers import Answer, Refusal, json_answer
from .calls import Backend, Call
from .clock import to_microseconds

DONE = Answer(204)

_TINKER_PATH = re.compile(
    rf"tinker://(?P<run_id>[^/]+)/(?P<kind>{'|'.join(representations.TYPES_BY_KIND)})/(?P<name>[^/]+)",
    re.DOTALL,
)

# Training runs


def list_training_runs(backend: Backend, call: Call) -> Answer:
    """One page of the caller's runs, or of those the caller may read."""
    limit, offset = call.page
    rows = backend.store.page_of_runs(call.caller, limit, offset, accessible=call.accessible)
    total = backend.store.count_runs(call.caller, accessible=call.accessible)
    runs = [_training_run(backend, call, row) for row in rows]
    return json_answer(200, {"training_runs": runs, "cursor": _cursor(limit, offset, total)})


def get_training_run(backend: Backend, call: Call) -> Answer:
    """One run."""
    row = readable_run(backend, call)
    if row["owner"] != call.caller and not call.accessible:
        raise Refusal(404, f"Training run {row['run_id']} was not found.")
    return json_answer(200, _training_run(backend, call, row))


def list_checkpoints(backend: Backend, call: Call) -> Answer:
    """All checkpoints of a run that the caller may read."""
    row = readable_run(backend, call)
    rows = backend.store.checkpoints_of_run(row["run_id"], call.caller)
    checkpoints = [representations.checkpoint(row) for row in rows]
    return json_answer(200, {"checkpoints": checkpoints, "cursor": None})


# Checkpoints


def list_user_checkpoints(backend: Backend, call: Call) -> Answer:
    """One page of the caller's checkpoints."""
    limit, offset = call.page
    rows = backend.store.page_of_checkpoints(call.caller, limit, offset)
    total = backend.store.count_checkpoints(call.caller)
    checkpoints = [representations.checkpoint(row) for row in rows]
    return json_answer(200, {"checkpoints": checkpoints, "cursor": _cursor(limit, offset, total)})


def get_checkpoint_archive_url(backend: Backend, call: Call) -> Answer:
    """A redirect to the archive, once it is built."""
    row = readable_checkpoint(backend, call)
    location, expires = backend.archives.sign(row)
    return Answer(302, b"", (("Location", location), ("Expires", expires), ("Cache-Control", "no-store")))


def delete_checkpoint(backend: Backend, call: Call) -> Answer:
    """Delete a checkpoint."""
    backend.store.delete_checkpoint(own_checkpoint(backend, call))
    return DONE


def publish_checkpoint(backend: Backend, call: Call) -> Answer:
    """Make a checkpoint public."""
    row = own_checkpoint(backend, call)
    if row["public"]:
        raise Refusal(409, f"Checkpoint {representations.checkpoint_id(row)} is already public.")
    backend.store.set_public(row, True)
    return DONE


def unpublish_checkpoint(backend: Backend, call: Call) -> Answer:
    """Make a checkpoint private."""
    row = own_checkpoint(backend, call)
    if not row["public"]:
        raise Refusal(409, f"Checkpoint {representations.checkpoint_id(row)} is already private.")
    backend.store.set_public(row, False)
    return DONE


def set_checkpoint_ttl(backend: Backend, call: Call) -> Answer:
    """Set or remove the time at which a checkpoint expires."""
    row = own_checkpoint(backend, call)
    seconds = call.body["ttl_seconds"]
    expires = None
    if seconds is not None:
        expires = to_microseconds(backend.clock.now() + timedelta(seconds=int(seconds)))
    backend.store.set_expiry(row, expires)
    return DONE


def get_weights_info_by_tinker_path(backend: Backend, call: Call) -> Answer:
    """What weights were trained from."""
    path = call.body["tinker_path"]
    parts = _TINKER_PATH.fullmatch(path)
    if parts is None:
        raise Refusal(400, "tinker_path must be of the form tinker://{training_run_id}/{kind}/{name}.")
    row = backend.store.checkpoint(parts["run_id"], parts["kind"], parts["name"])
    run = backend.store.run(parts["run_id"])
    if run is None or row is None or not may_read(row, call):
        raise Refusal(404, f"Checkpoint {path} was not found.")
    return json_answer(200, representations.weights_info(run))


# Sessions and samplers


def list_sessions(backend: Backend, call: Call) -> Answer:
    """One page of the ids of sessions."""
    limit, offset = call.page
    ids = backend.store.page_of_sessions(call.caller, limit, offset, accessible=call.accessible)
    return json_answer(200, {"sessions": ids})


def get_session(backend: Backend, call: Call) -> Answer:
    """What belongs to a session, as far as the caller may read it."""
    session_id = call.path["session_id"]
    row = backend.store.session(session_id, call.caller, accessible=call.accessible)
    if row is None:
        raise Refusal(404, f"Session {session_id} was not found.")
    samplers = backend.store.samplers_of_session(session_id)
    return json_answer(
        200,
        {
            "training_run_ids": backend.store.runs_of_session(session_id, call.caller),
            "sampler_ids": [s["sampler_id"] for s in samplers if may_read_sampler(backend, call, s)],
            "user_metadata": representations.metadata(row),
            "display_name": row["display_name"],
        },
    )


def get_sampler(backend: Backend, call: Call) -> Answer:
    """What a sampler serves."""
    sampler_id = call.path["sampler_id"]
    row = backend.store.sampler(sampler_id)
    if row is None or not may_read_sampler(backend, call, row):
        raise Refusal(404, f"Sampler {sampler_id} was not found.")
    return json_answer(200, representations.sampler(row))


# access.readable_checkpoint finds a checkpoint by either form of its id, so both forms share a function.

get_checkpoint_archive_url_by_bare_id = get_checkpoint_archive_url
delete_checkpoint_by_bare_id = delete_checkpoint
publish_checkpoint_by_bare_id = publish_checkpoint
unpublish_checkpoint_by_bare_id = unpublish_checkpoint
set_checkpoint_ttl_by_bare_id = set_checkpoint_ttl


def _cursor(limit: int, offset: int, total: int) -> dict[str, int]:
    return {"offset": offset, "limit": limit, "total_count": total}


def _training_run(backend: Backend, call: Call, row: sqlite3.Row) -> dict[str, Any]:
    newest = [
        backend.store.newest_checkpoint(row["run_id"], kind, call.caller)
        for kind in ("weights", "sampler_weights")
    ]
    return representations.training_run(row, *newest)
