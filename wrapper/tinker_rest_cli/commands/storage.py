"""`tinker-rest storage`: how much storage checkpoints use."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import click

from tinker_rest_cli.columns import Column, Listing
from tinker_rest_cli.groups import Command
from tinker_rest_cli.options import DURATION, selection_of, selection_options
from tinker_rest_cli.output import show_list
from tinker_rest_cli.settings import Settings, pass_settings

if TYPE_CHECKING:
    from tinker_rest import APIFuture, RestClient
    from tinker_rest.types import Checkpoint

MIN_TTL = timedelta(hours=1)  # that servers take
SHOWN_RUNS = 10
PRICE_SECONDS = 10.0


def _now() -> datetime:
    return datetime.now(UTC)


def _ttl(context: click.Context, option: click.Parameter, value: str | None) -> timedelta | None:
    ttl: timedelta | None = DURATION(context, option, value)
    if ttl is not None and ttl < MIN_TTL:
        raise click.BadParameter("a TTL is an hour or more, such as 30d")
    return ttl


@click.command("storage", cls=Command)
@click.option("--ttl", callback=_ttl, metavar="TIME", help="Show what a TTL such as 30d would free.")
@click.option(
    "--top", type=click.IntRange(min=0), metavar="N",
    help=f"Only the N largest runs, 0 for all; {SHOWN_RUNS} by default in tables, all otherwise.",
)  # fmt: skip
@click.option(
    "--price-per-gb-month", "price", type=click.FloatRange(min=0), metavar="USD",
    help="Estimate costs with this price, for 10^9 bytes and a month; by default the server's, which only"
    " administrators can read.",
)  # fmt: skip
@selection_options
@pass_settings
def storage(
    settings: Settings, ttl: timedelta | None, top: int | None, price: float | None, **options: Any
) -> None:
    """Show how much storage checkpoints use, by training run, age and expiry, and what a TTL would free.

    All your checkpoints are counted, including public ones, or those that the options select. Ages count from when
    a checkpoint was saved. -q prints the IDs of training runs, the largest first; csv and jsonl have a row for
    each.

    --ttl 30d shows how much is gone after some times from now: what expires already; what you free by deleting
    private checkpoints that never expire once they are older than 30 days (`checkpoint delete --no-ttl
    --older-than 30d` deletes those of now); and what you free by setting the TTL on the same checkpoints now
    (`checkpoint set-ttl --no-ttl --ttl 30d`). Existing expiries stay as they are. Nothing is changed.
    """
    from tinker_rest import AdminClient
    from tinker_rest_cli.clients import client_options, rest_client
    from tinker_rest_cli.storage_report import RUN_FIELDS, storage_report

    source = None if price is None else "option"
    with (
        rest_client(settings) as client,
        AdminClient(**{**client_options(settings), "timeout": PRICE_SECONDS, "max_retries": 1}) as admin,
    ):
        asked = admin.get_current_checkpoint_storage_usage() if price is None and not settings.quiet else None
        checkpoints = _read(settings, client, options)
        if asked is not None and (price := _price(asked)) is not None:
            source = "server"
    report = storage_report(checkpoints, now=_now(), ttl=ttl, price=price, price_source=source)
    if settings.format == "table" and not settings.quiet:
        from tinker_rest_cli.storage_view import write_report

        write_report(report, SHOWN_RUNS if top is None else top)
        return
    runs = report.pop("items")
    shown = [run for run in runs[: top or None] if run["training_run_id"] or not settings.quiet]
    columns = [Column[dict[str, Any]](name, name, itemgetter(name)) for name in RUN_FIELDS]
    listing = Listing("training run", itemgetter("training_run_id"), columns)
    show_list(settings, listing, shown, total_count=len(runs), more=lambda: report)


def _price(asked: APIFuture[Any]) -> float | None:
    """The server's price; None if it does not say, or not to you."""
    from tinker_rest import TinkerError

    try:
        price: float | None = asked.result().effective_rate_usd_per_gigabyte_month
    except TinkerError:
        return None
    return price


def _read(settings: Settings, client: RestClient, options: dict[str, Any]) -> list[Checkpoint]:
    from tinker_rest import CheckpointSelection
    from tinker_rest_cli.progress import progress

    selection = selection_of({**options, "include_public": True}) or CheckpointSelection(include_public=True)
    with progress(settings, "Reading checkpoints", unit="checkpoints") as bar:
        if selection.training_run_ids is not None:
            return client.select_checkpoints(selection).result()
        everything = []
        listed = iter(client.iter_user_checkpoints())
        for number, checkpoint in enumerate(listed, 1):
            everything.append(checkpoint)
            bar.update(number, total=listed.total_count)
    return selection.apply(everything)
