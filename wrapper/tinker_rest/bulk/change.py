"""Changes many checkpoints: some at once, one failure stopping nothing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator
from os import PathLike
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from tinker_rest.bulk.giving_up import GivingUp
from tinker_rest.bulk.items import Item, item_or_fault
from tinker_rest.bulk.journal import Journal, JournalHeader
from tinker_rest.bulk.outcomes import BulkOutcome, BulkProgress, BulkResult, BulkStatus
from tinker_rest.bulk.pacing import PacedSender
from tinker_rest.bulk.reading import read_all, read_selected, still_meant
from tinker_rest.calling.calls import Call
from tinker_rest.calling.daemon_threads import run_in_daemon_thread
from tinker_rest.calling.sending import Sender
from tinker_rest.errors import APIStatusError
from tinker_rest.selection import CheckpointSelection

if TYPE_CHECKING:
    from tinker_rest.methods.bulk import BulkMethods
    from tinker_rest.types import Checkpoint

_log = logging.getLogger("tinker_rest")


@frozen
class Action:
    """What is done to each checkpoint.

    Attributes:
        name: The method of `RestClient`.
        prepare: Makes the call for the run id and the checkpoint id.
        done_already: The statuses that mean that it was so already.
        ttl_seconds: The time to live, where that is what is set.
    """

    name: str
    prepare: Callable[[str, str], Call[None]]
    done_already: tuple[int, ...] = ()
    ttl_seconds: int | None = None

    def judge(self, error: Exception) -> BulkStatus:
        """Whether an error means that nothing is left to do."""
        is_so = (
            isinstance(error, APIStatusError)
            and error.status_code in self.done_already
            and not error.operation_unsupported
        )
        return "already_done" if is_so else "failed"


@frozen
class Manner:
    """How it is done.

    Attributes:
        concurrency: How many requests are in flight at the most.
        journal: The file that tells what was done.
        progress: What is told of each outcome.
    """

    concurrency: int
    journal: PathLike[str] | str | None
    progress: Callable[[BulkProgress], None] | None


class BulkChange:
    """One change to many checkpoints; a client carries it as it carries a call.

    Args:
        client: Whose checkpoints are read, where a selection says which.
        action: What is done to each.
        checkpoints: What `check_checkpoints` returned.
        manner: How it is done.

    Raises:
        InvalidArgumentError: The journal cannot be used.
    """

    def __init__(
        self,
        client: BulkMethods,
        action: Action,
        checkpoints: CheckpointSelection | list[Item] | Iterator[Any],
        manner: Manner,
    ) -> None:
        """Look at the journal; nothing is sent."""
        self._client = client
        self._action = action
        self._checkpoints = checkpoints
        self._manner = manner
        self._journal: Journal | None = None
        self._taking = asyncio.Lock()
        self._seen: set[str] = set()
        self._outcomes: list[BulkOutcome | None] = []
        self._progress = BulkProgress(None)
        self._giving_up = GivingUp(manner.concurrency)
        self._broken_by: Exception | None = None
        if journal := self._open_journal():
            journal.close()  # a call that is cancelled before it begins would leave it open

    def _open_journal(self) -> Journal | None:
        if self._manner.journal is None:
            return None
        selection = self._checkpoints.to_dict() if isinstance(self._checkpoints, CheckpointSelection) else None
        header = JournalHeader(
            self._action.name, self._client.holder.base_url, self._action.ttl_seconds, selection
        )
        return Journal(self._manner.journal, header)

    async def run(self, sender: Sender) -> BulkResult:
        """Carry it out.

        Raises:
            TinkerError: The checkpoints of a selection cannot be read.
            OSError: The journal cannot be written.
            Exception: What an iterator of checkpoints raised.
        """
        self._journal = self._open_journal()
        try:
            await self._carry_out(sender)
        finally:
            if self._journal is not None:
                self._journal.close()
        if self._journal is not None and self._journal.fault is not None:
            raise self._journal.fault
        if self._broken_by is not None:
            raise self._broken_by
        outcomes = [one for one in self._outcomes if one is not None]
        return BulkResult(outcomes, self._giving_up.stopped_by)

    async def _carry_out(self, sender: Sender) -> None:
        iterator, total = await self._begin()
        self._progress = BulkProgress(total)
        self._tell()
        sender = PacedSender(sender, self._manner.concurrency)
        async with asyncio.TaskGroup() as group:
            for _ in range(self._manner.concurrency if total is None else min(self._manner.concurrency, total)):
                group.create_task(self._work(sender, iterator))
        if total is not None and self._giving_up.stopped_by is not None and self._broken_by is None:
            for value in iterator:
                item = value if isinstance(value, Item) else item_or_fault(value)
                self._outcomes.append(None)
                self._note(
                    len(self._outcomes) - 1, self._recorded(item) or BulkOutcome(item.tinker_path, "cancelled")
                )

    async def _begin(self) -> tuple[Iterator[Any], int | None]:
        """What there is to do and, where that is known beforehand, how much."""
        checkpoints: Any = self._checkpoints
        if isinstance(checkpoints, CheckpointSelection):
            checkpoints = [item_or_fault(one) for one in await self._selected(checkpoints)]
        if not isinstance(checkpoints, list):
            return checkpoints, None
        if self._journal is not None:
            self._journal.record_plan(item.tinker_path for item in checkpoints)
        return iter(checkpoints), len(checkpoints)

    async def _selected(self, selection: CheckpointSelection) -> Iterable[str | Checkpoint]:
        """What the selection means or, where an earlier run began, meant then and still does."""
        if self._journal is None or self._journal.plan is None:
            return await read_selected(self._client, selection)
        plan, recorded = self._journal.plan, self._journal.recorded
        if all(path in recorded for path in plan):
            return plan
        return still_meant(plan, recorded, selection, await read_all(self._client, selection))

    async def _work(self, sender: Sender, iterator: Iterator[Any]) -> None:
        while (taken := await self._take(iterator)) is not None:
            place, item = taken
            outcome = self._recorded(item)
            if outcome is not None:
                await asyncio.sleep(0)  # thousands of them shall not keep others waiting
            else:
                outcome = await self._changed(sender, item)
                self._record(outcome)
            self._note(place, outcome)

    async def _take(self, iterator: Iterator[Any]) -> tuple[int, Item] | None:
        """The next checkpoint that was not taken yet and its place; None at the end, or where it is no use."""
        async with self._taking:
            while self._giving_up.stopped_by is None and self._broken_by is None:
                try:
                    value = await self._next(iterator)
                except Exception as error:  # of the caller's iterator
                    self._broken_by = error
                    break
                if value is _END:
                    break
                item = value if isinstance(value, Item) else item_or_fault(value)
                if item.tinker_path not in self._seen:
                    self._seen.add(item.tinker_path)
                    self._outcomes.append(None)
                    return len(self._outcomes) - 1, item
            return None

    async def _next(self, iterator: Iterator[Any]) -> Any:
        if self._progress.total is not None:
            return next(iterator, _END)
        # An iterator of the caller may block, and may wait for calls of this very client.
        return await run_in_daemon_thread("tinker-rest-checkpoints", lambda: next(iterator, _END))

    def _recorded(self, item: Item) -> BulkOutcome | None:
        return None if self._journal is None else self._journal.recorded.get(item.tinker_path)

    async def _changed(self, sender: Sender, item: Item) -> BulkOutcome:
        if item.error is not None:
            return BulkOutcome(item.tinker_path, "failed", item.error)
        try:
            await self._action.prepare(item.training_run_id, item.checkpoint_id).run(sender)
        except Exception as error:
            self._giving_up.note(error)
            status = self._action.judge(error)
            kept = error.with_traceback(None) if status == "failed" else None
            return BulkOutcome(item.tinker_path, status, kept)
        self._giving_up.note(None)
        return BulkOutcome(item.tinker_path, "done")

    def _record(self, outcome: BulkOutcome) -> None:
        if self._journal is None:
            return
        try:
            self._journal.record(outcome)
        except OSError as error:
            self._broken_by = self._broken_by or error
        if self._journal.fault is not None:
            self._broken_by = self._broken_by or self._journal.fault

    def _note(self, place: int, outcome: BulkOutcome) -> None:
        self._outcomes[place] = outcome
        count = getattr(self._progress, outcome.status) + 1
        self._progress = evolve(self._progress, latest=outcome, **{outcome.status: count})
        self._tell()

    def _tell(self) -> None:
        if self._manner.progress is not None:
            try:
                self._manner.progress(self._progress)
            except BaseException:  # SystemExit, for one, would end the thread of all calls
                _log.exception("the progress callback failed; the change goes on")


_END = object()
