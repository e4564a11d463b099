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

from attrs import define, field, frozen

from tinker_rest import errors
from tinker_rest._lazy import models, types
from tinker_rest._redaction import summarize
from tinker_rest._work import Work
from tinker_rest._workers import call_back
from tinker_rest.futures import APIFuture
from tinker_rest.paths import ParsedCheckpointTinkerPath, segment, split_checkpoint_id
from tinker_rest.selection import run_id_of
from tinker_rest_api._display import html_table
from tinker_rest_api.already_done import ALREADY_DONE_STATUS

__all__ = ["BulkError", "BulkOutcome", "BulkProgress", "BulkResult", "BulkStatus"]

K = TypeVar("K")
T = TypeVar("T")

BulkStatus = Literal["done", "already_done", "not_found", "failed", "skipped"]

SUCCEEDED: tuple[BulkStatus, ...] = ("done", "already_done")
MAX_ERRORS_SHOWN = 3
# After this many server failures in a row, or `concurrency` if that is more, the rest is skipped.
MAX_FAILURES_IN_A_ROW = 5
_UNAVAILABLE = (429, 502, 503, 504)  # not 500, which some servers return for a deleted checkpoint
_FINAL = errors.AuthenticationError, errors.BillingError, errors.CredentialsError  # each call would raise it
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


@define(eq=False)
class Change:
    """One change to many checkpoints; see `RestClient.delete_checkpoints`.

    Raises InvalidArgumentError if the log cannot be written, or is something else.
    """

    facts: dict[str, object]  # in each entry of the log, such as the `action`; other entries are of other changes
    start: Callable[[ParsedCheckpointTinkerPath], APIFuture[None]]
    missing_ok: bool
    concurrency: int
    log: str | os.PathLike[str] | None
    progress: Callable[[BulkProgress], object] | None
    _outcomes: dict[str, BulkOutcome] = field(init=False, factory=dict)
    _done: set[str] = field(init=False, factory=set)  # what the log lists as done

    def __attrs_post_init__(self) -> None:
        for line in [] if self.log is None else _lines_of(self.log):
            with contextlib.suppress(ValueError, TypeError, KeyError):  # half a line
                entry = json.loads(line)
                is_done = entry["status"] in SUCCEEDED and self.facts.items() <= entry.items()
                (self._done.add if is_done else self._done.discard)(entry["tinker_path"])  # the latest line counts

    def run(
        self, work: Work[BulkResult], paths: dict[ParsedCheckpointTinkerPath, types.Checkpoint | None]
    ) -> BulkResult:
        """Change the `paths` from `paths_of`, except those that the log lists as done and that need no change."""
        self._done -= {path.tinker_path for path, listed in paths.items() if listed and self._is_undone(listed)}
        add = partial(self._add, len(paths))
        max_failures = max(MAX_FAILURES_IN_A_ROW, self.concurrency)
        failures_in_a_row = 0
        is_stopped = False

        def remaining() -> Iterator[ParsedCheckpointTinkerPath]:
            for path in paths:
                if path.tinker_path in self._done:
                    add(path.tinker_path, "already_done")
                elif is_stopped:
                    add(path.tinker_path, "skipped")
                else:
                    yield path

        for path, future in as_completed(work, self.start, remaining(), self.concurrency):
            error: Exception | None = future.exception()  # type: ignore[assignment]
            is_unsupported = getattr(error, "operation_unsupported", False)
            status_code = 0 if is_unsupported else getattr(error, "status_code", 0)
            already_done = ALREADY_DONE_STATUS.get(getattr(error, "operation_id", ""))
            is_away = isinstance(error, errors.APIConnectionError) or status_code in _UNAVAILABLE
            failures_in_a_row = failures_in_a_row + 1 if is_away or is_unsupported else 0
            is_stopped |= isinstance(error, _FINAL) or failures_in_a_row >= max_failures
            is_gone = self.missing_ok or paths[path] is not None  # it existed, since it was listed
            if error is None:
                add(path.tinker_path, "done")
            elif status_code == already_done and (status_code != 404 or is_gone):
                add(path.tinker_path, "already_done")
            else:
                add(path.tinker_path, "not_found" if status_code == 404 else "failed", error)
        return BulkResult([self._outcomes[path.tinker_path] for path in paths])

    def _is_undone(self, listed: types.Checkpoint) -> bool:
        """Whether the listing shows that a checkpoint still needs the change, whatever the log says."""
        match self.facts["action"]:
            case "delete_checkpoint":
                return True
            case "set_checkpoint_ttl":
                return (listed.expires_at is None) != (self.facts["ttl_seconds"] is None)
            case action:
                return bool(listed.public) != (action == "publish_checkpoint")

    def _add(self, total: int, tinker_path: str, status: BulkStatus, error: Exception | None = None) -> None:
        """Report an outcome and append it to the log. Raises OSError if the log can no longer be written."""
        outcome = self._outcomes[tinker_path] = BulkOutcome(tinker_path, status, error)
        if self.log is not None and tinker_path not in self._done:
            message = None if error is None else summarize(str(error))
            time = datetime.now(UTC).isoformat(timespec="seconds")
            entry = {"tinker_path": tinker_path, "status": status, "error": message, "time": time}
            try:
                with Path(self.log).open("ab") as file:
                    file.write(json.dumps({**self.facts, **entry}).encode() + b"\n")
            except OSError as failure:  # the error for a full disk does not name the file
                raise OSError(failure.errno, failure.strerror, str(self.log)) from failure
        if self.progress is not None:
            progress = BulkProgress(total, len(self._outcomes), outcome)
            call_back("the progress callback failed; the change continues", self.progress, progress)


def _lines_of(log: str | os.PathLike[str]) -> list[bytes]:
    try:
        with Path(log).open("ab+") as file:
            file.seek(0)
            content = file.read(len(_LOG_START))
            if content not in (b"", _LOG_START):  # not a log, so it may be huge, or an endless device
                raise errors.InvalidArgumentError(
                    f"log must be a new file or the log of an earlier run, not {log}"
                )
            content += file.read()
            if content and not content.endswith(b"\n"):  # a killed run left half a line
                file.write(b"\n")
    except (OSError, TypeError) as error:
        raise errors.InvalidArgumentError(f"log must be a file that can be written: {error}") from error
    return content.splitlines()


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
                future = work.submit(start, key)
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
