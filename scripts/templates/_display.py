"""Results as tables for notebooks, and as flat dicts for data frames."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from html import escape
from typing import Any, get_args

from attrs import Attribute, fields

from tinker_rest_api._model import Model, UnknownVariant, dumped

MAX_ROWS = 100
MAX_CELL = 200


def html_table(title: str, items: Sequence[Any]) -> str:
    """Return an HTML table of objects of one attrs class, with a column for each field that has a value.

    Fields that are not in the repr, such as secrets, are left out, and so are rows beyond the first `MAX_ROWS`.
    """
    shown = items[:MAX_ROWS]
    columns = [
        one
        for one in _shown_fields(items[0].__class__)
        if any(getattr(item, one.name, None) is not None for item in shown)
    ]

    def row(tag: str, cells: Iterable[str]) -> str:
        return f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells)}</tr>"

    head = row("th", (one.name for one in columns))
    body = "".join(row("td", (_cell(one, getattr(item, one.name, None)) for one in columns)) for item in shown)
    rest = f" (the first {MAX_ROWS})" if len(items) > MAX_ROWS else ""
    return f"<table><caption>{escape(title + rest)}</caption><thead>{head}</thead><tbody>{body}</tbody></table>"


@cache
def _shown_fields(kind: Any) -> dict["Attribute[Any]", bool]:
    """The fields of a class that its repr shows, and whether each may hold a model."""
    return {
        one: any(isinstance(choice, type) and issubclass(choice, Model) for choice in get_args(one.type))
        for one in fields(kind)
        if one.repr
    }


def _cell(shown: "Attribute[Any]", value: Any) -> str:
    if value is None:
        return ""
    if callable(shown.repr):
        text = shown.repr(value)
    elif isinstance(value, datetime):
        text = value.isoformat(" ", "seconds")
    elif isinstance(value, Model):
        text = str(getattr(value, value.field_order[0]))
    elif isinstance(value, Mapping):
        text = ", ".join(f"{key}: {one}" for key, one in value.items())
    else:
        text = f"{value:,}" if type(value) is int else str(value)
    return text if len(text) <= MAX_CELL else f"{text[: MAX_CELL - 1]}…"


def flat_fields(item: Any, prefix: str = "") -> dict[str, Any]:
    """Return the fields of an attrs object as plain values. Those of a nested model are named `outer_inner`.

    Derived fields and those of a newer server are included, fields that are not in the repr, such as secrets, not.
    """
    if isinstance(item, UnknownVariant):
        return {f"{prefix}{name}": value for name, value in item.to_dict().items()}
    row: dict[str, Any] = {}
    for one, may_be_model in _shown_fields(item.__class__).items():
        value = getattr(item, one.name)
        name = f"{prefix}{one.name}"
        if isinstance(value, Model):
            row |= flat_fields(value, f"{name}_")
        elif isinstance(value, Exception):
            row[name] = str(value)
        elif value is not None or not may_be_model:
            row[name] = dumped(value, {"mode": "python"})
    extra = getattr(item, "additional_properties", {})
    return row | {f"{prefix}{name}": dumped(value, {"mode": "python"}) for name, value in extra.items()}
