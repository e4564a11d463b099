"""`tinker-rest checkpoint download|verify`."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tinker_rest_cli.clients import build_timeout, rest_client
from tinker_rest_cli.columns import Column, Listing
from tinker_rest_cli.failures import ExitStatus
from tinker_rest_cli.groups import Command
from tinker_rest_cli.options import selection_options_of_changes
from tinker_rest_cli.outcomes import report
from tinker_rest_cli.output import show_list, tell
from tinker_rest_cli.progress import BYTES, progress
from tinker_rest_cli.settings import Settings
from tinker_rest_cli.targets import (
    STDIN,
    concurrency_option,
    confirmed_targets,
    confirming_options,
    differences,
    downloads_in,
    run_of,
)

if TYPE_CHECKING:
    from tinker_rest import DownloadProgress, DownloadResult, RestClient, TinkerError
    from tinker_rest.types import Checkpoint


MAX_FAILURES_IN_A_ROW = 5  # that the next would share; then no more are begun


DOWNLOADS: Listing[dict[str, Any]] = Listing(
    "download",
    "downloads",
    [
        Column("path", "Download", is_id=True),
        Column("tinker_path", "Checkpoint", is_id=True),
        Column("differences", "Differences", text=lambda text: text or "none"),
    ],
)


def download_all(
    client: RestClient,
    targets: Sequence[Checkpoint],
    update: Callable[..., None],
    concurrency: int,
    **options: Any,
) -> dict[str, DownloadResult | TinkerError | None]:
    """Download checkpoints, and return the result or error of each by its path; None if it was not tried."""
    from tinker_rest import errors

    answers: dict[str, DownloadResult | TinkerError | None] = {target.tinker_path: None for target in targets}
    sizes = {target.tinker_path: (0, target.size_bytes or 0) for target in targets}
    waiting = iter(targets)
    failures_in_a_row = 0

    def begin(target: Checkpoint) -> tuple[Future[DownloadResult], str]:
        def note(progress: DownloadProgress) -> None:
            sizes[target.tinker_path] = (progress.bytes_done, progress.bytes_total or progress.bytes_done)
            done, total = (sum(numbers) for numbers in zip(*sizes.values(), strict=True))
            update(completed=done, total=total or None)

        return client.download_checkpoint(target.tinker_path, progress=note, **options), target.tinker_path

    running = dict(map(begin, islice(waiting, concurrency)))
    try:
        while running:
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                path, error = running.pop(future), future.exception()
                answers[path] = error if isinstance(error, errors.TinkerError) else future.result()
                status = getattr(error, "status_code", 0)
                no_answer = isinstance(error, errors.APIConnectionError | errors.CredentialsError)
                is_of_all = no_answer or status in (401, 402, 429) or status >= 500
                failures_in_a_row = failures_in_a_row + 1 if is_of_all else 0
                if failures_in_a_row < MAX_FAILURES_IN_A_ROW:
                    running |= dict(map(begin, islice(waiting, 1)))
    finally:
        for future in running:
            future.cancel()
    return answers


@click.command("download", cls=Command)
@click.argument("checkpoint_paths", metavar="[CHECKPOINT_PATH | -]...", nargs=-1)
@click.option(
    "-o", "--output", type=click.Path(file_okay=False, path_type=Path), default=Path(), metavar="FOLDER",
    help="Put the folders or files here; the current folder by default.",
)  # fmt: skip
@click.option("--no-extract", is_flag=True, help="Keep the archives, RUN_ID_KIND_NAME.tar.gz, as they are.")
@click.option("--force", is_flag=True, help="Replace existing downloads.")
@selection_options_of_changes
@confirming_options
@concurrency_option(2, 16)
def download(
    settings: Settings,
    checkpoint_paths: Sequence[str],
    output: Path,
    no_extract: bool,
    force: bool,
    concurrency: int,
    **given: Any,
) -> int:
    """Download checkpoints, each to a folder RUN_ID_KIND_NAME.

    Give tinker paths, - to read paths from stdin, or filters, which are combined. You confirm first, unless you
    give a single path. Downloads are verified and moved into place when complete. A partial download is kept; run
    the same command to resume.
    """
    from tinker_rest import BulkOutcome, TinkerError
    from tinker_rest.errors import is_archive_refusal

    given["yes"] |= len(checkpoint_paths) == 1 and checkpoint_paths[0] != STDIN
    with rest_client(settings) as client:
        detail = f" to {output.resolve()}"
        targets = confirmed_targets(client, settings, "download", checkpoint_paths, detail=detail, **given)
        if targets is None:
            return 0
        output.mkdir(parents=True, exist_ok=True)
        with progress(settings, "Downloading", unit=BYTES) as update:
            options = build_timeout(settings, "archive_timeout")
            options |= {"dest": output, "extract": not no_extract, "overwrite": force}
            try:
                answers = download_all(client, targets, update, concurrency, **options)
            except KeyboardInterrupt:
                tell(settings, "partial download kept; run the same command to resume")
                raise
        refused = [path for path, answer in answers.items() if is_archive_refusal(answer)]
        _offer_external_weights(client, settings, refused)
    outcomes, results = [], {}
    for path, answer in answers.items():
        names = ("path", "size_bytes", "verified_by")
        destination, size, verified_by = (getattr(answer, name, None) for name in names)
        found = {"destination": destination and str(destination), "size_bytes": size, "verified_by": verified_by}
        results[path] = found
        if answer is None:
            outcomes.append(BulkOutcome(path, "skipped"))
        elif isinstance(answer, TinkerError):
            outcomes.append(BulkOutcome(path, "failed", answer.with_traceback(None)))
        else:
            outcomes.append(BulkOutcome(path, "already_done" if answer.already_present else "done"))
    more: dict[str, Any] = {}
    if len(checkpoint_paths) == len(results) == 1:  # then as the official command line has it
        ((path, one),) = results.items()
        more = {"checkpoint_path": path, "destination": one["destination"], "file_size_bytes": one["size_bytes"]}
    return report(settings, outcomes, done="downloaded", already="already there", results=results, more=more)


def _offer_external_weights(client: RestClient, settings: Settings, refused: Sequence[str]) -> None:
    """Name the external weights that were exported under the names of checkpoints without archives."""
    from tinker_rest import TinkerError

    for run_id in dict.fromkeys(map(run_of, refused)):
        with contextlib.suppress(TinkerError):
            listed = client.list_checkpoints(run_id).result().checkpoints
            exported = {one.tinker_path for one in listed if one.checkpoint_type == "external"}
            for path in refused:
                run, _kind, name = path.rsplit("/", 2)
                external = f"{run}/external_weights/{name}"
                if external in exported:
                    tell(settings, f"{path} was exported; download {external} instead")


@click.command("verify", cls=Command)
@click.argument("folder", type=click.Path(exists=True, path_type=Path))
def verify(settings: Settings, folder: Path) -> int:
    """Verify downloads: compare their files with the sizes and checksums that were kept when they came.

    FOLDER holds downloads, or is one. Nothing is sent. The exit status is 5 if some downloads differ and 1 if all
    do; -q prints those that differ.
    """
    found, rows = downloads_in(folder), []
    with progress(settings, "Verifying downloads", total=len(found), unit="downloads") as update:
        for place, tinker_path in found.items():
            rows.append({"path": str(place), "tinker_path": tinker_path, "differences": differences(place)})
            update(completed=len(rows))
    wrong = [row for row in rows if row["differences"]]
    show_list(settings, DOWNLOADS, wrong if settings.quiet else rows, more={"differing_count": len(wrong)})
    return ExitStatus.DONE if not wrong else ExitStatus.FAILED if len(wrong) == len(rows) else ExitStatus.PARTIAL
