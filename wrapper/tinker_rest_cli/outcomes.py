"""Reports the outcome for each of many checkpoints."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tinker_rest_cli.columns import Column, Listing
from tinker_rest_cli.failures import ExitStatus, explain
from tinker_rest_cli.formatting import counted, printable
from tinker_rest_cli.output import show_list
from tinker_rest_cli.settings import Settings

if TYPE_CHECKING:
    from tinker_rest import BulkOutcome

_FINE = ("done", "already_done")


def report(
    settings: Settings,
    outcomes: Sequence[BulkOutcome],
    *,
    done: str,
    already: str,
    results: Mapping[str, Mapping[str, Any]] | None = None,
    more_columns: Sequence[Column[BulkOutcome]] = (),
) -> int:
    """Print the outcome of each checkpoint, on stderr which failed, and return the exit status.

    `done` and `already` are such as `deleted` and `already deleted`; `results` are more fields for JSON, by path.
    """

    def as_json(outcome: BulkOutcome) -> dict[str, Any]:
        more = (results or {}).get(outcome.tinker_path, {})
        return {"tinker_path": outcome.tinker_path, "outcome": outcome.status, "error": _error(outcome), **more}

    columns: list[Column[BulkOutcome]] = [
        Column("path", "Path", lambda outcome: outcome.tinker_path, no_wrap=True),
        Column("outcome", "Outcome", lambda outcome: outcome.status, lambda status: status.replace("_", " ")),
        Column("error", "Error", _error, hidden=True),  # it is on stderr
        *more_columns,
    ]
    words = {
        "done": done,
        "already_done": already,
        "not_found": "not found",
        "failed": "failed",
        "skipped": "skipped",
    }
    counts = Counter[str](outcome.status for outcome in outcomes)
    totals = {status: counts[status] for status in words}
    shown = [outcome for outcome in outcomes if outcome.status in _FINE] if settings.quiet else outcomes
    if outcomes or settings.format != "table":
        listing = Listing("checkpoint", lambda outcome: outcome.tinker_path, columns, as_json)
        show_list(settings, listing, shown, more=lambda: {"outcomes": totals})
    sys.stdout.flush()
    failed = [outcome for outcome in outcomes if outcome.status not in _FINE]
    for outcome in failed:
        error = _error(outcome)
        _tell(f"{words[outcome.status]}: {outcome.tinker_path}{f': {error}' if error else ''}")
    if not settings.quiet:
        parts = [f"{count:,} {words[status]}" for status, count in totals.items() if count]
        _tell(f"{counted(len(outcomes), 'checkpoint')}: {', '.join(parts) or 'nothing to do'}")
    if not failed:
        return ExitStatus.DONE
    if len(outcomes) == 1 and failed[0].error is not None:
        return explain(failed[0].error)[1]
    return ExitStatus.NOT_FOUND if counts["not_found"] == len(outcomes) else ExitStatus.PARTIAL


def _error(outcome: BulkOutcome) -> str | None:
    return None if outcome.error is None else explain(outcome.error)[0]


def _tell(line: str) -> None:
    sys.stderr.write(printable(line) + "\n")
