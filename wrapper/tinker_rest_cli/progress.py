"""Progress bars on stderr, by rich, if that is a terminal."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from tinker_rest_cli.settings import Settings

BYTES = "bytes"
SECONDS_BEFORE = 0.5


@contextmanager
def progress(
    settings: Settings, description: str, *, total: float | None = None, unit: str
) -> Iterator[Callable[..., None]]:
    """Show a bar while a block runs, except with `-q`. The unit is such as `checkpoints`, or `BYTES`.

    The block gets a function that takes `completed=` and, once it is known, `total=`.
    """
    if settings.quiet or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda **_: None
        return
    from rich import progress as parts

    from tinker_rest_cli.tables import console

    counts: list[parts.ProgressColumn] = [parts.MofNCompleteColumn(), parts.TextColumn(unit)]
    if unit == BYTES:
        counts = [parts.DownloadColumn(), parts.TransferSpeedColumn()]
    text = parts.TextColumn("{task.description}", markup=False)
    columns = [text, parts.BarColumn(), *counts, parts.TimeRemainingColumn()]
    shown = parts.Progress(*columns, console=console(stderr=True), transient=True)
    task = shown.add_task(description, total=total)
    timer = threading.Timer(SECONDS_BEFORE, shown.start)  # faster work needs no bar
    timer.daemon = True
    timer.start()
    try:
        yield partial(shown.update, task)
    finally:
        timer.cancel()
        timer.join()
        if shown.live.is_started:
            shown.stop()


def counting_bytes(update: Callable[..., None]) -> Callable[[Any], None]:
    """A progress hook for the client, which shows the bytes of a single transfer."""
    return lambda so_far: update(completed=so_far.bytes_done, total=so_far.bytes_total)
