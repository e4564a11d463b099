"""`tinker-rest billing|audit`: what an organization used, stores and did, for administrators."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from tinker_rest_cli.clients import admin_client
from tinker_rest_cli.columns import Column, Listing, columns_option
from tinker_rest_cli.formatting import counted, plain, size, usd
from tinker_rest_cli.groups import Command, Group
from tinker_rest_cli.options import utc_day, utc_hour
from tinker_rest_cli.output import show_list, write_csv
from tinker_rest_cli.settings import Settings, pass_settings

if TYPE_CHECKING:
    from tinker_rest.types import AuditLogEntry, BillingUsageEvent, CurrentCheckpointStorageUsageItem


def _info(name: str) -> Callable[[BillingUsageEvent], Any]:
    return lambda event: event.event_info.to_dict().get(name)


def _quantity(event: BillingUsageEvent) -> str:
    info = event.event_info.to_dict()
    for name, unit in (("token_count", "tokens"), ("gigabyte_hours", "GB hours"), ("count", "checkpoints")):
        if name in info:
            return f"{plain(info[name])} {unit}"
    return ""


MAX_PERIOD = timedelta(days=14)  # that servers take

EVENTS: Listing[BillingUsageEvent] = Listing(
    "hourly usage row",
    "data",
    [
        Column("bucket_start", "Hour (UTC)"),
        Column("bucket_end", "Until (UTC)", hidden=True),
        Column("type", "Usage", _info("type")),
        Column("quantity", "Quantity", _quantity, right=True, in_csv=False),
        Column("token_count", "Tokens", _info("token_count"), right=True, hidden=True),
        Column("gigabyte_hours", "GB hours", _info("gigabyte_hours"), right=True, hidden=True),
        Column("count", "Checkpoints", _info("count"), right=True, hidden=True),
        Column("cached", "Cached", _info("cached"), hidden=True),
        Column("free", "Free", _info("free"), hidden=True),
        Column("base_model", "Base model"),
        Column("user_name", "User"),
        Column("user_id", "User ID", is_id=True, hidden=True),
        Column("session_id", "Session ID", is_id=True, hidden=True),
        Column("project_id", "Project"),
        Column("estimated_cost_usd", "USD", text=usd, right=True),
        Column("effective_rate_usd_per_million_tokens", "USD per million tokens", right=True, hidden=True),
        Column("effective_rate_usd_per_gigabyte_month", "USD per GB month", right=True, hidden=True),
    ],
    lambda event: event.session_id,
)

STORAGE: Listing[CurrentCheckpointStorageUsageItem] = Listing(
    "row",
    "data",
    [
        Column("project_id", "Project", text=lambda value: value or "none", is_id=True),
        Column("org_user_urn", "User URN", is_id=True, hidden=True),
        Column("user_email", "User"),
        Column("user_name", "Name", hidden=True),
        Column("checkpoint_count", "Checkpoints", right=True),
        Column("size_bytes", "Size", text=size, right=True),
        Column("size_gigabytes", "GB", right=True, hidden=True),
        Column("estimated_monthly_cost_usd", "USD a month", text=usd, right=True),
    ],
)

csv_option = click.option(
    "--csv", "csv_path", metavar="FILE", help="Write the rows to this file as CSV; - is stdout."
)


@click.group("billing", cls=Group)
def billing() -> None:
    """Show an organization's usage and storage, for administrators."""


