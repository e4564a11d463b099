"""The columns of listings, for tables and CSV.

The classes here are tuples rather than attrs classes, since help must import nothing but click.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

import click

from tinker_rest_cli.formatting import moment, plain

T = TypeVar("T")


def model_as_json(item: Any) -> Any:
    """A model as JSON: every known field, null if the server sent none, and fields of a newer server."""
    if not hasattr(item, "model_dump"):
        return item
    fields: dict[str, Any] = item.model_dump(mode="json")
    more = item.to_dict() if hasattr(item, "to_dict") else {}
    return fields | {name: value for name, value in more.items() if name not in fields}


class Column(NamedTuple, Generic[T]):
    """A column of a table and of CSV."""

    name: str  # the API's, for --columns and CSV; `a.b` is field b of field a
    heading: str
    get: Callable[[T], Any] | None = None  # the value of an item; by default the field of that name
    text: Callable[[Any], str] = plain  # how a table shows the value
    alias: str = ""  # another name for --columns, which the official command line has
    is_id: bool = False  # or a path: folded at separators, and only if necessary
    right: bool = False  # aligned
    hidden: bool = False  # in tables, unless --columns names it
    if_varied: bool = False  # in tables only if the items differ in it, or --columns names it
    in_csv: bool = True  # unless --columns names others

    def value(self, item: Any) -> Any:
        """The value of an item, for CSV."""
        if self.get is not None:
            return self.get(item)
        for name in self.name.split("."):
            item = item.get(name) if isinstance(item, dict) else getattr(item, name, None)
        return item


class Listing(NamedTuple, Generic[T]):
    """How items of a kind are listed."""

    thing: str  # such as "training run"
    key: str  # of the items in JSON, such as "runs"
    columns: Sequence[Column[T]]
    id: Callable[[T], Any] | None = None  # all that -q prints; by default the first column
    json: Callable[[T], Any] = model_as_json

    def shown(self, items: Sequence[T]) -> list[Column[T]]:
        """The columns of a table of these items, unless --columns names others."""
        shown = [column for column in self.columns if not column.hidden]
        return [
            one for one in shown if not one.if_varied or len({one.text(one.value(item)) for item in items}) > 1
        ]

    def facts(self, item: T) -> list[tuple[str, str]]:
        """The columns that an item has, for `show_one`; times are in full."""
        values = [(column, column.value(item)) for column in self.columns]
        return [
            (column.heading, moment(value) if isinstance(value, datetime) else column.text(value))
            for column, value in values
            if column.text(value)
        ]

    def csv_rows(self, items: Iterable[T], columns: Sequence[Column[T]] | None) -> Iterator[Sequence[Any]]:
        """The names of the given columns, or of all CSV columns, then the values of each item."""
        chosen = columns or [column for column in self.columns if column.in_csv]
        yield [column.name for column in chosen]
        for item in items:
            yield [column.value(item) for column in chosen]

    def chosen(self, names: str | None) -> list[Column[T]] | None:
        """The columns of `--columns a,b`; None if it was not given. Raises a usage error for unknown ones."""
        if names is None:
            return None
        by_name = {name: column for column in self.columns for name in (column.alias, column.name) if name}
        asked = [name.strip() for name in names.split(",")]
        if unknown := [name for name in asked if name not in by_name]:
            raise click.BadParameter(
                f"no such column: {', '.join(map(repr, unknown))}; the columns are {', '.join(by_name)}",
                param_hint="'--columns'",
            )
        return [by_name[name] for name in asked]


def columns_option(listing: Listing[Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The option `--columns` of a listing."""
    shown = ", ".join(column.alias or column.name for column in listing.shown([]))
    return click.option(
        "-c", "--columns", metavar="NAMES", callback=lambda _context, _option, value: listing.chosen(value),
        help=f"Show these columns: {', '.join(one.alias or one.name for one in listing.columns)}."
        f" By default, tables show {shown}, and CSV all.",
    )  # fmt: skip
