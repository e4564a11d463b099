"""The checkpoints that a command changes or downloads: named ones, those on stdin, or a selection."""

from __future__ import annotations

import contextlib
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

import click
from attrs import frozen

from tinker_rest_cli.columns import Column, Listing
from tinker_rest_cli.formatting import age, counted, expiry, size, yes_or_no
from tinker_rest_cli.options import selection_of
from tinker_rest_cli.progress import progress
from tinker_rest_cli.settings import Settings

if TYPE_CHECKING:
    from tinker_rest import RestClient
    from tinker_rest.types import Checkpoint

STDIN = "-"
MAX_RUNS_AT_ONCE = 16

CHECKPOINTS: Listing[Checkpoint] = Listing(
    "checkpoint",
    lambda checkpoint: checkpoint.tinker_path,
    [
        Column("path", "Path", lambda checkpoint: checkpoint.tinker_path, no_wrap=True),
        Column("type", "Type", lambda checkpoint: str(checkpoint.checkpoint_type)),
        Column("size", "Size", lambda checkpoint: checkpoint.size_bytes, size, right=True),
        Column("created", "Created", lambda checkpoint: checkpoint.time, age),
        Column("expires", "Expires", lambda checkpoint: checkpoint.expires_at, expiry),
        Column("public", "Public", text=yes_or_no),
        Column("id", "Checkpoint ID", lambda checkpoint: checkpoint.checkpoint_id, no_wrap=True, hidden=True),
        Column("metadata", "Metadata", lambda checkpoint: checkpoint.user_metadata, hidden=True),
    ],
)


@frozen
class Target:
    """A checkpoint to change or download."""

    tinker_path: str
    checkpoint: Checkpoint | None = None  # None if the server lists no such checkpoint

    @property
    def size_bytes(self) -> int | None:
        """Its size in bytes; None if it is not known."""
        return None if self.checkpoint is None else self.checkpoint.size_bytes


def summary(targets: Sequence[Target]) -> str:
    """How many there are and how large they are."""
    known = [target.size_bytes for target in targets if target.size_bytes is not None]
    unknown = len(targets) - len(known)
    text = counted(len(targets), "checkpoint")
    if known:
        text += f", {size(sum(known))}"
    return f"{text}{' and' if known else ','} {unknown:,} of unknown size" if unknown else text


def find_targets(
    client: RestClient,
    settings: Settings,
    paths: Sequence[str],
    options: Mapping[str, Any],
    *,
    exclude_public: bool,
) -> list[Target]:
    """The checkpoints that a command's arguments and options name or select, each once.

    With `exclude_public`, named public checkpoints need `--include-public`.

    Raises:
        click.UsageError: There are none, or both paths and options.
        InvalidArgumentError: A path cannot be right; nothing was sent.
        TinkerError: They cannot be looked up.
    """
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
            found = client.select_checkpoints(selection).result()
        return [Target(checkpoint.tinker_path, checkpoint) for checkpoint in found]
    named = [path for given in paths for path in (_read_stdin() if given == STDIN else [given])]
    targets = _look_up(client, settings, list(dict.fromkeys(named)))
    return _private(targets, paths) if exclude_public and not options.get("include_public") else targets


def _private(targets: Sequence[Target], paths: Sequence[str]) -> list[Target]:
    """Those that are not public. Raises click.UsageError if one that is was given as an argument."""
    public = [target.tinker_path for target in targets if target.checkpoint and target.checkpoint.public]
    for path in public:
        if path in paths:
            raise click.UsageError(
                f"{path} is public, so others may be using it; pass --include-public to change it anyway"
            )
    if public:
        sys.stderr.write(f"skipped {counted(len(public), 'public checkpoint')}; --include-public includes them\n")
    return [target for target in targets if target.tinker_path not in public]


def _read_stdin() -> list[str]:
    """A path in each line, without empty lines and comments."""
    lines = (line.strip("\ufeff \t\r\n") for line in sys.stdin)
    return [line for line in lines if line and not line.startswith("#")]


def _look_up(client: RestClient, settings: Settings, paths: Sequence[str]) -> list[Target]:
    """What the server lists for checkpoints; the runs of some may be gone, or another user's."""
    from tinker_rest import NotFoundError, ParsedCheckpointTinkerPath, PermissionDeniedError

    runs = dict.fromkeys(ParsedCheckpointTinkerPath.from_tinker_path(path).training_run_id for path in paths)
    known: dict[str, Checkpoint] = {}
    with progress(settings, "Looking for checkpoints", total=len(runs), unit="training runs") as bar:
        waiting = iter(runs)
        pages = deque(client.list_checkpoints(run) for run in islice(waiting, MAX_RUNS_AT_ONCE))
        for done in range(1, len(runs) + 1):
            with contextlib.suppress(NotFoundError, PermissionDeniedError):
                known |= {listed.tinker_path: listed for listed in pages.popleft().result().checkpoints}
            pages.extend(client.list_checkpoints(run) for run in islice(waiting, 1))
            bar.update(done)
    return [Target(path, known.get(path)) for path in paths]