@billing.command("usage")
@click.argument("starting_on", callback=utc_hour)
@click.argument("ending_before", callback=utc_hour, default="now")
@columns_option(EVENTS)
@csv_option
@click.option(
    "--sessions-csv", "sessions_path", metavar="FILE",
    help="Write the sessions and their metadata to this file as CSV; - is stdout.",
)  # fmt: skip
@pass_settings
def usage(
    settings: Settings,
    starting_on: datetime,
    ending_before: datetime,
    columns: Sequence[Column[BillingUsageEvent]] | None,
    csv_path: str | None,
    sessions_path: str | None,
) -> None:
    """Show the hourly usage of your organization.

    STARTING_ON and ENDING_BEFORE (the current hour by default) are full hours in UTC, at most 14 days apart, such
    as yesterday, 7d (seven days ago), 2026-07-13 or 2026-07-13T08:00Z. Data is some hours late. Costs are
    estimates before credits and commitments. Requires the administrator or billing administrator role.

    \b
      tinker-rest billing usage 7d
      tinker-rest billing usage 2026-07-01 2026-07-15 --csv july.csv
    """  # noqa: D301
    if not timedelta(0) < ending_before - starting_on <= MAX_PERIOD:
        raise click.UsageError(f"a period must end after it starts, and after at most {MAX_PERIOD.days} days")
    with admin_client(settings) as client:
        found = client.get_billing_usage(starting_on, ending_before).result()
    if sessions_path is not None:
        rows = [[session_id, session.user_metadata] for session_id, session in found.sessions.items()]
        _write_file(sessions_path, [["session_id", "user_metadata"], *rows])
    if csv_path is not None:
        _write_file(csv_path, EVENTS.csv_rows(found.data, columns))
    if csv_path is None and sessions_path is None:
        events = [event for event in found.data if event.session_id or not settings.quiet]
        more = found.model_dump(mode="json", exclude=["data"])
        show_list(settings, EVENTS, events, columns=columns, more=more)


@billing.command("checkpoint-storage")
@click.option("--project", "--project-id", "project_id", metavar="ID", help="Only what is stored in this project.")
@columns_option(STORAGE)
@csv_option
@pass_settings
def checkpoint_storage(
    settings: Settings,
    project_id: str | None,
    columns: Sequence[Column[CurrentCheckpointStorageUsageItem]] | None,
    csv_path: str | None,
) -> None:
    """Show stored checkpoints and their monthly cost.

    A month has 720 hours, and data is one or two hours late. Costs are estimates before credits and commitments.
    Requires the administrator or billing administrator role.
    """
    with admin_client(settings) as client:
        found = client.get_current_checkpoint_storage_usage(project_id).result()
    if csv_path is not None:
        name = "effective_rate_usd_per_gigabyte_month"  # a column, as in the official command line
        rate: Column[Any] = Column(name, "USD per GB month", lambda _item: getattr(found, name))
        _write_file(csv_path, STORAGE.csv_rows(found.data, columns or [rate, *STORAGE.columns]))
        return
    more = found.model_dump(mode="json", exclude=["data"])
    show_list(settings, STORAGE, found.data, columns=columns, more=more)


def _write_file(path: str, rows: Iterable[Sequence[Any]]) -> None:
    if path == "-":
        write_csv(sys.stdout, rows)
        return
    whole = [*rows]
    with open(path, "w", encoding="utf-8", newline="") as file:
        write_csv(file, whole)
    sys.stderr.write(f"wrote {counted(len(whole) - 1, 'row')} to {path}\n")


EVENT_TYPES = ("all", "checkpoints", "projects", "teams", "organizations")

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


@click.command("audit", cls=Command)
@click.option(
    "--day", metavar="DAY", callback=utc_day,
    help="The day in UTC, such as 2026-07-13 or yesterday; today by default.",
)  # fmt: skip
@click.option(
    "--type", "event_type", type=click.Choice(EVENT_TYPES), default="all", help="Only events of this type."
)
@columns_option(ENTRIES)
@pass_settings
def audit(
    settings: Settings, day: date | None, event_type: str, columns: Sequence[Column[AuditLogEntry]] | None
) -> None:
    """Show what happened in your organization on a day, from midnight to midnight UTC.

    Requires the administrator role. -q prints the paths of checkpoints, or run IDs, in the entries.
    """
    with admin_client(settings) as client:
        entries = client.get_audit_log(event_type, day).result().entries  # type: ignore[arg-type]
    if settings.quiet:
        entries = [entry for entry in entries if entry.tinker_path or entry.model_id]
    show_list(settings, ENTRIES, entries, columns=columns)
