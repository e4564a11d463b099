"""Tables for people, by rich: as wide as the terminal, or as wide as they need if there is none."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from tinker_rest_cli.formatting import printable

if TYPE_CHECKING:
    from tinker_rest_cli.columns import Column

GAP = 2
# The least widths of IDs and other texts, and whether words stay whole; the first set that fits is used.
LEAST_WIDTHS = ((999, 16, False), (20, 16, False), (20, 10, True), (10, 10, True), (10, 8, False))
HEADING, ID, LABEL = "bold", "cyan", "dim"


def console(*, stderr: bool = False) -> Console:
    """The console for one of the outputs; NO_COLOR and FORCE_COLOR control colors and bold."""
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
    """Write parts below each other, without trailing spaces.

    With `soft_wrap`, the terminal wraps long lines, so that copied text stays whole.
    """
    with output.capture() as written:
        for part in parts:
            output.print(part, soft_wrap=soft_wrap)
    stream = sys.stderr if output.stderr else sys.stdout
    stream.write("".join(f"{line.rstrip()}\n" for line in written.get().splitlines()))


def write_table(columns: Sequence[Column[Any]], items: Sequence[Any], *, stderr: bool = False) -> None:
    """Write a table. In a narrow terminal, columns are folded, or each item is a list."""
    output = console(stderr=stderr)
    rows = [[printable(column.text(column.value(item))) for column in columns] for item in items]
    widths = _widths(columns, rows, output.width)
    if not widths:
        for row in rows:
            for column, text in zip(columns, row, strict=True):
                line = Text(text, ID) if column.is_id else Text(f"  {column.heading}  {text}")
                write(output, line, soft_wrap=True)
        return
    shown = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style=HEADING)
    for column, width in zip(columns, widths, strict=True):
        justify: Literal["left", "right"] = "right" if column.right else "left"
        style = ID if column.is_id else ""
        shown.add_column(Text(column.heading), style=style, justify=justify, width=width, overflow="fold")
    for row in rows:
        cells = zip(columns, row, widths, strict=True)
        shown.add_row(*(_folded(text, width) if column.is_id else Text(text) for column, text, width in cells))
    write(output, shown)


def _widths(columns: Sequence[Column[Any]], rows: Sequence[Sequence[str]], available: int) -> list[int]:
    """How wide each column is; headings are folded first, words last. Empty if they do not fit."""
    texts = [[column.heading, *some] for column, *some in zip(columns, *rows, strict=True)]
    cells = [max(map(cell_len, [*heading.split(), *some])) for heading, *some in texts]
    words = [max(map(cell_len, " ".join(some).split())) for some in texts]
    for id_width, text_width, keeps_words in LEAST_WIDTHS:
        widths = [max(map(cell_len, some)) for some in texts]
        least = [
            min(cell, id_width if column.is_id else max(text_width, word * keeps_words))
            for column, cell, word in zip(columns, cells, words, strict=True)
        ]
        while sum(widths) + GAP * (len(widths) - 1) > available:
            wide = [number for number, width in enumerate(widths) if width > least[number]]
            if not wide:
                break
            widths[max(wide, key=widths.__getitem__)] -= 1
        else:
            return widths
    return []


def _folded(text: str, width: int) -> Text:
    """An ID or path in lines that end at a separator, if one is near their end."""
    pattern = rf".{{1,{width}}}$|.{{{width * 3 // 5},{width}}}(?:(?<=[-/:])|(?=[-/:]))|.{{1,{width}}}"
    return Text("\n".join(re.findall(pattern, text)))


def write_facts(facts: Sequence[tuple[str, str]]) -> None:
    """Write facts about one thing, a line for each."""
    margin = max((cell_len(printable(name)) for name, _ in facts), default=0) + GAP
    lines = []
    for name, text in facts:
        label = Text(printable(name), LABEL)
        label.pad_right(margin - label.cell_len)
        lines.append(Text.assemble(label, printable(text)))
    write(console(), *lines, soft_wrap=True)
