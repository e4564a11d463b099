"""The options that select checkpoints, as `CheckpointSelection` has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tinker_rest_cli.arguments import run_id_of
from tinker_rest_cli.typed_options import AGE, DURATION, MOMENT, SIZE

if TYPE_CHECKING:
    from tinker_rest import CheckpointSelection

F = TypeVar("F", bound=Callable[..., Any])

# The kinds as tinker paths have them, which the official command line asks for.
_TYPE_OF_KIND = {"weights": "training", "sampler_weights": "sampler", "external_weights": "external"}

_OPTIONS = (
    click.option(
        "--run", "--run-id", "training_run_ids", metavar="RUN", multiple=True,
        help="Of this training run; may be given many times.",
    ),
    click.option(
        "--type", "checkpoint_type", metavar="TYPE",
        help="Of this type: training, sampler or external, or a kind such as sampler_weights.",
    ),
    click.option("--name", metavar="GLOB", help="Named such as 'step-*', or 'weights/step-*' with the kind."),
    click.option("--older-than", type=AGE, metavar="AGE", help="Saved this long ago or longer, such as 30d."),
    click.option("--before", type=MOMENT, metavar="TIME", help="Saved before, such as 2026-01-31, in UTC."),
    click.option("--after", type=MOMENT, metavar="TIME", help="Saved then or later, in UTC."),
    click.option("--larger-than", type=SIZE, metavar="SIZE", help="Larger than, such as 1GB."),
    click.option(
        "--keep-latest", type=click.IntRange(min=1), metavar="N",
        help="But for the newest N of each training run and type.",
    ),
    click.option("--no-ttl", is_flag=True, help="That never expire."),
    click.option("--expiring-within", type=DURATION, metavar="TIME", help="That expire within, such as 2d."),
    click.option(
        "--sort", type=click.Choice(["size", "time"]), help="The largest or the newest first, for --limit."
    ),
)  # fmt: skip

_INCLUDE_PUBLIC = click.option(
    "--include-public", is_flag=True, help="Public checkpoints too, which others may be using."
)
_LIMIT = click.option("--limit", type=click.IntRange(min=1), metavar="N", help="The first N at most.")


def selection_options(command: F) -> F:
    """The options that select what a command shows; it gets them as keyword arguments."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def selection_options_of_changes(command: F) -> F:
    """The options that select what a command changes, which spares what is public."""
    return selection_options(_INCLUDE_PUBLIC(_LIMIT(command)))


def selection_of(given: Mapping[str, Any]) -> CheckpointSelection | None:
    """What the options select; None where none of them was given. Raises InvalidArgumentError."""
    values = {
        name: value for name, value in given.items() if value is not None and value is not False and value != ()
    }
    if not values.keys() - {"include_public"}:
        return None
    from tinker_rest import CheckpointSelection

    if runs := values.get("training_run_ids"):
        values["training_run_ids"] = [run_id_of(run) for run in runs]
    if kind := values.get("checkpoint_type"):
        values["checkpoint_type"] = _TYPE_OF_KIND.get(kind, kind)
    return CheckpointSelection(**values)
