"""Reports what became of each of many checkpoints."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tinker_rest_cli.failures import ExitStatus, explain
from tinker_rest_cli.output import Column, Listing, show_list
from tinker_rest_cli.paging import Found
from tinker_rest_cli.settings import Settings
from tinker_rest_cli.texts import counted, printable

if TYPE_CHECKING:
    from tinker_rest.bulk.outcomes import BulkOutcome

_COLUMNS: list[Column[BulkOutcome]] = [
    Column("path", "Path", lambda one: one.tinker_path, whole=True),
    Column("outcome", "Outcome", lambda one: one.status, lambda status: status.replace("_", " ")),
    Column("error", "Error", lambda one: _error(one), extra=True),  # stderr tells it
]


def _error(outcome: BulkOutcome) -> str | None:
    return None if outcome.error is None else explain(outcome.error)[0]


def report(
    settings: Settings,
    outcomes: Sequence[BulkOutcome],
    *,
    done: str,
    already: str,
    results: Mapping[str, Mapping[str, Any]] | None = None,
    more_columns: Sequence[Column[BulkOutcome]] = (),
) -> int:
    """Print what became of each checkpoint, on stderr how many failed and which, and return the exit status.

    Args:
        settings: What the common options say.
        outcomes: One for each checkpoint.
        done: What was done, such as `deleted`.
        already: What was so before, such as `gone already`.
        results: What else there is to tell of each, for JSON, by their tinker paths.
        more_columns: Further columns.
    """
    from tinker_rest.bulk.outcomes import SUCCEEDED

    def as_json(one: BulkOutcome) -> dict[str, Any]:
        more = (results or {}).get(one.tinker_path, {})
        return {"tinker_path": one.tinker_path, "outcome": one.status, "error": _error(one), **more}

    counts = Counter(one.status for one in outcomes)
    shown = [one for one in outcomes if one.status in SUCCEEDED] if settings.quiet else outcomes
    listing = Listing("checkpoint", lambda one: one.tinker_path, [*_COLUMNS, *more_columns], as_json)
    words = {"done": done, "already_done": already, "failed": "failed", "cancelled": "not tried"}
    totals = {status: counts[status] for status in words}  # type: ignore[index]
    if outcomes or settings.format != "table":
        show_list(settings, listing, Found.all_of(shown), more=lambda: {"outcomes": totals})
    sys.stdout.flush()
    failed = [one for one in outcomes if one.status not in SUCCEEDED]
    for one in failed:
        error = _error(one)
        _tell(f"not tried: {one.tinker_path}" if error is None else f"failed: {one.tinker_path}: {error}")
    if not settings.quiet:
        told = [f"{count:,} {words[status]}" for status, count in totals.items() if count]
        _tell(f"{counted(len(outcomes), 'checkpoint')}: {', '.join(told) or 'nothing to do'}")
    return _status(failed, len(outcomes))


def _status(failed: Sequence[BulkOutcome], count: int) -> ExitStatus:
    if not failed:
        return ExitStatus.DONE
    if count == 1 and failed[0].error is not None:
        return explain(failed[0].error)[1]
    return ExitStatus.PARTIAL


def _tell(line: str) -> None:
    sys.stderr.write(printable(line) + "\n")
