"""Changes checkpoints: looks for them, shows them, asks, and goes on where an interrupted command stopped."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from tinker_rest.command_line.command_journals import CommandJournal
from tinker_rest.command_line.outcomes import report
from tinker_rest.command_line.planning import ask, show_only, show_plan
from tinker_rest.command_line.progress import progress
from tinker_rest.command_line.settings import Settings
from tinker_rest.command_line.targets import STDIN, Target, find_targets
from tinker_rest.command_line.texts import counted

if TYPE_CHECKING:
    from tinker_rest import APIFuture, RestClient
    from tinker_rest.bulk.outcomes import BulkProgress, BulkResult


@dataclass(frozen=True)
class Asked:
    """What a command was asked for.

    Attributes:
        paths: The checkpoints that were named.
        options: The options that select, by the names of `CheckpointSelection`.
        dry_run: Whether only to show what would be done.
        yes: Whether not to ask.
        journal: The file of `--journal`.
        concurrency: How many at once.
        spares_public: Whether public checkpoints are only meant with `--include-public`.
    """

    paths: Sequence[str]
    options: Mapping[str, Any] = field(default_factory=dict)
    dry_run: bool = False
    yes: bool = False
    journal: str | None = None
    concurrency: int = 16
    spares_public: bool = False


@dataclass(frozen=True)
class Change:
    """What a command does to checkpoints.

    Attributes:
        action: The method of `RestClient`; it takes the paths, `values`, and what all such methods take.
        what: What it does, such as `delete`.
        done: What was done in the end, such as `deleted`.
        already: What was so before, such as `gone already`.
        values: Further arguments of the method.
        in_words: What `what` is followed by, such as when they shall expire.
    """

    action: str
    what: str
    done: str
    already: str
    values: Mapping[str, Any] = field(default_factory=dict)
    in_words: str = ""

    def begin(self, client: RestClient, paths: Sequence[str], **manner: Any) -> APIFuture[BulkResult]:
        """Begin it."""
        method: Callable[..., APIFuture[BulkResult]] = getattr(client, self.action)
        return method(paths, **self.values, **manner)


def concurrency_option(default: int, most: int) -> Callable[[Any], Any]:
    """The option `--concurrency`."""
    return click.option(
        "--concurrency", type=click.IntRange(1, most), default=default, metavar="N",
        help=f"How many at once; {default} by default.",
    )  # fmt: skip


def change_checkpoints(client: RestClient, settings: Settings, change: Change, asked: Asked) -> int:
    """Do it, and return the exit status."""
    targets, journal = plan(client, settings, change.action, change.values, asked)
    if asked.dry_run:
        show_only(settings, targets, change.what)
        return 0
    if targets and not asked.yes:
        show_plan(settings, targets, change.what)
        ask(f"{change.what.capitalize()} {counted(len(targets), 'checkpoint')}{change.in_words}?",
            reads_stdin=STDIN in asked.paths)  # fmt: skip
    return _change(client, settings, change, asked, journal, targets)


def plan(
    client: RestClient, settings: Settings, action: str, values: Mapping[str, Any], asked: Asked
) -> tuple[list[Target], CommandJournal]:
    """The checkpoints that are meant, or were when an interrupted run of the same command began."""
    named = bool(asked.paths)
    targets = find_targets(client, settings, asked.paths, asked.options, spares_public=asked.spares_public)
    command = {"action": action, "base_url": client.holder.base_url, **values, **asked.options}
    if named:
        command["paths"] = sorted(target.tinker_path for target in targets)
    journal = CommandJournal(
        asked.journal, command, is_written=not asked.dry_run and (not named or len(targets) > 1)
    )
    earlier = journal.earlier()
    if earlier is None:
        return targets, journal
    if not named and earlier.plan is not None:
        known = {target.tinker_path: target for target in targets}
        targets = [known.get(path) or Target(path) for path in earlier.plan]
    done = journal.count_done(target.tinker_path for target in targets)
    if not settings.quiet:
        sys.stderr.write(f"going on with an interrupted run: {done:,} of {len(targets):,} were done\n")
    return targets, journal


def _change(
    client: RestClient,
    settings: Settings,
    change: Change,
    asked: Asked,
    journal: CommandJournal,
    targets: Sequence[Target],
) -> int:
    finished = 0

    def tell(so_far: BulkProgress) -> None:
        nonlocal finished
        finished = so_far.finished
        bar.update(finished)

    doing = f"{change.what.capitalize()} checkpoints"
    with progress(settings, doing, total=len(targets), unit="checkpoints") as bar:
        future = change.begin(
            client,
            [target.tinker_path for target in targets],
            concurrency=asked.concurrency,
            journal=journal.path,
            progress=tell,
        )
        try:
            result = future.result()
        except KeyboardInterrupt:
            future.cancel()
            if not settings.quiet:
                sys.stderr.write(f"{finished:,} of {len(targets):,} were tried; the same command goes on\n")
            raise
    journal.close(is_done=not result.failed and not result.cancelled)
    return report(settings, result.outcomes, done=change.done, already=change.already)
