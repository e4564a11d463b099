"""Arguments and options that several commands take."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

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
    today = this_hour().replace(hour=0)
    named = {"today": today, "yesterday": today - timedelta(days=1), "now": this_hour()}
    if value.lower() in named:
        return named[value.lower()]
    try:
        parsed = datetime.fromisoformat(value.upper())
    except ValueError:
        message = f"{value!r} is no time such as 2026-07-13, 2026-07-13T08:00:00Z or yesterday"
        raise click.BadParameter(message) from None
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)


def this_hour() -> datetime:
    """The beginning of this hour in UTC."""
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
