"""Fine-tuning runs."""

import sqlite3
from typing import Any

from starlette.responses import Response

from tinker_rest_sandbox import _representations as representations
from tinker_rest_sandbox._access import readable_run
from tinker_rest_sandbox._calls import Backend, Call
from tinker_rest_sandbox._responses import ApiError, json_response, page_cursor


def list_training_runs(backend: Backend, call: Call) -> Response:
    """One page of the runs that the caller owns or may read, of one project or of all."""
    project_id = call.query.get("project_id")
    rows, total = backend.store.page_of_runs(
        call.caller, call.page, accessible=call.accessible, project_id=project_id
    )
    runs = [_training_run(backend, call, row) for row in rows]
    return json_response(200, {"training_runs": runs, "cursor": page_cursor(call.page, total)})


def get_training_run(backend: Backend, call: Call) -> Response:
    """One run."""
    row = readable_run(backend, call)
    if row["owner"] != call.caller and not call.accessible:
        raise ApiError(404, f"Training run {row['run_id']} was not found.")
    return json_response(200, _training_run(backend, call, row))


def _training_run(backend: Backend, call: Call, row: sqlite3.Row) -> dict[str, Any]:
    newest = [
        backend.store.newest_checkpoint(row["run_id"], kind, call.caller)
        for kind in ("weights", "sampler_weights")
    ]
    return representations.training_run(row, *newest)
