"""Changes many checkpoints, several at a time; a failure does not stop the rest."""

from __future__ import annotations

import contextlib
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Literal, TypeVar

from attrs import frozen

from tinker_rest import _workers, errors
from tinker_rest._lazy import models, types
from tinker_rest._redaction import summarize
from tinker_rest._work import Work
from tinker_rest.futures import APIFuture
from tinker_rest.paths import ParsedCheckpointTinkerPath, segment, split_checkpoint_id
from tinker_rest.selection import run_id_of
from tinker_rest_api._display import html_table

__all__ = ["BulkError", "BulkOutcome", "BulkProgress", "BulkResult", "BulkStatus"]

K = TypeVar("K")
T = TypeVar("T")

BulkStatus = Literal["done", "already_done", "not_found", "failed", "skipped"]

SUCCEEDED: tuple[BulkStatus, ...] = ("done", "already_done")
MAX_ERRORS_SHOWN = 3
# After this many server failures in a row, or `concurrency` if that is more, the rest is skipped.
MAX_FAILURES_IN_A_ROW = 5
_UNAVAILABLE = (429, 502, 503, 504)  # not 500, which some servers return for a deleted checkpoint
_LOG_START = b'{"action": "'


@frozen
class BulkOutcome:
    """The outcome for one checkpoint.

    Attributes:
        tinker_path: The address of the checkpoint, as given.
        status: `done`; `already_done` if it was listed and is gone now, was public or private already, or is done
            in the log; `not_found`; `failed`; or `skipped`, since every remaining change would fail the same way.
        error: Why it failed or was not found; None otherwise.
    """

    tinker_path: str
    status: BulkStatus
    error: Exception | None = None


@frozen
class BulkProgress:
    """The progress of a change to many checkpoints.

    Attributes:
        total: The number of checkpoints to change.
        finished: How many have an outcome.
        latest: The latest outcome.
    """

    total: int
    finished: int
    latest: BulkOutcome


@frozen(repr=False)
class BulkResult:
    """The outcomes for all checkpoints.

    Attributes:
        outcomes: One for each checkpoint, in the given order. A checkpoint that was given twice has one.
    """

    outcomes: list[BulkOutcome]

    @property
    def failures(self) -> list[BulkOutcome]:
        """The outcomes that are neither `done` nor `already_done`."""
        return [one for one in self.outcomes if one.status not in SUCCEEDED]

    def raise_for_failures(self) -> None:
        """Raise an error unless every checkpoint was changed or needed no change.

        Raises:
            BulkError: A checkpoint failed, was not found or was skipped. Its `result` is this result.
        """
        if self.failures:
            raise BulkError(self)

    def __repr__(self) -> str:
        return f"<BulkResult {_counts(self.outcomes) or 'nothing to do'}>"

    def _repr_html_(self) -> str | None:
        """A table for notebooks, failures first."""
        ordered = sorted(self.outcomes, key=lambda one: one.status in SUCCEEDED)
        return html_table(_counts(ordered), ordered) if ordered else None


def _counts(outcomes: Iterable[BulkOutcome]) -> str:
    return ", ".join(f"{count} {status}" for status, count in Counter(one.status for one in outcomes).items())


class BulkError(errors.TinkerError):
    """Some checkpoints could not be changed, or were skipped.

    Attributes:
        result: The outcomes for all checkpoints.
    """

    def __init__(self, result: BulkResult) -> None:
        super().__init__(result)
        self.result = result

    def __str__(self) -> str:
        bad = self.result.failures
        reasons = [f"{one.tinker_path}: {one.error}" for one in bad if one.error is not None][:MAX_ERRORS_SHOWN]
        count = f"{len(bad)} of {len(self.result.outcomes)} checkpoints were not changed"
        return summarize(f"{count} ({_counts(bad)}): {'; '.join(reasons)}", 1000)


def paths_of(
    checkpoints: Iterable[str | types.Checkpoint],
) -> dict[ParsedCheckpointTinkerPath, types.Checkpoint | None]:
    """Return the address of each checkpoint, and the checkpoint if it was listed. Raises InvalidArgumentError."""
    if isinstance(checkpoints, (str, APIFuture, models.Checkpoint)) or not isinstance(checkpoints, Iterable):
        expected = "be a list of tinker paths or Checkpoint objects, or a CheckpointSelection"
        raise errors.refusal("checkpoints", expected, checkpoints)
    return {_path_of(one): one if isinstance(one, models.Checkpoint) else None for one in checkpoints}


def _path_of(value: str | types.Checkpoint) -> ParsedCheckpointTinkerPath:
    if not isinstance(value, models.Checkpoint):
        return ParsedCheckpointTinkerPath.from_tinker_path(value)
    try:
        return ParsedCheckpointTinkerPath.from_tinker_path(value.tinker_path)
    except errors.InvalidArgumentError:
        # Some servers have other forms of paths, but the usual IDs.
        run_id = segment("the run ID of a checkpoint", run_id_of(value) or "")
        split_checkpoint_id(value.checkpoint_id)
        return ParsedCheckpointTinkerPath(value.tinker_path, run_id, "training", value.checkpoint_id)


