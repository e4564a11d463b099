"""Reports the outcome for each of many checkpoints."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tinker_rest_cli.columns import Column, Listing
from tinker_rest_cli.failures import ExitStatus, explain
from tinker_rest_cli.formatting import counted, printable
from tinker_rest_cli.output import show_list, tell
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
    more: Mapping[str, Any] | None = None,
) -> int:
    """Print the outcome of each checkpoint, with failures on stderr, and return the exit status.

    `done` and `already` are texts such as `deleted` and `already deleted`; JSON has the first word of `done`.
    `results` are the downloads, by path; `more` has additional fields for JSON.
    """
    told = {
        "done": done,
        "already_done": already,
        "not_found": "not found",
        "failed": "failed",
        "skipped": "skipped",
    }
    columns: list[Column[dict[str, Any]]] = [
        Column("tinker_path", "Path", is_id=True),
        Column("outcome", "Outcome", text=lambda status: told[status]),
        Column("error", "Error", hidden=True),  # it is on stderr
    ]
    if results is not None:
        columns.append(Column("destination", "Saved to", is_id=True))
    rows = [
        {
            "tinker_path": outcome.tinker_path,
            "outcome": outcome.status,
            "error": None if outcome.error is None else explain(outcome.error)[0],
            **(results or {}).get(outcome.tinker_path, {}),
        }
        for outcome in outcomes
    ]
    counts = Counter(row["outcome"] for row in rows)
    failed = [row for row in rows if row["outcome"] not in _FINE]
    try:
        if rows or settings.format != "table":
            shown = [row for row in rows if row["outcome"] in _FINE] if settings.quiet else rows
            # The same as in the official command line.
            failures = [{"tinker_path": row["tinker_path"], "error": row["error"]} for row in failed]
            of_all = {f"{done.split()[0]}_count": counts["done"], "failed": failures, **(more or {})}
            show_list(settings, Listing("checkpoint", "checkpoints", columns), shown, more=of_all)
        sys.stdout.flush()
    finally:  # even if nobody reads stdout
        for row in failed:
            line = ": ".join(filter(None, (told[row["outcome"]], row["tinker_path"], row["error"])))
            sys.stderr.write(printable(line) + "\n")
    parts = [f"{counts[status]:,} {word}" for status, word in told.items() if counts[status]]
    tell(settings, f"{counted(len(rows), 'checkpoint')}: {', '.join(parts) or 'nothing to do'}")
    if not failed:
        return ExitStatus.DONE
    if len(outcomes) == 1 and outcomes[0].error is not None:
        return explain(outcomes[0].error)[1]
    return ExitStatus.NOT_FOUND if counts["not_found"] == len(rows) else ExitStatus.PARTIAL
