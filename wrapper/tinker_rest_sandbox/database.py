"""Opens the database of a sandbox so that several processes can use it at once."""

from __future__ import annotations

import sqlite3
import time

BUSY_TIMEOUT_SECONDS = 30


def open_database(path: str) -> sqlite3.Connection:
    """Open a file, or `:memory:`, for use by many threads, one at a time. Transactions are begun by hand.

    Raises:
        sqlite3.Error: If it cannot be opened.
    """
    # The module's own transactions would commit at surprising moments.
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
    """Switch to a write-ahead log. SQLite does not wait for others here, such as one that does the same."""
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
