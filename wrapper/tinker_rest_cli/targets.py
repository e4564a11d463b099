"""Finds the checkpoints that a command changes or downloads, and asks for confirmation."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tinker_rest_cli.columns import Column, Listing
from tinker_rest_cli.failures import CommandError, ExitStatus
from tinker_rest_cli.formatting import age, counted, expiry, printable, size, yes_or_no
from tinker_rest_cli.options import paths_in, selection_of
from tinker_rest_cli.output import show_list, tell
from tinker_rest_cli.progress import progress
from tinker_rest_cli.settings import Settings

if TYPE_CHECKING:
    from tinker_rest import RestClient
    from tinker_rest.types import Checkpoint

F = TypeVar("F", bound=Callable[..., Any])

STDIN = "-"
MAX_SHOWN = 10  # rows in each table of the confirmation
_PATH = re.compile(r"\w+://([^/\s]+)/\w+/[^/\s]+")  # including servers with their own schemes and kinds
NOT_FOUND = "not found"  # the type of a checkpoint that was named, but is not listed

CHECKPOINTS: Listing[Checkpoint] = Listing(
    "checkpoint",
    "checkpoints",
    [
        Column("tinker_path", "Path", is_id=True),
        Column("checkpoint_type", "Type"),
        Column("size_bytes", "Size", text=size, right=True),
        Column("time", "Created", text=age),
        Column("expires_at", "Expires", text=expiry),
        Column("public", "Public", text=yes_or_no),
        Column("base_model", "Base model", if_varied=True),
        Column("checkpoint_id", "Checkpoint ID", is_id=True, hidden=True),
        Column("training_run_id", "Run ID", is_id=True, hidden=True),
        Column("user_metadata", "Metadata", hidden=True),
    ],
)


def confirming_options(command: F) -> F:
    """The options `--dry-run` and `--yes`."""
    dry_run = click.option("--dry-run", is_flag=True, help="Show what would be done without doing it.")
    yes = click.option("-y", "--yes", is_flag=True, help="Do not ask for confirmation.")
    return dry_run(yes(command))


def concurrency_option(default: int, most: int) -> Callable[[F], F]:
    """The option `--concurrency`."""
    return click.option(
        "--concurrency", type=click.IntRange(1, most), default=default, metavar="N",
        help=f"Work on N at a time; {default} by default.",
    )  # fmt: skip


def confirmed_targets(
    client: RestClient,
    settings: Settings,
    verb: str,
    checkpoint_paths: Sequence[str],
    *,
    detail: str = "",
    dry_run: bool = False,
    yes: bool = False,
    exclude_public: bool = False,
    missing_ok: bool = False,
    downloaded: Path | None = None,
    **selection: Any,
) -> list[Checkpoint] | None:
    """The checkpoints to act on, once the user has agreed; None after a dry run.

    The verb is such as `delete`, and the detail follows the checkpoints in a sentence: ` to expire at …`. With
    `exclude_public`, public checkpoints need `--include-public`. `downloaded` is the folder that must hold them.

    Raises:
        click.UsageError: It cannot ask, or the arguments are wrong.
        CommandError: The user says no, or none of the checkpoints exists; with `missing_ok`, that is no failure.
    """
    copies = {path: place for place, path in downloads_in(downloaded).items()} if downloaded else {}
    targets, everything = _find(client, settings, checkpoint_paths, selection, copies, exclude_public)
    if downloaded:
        targets = _verified(settings, targets, copies)
    settings.is_patient = True  # the server was there, and a change that has started should finish
    plan = f"{'permanently ' if verb == 'delete' else ''}{verb} {_summary(targets)}{detail}"
    if dry_run:
        total = sum(target.size_bytes or 0 for target in targets)
        show_list(settings, CHECKPOINTS, targets, more={"total_size_bytes": total})
        sys.stdout.flush()
        tell(settings, f"would {plan}; nothing was done")
        return None
    if not targets or yes:
        return targets
    if verb != "download":  # which also gets checkpoints of other users, who do not list them
        missing = [one.tinker_path for one in targets if one.checkpoint_type == NOT_FOUND]
        for path in missing:
            sys.stderr.write(printable(f"not found: {path}") + "\n")
        if len(missing) == len(targets):
            raise CommandError("nothing was done", ExitStatus.DONE if missing_ok else ExitStatus.NOT_FOUND)
    if STDIN in checkpoint_paths or not sys.stdin.isatty():
        raise click.UsageError(f"no terminal to confirm on; pass --yes to {plan}, or --dry-run to preview")
    if not settings.quiet:
        _show(targets, everything, verb)
    if not click.confirm(f"{plan[:1].upper()}{plan[1:]}?", err=True):
        raise CommandError("nothing was done")
    return targets


def _show(targets: Sequence[Checkpoint], everything: Sequence[Checkpoint], verb: str) -> None:
    """Show the checkpoints, if they are few, and a row for each training run: what is in it, and what is kept."""
    from tinker_rest_cli.tables import write_table

    if len(targets) <= MAX_SHOWN:
        write_table(CHECKPOINTS.columns[:4], targets, stderr=True)
        sys.stderr.write("\n")
    paths = {target.tinker_path for target in targets}
    runs: dict[str, Any] = {one.training_run_id or "unknown": {True: [], False: []} for one in targets}
    for one in everything:
        if (run := one.training_run_id or "unknown") in runs:
            runs[run][one.tinker_path in paths].append(one.size_bytes or 0)
    columns: list[Column[Any]] = [
        Column("", "Training run", str, is_id=True),
        Column("", "Delete" if verb == "delete" else "Checkpoints", lambda run: len(runs[run][True]), right=True),
        Column("", "Size", lambda run: sum(runs[run][True]), size, right=True),
        Column("", "Keep", lambda run: len(runs[run][False]), right=True),
        Column("", "Size kept", lambda run: sum(runs[run][False]), size, right=True),
    ]
    largest = sorted(runs, key=lambda run: -sum(runs[run][True]))[:MAX_SHOWN]
    write_table(columns if verb == "delete" else columns[:3], largest, stderr=True)
    if len(runs) > MAX_SHOWN:
        more = counted(len(runs) - MAX_SHOWN, "more training run")
        sys.stderr.write(f"and {more}; --dry-run lists every checkpoint\n")
    sys.stderr.write("\n")


def _summary(targets: Sequence[Checkpoint]) -> str:
    """How many there are and how large they are."""
    known = [target.size_bytes for target in targets if target.size_bytes is not None]
    unknown = len(targets) - len(known)
    sizes = [size(sum(known))] if known else []
    sizes += [f"{unknown:,} of unknown size"] if unknown else []
    return counted(len(targets), "checkpoint") + (f" ({' and '.join(sizes)})" if sizes else "")


def _find(
    client: RestClient,
    settings: Settings,
    paths: Sequence[str],
    options: dict[str, Any],
    copies: Mapping[str, Path],
    exclude_public: bool,
) -> tuple[list[Checkpoint], list[Checkpoint]]:
    """The checkpoints that a command's arguments and options name or select, each once, and all in their runs."""
    from attrs import evolve

    selection = selection_of(options)
    if paths and selection is not None:
        raise click.UsageError("give either checkpoint paths or filters, not both")
    if not (paths or selection or copies):
        raise click.UsageError("give checkpoint paths, - to read paths from stdin, or filters such as --run")
    if selection is not None:
        if evolve(selection, exclude=()).is_everything:
            raise click.UsageError(
                "that would be all checkpoints; select some of them, or save the output of `checkpoint list -q` "
                "and pass - to read it"
            )
        with progress(settings, "Looking for checkpoints", unit="checkpoints"):
            selected = client.select_checkpoints(selection).result()
            return selected, [*selected, *selected.others]
    named = [path for given in paths or copies for path in (paths_in(sys.stdin) if given == STDIN else [given])]
    targets, everything = _look_up(client, settings, list(dict.fromkeys(named)))
    if not exclude_public or options.get("include_public"):
        return targets, everything
    public = [target.tinker_path for target in targets if target.public]
    for path in public:
        if path in paths:
            raise click.UsageError(f"{path} is public, so others may use it; pass --include-public to change it")
    if public:
        sys.stderr.write(f"skipped {counted(len(public), 'public checkpoint')}; --include-public includes them\n")
    return [target for target in targets if not target.public], everything