class Outcomes:
    """The outcomes of a change so far. Each is reported at once, and appended to the log as a line of JSON.

    `done` has the tinker paths that an earlier run with the same log and the same `change` has changed. Raises
    InvalidArgumentError if the log cannot be written, or is something else.
    """

    def __init__(
        self,
        change: dict[str, object],
        log: str | os.PathLike[str] | None,
        progress: Callable[[BulkProgress], object] | None,
    ) -> None:
        self._change = change
        self._log = log
        self._progress = progress
        self.of_path: dict[str, BulkOutcome] = {}
        self.done: set[str] = set()
        for line in [] if log is None else _lines_of(log):
            with contextlib.suppress(ValueError, TypeError, KeyError):  # half a line
                entry = json.loads(line)
                is_done = entry["status"] in SUCCEEDED and change.items() <= entry.items()
                (self.done.add if is_done else self.done.discard)(entry["tinker_path"])  # the latest line counts

    def is_undone(self, listed: types.Checkpoint) -> bool:
        """Whether the listing shows that a checkpoint still needs the change, whatever the log says."""
        match self._change["action"]:
            case "delete_checkpoint":
                return True
            case "set_checkpoint_ttl":
                return (listed.expires_at is None) != (self._change["ttl_seconds"] is None)
            case action:
                return bool(listed.public) != (action == "publish_checkpoint")

    def add(self, total: int, tinker_path: str, status: BulkStatus, error: Exception | None = None) -> None:
        """Add an outcome. Raises OSError if the log can no longer be written."""
        outcome = self.of_path[tinker_path] = BulkOutcome(tinker_path, status, error)
        if self._log is not None and tinker_path not in self.done:
            message = None if error is None else summarize(str(error))
            time = datetime.now(UTC).isoformat(timespec="seconds")
            entry = {"tinker_path": tinker_path, "status": status, "error": message, "time": time}
            try:
                with Path(self._log).open("ab") as file:
                    file.write(json.dumps({**self._change, **entry}).encode() + b"\n")
            except OSError as failure:  # the error for a full disk does not name the file
                raise OSError(failure.errno, failure.strerror, str(self._log)) from failure
        if self._progress is not None:
            with _workers.calling_back("the progress callback failed; the change continues"):
                self._progress(BulkProgress(total, len(self.of_path), outcome))


def _lines_of(log: str | os.PathLike[str]) -> list[bytes]:
    try:
        with Path(log).open("ab+") as file:
            file.seek(0)
            content = file.read(len(_LOG_START))
            if content not in (b"", _LOG_START):  # not a log, so it may be huge, or an endless device
                raise errors.InvalidArgumentError(f"log must be new or the log of an earlier run, not {log}")
            content += file.read()
            if content and not content.endswith(b"\n"):  # a killed run left half a line
                file.write(b"\n")
    except (OSError, TypeError) as error:
        raise errors.InvalidArgumentError(f"log must be a file that can be written: {error}") from error
    return content.splitlines()


def change_all(
    work: Work[BulkResult],
    paths: dict[ParsedCheckpointTinkerPath, types.Checkpoint | None],
    start: Callable[[ParsedCheckpointTinkerPath], APIFuture[None]],
    outcomes: Outcomes,
    concurrency: int,
    already_done_status: int | None,
    *,
    missing_ok: bool,
) -> BulkResult:
    """Make a change, by calling `start`, to the `paths` from `paths_of`, except those that the log lists as done.

    A response with `already_done_status` means that there was nothing to do; 404 only for a checkpoint that was
    listed, or with `missing_ok`.
    """
    outcomes.done -= {path.tinker_path for path, one in paths.items() if one and outcomes.is_undone(one)}
    add = partial(outcomes.add, len(paths))
    failures_in_a_row = 0
    is_stopped = False

    def remaining() -> Iterator[ParsedCheckpointTinkerPath]:
        for path in paths:
            if path.tinker_path in outcomes.done:
                add(path.tinker_path, "already_done")
            elif is_stopped:
                add(path.tinker_path, "skipped")
            else:
                yield path

    for path, future in as_completed(work, start, remaining(), concurrency):
        error: Exception | None = future.exception()  # type: ignore[assignment]
        is_unsupported = getattr(error, "operation_unsupported", False)
        status_code = 0 if is_unsupported else getattr(error, "status_code", 0)
        is_away = isinstance(error, errors.APIConnectionError) or status_code in _UNAVAILABLE
        failures_in_a_row = failures_in_a_row + 1 if is_away or is_unsupported else 0
        is_final = isinstance(error, (errors.AuthenticationError, errors.BillingError, errors.CredentialsError))
        is_stopped |= is_final or failures_in_a_row >= max(MAX_FAILURES_IN_A_ROW, concurrency)
        if error is None:
            add(path.tinker_path, "done")
        elif status_code == already_done_status and (status_code != 404 or missing_ok or paths[path]):
            add(path.tinker_path, "already_done")
        else:
            add(path.tinker_path, "not_found" if status_code == 404 else "failed", error)
    return BulkResult([outcomes.of_path[path.tinker_path] for path in paths])


def as_completed(
    work: Work[Any], start: Callable[[K], APIFuture[T]], keys: Iterable[K], concurrency: int
) -> Iterator[tuple[K, APIFuture[T]]]:
    """Start a call for each key, and yield both when it ends. Leaving the loop cancels those in flight."""
    waiting = iter(keys)
    ended: SimpleQueue[Any] = SimpleQueue()
    in_flight: dict[APIFuture[T], K] = {}
    try:
        while True:
            for key in islice(waiting, concurrency - len(in_flight)):
                work.check()
                future = work.adopt(start(key))
                in_flight[future] = key
                future.add_done_callback(ended.put)
            if not in_flight:
                return
            future = ended.get()
            work.check()
            yield in_flight.pop(future), future
    finally:
        for future in in_flight:
            future.cancel()
