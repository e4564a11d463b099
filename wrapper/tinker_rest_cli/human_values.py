"""Durations, moments, times to live and sizes as people type them.

Ambiguous values are refused, because they decide what is deleted: `6m` (minutes or months?), `500` (bytes?),
`01/02/2026` (January or February?). A ValueError says why, unless that is obvious.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal

_UNITS = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_NUMBER = re.compile(r"\d+(?:\.\d+)?", re.ASCII)
_DURATION = re.compile(rf"({_NUMBER.pattern}) ?([a-z]+)", re.ASCII)
_SIZE = re.compile(rf"({_NUMBER.pattern}) ?(?:([kmgtp])(i?)b?|b|bytes?)", re.ASCII)
_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}
_MOMENT = re.compile(
    rf"({'|'.join(_DAYS)}|\d{{4}}-\d\d-\d\d)"
    r"(?:[t ](\d{1,2}:\d\d(?::\d\d(?:\.\d{1,6})?)?) ?(z|utc|[+-]\d\d:\d\d)?)?",
    re.ASCII,
)


def parse_duration(text: str) -> timedelta:
    """Parse a duration such as `30d`, `2 weeks` or `1.5h`. Raises ValueError."""
    words = _normalized(text)
    found = _DURATION.fullmatch(words)
    if found is None:
        raise ValueError("the unit is missing" if _NUMBER.fullmatch(words) else "")
    number, word = found.groups()
    unit = _UNITS.get(word) or f"{word.removesuffix('s')}s"
    if unit not in _UNITS.values():
        raise ValueError("'m' could be minutes ('min') or months" if word == "m" else f"unknown unit {word!r}")
    try:
        length = timedelta(**{unit: float(number)})
        datetime.now(UTC) - length, datetime.now(UTC) + length
    except OverflowError:
        raise ValueError("it is too long") from None
    if not length:
        raise ValueError("it must be more than 0")
    return length


def parse_moment(text: str, *, zone: tzinfo | None = UTC, now: datetime | None = None) -> datetime:
    """Parse an ISO date or time, `now`, or `today`, `yesterday` or `tomorrow` with or without a time of day.

    A date alone is its midnight. Moments are in the zone if they name none (None is this machine's).

    Raises:
        ValueError or OverflowError: It is not a moment, or is ambiguous.
    """
    from dateutil import parser, tz

    words = _normalized(text)
    now = now or datetime.now(UTC)
    if words == "now":
        return now
    found = _MOMENT.fullmatch(words)
    if found is None:
        is_ambiguous = re.match(r"\d{1,4}[/.]\d{1,2}[/.]\d{1,4}", words)
        raise ValueError("day or month first? Write 2026-01-31" if is_ambiguous else "")
    day, time, written_zone = found.groups()
    here = zone or tz.tzlocal()
    if written_zone:  # the zone first: "today 23:00Z" is today in UTC
        here = parser.parse(f"2000-01-01 00:00 {written_zone.upper()}").tzinfo or here
    if day in _DAYS:
        day = f"{now.astimezone(here) + timedelta(days=_DAYS[day]):%Y-%m-%d}"
    moment = parser.isoparse(day) if time is None else parser.parse(f"{day} {time}")
    return tz.resolve_imaginary(moment.replace(tzinfo=here)).astimezone(UTC)


def parse_hour(text: str) -> datetime:
    """Parse a moment, or `now` (this hour), `7d` (ago) or `last month` (its first midnight). Raises ValueError."""
    words = _normalized(text)
    if words in ("this month", "last month"):
        first = datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        return first if words == "this month" else (first - timedelta(days=1)).replace(day=1)
    if words != "now" and not _DURATION.fullmatch(words):
        return parse_moment(words)
    age = timedelta(0) if words == "now" else parse_duration(words)
    return (datetime.now(UTC) - age).replace(minute=0, second=0, microsecond=0)


def parse_ttl(text: str, *, now: datetime | None = None) -> int | None:
    """The seconds from now until a moment or the end of a duration, rounded up; None for `never`.

    Raises:
        ValueError or OverflowError: It is neither, or is in the past.
    """
    words = _normalized(text)
    if words == "never":
        return None
    if words.isascii() and words.isdigit():
        return int(words)
    now = now or datetime.now(UTC)
    left = parse_duration(words) if _DURATION.fullmatch(words) else parse_moment(words, zone=None, now=now) - now
    if left <= timedelta(0):
        raise ValueError("it is in the past")
    return -(-left // timedelta(seconds=1))


def parse_size(text: str) -> int:
    """Parse a size such as `500MB` (powers of 1000) or `1.5 GiB` (powers of 1024). Raises ValueError."""
    words = _normalized(text)
    found = _SIZE.fullmatch(words)
    if found is None:
        raise ValueError("the unit is missing" if _NUMBER.fullmatch(words) else "")
    number, prefix, binary = found.groups()
    return int(Decimal(number) * (1024 if binary else 1000) ** " kmgtp".index(prefix or " "))


def _normalized(text: str) -> str:
    return " ".join(text.lower().split())
