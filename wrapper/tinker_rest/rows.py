"""Converts results to plain dicts, for tables and data frames."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from attrs import has

from tinker_rest.errors import refusal
from tinker_rest_api._display import flat_fields

__all__ = ["to_rows"]


def to_rows(items: Iterable[Any]) -> list[dict[str, Any]]:
    """Convert the items of any listing to plain dicts, such as for pandas.

        frame = pandas.DataFrame(to_rows(client.iter_user_checkpoints()))
        frame.groupby("base_model")["size_bytes"].sum()

    All rows have the same keys in the same order, with None for unknown values. A field of a nested model is
    named after both: `last_checkpoint_time`, `event_info_type`. Times are datetimes in UTC, enumerations and
    errors are strings, and dicts such as `user_metadata` stay dicts. Derived fields such as `training_run_id` and
    those of a newer server are included; secrets are not.

    Args:
        items: Checkpoints, training runs, sessions, usage events, audit entries, storage items or BulkOutcomes: a
            list, such as `page.checkpoints` or `result.outcomes`, or an iterator. An ID becomes a row with `id`.

    Raises:
        InvalidArgumentError: An item is not a result, or `items` is a page, which contains items in a field.
    """
    if isinstance(items, str) or not isinstance(items, Iterable):
        raise refusal("items", "be an iterable of results, such as page.checkpoints", items)
    rows = []
    for item in items:
        if not isinstance(item, str) and not has(type(item)):
            raise refusal("each of items", "be a result, such as a Checkpoint", item)
        rows.append({"id": item} if isinstance(item, str) else flat_fields(item))
    names = dict.fromkeys(name for row in rows for name in row)
    return [{name: row.get(name) for name in names} for row in rows]
