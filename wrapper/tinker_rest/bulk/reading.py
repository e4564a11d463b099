"""Reads the checkpoints that a selection is applied to."""

from __future__ import annotations

import asyncio
from collections.abc import Container, Iterable
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from tinker_rest.calling.sending import Sender
from tinker_rest.selection import CheckpointSelection

if TYPE_CHECKING:
    from tinker_rest.methods.bulk import BulkMethods
    from tinker_rest.types import Checkpoint

RUNS_AT_ONCE = 16


async def _checkpoints_of_runs(client: BulkMethods, run_ids: list[str]) -> list[Checkpoint]:
    room = asyncio.Semaphore(RUNS_AT_ONCE)

    async def read(run_id: str) -> list[Checkpoint]:
        async with room:
            return (await client.list_checkpoints(run_id)).checkpoints

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(read(run_id)) for run_id in run_ids]
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return [checkpoint for task in tasks for checkpoint in task.result()]


async def read_all(client: BulkMethods, selection: CheckpointSelection) -> list[Checkpoint]:
    """The checkpoints among which a selection selects. Raises TinkerError."""
    if selection.training_run_ids is None:
        return [checkpoint async for checkpoint in client.iter_user_checkpoints()]
    return await _checkpoints_of_runs(client, list(dict.fromkeys(selection.training_run_ids)))


async def read_selected(client: BulkMethods, selection: CheckpointSelection) -> list[Checkpoint]:
    """The checkpoints that a selection means. Raises TinkerError."""
    return selection.apply(await read_all(client, selection))


def still_meant(
    plan: Iterable[str],
    done: Container[str],
    selection: CheckpointSelection,
    everything: Iterable[Checkpoint],
) -> list[str]:
    """Those of a plan that was made before that are done, gone, or still selected.

    The others are protected by now: they were published, say, or have become the newest of their run.

    Args:
        plan: The tinker paths that were selected then.
        done: Those of which nothing is left to do.
        selection: How they were selected.
        everything: The checkpoints that there are now.
    """
    everything = list(everything)
    there = {one.tinker_path for one in everything}
    meant = {one.tinker_path for one in evolve(selection, limit=None, sort=None).apply(everything)}
    return [path for path in plan if path in meant or path in done or path not in there]


@frozen
class SelectionReading:
    """Reads what a selection means; a client carries it as it carries a call."""

    client: BulkMethods
    selection: CheckpointSelection

    async def run(self, _: Sender) -> list[Checkpoint]:
        """Carry it out. Raises TinkerError."""
        return await read_selected(self.client, self.selection)
