"""The audit log: what happened to checkpoints and projects, and who did it."""

import json
import sqlite3
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from tinker_rest_sandbox._calls import Backend, Call
from tinker_rest_sandbox._clock import MICROSECOND, from_microseconds, to_microseconds
from tinker_rest_sandbox._representations import time_text, tinker_path

Row = dict[str, Any]

# The reference has these outside of `event_details` too.
_DOUBLED = ("model_id", "tinker_path", "purpose")


def record_checkpoint_event(backend: Backend, call: Call, action: str, row: sqlite3.Row, **details: Any) -> None:
    """Add an entry for an action on a checkpoint, such as `published`."""
    about = {"model_id": row["run_id"], "tinker_path": tinker_path(row), **details}
    _record(backend, call, "checkpoints", f"checkpoint_{action}", about)


def record_project_of_session(backend: Backend, call: Call, session_id: str, project_id: str) -> None:
    """Add an entry for a session that was moved into a project."""
    about = {"session_id": session_id, "project_id": project_id}
    _record(backend, call, "projects", "session_project_assigned", about)


def entry_row(happened: int, actor_urn: str, event_type: str, event: str, details: Row) -> Row:
    """An entry as a row of its table; `happened` is in microseconds since 1970."""
    details = {"actor": actor_urn, **details}
    return {"happened": happened, "event_type": event_type, "event": event, "details": details}


def log_of_day(backend: Backend, event_type: str, day: date) -> dict[str, Any]:
    """An `AuditLogResponse` for a day in UTC and an `AuditEventType`, or `all`."""
    midnight = to_microseconds(datetime.combine(day, time(), UTC))
    rows = backend.store.rows(
        "SELECT * FROM audit WHERE happened >= :midnight AND happened < :end"
        " AND :event_type IN ('all', event_type) ORDER BY happened, number",
        {"midnight": midnight, "end": midnight + timedelta(days=1) // MICROSECOND, "event_type": event_type},
    )
    return {"entries": [_entry(row) for row in rows]}


def _entry(row: sqlite3.Row) -> dict[str, Any]:
    details = json.loads(row["details"])
    return {
        "timestamp": time_text(from_microseconds(row["happened"])),
        "event": row["event"],
        "event_details": details,
        **{name: details.get(name) if row["event_type"] == "checkpoints" else None for name in _DOUBLED},
    }


def _record(backend: Backend, call: Call, event_type: str, event: str, details: dict[str, Any]) -> None:
    happened = to_microseconds(backend.clock.now())
    actor_urn = backend.organization.users[call.caller].urn
    backend.store.insert("audit", [entry_row(happened, actor_urn, event_type, event, details)])
