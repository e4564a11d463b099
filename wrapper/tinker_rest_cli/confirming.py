"""Shows what a command is about to do, and asks whether to go on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click
from attrs import field, frozen

from tinker_rest_cli.failures import CommandError
from tinker_rest_cli.formatting import age, counted, printable, size
from tinker_rest_cli.output import show_list
from tinker_rest_cli.settings import Settings
from tinker_rest_cli.targets import CHECKPOINTS, STDIN, Target, find_targets, summary

if TYPE_CHECKING:
    from tinker_rest import RestClient

F = TypeVar("F", bound=Callable[..., Any])

MAX_SHOWN = 20


@frozen
class Request:
    """What a command that acts on checkpoints was asked for."""

    paths: Sequence[str]
    options: Mapping[str, Any] = field(factory=dict)  # that select
    dry_run: bool = False
    yes: bool = False
    exclude_public: bool = False  # unless --include-public is given


def confirming_options(command: F) -> F:
    """The options `--dry-run` and `--yes`."""
    dry_run = click.option("--dry-run", is_flag=True, help="Show what would be done, without doing it.")
    yes = click.option("-y", "--yes", is_flag=True, help="Do not ask.")
    return dry_run(yes(command))


def concurrency_option(default: int, most: int) -> Callable[[F], F]:
    """The option `--concurrency`."""
    return click.option(
        "--concurrency", type=click.IntRange(1, most), default=default, metavar="N",
        help=f"How many at once; {default} by default.",
    )  # fmt: skip


def confirmed_targets(
    client: RestClient, settings: Settings, request: Request, verb: str, *, detail: str = ""
) -> list[Target] | None:
    """The checkpoints to act on, once the user has agreed; None after a dry run.

    The verb is such as `delete`, and the detail follows the checkpoints in a sentence, such as ` to expire at …`.

    Raises:
        click.UsageError: It cannot ask, or the request is wrong.
        CommandError: The answer is no.
    """
    targets = find_targets(client, settings, request.paths, request.options, exclude_public=request.exclude_public)
    if request.dry_run:
        _show_all(settings, targets)
        _tell(settings, f"would {verb} {summary(targets)}{detail}; nothing was done")
        return None
    if not targets or request.yes:
        return targets
    for target in targets[:MAX_SHOWN]:
        listed = target.checkpoint
        facts = "not there" if listed is None else f"{size(listed.size_bytes)}, saved {age(listed.time)}"
        public = ", public" if listed is not None and listed.public else ""
        _tell(settings, f"  {target.tinker_path}  {facts}{public}")
    if len(targets) > MAX_SHOWN:
        _tell(settings, f"  and {len(targets) - MAX_SHOWN:,} more; --dry-run lists them")
    _tell(settings, f"{verb} {summary(targets)}")
    if STDIN in request.paths or not sys.stdin.isatty():
        raise click.UsageError("no terminal to confirm on; pass --yes to proceed or --dry-run to preview")
    question = f"{verb[:1].upper()}{verb[1:]} {counted(len(targets), 'checkpoint')}{detail}?"
    if not click.confirm(question, err=True):
        raise CommandError("nothing was done")
    return targets


def _show_all(settings: Settings, targets: Sequence[Target]) -> None:
    from tinker_rest.types import Checkpoint

    shown = [
        target.checkpoint
        or Checkpoint(
            checkpoint_id="/".join(target.tinker_path.split("/")[3:]),
            checkpoint_type="unknown",
            tinker_path=target.tinker_path,
        )
        for target in targets
    ]
    total = sum(target.size_bytes or 0 for target in targets)
    show_list(settings, CHECKPOINTS, shown, more=lambda: {"total_size_bytes": total})
    sys.stdout.flush()


def _tell(settings: Settings, line: str) -> None:
    if not settings.quiet:
        sys.stderr.write(printable(line) + "\n")
