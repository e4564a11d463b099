"""Prints the results of all commands: as a table, JSON, JSON lines, CSV, or only IDs."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TextIO, TypeVar

import click

from tinker_rest_cli.columns import Column, Listing, model_as_json
from tinker_rest_cli.formatting import counted, for_csv, json_text, plain, printable
from tinker_rest_cli.settings import Settings

if TYPE_CHECKING:
    from tinker_rest import Paginator

T = TypeVar("T")

limit_option = click.option(
    "-n", "--limit", type=click.IntRange(min=0), default=20, metavar="N",
    help="Show at most N; 20 by default, 0 for all.",
)  # fmt: skip


def tell(settings: Settings, line: str) -> None:
    """Write a line to stderr, except with `-q`."""
    if not settings.quiet:
        sys.stdout.flush()
        sys.stderr.write(printable(line) + "\n")


def show_list(
    settings: Settings,
    listing: Listing[T],
    found: Sequence[T] | Paginator[T],
    *,
    columns: Sequence[Column[T]] | None = None,
    limit: int = 0,
    total_count: int | None = None,
    more: Mapping[str, Any] | None = None,
) -> None:
    """Print a listing according to the settings.

    JSON is an object of the items, `total_count` (null if the server does not count) and `more`, or with `--json`
    an array of items. JSON lines and CSV are printed as they arrive. Tables report omitted items on stderr.

    A paginator has at most `limit` items (0 is no limit); a sequence may be a part of `total_count` items.
    """
    if settings.quiet:
        get_id = listing.id or listing.columns[0].value
        for item in found:
            sys.stdout.write(printable(plain(get_id(item))) + "\n")
        return
    if settings.format == "jsonl":
        for item in found:
            sys.stdout.write(json_text(_chosen(settings, listing.json(item))) + "\n")
        return
    if settings.format == "csv":
        write_csv(sys.stdout, listing.csv_rows(found, columns))
        return
    total: int | None
    if isinstance(found, Sequence):
        items, total = [*found], len(found) if total_count is None else total_count
    else:
        items, total = _read(settings, listing, found, limit)
    if settings.fields:
        sys.stdout.write(json_text([_chosen(settings, listing.json(item)) for item in items], indent=2) + "\n")
        return
    if settings.format == "json":
        whole = {listing.key: [listing.json(item) for item in items], "total_count": total, **(more or {})}
        sys.stdout.write(json_text(whole, indent=2) + "\n")
        return
    if not items:
        sys.stderr.write(f"no {listing.thing}s\n")
        return
    from tinker_rest_cli.tables import write_table

    write_table(columns or listing.shown(items), items)
    if total is not None and total > len(items):
        tell(settings, f"{len(items):,} of {counted(total, listing.thing)}; --limit 0 lists all")


def _chosen(settings: Settings, item: Any) -> Any:
    """The fields of an item that `--json` asks for, or all. Raises a usage error for an unknown one."""
    try:
        return {name: item[name] for name in settings.fields.split(",")} if settings.fields else item
    except KeyError as unknown:
        raise click.UsageError(f"--json: no such field: {unknown}; the fields are {', '.join(item)}") from None


def _read(settings: Settings, listing: Listing[T], found: Paginator[T], limit: int) -> tuple[list[T], int | None]:
    from tinker_rest_cli.progress import progress

    items: list[T] = []
    iterator = iter(found)
    with progress(settings, f"Listing {listing.thing}s", unit=f"{listing.thing}s") as update:
        for item in iterator:
            items.append(item)
            total = iterator.total_count
            update(completed=len(items), total=min(limit, total) if limit and total else total)
    return items, iterator.total_count if limit and len(items) >= limit else len(items)


def write_csv(file: TextIO, rows: Iterable[Sequence[Any]]) -> None:
    """Write CSV as in RFC 4180, but with plain line ends."""
    import csv

    writer = csv.writer(file, lineterminator="\n")
    careful = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)
    to_terminal = file.isatty()
    for row in rows:
        cells = [for_csv(value) for value in row]
        shown = [printable(cell) if to_terminal and isinstance(cell, str) else cell for cell in cells]
        # Python 3.11 and 3.12 do not quote a lone carriage return, which ends a row for many readers.
        has_return = any(isinstance(cell, str) and "\r" in cell for cell in shown)
        (careful if has_return else writer).writerow(shown)


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """A file that takes its place at the end of the block, unless that raises."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def show_one(settings: Settings, item_id: str, item: Any, facts: Sequence[tuple[str, str]]) -> None:
    """Print one item according to the settings; `facts` are names and texts for people."""
    if settings.quiet:
        sys.stdout.write(printable(item_id) + "\n")
        return
    whole = _chosen(settings, model_as_json(item))
    if settings.fields or settings.format in ("json", "jsonl"):
        sys.stdout.write(json_text(whole, indent=None if settings.format == "jsonl" else 2) + "\n")
    elif settings.format == "csv":
        write_csv(sys.stdout, [[*whole], [*whole.values()]])
    else:
        from tinker_rest_cli.tables import write_facts

        write_facts(facts)
