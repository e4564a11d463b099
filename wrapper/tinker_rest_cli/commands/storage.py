"""`tinker-rest storage`: what checkpoints cost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from tinker_rest_cli.groups import Command
from tinker_rest_cli.output import Column, Listing, show_list
from tinker_rest_cli.paging import Found
from tinker_rest_cli.selecting import selection_of, selection_options
from tinker_rest_cli.settings import Settings, pass_settings
from tinker_rest_cli.typed_options import DURATION

if TYPE_CHECKING:
    from tinker_rest import RestClient
    from tinker_rest.types import Checkpoint
    from tinker_rest_cli.storage_prices import Price
    from tinker_rest_cli.storage_report import RunStorage

SHORTEST_TTL = timedelta(hours=1)  # of what servers take
SHOWN_RUNS = 10


def _now() -> datetime:
    return datetime.now(UTC)


def _ttl(_context: click.Context, _option: click.Parameter, value: timedelta | None) -> timedelta | None:
    if value is not None and value < SHORTEST_TTL:
        raise click.BadParameter("a TTL is an hour or more, such as 30d")
    return value


def runs_listing(price: Price | None) -> Listing[RunStorage]:
    """How training runs and what they store are listed.

    Args:
        price: What storage costs; None for not known.
    """

    def cost(run: RunStorage) -> float | None:
        return None if price is None else price.of(run.amount)

    columns: list[Column[RunStorage]] = [
        Column("training_run_id", "Run ID", lambda run: run.training_run_id, whole=True),
        Column("checkpoint_count", "Checkpoints", lambda run: run.amount.checkpoint_count),
        Column("size_bytes", "Size", lambda run: run.amount.size_bytes),
        Column("unknown_size_count", "Of unknown size", lambda run: run.amount.unknown_size_count),
        Column("public_size_bytes", "Public", lambda run: run.public.size_bytes),
        Column("never_expires_size_bytes", "Never expires", lambda run: run.never_expires.size_bytes),
        Column("oldest", "Oldest", lambda run: run.oldest),
        Column("newest", "Newest", lambda run: run.newest),
        Column("estimated_monthly_cost_usd", "USD a month", cost),
    ]

    def as_json(run: RunStorage) -> dict[str, Any]:
        from tinker_rest_cli.texts import for_csv

        values = {column.name: column.value(run) for column in columns}
        return {name: for_csv(one) if isinstance(one, datetime) else one for name, one in values.items()}

    return Listing("training run", lambda run: run.training_run_id or "", columns, as_json)


@click.command("storage", cls=Command)
@click.option(
    "--ttl", type=DURATION, callback=_ttl, metavar="TIME", help="Tell what a TTL such as 30d would free."
)
@click.option(
    "--top",
    type=click.IntRange(min=0),
    metavar="N",
    help=f"The N largest runs, 0 for all; {SHOWN_RUNS} by default in tables, all otherwise.",
)
@click.option(
    "--price-per-gb-month", "price", type=click.FloatRange(min=0), metavar="USD",
    help="Estimate costs with this price, for 10^9 bytes and a month; by default with the server's, which"
    " administrators can read, and not at all where it is not known.",
)  # fmt: skip
@selection_options
@pass_settings
def storage(
    settings: Settings, ttl: timedelta | None, top: int | None, price: float | None, **options: Any
) -> None:
    """Show what checkpoints take in storage, by training run, age and expiry, and what a TTL would free.

    All of one's checkpoints are counted, public ones too, or those that the options select. Ages count from when a
    checkpoint was saved. -q prints the ids of training runs, the largest first; csv and jsonl have a row for each.

    --ttl 30d tells, for some times from now, how much is gone by then in all: what expires anyway; what would be
    gone besides, had all that is private and never expires had this TTL since it was saved (what is older than 30
    days now is gone at once: `checkpoint delete --no-ttl --older-than 30d` does that); and what would be gone
    besides, were this TTL set on the same checkpoints now, from when on it counts (`checkpoint set-ttl --no-ttl
    --ttl 30d` does that). An expiry that is there stays as it is. Nothing is changed.
    """
    from tinker_rest_cli.clients import rest_client
    from tinker_rest_cli.storage_prices import Price, asked_price
    from tinker_rest_cli.storage_report import storage_report

    with rest_client(settings) as client:
        known = None if price is None else Price(price, "option")
        wants_price = known is None and not settings.quiet
        asked = asked_price(client) if wants_price else None
        checkpoints = _read(settings, client, options)
        if asked is not None:
            known = asked()
    report = storage_report(checkpoints, now=_now(), ttl=ttl)
    most = (SHOWN_RUNS if settings.format == "table" and not settings.quiet else 0) if top is None else top
    runs = report.runs[:most] if most else report.runs
    if settings.format == "table" and not settings.quiet:
        from tinker_rest_cli.storage_view import write_report

        write_report(report, runs, known)
        return
    cost = None if known is None else known.of(report.total)
    prices = {
        "usd_per_gigabyte_month": known and known.usd_per_gigabyte_month,
        "price_source": known and known.source,
        "estimated_monthly_cost_usd": cost,
    }
    if settings.quiet:
        runs = [run for run in runs if run.training_run_id]
    found = Found(runs, len(report.runs))
    show_list(settings, runs_listing(known), found, more=lambda: {**report.to_dict(), **prices})


def _read(settings: Settings, client: RestClient, options: dict[str, Any]) -> list[Checkpoint]:
    from tinker_rest import CheckpointSelection
    from tinker_rest_cli.progress import progress

    selection = selection_of({**options, "include_public": True}) or CheckpointSelection(include_public=True)
    with progress(settings, "Reading checkpoints", unit="checkpoints") as bar:
        if selection.training_run_ids is not None:
            return client.select_checkpoints(selection).result()
        everything = []
        listed = client.iter_user_checkpoints()
        for one in listed:
            everything.append(one)
            bar.update(len(everything), total=listed.total_count)
    return selection.apply(everything)
