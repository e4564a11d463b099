"""Shows what a command is about to do, and asks whether it shall."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from tinker_rest_cli.checkpoint_listing import CHECKPOINTS
from tinker_rest_cli.failures import CommandError, ExitStatus
from tinker_rest_cli.output import show_list
from tinker_rest_cli.paging import Found
from tinker_rest_cli.settings import Settings
from tinker_rest_cli.targets import Target, summary
from tinker_rest_cli.texts import age, printable, size

F = TypeVar("F", bound=Callable[..., Any])

MOST_SHOWN = 20


def planning_options(command: F) -> F:
    """The options `--dry-run` and `--yes`."""
    dry_run = click.option("--dry-run", is_flag=True, help="Show what would be done, and do nothing.")
    yes = click.option("-y", "--yes", is_flag=True, help="Do not ask.")
    return dry_run(yes(command))


def show_only(settings: Settings, targets: Sequence[Target], what: str, in_words: str = "") -> None:
    """Print all that would be done, for `--dry-run`.

    Args:
        settings: What the common options say.
        targets: The checkpoints.
        what: What would be done, such as `delete`.
        in_words: What that is followed by, such as when they would expire.
    """
    from tinker_rest.types import Checkpoint

    found = Found.all_of([_known(target, Checkpoint) for target in targets])
    total = sum(target.size_bytes or 0 for target in targets)
    show_list(settings, CHECKPOINTS, found, more=lambda: {"total_size_bytes": total})
    sys.stdout.flush()
    _tell(settings, f"would {what} {summary(targets)}{in_words}; nothing was done")


def _known(target: Target, kind: Any) -> Any:
    """The checkpoint or, where nothing is known of it, one with its path alone."""
    if target.checkpoint is not None:
        return target.checkpoint
    checkpoint_id = "/".join(target.tinker_path.split("/")[3:])
    return kind(checkpoint_id=checkpoint_id, checkpoint_type="unknown", tinker_path=target.tinker_path)


def show_plan(settings: Settings, targets: Sequence[Target], what: str) -> None:
    """Tell on stderr what is about to be done."""
    if settings.quiet:
        return
    for target in targets[:MOST_SHOWN]:
        one = target.checkpoint
        facts = "not there" if one is None else f"{size(one.size_bytes)}, saved {age(one.time)}"
        public = ", public" if one is not None and one.public else ""
        _tell(settings, f"  {target.tinker_path}  {facts}{public}")
    if len(targets) > MOST_SHOWN:
        _tell(settings, f"  and {len(targets) - MOST_SHOWN:,} more, which --dry-run lists")
    _tell(settings, f"{what} {summary(targets)}")


def ask(question: str, *, reads_stdin: bool) -> None:
    """Ask on stderr whether to go on.

    Raises:
        click.UsageError: There is nobody to ask.
        CommandError: The answer is no.
    """
    if reads_stdin or not sys.stdin.isatty():
        raise click.UsageError("there is nobody to ask; say --yes to do it, or --dry-run to look only")
    if not click.confirm(question, err=True):
        raise CommandError("nothing was done", ExitStatus.FAILED)


def _tell(settings: Settings, line: str) -> None:
    if not settings.quiet:
        sys.stderr.write(printable(line) + "\n")
