"""Tables for people, by rich: as wide as the terminal, or as wide as they like if the output is no terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tinker_rest_cli.formatting import printable

if TYPE_CHECKING:
    from tinker_rest_cli.columns import Column

GAP = 2
MIN_WIDTH = 12  # what a column of other things than IDs needs to be read
HEADING, ID, LABEL = "bold", "cyan", "dim"


def console(*, stderr: bool = False) -> Console:
    """The console for one of the outputs; NO_COLOR and FORCE_COLOR decide about colors, and bold is one."""
    is_terminal = (sys.stderr if stderr else sys.stdout).isatty()
    return Console(
        stderr=stderr,
        width=None if is_terminal else 100_000,
        markup=False,
        highlight=False,
        emoji=False,
        color_system=None if os.environ.get("NO_COLOR") else "auto",
    )


def write(output: Console, *parts: RenderableType, soft_wrap: bool = False) -> None:
    """Write parts below each other, without the spaces that fill lines.

    With `soft_wrap`, the terminal breaks wider lines: what is copied is whole.
    """
    with output.capture() as written:
        for part in parts:
            output.print(part, soft_wrap=soft_wrap)
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in written.get().splitlines()))


def table() -> Table:
    """A table without lines."""
    return Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style=HEADING)


def write_table(columns: Sequence[Column[Any]], items: Sequence[Any]) -> None:
    """Write a table; if IDs leave too little room for the other columns, each ID has a line of its own."""
    output = console()
    rows = [[printable(column.text(column.value(item))) for column in columns] for item in items]
    needed = -GAP
    for column, *texts in zip(columns, *rows, strict=True):
        width = max(map(cell_len, [column.heading, *texts]))
        needed += GAP + (width if column.no_wrap else min(width, MIN_WIDTH))
    if needed > output.width:
        _write_blocks(output, columns, rows)
        return
    shown = table()
    for column in columns:
        shown.add_column(
            Text(column.heading),
            style=ID if column.no_wrap else "",
            justify="right" if column.right else "left",
            no_wrap=column.no_wrap,
            overflow="fold",
        )
    for row in rows:
        shown.add_row(*map(Text, row))
    write(output, shown)


def _write_blocks(output: Console, columns: Sequence[Column[Any]], rows: Sequence[Sequence[str]]) -> None:
    for row in rows:
        cells = [(column, text) for column, text in zip(columns, row, strict=True) if text]
        write(output, *(Text(text, ID) for column, text in cells if column.no_wrap), soft_wrap=True)
        others = [Text.assemble((one.heading, LABEL), " ", text) for one, text in cells if not one.no_wrap]
        write(output, Padding(Text("  ").join(others), (0, 0, 0, GAP)))


def write_facts(facts: Sequence[tuple[str, str]]) -> None:
    """Write facts about one thing, a line for each."""
    margin = max((cell_len(printable(name)) for name, _ in facts), default=0) + GAP
    lines = []
    for name, text in facts:
        label = Text(printable(name), LABEL)
        label.pad_right(margin - label.cell_len)
        lines.append(Text.assemble(label, printable(text)))
    write(console(), *lines, soft_wrap=True)
