"""`tinker-rest storage`: how much storage checkpoints use."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tinker_rest_cli.columns import Column, Listing
from tinker_rest_cli.formatting import counted, for_csv, size, usd
from tinker_rest_cli.groups import Command
from tinker_rest_cli.options import DURATION, selection_of, selection_options
from tinker_rest_cli.output import limit_option, show_list
from tinker_rest_cli.settings import Settings

if TYPE_CHECKING:
    from tinker_rest import APIFuture
    from tinker_rest.types import Checkpoint

T = TypeVar("T")

DAY = timedelta(days=1)
MIN_TTL = timedelta(hours=1)  # that servers accept
PRICE_SECONDS = 10.0
AGES = (1, 7, 30, 90, 365)  # the ends of ranges in days

RUNS: Listing[dict[str, Any]] = Listing(
    "training run",
    "runs",
    [
        Column("training_run_id", "Run ID", text=lambda run_id: run_id or "unknown run", is_id=True),
        Column("checkpoint_count", "Checkpoints", right=True),
        Column("size_bytes", "Size", text=size, right=True),
        Column("unknown_size_count", "Unknown sizes", right=True, hidden=True),
        Column("estimated_monthly_cost_usd", "USD a month", text=usd, right=True, hidden=True),
        Column("public_size_bytes", "Public", text=size, right=True),
        Column("never_expires_size_bytes", "Never expires", text=size, right=True),
        Column("oldest", "Oldest", hidden=True),
        Column("newest", "Newest", hidden=True),
    ],
)

CHOICES: list[Column[dict[str, Any]]] = [
    Column("choice", "To free storage"),
    Column("when", "When"),
    Column("checkpoint_count", "Checkpoints", right=True),
    Column("size_bytes", "Frees", text=size, right=True),
    Column("estimated_monthly_cost_usd", "USD a month", text=usd, right=True),
]


def amount(checkpoints: Iterable[Checkpoint], price: float | None = None) -> dict[str, Any]:
    """Count checkpoints; the price is in US dollars per 10^9 bytes and month."""
    sizes = [checkpoint.size_bytes for checkpoint in checkpoints]
    total = sum(size for size in sizes if size is not None)
    return {
        "checkpoint_count": len(sizes),
        "size_bytes": total,
        "unknown_size_count": sizes.count(None),
        "estimated_monthly_cost_usd": None if price is None else round(total / 10**9 * price, 6),
    }


def storage_report(
    checkpoints: Iterable[Checkpoint], *, now: datetime, ttl: timedelta | None = None, price: float | None = None
) -> dict[str, Any]:
    """The output of `-f json`: training runs, largest first, and totals."""
    newest_first = sorted(checkpoints, key=lambda one: one.time or datetime.min.replace(tzinfo=UTC), reverse=True)

    def sums(key: Callable[[Checkpoint], str]) -> dict[str, dict[str, Any]]:
        return {name: amount(group, price) for name, group in grouped(newest_first, key).items()}

    def age(checkpoint: Checkpoint) -> str:
        if checkpoint.time is None:
            return "unknown"
        place = sum(now - checkpoint.time > end * DAY for end in AGES)
        return f"{[0, *AGES][place]}_to_{AGES[place]}_days" if place < len(AGES) else f"over_{AGES[-1]}_days"

    runs = [
        {
            "training_run_id": run_id,
            **amount(group, price),
            "public_size_bytes": amount(one for one in group if one.public)["size_bytes"],
            "never_expires_size_bytes": amount(one for one in group if one.expires_at is None)["size_bytes"],
            "oldest": for_csv(group[-1].time) or None,
            "newest": for_csv(group[0].time) or None,
        }
        for run_id, group in grouped(newest_first, lambda one: one.training_run_id).items()
    ]
    never_expires = [one for one in newest_first if one.expires_at is None]
    private = [one for one in never_expires if not one.public]
    old = [one for one in private if ttl and one.time and now - one.time >= ttl]
    expiring = [one for one in newest_first if one.expires_at is not None]
    freed = {"already_expiring": expiring, "delete_older": old, "set_ttl": private}
    return {
        "runs": sorted(runs, key=lambda run: -run["size_bytes"]),
        "counted_at": for_csv(now),
        "total": amount(newest_first, price),
        "public": amount((one for one in newest_first if one.public), price),
        "never_expires": amount(never_expires, price),
        "by_type": sums(lambda one: str(one.checkpoint_type)),
        "by_age": sums(age),
        "freed": {name: amount(some, price) for name, some in freed.items()} if ttl else None,
        "usd_per_gigabyte_month": price,
    }


def grouped(items: Iterable[T], key: Callable[[T], Any]) -> dict[Any, list[T]]:
    """The items by their keys, in the order of their first."""
    groups: dict[Any, list[T]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups


def _facts(report: dict[str, Any]) -> list[tuple[str, str]]:
    sums = {
        "Total": report["total"],
        "Public": report["public"],
        "Never expires": report["never_expires"],
        **{f"Type {name}": one for name, one in report["by_type"].items()},
        **{f"Age {name.replace('_', ' ')}": one for name, one in report["by_age"].items()},
    }
    return [(name, _text(one)) for name, one in sums.items()]


def _text(stored: dict[str, Any]) -> str:
    text = f"{size(stored['size_bytes'])} in {counted(stored['checkpoint_count'], 'checkpoint')}"
    if stored["unknown_size_count"]:
        text += f", {stored['unknown_size_count']:,} of unknown size"
    if stored["estimated_monthly_cost_usd"] is not None:
        text += f", about {usd(stored['estimated_monthly_cost_usd'])} USD a month"
    return text


def _choices(freed: dict[str, dict[str, Any]], ttl: timedelta, now: datetime) -> list[dict[str, Any]]:
    """The storage that each option would free, and when."""
    days = f"{ttl / DAY:.3g}"
    texts = {
        "already_expiring": ("Already expiring", "by itself"),
        "delete_older": (f"Delete those older than {days} days", "now"),
        "set_ttl": (f"Set a {days}-day TTL today", f"{now + ttl:%Y-%m-%d}"),
    }
    return [{"choice": choice, "when": when, **freed[name]} for name, (choice, when) in texts.items()]


def _now() -> datetime:
    return datetime.now(UTC)


def _ttl(context: click.Context, option: click.Parameter, value: str | None) -> timedelta | None:
    ttl: timedelta | None = DURATION(context, option, value)
    if ttl is not None and ttl < MIN_TTL:
        raise click.BadParameter("a TTL is an hour or more, such as 30d")
    return ttl


@click.command("storage", cls=Command)
@click.option("--ttl", callback=_ttl, metavar="TIME", help="Also show what a TTL such as 30d would free.")
@limit_option
@selection_options
def storage(settings: Settings, ttl: timedelta | None, limit: int, **options: Any) -> None:
    """Show how much storage your checkpoints use, by training run, type and age, and what it costs.

    All your checkpoints count, public ones too, or those that match all filters. Costs are estimates before
    credits; only administrators can read the price.

    --ttl 30d also shows what you can free. Nothing is changed. These commands do it, except for public checkpoints
    and those that already expire:

    \b
      tinker-rest checkpoint delete --no-ttl --older-than 30d
      tinker-rest checkpoint set-ttl --no-ttl --ttl 30d
    """  # noqa: D301
    from tinker_rest import AdminClient, CheckpointSelection
    from tinker_rest_cli.clients import client_options, rest_client
    from tinker_rest_cli.progress import progress

    selection = selection_of({**options, "include_public": True}) or CheckpointSelection(include_public=True)
    with (
        rest_client(settings) as client,
        AdminClient(**{**client_options(settings), "timeout": PRICE_SECONDS, "max_retries": 1}) as admin,
    ):
        asked = None if settings.quiet else admin.get_current_checkpoint_storage_usage()
        with progress(settings, "Reading checkpoints", unit="checkpoints"):
            checkpoints = client.select_checkpoints(selection).result()
        price = _price(asked)
    now = _now()
    report = storage_report(checkpoints, now=now, ttl=ttl, price=price)
    if settings.format == "table" and not settings.quiet and checkpoints:
        from tinker_rest_cli.tables import write_facts, write_table

        write_facts(_facts(report))
        if ttl:
            click.echo()
            write_table(CHOICES, _choices(report["freed"], ttl, now))
        click.echo()
    runs = report.pop("runs")
    show_list(settings, RUNS, runs[: limit or None], total_count=len(runs), more=report)


def _price(asked: APIFuture[Any] | None) -> float | None:
    """The server's price; None if it has none, or does not show it to you."""
    from tinker_rest import TinkerError

    if asked is None:
        return None
    try:
        price: float | None = asked.result().effective_rate_usd_per_gigabyte_month
    except TinkerError:
        return None
    return price
