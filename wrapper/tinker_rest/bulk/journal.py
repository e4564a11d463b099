"""A file that tells what a change to many checkpoints has done, so that an interrupted one can go on.

Each line is a JSON object. The first says what is done where; one with `plan` which checkpoints are meant, where
that is known beforehand; each other one what became of a checkpoint. Lines are only ever added, and are written
before anybody is told of the outcome, so that what kills the process loses no more than what was in flight. They
reach the disk, which a failure of the machine does not harm, within a tenth of a second. A last line that is torn
is dropped.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import stat
import threading
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

from attrs import field, frozen

from tinker_rest.bulk.outcomes import SUCCEEDED, BulkOutcome, BulkStatus
from tinker_rest.calling.daemon_threads import run_in_daemon_thread
from tinker_rest.errors import InvalidArgumentError
from tinker_rest.redaction import one_line, shown

FORMAT = "tinker-rest bulk"
VERSION = 1
SYNC_SECONDS = 0.1
# Between the reading of a time and the beginning of the change, somebody may think about the answer.
SAME_MOMENT = timedelta(minutes=1)
_STATUSES = get_args(BulkStatus)
_BEGIN = f'{{"journal": "{FORMAT}"'.encode()


@frozen
class JournalHeader:
    """What a journal is of.

    Attributes:
        action: The method of `RestClient`, such as `delete_checkpoints`.
        base_url: The server's address.
        ttl_seconds: The time to live that is set, where that is the action; None for no expiry.
        selection: The selection as JSON; None where the checkpoints were given one by one.
        started_at: When it began; None where that is not known.
    """

    action: str
    base_url: str
    ttl_seconds: int | None = None
    selection: dict[str, Any] | None = None
    started_at: datetime | None = field(factory=lambda: datetime.now(UTC), eq=False)

    def check_same(self, path: os.PathLike[str] | str, wanted: JournalHeader) -> None:
        """Raise InvalidArgumentError where the journal, of which this is the header, is not of what is wanted."""
        for name, what in (
            ("action", "the action"),
            ("base_url", "the server"),
            ("ttl_seconds", "ttl_seconds"),
            ("selection", "the selection"),
        ):
            there, here = getattr(self, name), getattr(wanted, name)
            if there != here and not (name == "ttl_seconds" and self._expires_with(wanted)):
                raise InvalidArgumentError(
                    f"journal must be of the same change; in {shown(str(path))} {what} is {shown(there)}, "
                    f"not {shown(here)}. Use another file"
                )

    def _expires_with(self, other: JournalHeader) -> bool:
        """Whether it is the same moment that both times to live end at, as `tomorrow 9:00` is."""
        ends = [
            one.started_at + timedelta(seconds=one.ttl_seconds)
            for one in (self, other)
            if one.started_at is not None and one.ttl_seconds is not None
        ]
        return len(ends) == 2 and abs(ends[0] - ends[1]) <= SAME_MOMENT


@frozen
class JournalContent:
    """What a journal tells.

    Attributes:
        header: What it is of; None where nothing was written yet.
        plan: The tinker paths that are meant, in order; None where they were not known beforehand.
        statuses: What became of each tinker path so far, of which `failed` is tried again.
    """

    header: JournalHeader | None
    plan: list[str] | None
    statuses: dict[str, BulkStatus] = field(repr=False)


def read_journal(path: os.PathLike[str] | str) -> JournalContent:
    """Read the journal of a change to many checkpoints, whether it is going on or not.

    Raises:
        InvalidArgumentError: The file is no such journal.
        OSError: It cannot be read.
    """
    _check_file(path, os.stat(path))
    return _parse(Path(path), Path(path).read_bytes())


def _check_file(path: os.PathLike[str] | str, found: os.stat_result) -> None:
    """Refuse devices and pipes, some of which have no end."""
    if not stat.S_ISREG(found.st_mode):
        raise InvalidArgumentError(f"journal must be a plain file, which {shown(str(path))} is not")


def _parse(path: Path, content: bytes) -> JournalContent:
    if not content.startswith(_BEGIN[: len(content)]):
        raise InvalidArgumentError(
            f"journal must be a new file or the journal of such a change; {shown(str(path))} is something else"
        )
    header: JournalHeader | None = None
    plan: dict[str, None] | None = None
    statuses: dict[str, BulkStatus] = {}
    for line in content.split(b"\n")[:-1]:
        try:
            entry = json.loads(line)
        except ValueError:
            continue  # of a machine that failed; what it was of is done again, which changes nothing
        if not isinstance(entry, dict):
            continue
        if header is None:
            header = _header_of(path, entry)
        elif isinstance(paths := entry.get("plan"), list):
            plan = {**(plan or {}), **dict.fromkeys(path for path in paths if isinstance(path, str))}
        elif isinstance(path_of_item := entry.get("tinker_path"), str) and entry.get("status") in _STATUSES:
            statuses[path_of_item] = entry["status"]
    return JournalContent(header, None if plan is None else list(plan), statuses)


def _header_of(path: Path, entry: dict[str, Any]) -> JournalHeader:
    if entry.get("version") != VERSION:
        raise InvalidArgumentError(
            f"journal must be of version {VERSION}; {shown(str(path))} is of version {shown(entry.get('version'))}"
        )
    started_at = None
    with contextlib.suppress(TypeError, ValueError):
        started_at = datetime.fromisoformat(entry["started_at"]) if "started_at" in entry else None
    if started_at is not None and started_at.tzinfo is None:
        started_at = None
    return JournalHeader(
        str(entry.get("action")),
        str(entry.get("base_url")),
        entry.get("ttl_seconds"),
        entry.get("selection"),
        started_at,
    )


class Journal:
    """The journal of one run, which no other run can open meanwhile.

    Args:
        path: The file; it is made where it is not there.
        header: What the run does. A journal of anything else is refused.

    Attributes:
        plan: The tinker paths that are meant, as far as an earlier run knew them beforehand; None otherwise.
        recorded: The outcomes of earlier runs that need not be tried again.
        fault: What went wrong on the disk; None where all is well.

    Raises:
        InvalidArgumentError: The file cannot be opened, is in use, is no journal or one of another change.
    """

    def __init__(self, path: os.PathLike[str] | str, header: JournalHeader) -> None:
        """Open, lock and read the file."""
        self._path = Path(path)
        self._closing = threading.Lock()
        self._timer: asyncio.TimerHandle | None = None
        self.fault: OSError | None = None
        try:
            # Not O_APPEND, without which Windows could not lock it; the lock lets one writer in at a time.
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)
        except OSError as error:
            raise InvalidArgumentError(
                f"journal must be a file that can be written: {shown(str(path))}: {error.strerror}"
            ) from None
        self._is_open = True
        try:
            _check_file(self._path, os.fstat(self._file))
            _lock(self._file, self._path)
            content = _parse(self._path, self._read_whole_lines())
            if content.header is not None:
                content.header.check_same(self._path, header)
            else:
                self._begin(header)
        except BaseException:
            self.close()
            raise
        self.plan = content.plan
        self.recorded = {
            path: BulkOutcome(path, status, from_journal=True)
            for path, status in content.statuses.items()
            if status in SUCCEEDED
        }

    def _read_whole_lines(self) -> bytes:
        with open(self._file, "rb", closefd=False) as file:
            content = file.read()
        whole = content[: content.rfind(b"\n") + 1]
        if not whole:
            _parse(self._path, content)  # refuse what never was a journal before anything of it is dropped
        os.ftruncate(self._file, len(whole))
        os.lseek(self._file, 0, os.SEEK_END)
        return whole

    def _begin(self, header: JournalHeader) -> None:
        began = header.started_at or datetime.now(UTC)
        self._write(
            {
                "journal": FORMAT,
                "version": VERSION,
                "action": header.action,
                "base_url": header.base_url,
                "ttl_seconds": header.ttl_seconds,
                "selection": header.selection,
                "started_at": began.isoformat(timespec="seconds"),
            }
        )
        os.fsync(self._file)
        with contextlib.suppress(OSError):  # a folder cannot be opened on Windows
            folder = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def record_plan(self, paths: Iterable[str]) -> None:
        """Write which checkpoints are meant, where that is not written yet. Raises OSError."""
        known = set(self.plan or ())
        new = [path for path in paths if path not in known]
        if new or self.plan is None:
            self._write({"plan": new})
            os.fsync(self._file)
            self.plan = [*(self.plan or ()), *new]

    def record(self, outcome: BulkOutcome) -> None:
        """Write what became of a checkpoint. Raises OSError."""
        entry: dict[str, Any] = {"tinker_path": outcome.tinker_path, "status": outcome.status}
        if outcome.error is not None:
            entry["error"] = one_line(str(outcome.error))
        entry["at"] = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._write(entry)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(SYNC_SECONDS, self._sync_soon)

    def _write(self, entry: dict[str, Any]) -> None:
        line = memoryview(json.dumps(entry).encode() + b"\n")
        while line:
            line = line[os.write(self._file, line) :]

    def _sync_soon(self) -> None:
        self._timer = None
        run_in_daemon_thread("tinker-rest-journal", self._sync)

    def _sync(self) -> None:
        with self._closing:
            if self._is_open:
                try:
                    os.fsync(self._file)
                except OSError as error:
                    self.fault = error

    def close(self) -> None:
        """Let what was written reach the disk, and others use the file. May be called more than once."""
        if self._timer is not None:
            self._timer.cancel()
        with self._closing:
            if not self._is_open:
                return
            self._is_open = False
            try:
                os.fsync(self._file)
            except OSError as error:
                self.fault = self.fault or error
            finally:
                os.close(self._file)


def _lock(file: int, path: Path) -> None:
    """Keep others from using the file, until it is closed or the process ends, however it does."""
    try:
        import fcntl
    except ImportError:  # Windows
        _lock_on_windows(file, path)
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise _in_use(path) from None
    except OSError as error:
        raise InvalidArgumentError(
            f"journal must be on a file system with locks, unlike {shown(str(path))}: {error.strerror}"
        ) from None


def _lock_on_windows(file: int, path: Path) -> None:
    import msvcrt

    lock: Any = vars(msvcrt)["locking"]
    try:
        os.lseek(file, 2**40, os.SEEK_SET)  # a byte far behind the end, so that the lines can be read
        lock(file, vars(msvcrt)["LK_NBLCK"], 1)
    except OSError:
        raise _in_use(path) from None
    os.lseek(file, 0, os.SEEK_SET)


def _in_use(path: Path) -> InvalidArgumentError:
    return InvalidArgumentError(f"journal must not be in use; another run is writing {shown(str(path))}")