def downloads_in(folder: Path) -> dict[Path, str]:
    """The tinker paths of downloads: those in a folder, or that folder. Raises CommandError if there are none."""
    from tinker_rest import find_downloads

    downloads = find_downloads(folder)
    if not downloads:
        raise CommandError(f"{folder} holds no download with a manifest")
    return downloads


def differences(download: Path, checkpoint: Checkpoint | None = None) -> str:
    """How a download differs from its manifest or checkpoint, such as `a.json is missing`; empty if not."""
    from tinker_rest import DownloadError, verify_download

    try:
        return ", ".join(f"{name} is {how}" for name, how in verify_download(download, checkpoint).items())
    except DownloadError as error:
        return str(error)


def _verified(settings: Settings, targets: Sequence[Checkpoint], copies: Mapping[str, Path]) -> list[Checkpoint]:
    """The checkpoints that are there and whose downloads pass verification; reports the others."""
    verified = []
    with progress(settings, "Verifying downloads", total=len(targets), unit="downloads") as update:
        for number, target in enumerate(targets, 1):
            path = target.tinker_path
            why = differences(copies[path], target) if path in copies else "not downloaded"
            if why:
                sys.stderr.write(printable(f"kept {path}: {why}") + "\n")
            elif target.checkpoint_type != NOT_FOUND:
                verified.append(target)
            update(completed=number)
    return verified


