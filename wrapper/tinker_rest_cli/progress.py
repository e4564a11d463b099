"""Progress bars on stderr, by rich, if that is a terminal."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tinker_rest_cli.settings import Settings

if TYPE_CHECKING:
    from rich.progress import Progress

BYTES = "bytes"
SECONDS_BEFORE = 0.5


class Bar:
    """Where a command says how far it is; without a terminal, nobody listens."""

    def __init__(self, shown: Progress | None = None) -> None:
        """Keep where it is shown."""
        self._shown = shown

    def update(self, completed: float, *, total: float | None = None) -> None:
        """Say how much is done; a total that is not given stays as it was."""
        if self._shown is not None:
            self._shown.update(self._shown.task_ids[0], completed=completed, total=total)


@contextmanager
def progress(settings: Settings, description: str, *, total: float | None = None, unit: str) -> Iterator[Bar]:
    """Show a bar while a block runs, except with `-q`. The unit is such as `checkpoints`, or `BYTES`."""
    if settings.quiet or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield Bar()
        return
    from rich import progress as parts

    from tinker_rest_cli.tables import console

    counts: list[parts.ProgressColumn] = [parts.MofNCompleteColumn(), parts.TextColumn(unit)]
    if unit == BYTES:
        counts = [parts.DownloadColumn(), parts.TransferSpeedColumn()]
    text = parts.TextColumn("{task.description}", markup=False)
    columns = [text, parts.BarColumn(), *counts, parts.TimeRemainingColumn()]
    shown = parts.Progress(*columns, console=console(stderr=True), transient=True)
    shown.add_task(description, total=total)
    timer = threading.Timer(SECONDS_BEFORE, shown.start)  # what is done sooner needs no bar
    timer.daemon = True
    timer.start()
    try:
        yield Bar(shown)
    finally:
        timer.cancel()
        timer.join()
        if shown.live.is_started:
            shown.stop()
