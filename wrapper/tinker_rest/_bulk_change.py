"""Changes many checkpoints, several at a time; one failure stops nothing."""

from __future__ import annotations

import json
import logging
import os
from collections import Counter
from collections.abc import AsyncIterable, Callable, Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from queue import SimpleQueue
from typing import Any, TypeVar

from attrs import define, evolve, field, frozen

from tinker_rest import _workers
from tinker_rest._lazy import models, types
from tinker_rest._redaction import safe_repr, summarize
from tinker_rest._work import Work
from tinker_rest.bulk import SUCCEEDED, BulkOutcome, BulkProgress, BulkResult, BulkStatus
from tinker_rest.errors import (
    APIConnectionError,
    AuthenticationError,
    BillingError,
    CredentialsError,
    InvalidArgumentError,
)
from tinker_rest.futures import APIFuture
from tinker_rest.pagination import OffsetPlan, Page, PageIterator, PageRequest
from tinker_rest.paths import ParsedCheckpointTinkerPath, run_id_of, segment, split_checkpoint_id
from tinker_rest.selection import CheckpointSelection

K = TypeVar("K")
T = TypeVar("T")

MAX_RUNS_AT_ONCE = 16
MAX_CLOCK_DIFFERENCE = 60.0
# After this many failures of the server in a row, or as many as may be in flight, the rest is skipped.
MAX_FAILURES_IN_A_ROW = 5
_UNAVAILABLE = frozenset((429, 502, 503, 504))
_LOG_START = b'{"action": "'
_EXPECTED = "checkpoints must be a list of tinker paths or Checkpoint objects, or a CheckpointSelection"

_log = logging.getLogger("tinker_rest")


@frozen
class Item:
    """A checkpoint to change: its address, its IDs, whether a server listed it, or why it cannot be addressed."""

    tinker_path: str
    training_run_id: str = ""
    checkpoint_id: str = ""
    is_listed: bool = False
    error: InvalidArgumentError | None = None


def check_checkpoints(checkpoints: Any) -> CheckpointSelection | list[Item] | Iterator[Any]:
    """Return a selection, items of a collection, or an iterator whose items are checked as they come.

    Raises:
        InvalidArgumentError: It is none of these, or an item of the collection cannot be addressed.
    """
    if isinstance(checkpoints, CheckpointSelection):
        if checkpoints.is_everything:
            raise InvalidArgumentError(
                "checkpoints must not be a CheckpointSelection without any filter, which selects all checkpoints; "
                "if you mean that, use CheckpointSelection(name='*')"
            )
        return checkpoints
    if isinstance(checkpoints, (str, bytes, Mapping)) or hasattr(checkpoints, "tinker_path"):
        hint = "" if isinstance(checkpoints, (bytes, Mapping)) else "; put the one into a list"
        raise InvalidArgumentError(f"{_EXPECTED}, not {safe_repr(checkpoints)}{hint}")
    if isinstance(checkpoints, Collection):
        return list({item.tinker_path: item for item in map(item_of, list(checkpoints))}.values())
    if isinstance(checkpoints, Iterable):
        return iter(checkpoints)
    hint = "; collect it with [one async for one in …]" if isinstance(checkpoints, AsyncIterable) else ""
    raise InvalidArgumentError(f"{_EXPECTED}, not {safe_repr(checkpoints)}{hint}")


def item_of(value: Any) -> Item:
    """Return the item for a tinker path or checkpoint. Raises InvalidArgumentError."""
    if isinstance(value, str):
        parsed = ParsedCheckpointTinkerPath.from_tinker_path(value)
        return Item(parsed.tinker_path, parsed.training_run_id, parsed.checkpoint_id)
    if not isinstance(value, models.Checkpoint):
        raise InvalidArgumentError(
            f"each of checkpoints must be a tinker path or a Checkpoint, not {safe_repr(value)}"
        )
    try:
        return evolve(item_of(value.tinker_path), is_listed=True)
    except InvalidArgumentError:
        # Some servers have paths of another form, but the usual IDs.
        run_id = value.training_run_id or run_id_of(value.tinker_path) or ""
        segment("the run id of a checkpoint", run_id)
        split_checkpoint_id(value.checkpoint_id)
        return Item(value.tinker_path, run_id, value.checkpoint_id, is_listed=True)


def _item_or_error(value: Any) -> Item:
    if isinstance(value, Item):
        return value
    try:
        return item_of(value)
    except InvalidArgumentError as error:
        path = getattr(value, "tinker_path", value)
        return Item(summarize(path, 1000) if isinstance(path, str) else safe_repr(value), error=error)


