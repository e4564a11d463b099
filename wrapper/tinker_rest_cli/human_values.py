"""Durations, moments, times to live and sizes as people type them.

What could be read in two ways is refused, because what is read here decides what is deleted: `6m` (minutes or
months?), `500` (bytes?), `01/02/2026` (January or February?).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal

DURATIONS = "'12h', '30d' or '2w'"
MOMENTS = "'2026-01-31', '2026-01-31 09:00', '2026-01-31T09:00:00Z', 'yesterday' or 'tomorrow 9:00'"
SIZES = "'500MB', '1.5 GiB' or '2T'"
MAX_LENGTH = 100

_UNITS = {
    "seconds": ("s", "second", "seconds"),
    "minutes": ("min", "minute", "minutes"),
    "hours": ("h", "hour", "hours"),
    "days": ("d", "day", "days"),
    "weeks": ("w", "week", "weeks"),
}
_DURATION = re.compile(r"(\d+(?:\.\d+)?) ?([a-z]+)", re.ASCII)
_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?([kmgtp]?)(i?)(b?|bytes?)", re.ASCII)
_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}
_MOMENT = re.compile(
    rf"({'|'.join(_DAYS)}|\d{{4}}-\d\d-\d\d)"
    r"(?:[t ](\d{1,2}:\d\d(?::\d\d(?:\.\d{1,6})?)?) ?(z|utc|[+-]\d\d:\d\d)?)?",
    re.ASCII,
)


def parse_duration(text: str) -> timedelta:
    """Parse a duration such as `30d`, `2 weeks` or `1.5h`. Raises ValueError."""
    words = _normalized("duration", text, DURATIONS)
    found = _DURATION.fullmatch(words)
    if found is None:
        is_number = re.fullmatch(r"[\d.]+", words, re.ASCII)
        raise _refusal("duration", text, DURATIONS, "the unit is missing" if is_number else "")
    number, word = found.groups()
    unit = next((unit for unit, names in _UNITS.items() if word in names), None)
    if unit is None:
        why = "'m' could be minutes ('min') or months" if word == "m" else f"unknown unit {word!r}"
        raise _refusal("duration", text, DURATIONS, why)
    try:
        length = timedelta(**{unit: float(number)})
        datetime.now(UTC) - length, datetime.now(UTC) + length
    except OverflowError:
        raise _refusal("duration", text, DURATIONS, "it is too long") from None
    if not length:
        raise _refusal("duration", text, DURATIONS, "it must be more than 0")
    return length


def parse_moment(text: str, *, zone: tzinfo | None = UTC, now: datetime | None = None) -> datetime:
    """Parse an ISO date or time, `now`, or `today`, `yesterday` or `tomorrow` with or without a time of day.

    A date alone is its midnight. Moments are in the zone if they name none (None is this machine's).

    Raises:
        ValueError: It is no moment, or could be read in two ways.
    """
    from dateutil import parser, tz

    words = _normalized("moment", text, MOMENTS)
    now = now or datetime.now(UTC)
    if words == "now":
        return now
    found = _MOMENT.fullmatch(words)
    if found is None:
        is_ambiguous = re.match(r"\d{1,4}[/.]\d{1,2}[/.]\d{1,4}", words)
        raise _refusal("moment", text, MOMENTS, "day or month first? Write 2026-01-31" if is_ambiguous else "")
    day, time, written_zone = found.groups()
    try:
        # The zone first: "today 23:00Z" is today in UTC.
        here = (
            parser.parse(f"2000-01-01 00:00 {written_zone.upper()}").tzinfo
            if written_zone
            else zone or tz.tzlocal()
        )
        if day in _DAYS:
            day = f"{now.astimezone(here) + timedelta(days=_DAYS[day]):%Y-%m-%d}"
        moment = parser.isoparse(day) if time is None else parser.parse(f"{day} {time}")
        return tz.resolve_imaginary(moment.replace(tzinfo=here)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _refusal("moment", text, MOMENTS, "there is no such day or time") from None


def parse_ttl(text: str, *, now: datetime | None = None) -> int | None:
    """The seconds from now until what a duration or moment names, rounded up; None for `never`.

    Raises:
        ValueError: It is neither, or lies in the past.
    """
    expected = f"'never', {DURATIONS}, {MOMENTS}"
    words = _normalized("time to live", text, expected)
    if words == "never":
        return None
    if words.isascii() and words.isdigit():
        return int(words)
    now = now or datetime.now(UTC)
    left = parse_duration(words) if _DURATION.fullmatch(words) else parse_moment(words, zone=None, now=now) - now
    if left <= timedelta(0):
        raise _refusal("time to live", text, expected, "it is in the past")
    return -(-left // timedelta(seconds=1))


def parse_size(text: str) -> int:
    """Parse a size such as `500MB` (powers of 1000) or `1.5 GiB` (powers of 1024). Raises ValueError."""
    words = _normalized("size", text, SIZES)
    found = _SIZE.fullmatch(words)
    if found is None or (found[3] and not found[2]) or (found[2] and found[4].startswith("by")):
        raise _refusal("size", text, SIZES)
    if not found[2] and not found[4]:
        raise _refusal("size", text, SIZES, "the unit is missing")
    return int(Decimal(found[1]) * (1024 if found[3] else 1000) ** " kmgtp".index(found[2] or " "))


def _normalized(what: str, text: str, expected: str) -> str:
    if not text.strip() or len(text) > MAX_LENGTH:
        raise _refusal(what, text, expected)
    return " ".join(text.lower().split())


def _refusal(what: str, text: str, expected: str, why: str = "") -> ValueError:
    return ValueError(f"{text[:MAX_LENGTH]!r} is not a {what}{f': {why}' if why else ''}; write {expected}")
