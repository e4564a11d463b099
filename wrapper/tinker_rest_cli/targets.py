"""Which checkpoints a command is to change or download: named ones, those read from stdin, or a selection."""

from __future__ import annotations

import contextlib
import sys
from collections import deque
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from tinker_rest_cli.progress import progress
from tinker_rest_cli.selecting import selection_of
from tinker_rest_cli.settings import Settings
from tinker_rest_cli.texts import counted, size

if TYPE_CHECKING:
    from tinker_rest import CheckpointSelection, RestClient
    from tinker_rest.types import Checkpoint

STDIN = "-"
RUNS_AT_ONCE = 16


@dataclass(frozen=True)
class Target:
    """A checkpoint that is meant.

    Attributes:
        tinker_path: Its address.
        checkpoint: What the server tells of it; None where it tells nothing, as of one that is gone.
    """

    tinker_path: str
    checkpoint: Checkpoint | None = None

    @property
    def size_bytes(self) -> int | None:
        """Its size in bytes; None where it is not known."""
        return None if self.checkpoint is None else self.checkpoint.size_bytes


def summary(targets: Sequence[Target]) -> str:
    """How many there are and how large they are."""
    known = [one.size_bytes for one in targets if one.size_bytes is not None]
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
    spares_public: bool = False,
) -> list[Target]:
    """The checkpoints that the arguments and options of a command mean, each once.

    Args:
        client: What looks them up.
        settings: What the common options say.
        paths: The tinker paths that are arguments, or `STDIN`.
        options: The options that select.
        spares_public: Whether public checkpoints are only meant with `--include-public`.

    Raises:
        click.UsageError: There are none of them, or both.
        InvalidArgumentError: A path cannot be right; nothing was sent.
        TinkerError: They cannot be looked up.
    """
    selection = selection_of(options)
    if paths and selection is not None:
        raise click.UsageError("give either checkpoints or options that select them, not both")
    if not paths and selection is None:
        raise click.UsageError(
            "say which checkpoints: their paths, - to read them from stdin, or --run and others"
        )
    if selection is not None:
        if selection.is_everything:
            raise click.UsageError(
                "that would be all checkpoints; select some of them, or write them down with `checkpoint list -q` "
                "and give - to read them"
            )
        return _selected(client, settings, selection)
    named = [one for path in paths for one in (_read_stdin() if path == STDIN else [path])]
    targets = look_up(client, settings, list(dict.fromkeys(named)))
    if spares_public and not options.get("include_public"):
        return _private(targets, paths)
    return targets


def _private(targets: Sequence[Target], paths: Sequence[str]) -> list[Target]:
    """Those that are not public. Raises click.UsageError where one that is was given as an argument."""
    public = [one.tinker_path for one in targets if one.checkpoint is not None and one.checkpoint.public]
    for path in public:
        if path in paths:
            raise click.UsageError(
                f"{path} is public, and others may be using it; with --include-public it is changed all the same"
            )
    if public:
        sys.stderr.write(f"left out {counted(len(public), 'public checkpoint')}; --include-public has them too\n")
    return [one for one in targets if one.tinker_path not in public]


def _selected(client: RestClient, settings: Settings, selection: CheckpointSelection) -> list[Target]:
    with progress(settings, "Looking for checkpoints", unit="checkpoints"):
        found = client.select_checkpoints(selection).result()
    return [Target(one.tinker_path, one) for one in found]


def find_still_meant(
    client: RestClient, settings: Settings, options: Mapping[str, Any], plan: Sequence[str], done: Container[str]
) -> list[Target]:
    """The checkpoints of a plan that is older that are done, gone, or selected by the options now as well.

    How many others there are, which are protected by now or were saved again, is told on stderr.

    Args:
        client: What looks them up.
        settings: What the common options say.
        options: The options that selected them, of which sorting and limit have had their effect.
        plan: Their tinker paths.
        done: Those of which nothing is left to do.
    """
    from attrs import evolve

    selection = selection_of(options)
    meant = [] if selection is None else _selected(client, settings, evolve(selection, sort=None, limit=None))
    known = {one.tinker_path: one for one in meant}
    rest = [path for path in plan if path not in known and path not in done]
    there = {one.tinker_path for one in look_up(client, settings, rest) if one.checkpoint is not None}
    if there:
        sys.stderr.write(
            f"left out {counted(len(there), 'checkpoint')} that the options do not select any longer\n"
        )
    return [known.get(path) or Target(path) for path in plan if path not in there]


def _read_stdin() -> list[str]:
    """A path in each line; empty ones and comments are left out."""
    lines = (line.strip("\ufeff \t\r\n") for line in sys.stdin)
    return [line for line in lines if line and not line.startswith("#")]


def look_up(client: RestClient, settings: Settings, paths: Sequence[str]) -> list[Target]:
    """What the server tells of checkpoints. It is no fault if it tells nothing of one.

    Raises:
        InvalidArgumentError: A path cannot be right; nothing was sent.
        TinkerError: The server does not answer, or takes no such key.
    """
    from tinker_rest import NotFoundError, ParsedCheckpointTinkerPath, PermissionDeniedError

    runs = dict.fromkeys(ParsedCheckpointTinkerPath.from_tinker_path(path).training_run_id for path in paths)
    known: dict[str, Checkpoint] = {}
    with progress(settings, "Looking for checkpoints", total=len(runs), unit="training runs") as bar:
        waiting = iter(runs)
        pages = deque(client.list_checkpoints(run) for run in islice(waiting, RUNS_AT_ONCE))
        while pages:
            with contextlib.suppress(NotFoundError, PermissionDeniedError):
                known |= {one.tinker_path: one for one in pages.popleft().result().checkpoints}
            pages.extend(client.list_checkpoints(run) for run in islice(waiting, 1))
            bar.advance(1)
    return [Target(path, known.get(path)) for path in paths]
