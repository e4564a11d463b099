"""Parsers for options and arguments, and options of several commands, such as those that select checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from tinker_rest import CheckpointSelection

F = TypeVar("F", bound=Callable[..., Any])

access_scope_option = click.option(
    "--access-scope", type=click.Choice(["owned", "accessible"]), default="owned",
    help="Your own (owned, the default), or everything you can read (accessible).",
)  # fmt: skip


def project_option(text: str) -> Callable[[F], F]:
    """The option `--project`, `project_id`."""
    return click.option("--project", "--project-id", "project_id", metavar="ID", help=text)


def searching_options(thing: str) -> Callable[[F], F]:
    """The options `--project` and `--metadata`, `project_ids` and `user_metadata`."""
    project = click.option(
        "--project", "--project-id", "project_ids", metavar="ID", multiple=True,
        help=f"Only {thing} of this project; repeatable.",
    )  # fmt: skip
    metadata = click.option(
        "--metadata", "user_metadata", metavar="KEY=VALUE", multiple=True,
        callback=lambda _context, _option, texts: pairs(texts, "--metadata"),
        help=f"Only {thing} with this metadata; repeatable.",
    )  # fmt: skip
    return lambda command: project(metadata(command))


def human_value(parser: str, thing: str, expected: str) -> Callable[[Any, Any, str | None], Any]:
    """Let a function of `human_values` parse an option's value. For `callback=`."""

    def parse(_context: click.Context, _parameter: click.Parameter, value: str | None) -> Any:
        from tinker_rest_cli import human_values

        try:
            return None if value is None else getattr(human_values, parser)(value)
        except (ValueError, OverflowError) as error:
            why = f": {error}" if str(error) else ""
            raise click.BadParameter(f"{value!r:.100} is not a {thing}{why}; write {expected}") from None

    return parse


_DURATIONS = "'12h', '30d' or '2w'"
_MOMENTS = "'2026-01-31', '2026-01-31 09:00', '2026-01-31T09:00:00Z', 'yesterday' or 'tomorrow 9:00'"
DURATION = human_value("parse_duration", "duration", _DURATIONS)
MOMENT = human_value("parse_moment", "moment", _MOMENTS)
SIZE = human_value("parse_size", "size", "'500MB', '1.5 GiB' or '2T'")
HOUR = human_value("parse_hour", "time", f"{_DURATIONS} (that long ago), 'last month', {_MOMENTS}")
TTL = human_value("parse_ttl", "time to live", f"'never', {_DURATIONS}, {_MOMENTS}")


def pairs(texts: Iterable[str], option: str) -> dict[str, str]:
    """The names and values of NAME=VALUE texts. Raises a usage error that does not show them."""
    split = [text.partition("=") for text in texts]
    if not all(sign for _, sign, _ in split):
        raise click.BadParameter("write NAME=VALUE", param_hint=option)
    return {name: value for name, _, value in split}


def paths_in(lines: Iterable[str]) -> list[str]:
    """A path in each line, without empty lines and comments."""
    stripped = (line.strip("\ufeff \t\r\n") for line in lines)
    return [line for line in stripped if line and not line.startswith("#")]


def _excluded(_context: click.Context, _option: click.Parameter, values: Sequence[str]) -> tuple[str, ...]:
    def read(file: str) -> list[str]:
        return paths_in(Path(file).read_text(encoding="utf-8", errors="replace").splitlines())

    return tuple(path for value in values for path in (read(value[1:]) if value.startswith("@") else [value]))


def run_id_of(text: str) -> str:
    """The ID of a training run, from the ID itself or a path of the run or of a checkpoint."""
    _, is_path, rest = text.partition("://")
    return rest.partition("/")[0] if is_path else text


def utc_hour(context: click.Context, parameter: click.Parameter, value: str | None) -> datetime | None:
    """A full hour in UTC; `now` is the current one, and `7d` is seven days before it. For `callback=`."""
    if value is None:
        return None
    moment: datetime = HOUR(context, parameter, value)
    if (moment.minute, moment.second, moment.microsecond) != (0, 0, 0):
        raise click.BadParameter(f"{value!r} is not a full hour in UTC, such as 2026-07-13T08:00Z")
    return moment


def utc_day(context: click.Context, parameter: click.Parameter, value: str | None) -> date | None:
    """A day in UTC; `7d` is the day seven days ago. For `callback=`."""
    moment: datetime | None = HOUR(context, parameter, value)
    return moment and moment.date()


# The types, and the kinds in tinker paths, which the official command line uses.
_TYPES = ("training", "sampler", "external")
_KINDS = {"weights": "training", "sampler_weights": "sampler", "external_weights": "external"}


def _only(name: str, what: str, *names: str, **attributes: Any) -> Callable[[F], F]:
    return click.option(name, *names, help=f"Only checkpoints {what}.", **attributes)


type_option = _only(
    "--type", "of this type: training, sampler or external, or a kind such as sampler_weights",
    "checkpoint_type", metavar="TYPE", type=click.Choice([*_TYPES, *_KINDS], case_sensitive=False),
    callback=lambda _context, _option, value: _KINDS.get(value, value),
)  # fmt: skip
model_option = _only("--base-model", "of this model; repeatable", "base_models", metavar="MODEL", multiple=True)

_OPTIONS = (
    _only("--run", "of this run; repeatable", "--run-id", "training_run_ids", metavar="RUN", multiple=True),
    type_option,
    model_option,
    searching_options("checkpoints"),
    _only("--name", "with such a name: 'step-*', or with the kind, 'weights/step-*'", metavar="GLOB"),
    _only("--older-than", "saved at least this long ago, such as 30d", callback=DURATION, metavar="AGE"),
    _only("--before", "saved before this time, such as 2026-01-31", callback=MOMENT, metavar="TIME"),
    _only("--after", "saved at or after this time", callback=MOMENT, metavar="TIME"),
    _only("--larger-than", "larger than this, such as 500MB", callback=SIZE, metavar="SIZE"),
    click.option(
        "--exclude", multiple=True, metavar="PATH", callback=_excluded,
        help="Skip the checkpoint with this path, or those in @FILE, one per line; repeatable.",
    ),
    click.option(
        "--keep-latest", type=click.IntRange(1), metavar="N", help="Skip the newest N per run and type."
    ),
    _only("--no-ttl", "that never expire", is_flag=True),
    _only("--expiring-within", "that expire within this time, such as 2d", callback=DURATION, metavar="TIME"),
    click.option(
        "--sort", type=click.Choice(["size", "time"]), help="Sort by size or time, largest or newest first."
    ),
)  # fmt: skip

_INCLUDE_PUBLIC = click.option("--include-public", is_flag=True, help="Include public checkpoints too.")
_LIMIT = click.option("-n", "--limit", type=click.IntRange(min=1), metavar="N", help="Only the first N.")


def selection_options(command: F) -> F:
    """The options that select what a command shows; it gets them as keyword arguments."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def selection_options_of_changes(command: F) -> F:
    """The options that select what a command changes, which skips public checkpoints."""
    return selection_options(_INCLUDE_PUBLIC(_LIMIT(command)))


def selection_of(given: Mapping[str, Any]) -> CheckpointSelection | None:
    """What the options select; None if none of them was given. Raises InvalidArgumentError."""
    values = {name: value for name, value in given.items() if value not in (None, (), {}) and value is not False}
    if not values.keys() - {"include_public"}:
        return None
    from tinker_rest import CheckpointSelection

    if runs := values.get("training_run_ids"):
        values["training_run_ids"] = [run_id_of(run) for run in runs]
    return CheckpointSelection(**values)
