"""Arguments and options that several commands take."""

from __future__ import annotations

from datetime import UTC, date, datetime

import click

access_scope_option = click.option(
    "--access-scope",
    type=click.Choice(["owned", "accessible"]),
    default="owned",
    help="One's own (owned, the default) or all that one may read.",
)


def run_id_of(text: str) -> str:
    """The id of a training run, given as it is or as a tinker path of the run. Raises InvalidArgumentError."""
    if not text.startswith("tinker://"):
        return text
    rest = text.removeprefix("tinker://")
    if "/" not in rest.rstrip("/"):  # tinker://RUN_ID
        return rest.rstrip("/")
    from tinker_rest import ParsedCheckpointTinkerPath

    return ParsedCheckpointTinkerPath.from_tinker_path(text).training_run_id


def utc_hour(_context: click.Context, _parameter: click.Parameter, value: str | None) -> datetime | None:
    """A full hour in UTC as people type it. For `callback=`."""
    if value is None:
        return None
    moment = _moment(value)
    if (moment.minute, moment.second, moment.microsecond) != (0, 0, 0):
        raise click.BadParameter(f"{value!r} is within an hour; it must be a full hour in UTC")
    return moment


def utc_day(_context: click.Context, _parameter: click.Parameter, value: str | None) -> date | None:
    """A day in UTC as people type it. For `callback=`."""
    return None if value is None else _moment(value).date()


def _moment(value: str) -> datetime:
    from tinker_rest.errors import InvalidArgumentError
    from tinker_rest.typed_values import parse_moment

    if value.lower() == "now":
        return this_hour()
    try:
        return parse_moment(value, zone=UTC)
    except InvalidArgumentError as error:
        raise click.BadParameter(str(error)) from None


def this_hour() -> datetime:
    """The beginning of this hour in UTC."""
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
