"""The state of a sandbox, in SQLite."""

import json
import sqlite3
import threading
import time
import uuid
import weakref
import zlib
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from importlib import resources
from typing import Any, NamedTuple

from starlette.responses import Response

from tinker_rest_sandbox._clock import to_microseconds
from tinker_rest_sandbox._uploaded_files import UploadedFiles

SCHEMA = (resources.files("tinker_rest_sandbox") / "schema.sql").read_text("utf-8")
VERSION = zlib.crc32(SCHEMA.encode()) >> 1  # another one for each schema.sql; SQLite stores 31 bits of it
BUSY_TIMEOUT_SECONDS = 30
RESPONSES_KEPT_FOR = timedelta(hours=24)

# The namespace of the sandbox's UUIDs.
_NAMESPACE = uuid.UUID("5f2d7413-8a3c-4e1b-9d60-2b7c1f0e9a55")

_HAS_PUBLIC = "EXISTS (SELECT 1 FROM checkpoints c WHERE c.run_id = runs.run_id AND c.public = 1)"
_READABLE_RUN = f"(runs.owner = :caller OR {_HAS_PUBLIC})"
_HAS_READABLE = f"EXISTS (SELECT 1 FROM runs WHERE runs.session_id = sessions.session_id AND {_HAS_PUBLIC})"  # noqa: S608
READABLE_SESSION = f"(sessions.owner = :caller OR {_HAS_READABLE})"


class KeyedRequest(NamedTuple):
    """The fields that identify a request with an idempotency key."""

    caller: str
    method: str
    path: bytes
    key: str
    body: bytes


