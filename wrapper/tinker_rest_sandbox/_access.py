"""Finds the objects of a request, and refuses what the caller may not read or change."""

import hmac
import re
import sqlite3

from tinker_rest_sandbox._calls import Backend, Call
from tinker_rest_sandbox._representations import TYPES_BY_KIND
from tinker_rest_sandbox._responses import ApiError

WEIGHTS_ACCESS_TOKEN_HEADER = "X-Tinker-Weights-Access-Token"  # noqa: S105 - the name of a header

ADDRESS = re.compile(rf"tinker://(?P<run_id>[^/]+)/(?P<kind>{'|'.join(TYPES_BY_KIND)})/(?P<name>[^/]+)", re.DOTALL)


def readable_run(backend: Backend, call: Call) -> sqlite3.Row:
    """The run in the path: the caller's own, or one with public checkpoints."""
    run_id = call.path["training_run_id"]
    row = backend.store.run(run_id)
    if row is None or (row["owner"] != call.caller and not backend.store.checkpoints_of_run(run_id, call.caller)):
        raise ApiError(404, f"Training run {run_id} was not found.")
    return row


def readable_checkpoint(backend: Backend, call: Call) -> sqlite3.Row:
    """The checkpoint in the path: the caller's own, or a public one."""
    run_id = call.path["training_run_id"]
    if "checkpoint_kind" in call.path:
        kind, name = call.path["checkpoint_kind"], call.path["checkpoint_name"]
        asked = f"{kind}/{name}"
        row = backend.store.checkpoint(run_id, kind, name)
    else:
        asked = call.path["checkpoint_id"]
        row = backend.store.checkpoint_by_bare_id(run_id, asked)
    if row is None or not may_read(row, call):
        raise ApiError(404, f"Checkpoint {asked} was not found in training run {run_id}.")
    return row


def own_checkpoint(backend: Backend, call: Call) -> sqlite3.Row:
    """The checkpoint in the path, which the caller must own."""
    row = readable_checkpoint(backend, call)
    if row["owner"] != call.caller:
        raise ApiError(403, "Only the owner of the training run may do this.")
    return row


def readable_external_weights(backend: Backend, call: Call) -> tuple[sqlite3.Row, sqlite3.Row]:
    """The external weights in the path, the caller's own or public ones, and their run."""
    run_id, name = call.path["training_run_id"], call.path["checkpoint_name"]
    row = backend.store.checkpoint(run_id, "external_weights", name)
    run = backend.store.run(run_id)
    if row is None or run is None or not may_read(row, call):
        raise ApiError(404, f"Checkpoint external_weights/{name} was not found in training run {run_id}.")
    return row, run


def checkpoint_of_address(backend: Backend, address: str, field: str) -> tuple[sqlite3.Row, sqlite3.Row]:
    """The checkpoint of a tinker path, of any user, and its run; `field` is for the message."""
    parts = ADDRESS.fullmatch(address)
    if parts is None:
        raise ApiError(400, f"{field} must be of the form tinker://{{training_run_id}}/{{kind}}/{{name}}.")
    row = backend.store.checkpoint(parts["run_id"], parts["kind"], parts["name"])
    run = backend.store.run(parts["run_id"])
    if row is None or run is None:
        raise no_checkpoint(address)
    return row, run


def no_checkpoint(address: str) -> ApiError:
    """The error for a checkpoint that does not exist or is hidden from the caller."""
    return ApiError(404, f"Checkpoint {address} was not found.")


def has_weights_access_token(backend: Backend, call: Call) -> bool:
    """Whether the request has the token that allows reading all weights."""
    token = call.headers.get(WEIGHTS_ACCESS_TOKEN_HEADER, "")
    return hmac.compare_digest(token.encode(), backend.weights_access_token.encode())


def find_session(backend: Backend, session_id: str, caller: str, *, accessible: bool = False) -> sqlite3.Row:
    """A session that the caller owns or, if `accessible`, may read."""
    row = backend.store.session(session_id, caller, accessible=accessible)
    if row is None:
        raise ApiError(404, f"Session {session_id} was not found.")
    return row


def may_read(checkpoint: sqlite3.Row, call: Call) -> bool:
    """Whether a checkpoint is the caller's own, or public."""
    return bool(checkpoint["owner"] == call.caller or checkpoint["public"])


def may_read_sampler(backend: Backend, call: Call, sampler: sqlite3.Row) -> bool:
    """Whether a sampler is the caller's own, or serves a public checkpoint."""
    if sampler["owner"] == call.caller:
        return True
    run_id, _, checkpoint_id = (sampler["model_path"] or "").removeprefix("tinker://").partition("/")
    kind, _, name = checkpoint_id.partition("/")
    served = backend.store.checkpoint(run_id, kind, name)
    return served is not None and may_read(served, call)
