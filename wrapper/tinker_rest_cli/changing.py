"""Changes checkpoints: looks for them, shows them, asks, and goes on where an interrupted command stopped."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from tinker_rest_cli.command_journals import CommandJournal
from tinker_rest_cli.outcomes import report
from tinker_rest_cli.planning import ask, show_only, show_plan
from tinker_rest_cli.progress import progress
from tinker_rest_cli.settings import Settings
from tinker_rest_cli.targets import STDIN, Target, find_still_meant, find_targets
from tinker_rest_cli.texts import counted
from tinker_rest_cli.typed_options import typed_texts

if TYPE_CHECKING:
    from tinker_rest import APIFuture, RestClient
    from tinker_rest.bulk.outcomes import BulkProgress, BulkResult


DELETION = "delete_checkpoints"


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

    @property
    def title(self) -> str:
        """`what` with a capital letter."""
        return self.what[:1].upper() + self.what[1:]

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


@dataclass(frozen=True)
class Plan:
    """What a command is about to do.

    Attributes:
        targets: The checkpoints that are meant, also those that an interrupted run has done.
        left: Those of them that are left to do.
        journal: The journal, which may be of an interrupted run.
    """

    targets: Sequence[Target]
    left: Sequence[Target]
    journal: CommandJournal


def change_checkpoints(client: RestClient, settings: Settings, change: Change, asked: Asked) -> int:
    """Do it, and return the exit status."""
    plan = make_plan(client, settings, change.action, change.values, asked)
    if asked.dry_run:
        show_only(settings, plan.left, change.what, change.in_words)
        return 0
    if plan.left and not asked.yes:
        show_plan(settings, plan.left, change.what)
        ask(f"{change.title} {counted(len(plan.left), 'checkpoint')}{change.in_words}?",
            reads_stdin=STDIN in asked.paths)  # fmt: skip
    return _change(client, settings, change, asked, plan)


def make_plan(
    client: RestClient, settings: Settings, action: str, values: Mapping[str, Any], asked: Asked
) -> Plan:
    """The checkpoints that are meant; after an interrupted run of the same command those that were, and still are.

    Args:
        client: What looks them up.
        settings: What the common options say.
        action: The method of `RestClient`.
        values: What else tells one change from another; `ttl_seconds` is the time to live.
        asked: What the command was asked for.
    """
    from tinker_rest.bulk.journal import JournalHeader
    from tinker_rest.bulk.outcomes import SUCCEEDED

    header = JournalHeader(action, client.holder.base_url, values.get("ttl_seconds"))
    targets = find_targets(client, settings, asked.paths, asked.options, spares_public=asked.spares_public)
    command = {**values, **asked.options, **typed_texts(click.get_current_context())}
    if asked.paths:
        command["paths"] = sorted(target.tinker_path for target in targets)
    is_written = not asked.dry_run and (not asked.paths or len(targets) > 1)
    journal = CommandJournal(asked.journal, header, command, is_written=is_written)
    earlier = journal.earlier()
    if earlier is None:
        return Plan(targets, targets, journal)
    done = {path for path, status in earlier.statuses.items() if status in SUCCEEDED}
    if not asked.paths and earlier.plan is not None:
        targets = find_still_meant(client, settings, asked.options, earlier.plan, done)
    if action == DELETION and (again := {one.tinker_path for one in targets if one.checkpoint} & done):
        if asked.paths and journal.begin_anew():
            return Plan(targets, targets, journal)
        targets = [one for one in targets if one.tinker_path not in again]
        sys.stderr.write(
            f"left out {counted(len(again), 'checkpoint')} that the interrupted run deleted and that came back\n"
        )
    left = [one for one in targets if one.tinker_path not in done]
    if not settings.quiet:
        sys.stderr.write(
            f"going on with an interrupted run: {len(targets) - len(left):,} of {len(targets):,} were done\n"
        )
    return Plan(targets, left, journal)


def _change(
    client: RestClient,
    settings: Settings,
    change: Change,
    asked: Asked,
    plan: Plan,
) -> int:
    finished, count = 0, len(plan.targets)

    def tell(so_far: BulkProgress) -> None:
        nonlocal finished
        finished = so_far.finished
        bar.update(finished)

    doing = f"{change.title} checkpoints"
    with progress(settings, doing, total=count, unit="checkpoints") as bar:
        future = change.begin(
            client,
            [target.tinker_path for target in plan.targets],
            concurrency=asked.concurrency,
            journal=plan.journal.path,
            progress=tell,
        )
        try:
            result = future.result()
        except KeyboardInterrupt:
            future.cancel()
            if not settings.quiet:
                sys.stderr.write(f"{finished:,} of {count:,} were tried; the same command goes on\n")
            raise
    plan.journal.close(is_done=result.stopped_by is None)
    return report(settings, result.outcomes, done=change.done, already=change.already)
