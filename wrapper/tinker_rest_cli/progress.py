"""How far something is that takes long: a bar with rate and time left on stderr, where that is a terminal."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tinker_rest_cli.settings import Settings

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.progress import Progress, ProgressColumn

BYTES = "bytes"
# What is done sooner needs no bar.
SECONDS_BEFORE = 0.5


class Bar:
    """How far something is. Telling it costs next to nothing; what is shown looks here by itself.

    Attributes:
        description: What is being done.
        completed: How much is done.
        total: How much there is in all; None for not known.
        unit: What is counted, such as `checkpoints`; `BYTES` for bytes.
    """

    def __init__(self, description: str, total: float | None, unit: str) -> None:
        """Begin at nothing."""
        self.description = description
        self.completed: float = 0
        self.total = total
        self.unit = unit

    def update(self, completed: float, *, total: float | None = None, description: str | None = None) -> None:
        """Tell how much is done; a total and a description stay where they are not given."""
        self.completed = completed
        self.total = self.total if total is None else total
        self.description = self.description if description is None else description

    def advance(self, count: float) -> None:
        """Tell how much more is done."""
        self.completed += count


class _Display:
    """Shows a bar from some time after its beginning until its end."""

    def __init__(self, bar: Bar) -> None:
        self._bar = bar
        self._lock = threading.Lock()
        self._ended = False
        self._shown: Progress | None = None
        self._timer = threading.Timer(SECONDS_BEFORE, self._appear)
        self._timer.daemon = True
        self._timer.start()

    def _appear(self) -> None:
        shown = _progress_of(self._bar)
        with self._lock:
            if not self._ended:
                self._shown = shown
                shown.start()

    def end(self) -> None:
        self._timer.cancel()
        with self._lock:
            self._ended = True
            if self._shown is not None:
                self._shown.stop()


@contextmanager
def progress(settings: Settings, description: str, *, total: float | None = None, unit: str) -> Iterator[Bar]:
    """A bar for the time of a block, which is gone at its end; see `Bar`.

    It is shown where stderr is a terminal, not with `-q`, and only when the block takes some time.
    """
    bar = Bar(description, total, unit)
    if settings.quiet or not sys.stderr.isatty():
        yield bar
        return
    display = _Display(bar)
    try:
        yield bar
    finally:
        display.end()


def _progress_of(bar: Bar) -> Progress:
    from rich import progress as parts
    from rich.text import Text

    from tinker_rest_cli.tables import console

    class Synced(parts.Progress):
        def get_renderables(self) -> Iterable[RenderableType]:
            for task in self.task_ids:
                self.update(task, completed=bar.completed, total=bar.total, description=bar.description)
            return super().get_renderables()

    class Rate(parts.ProgressColumn):
        def render(self, task: parts.Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text("" if speed is None else f"{speed:,.0f} {bar.unit}/s", style="progress.data.speed")

    columns: list[ProgressColumn] = [parts.TextColumn("{task.description}", markup=False), parts.BarColumn()]
    if bar.unit == BYTES:
        columns += [parts.DownloadColumn(), parts.TransferSpeedColumn()]
    else:
        columns += [parts.MofNCompleteColumn(), Rate()]
    shown = Synced(*columns, parts.TimeRemainingColumn(), console=console(stderr=True), transient=True)
    shown.add_task(bar.description, total=bar.total)
    return shown
