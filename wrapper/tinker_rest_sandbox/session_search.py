"""Searches sessions."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

from .answers import Refusal
from .calls import Backend
from .clock import from_microseconds, to_microseconds
from .organization import Organization
from .representations import metadata, parsed_time, time_text
from .store import READABLE_SESSION

DEFAULT_LIMIT = 50

_READABLE_CHECKPOINTS = """
    FROM checkpoints c JOIN runs ON runs.run_id = c.run_id
    WHERE runs.session_id = sessions.session_id AND (c.owner = :caller OR c.public = 1)
"""

# The query goes through the sessions in the order of the answer; what fits is told by Python, since SQLite knows
# small and capital letters only of ASCII.
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
    """One page of the sessions that the caller may read and that fit, a `SessionSearchResponse`.

    Args:
        backend: The sandbox's state.
        caller: The user who asks.
        request: A valid `SessionSearchRequest`.

    Raises:
        Refusal: If a project is unknown (403) or the cursor cannot be read (400).
    """
    conditions = _conditions(backend.organization, caller, request)
    limit = int(request.get("limit", DEFAULT_LIMIT))
    rows = backend.store.rows(_QUERY, {"caller": caller, **_place(request.get("cursor"))})
    fitting = (row for row in rows if all(condition(row) for condition in conditions))
    page = list(islice(fitting, limit))
    more = next(fitting, None) is not None
    return {
        "sessions": [_summary(backend.organization, row) for row in page],
        "next_cursor": _cursor(page[-1]) if more else None,
    }


def _conditions(organization: Organization, caller: str, request: Mapping[str, Any]) -> list[_Condition]:
    conditions: list[_Condition] = [_owned(organization, caller, request.get("owner") or {"type": "own"})]
    names: list[_Condition] = []
    if request.get("session_id") is not None:
        names.append(lambda row: bool(row["session_id"] == request["session_id"]))
    if request.get("display_name") is not None:
        names.append(_named(request["display_name"]))
    if names:
        conditions.append(lambda row: any(name(row) for name in names))
    if request.get("project_ids") is not None:
        conditions.append(_within(organization, request["project_ids"]))
    if request.get("user_metadata"):
        conditions.append(_holding(request["user_metadata"]))
    if request.get("statuses") is not None:
        conditions.append(_in_status(request["statuses"]))
    return conditions


def _owned(organization: Organization, caller: str, owner: Mapping[str, Any]) -> _Condition:
    if owner["type"] == "accessible":
        return lambda _: True
    owners = (
        {caller}
        if owner["type"] == "own"
        else {organization.owners_by_urn.get(urn) for urn in owner["owner_urns"]}
    )
    return lambda row: row["owner"] in owners


def _named(display_name: str) -> _Condition:
    words = display_name.casefold().split()

    def fits(row: sqlite3.Row) -> bool:
        name = row["display_name"]
        return name is not None and all(word in name.casefold() for word in words)

    return fits


def _within(organization: Organization, project_ids: list[str]) -> _Condition:
    for project_id in project_ids:
        if project_id not in organization.projects:
            raise Refusal(403, f"Project {project_id} may not be listed.")
    return lambda row: row["project_id"] in project_ids


def _holding(wanted: Mapping[str, str]) -> _Condition:
    return lambda row: wanted.items() <= (metadata(row) or {}).items()


def _in_status(queries: list[Mapping[str, Any]]) -> _Condition:
    def fits(row: sqlite3.Row) -> bool:
        status = _status(row)
        return status is not None and any(_is_status(status, query) for query in queries)

    return fits


def _is_status(status: Mapping[str, Any], query: Mapping[str, Any]) -> bool:
    if status["type"] != query["type"]:
        return False
    return "reasons" not in query or status["reason"]["type"] in query["reasons"]


def _status(row: sqlite3.Row) -> Any:
    return None if row["status"] is None else json.loads(row["status"])


def _summary(organization: Organization, row: sqlite3.Row) -> dict[str, Any]:
    return {
        "session_id": row["session_id"],
        "created_at": time_text(from_microseconds(row["created"])),
        "owner": organization.users[row["owner"]].urn,
        "project_id": row["project_id"],
        "status": _status(row),
        "checkpoints_count": row["checkpoints_count"],
        "display_name": row["display_name"],
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
