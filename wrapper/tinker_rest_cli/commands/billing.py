"""`tinker-rest billing`: what an organization used and stores."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from tinker_rest_cli.arguments import this_hour, utc_hour
from tinker_rest_cli.clients import admin_client
from tinker_rest_cli.groups import Group
from tinker_rest_cli.output import Column, Listing, columns_option, show_list, whole_model, write_csv
from tinker_rest_cli.paging import Found
from tinker_rest_cli.settings import Settings, pass_settings
from tinker_rest_cli.texts import counted, plain, size, usd

if TYPE_CHECKING:
    from tinker_rest.types import BillingUsageEvent, CurrentCheckpointStorageUsageItem


def _info(name: str) -> Callable[[BillingUsageEvent], Any]:
    return lambda event: event.event_info.to_dict().get(name)


def _quantity(event: BillingUsageEvent) -> str:
    info = event.event_info.to_dict()
    for name, unit in (("token_count", "tokens"), ("gigabyte_hours", "GB hours"), ("count", "checkpoints")):
        if name in info:
            return f"{plain(info[name])} {unit}"
    return ""


# The names are those that the official command line has in CSV.
EVENTS: Listing[BillingUsageEvent] = Listing(
    "hourly usage row",
    lambda event: event.session_id or "",
    [
        Column("bucket_start", "Hour (UTC)", lambda event: event.bucket_start),
        Column("bucket_end", "Until (UTC)", lambda event: event.bucket_end, extra=True),
        Column("type", "Usage", lambda event: event.event_info.type),
        Column("quantity", "Quantity", _quantity, right=True, in_csv=False),
        Column("token_count", "Tokens", _info("token_count"), right=True, extra=True),
        Column("gigabyte_hours", "GB hours", _info("gigabyte_hours"), right=True, extra=True),
        Column("count", "Checkpoints", _info("count"), right=True, extra=True),
        Column("cached", "Cached", _info("cached"), extra=True),
        Column("free", "Free", _info("free"), extra=True),
        Column("base_model", "Base model", lambda event: event.base_model),
        Column("user_name", "User", lambda event: event.user_name),
        Column("user_id", "User ID", lambda event: event.user_id, whole=True, extra=True),
        Column("session_id", "Session ID", lambda event: event.session_id, whole=True, extra=True),
        Column("project_id", "Project", lambda event: event.project_id),
        Column("estimated_cost_usd", "USD, estimated", lambda event: event.estimated_cost_usd, usd, right=True),
        Column(
            "effective_rate_usd_per_million_tokens",
            "USD per million tokens",
            lambda event: event.effective_rate_usd_per_million_tokens,
            right=True,
            extra=True,
        ),
        Column(
            "effective_rate_usd_per_gigabyte_month",
            "USD per GB month",
            lambda event: event.effective_rate_usd_per_gigabyte_month,
            right=True,
            extra=True,
        ),
    ],
)

STORAGE: Listing[CurrentCheckpointStorageUsageItem] = Listing(
    "row",
    lambda row: row.project_id or "",
    [
        Column("project_id", "Project", lambda row: row.project_id, lambda value: value or "none", whole=True),
        Column("user_email", "User", lambda row: row.user_email or row.user_name),
        Column("user_name", "Name", lambda row: row.user_name, extra=True),
        Column("org_user_urn", "User URN", lambda row: row.org_user_urn, whole=True, extra=True),
        Column("checkpoint_count", "Checkpoints", lambda row: row.checkpoint_count, right=True),
        Column("size_bytes", "Size", lambda row: row.size_bytes, size, right=True),
        Column("size_gigabytes", "GB", lambda row: row.size_gigabytes, right=True, extra=True),
        Column(
            "estimated_monthly_cost_usd",
            "USD a month, estimated",
            lambda row: row.estimated_monthly_cost_usd,
            usd,
            right=True,
        ),
    ],
)

csv_option = click.option(
    "--csv", "csv_path", metavar="FILE", help="Write the rows as CSV to a file; - for stdout."
)


@click.group("billing", cls=Group)
def billing() -> None:
    """Show an organization's usage and storage, for administrators."""


@billing.command("usage")
@click.argument("starting_on", callback=utc_hour)
@click.argument("ending_before", callback=utc_hour, required=False)
@columns_option(EVENTS)
@csv_option
@click.option(
    "--sessions-csv", "sessions_path", metavar="FILE",
    help="Write the sessions of the rows with their metadata as CSV to a file; - for stdout.",
)  # fmt: skip
@pass_settings
def usage(
    settings: Settings,
    starting_on: datetime,
    ending_before: datetime | None,
    columns: Sequence[Column[BillingUsageEvent]] | None,
    csv_path: str | None,
    sessions_path: str | None,
) -> None:
    """Show what one's organization used, by hour, kind of usage, model, session, user and project.

    STARTING_ON and ENDING_BEFORE (the current hour by default) are full hours in UTC, at most 14 days apart,
    such as 2026-07-13, 2026-07-13T08:00:00Z, or yesterday. Data is some hours late. Costs are estimates before
    credits and commitments. It takes the role of an administrator or billing administrator.
    """
    with admin_client(settings) as client:
        found = client.get_billing_usage(starting_on, ending_before or this_hour()).result()
    if sessions_path is not None:
        rows = [[session_id, session.user_metadata] for session_id, session in found.sessions.items()]
        _write_file(sessions_path, ["session_id", "user_metadata"], rows)
    chosen = columns or EVENTS.columns_of_csv
    if csv_path is not None:
        cells = [[column.value(event) for column in chosen] for event in found.data]
        _write_file(csv_path, [column.name for column in chosen], cells)
    if csv_path is not None or sessions_path is not None:
        return
    whole = found.model_dump(mode="json")
    events = [event for event in found.data if event.session_id or not settings.quiet]
    show_list(
        settings,
        EVENTS,
        Found.all_of(events),
        columns=columns,
        more=lambda: {name: value for name, value in whole.items() if name != "data"},
    )


@billing.command("checkpoint-storage")
@click.option("--project-id", metavar="ID", help="Only what is stored in this project.")
@columns_option(STORAGE)
@csv_option
@pass_settings
def checkpoint_storage(
    settings: Settings,
    project_id: str | None,
    columns: Sequence[Column[CurrentCheckpointStorageUsageItem]] | None,
    csv_path: str | None,
) -> None:
    """Show how many checkpoints are stored now, their size, and what they cost in a month of 720 hours.

    Data is one or two hours late. Costs are estimates before credits and commitments. It takes the role of an
    administrator or billing administrator.
    """
    with admin_client(settings) as client:
        found = client.get_current_checkpoint_storage_usage(project_id).result()
    if csv_path is not None:
        chosen = columns or STORAGE.columns_of_csv
        cells = [[column.value(row) for column in chosen] for row in found.data]
        _write_file(csv_path, [column.name for column in chosen], cells)
        return
    show_list(
        settings,
        STORAGE,
        Found.all_of(found.data),
        columns=columns,
        more=lambda: {name: value for name, value in whole_model(found).items() if name != "data"},
    )


def _write_file(path: str, heading: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    if path == "-":
        write_csv(sys.stdout, heading, iter(rows))
        return
    with open(path, "w", encoding="utf-8", newline="") as file:
        write_csv(file, heading, iter(rows))
    sys.stderr.write(f"wrote {counted(len(rows), 'row')} to {path}\n")
