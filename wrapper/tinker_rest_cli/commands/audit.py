"""`tinker-rest audit`: what happened in an organization, for administrators."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tinker_rest_cli.clients import admin_client
from tinker_rest_cli.columns import Column, Listing, columns_option, model_as_json
from tinker_rest_cli.formatting import counted, json_text
from tinker_rest_cli.groups import Group
from tinker_rest_cli.options import utc_day
from tinker_rest_cli.output import show_list, tell
from tinker_rest_cli.progress import progress
from tinker_rest_cli.settings import Settings, pass_settings

if TYPE_CHECKING:
    from tinker_rest.types import AuditLogEntry

EVENT_TYPES = ("all", "checkpoints", "projects", "teams", "organizations")
LATE = timedelta(hours=1)  # after the end of a day, for events that are logged late

ENTRIES: Listing[AuditLogEntry] = Listing(
    "event",
    "entries",
    [
        Column("timestamp", "Time (UTC)"),
        Column("event", "Event"),
        Column("event_details.actor", "Actor"),
        Column("tinker_path", "Checkpoint", is_id=True),
        Column("model_id", "Run ID", is_id=True, hidden=True),
        Column("purpose", "Purpose", hidden=True),
        Column("event_details", "Details", hidden=True),
    ],
    lambda entry: entry.tinker_path or entry.model_id,
)

DAYS: Listing[dict[str, Any]] = Listing(
    "new day",
    "days",
    [
        Column("file", "Saved to", is_id=True),
        Column("day", "Day (UTC)"),
        Column("entry_count", "Events", right=True),
        Column("is_whole", "Whole"),
    ],
)


@click.group("audit", cls=Group)
def audit() -> None:
    """Show and save an organization's audit log, for administrators."""


@audit.command("list")
@click.option(
    "--day", metavar="DAY", callback=utc_day,
    help="The day in UTC, such as 2026-07-13, yesterday or 7d; today by default.",
)  # fmt: skip
@click.option(
    "--type", "event_type", type=click.Choice(EVENT_TYPES), default="all", help="Only events of this type."
)
@columns_option(ENTRIES)
@pass_settings
def list_(
    settings: Settings, day: date | None, event_type: str, columns: Sequence[Column[AuditLogEntry]] | None
) -> None:
    """Show the events of a day, from midnight to midnight UTC.

    Requires the administrator role. -q prints the paths of checkpoints, or run IDs, in the entries.
    """
    with admin_client(settings) as client:
        entries = client.get_audit_log(event_type, day).result().entries  # type: ignore[arg-type]
    if settings.quiet:
        entries = [entry for entry in entries if entry.tinker_path or entry.model_id]
    show_list(settings, ENTRIES, entries, columns=columns)


@audit.command("save")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--since", metavar="DAY", callback=utc_day, required=True,
    help="The first day in UTC, such as 2026-07-13, yesterday, 90d or 'last month'.",
)  # fmt: skip
@pass_settings
def save(settings: Settings, folder: Path, since: date) -> None:
    """Save the events of each day in a folder, up to today.

    Each file has a day in UTC, with a line of JSON for each event. Days that are over are saved as DAY.jsonl and
    not read again, so you can run the same command every day, or after an interruption. A day that is not over
    yet, or ended less than an hour ago, is DAY.partial.jsonl, which the next run replaces. -q prints the files.
    Requires the administrator role.

    \b
      tinker-rest audit save audit-log --since 90d
    """  # noqa: D301
    now = datetime.now(UTC)
    days = [since + timedelta(days=number) for number in range((now.date() - since).days + 1)]
    if not days:
        raise click.BadParameter("the day is in the future", param_hint="'--since'")
    folder.mkdir(parents=True, exist_ok=True)
    left = [day for day in days if not (folder / f"{day}.jsonl").exists()]
    saved: list[dict[str, Any]] = []
    with (
        admin_client(settings) as client,
        progress(settings, "Saving the audit log", total=len(left), unit="days") as update,
    ):
        try:
            for day in left:
                entries = client.get_audit_log("all", day).result().entries
                is_whole = now >= datetime.combine(day, time(), UTC) + timedelta(days=1) + LATE
                partial = folder / f"{day}.partial.jsonl"
                file = folder / f"{day}.jsonl" if is_whole else partial
                _write(file, (json_text(model_as_json(entry)) for entry in entries))
                if is_whole:
                    partial.unlink(missing_ok=True)
                row = {"day": str(day), "file": str(file), "entry_count": len(entries), "is_whole": is_whole}
                saved.append(row)
                update(completed=len(saved))
        except KeyboardInterrupt:
            tell(settings, f"{len(saved)} of {counted(len(left), 'day')} saved; run the same command to continue")
            raise
    show_list(settings, DAYS, saved)
    tell(settings, f"{counted(len(days), 'day')}: {len(saved):,} saved, {len(days) - len(left):,} already there")


def _write(path: Path, lines: Iterable[str]) -> None:
    """Write a file that is either whole or not there."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("x", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
