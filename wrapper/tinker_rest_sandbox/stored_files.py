"""What can be downloaded at signed URLs: archives, files of external weights, traces and audit logs."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from datetime import date
from typing import NamedTuple
from urllib.parse import quote, unquote

from .answers import Refusal
from .archives import archive_bytes, weight_files
from .audit import log_of_day
from .calls import Backend
from .traces import Span, trace_bytes

ARCHIVE_SUFFIX = ".tar.gz"
TRACE_SUFFIX = ".pftrace"
AUDIT_SUFFIX = ".json"

_MICROSECONDS_OF_A_SPAN = 60 * 1_000_000


class StoredFile(NamedTuple):
    """A file that can be downloaded.

    Attributes:
        media_type: What it is.
        read: Makes its bytes, the same every time.
    """

    media_type: str
    read: Callable[[], bytes]


def archive_path(checkpoint: sqlite3.Row) -> str:
    """The path of a checkpoint's archive."""
    return _path("archives", checkpoint["run_id"], checkpoint["kind"], checkpoint["name"]) + ARCHIVE_SUFFIX


def weights_path(checkpoint: sqlite3.Row, name: str) -> str:
    """The path of one file of a checkpoint."""
    return _path("weights", checkpoint["run_id"], checkpoint["kind"], checkpoint["name"], name)


def trace_path(session_id: str) -> str:
    """The path of a session's trace."""
    return _path("traces", session_id) + TRACE_SUFFIX


def audit_path(event_type: str, day: date) -> str:
    """The path of the audit log of a day that is over."""
    return _path("audit", event_type, day.isoformat()) + AUDIT_SUFFIX


def stored_file(backend: Backend, path: str) -> StoredFile:
    """The file of a path that one of the functions above has made.

    Raises:
        Refusal: If it is the file of a checkpoint that was deleted; 404.
    """
    collection, *parts = map(unquote, path.split("/")[1:])
    if collection == "archives":
        run_id, kind, name = parts
        checkpoint, run = _checkpoint(backend, run_id, kind, name.removesuffix(ARCHIVE_SUFFIX))
        return StoredFile("application/gzip", lambda: archive_bytes(checkpoint, run))
    if collection == "weights":
        run_id, kind, name, file_name = parts
        checkpoint, run = _checkpoint(backend, run_id, kind, name)
        return StoredFile(_type_of_weights(file_name), lambda: weight_files(checkpoint, run)[file_name])
    if collection == "traces":
        session_id = parts[0].removesuffix(TRACE_SUFFIX)
        return StoredFile("application/octet-stream", lambda: trace_bytes(_spans(backend, session_id)))
    event_type, day = parts
    log = log_of_day(backend, event_type, date.fromisoformat(day.removesuffix(AUDIT_SUFFIX)))
    return StoredFile("application/json", lambda: json.dumps(log, ensure_ascii=False).encode())


def _path(*parts: str) -> str:
    return "/" + "/".join(quote(part, safe=":") for part in parts)


def _type_of_weights(file_name: str) -> str:
    return "application/json" if file_name.endswith(".json") else "application/octet-stream"


def _checkpoint(backend: Backend, run_id: str, kind: str, name: str) -> tuple[sqlite3.Row, sqlite3.Row]:
    checkpoint, run = backend.store.checkpoint(run_id, kind, name), backend.store.run(run_id)
    if checkpoint is None or run is None:
        raise Refusal(404, "The checkpoint was deleted.")
    return checkpoint, run


def _spans(backend: Backend, session_id: str) -> list[Span]:
    """What a session trained, from its beginning, and a minute for each of its samplers."""
    rows = backend.store.rows(
        "SELECT run_id AS name, base_model, created, last_request AS ended FROM runs"
        " JOIN sessions USING (session_id) WHERE session_id = :id UNION ALL"
        " SELECT sampler_id, base_model, created, created + :minute FROM samplers WHERE session_id = :id",
        {"id": session_id, "minute": _MICROSECONDS_OF_A_SPAN},
    )
    return [Span(row["name"], row["base_model"], row["created"], row["ended"]) for row in rows]
