"""Finds what a request is about, and refuses what the caller may not read or change."""

from __future__ import annotations

import sqlite3

from .answers import Refusal
from .calls import Backend, Call


def _no_run(run_id: str) -> Refusal:
    return Refusal(404, f"Training run {run_id} was not found.")


def readable_run(backend: Backend, call: Call) -> sqlite3.Row:
    """The run of the path: the caller's own, or one with public checkpoints."""
    run_id = call.path["training_run_id"]
    row = backend.store.run(run_id)
    if row is None:
        raise _no_run(run_id)
    if row["owner"] != call.caller and not backend.store.checkpoints_of_run(run_id, call.caller):
        raise _no_run(run_id)
    return row


def readable_checkpoint(backend: Backend, call: Call) -> sqlite3.Row:
    """The checkpoint of the path: the caller's own, or a public one."""
    run_id = call.path["training_run_id"]
    if "checkpoint_kind" in call.path:
        kind, name = call.path["checkpoint_kind"], call.path["checkpoint_name"]
        asked = f"{kind}/{name}"
        row = backend.store.checkpoint(run_id, kind, name)
    else:
        asked = call.path["checkpoint_id"]
        row = backend.store.checkpoint_by_bare_id(run_id, asked)
    if row is None or not may_read(row, call):
        raise Refusal(404, f"Checkpoint {asked} was not found in training run {run_id}.")
    return row


def own_checkpoint(backend: Backend, call: Call) -> sqlite3.Row:
    """The checkpoint of the path, which the caller must own."""
    row = readable_checkpoint(backend, call)
    if row["owner"] != call.caller:
        raise Refusal(403, "Only the owner of the training run may do this.")
    return row


def may_read(checkpoint: sqlite3.Row, call: Call) -> bool:
    """Whether a checkpoint is the caller's own, or public."""
    return bool(checkpoint["owner"] == call.caller or checkpoint["public"])


def may_read_sampler(backend: Backend, call: Call, sampler: sqlite3.Row) -> bool:
    """A sampler of somebody else may be read where it serves a public checkpoint."""
    if sampler["owner"] == call.caller:
        return True
    run_id, _, checkpoint_id = (sampler["model_path"] or "").removeprefix("tinker://").partition("/")
    kind, _, name = checkpoint_id.partition("/")
    served = backend.store.checkpoint(run_id, kind, name)
    return served is not None and may_read(served, call)
