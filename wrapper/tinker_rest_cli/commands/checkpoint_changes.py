"""`tinker-rest checkpoint publish|unpublish|set-ttl|delete`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tinker_rest_cli.clients import rest_client
from tinker_rest_cli.groups import Command
from tinker_rest_cli.options import TTL, selection_options_of_changes
from tinker_rest_cli.outcomes import report
from tinker_rest_cli.output import tell
from tinker_rest_cli.progress import progress
from tinker_rest_cli.settings import Settings
from tinker_rest_cli.targets import NOT_FOUND, STDIN, concurrency_option, confirmed_targets, confirming_options

if TYPE_CHECKING:
    from tinker_rest import APIFuture, BulkProgress, BulkResult

# By the client's method: the verb for the question, the title of the progress, and the outcomes of a checkpoint.
WORDS = {
    "delete_checkpoints": ("delete", "Deleting", "deleted", "already deleted"),
    "set_checkpoints_ttl": ("set", "Setting the TTL", "set", "already set"),
    "publish_checkpoints": ("publish", "Publishing", "published", "already public"),
    "unpublish_checkpoints": ("unpublish", "Unpublishing", "unpublished", "already private"),
}

log_option = click.option(
    "--log", type=click.Path(dir_okay=False), metavar="FILE",
    help="Append each outcome to this file, and skip checkpoints that it lists as done.",
)  # fmt: skip


def _changes_many(command: Callable[..., int]) -> Callable[..., int]:
    """The arguments and options of commands that change many checkpoints."""
    for decorate in (
        concurrency_option(16, 128),
        log_option,
        confirming_options,
        selection_options_of_changes,
        click.argument("checkpoint_paths", metavar="[CHECKPOINT_PATH | -]...", nargs=-1),
    ):
        command = decorate(command)
    return command


def _run(settings: Settings, name: str, given: dict[str, Any], **options: Any) -> int:
    """Make a change and report it: `given` finds the checkpoints, the options go to the client's method."""
    verb, doing, done, already = WORDS[name]
    with rest_client(settings) as client:
        targets = confirmed_targets(client, settings, verb, **given)
        if targets is None:
            return 0
        finished = 0
        with progress(settings, doing, total=len(targets), unit="checkpoints") as update:

            def note(so_far: BulkProgress) -> None:
                nonlocal finished
                finished = so_far.finished
                update(completed=finished)

            checkpoints = [one.tinker_path if one.checkpoint_type == NOT_FOUND else one for one in targets]
            method: Callable[..., APIFuture[BulkResult]] = getattr(client, name)
            future = method(checkpoints, progress=note, **options)
            try:
                result = future.result()
            except KeyboardInterrupt:
                future.cancel()
                tell(settings, f"{finished:,} of {len(targets):,} done; run the same command to continue")
                raise
    return report(settings, result.outcomes, done=done + given.get("detail", ""), already=already)


@click.command("delete", cls=Command)
@click.option(
    "--downloaded", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="FOLDER",
    help="Only checkpoints that were downloaded to this folder, and whose files there pass verification.",
)  # fmt: skip
@click.option("--ignore-missing", "missing_ok", is_flag=True, help="Do not fail if a checkpoint does not exist.")
@_changes_many
def delete(settings: Settings, missing_ok: bool, log: str | None, concurrency: int, **given: Any) -> int:
    """Delete checkpoints permanently.

    Give tinker paths, - to read paths from stdin, or filters, which are combined. You see what will be deleted,
    and what is kept, before you confirm. After an interruption, run the same command to continue.

    Times are in UTC unless they name another zone.

    \b
      tinker-rest checkpoint delete tinker://RUN_ID/weights/0001
      tinker-rest checkpoint delete --older-than 30d --keep-latest 3 --dry-run
      tinker-rest checkpoint delete --downloaded models
      tinker-rest checkpoint list -q --run RUN_ID --limit 0 | tinker-rest checkpoint delete --yes -
    """  # noqa: D301
    given |= {"exclude_public": True, "missing_ok": missing_ok}
    return _run(settings, "delete_checkpoints", given, missing_ok=missing_ok, log=log, concurrency=concurrency)


@click.command("set-ttl", cls=Command)
@click.option(
    "--ttl", "ttl_seconds", callback=TTL, metavar="TTL",
    help="Expire after a time or at a date, from an hour to ten years from now: 12h, 30d, 2w, 2026-01-31,"
    " 'tomorrow 9:00' (in this machine's time zone), or a number of seconds. 'never' is --remove.",
)  # fmt: skip
@click.option("--remove", is_flag=True, help="Remove the time to live, so that they never expire.")
@_changes_many
def set_ttl(
    settings: Settings,
    ttl_seconds: int | None,
    remove: bool,
    log: str | None,
    concurrency: int,
    **given: Any,
) -> int:
    """Set or remove the time to live of checkpoints.

    Give tinker paths, - to read paths from stdin, or filters, which are combined. You confirm first, unless you
    give a single path.

    \b
      tinker-rest checkpoint set-ttl tinker://RUN_ID/weights/0001 --ttl 30d
      tinker-rest checkpoint set-ttl --no-ttl --older-than 60d --ttl 2w --dry-run
    """  # noqa: D301
    source = click.get_current_context().get_parameter_source("ttl_seconds")
    if (source is click.core.ParameterSource.COMMANDLINE) == remove:
        raise click.UsageError("give either --ttl, such as --ttl 7d, or --remove")
    if ttl_seconds is not None and not 3600 <= ttl_seconds <= 315_360_000:
        raise click.BadParameter(f"must be from an hour to ten years, not {ttl_seconds:,} s", param_hint="'--ttl'")
    detail = " to never expire"
    if ttl_seconds is not None:
        detail = f" to expire at {datetime.now(UTC) + timedelta(seconds=ttl_seconds):%Y-%m-%d %H:%M} UTC"
    paths = given["checkpoint_paths"]
    given |= {"detail": detail, "exclude_public": ttl_seconds is not None}
    given["yes"] |= len(paths) == 1 and paths[0] != STDIN
    options = {"ttl_seconds": ttl_seconds, "log": log, "concurrency": concurrency}
    return _run(settings, "set_checkpoints_ttl", given, **options)


@click.command("publish", cls=Command)
@click.argument("checkpoint_paths", metavar="CHECKPOINT_PATH...", nargs=-1, required=True)
def publish(settings: Settings, checkpoint_paths: Sequence[str]) -> int:
    """Make checkpoints public: everyone can then read them by their tinker paths.

    Checkpoints that are already public are not an error.
    """
    return _run(settings, "publish_checkpoints", {"checkpoint_paths": checkpoint_paths, "yes": True})


@click.command("unpublish", cls=Command)
@click.argument("checkpoint_paths", metavar="CHECKPOINT_PATH...", nargs=-1, required=True)
def unpublish(settings: Settings, checkpoint_paths: Sequence[str]) -> int:
    """Make public checkpoints private again. Checkpoints that are already private are not an error."""
    return _run(settings, "unpublish_checkpoints", {"checkpoint_paths": checkpoint_paths, "yes": True})
