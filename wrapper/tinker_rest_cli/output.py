"""How every command prints what it found: as a table, JSON, JSON lines, CSV, or ids alone."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TextIO, TypeVar

import click

from tinker_rest_cli.paging import Found
from tinker_rest_cli.settings import Settings
from tinker_rest_cli.texts import counted, for_csv, json_text, plain, printable

T = TypeVar("T")


def whole_model(item: Any) -> Any:
    """A model as JSON: all fields that it is known to have, null where they are not there, and what is new."""
    if not hasattr(item, "model_dump"):
        return item
    fields: dict[str, Any] = item.model_dump(mode="json")
    more = item.to_dict() if hasattr(item, "to_dict") else {}
    return fields | {name: value for name, value in more.items() if name not in fields}


@dataclass(frozen=True)
class Column(Generic[T]):
    """A column of a table and of CSV.

    Attributes:
        name: What `--columns` and the first line of CSV call it.
        heading: What tables call it.
        value: The value of an item, as CSV has it.
        text: How a table shows that value.
        whole: Whether it holds ids or paths, which are broken over lines only where the terminal is narrower.
        right: Whether a table sets it to the right, as numbers are.
        extra: Whether a table leaves it out unless `--columns` names it.
        in_csv: Whether CSV has it also where `--columns` is not given.
    """

    name: str
    heading: str
    value: Callable[[T], Any]
    text: Callable[[Any], str] = plain
    whole: bool = False
    right: bool = False
    extra: bool = False
    in_csv: bool = True


@dataclass(frozen=True)
class Listing(Generic[T]):
    """How items of a kind are listed.

    Attributes:
        thing: What one of them is called, such as `training run`.
        id: Its id, which is all that `-q` prints.
        columns: Its columns.
        json: An item as JSON.
    """

    thing: str
    id: Callable[[T], str]
    columns: Sequence[Column[T]]
    json: Callable[[T], Any] = whole_model

    @property
    def columns_of_csv(self) -> list[Column[T]]:
        """The columns that CSV has where `--columns` is not given."""
        return [column for column in self.columns if column.in_csv]

    def chosen(self, names: str | None) -> list[Column[T]] | None:
        """The columns of `--columns a,b`; None where it was not given. Raises a usage error for unknown ones."""
        if names is None:
            return None
        by_name = {column.name: column for column in self.columns}
        asked = [name.strip() for name in names.split(",")]
        if unknown := [name for name in asked if name not in by_name]:
            raise click.BadParameter(
                f"there is no column {', '.join(map(repr, unknown))}; there are {', '.join(by_name)}",
                param_hint="'--columns'",
            )
        return [by_name[name] for name in asked]


def columns_option(listing: Listing[Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The option `--columns` of a command that lists."""
    shown = ",".join(column.name for column in listing.columns if not column.extra)
    return click.option(
        "-c", "--columns", metavar="NAMES", callback=lambda _context, _option, value: listing.chosen(value),
        help=f"Columns of the table or CSV, of {', '.join(column.name for column in listing.columns)};"
        f" {shown} by default in tables, all in CSV.",
    )  # fmt: skip


def limit_option(default: int = 20) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The option `--limit` of a command that lists."""
    return click.option(
        "--limit", type=click.IntRange(min=0), default=default, metavar="N",
        help=f"How many to list; {default} by default, 0 for all.",
    )  # fmt: skip


def show_list(
    settings: Settings,
    listing: Listing[T],
    found: Found[T],
    *,
    columns: Sequence[Column[T]] | None = None,
    more: Callable[[], Mapping[str, Any]] = dict,
    hint: str = "--limit 0 lists all",
) -> None:
    """Print a listing as the settings say.

    JSON is an object of `items`, `total_count` (null where the server does not count) and what `more` gives; JSON
    lines and CSV are printed as they come. What tables leave out is told on stderr.

    Args:
        settings: What the common options say.
        listing: How the items are listed.
        found: The items.
        columns: What `--columns` says.
        more: Further fields of the JSON object, asked for when all items are known.
        hint: How to get at more than is shown.
    """
    if settings.quiet or settings.format in ("jsonl", "csv"):
        _stream(settings, listing, found, columns)
        return
    from tinker_rest_cli.progress import progress

    items = []
    with progress(settings, f"Listing {listing.thing}s", unit=f"{listing.thing}s") as bar:
        for item in found:
            items.append(item)
            bar.update(len(items), total=found.expected_count)
    if settings.format == "json":
        whole = {"items": [listing.json(item) for item in items], "total_count": found.total_count, **more()}
        sys.stdout.write(json_text(whole, indent=2) + "\n")
        return
    if items:
        from tinker_rest_cli.tables import write_table

        write_table(columns or [one for one in listing.columns if not one.extra], items)
    total = found.total_count
    if not items:
        sys.stderr.write(f"no {listing.thing}s\n")
    elif total is not None and total > len(items):
        sys.stdout.flush()
        sys.stderr.write(f"{len(items):,} of {counted(total, listing.thing)}; {hint}\n")


def _stream(settings: Settings, listing: Listing[T], found: Found[T], columns: Sequence[Column[T]] | None) -> None:
    if settings.quiet:
        for item in found:
            sys.stdout.write(printable(listing.id(item)) + "\n")
    elif settings.format == "jsonl":
        for item in found:
            sys.stdout.write(json_text(listing.json(item)) + "\n")
    else:
        chosen = columns or listing.columns_of_csv
        rows = ([column.value(item) for column in chosen] for item in found)
        write_csv(sys.stdout, [column.name for column in chosen], rows)


def write_csv(file: TextIO, heading: Sequence[str], rows: Iterator[Sequence[Any]]) -> None:
    """Write CSV as RFC 4180 has it, but with plain line ends."""
    import csv

    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(heading)
    to_terminal = file.isatty()
    for row in rows:
        cells = [for_csv(value) for value in row]
        writer.writerow([printable(cell) if to_terminal and isinstance(cell, str) else cell for cell in cells])


def show_one(settings: Settings, item_id: str, item: Any, facts: Sequence[tuple[str, str]]) -> None:
    """Print one thing as the settings say.

    Args:
        settings: What the common options say.
        item_id: Its id, which is all that `-q` prints.
        item: A model, or what JSON can hold; JSON is just this.
        facts: What tables show: the names of facts, and the facts as texts.
    """
    if settings.quiet:
        sys.stdout.write(printable(item_id) + "\n")
        return
    whole = whole_model(item)
    if settings.format in ("json", "jsonl"):
        sys.stdout.write(json_text(whole, indent=2 if settings.format == "json" else None) + "\n")
    elif settings.format == "csv":
        write_csv(sys.stdout, [*whole], iter([[*whole.values()]]))
    else:
        from tinker_rest_cli.tables import write_facts

        write_facts(facts)


def metadata_facts(metadata: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """What a user attached to something, as facts of `show_one`."""
    return [(f"Metadata {name}", plain(value)) for name, value in (metadata or {}).items()]
