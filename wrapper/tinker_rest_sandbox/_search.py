"""Searches sessions and checkpoints."""

import json
import sqlite3
import uuid
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

from tinker_rest_sandbox._calls import Backend
from tinker_rest_sandbox._clock import from_microseconds, to_microseconds
from tinker_rest_sandbox._organization import Organization
from tinker_rest_sandbox._representations import TYPES_BY_KIND, checkpoint, metadata, parsed_time, time_text
from tinker_rest_sandbox._responses import ApiError
from tinker_rest_sandbox._store import READABLE_SESSION

DEFAULT_LIMIT = 50

_READABLE_CHECKPOINTS = """
    FROM checkpoints c JOIN runs ON runs.run_id = c.run_id
    WHERE runs.session_id = sessions.session_id AND (c.owner = :caller OR c.public = 1)
"""

# The queries return rows in the order of the response. Python filters them, since SQLite ignores case only for
# ASCII letters.
_SESSIONS = f"""
    SELECT *,
        (SELECT COUNT(*) {_READABLE_CHECKPOINTS}) AS checkpoints_count,
        (SELECT SUM(c.size_bytes) {_READABLE_CHECKPOINTS}) AS checkpoint_storage_bytes
    FROM sessions
    WHERE project_id IS NOT NULL AND {READABLE_SESSION} AND (created, session_id) < (:created, :session_id)
    ORDER BY created DESC, session_id DESC
"""  # noqa: S608 - own texts

_CHECKPOINTS = """
    SELECT * FROM listed_checkpoints
    WHERE (owner = :caller OR public = 1) AND (created, number) < (:created, :number)
    ORDER BY created DESC, number DESC
"""

_Condition = Callable[[sqlite3.Row], bool]


def search_sessions(backend: Backend, caller: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """A `SessionSearchResponse`: one page of the sessions that the caller may read and that match."""
    conditions = [*_conditions(backend.organization, caller, request), *_session_conditions(request)]
    cursor = request.get("cursor")
    last = {"created": _created(cursor), "session_id": cursor["last_session_id"] if cursor else ""}
    page, has_more = _page(backend.store.rows(_SESSIONS, {"caller": caller, **last}), conditions, request)
    return {
        "sessions": [_summary(backend.organization, row) for row in page],
        "next_cursor": _cursor(page[-1], last_session_id=page[-1]["session_id"]) if has_more else None,
    }


def search_checkpoints(backend: Backend, caller: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """A `CheckpointSearchResponse`: one page of the checkpoints that the caller may read and that match."""
    conditions = [*_conditions(backend.organization, caller, request), *_checkpoint_conditions(request)]
    cursor = request.get("cursor")
    last = {"created": _created(cursor), "number": _number(cursor["last_checkpoint_uuid"]) if cursor else 0}
    page, has_more = _page(backend.store.rows(_CHECKPOINTS, {"caller": caller, **last}), conditions, request)
    return {
        "checkpoints": [checkpoint(row) for row in page],
        "next_cursor": (
            _cursor(page[-1], last_checkpoint_uuid=str(uuid.UUID(int=page[-1]["number"]))) if has_more else None
        ),
    }


def _page(
    rows: list[sqlite3.Row], conditions: list[_Condition], request: Mapping[str, Any]
) -> tuple[list[sqlite3.Row], bool]:
    matching = (row for row in rows if all(condition(row) for condition in conditions))
    page = list(islice(matching, int(request.get("limit", DEFAULT_LIMIT))))
    return page, next(matching, None) is not None


def _conditions(organization: Organization, caller: str, request: Mapping[str, Any]) -> Iterator[_Condition]:
    owner = request.get("owner") or {"type": "own"}
    if owner["type"] != "accessible":
        urns = owner.get("owner_urns", ())
        owners = {caller} if owner["type"] == "own" else {organization.owners_by_urn.get(urn) for urn in urns}
        yield lambda row: row["owner"] in owners
    project_ids = request.get("project_ids")
    if project_ids is not None:
        for project_id in project_ids:
            if project_id not in organization.projects:
                raise ApiError(403, f"You cannot list project {project_id}.")
        yield lambda row: row["project_id"] in project_ids
    wanted = request.get("user_metadata")
    if wanted:
        yield lambda row: wanted.items() <= (metadata(row) or {}).items()


def _checkpoint_conditions(request: Mapping[str, Any]) -> Iterator[_Condition]:
    checkpoint_type, base_models = request.get("checkpoint_type"), request.get("base_models")
    if checkpoint_type is not None:
        yield lambda row: TYPES_BY_KIND[row["kind"]] == checkpoint_type
    if base_models is not None:
        yield lambda row: row["base_model"] in base_models


def _session_conditions(request: Mapping[str, Any]) -> Iterator[_Condition]:
    if request.get("session_id") is not None or request.get("display_name") is not None:
        yield _named(request.get("session_id"), request.get("display_name"))
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


def _cursor(row: sqlite3.Row, **last: str) -> dict[str, str]:
    return {"last_created_at": time_text(from_microseconds(row["created"])), **last}


def _created(cursor: Mapping[str, str] | None) -> int:
    if cursor is None:
        return 2**63 - 1
    return to_microseconds(parsed_time(cursor["last_created_at"], "last_created_at"))


def _number(text: str) -> int:
    try:
        return uuid.UUID(text).int & 2**63 - 1
    except ValueError:
        raise ApiError(400, "last_checkpoint_uuid is not from a cursor.") from None
