"""Downloads at signed URLs: archives, files of external weights, traces and audit logs."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, unquote

from tinker_rest_sandbox._archives import archive_bytes, weight_files
from tinker_rest_sandbox._audit import log_of_day
from tinker_rest_sandbox._calls import Backend
from tinker_rest_sandbox._responses import ApiError

ARCHIVE_SUFFIX = ".tar.gz"
TRACE_SUFFIX = ".pftrace"
AUDIT_SUFFIX = ".json"

_MICROSECONDS_OF_A_SPAN = 60 * 1_000_000
_SLICE_BEGIN, _SLICE_END = 1, 2  # from Perfetto


class StoredFile(NamedTuple):
    """A downloadable file: `read` creates its bytes, the same every time, unless it is a `file`."""

    media_type: str
    read: Callable[[], bytes]
    file: Path | None = None


class Span(NamedTuple):
    """A bar in a trace, in its own row. Times are microseconds since 1970."""

    row: str
    name: str
    begin: int
    end: int


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
    """The path of the audit log of a past day."""
    return _path("audit", event_type, day.isoformat()) + AUDIT_SUFFIX


def stored_file(backend: Backend, path: str) -> StoredFile:
    """The file at a path from one of the functions above, or a 404 if its checkpoint was deleted."""
    collection, *parts = map(unquote, path.split("/")[1:])
    if collection == "archives":
        run_id, kind, name = parts
        checkpoint, run = _checkpoint(backend, run_id, kind, name.removesuffix(ARCHIVE_SUFFIX))
        return StoredFile("application/gzip", lambda: archive_bytes(checkpoint, run))
    if collection == "weights":
        run_id, kind, name, file_name = parts
        media_type = "application/json" if file_name.endswith(".json") else "application/octet-stream"
        checkpoint, run = _checkpoint(backend, run_id, kind, name)
        upload_id = checkpoint["upload_id"]
        file = None if upload_id is None else backend.store.uploaded_files.path(upload_id, file_name)
        return StoredFile(media_type, lambda: weight_files(checkpoint, run)[file_name], file)
    if collection == "traces":
        session_id = parts[0].removesuffix(TRACE_SUFFIX)
        return StoredFile("application/octet-stream", lambda: _trace_bytes(_spans(backend, session_id)))
    event_type, day = parts
    log = log_of_day(backend, event_type, date.fromisoformat(day.removesuffix(AUDIT_SUFFIX)))
    return StoredFile("application/json", lambda: json.dumps(log, ensure_ascii=False).encode())


def _path(*parts: str) -> str:
    return "/" + "/".join(quote(part, safe=":") for part in parts)


def _checkpoint(backend: Backend, run_id: str, kind: str, name: str) -> tuple[sqlite3.Row, sqlite3.Row]:
    checkpoint, run = backend.store.checkpoint(run_id, kind, name), backend.store.run(run_id)
    if checkpoint is None or run is None:
        raise ApiError(404, "The checkpoint was deleted.")
    return checkpoint, run


def _spans(backend: Backend, session_id: str) -> list[Span]:
    """A session's runs, from its start, and a minute for each of its samplers."""
    rows = backend.store.rows(
        "SELECT run_id AS name, base_model, created, last_request AS ended FROM runs"
        " JOIN sessions USING (session_id) WHERE session_id = :id UNION ALL"
        " SELECT sampler_id, base_model, created, created + :minute FROM samplers WHERE session_id = :id",
        {"id": session_id, "minute": _MICROSECONDS_OF_A_SPAN},
    )
    return [Span(row["name"], row["base_model"], row["created"], row["ended"]) for row in rows]


def _trace_bytes(spans: Iterable[Span]) -> bytes:
    """The bytes of a `.pftrace` file, in Perfetto's protobuf format."""
    return b"".join(_field(1, packet) for packet in _packets(spans))


def _packets(spans: Iterable[Span]) -> Iterator[bytes]:
    # The numbers are those of TracePacket, TrackDescriptor and TrackEvent in Perfetto's protobuf definitions.
    for track, span in enumerate(spans, 1):
        yield _field(60, _field(1, track) + _field(2, span.row.encode()))
        for moment, kind in ((span.begin, _SLICE_BEGIN), (span.end, _SLICE_END)):
            event = _field(9, kind) + _field(11, track) + _field(23, span.name.encode())
            # Timestamps count from 1970.
            yield _field(8, max(moment, 0) * 1000) + _field(10, 1) + _field(11, event)


def _field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 127:
        encoded.append(value & 127 | 128)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
