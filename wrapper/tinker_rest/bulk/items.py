"""The checkpoints to change, from whatever the caller has."""

from __future__ import annotations

from collections.abc import AsyncIterable, Collection, Iterable, Iterator, Mapping
from typing import Any

from attrs import frozen

from tinker_rest.errors import InvalidArgumentError
from tinker_rest.redaction import one_line, shown
from tinker_rest.selection import CheckpointSelection
from tinker_rest.tinker_path import ParsedCheckpointTinkerPath, check_segment, run_id_of, split_checkpoint_id
from tinker_rest_api.models.checkpoint import Checkpoint

Checkpoints = Iterable[str | Checkpoint] | CheckpointSelection

_EXPECTED = "checkpoints must be a list of tinker paths or Checkpoint objects, or a CheckpointSelection"


@frozen
class Item:
    """A checkpoint to change.

    Attributes:
        tinker_path: Its address, which also tells two of them apart.
        training_run_id: The id of its run.
        checkpoint_id: Its id within the run.
        error: Why it cannot be addressed; None where it can.
    """

    tinker_path: str
    training_run_id: str = ""
    checkpoint_id: str = ""
    error: InvalidArgumentError | None = None


def check_checkpoints(checkpoints: Any) -> CheckpointSelection | list[Item] | Iterator[Any]:
    """What there is to change: a selection, items of what is whole, or an iterator of what comes one by one.

    Raises:
        InvalidArgumentError: It is none of these, or one of what is whole cannot be addressed.
    """
    if isinstance(checkpoints, CheckpointSelection):
        if checkpoints.is_everything:
            raise InvalidArgumentError(
                "checkpoints must not be a CheckpointSelection without any filter, which means all checkpoints; "
                "where that is meant, say CheckpointSelection(name='*')"
            )
        return checkpoints
    if isinstance(checkpoints, (str, bytes, Mapping, Checkpoint)):
        hint = "; put the one into a list" if isinstance(checkpoints, (str, Checkpoint)) else ""
        raise InvalidArgumentError(f"{_EXPECTED}, not {shown(checkpoints)}{hint}")
    if isinstance(checkpoints, Collection):
        return list({item.tinker_path: item for item in map(item_of, list(checkpoints))}.values())
    if isinstance(checkpoints, Iterable):
        return iter(checkpoints)
    hint = "; collect it with [one async for one in …]" if isinstance(checkpoints, AsyncIterable) else ""
    raise InvalidArgumentError(f"{_EXPECTED}, not {shown(checkpoints)}{hint}")


def item_of(value: Any) -> Item:
    """The item for a tinker path or checkpoint. Raises InvalidArgumentError where it cannot be addressed."""
    if isinstance(value, str):
        parsed = ParsedCheckpointTinkerPath.from_tinker_path(value)
        return Item(parsed.tinker_path, parsed.training_run_id, parsed.checkpoint_id)
    if not isinstance(value, Checkpoint):
        raise InvalidArgumentError(
            f"each of checkpoints must be a tinker path or a Checkpoint, not {shown(value)}"
        )
    try:
        return item_of(value.tinker_path)
    except InvalidArgumentError:
        # Of a server whose paths are of another form, the ids have to do.
        run_id = check_segment(
            "the run id of a checkpoint", value.training_run_id or run_id_of(value.tinker_path) or ""
        )
        split_checkpoint_id(value.checkpoint_id)
        return Item(value.tinker_path, run_id, value.checkpoint_id)


def item_or_fault(value: Any) -> Item:
    """The item for a tinker path or checkpoint, or one with the error where it cannot be addressed."""
    try:
        return item_of(value)
    except InvalidArgumentError as error:
        path = getattr(value, "tinker_path", value)
        named = one_line(path, 1000) if isinstance(path, str) else shown(value)
        return Item(named, error=error)
