"""What became of a change to many checkpoints."""

from __future__ import annotations

from collections import Counter
from typing import Literal

from attrs import field, frozen

from tinker_rest.errors import BulkError
from tinker_rest.redaction import one_line

BulkStatus = Literal["done", "already_done", "failed", "cancelled"]

# What needs not be done again.
SUCCEEDED: tuple[BulkStatus, ...] = ("done", "already_done")
_ERRORS_TOLD = 3


@frozen
class BulkOutcome:
    """What became of one checkpoint.

    Attributes:
        tinker_path: The address of the checkpoint, as it was given.
        status: `done`; `already_done` where the server said that it is gone, public or private already;
            `failed`; or `cancelled` where it was not tried, since nothing could succeed any more.
        error: Why it failed; None otherwise.
        from_journal: Whether it was done before, by an earlier run with the same journal.
    """

    tinker_path: str
    status: BulkStatus
    error: Exception | None = None
    from_journal: bool = False


@frozen
class BulkProgress:
    """How far a change to many checkpoints is.

    Attributes:
        total: How many checkpoints there are to change; None where that is not known beforehand.
        done: How many were changed so far.
        already_done: How many had been so already.
        failed: How many could not be changed.
        cancelled: How many were not tried.
        latest: The outcome that is told of; None at the beginning, once it is known what there is to do.
    """

    total: int | None
    done: int = 0
    already_done: int = 0
    failed: int = 0
    cancelled: int = 0
    latest: BulkOutcome | None = None

    @property
    def finished(self) -> int:
        """How many checkpoints have an outcome."""
        return self.done + self.already_done + self.failed + self.cancelled


@frozen(repr=False)
class BulkResult:
    """What became of all checkpoints.

    Attributes:
        outcomes: One for each checkpoint, in the order in which they were given. What was given twice has one.
        stopped_by: The error after which the rest was not tried, since nothing could succeed any more; None
            where everything was tried.
    """

    outcomes: list[BulkOutcome] = field()
    stopped_by: Exception | None = None

    @property
    def succeeded(self) -> list[BulkOutcome]:
        """The outcomes `done` and `already_done`."""
        return [one for one in self.outcomes if one.status in SUCCEEDED]

    @property
    def failed(self) -> list[BulkOutcome]:
        """The outcomes `failed`."""
        return [one for one in self.outcomes if one.status == "failed"]

    @property
    def cancelled(self) -> list[BulkOutcome]:
        """The outcomes `cancelled`."""
        return [one for one in self.outcomes if one.status == "cancelled"]

    def raise_for_failures(self) -> None:
        """Raise a BulkError where a checkpoint failed or was not tried; it has this result."""
        failed, cancelled = self.failed, self.cancelled
        if not failed and not cancelled:
            return
        told = [f"{one.tinker_path}: {one.error}" for one in failed[:_ERRORS_TOLD]]
        if len(failed) > _ERRORS_TOLD:
            told.append(f"and {len(failed) - _ERRORS_TOLD} more")
        untried = f", {len(cancelled)} not tried" if cancelled else ""
        message = f"{len(failed)} of {len(self.outcomes)} checkpoints failed{untried}: {'; '.join(told)}"
        raise BulkError(one_line(message, 1000), self)

    def __repr__(self) -> str:
        """How many there are of each status."""
        counts = Counter(one.status for one in self.outcomes)
        told = ", ".join(f"{count} {status}" for status, count in counts.items()) or "nothing to do"
        return f"<BulkResult {told}>"
