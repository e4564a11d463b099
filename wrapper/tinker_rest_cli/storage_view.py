"""How a storage report is shown: sums, and below them tables with bars as wide as the terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from tinker_rest_cli.tables import GAP, HEADING, ID, LABEL, Page, width_of
from tinker_rest_cli.texts import counted, printable, size, usd

if TYPE_CHECKING:
    from tinker_rest_cli.storage_prices import Price
    from tinker_rest_cli.storage_report import Amount, RunStorage, Step, StorageReport, TtlEffect

_SIZE, _COUNT = 8, 6  # the widths of their columns
_NARROWEST_BAR, _WIDEST_BAR = 6, 40
_BLOCKS = " ▏▎▍▌▋▊▉"
_BAR = "green"
_FREED = ("   Anyway", "TTL from saving", "TTL from now")

# A label, what there is, and the label's style; with None there is no bar.
Row = tuple[str, "Amount", str | None]


def write_report(report: StorageReport, runs: Sequence[RunStorage], price: Price | None) -> None:
    """Write a report.

    Args:
        report: What there is.
        runs: The training runs to show, the largest first.
        price: What storage costs; None for not known.
    """
    if not report.total.checkpoint_count:
        sys.stderr.write("no checkpoints\n")
        return
    page = Page()
    _write_sums(page, report, price)
    sections: list[tuple[str, list[Row]]] = [
        (_runs_heading(report, runs), _run_rows(report, runs)),
        ("By age", [(_age(step), step.amount, "") for step in report.by_age]),
        ("By expiry", [(_expiry(step), step.amount, "") for step in report.by_expiry]),
    ]
    shown = [(heading, _seen(rows)) for heading, rows in sections]
    widths = [max(width_of(text) for text in (heading, *(row[0] for row in rows))) for heading, rows in shown]
    for (heading, rows), width in zip(shown, widths, strict=True):
        table = _Table(page, max(widths))
        (table if table.fits else _Table(page, width)).write(heading, rows)
    if report.ttl is not None:
        _write_effect(page, report.ttl)


def _write_sums(page: Page, report: StorageReport, price: Price | None) -> None:
    total = report.total
    runs = counted(len(report.runs), "training run")
    checkpoints = counted(total.checkpoint_count, "checkpoint")
    page.fold(f"{_size(total)} in {checkpoints} of {runs}", HEADING)
    for kinds in ({"private": report.private, "public": report.public}, report.by_type):
        parts = [f"{printable(name)} {_size(one)}" for name, one in kinds.items() if one.checkpoint_count]
        page.fold(", ".join(parts))
    if total.unknown_size_count:
        unknown = counted(total.unknown_size_count, "checkpoint")
        page.fold(f"{unknown} of unknown size, which no sum has; counts have them")
    if price is not None:
        whose = "the server's" if price.source == "server" else "the given"
        rate = f"{price.usd_per_gigabyte_month:g} USD per GB"
        page.fold(f"about {usd(price.of(total))} USD a month, at {whose} {rate}, before credits")


def _runs_heading(report: StorageReport, runs: Sequence[RunStorage]) -> str:
    return "By training run" if len(runs) == len(report.runs) else f"The {len(runs)} largest training runs"


def _run_rows(report: StorageReport, runs: Sequence[RunStorage]) -> list[Row]:
    from tinker_rest_cli.storage_report import Amount

    rows: list[Row] = [(printable(run.training_run_id or "unknown run"), run.amount, ID) for run in runs]
    others = report.runs[len(runs) :]
    if others:
        rest = Amount(
            sum(run.amount.checkpoint_count for run in others),
            sum(run.amount.size_bytes for run in others),
            sum(run.amount.unknown_size_count for run in others),
        )
        rows.append((f"{len(others):,} more, which --top 0 lists", rest, None))
    return rows


def _seen(rows: Sequence[Row]) -> list[Row]:
    """The rows without those of something unknown that there is nothing of."""
    return [row for row in rows if row[1].checkpoint_count or not row[0].startswith("unknown")]


def _age(step: Step) -> str:
    begin, end = step.days
    if begin is None:
        return "unknown"
    if end is None:
        return "more than a year"
    return "up to a day" if begin == 0 else f"{begin} to {end} days"


def _expiry(step: Step) -> str:
    begin, end = step.days
    if begin is None:
        return "never"
    if end is None:
        return f"in more than {begin} days"
    return "in a day or less" if begin == 0 else f"in {begin} to {end} days"


class _Table:
    """A table with bars.

    Args:
        page: Where to.
        label_width: How wide the labels are.

    Attributes:
        fits: Whether labels and numbers stand beside each other; else labels have lines of their own.
    """

    def __init__(self, page: Page, label_width: int) -> None:
        self._page = page
        self.fits = True
        self._label, self._bar = label_width, 0
        if page.width is None:  # no terminal: no bars, and no lid on width
            return
        left = page.width - label_width - 2 * len(GAP) - _SIZE - _COUNT
        self.fits = left >= 0
        if not self.fits:
            self._label, left = 0, page.width - 2 * len(GAP) - _SIZE - _COUNT
        bar = left - len(GAP)
        self._bar = min(bar, _WIDEST_BAR) if bar >= _NARROWEST_BAR else 0

    def write(self, heading: str, rows: Sequence[Row]) -> None:
        self._page.write("")
        self._line(heading, HEADING, f"{'Size':>{_SIZE}}", f"{'Count':>{_COUNT}}", 0.0, HEADING)
        most = max((amount.size_bytes for _, amount, style in rows if style is not None), default=0)
        for label, amount, style in rows:
            part = amount.size_bytes / most if most and style is not None else 0.0
            self._line(
                label, style, f"{_size(amount):>{_SIZE}}", f"{amount.checkpoint_count:>{_COUNT},}", part, ""
            )

    def _line(
        self, label: str, style: str | None, size_text: str, count: str, part: float, number_style: str
    ) -> None:
        shown = self._page.styled(label, style) if style else label
        if not self.fits:
            self._page.write(shown)
            shown, label = "", ""
        numbers = f"{size_text}{GAP}{count}"
        if number_style:
            numbers = self._page.styled(numbers, number_style)
        line = f"{shown}{' ' * (self._label - width_of(label))}{GAP}{numbers}"
        if drawn := bar(part, self._bar):
            line += f"{GAP}{self._page.styled(drawn, _BAR)}"
        self._page.write(line)


def bar(part: float, width: int) -> str:
    """A bar that is a part of a width long; the least that there is has the thinnest."""
    if not width or part <= 0:
        return ""
    if not _has_blocks():
        return "#" * max(1, round(part * width))
    eighths = max(1, round(part * width * 8))
    return ("█" * (eighths // 8) + _BLOCKS[eighths % 8]).rstrip()


def _has_blocks() -> bool:
    try:
        f"█{_BLOCKS}".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _size(amount: Amount) -> str:
    is_known = amount.checkpoint_count > amount.unknown_size_count or not amount.checkpoint_count
    return size(amount.size_bytes if is_known else None)


def _write_effect(page: Page, effect: TtlEffect) -> None:
    page.write("")
    ttl, concerned = span(effect.ttl), effect.concerned
    if not concerned.checkpoint_count:
        page.fold(f"A TTL of {ttl} would free nothing: all that is private expires.")
        return
    width = max(12, *(len(_horizon(one.after)) for one in effect.freed))
    titles = "".join(f"{GAP}{title:>{len(title)}}" for title in _FREED)
    page.write(page.styled(f"{'Gone, in all':<{width}}{titles}", HEADING))
    for one in effect.freed:
        amounts = (one.anyway, one.from_saving, one.from_now)
        cells = "".join(
            f"{GAP}{_size(amount):>{len(title)}}" for title, amount in zip(_FREED, amounts, strict=True)
        )
        page.write(f"{_horizon(one.after):<{width}}{cells}")
    what = f"{counted(concerned.checkpoint_count, 'checkpoint')}, {_size(concerned)}"
    page.fold(
        f"Anyway: as things are. Besides, with a TTL of {ttl} on what is private and never expires ({what}): had"
        " it been there since saving, or were it set now.",
        LABEL,
    )
    if effect.unknown_age_count:
        unknown = counted(effect.unknown_age_count, "checkpoint")
        page.fold(f"{unknown} of unknown age are not in TTL from saving.", LABEL)


def _horizon(after: timedelta) -> str:
    return f"in {span(after)}" if after else "at once"


def span(length: timedelta) -> str:
    """A length of time in the largest units that it is whole in, such as `30 days`, `36 hours`."""
    seconds = int(length.total_seconds())
    for unit, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= unit and seconds % unit == 0:
            return counted(seconds // unit, name)
    return counted(seconds, "second")
