"""What the page at `/` shows, as a JSON document."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..answers import Refusal
from ..calls import Backend
from ..clock import from_microseconds
from ..representations import time_text, tinker_path
from ..tokens import Credentials
from .activity import Activity, AnsweredRequest

REQUESTS_SHOWN = 20
LONGEST_METADATA = 200

_COUNTS = """
    SELECT (SELECT COUNT(*) FROM runs) AS runs,
        (SELECT COUNT(*) FROM sessions) AS sessions,
        (SELECT COUNT(*) FROM samplers) AS samplers,
        COUNT(*) AS checkpoints,
        COALESCE(SUM(public), 0) AS public,
        COUNT(expires) AS expiring,
        COALESCE(SUM(size_bytes), 0) AS bytes
    FROM checkpoints
"""
_CHECKPOINTS_OF_RUN = """
    SELECT COUNT(*) AS checkpoints, COALESCE(SUM(size_bytes), 0) AS bytes FROM checkpoints WHERE run_id = :run_id
"""


class _List(NamedTuple):
    """A list that the page shows a part of."""

    query: str
    items_on_page: int


_LISTS = {
    "checkpoints": _List("SELECT * FROM checkpoints ORDER BY created DESC, run_id, kind, name", 15),
    "runs": _List("SELECT * FROM runs ORDER BY last_request DESC, run_id", 8),
    "sessions": _List(
        "SELECT *, (SELECT COUNT(*) FROM runs WHERE runs.session_id = sessions.session_id) AS runs,"
        " (SELECT COUNT(*) FROM samplers WHERE samplers.session_id = sessions.session_id) AS samplers,"
        " json_extract(status, '$.type') AS status_type"
        " FROM sessions ORDER BY created DESC, session_id",
        8,
    ),
}


class Overview:
    """Tells what a sandbox holds and what was asked of it.

    Args:
        backend: The sandbox's state.
        credentials: Knows who a key or a token belongs to.
        activity: The last requests.
        database: The path of the database, to be shown.
    """

    def __init__(self, backend: Backend, credentials: Credentials, activity: Activity, database: str) -> None:
        self._backend = backend
        self._credentials = credentials
        self._activity = activity
        self._database = database

    def document(self, query: Mapping[str, str]) -> dict[str, Any]:
        """All that the page shows.

        Args:
            query: Where the part of a list begins, by the name of the list: `checkpoints`, `runs`, `sessions`. A
                number behind the end stands for the last part.

        Raises:
            Refusal: If one of these is no number; 400.
        """
        offsets = {name: _offset(query.get(name, "0"), name) for name in _LISTS}
        store = self._backend.store
        now = self._backend.clock.now()
        with store.transaction(write=False):
            store.forget_expired(now)
            counts = dict(store.total(_COUNTS, {}))
            lists = {name: self._part(name, offset, counts[name]) for name, offset in offsets.items()}
        return {
            "database": self._database,
            "now": time_text(now),
            "counts": {**counts, "requests": self._activity.count},
            "requests": [self._request(request) for request in self._activity.newest(REQUESTS_SHOWN)],
            **lists,
        }

    def _part(self, name: str, offset: int, total: int) -> dict[str, Any]:
        query, size = _LISTS[name]
        last = max(0, total - 1) // size * size
        offset = min(offset // size * size, last)
        rows = self._backend.store.rows(f"{query} LIMIT ? OFFSET ?", (size, offset))
        item = {"checkpoints": self._checkpoint, "runs": self._run, "sessions": _session}[name]
        return {"offset": offset, "limit": size, "total": total, "items": [item(row) for row in rows]}

    def _checkpoint(self, row: sqlite3.Row) -> dict[str, Any]:
        return {
            "path": tinker_path(row),
            "kind": row["kind"],
            "owner": row["owner"],
            "size_bytes": row["size_bytes"],
            "public": bool(row["public"]),
            "created": _time(row["created"]),
            "expires": None if row["expires"] is None else _time(row["expires"]),
        }

    def _run(self, row: sqlite3.Row) -> dict[str, Any]:
        saved = self._backend.store.total(_CHECKPOINTS_OF_RUN, {"run_id": row["run_id"]})
        return {
            "id": row["run_id"],
            "owner": row["owner"],
            "base_model": row["base_model"],
            "lora_rank": row["lora_rank"],
            "corrupted": bool(row["corrupted"]),
            "last_request": _time(row["last_request"]),
            "metadata": _shortened(row["user_metadata"]),
            **dict(saved),
        }

    def _request(self, request: AnsweredRequest) -> dict[str, Any]:
        return {
            "number": request.number,
            "method": request.method,
            "target": request.target,
            "status": request.status,
            "milliseconds": round(request.milliseconds, 1),
            "user": self._user(request.credential),
            "came": request.came,
        }

    def _user(self, credential: str | None) -> str:
        if not credential:
            return "no key"
        try:
            return self._credentials.caller(credential, may_be_a_key=True)
        except Refusal:
            return f"{credential[:4]}…" if credential.startswith("tml-") else "unknown"


def _session(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": row["session_id"],
        "name": row["display_name"],
        "owner": row["owner"],
        "project": row["project_id"],
        "status": row["status_type"],
        "created": _time(row["created"]),
        "runs": row["runs"],
        "samplers": row["samplers"],
        "metadata": _shortened(row["user_metadata"]),
    }


def _offset(text: str, name: str) -> int:
    # More digits than these are more items than SQLite can count.
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise Refusal(400, f"{name} must be a number of items from 0 up.")
    return int(text)


def _shortened(text: str | None) -> str | None:
    return text if text is None or len(text) <= LONGEST_METADATA else f"{text[:LONGEST_METADATA]}…"


def _time(microseconds: int) -> str:
    return time_text(from_microseconds(microseconds))