def run_of(path: str) -> str:
    """The run ID in the path of a checkpoint. Raises InvalidArgumentError if it is none."""
    from tinker_rest import ParsedCheckpointTinkerPath

    found = _PATH.fullmatch(path)
    return found[1] if found else ParsedCheckpointTinkerPath.from_tinker_path(path).training_run_id


def _look_up(
    client: RestClient, settings: Settings, paths: Sequence[str]
) -> tuple[list[Checkpoint], list[Checkpoint]]:
    """What the server lists for checkpoints, and all in their runs, which may be gone or another user's."""
    from tinker_rest import NotFoundError, PermissionDeniedError

    run_ids = {path: run_of(path) for path in paths}
    listed: dict[str, Checkpoint] = {}
    pages = [client.list_checkpoints(run_id) for run_id in dict.fromkeys(run_ids.values())]
    with progress(settings, "Looking for checkpoints", total=len(pages), unit="training runs") as update:
        for done, page in enumerate(pages, 1):
            with contextlib.suppress(NotFoundError, PermissionDeniedError):
                listed |= {one.tinker_path: one for one in page.result().checkpoints}
            update(completed=done)
    found = [listed.get(path) or _not_found(path, run_id) for path, run_id in run_ids.items()]
    return found, [*({one.tinker_path: one for one in found} | listed).values()]


def _not_found(path: str, run_id: str) -> Checkpoint:
    from tinker_rest import InvalidArgumentError, ParsedCheckpointTinkerPath
    from tinker_rest.types import Checkpoint

    try:
        checkpoint_id = ParsedCheckpointTinkerPath.from_tinker_path(path).checkpoint_id
    except InvalidArgumentError:  # only a listing says how such a checkpoint is addressed
        raise CommandError(
            f"{path} is not listed; `tinker-rest checkpoint list --run {run_id}` shows the paths of the run",
            ExitStatus.NOT_FOUND,
        ) from None
    return Checkpoint(
        checkpoint_id=checkpoint_id, checkpoint_type=NOT_FOUND, tinker_path=path, training_run_id=run_id
    )