class OutcomeLog:
    """A file with one JSON line for each outcome.

    Args:
        path: The file. It is created if it does not exist.
        change: What the changes of a run have in common; `action` comes first.

    Attributes:
        done: The tinker paths that an earlier run has changed.

    Raises:
        InvalidArgumentError: The file cannot be written, or holds something else.
    """

    def __init__(self, path: str | os.PathLike[str], change: dict[str, object]) -> None:
        if not isinstance(path, (str, os.PathLike)) or not os.fspath(path):
            raise InvalidArgumentError(f"log must be the path of a file, or None, not {safe_repr(path)}")
        self._path = path
        self._change = change
        self.done: set[str] = set()
        try:
            with open(path, "ab+") as file:
                file.seek(0)
                content = file.read()
        except (OSError, ValueError) as error:
            raise InvalidArgumentError(f"log must be a file that can be written: {error}") from error
        if not content.startswith(_LOG_START) and not _LOG_START.startswith(content):
            raise InvalidArgumentError(f"log must be a new file or the log of an earlier run, not {path}")
        for line in content.splitlines():
            self._read(line)
        self._separator = b"" if content.endswith(b"\n") or not content else b"\n"  # a killed run left half a line

    def _read(self, line: bytes) -> None:
        try:
            entry = json.loads(line)
            is_done = entry["status"] in SUCCEEDED
            path = str(entry["tinker_path"])
        except (ValueError, TypeError, KeyError):
            return
        if is_done and all(entry.get(name) == value for name, value in self._change.items()):
            self.done.add(path)
        else:
            self.done.discard(path)  # a later line counts

    def append(self, tinker_path: str, status: str, error: Exception | None) -> None:
        """Write the line of an outcome. Raises OSError."""
        entry = {
            **self._change,
            "tinker_path": tinker_path,
            "status": status,
            "error": None if error is None else summarize(str(error)),
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        with open(self._path, "ab") as file:
            file.write(self._separator + json.dumps(entry).encode() + b"\n")
        self._separator = b""


@define(kw_only=True)
class BulkChange:
    """One change to many checkpoints.

    Attributes:
        submit: Starts the call for a training run ID and a checkpoint ID.
        items: The checkpoints: items, or what a caller's iterator gives.
        total: How many they are, if known.
        already_done: The statuses that mean that nothing was left to do.
        already_done_if_listed: The same for checkpoints that a server listed.
        concurrency: The maximum number of requests in flight.
        log: The log of outcomes, if any.
        progress: Called with each outcome, if given.
    """

    submit: Callable[[str, str], APIFuture[None]]
    items: Iterator[Any]
    total: int | None
    already_done: frozenset[int]
    already_done_if_listed: frozenset[int]
    concurrency: int
    log: OutcomeLog | None
    progress: Callable[[BulkProgress], object] | None
    _outcomes: list[BulkOutcome | None] = field(init=False, factory=list)
    _counts: Counter[str] = field(init=False, factory=Counter)
    _failures_in_a_row: int = field(init=False, default=0)
    _stopped_by: Exception | None = field(init=False, default=None)
    _broken_by: Exception | None = field(init=False, default=None)

    def run(self, work: Work[BulkResult]) -> BulkResult:
        """Carry it out.

        Raises:
            OSError: The log cannot be written.
            Exception: An iterator of checkpoints raised this.
        """
        self._report(None)
        for (place, item), future in as_completed(work, self._calls(), self.concurrency):
            error = future.exception()
            if error is not None and not isinstance(error, Exception):
                raise error
            outcome = self._outcome_of(item, error)
            try:
                self._finish(place, outcome)
            except OSError as full:
                self._broken_by = self._broken_by or full
        if self._broken_by is not None:
            raise self._broken_by
        if self.total is not None:
            for item in map(_item_or_error, self.items):
                self._outcomes.append(None)
                self._finish(-1, self._known(item) or BulkOutcome(item.tinker_path, "skipped"))
        return BulkResult([one for one in self._outcomes if one is not None], self._stopped_by)

    def _calls(self) -> Iterator[tuple[tuple[int, Item], Callable[[], APIFuture[None]]]]:
        """The calls to make. It ends early if they are of no use any more."""
        seen: set[str] = set()
        try:
            for item in map(_item_or_error, self.items):
                if item.tinker_path in seen:
                    continue
                seen.add(item.tinker_path)
                self._outcomes.append(None)
                place = len(self._outcomes) - 1
                if (outcome := self._known(item)) is not None:
                    self._finish(place, outcome)
                else:
                    yield (place, item), partial(self.submit, item.training_run_id, item.checkpoint_id)
                if self._stopped_by is not None or self._broken_by is not None:
                    return
        except Exception as error:  # of the caller's iterator, or the log
            self._broken_by = error

    def _known(self, item: Item) -> BulkOutcome | None:
        """The outcome of a checkpoint for which nothing is to be sent."""
        if self.log is not None and item.tinker_path in self.log.done:
            return BulkOutcome(item.tinker_path, "done", from_log=True)
        return None if item.error is None else BulkOutcome(item.tinker_path, "failed", item.error)

    def _outcome_of(self, item: Item, error: Exception | None) -> BulkOutcome:
        """The outcome of a call. Stops the change if every other call would fail the same way."""
        status_code = getattr(error, "status_code", 0)
        is_unsupported = getattr(error, "operation_unsupported", False)
        is_away = isinstance(error, APIConnectionError) or status_code in _UNAVAILABLE or is_unsupported
        self._failures_in_a_row = self._failures_in_a_row + 1 if is_away else 0
        is_final = isinstance(error, (AuthenticationError, BillingError, CredentialsError))
        if is_final or self._failures_in_a_row >= max(MAX_FAILURES_IN_A_ROW, self.concurrency):
            self._stopped_by = self._stopped_by or error
        if error is None:
            return BulkOutcome(item.tinker_path, "done")
        done = self.already_done | self.already_done_if_listed if item.is_listed else self.already_done
        if status_code in done and not is_unsupported:
            return BulkOutcome(item.tinker_path, "already_done")
        status: BulkStatus = "not_found" if status_code == 404 and not is_unsupported else "failed"
        return BulkOutcome(item.tinker_path, status, error.with_traceback(None))

    def _finish(self, place: int, outcome: BulkOutcome) -> None:
        self._outcomes[place] = outcome
        self._counts[outcome.status] += 1
        if self.log is not None and not outcome.from_log:
            self.log.append(outcome.tinker_path, outcome.status, outcome.error)
        self._report(outcome)

    def _report(self, latest: BulkOutcome | None) -> None:
        if self.progress is not None:
            with _workers.calling_back("the progress callback failed; the change goes on"):
                self.progress(BulkProgress(self.total, latest=latest, **self._counts))


def as_completed(
    work: Work[Any], calls: Iterator[tuple[K, Callable[[], APIFuture[T]]]], concurrency: int
) -> Iterator[tuple[K, APIFuture[T]]]:
    """Make calls, several at a time, and yield the key and the future of each when it has ended.

    Args:
        work: What the calls are part of. If it ends, they are cancelled, and CancelledError is raised.
        calls: For each call, a key and the function that starts it.
        concurrency: The maximum number of calls in flight.
    """
    finished: SimpleQueue[APIFuture[T]] = SimpleQueue()
    in_flight: dict[APIFuture[T], K] = {}
    is_exhausted = False
    try:
        while True:
            work.check()
            if not is_exhausted and len(in_flight) < concurrency:
                call = next(calls, None)
                is_exhausted = call is None
                if call is not None:
                    future = work.adopt(call[1]())
                    in_flight[future] = call[0]
                    future.add_done_callback(finished.put)  # type: ignore[arg-type]
                if finished.empty():  # else note what has ended before asking for the next
                    continue
            if not in_flight:
                return
            future = finished.get()
            work.check()
            yield in_flight.pop(future), future
    finally:
        for future in in_flight:
            future.cancel()


def read_selected(
    work: Work[Any],
    selection: CheckpointSelection,
    fetch_page: Callable[[PageRequest], APIFuture[Page[types.Checkpoint]]],
    list_run: Callable[[str], APIFuture[Page[types.Checkpoint]]],
) -> list[types.Checkpoint]:
    """Read the checkpoints that match a selection. Ages are measured by the server's clock."""
    everything: list[types.Checkpoint] = []
    if selection.training_run_ids is None:

        def fetch(request: PageRequest) -> APIFuture[Page[types.Checkpoint]]:
            work.check()
            return work.adopt(fetch_page(request))

        pages = PageIterator(OffsetPlan[types.Checkpoint](500, None), fetch)
        everything = [checkpoint for page in pages for checkpoint in page]
        server_time = pages.server_time
    else:
        run_ids = dict.fromkeys(selection.training_run_ids)
        calls = ((run_id, partial(list_run, run_id)) for run_id in run_ids)
        of_run = {run_id: future.result() for run_id, future in as_completed(work, calls, MAX_RUNS_AT_ONCE)}
        everything = [checkpoint for run_id in run_ids for checkpoint in of_run[run_id].items]
        server_time = max((page.server_time for page in of_run.values() if page.server_time), default=None)
    now = datetime.now(UTC)
    if server_time is not None:
        ahead = now.timestamp() - server_time
        if abs(ahead) > MAX_CLOCK_DIFFERENCE:
            _log.warning("this computer's clock differs from the server's by %.0f s; ages are the server's", ahead)
        now = datetime.fromtimestamp(server_time, UTC)
    return selection.apply(everything, now=now)
