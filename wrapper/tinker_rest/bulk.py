"""The results of changes to many checkpoints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Literal

from attrs import field, frozen

from tinker_rest._redaction import summarize
from tinker_rest.errors import TinkerError

__all__ = ["BulkError", "BulkOutcome", "BulkProgress", "BulkResult", "BulkStatus"]

BulkStatus = Literal["done", "already_done", "not_found", "failed", "skipped"]

SUCCEEDED: tuple[BulkStatus, ...] = ("done", "already_done")
MAX_ERRORS_SHOWN = 3


@frozen
class BulkOutcome:
    """The outcome for one checkpoint.

    Attributes:
        tinker_path: The address of the checkpoint, as given.
        status: `done`; `already_done` if the checkpoint was listed a moment ago and is gone now, or if it was
            public or private already; `not_found` if the server does not know it; `failed`; or `skipped` if it was
            not tried, since every remaining change would fail the same way.
        error: Why it failed or was not found; None otherwise.
        from_log: Whether an earlier run with the same log has done it.
    """

    tinker_path: str
    status: BulkStatus
    error: Exception | None = None
    from_log: bool = False


@frozen
class BulkProgress:
    """The progress of a change to many checkpoints.

    Attributes:
        total: The number of checkpoints to change; None if it is not known beforehand.
        done: How many were changed.
        already_done: How many needed no change.
        not_found: How many the server does not know.
        failed: How many could not be changed.
        skipped: How many were not tried.
        latest: The latest outcome; None in the first report, before anything is changed.
    """

    total: int | None
    done: int = 0
    already_done: int = 0
    not_found: int = 0
    failed: int = 0
    skipped: int = 0
    latest: BulkOutcome | None = None

    @property
    def finished(self) -> int:
        """How many checkpoints have an outcome."""
        return self.done + self.already_done + self.not_found + self.failed + self.skipped


@frozen(repr=False)
class BulkResult:
    """The outcomes for all checkpoints.

    Attributes:
        outcomes: One for each checkpoint, in the given order. A checkpoint that was given twice has one.
        stopped_by: The error after which the rest was skipped; None if everything was tried.
    """

    outcomes: list[BulkOutcome] = field()
    stopped_by: Exception | None = None

    @property
    def succeeded(self) -> list[BulkOutcome]:
        """The outcomes `done` and `already_done`."""
        return [one for one in self.outcomes if one.status in SUCCEEDED]

    @property
    def not_found(self) -> list[BulkOutcome]:
        """The outcomes `not_found`."""
        return [one for one in self.outcomes if one.status == "not_found"]

    @property
    def failed(self) -> list[BulkOutcome]:
        """The outcomes `failed`."""
        return [one for one in self.outcomes if one.status == "failed"]

    @property
    def skipped(self) -> list[BulkOutcome]:
        """The outcomes `skipped`."""
        return [one for one in self.outcomes if one.status == "skipped"]

    def raise_for_failures(self) -> None:
        """Raise an error unless every checkpoint was changed or needed no change.

        Raises:
            BulkError: A checkpoint failed, was not found or was skipped. Its `result` is this result.
        """
        bad = [one for one in self.outcomes if one.status not in SUCCEEDED]
        if not bad:
            return
        errors = [f"{one.tinker_path}: {one.error}" for one in bad if one.error is not None]
        shown = "; ".join(errors[:MAX_ERRORS_SHOWN])
        if len(errors) > MAX_ERRORS_SHOWN:
            shown += f"; and {len(errors) - MAX_ERRORS_SHOWN} more"
        message = f"{len(bad)} of {len(self.outcomes)} checkpoints were not changed ({_counts(bad)}): {shown}"
        raise BulkError(summarize(message, 1000), self)

    def __repr__(self) -> str:
        return f"<BulkResult {_counts(self.outcomes) or 'nothing to do'}>"


def _counts(outcomes: Iterable[BulkOutcome]) -> str:
    return ", ".join(f"{count} {status}" for status, count in Counter(one.status for one in outcomes).items())


class BulkError(TinkerError):
    """Some checkpoints could not be changed, or were not tried.

    Attributes:
        result: The outcomes for all checkpoints.
    """

    def __init__(self, message: str, result: BulkResult) -> None:
        super().__init__(message, result)
        self.result = result

    def __str__(self) -> str:
        return str(self.args[0])
