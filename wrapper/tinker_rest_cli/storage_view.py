"""How a storage report is shown: sums, and below them tables with bars as wide as the terminal."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.progress_bar import ProgressBar as Bar
from rich.text import Text

from tinker_rest_cli.formatting import counted, printable, size, usd
from tinker_rest_cli.tables import GAP, HEADING, ID, LABEL, console, table, write

NUMBERS = GAP + 8 + GAP + 6 + GAP  # the width of a size and a count
MIN_BAR, MAX_BAR = 6, 40

# A label, its amount, and the label's style; with None there is no bar.
Row = tuple[str, Mapping[str, Any], str | None]


def write_report(report: Mapping[str, Any], top: int) -> None:
    """Write what `storage_report` returned, with the `top` largest training runs; 0 is all of them."""
    if not report["total"]["checkpoint_count"]:
        sys.stderr.write("no checkpoints\n")
        return
    output = console()
    write(output, *_sums(report))
    is_all = not top or top >= len(report["items"])
    tables: dict[str, list[Row]] = {
        "By training run" if is_all else f"The {top} largest training runs": _run_rows(report["items"], top),
        "By age": [(_range(ages, "", "unknown"), ages, "") for ages in report["by_age"]],
        "By expiry": [(_range(times, "in ", "never"), times, "") for times in report["by_expiry"]],
    }
    labels = [label for rows in tables.values() for label, amount, _ in rows if amount["checkpoint_count"]]
    room = output.width - NUMBERS - max(map(cell_len, labels))
    for heading, rows in tables.items():
        most = max(amount["size_bytes"] for _, amount, style in rows if style is not None)
        shown = table()
        shown.add_column(heading, min_width=max(map(cell_len, labels)) if room >= 0 else None, overflow="fold")
        shown.add_column("Size", width=8, justify="right")
        shown.add_column("Count", width=6, justify="right")
        if sys.stdout.isatty() and room >= MIN_BAR:
            shown.add_column()
        for label, amount, style in rows:
            if amount["checkpoint_count"]:
                bar = Bar(most or 1, 0 if style is None else amount["size_bytes"], min(room, MAX_BAR))
                cells: list[Any] = [
                    Text(label, style or ""),
                    _size(amount),
                    f"{amount['checkpoint_count']:,}",
                    bar,
                ]
                shown.add_row(*cells[: len(shown.columns)])
        write(output, "", shown)
    if report["ttl"] is not None:
        _write_effect(output, report["ttl"])


def _sums(report: Mapping[str, Any]) -> list[Text]:
    total = report["total"]
    what = f"{counted(total['checkpoint_count'], 'checkpoint')} of {counted(len(report['items']), 'training run')}"
    lines = [Text(f"{_size(total)} in {what}", HEADING)]
    for kinds in ({"private": report["private"], "public": report["public"]}, report["by_type"]):
        parts = [f"{printable(name)} {_size(one)}" for name, one in kinds.items() if one["checkpoint_count"]]
        lines.append(Text(", ".join(parts)))
    if total["unknown_size_count"]:
        unknown = counted(total["unknown_size_count"], "checkpoint")
        lines.append(Text(f"{unknown} of unknown size: in counts, but in no sum"))
    if (price := report["usd_per_gigabyte_month"]) is not None:
        whose = "the server's" if report["price_source"] == "server" else "the given"
        cost = usd(report["estimated_monthly_cost_usd"])
        lines.append(Text(f"about {cost} USD a month, at {whose} {price:g} USD per GB, before credits"))
    return lines


def _run_rows(runs: Sequence[Mapping[str, Any]], top: int) -> list[Row]:
    shown, others = (runs[:top], runs[top:]) if top else (runs, [])
    rows: list[Row] = [(printable(run["training_run_id"] or "unknown run"), run, ID) for run in shown]
    if others:
        names = ("checkpoint_count", "size_bytes", "unknown_size_count")
        rest = {name: sum(run[name] for run in others) for name in names}
        rows.append((f"{len(others):,} more; --top 0 lists them", rest, None))
    return rows


def _range(step: Mapping[str, Any], prefix: str, name_of_none: str) -> str:
    begin, end = step["from_days"], step["to_days"]
    if begin is None:
        return name_of_none
    if end is None:
        return f"{prefix}more than {begin} days"
    return f"{prefix}up to a day" if begin == 0 else f"{prefix}{begin} to {end} days"


def _size(amount: Mapping[str, Any]) -> str:
    is_known = amount["checkpoint_count"] > amount["unknown_size_count"] or not amount["checkpoint_count"]
    return size(amount["size_bytes"] if is_known else None)


def _write_effect(output: Console, effect: Mapping[str, Any]) -> None:
    ttl, concerned = span(effect["ttl_seconds"]), effect["concerned"]
    if not concerned["checkpoint_count"]:
        write(output, "", Text(f"A TTL of {ttl} would free nothing: everything private expires already."))
        return
    freed = table()
    for title in ("Freed", "Already expiring", f"Older than {ttl}", "TTL set now"):
        freed.add_column(title, justify="left" if title == "Freed" else "right")
    for one in effect["freed"]:
        when = f"in {span(one['after_seconds'])}" if one["after_seconds"] else "now"
        freed.add_row(when, *(_size(one[name]) for name in ("anyway", "from_saving", "from_now")))
    what = f"{counted(concerned['checkpoint_count'], 'checkpoint')}, {_size(concerned)}"
    notes = [Text(f"The last two columns concern private checkpoints that never expire ({what}).", LABEL)]
    if effect["unknown_age_count"]:
        unknown = counted(effect["unknown_age_count"], "checkpoint")
        notes.append(Text(f"{unknown} of unknown age: not in the column Older than {ttl}.", LABEL))
    write(output, "", freed, *notes)


def span(seconds: int) -> str:
    """A length of time in the largest unit that gives a whole number, such as `30 days` or `36 hours`."""
    for unit, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= unit and seconds % unit == 0:
            return counted(seconds // unit, name)
    return counted(seconds, "second")
