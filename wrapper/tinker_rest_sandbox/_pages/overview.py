"""The data of the page at `/`, as a JSON document."""

import shlex
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
# Each list on the page: its rows, their order, the text to search, and the number of rows to show.
_LISTS = {
    "checkpoints": (
        "SELECT 'tinker://' || run_id || '/' || kind || '/' || name AS path, * FROM checkpoints",
        "created DESC, run_id, kind, name",
        "path || ' ' || COALESCE(user_metadata, '')",
        15,
    ),
    "runs": (
        "SELECT *, (SELECT COUNT(*) FROM checkpoints c WHERE c.run_id = runs.run_id) AS checkpoints,"
        " (SELECT COALESCE(SUM(size_bytes), 0) FROM checkpoints c WHERE c.run_id = runs.run_id) AS size_bytes"
        " FROM runs",
        "last_request DESC, run_id",
        "run_id || ' ' || base_model || ' ' || COALESCE(project_id, '') || ' ' || COALESCE(user_metadata, '')",
        8,
    ),
    "sessions": (
        "SELECT *, (SELECT COUNT(*) FROM runs WHERE runs.session_id = sessions.session_id) AS runs,"
        " (SELECT COUNT(*) FROM samplers WHERE samplers.session_id = sessions.session_id) AS samplers"
        " FROM sessions",
        "created DESC, session_id",
        "session_id || ' ' || COALESCE(display_name, '') || ' ' || COALESCE(project_id, '') || ' '"
        " || COALESCE(status, '') || ' ' || COALESCE(user_metadata, '')",
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
        """Everything that the page shows.

        The query contains the offset of each list and, to filter, a text to `search` for and the
        `owner` of everything.
        """
        offsets = {name: _offset(query.get(name, "0"), name) for name in _LISTS}
        search, owner = query.get("search", "").lower(), query.get("owner", "")
        values = {"search": search, "owner": owner}
        store = self._backend.store
        now = self._backend.clock.now()
        with store.transaction(write=False):
            store.forget_expired(now)
            counts = dict(store.total(_COUNTS, {}))
            lists = {name: self._part(name, offsets[name], values, counts[name]) for name in _LISTS}
        requests = map(self._request, self._activity.newest())
        found = [one for one in requests if owner in {"", one["user"]} and search in one["target"].lower()]
        return {
            "database": self._database,
            "now": time_text(now),
            "users": list(self._backend.organization.users),
            "counts": {**counts, "requests": self._activity.count},
            "requests": found[:MAX_REQUESTS],
            **lists,
        }

    def exports(self, user: str, base_url: str) -> str:
        """A shell command that points programs at this sandbox, with a user's API key."""
        organization = self._backend.organization
        if user not in organization.users:
            raise ApiError(404, f"User {user} was not found.")
        return shlex.join(
            ["export", f"TINKER_BASE_URL={base_url}", f"TINKER_API_KEY={organization.api_key(user)}"]
        )

    def _part(self, name: str, offset: int, values: dict[str, str], total: int) -> dict[str, Any]:
        (query, order, text, size), store = _LISTS[name], self._backend.store
        query = f"SELECT * FROM ({query})"  # noqa: S608 - our own text
        if any(values.values()):
            query += f" WHERE :owner IN ('', owner) AND instr(lower({text}), :search)"
            total = store.rows(f"SELECT COUNT(*) FROM ({query})", values)[0][0]  # noqa: S608 - our own text
        offset = min(offset // size * size, max(0, total - 1) // size * size)
        place = {"size": size, "offset": offset}
        rows = store.rows(f"{query} ORDER BY {order} LIMIT :size OFFSET :offset", {**values, **place})
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
    for name in {"public", "corrupted", "is_lora", "train_unembed", "train_mlp", "train_attn"} & item.keys():
        item[name] = bool(item[name])
    return item


def _offset(text: str, name: str) -> int:
    # More digits than these are more items than SQLite can count.
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise ApiError(400, f"{name} must be a number of items from 0 up.")
    return int(text)
