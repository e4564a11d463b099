"""The checkpoints that a command changes or downloads: which they are, and whether the user agrees."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tinker_rest_cli.columns import Column, Listing
from tinker_rest_cli.failures import CommandError
from tinker_rest_cli.formatting import age, counted, expiry, printable, size, yes_or_no
from tinker_rest_cli.options import selection_of
from tinker_rest_cli.output import show_list
from tinker_rest_cli.progress import progress
from tinker_rest_cli.settings import Settings

if TYPE_CHECKING:
    from tinker_rest import RestClient
    from tinker_rest.types import Checkpoint

F = TypeVar("F", bound=Callable[..., Any])

STDIN = "-"
MAX_SHOWN = 20
NOT_FOUND = "not found"  # the type of a checkpoint that was named, but is not listed

CHECKPOINTS: Listing[Checkpoint] = Listing(
    "checkpoint",
    "checkpoints",
    [
        Column("tinker_path", "Path", no_wrap=True),
        Column("checkpoint_type", "Type"),
        Column("size_bytes", "Size", text=size, right=True),
        Column("time", "Created", text=age),
        Column("expires_at", "Expires", text=expiry),
        Column("public", "Public", text=yes_or_no),
        Column("checkpoint_id", "Checkpoint ID", no_wrap=True, hidden=True),
        Column("training_run_id", "Run ID", no_wrap=True, hidden=True),
        Column("base_model", "Base model", hidden=True),
        Column("user_metadata", "Metadata", hidden=True),
    ],
)


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
    client: RestClient,
    settings: Settings,
    verb: str,
    checkpoint_paths: Sequence[str],
    *,
    detail: str = "",
    dry_run: bool = False,
    yes: bool = False,
    exclude_public: bool = False,
    **selection: Any,
) -> list[Checkpoint] | None:
    """The checkpoints to act on, once the user has agreed; None after a dry run.

    Args:
        client: Finds them.
        settings: Those of the command.
        verb: What the command does, such as `delete`.
        checkpoint_paths: The paths that were given.
        detail: What follows the checkpoints in a sentence, such as ` to expire at …`.
        dry_run: Whether to show them only.
        yes: Whether the user agrees already.
        exclude_public: Whether public checkpoints need `--include-public`.
        **selection: The options that select.

    Raises:
        click.UsageError: It cannot ask, or the arguments are wrong.
        CommandError: The answer is no.
    """
    targets = _find(client, settings, checkpoint_paths, selection, exclude_public=exclude_public)
    if dry_run:
        total = sum(target.size_bytes or 0 for target in targets)
        show_list(settings, CHECKPOINTS, targets, more={"total_size_bytes": total})
        sys.stdout.flush()
        _tell(settings, f"would {verb} {_summary(targets)}{detail}; nothing was done")
        return None
    if not targets or yes:
        return targets
    for target in targets[:MAX_SHOWN]:
        facts = f"{size(target.size_bytes)}, saved {age(target.time)}{', public' if target.public else ''}"
        facts = NOT_FOUND if target.checkpoint_type == NOT_FOUND else facts
        _tell(settings, f"  {target.tinker_path}  {facts}")
    if len(targets) > MAX_SHOWN:
        _tell(settings, f"  and {len(targets) - MAX_SHOWN:,} more; --dry-run lists them")
    _tell(settings, f"{verb} {_summary(targets)}")
    if STDIN in checkpoint_paths or not sys.stdin.isatty():
        raise click.UsageError("no terminal to confirm on; pass --yes to proceed or --dry-run to preview")
    question = f"{verb[:1].upper()}{verb[1:]} {counted(len(targets), 'checkpoint')}{detail}?"
    if not click.confirm(question, err=True):
        raise CommandError("nothing was done")
    return targets


def _tell(settings: Settings, line: str) -> None:
    if not settings.quiet:
        sys.stderr.write(printable(line) + "\n")


def _summary(targets: Sequence[Checkpoint]) -> str:
    """How many there are and how large they are."""
    known = [target.size_bytes for target in targets if target.size_bytes is not None]
    unknown = len(targets) - len(known)
    text = counted(len(targets), "checkpoint")
    if known:
        text += f", {size(sum(known))}"
    return f"{text}{' and' if known else ','} {unknown:,} of unknown size" if unknown else text


def _find(
    client: RestClient, settings: Settings, paths: Sequence[str], options: dict[str, Any], *, exclude_public: bool
) -> list[Checkpoint]:
    """The checkpoints that a command's arguments and options name or select, each once."""
    selection = selection_of(options)
    if paths and selection is not None:
        raise click.UsageError("give either checkpoints or options that select them, not both")
    if not paths and selection is None:
        raise click.UsageError(
            "say which checkpoints: paths, - to read paths from stdin, or options such as --run"
        )
    if selection is not None:
        if selection.is_everything:
            raise click.UsageError(
                "that would be all checkpoints; select some of them, or save the output of `checkpoint list -q` "
                "and pass - to read it"
            )
        with progress(settings, "Looking for checkpoints", unit="checkpoints"):
            return client.select_checkpoints(selection).result()
    named = [path for given in paths for path in (_read_stdin() if given == STDIN else [given])]
    targets = _look_up(client, settings, list(dict.fromkeys(named)))
    if not exclude_public or options.get("include_public"):
        return targets
    public = [target.tinker_path for target in targets if target.public]
    for path in public:
        if path in paths:
            raise click.UsageError(
                f"{path} is public, so others may be using it; pass --include-public to change it anyway"
            )
    if public:
        sys.stderr.write(f"skipped {counted(len(public), 'public checkpoint')}; --include-public includes them\n")
    return [target for target in targets if not target.public]


def _read_stdin() -> list[str]:
    """A path in each line, without empty lines and comments."""
    lines = (line.strip("\ufeff \t\r\n") for line in sys.stdin)
    return [line for line in lines if line and not line.startswith("#")]


def _look_up(client: RestClient, settings: Settings, paths: Sequence[str]) -> list[Checkpoint]:
    """What the server lists for checkpoints; the runs of some may be gone, or another user's."""
    from tinker_rest import NotFoundError, ParsedCheckpointTinkerPath, PermissionDeniedError
    from tinker_rest.types import Checkpoint

    parsed = {path: ParsedCheckpointTinkerPath.from_tinker_path(path) for path in paths}
    found = {
        path: Checkpoint(checkpoint_id=one.checkpoint_id, checkpoint_type=NOT_FOUND, tinker_path=path)
        for path, one in parsed.items()
    }
    pages = [client.list_checkpoints(run) for run in dict.fromkeys(one.training_run_id for one in parsed.values())]
    with progress(settings, "Looking for checkpoints", total=len(pages), unit="training runs") as update:
        for done, page in enumerate(pages, 1):
            with contextlib.suppress(NotFoundError, PermissionDeniedError):
                listed = page.result().checkpoints
                found |= {one.tinker_path: one for one in listed if one.tinker_path in found}
            update(completed=done)
    return [*found.values()]
