"""How far something is that takes long: a bar with rate and time left on stderr, where that is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tinker_rest.command_line.settings import Settings

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

BYTES = "bytes"


class Bar:
    """Shows how far something is, or nothing where nobody would see it."""

    def update(self, completed: float, *, total: float | None = None, description: str | None = None) -> None:
        """Tell how much is done, how much there is in all as far as that is known, and what is being done."""

    def advance(self, count: float) -> None:
        """Tell how much more is done."""


class _Shown(Bar):
    def __init__(self, shown: Progress, task: TaskID) -> None:
        self._shown = shown
        self._task = task

    def update(self, completed: float, *, total: float | None = None, description: str | None = None) -> None:
        self._shown.update(self._task, completed=completed, total=total, description=description)

    def advance(self, count: float) -> None:
        self._shown.advance(self._task, count)


def shows_progress(settings: Settings) -> bool:
    """Whether anybody would see a bar."""
    return sys.stderr.isatty() and not settings.quiet


@contextmanager
def progress(settings: Settings, description: str, *, total: float | None = None, unit: str) -> Iterator[Bar]:
    """A bar for the time of a block, which is gone at its end.

    Args:
        settings: What the common options say; there is no bar with `-q`.
        description: What is being done.
        total: How much there is in all; None for not known.
        unit: What is counted, such as `checkpoints`; `BYTES` for bytes.
    """
    if not shows_progress(settings):
        yield Bar()
        return
    with _progress(unit) as shown:
        yield _Shown(shown, shown.add_task(description, total=total))


def _progress(unit: str) -> Progress:
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )
    from rich.text import Text

    from tinker_rest.command_line.tables import console

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text("" if speed is None else f"{speed:,.0f} {unit}/s", style="progress.data.speed")

    counts: tuple[Any, ...] = (
        (DownloadColumn(), TransferSpeedColumn()) if unit == BYTES else (MofNCompleteColumn(), Rate())
    )
    text = TextColumn("{task.description}", markup=False)
    return Progress(
        text, BarColumn(), *counts, TimeRemainingColumn(), console=console(stderr=True), transient=True
    )
