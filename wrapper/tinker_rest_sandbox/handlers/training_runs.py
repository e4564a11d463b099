"""Fine-tuning runs."""

from __future__ import annotations

import sqlite3
from typing import Any

from .. import representations
from ..access import readable_run
from ..answers import Answer, Refusal, json_answer, page_cursor
from ..calls import Backend, Call


def list_training_runs(backend: Backend, call: Call) -> Answer:
    """One page of the caller's runs, or of those the caller may read; of one project or of all."""
    limit, offset = call.page
    project_id = call.query.get("project_id")
    rows = backend.store.page_of_runs(
        call.caller, limit, offset, accessible=call.accessible, project_id=project_id
    )
    total = backend.store.count_runs(call.caller, accessible=call.accessible, project_id=project_id)
    runs = [_training_run(backend, call, row) for row in rows]
    return json_answer(200, {"training_runs": runs, "cursor": page_cursor(limit, offset, total)})


def get_training_run(backend: Backend, call: Call) -> Answer:
    """One run."""
    row = readable_run(backend, call)
    if row["owner"] != call.caller and not call.accessible:
        raise Refusal(404, f"Training run {row['run_id']} was not found.")
    return json_answer(200, _training_run(backend, call, row))


def _training_run(backend: Backend, call: Call, row: sqlite3.Row) -> dict[str, Any]:
    newest = [
        backend.store.newest_checkpoint(row["run_id"], kind, call.caller)
        for kind in ("weights", "sampler_weights")
    ]
    return representations.training_run(row, *newest)
