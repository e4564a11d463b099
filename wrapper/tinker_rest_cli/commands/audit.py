"""`tinker-rest audit`: the audit log of an organization."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import click

from tinker_rest_cli.arguments import utc_day
from tinker_rest_cli.clients import admin_client
from tinker_rest_cli.groups import Command
from tinker_rest_cli.output import Column, Listing, columns_option, show_list
from tinker_rest_cli.paging import Found
from tinker_rest_cli.settings import Settings, pass_settings

if TYPE_CHECKING:
    from tinker_rest.types import AuditLogEntry

TYPES = ("all", "checkpoints", "projects", "teams", "organizations")

ENTRIES: Listing[AuditLogEntry] = Listing(
    "event",
    lambda entry: entry.tinker_path or entry.model_id or "",
    [
        Column("time", "Time (UTC)", lambda entry: entry.timestamp),
        Column("event", "Event", lambda entry: entry.event),
        Column("actor", "Actor", lambda entry: entry.event_details.get("actor")),
        Column("path", "Checkpoint", lambda entry: entry.tinker_path, whole=True),
        Column("run", "Run ID", lambda entry: entry.model_id, whole=True, extra=True),
        Column("purpose", "Purpose", lambda entry: entry.purpose, extra=True),
        Column("details", "Details", lambda entry: entry.event_details, extra=True),
    ],
)


@click.command("audit", cls=Command)
@click.option(
    "--day",
    metavar="DAY",
    callback=utc_day,
    help="A day in UTC, such as 2026-07-13 or yesterday; today by default.",
)
@click.option("--type", "event_type", type=click.Choice(TYPES), default="all", help="Only events of these.")
@columns_option(ENTRIES)
@pass_settings
def audit(
    settings: Settings, day: date | None, event_type: str, columns: Sequence[Column[AuditLogEntry]] | None
) -> None:
    """Show what happened in one's organization on a day, from midnight to midnight UTC.

    It takes the role of an administrator. -q prints the paths of checkpoints, or ids of runs, that entries name.
    """
    with admin_client(settings) as client:
        entries = client.get_audit_log(event_type, day).result().entries  # type: ignore[arg-type]
    if settings.quiet:
        entries = [entry for entry in entries if ENTRIES.id(entry)]
    show_list(settings, ENTRIES, Found.all_of(entries), columns=columns)
