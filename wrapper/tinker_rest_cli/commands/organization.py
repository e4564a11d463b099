"""`tinker-rest billing|audit`: what an organization used and stores, and what happened in it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tinker_rest_cli.clients import admin_client
from tinker_rest_cli.columns import Column, Listing, columns_option, model_as_json
from tinker_rest_cli.commands.storage import grouped
from tinker_rest_cli.formatting import counted, json_text, plain, size, usd
from tinker_rest_cli.groups import Group
from tinker_rest_cli.options import project_option, utc_day, utc_hour
from tinker_rest_cli.output import show_list, tell, whole_file, write_csv
from tinker_rest_cli.progress import progress
from tinker_rest_cli.settings import Settings

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


# What --group-by takes: the column of the group, and its value for an event.
GROUPS: dict[str, Column[BillingUsageEvent]] = {
    "session": Column("session_id", "Session ID", is_id=True),
    "model": Column("base_model", "Base model", is_id=True),
    "kind": Column("type", "Usage", _info("type")),
    "day": Column("day", "Day (UTC)", lambda event: f"{event.bucket_start.astimezone(UTC):%Y-%m-%d}"),
    "project": Column("project_id", "Project", is_id=True),
    "user": Column("user_name", "User"),
}

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

SUMS: list[Column[dict[str, Any]]] = [
    Column("token_count", "Tokens", right=True),
    Column("gigabyte_hours", "GB hours", text=lambda hours: f"{hours:,.1f}", right=True),
    Column("count", "Checkpoints", right=True),
    Column("estimated_cost_usd", "USD", text=usd, right=True),
]


def _sums(events: Iterable[BillingUsageEvent]) -> dict[str, Any]:
    """The sums of what is known; an event without a price, or none yet, costs nothing."""
    sums: dict[str, Any] = dict.fromkeys((column.name for column in SUMS), 0)
    for event in events:
        amounts = event.event_info.to_dict() | {"estimated_cost_usd": event.estimated_cost_usd}
        for name in sums:
            amount = amounts.get(name)
            sums[name] += amount if isinstance(amount, int | float) else 0
    return {name: round(number, 6) for name, number in sums.items()}


def _show_sums(settings: Settings, group_by: str, events: Sequence[BillingUsageEvent], total: Any) -> None:
    """Print a row for each group, the most expensive first; days in their order."""
    column = GROUPS[group_by]
    rows = [{column.name: key, **_sums(some)} for key, some in grouped(events, column.value).items()]
    rows.sort(key=lambda row: row["day"] if group_by == "day" else -row["estimated_cost_usd"])
    first: Column[Any] = Column(column.name, column.heading, text=lambda key: key or "none", is_id=column.is_id)
    shown = [row for row in rows if row[column.name] or not settings.quiet]
    show_list(settings, Listing(group_by, "data", [first, *SUMS]), shown, more={"total": total})


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

csv_option = click.option("--csv", "csv_path", metavar="FILE", help="Write rows to this file as CSV; - is stdout.")


def _period(context: click.Context, parameter: click.Parameter, words: Sequence[str]) -> Any:
    """The start and the end; the end of `last month` is that of the month."""
    text = " ".join(words).lower()
    if text in ("last month", "this month"):
        words = (text, "this month" if text == "last month" else "now")
    if len(words) > 2:
        raise click.UsageError("give one time or two; quote times with spaces", context)
    period: Any = [utc_hour(context, parameter, word) for word in (*words, "now")[:2]]
    if period[0] >= period[1]:
        raise click.UsageError("a period must end after it starts", context)
    return period


billing = Group("billing", help="Show an organization's usage and storage, for administrators.")


@billing.command("usage")
@click.argument("period", metavar="STARTING_ON [ENDING_BEFORE]", nargs=-1, required=True, callback=_period)
@click.option("--group-by", type=click.Choice([*GROUPS]), help="Print the sums of each instead of the rows.")
@columns_option(EVENTS)
@csv_option
@click.option(
    "--sessions-csv", "sessions_path", metavar="FILE",
    help="Write the sessions and their metadata to this file as CSV; - is stdout.",
)  # fmt: skip
def usage(
    settings: Settings,
    period: tuple[datetime, datetime],
    group_by: str | None,
    columns: Sequence[Column[BillingUsageEvent]] | None,
    csv_path: str | None,
    sessions_path: str | None,
) -> None:
    """Show the hourly usage of your organization, or its sums, and what it cost.

    STARTING_ON and ENDING_BEFORE (the current hour by default) are full hours in UTC, such as yesterday, 7d (seven
    days ago), 2026-07-13 or 2026-07-13T08:00Z. `last month` alone is that whole month. Data is some hours late.
    Costs are estimates before credits and commitments. Requires the administrator or billing administrator role.

    Servers report usage by session, not by training run; `session info` shows the runs of a session.

    \b
      tinker-rest billing usage 7d
      tinker-rest billing usage last month --group-by project
      tinker-rest billing usage 2026-01-01 2026-07-01 --csv usage.csv
    """  # noqa: D301
    if group_by and (columns or csv_path or sessions_path):
        raise click.UsageError("--group-by cannot be combined with --columns, --csv or --sessions-csv")
    with admin_client(settings) as client:
        found = client.get_billing_usage(*period).result()
    total = _sums(found.data)
    if group_by:
        _show_sums(settings, group_by, found.data, total)
    if sessions_path is not None:
        rows = [[session_id, session.user_metadata] for session_id, session in found.sessions.items()]
        _write_file(sessions_path, [["session_id", "user_metadata"], *rows])
    if csv_path is not None:
        _write_file(csv_path, EVENTS.csv_rows(found.data, columns))
    if csv_path is None and sessions_path is None and not group_by:
        events = [event for event in found.data if event.session_id or not settings.quiet]
        more = found.model_dump(mode="json", exclude=["data"]) | {"total": total}
        show_list(settings, EVENTS, events, columns=columns, more=more)
    if csv_path is None and sessions_path is None and settings.format == "table" and not settings.quiet:
        from tinker_rest_cli.tables import write_facts

        click.echo()
        write_facts([(f"Total {column.heading}", column.text(total[column.name])) for column in SUMS])


@billing.command("checkpoint-storage")
@project_option("Only what is stored in this project.")
@columns_option(STORAGE)
@csv_option
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


audit = Group("audit", help="Show and save an organization's audit log, for administrators.")


@audit.command("list")
@click.option("--day", metavar="DAY", callback=utc_day, help="A day in UTC, such as yesterday; today by default.")
@click.option("--type", "event_type", type=click.Choice(EVENT_TYPES), default="all", help="Only this type.")
@columns_option(ENTRIES)
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
                with whole_file(file) as opened:
                    opened.writelines(f"{json_text(model_as_json(entry))}\n".encode() for entry in entries)
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
