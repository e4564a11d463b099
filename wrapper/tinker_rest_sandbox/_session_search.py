"""Searches sessions."""

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

from tinker_rest_sandbox._calls import Backend
from tinker_rest_sandbox._clock import from_microseconds, to_microseconds
from tinker_rest_sandbox._organization import Organization
from tinker_rest_sandbox._representations import metadata, parsed_time, time_text
from tinker_rest_sandbox._responses import ApiError
from tinker_rest_sandbox._store import READABLE_SESSION

DEFAULT_LIMIT = 50

_READABLE_CHECKPOINTS = """
    FROM checkpoints c JOIN runs ON runs.run_id = c.run_id
    WHERE runs.session_id = sessions.session_id AND (c.owner = :caller OR c.public = 1)
"""

# The query returns sessions in the order of the response. Python filters them, since SQLite compares letters
# without case only in ASCII.
_QUERY = f"""
    SELECT *,
        (SELECT COUNT(*) {_READABLE_CHECKPOINTS}) AS checkpoints_count,
        (SELECT SUM(c.size_bytes) {_READABLE_CHECKPOINTS}) AS checkpoint_storage_bytes
    FROM sessions
    WHERE project_id IS NOT NULL AND {READABLE_SESSION} AND (created, session_id) < (:created, :session_id)
    ORDER BY created DESC, session_id DESC
"""  # noqa: S608 - own texts

_Condition = Callable[[sqlite3.Row], bool]


def search(backend: Backend, caller: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """A `SessionSearchResponse`: one page of the sessions that the caller may read and that match."""
    conditions = list(_conditions(backend.organization, caller, request))
    limit = int(request.get("limit", DEFAULT_LIMIT))
    rows = backend.store.rows(_QUERY, {"caller": caller, **_place(request.get("cursor"))})
    matching = (row for row in rows if all(condition(row) for condition in conditions))
    page = list(islice(matching, limit))
    has_more = next(matching, None) is not None
    return {
        "sessions": [_summary(backend.organization, row) for row in page],
        "next_cursor": _cursor(page[-1]) if has_more else None,
    }


def _conditions(organization: Organization, caller: str, request: Mapping[str, Any]) -> Iterator[_Condition]:
    owner = request.get("owner") or {"type": "own"}
    if owner["type"] != "accessible":
        urns = owner.get("owner_urns", ())
        owners = {caller} if owner["type"] == "own" else {organization.owners_by_urn.get(urn) for urn in urns}
        yield lambda row: row["owner"] in owners
    if request.get("session_id") is not None or request.get("display_name") is not None:
        yield _named(request.get("session_id"), request.get("display_name"))
    project_ids = request.get("project_ids")
    if project_ids is not None:
        for project_id in project_ids:
            if project_id not in organization.projects:
                raise ApiError(403, f"Project {project_id} may not be listed.")
        yield lambda row: row["project_id"] in project_ids
    wanted = request.get("user_metadata")
    if wanted:
        yield lambda row: wanted.items() <= (metadata(row) or {}).items()
    statuses = request.get("statuses")
    if statuses is not None:
        yield lambda row: any(_has_status(_status(row), query) for query in statuses)


def _named(session_id: str | None, display_name: str | None) -> _Condition:
    words = None if display_name is None else display_name.casefold().split()

    def matches(row: sqlite3.Row) -> bool:
        if row["session_id"] == session_id:
            return True
        name = row["display_name"]
        return words is not None and name is not None and all(word in name.casefold() for word in words)

    return matches


def _has_status(status: Mapping[str, Any] | None, query: Mapping[str, Any]) -> bool:
    if status is None or status["type"] != query["type"]:
        return False
    return "reasons" not in query or status["reason"]["type"] in query["reasons"]


def _status(row: sqlite3.Row) -> Any:
    return None if row["status"] is None else json.loads(row["status"])


def _summary(organization: Organization, row: sqlite3.Row) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("session_id", "project_id", "checkpoints_count", "display_name")},
        "created_at": time_text(from_microseconds(row["created"])),
        "owner": organization.users[row["owner"]].urn,
        "status": _status(row),
        "user_metadata": metadata(row),
        "checkpoint_storage_bytes": row["checkpoint_storage_bytes"] or 0,
    }


def _cursor(row: sqlite3.Row) -> dict[str, str]:
    created = time_text(from_microseconds(row["created"]))
    return {"last_created_at": created, "last_session_id": row["session_id"]}


def _place(cursor: Mapping[str, str] | None) -> dict[str, Any]:
    if cursor is None:
        return {"created": 2**63 - 1, "session_id": ""}
    created = to_microseconds(parsed_time(cursor["last_created_at"], "last_created_at"))
    return {"created": created, "session_id": cursor["last_session_id"]}