class Snapshot:
    """A copy of a database in memory, closed when nothing refers to it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        weakref.finalize(self, connection.close)


class Store:
    """A sandbox's database, a file or `:memory:`: one connection, guarded by a lock."""

    def __init__(self, database: str) -> None:
        self._connection = _open_database(database)
        self._closing = weakref.finalize(self, self._connection.close)
        self.uploaded_files = UploadedFiles(database)
        self._lock = threading.RLock()
        self._version_seen: int | None = None
        self._total: tuple[tuple[Any, ...], sqlite3.Row] | None = None  # the latest, with its query

    def is_new(self) -> bool:
        """Whether the database is empty; raises sqlite3.DatabaseError if it is not a sandbox's."""
        (tables,) = self._connection.execute("SELECT COUNT(*) FROM sqlite_schema").fetchone()
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if tables and version != VERSION:
            raise sqlite3.DatabaseError("it was made by another version of the sandbox, or by another program")
        if tables:
            (found,) = self._connection.execute("PRAGMA quick_check(1)").fetchone()
            if found != "ok":
                raise sqlite3.DatabaseError(f"it is damaged: {found}")
        return not tables

    def changed_elsewhere(self) -> bool:
        """Whether another process has changed the database since the last call."""
        with self._lock:
            (version,) = self._connection.execute("PRAGMA data_version").fetchone()
            changed = self._version_seen not in {None, version}
            self._version_seen = version
        return changed

    def close(self) -> None:
        """Close the database. May be called twice."""
        self._closing()
        self.uploaded_files.close()

    @contextmanager
    def transaction(self, *, write: bool = True) -> Generator[None, None, None]:
        """Hold the database; with `write`, commit at the end and undo everything on an exception.

        Inside another transaction of the same thread, it is part of that one.
        """
        with self._lock:
            is_within_another = self._connection.in_transaction
            if not write or is_within_another:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                self._total = None
                # An error of COMMIT itself may have ended the transaction.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def create_tables(self) -> None:
        """Set up an empty database. Call it in a transaction, with the seed."""
        for statement in SCHEMA.split(";\n"):
            self._connection.execute(statement)
        self._connection.execute(f"PRAGMA user_version = {VERSION}")

    def snapshot(self) -> Snapshot:
        """A copy of the whole state, in memory."""
        copy = sqlite3.connect(":memory:", check_same_thread=False)
        with self._lock:
            self._connection.backup(copy)
        return Snapshot(copy)

    def generation(self) -> int:
        """A number that changes with each `restore`, by any process."""
        with self._lock:
            return int(self._connection.execute("PRAGMA schema_version").fetchone()[0])

    def restore(self, snapshot: Snapshot) -> None:
        """Restore a snapshot. No thread sees a partial state."""
        with self._lock:
            snapshot.connection.backup(self._connection)

    def insert(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add rows with the same columns; metadata can be mappings."""
        if not rows:
            return
        columns = list(rows[0])
        values = ([_stored(row[column]) for column in columns] for row in rows)
        marks = ", ".join("?" * len(columns))
        self._connection.executemany(
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})",  # noqa: S608 - own names
            values,
        )

    def new_id(self) -> str:
        """A new UUID; every database creates the same ones in the same order."""
        number = self._connection.execute("INSERT INTO ids DEFAULT VALUES").lastrowid
        return str(uuid.uuid5(_NAMESPACE, str(number)))

    def forget_expired(self, now: datetime) -> None:
        """Remove expired checkpoints and old responses."""
        moment = to_microseconds(now)
        oldest = to_microseconds(now - RESPONSES_KEPT_FOR)
        overdue = self.row(
            "SELECT EXISTS (SELECT 1 FROM checkpoints WHERE expires <= ?)"
            " OR EXISTS (SELECT 1 FROM answers WHERE given <= ?) AS found",
            (moment, oldest),
        )
        if overdue is not None and overdue["found"]:
            with self.transaction():
                self._connection.execute(
                    "INSERT INTO stored_before"
                    " SELECT created, expires, size_bytes FROM checkpoints WHERE expires <= ?",
                    (moment,),
                )
                self._connection.execute("DELETE FROM checkpoints WHERE expires <= ?", (moment,))
                self._connection.execute("DELETE FROM answers WHERE given <= ?", (oldest,))

    def counts(self) -> dict[str, int]:
        """The numbers of rows, by their names in the API."""
        row = self.row(
            "SELECT (SELECT COUNT(*) FROM sessions) AS sessions, (SELECT COUNT(*) FROM runs) AS training_runs,"
            " (SELECT COUNT(*) FROM checkpoints) AS checkpoints, (SELECT COUNT(*) FROM samplers) AS samplers"
        )
        return dict(row or {})

    # Training runs

    def page_of_runs(
        self, caller: str, page: tuple[int, int], *, accessible: bool, project_id: str | None
    ) -> tuple[list[sqlite3.Row], int]:
        """The runs that the caller owns or, if `accessible`, may read, newest first; and their number."""
        condition = _READABLE_RUN if accessible else "runs.owner = :caller"
        if project_id is not None:
            condition += " AND runs.project_id = :project_id"
        query = f"SELECT * FROM runs WHERE {condition} ORDER BY last_request DESC, run_id"  # noqa: S608
        return self._page(query, page, caller=caller, project_id=project_id)

    def run(self, run_id: str) -> sqlite3.Row | None:
        """A run by its ID."""
        return self.row("SELECT * FROM runs WHERE run_id = ?", (run_id,))

    def touch_run(self, run_id: str, moment: int) -> None:
        """Move a run's last request to a time in microseconds since 1970, unless it is later already."""
        statement = "UPDATE runs SET last_request = MAX(last_request, ?) WHERE run_id = ?"
        self._connection.execute(statement, (moment, run_id))

    # Checkpoints

    def page_of_checkpoints(self, caller: str, page: tuple[int, int]) -> tuple[list[sqlite3.Row], int]:
        """The checkpoints that the caller owns, newest first; and their number."""
        query = "SELECT * FROM listed_checkpoints WHERE owner = :caller ORDER BY created DESC, run_id, kind, name"
        return self._page(query, page, caller=caller)

    def checkpoints_of_run(self, run_id: str, caller: str) -> list[sqlite3.Row]:
        """The checkpoints of a run that the caller may read, newest first."""
        return self.rows(
            "SELECT * FROM listed_checkpoints WHERE run_id = ? AND (owner = ? OR public = 1)"
            " ORDER BY created DESC, kind, name",
            (run_id, caller),
        )

    def newest_checkpoint(self, run_id: str, kind: str, caller: str) -> sqlite3.Row | None:
        """The newest checkpoint of one kind of a run that the caller may read."""
        return self.row(
            "SELECT * FROM listed_checkpoints WHERE run_id = ? AND kind = ? AND (owner = ? OR public = 1)"
            " ORDER BY created DESC LIMIT 1",
            (run_id, kind, caller),
        )

    def checkpoint(self, run_id: str, kind: str, name: str) -> sqlite3.Row | None:
        """A checkpoint by the two parts of its ID."""
        query = "SELECT * FROM checkpoints WHERE run_id = ? AND kind = ? AND name = ?"
        return self.row(query, (run_id, kind, name))

    def checkpoint_by_bare_id(self, run_id: str, bare_id: str) -> sqlite3.Row | None:
        """A checkpoint by its bare ID."""
        return self.row("SELECT * FROM checkpoints WHERE run_id = ? AND bare_id = ?", (run_id, bare_id))

    def delete_checkpoint(self, row: sqlite3.Row, now: datetime) -> None:
        """Remove a checkpoint, and record that it was stored until now."""
        stored = {"created": row["created"], "ended": to_microseconds(now), "size_bytes": row["size_bytes"]}
        self.insert("stored_before", [stored])
        self._change("DELETE FROM checkpoints", row)

    def set_public(self, row: sqlite3.Row, public: bool) -> None:
        """Make a checkpoint public or private."""
        self._change("UPDATE checkpoints SET public = ?", row, int(public))

    def set_expiry(self, row: sqlite3.Row, expires: int | None) -> None:
        """Set a checkpoint's expiry, or remove it with None."""
        self._change("UPDATE checkpoints SET expires = ?", row, expires)

    def end_upload(self, upload_id: str) -> None:
        """Remove an upload, since it is finished."""
        self._connection.execute("DELETE FROM uploads WHERE upload_id = ?", (upload_id,))

    # Sessions and samplers

    def page_of_sessions(self, caller: str, page: tuple[int, int], *, accessible: bool) -> list[str]:
        """The IDs of the sessions that the caller owns or, with `accessible`, may read, newest first."""
        condition = READABLE_SESSION if accessible else "sessions.owner = :caller"
        query = f"SELECT session_id FROM sessions WHERE {condition} ORDER BY created DESC, session_id"  # noqa: S608
        return [row["session_id"] for row in self._rows_of_page(query, page, caller=caller)]

    def session(self, session_id: str, caller: str, *, accessible: bool) -> sqlite3.Row | None:
        """A session that the caller owns or, with `accessible`, may read."""
        condition = READABLE_SESSION if accessible else "sessions.owner = :caller"
        query = f"SELECT * FROM sessions WHERE session_id = :id AND {condition}"  # noqa: S608
        return self.row(query, {"id": session_id, "caller": caller})

    def runs_of_session(self, session_id: str, caller: str) -> list[str]:
        """The IDs of a session's runs that the caller may read."""
        query = f"SELECT run_id FROM runs WHERE session_id = :id AND {_READABLE_RUN} ORDER BY run_id"  # noqa: S608
        return [row["run_id"] for row in self.rows(query, {"id": session_id, "caller": caller})]

    def assign_project(self, session_id: str, project_id: str) -> None:
        """Move a session and its runs into a project."""
        for table in ("sessions", "runs"):
            self._connection.execute(
                f"UPDATE {table} SET project_id = ? WHERE session_id = ?",  # noqa: S608 - own names
                (project_id, session_id),
            )

    def set_session_status(self, session_id: str, status: Mapping[str, Any]) -> None:
        """Record a session's `SessionStatus`."""
        statement = "UPDATE sessions SET status = ? WHERE session_id = ?"
        self._connection.execute(statement, (json.dumps(status), session_id))

    def samplers_of_session(self, session_id: str) -> list[sqlite3.Row]:
        """A session's samplers, oldest first."""
        query = "SELECT * FROM samplers WHERE session_id = ? ORDER BY created, sampler_id"
        return self.rows(query, (session_id,))

    def sampler(self, sampler_id: str) -> sqlite3.Row | None:
        """A sampler by its ID."""
        return self.row("SELECT * FROM samplers WHERE sampler_id = ?", (sampler_id,))

    # Responses to requests with an idempotency key

    def kept_response(self, request: KeyedRequest) -> Response | None:
        """The response to an earlier, identical request."""
        row = self.row(
            "SELECT status, headers, body FROM answers WHERE caller = ? AND method = ? AND path = ?"
            " AND idempotency_key = ? AND request_body = ?",
            request,
        )
        if row is None:
            return None
        return Response(row["body"], row["status"], dict(json.loads(row["headers"])))

    def keep_response(self, request: KeyedRequest, response: Response, now: datetime) -> None:
        """Keep the response to a request."""
        headers = json.dumps(response.headers.items())
        self._connection.execute(
            "INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*request, response.status_code, headers, response.body, to_microseconds(now)),
        )

    # Queries

    def row(self, query: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> sqlite3.Row | None:
        """The first row that a query finds, or None."""
        with self._lock:
            row: sqlite3.Row | None = self._connection.execute(query, values).fetchone()
            return row

    def rows(self, query: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> list[sqlite3.Row]:
        """All rows that a query finds."""
        with self._lock:
            return self._connection.execute(query, values).fetchall()

    def total(self, query: str, values: Mapping[str, Any]) -> sqlite3.Row:
        """The one row of a query that counts or sums, run again only if anything has changed."""
        with self._lock:
            # Changes by other connections show in data_version, changes by backups in schema_version.
            versions = (
                self._connection.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("data_version", "schema_version")
            )
            # The sandbox's web page asks every second, and clients for each page of a list.
            key = (query, *values.items(), self._connection.total_changes, *versions)
            if self._total is None or self._total[0] != key:
                self._total = key, self._connection.execute(query, values).fetchone()
            return self._total[1]

    def _page(self, query: str, page: tuple[int, int], **values: Any) -> tuple[list[sqlite3.Row], int]:
        counting = query.replace("SELECT *", "SELECT COUNT(*)").partition(" ORDER BY")[0]
        return self._rows_of_page(query, page, **values), int(self.total(counting, values)[0])

    def _rows_of_page(self, query: str, page: tuple[int, int], **values: Any) -> list[sqlite3.Row]:
        limit, offset = page
        return self.rows(f"{query} LIMIT :limit OFFSET :offset", {**values, "limit": limit, "offset": offset})

    def _change(self, statement: str, row: sqlite3.Row, *values: object) -> None:
        key: Iterable[object] = (row["run_id"], row["kind"], row["name"])
        where = "WHERE run_id = ? AND kind = ? AND name = ?"
        self._connection.execute(f"{statement} {where}", (*values, *key))


def _stored(value: Any) -> Any:
    return json.dumps(dict(value), ensure_ascii=False) if isinstance(value, Mapping) else value


def _open_database(path: str) -> sqlite3.Connection:
    """Open a file, or `:memory:`, for many threads, one at a time. Transactions are started explicitly."""
    # The module's automatic transactions would commit at surprising times.
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_SECONDS, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    try:
        _write_ahead(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch to a write-ahead log. SQLite does not wait here for others, such as a process that does the same."""
    deadline = time.monotonic() + BUSY_TIMEOUT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return
