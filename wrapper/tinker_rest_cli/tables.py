"""Tables for people: as wide as the terminal, without a lid on width where the output is no terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from tinker_rest_cli.texts import printable

if TYPE_CHECKING:
    from rich.console import Console

    from tinker_rest_cli.output import Column

T = TypeVar("T")

GAP = "  "
# To what a column may shrink that holds no ids, and up to which length its words are kept whole.
NARROWEST, LONGEST_WORD = 8, 12
HEADING, ID, LABEL = "bold", "cyan", "dim"


def console(*, stderr: bool = False) -> Console:
    """The console of rich for one of the outputs: it knows of widths and colours, NO_COLOR and FORCE_COLOR."""
    from rich.console import Console

    color = None if os.environ.get("NO_COLOR") else "auto"
    return Console(stderr=stderr, markup=False, highlight=False, emoji=False, color_system=color)  # type: ignore[arg-type]


def width_of(text: str) -> int:
    """How many cells of a terminal a text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


class Page:
    """Where a table is written to.

    Attributes:
        width: How many columns there are; None for any number.
    """

    def __init__(self) -> None:
        """Look at the output."""
        from rich.color import ColorSystem

        shown = console()
        self.width = shown.width if sys.stdout.isatty() else None
        self._colors = ColorSystem.STANDARD if shown.color_system else None

    def styled(self, text: str, style: str) -> str:
        """The text in a style of rich, where there are colours."""
        if self._colors is None:
            return text
        from rich.style import Style

        return Style.parse(style).render(text, color_system=self._colors)

    def write(self, line: str) -> None:
        """Write a line as it is."""
        sys.stdout.write(line.rstrip() + "\n")

    def fold(self, text: str, style: str = "", *, first: str = "", margin: int = 0) -> None:
        """Write a text in lines that fit, all but the first indented.

        Args:
            text: The text.
            style: Its style.
            first: What stands before the text in the first line, styled already; as wide as the margin.
            margin: How many columns the other lines are indented.
        """
        lines = [text] if self.width is None else [*folded(text, max(20, self.width - margin))]
        for number, line in enumerate(lines):
            self.write((" " * margin if number else first) + (self.styled(line, style) if style else line))


def write_table(columns: Sequence[Column[T]], items: Sequence[T]) -> None:
    """Write a table with a line for each item or, where ids would not fit their columns, with several."""
    page = Page()
    rows = [[printable(column.text(column.value(item))) for column in columns] for item in items]
    widths = _widths(columns, rows, page.width)
    if widths is None:
        _write_blocks(page, columns, rows)
        return
    _write_line(page, columns, widths, [column.heading for column in columns], HEADING)
    for row in rows:
        _write_line(page, columns, widths, row, None)


def _widths(columns: Sequence[Column[Any]], rows: Sequence[Sequence[str]], most: int | None) -> list[int] | None:
    """The widths of the columns, None where the ids leave too little for the others."""
    headings = [width_of(column.heading) for column in columns]
    natural = [
        max(heading, max((width_of(row[number]) for row in rows), default=0))
        for number, heading in enumerate(headings)
    ]
    if most is None:
        return natural
    least = [
        width if column.whole else min(width, max(heading, NARROWEST, _longest_word(row[number] for row in rows)))
        for number, (column, width, heading) in enumerate(zip(columns, natural, headings, strict=True))
    ]
    spare = most - len(GAP) * (len(columns) - 1) - sum(least)
    if spare < 0:
        return None
    widths = least
    while spare > 0:  # a cell at a time to the narrowest that wants more
        wanting = [number for number, width in enumerate(widths) if width < natural[number]]
        if not wanting:
            break
        widths[min(wanting, key=lambda number: widths[number])] += 1
        spare -= 1
    return widths


def _longest_word(texts: Iterable[str]) -> int:
    longest = max((len(word) for text in texts for word in text.split(" ")), default=0)
    return min(longest, LONGEST_WORD)


def _write_line(
    page: Page, columns: Sequence[Column[Any]], widths: Sequence[int], row: Sequence[str], style: str | None
) -> None:
    """Write a row, whose cells may need several lines."""
    cells = [[*folded(text, width)] for text, width in zip(row, widths, strict=True)]
    for number in range(max(map(len, cells))):
        parts = []
        for column, width, lines in zip(columns, widths, cells, strict=True):
            text = _filled(lines[number] if number < len(lines) else "", width, right=column.right)
            own_style = style or (ID if column.whole else None)
            parts.append(page.styled(text, own_style) if own_style else text)
        page.write(GAP.join(parts))


def _write_blocks(page: Page, columns: Sequence[Column[Any]], rows: Sequence[Sequence[str]]) -> None:
    """Write what ids there are in lines of their own, and below them the rest with its headings."""
    for row in rows:
        line, length = "", 0
        pairs = [(column, text) for column, text in zip(columns, row, strict=True) if text]
        for column, text in sorted(pairs, key=lambda pair: not pair[0].whole):
            if column.whole:  # the terminal breaks what is wider; it can still be copied in one piece
                page.write(page.styled(text, ID))
                continue
            fact, width = f"{page.styled(column.heading, LABEL)} {text}", width_of(f"{column.heading} {text}")
            if line and page.width is not None and length + len(GAP) + width > page.width:
                page.write(line)
                line, length = "", 0
            line, length = f"{line}{GAP}{fact}", length + len(GAP) + width
        page.write(line)


def write_facts(facts: Sequence[tuple[str, str]]) -> None:
    """Write facts about one thing, a line or more for each."""
    page = Page()
    shown = [(printable(name), printable(text)) for name, text in facts]
    margin = max((width_of(name) for name, _ in shown), default=0)
    for name, text in shown:
        page.write(f"{page.styled(_filled(name, margin), LABEL)}{GAP}{text}")


def folded(text: str, width: int) -> Iterator[str]:
    """The text in lines of a width, broken at spaces where there are any; nothing is left out."""
    if width_of(text) <= width:
        yield text
        return
    from rich.cells import chop_cells

    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if width_of(longer) <= width:
            line = longer
            continue
        if line:
            yield line
        *full, line = chop_cells(word, width) or [""]
        yield from full
    yield line


def _filled(text: str, width: int, *, right: bool = False) -> str:
    space = " " * max(0, width - width_of(text))
    return space + text if right else text + space
