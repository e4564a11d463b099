"""Downloads several checkpoints at once, and keeps a journal of those that are there."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tinker_rest.bulk.giving_up import GivingUp
from tinker_rest.bulk.journal import Journal, JournalHeader
from tinker_rest.bulk.outcomes import BulkOutcome
from tinker_rest.errors import TinkerError
from tinker_rest_cli.progress import Bar
from tinker_rest_cli.targets import Target

if TYPE_CHECKING:
    from tinker_rest import RestClient
    from tinker_rest.download.results import DownloadProgress

ACTION = "download_checkpoints"
_NOT_THERE: dict[str, Any] = {"destination": None, "size_bytes": None, "verified_by": None}


@dataclass(frozen=True)
class Manner:
    """How checkpoints are downloaded.

    Attributes:
        dest: Where each goes, as `download_checkpoint` has it.
        extract: Whether archives are extracted.
        overwrite: Whether what is there is replaced.
        concurrency: How many at once.
        journal: The file that tells what is there; None for none.
    """

    dest: Path
    extract: bool
    overwrite: bool
    concurrency: int
    journal: Path | None


class Downloads:
    """Downloads several checkpoints.

    Args:
        client: What downloads them.
        targets: The checkpoints.
        manner: How.
        bar: Told how many bytes there are and how many have come.

    Attributes:
        results: What is to be told of each, by its tinker path; None throughout where it is not there.
        giving_up: Why the rest was not tried, where it was not.
    """

    def __init__(self, client: RestClient, targets: Sequence[Target], manner: Manner, bar: Bar) -> None:
        """Open the journal. Raises InvalidArgumentError where it cannot be used."""
        self._client = client
        self._targets = list(targets)
        self._manner = manner
        self._bar = bar
        self._progress: dict[str, DownloadProgress] = {}
        self._outcomes: dict[str, BulkOutcome] = {}
        self.giving_up = GivingUp(manner.concurrency)
        self.results = {target.tinker_path: _NOT_THERE for target in targets}

    async def run(self) -> list[BulkOutcome]:
        """Download them, one failure stopping nothing, and return what became of each.

        Raises:
            OSError: The journal cannot be written.
        """
        header = JournalHeader(ACTION, self._client.holder.base_url)
        journal = None if self._manner.journal is None else Journal(self._manner.journal, header)
        try:
            if journal is not None:
                journal.record_plan(target.tinker_path for target in self._targets)
            waiting = iter(self._targets)
            async with asyncio.TaskGroup() as group:
                for _ in range(min(self._manner.concurrency, len(self._targets))):
                    group.create_task(self._work(waiting, journal))
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None
        finally:
            if journal is not None:
                journal.close()
        return [
            self._outcomes.get(one.tinker_path) or BulkOutcome(one.tinker_path, "cancelled")
            for one in self._targets
        ]

    async def _work(self, waiting: Any, journal: Journal | None) -> None:
        for target in waiting:
            if self.giving_up.stopped_by is not None:
                return
            # Also what the journal has as done: it may have been moved away since, and to look is quick.
            outcome = await self._downloaded(target.tinker_path)
            if journal is not None:
                journal.record(outcome)
            self._outcomes[target.tinker_path] = outcome

    async def _downloaded(self, path: str) -> BulkOutcome:
        def tell(progress: DownloadProgress) -> None:
            self._progress[path] = progress
            self._show()

        try:
            result = await self._client.download_checkpoint(
                path,
                self._manner.dest,
                extract=self._manner.extract,
                overwrite=self._manner.overwrite,
                progress=tell,
            )
        except TinkerError as error:
            self.giving_up.note(error)
            return BulkOutcome(path, "failed", error.with_traceback(None))
        self.giving_up.note(None)
        self.results[path] = {
            "destination": str(result.path),
            "size_bytes": result.size_bytes,
            "verified_by": result.verified_by,
        }
        return BulkOutcome(path, "already_done" if result.was_there else "done")

    def _show(self) -> None:
        known = [*self._progress.values()]
        sizes = [target.size_bytes or 0 for target in self._targets if target.tinker_path not in self._progress]
        total = sum(one.bytes_total or one.bytes_done for one in known) + sum(sizes)
        self._bar.update(sum(one.bytes_done for one in known), total=total or None)
