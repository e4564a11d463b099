"""The data of the page at `/`, as a JSON document."""

import sqlite3
from collections.abc import Mapping
from typing import Any

from attrs import asdict, filters, frozen

from tinker_rest_sandbox._calls import Backend
from tinker_rest_sandbox._clock import from_microseconds
from tinker_rest_sandbox._pages.activity import Activity, AnsweredRequest
from tinker_rest_sandbox._representations import time_text
from tinker_rest_sandbox._responses import ApiError
from tinker_rest_sandbox._tokens import Credentials

MAX_REQUESTS = 20
MAX_METADATA_LENGTH = 200

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
# Each list of the page, and how many of its items are shown at once.
_LISTS = {
    "checkpoints": (
        "SELECT 'tinker://' || run_id || '/' || kind || '/' || name AS path, kind, owner, size_bytes, public,"
        " created, expires FROM checkpoints ORDER BY created DESC, run_id, kind, name",
        15,
    ),
    "runs": (
        "SELECT run_id AS id, owner, base_model, lora_rank, corrupted, last_request, user_metadata AS metadata,"
        " (SELECT COUNT(*) FROM checkpoints c WHERE c.run_id = runs.run_id) AS checkpoints,"
        " (SELECT COALESCE(SUM(size_bytes), 0) FROM checkpoints c WHERE c.run_id = runs.run_id) AS bytes"
        " FROM runs ORDER BY last_request DESC, run_id",
        8,
    ),
    "sessions": (
        "SELECT session_id AS id, display_name AS name, owner, project_id AS project, created,"
        " json_extract(status, '$.type') AS status, user_metadata AS metadata,"
        " (SELECT COUNT(*) FROM runs WHERE runs.session_id = sessions.session_id) AS runs,"
        " (SELECT COUNT(*) FROM samplers WHERE samplers.session_id = sessions.session_id) AS samplers"
        " FROM sessions ORDER BY created DESC, session_id",
        8,
    ),
}


@frozen
class Overview:
    """Collects the sandbox's data and its latest requests."""

    _backend: Backend
    _credentials: Credentials
    _activity: Activity
    _database: str

    def document(self, query: Mapping[str, str]) -> dict[str, Any]:
        """Everything that the page shows; the query holds where the shown part of each list begins."""
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
            "requests": [self._request(request) for request in self._activity.newest(MAX_REQUESTS)],
            **lists,
        }

    def _part(self, name: str, offset: int, total: int) -> dict[str, Any]:
        query, size = _LISTS[name]
        last = max(0, total - 1) // size * size
        offset = min(offset // size * size, last)
        rows = self._backend.store.rows(f"{query} LIMIT ? OFFSET ?", (size, offset))
        return {"offset": offset, "limit": size, "total": total, "items": [_item(row) for row in rows]}

    def _request(self, request: AnsweredRequest) -> dict[str, Any]:
        shown = asdict(request, filter=filters.exclude("credential"))
        return {**shown, "milliseconds": round(request.milliseconds, 1), "user": self._user(request.credential)}

    def _user(self, credential: str | None) -> str:
        if not credential:
            return "no key"
        try:
            return self._credentials.caller(credential, may_be_a_key=True)
        except ApiError:
            return f"{credential[:4]}…" if credential.startswith("tml-") else "unknown"


def _item(row: sqlite3.Row) -> dict[str, Any]:
    item = dict(row)
    for name in {"created", "expires", "last_request"} & item.keys():
        item[name] = None if item[name] is None else time_text(from_microseconds(item[name]))
    for name in {"public", "corrupted"} & item.keys():
        item[name] = bool(item[name])
    metadata = item.get("metadata")
    if metadata is not None and len(metadata) > MAX_METADATA_LENGTH:
        item["metadata"] = f"{metadata[:MAX_METADATA_LENGTH]}…"
    return item


def _offset(text: str, name: str) -> int:
    # More digits than these are more items than SQLite can count.
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise ApiError(400, f"{name} must be a number of items from 0 up.")
    return int(text)
