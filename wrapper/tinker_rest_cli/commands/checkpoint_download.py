"""`tinker-rest checkpoint download`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tinker_rest_cli.changing import Asked, concurrency_option, make_plan
from tinker_rest_cli.clients import rest_client
from tinker_rest_cli.command_journals import journal_option
from tinker_rest_cli.failures import CommandError
from tinker_rest_cli.groups import Command
from tinker_rest_cli.outcomes import report
from tinker_rest_cli.output import Column
from tinker_rest_cli.planning import ask, planning_options, show_only, show_plan
from tinker_rest_cli.progress import BYTES, progress
from tinker_rest_cli.selecting import selection_options_of_changes
from tinker_rest_cli.settings import Settings, pass_settings
from tinker_rest_cli.targets import STDIN
from tinker_rest_cli.texts import counted

if TYPE_CHECKING:
    from tinker_rest.bulk.outcomes import BulkOutcome


@click.command("download", cls=Command)
@click.argument("checkpoint_paths", metavar="[CHECKPOINT_PATH | -]...", nargs=-1)
@click.option(
    "-o", "--output", type=click.Path(file_okay=False, path_type=Path), default=Path(), metavar="FOLDER",
    help="Where the folders or files are made; here by default.",
)  # fmt: skip
@click.option("--no-extract", is_flag=True, help="Keep the archives as they are, as RUN_ID_KIND_NAME.tar.gz.")
@click.option("--force", is_flag=True, help="Replace what is there already.")
@selection_options_of_changes
@planning_options
@journal_option
@concurrency_option(2, 16)
@pass_settings
def download(
    settings: Settings,
    checkpoint_paths: Sequence[str],
    output: Path,
    no_extract: bool,
    force: bool,
    dry_run: bool,
    yes: bool,
    journal: str | None,
    concurrency: int,
    **selection: Any,
) -> int:
    """Download checkpoints, each to a folder RUN_ID_KIND_NAME.

    Give their tinker paths, - to read these from stdin, or options that select. What comes is verified, and gets
    its name when it is whole. What breaks off is kept, and the same command goes on with it. Several are shown
    before you are asked; a single path is not asked about.
    """
    from tinker_rest_cli.downloading import ACTION, Downloads, Manner

    is_single = len(checkpoint_paths) == 1 and checkpoint_paths[0] != STDIN
    asked = Asked(checkpoint_paths, selection, dry_run, yes or is_single, journal, concurrency)
    with rest_client(settings) as client:
        plan = make_plan(client, settings, ACTION, {"output": str(output.resolve())}, asked)
        if dry_run:
            show_only(settings, plan.left, "download")
            return 0
        if plan.left and not asked.yes:
            show_plan(settings, plan.left, "download")
            question = f"Download {counted(len(plan.left), 'checkpoint')} to {output.resolve()}?"
            ask(question, reads_stdin=STDIN in checkpoint_paths)
        _make(output)
        with progress(settings, "Downloading", unit=BYTES) as bar:
            manner = Manner(output, not no_extract, force, concurrency, plan.journal.path)
            downloads = Downloads(client, plan.targets, manner, bar)
            try:
                outcomes = asyncio.run(downloads.run())
            except KeyboardInterrupt:
                if not settings.quiet:
                    sys.stderr.write("what has come is kept; the same command goes on with it\n")
                raise
    plan.journal.close(is_done=downloads.giving_up.stopped_by is None)
    results = downloads.results
    saved_to: Column[BulkOutcome] = Column(
        "destination", "Saved to", lambda one: results[one.tinker_path]["destination"], whole=True
    )
    return report(
        settings,
        outcomes,
        done="downloaded",
        already="there already",
        results=results,
        more_columns=[saved_to],
    )


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(f"{folder} cannot be made: {error.strerror}") from error
