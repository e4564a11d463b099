"""Checks of arguments that are not ids: a wrong one is refused before anything is sent."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, TypeVar

from tinker_rest.errors import InvalidArgumentError
from tinker_rest.network.transport import MAX_CONNECTIONS
from tinker_rest.redaction import keep_secret, shown
from tinker_rest_api.models import AccessScope

if TYPE_CHECKING:
    from tinker_rest_api.models import AuditEventType

Member = TypeVar("Member", bound=StrEnum)
AccessScopeName = Literal["owned", "accessible"] | AccessScope
AuditEventTypeName = Literal["all", "checkpoints", "projects", "teams", "organizations"]

LONGEST_BILLING_TIME = timedelta(days=14)
# How much this clock may be behind the server's.
_CLOCK_DIFFERENCE = timedelta(minutes=5)
_HOUR = "a full hour in UTC as an RFC 3339 text, such as '2026-07-13T00:00:00Z', or as a datetime"

SHORTEST_TTL = 3600
LONGEST_TTL = 315_360_000


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _check_number(name: str, value: int, least: int, most: int) -> int:
    if not _is_whole(value) or not least <= value <= most:
        raise InvalidArgumentError(f"{name} must be a whole number from {least} to {most}, not {shown(value)}")
    return value


def check_limit(limit: int) -> int:
    """Return how many items a page may hold. Servers have an upper bound of their own, which they tell."""
    return _check_number("limit", limit, 1, 2**31 - 1)


def check_page_size(page_size: int) -> int:
    """Return how many items to ask for at once. Servers have an upper bound of their own, which they tell."""
    return _check_number("page_size", page_size, 1, 2**31 - 1)


def check_total_limit(limit: int | None) -> int | None:
    """Return after how many items to end; None for never."""
    return None if limit is None else _check_number("limit", limit, 1, 2**53 - 1)


def check_offset(offset: int) -> int:
    """Return how many items to leave out before the page."""
    return _check_number("offset", offset, 0, 2**53 - 1)


def check_concurrency(concurrency: int, most: int = MAX_CONNECTIONS) -> int:
    """Return how many requests one call may have in flight; a client has no more connections."""
    return _check_number("concurrency", concurrency, 1, most)


def check_access_scope(access_scope: str) -> AccessScope:
    """Return the scope as the description of the API names it."""
    return _check_member("access_scope", AccessScope, access_scope)


def _check_member(name: str, kind: type[Member], value: str) -> Member:
    try:
        return kind(value)
    except ValueError:
        names = ", ".join(repr(member.value) for member in kind)
        raise InvalidArgumentError(f"{name} must be one of {names}, not {shown(value)}") from None


def check_ttl(ttl_seconds: int | None) -> int | None:
    """Return a time to live in seconds, or None for none."""
    if ttl_seconds is None:
        return None
    if not _is_whole(ttl_seconds):
        raise InvalidArgumentError(
            f"ttl_seconds must be a whole number of seconds or None, not {shown(ttl_seconds)}"
        )
    if not SHORTEST_TTL <= ttl_seconds <= LONGEST_TTL:
        raise InvalidArgumentError(
            f"ttl_seconds must be from {SHORTEST_TTL} (one hour) to {LONGEST_TTL} (ten years), or None to remove "
            f"the expiry, not {shown(ttl_seconds)}"
        )
    return ttl_seconds


def check_project_id(name: str, project_id: object) -> str:
    """Return the id of a project; `name` is that of the argument, for the message."""
    if not isinstance(project_id, str) or not project_id.strip() or not project_id.isprintable():
        raise InvalidArgumentError(f"{name} must be the id of a project, not {shown(project_id)}")
    if len(project_id) > 512:
        raise InvalidArgumentError(f"{name} must have at most 512 characters; it is {shown(project_id)}")
    return str.__str__(project_id)


def check_weights_access_token(token: str | None) -> str | None:
    """Return a secret that can be sent as a header, or None. The message never holds it."""
    if token is None:
        return None
    if not isinstance(token, str) or not token or not token.isascii() or not token.isprintable() or " " in token:
        raise InvalidArgumentError(
            "weights_access_token must be one word of printable ASCII characters, or None; it is "
            + (f"of type {type(token).__name__}" if not isinstance(token, str) else "not, and is not shown here")
        )
    return keep_secret(token)


def check_billing_hour(name: str, moment: datetime | str) -> datetime:
    """Return a full hour in UTC. A time without an offset is taken to be in UTC."""
    parsed = moment
    if isinstance(moment, str):
        try:
            parsed = datetime.fromisoformat(moment.upper())
        except ValueError:
            raise InvalidArgumentError(f"{name} must be {_HOUR}, not {shown(moment)}") from None
    if not isinstance(parsed, datetime):
        raise InvalidArgumentError(f"{name} must be {_HOUR}, not {shown(moment)}")
    try:
        hour = parsed.replace(tzinfo=UTC) if parsed.utcoffset() is None else parsed.astimezone(UTC)
    except Exception:  # of a zone that somebody else wrote, too
        raise InvalidArgumentError(f"{name} must be {_HOUR}, not {shown(moment)}") from None
    if (hour.minute, hour.second, hour.microsecond) != (0, 0, 0):
        raise InvalidArgumentError(f"{name} must be {_HOUR}; {shown(moment)} is within an hour")
    return hour


def check_billing_time(starting_on: datetime | str, ending_before: datetime | str) -> tuple[datetime, datetime]:
    """Return the beginning and the end of a time that usage is asked of."""
    begin = check_billing_hour("starting_on", starting_on)
    end = check_billing_hour("ending_before", ending_before)
    if end <= begin:
        raise InvalidArgumentError(
            f"ending_before must be after starting_on, {shown(starting_on)}, not {shown(ending_before)}"
        )
    if end - begin > LONGEST_BILLING_TIME:
        raise InvalidArgumentError(
            f"ending_before must be at most {LONGEST_BILLING_TIME.days} days after starting_on, "
            f"{shown(starting_on)}, not {shown(ending_before)}"
        )
    if begin > datetime.now(UTC) + _CLOCK_DIFFERENCE:
        raise InvalidArgumentError(f"starting_on must not be in the future, as {shown(starting_on)} is")
    return begin, end


def check_audit_event_type(event_type: str) -> AuditEventType:
    """Return the type of events as the description of the API names it."""
    from tinker_rest_api.models import AuditEventType

    return _check_member("event_type", AuditEventType, event_type)


def check_day(day: date | None) -> date | None:
    """Return a day, or None for today."""
    if day is not None and (not isinstance(day, date) or isinstance(day, datetime)):
        raise InvalidArgumentError(f"day must be a datetime.date or None, not {shown(day)}")
    return day
