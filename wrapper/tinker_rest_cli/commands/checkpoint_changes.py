"""`tinker-rest checkpoint publish|unpublish|set-ttl|delete`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from tinker_rest_cli.changing import DELETION, Asked, Change, change_checkpoints, concurrency_option
from tinker_rest_cli.clients import rest_client
from tinker_rest_cli.command_journals import journal_option
from tinker_rest_cli.groups import Command
from tinker_rest_cli.planning import planning_options
from tinker_rest_cli.selecting import selection_options_of_changes
from tinker_rest_cli.settings import Settings, pass_settings
from tinker_rest_cli.typed_options import TTL

DELETE = Change(DELETION, "delete", "deleted", "gone already")
PUBLISH = Change("publish_checkpoints", "publish", "published", "public already")
UNPUBLISH = Change("unpublish_checkpoints", "unpublish", "unpublished", "private already")


def _changes(command: Callable[..., int]) -> Callable[..., int]:
    """The arguments and options of commands that change many checkpoints."""
    for decorate in (
        concurrency_option(16, 128),
        journal_option,
        planning_options,
        selection_options_of_changes,
        click.argument("checkpoint_paths", metavar="[CHECKPOINT_PATH | -]...", nargs=-1),
    ):
        command = decorate(command)
    return command


def _run(settings: Settings, change: Change, checkpoint_paths: Sequence[str], **given: Any) -> int:
    spares_public = change.values.get("ttl_seconds", 0) is not None
    about = {name: given.pop(name) for name in ("dry_run", "yes", "journal", "concurrency")}
    with rest_client(settings) as client:
        return change_checkpoints(
            client, settings, change, Asked(checkpoint_paths, given, **about, spares_public=spares_public)
        )


@click.command("delete", cls=Command)
@_changes
@pass_settings
def delete(settings: Settings, checkpoint_paths: Sequence[str], **given: Any) -> int:
    """Delete checkpoints for good.

    Give their tinker paths, - to read these from stdin, or options that select. What would be deleted is shown
    before you are asked. One that is gone already is no failure. The same command goes on with an interrupted one.

    Times are in UTC unless they say otherwise.

    \b
      tinker-rest checkpoint delete tinker://RUN_ID/weights/0001
      tinker-rest checkpoint delete --older-than 30d --keep-latest 3 --dry-run
      tinker-rest checkpoint list -q --run RUN_ID --limit 0 | tinker-rest checkpoint delete --yes -
    """  # noqa: D301
    return _run(settings, DELETE, checkpoint_paths, **given)


@click.command("set-ttl", cls=Command)
@_changes
@click.option(
    "--ttl", "ttl_seconds", type=TTL, metavar="TTL",
    help="When they shall expire, from an hour to ten years from now: '7d', '2 weeks', 'tomorrow 9:00' (in this"
    " machine's time zone), or a number of seconds. 'never' is --remove.",
)  # fmt: skip
@click.option("--remove", is_flag=True, help="Let them never expire.")
@pass_settings
def set_ttl(
    settings: Settings, checkpoint_paths: Sequence[str], ttl_seconds: int | None, remove: bool, **given: Any
) -> int:
    """Let checkpoints expire, or keep them.

    Give their tinker paths, - to read these from stdin, or options that select. What would be changed is shown
    before you are asked; a single path is not asked about.

    \b
      tinker-rest checkpoint set-ttl tinker://RUN_ID/weights/0001 --ttl 30d
      tinker-rest checkpoint set-ttl --no-ttl --older-than 60d --ttl '2 weeks' --dry-run
    """  # noqa: D301
    source = click.get_current_context().get_parameter_source("ttl_seconds")
    is_given = source is click.core.ParameterSource.COMMANDLINE
    if is_given == remove:
        raise click.UsageError("give either --ttl, such as --ttl 7d, or --remove")
    if ttl_seconds is not None and not 3600 <= ttl_seconds <= 315_360_000:
        raise click.BadParameter(
            f"{ttl_seconds:,} seconds are less than an hour or more than ten years", param_hint="'--ttl'"
        )
    words = " so that they never expire"
    if ttl_seconds is not None:
        words = f" to expire at {datetime.now(UTC) + timedelta(seconds=ttl_seconds):%Y-%m-%d %H:%M} UTC"
    change = Change(
        "set_checkpoints_ttl", "set the TTL of", "set", "set already", {"ttl_seconds": ttl_seconds}, words
    )
    is_single = len(checkpoint_paths) == 1 and checkpoint_paths[0] != "-"
    return _run(settings, change, checkpoint_paths, **{**given, "yes": given["yes"] or is_single})


@click.command("publish", cls=Command)
@click.argument("checkpoint_paths", metavar="CHECKPOINT_PATH...", nargs=-1, required=True)
@pass_settings
def publish(settings: Settings, checkpoint_paths: Sequence[str]) -> int:
    """Make checkpoints readable by everyone. One that is public already is no failure."""
    with rest_client(settings) as client:
        return change_checkpoints(client, settings, PUBLISH, Asked(checkpoint_paths, yes=True))


@click.command("unpublish", cls=Command)
@click.argument("checkpoint_paths", metavar="CHECKPOINT_PATH...", nargs=-1, required=True)
@pass_settings
def unpublish(settings: Settings, checkpoint_paths: Sequence[str]) -> int:
    """Make public checkpoints private again. One that is private already is no failure."""
    with rest_client(settings) as client:
        return change_checkpoints(client, settings, UNPUBLISH, Asked(checkpoint_paths, yes=True))
