"""Durations, moments and sizes as people type them.

What can be read in two ways is refused rather than guessed, since what is read here says what is deleted: `6m`
(minutes or months?), `500` (of what?), `01/02/2026` (January or February?), `friday` (the last or the next?).
Messages say what is understood. English alone is.
"""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

from tinker_rest.errors import InvalidArgumentError
from tinker_rest.redaction import shown

DURATIONS = "'36h', '7d', '2 weeks', '1 month' or '1d 12h'"
MOMENTS = "'2026-01-31', '2026-01-31 09:00', '31 Jan 2026', 'tomorrow 9:00', 'in 3 days' or 'next friday'"
SIZES = "'500MB', '1.5 GiB' or '2T'"

_LONGEST_TEXT = 100

# "m" is missing on purpose.
_UNITS = {
    "seconds": ("s", "sec", "secs", "second", "seconds"),
    "minutes": ("min", "mins", "minute", "minutes"),
    "hours": ("h", "hr", "hrs", "hour", "hours"),
    "days": ("d", "day", "days"),
    "weeks": ("w", "wk", "wks", "week", "weeks"),
    "months": ("mo", "mos", "month", "months"),
    "years": ("y", "yr", "yrs", "year", "years"),
}
_UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in words}
_CALENDAR = ("months", "years")
_ONE_DURATION = re.compile(r"(\d+(?:\.\d+)?) ?([a-z]+)(?: ?, ?| and | )?", re.ASCII)

_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?([kmgtp]?)(i?)(b?|bytes?)", re.ASCII)
_POWERS = {letter: power for power, letter in enumerate(("", "k", "m", "g", "t", "p"))}

_DAYS = {"today": 0, "tomorrow": 1, "yesterday": -1}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NAMED_DAY = re.compile(
    rf"(?P<day>{'|'.join(_DAYS)})|(?P<which>next|last) (?P<weekday>{'|'.join(_WEEKDAYS)})", re.ASCII
)
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)"
)
_NTH = r"\d{1,2}(?:st|nd|rd|th)?"
_DATE = re.compile(rf"\d{{4}}-\d\d-\d\d|{_NTH} {_MONTH},? \d{{4}}|{_MONTH} {_NTH},? \d{{4}}", re.ASCII)
_HALF_DAY = r"(?:0?[1-9]|1[0-2])(?::\d\d){0,2} ?[ap]m"  # of hours above 12 dateutil takes no notice
_CLOCK = r"\d{1,2}:\d\d(?::\d\d(?:\.\d{1,6})?)?"
_TIME = re.compile(rf"(?:{_HALF_DAY}|{_CLOCK})(?P<zone> ?(?:z|utc|gmt)| ?[+-]\d\d:?\d\d)?", re.ASCII)


def parse_duration(text: str, *, now: datetime | None = None, ago: bool = False) -> timedelta:
    """How long a text such as `7d`, `2 weeks`, `36h`, `1 month` or `1d 12h` says.

    A day has 24 hours. Months and years are counted by the calendar: a month from 31 January ends at the end of
    February.

    Args:
        text: The duration, more than none, each number with its unit.
        now: The moment that it begins, or with `ago` ends, a datetime with a time zone; the present by default.
            It matters for months and years alone.
        ago: Whether the duration lies before `now` rather than after it.

    Raises:
        InvalidArgumentError: The text is no duration, or can be read in two ways.
    """
    words = _cleaned("duration", text, DURATIONS)
    parts: dict[str, Any] = {}
    place = 0
    while place < len(words):
        part = _ONE_DURATION.match(words, place)
        if part is None:
            raise _refused("duration", text, DURATIONS, _why_no_duration(words))
        number, word = part.groups()
        if word == "m":
            raise _refused("duration", text, DURATIONS, "'m' may be minutes ('min') or months ('mo')")
        unit = _UNIT_OF.get(word)
        if unit is None or unit in parts:
            why = f"{shown(word)} is no unit of time" if unit is None else f"the {unit} are given twice"
            raise _refused("duration", text, DURATIONS, why)
        if unit in _CALENDAR and "." in number:
            raise _refused("duration", text, DURATIONS, f"{unit} are whole")
        parts[unit] = int(number) if unit in _CALENDAR else float(number)
        place = part.end()
    if words.endswith(","):
        raise _refused("duration", text, DURATIONS)
    return _length(text, parts, now, ago=ago)


def _length(text: str, parts: dict[str, Any], now: datetime | None, *, ago: bool) -> timedelta:
    from dateutil.relativedelta import relativedelta

    try:
        exact = timedelta(**{unit: count for unit, count in parts.items() if unit not in _CALENDAR})
        months = {unit: count for unit, count in parts.items() if unit in _CALENDAR}
        # By the calendar of UTC, whose days have 24 hours.
        begin = _aware_now(now).astimezone(UTC)
        length = exact + (
            begin - (begin - relativedelta(**months)) if ago else begin + relativedelta(**months) - begin
        )
        (begin - length if ago else begin + length)
    except (OverflowError, ValueError):
        raise _refused("duration", text, DURATIONS, "it is too long") from None
    if length <= timedelta(0):
        raise _refused("duration", text, DURATIONS, "it must be more than 0")
    return length


def _why_no_duration(words: str) -> str:
    if words.replace(".", "", 1).isdigit():
        return "the unit is missing"
    return "it must be above 0" if words.startswith("-") else ""


def parse_moment(text: str, *, now: datetime | None = None, zone: tzinfo | None = None) -> datetime:
    """The moment, in UTC, that a text such as `2026-01-31 09:00`, `tomorrow 9:00` or `in 3 days` says.

    Understood are dates with the year first or the name of the month, `today`, `tomorrow`, `yesterday`,
    `next friday` (the first one after today) and `last friday` (the last one before today), each at midnight or
    with a time; `now`; `in 3 days` and `3 days ago` with the durations of `parse_duration`. A time may have a
    zone, `Z`, `UTC` or like `+02:00`.

    Args:
        text: The moment.
        now: The moment from which it counts, a datetime with a time zone; the present by default.
        zone: The zone of days and times without one; that of this machine by default.

    Raises:
        InvalidArgumentError: The text is no moment, or can be read in two ways.
    """
    words = _cleaned("moment", text, MOMENTS)
    now = _aware_now(now)
    if words == "now":
        return now.astimezone(UTC)
    for pattern, sign in ((r"in (.+)", 1), (r"(.+) ago", -1)):
        if relative := re.fullmatch(pattern, words):
            return now.astimezone(UTC) + sign * parse_duration(relative[1], now=now, ago=sign < 0)
    try:
        return _day_and_time(text, words, now, zone or _local_zone()).astimezone(UTC)
    except OverflowError:
        raise _refused("moment", text, MOMENTS) from None


def _day_and_time(text: str, words: str, now: datetime, zone: tzinfo) -> datetime:
    from dateutil import parser, tz

    named = _NAMED_DAY.match(words)
    date = named or _DATE.match(words)
    if date is None:
        raise _refused("moment", text, MOMENTS, _why_no_day(words))
    rest = words[date.end() :]
    written = re.sub(r"^(?:t(?=\d)|,? (?:at )?)", "", rest)
    time = _TIME.fullmatch(written)
    if rest and (time is None or written == rest):
        raise _refused("moment", text, MOMENTS, f"{shown(rest.strip())} is no time of day, such as 9:00 or 9am")
    if time is not None and time["zone"]:
        zone = tz.UTC if time["zone"].strip()[0] in "zug" else _offset(text, time["zone"].strip())
        written = written[: time.start("zone")]
    # The day on the wall where the time is told, so that `today 23:00Z` is today in UTC.
    day = _named_day(named, now.astimezone(zone)) if named else None
    midnight = datetime(1, 1, 1)
    try:
        if day is None:
            day = parser.parse(date[0], default=midnight)
        if time is not None:
            day = parser.parse(written, default=day)
    except (ValueError, OverflowError):
        raise _refused("moment", text, MOMENTS, "there is no such day or time") from None
    return tz.resolve_imaginary(day.replace(tzinfo=zone))


def _named_day(named: re.Match[str], today: datetime) -> datetime:
    from dateutil.relativedelta import relativedelta, weekday

    midnight = today.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    if named["day"]:
        return midnight + relativedelta(days=_DAYS[named["day"]])
    sign = 1 if named["which"] == "next" else -1
    return midnight + relativedelta(days=sign, weekday=weekday(_WEEKDAYS.index(named["weekday"]))(sign))


def _why_no_day(words: str) -> str:
    if words in _WEEKDAYS or words.split(" ")[0] in _WEEKDAYS:
        return f"say 'next {words}' or 'last {words}'"
    if re.match(r"\d{1,4}[/.]\d{1,2}[/.]\d{1,4}", words):
        return "the order of day and month is not certain; write the date as 2026-01-31"
    if _TIME.fullmatch(words):
        return "the day is missing; say 'today' or 'tomorrow'"
    return ""


def _offset(text: str, written: str) -> tzinfo:
    from dateutil import tz

    hours, minutes = int(written[1:3]), int(written[-2:])
    if hours > 14 or minutes > 59:
        raise _refused("moment", text, MOMENTS, f"there is no time zone {written}")
    return tz.tzoffset(None, (-1 if written[0] == "-" else 1) * (hours * 3600 + minutes * 60))


def parse_ttl(text: str, *, now: datetime | None = None) -> int | None:
    """The seconds from now that a duration or a moment to come says, rounded up; None for `never`.

    Args:
        text: What `parse_duration` or `parse_moment` understands, or `never` or `none` for no expiry.
        now: The moment from which it counts, a datetime with a time zone; the present by default.

    Raises:
        InvalidArgumentError: The text says neither, or a moment that is past.
    """
    expected = f"'never', {DURATIONS}, {MOMENTS}"
    words = _cleaned("expiry", text, expected)
    if words in ("never", "none"):
        return None
    now = _aware_now(now)
    first = _ONE_DURATION.match(words)
    if first and (first[2] in _UNIT_OF or first[2] == "m") and not words.endswith(" ago"):
        return _whole_seconds(parse_duration(words, now=now))
    left = parse_moment(words, now=now) - now
    if left <= timedelta(0):
        raise _refused("expiry", text, expected, "it is past")
    return _whole_seconds(left)


def _whole_seconds(length: timedelta) -> int:
    return -(-length // timedelta(seconds=1))


def parse_size(text: str) -> int:
    """The bytes that a text such as `500MB`, `1.5 GiB` or `2T` says.

    `k`, `M`, `G`, `T` and `P`, in capitals or not, with or without `B`, are powers of 1000; with an `i` they are
    powers of 1024. Bytes alone are `500 bytes` or `500B`.

    Args:
        text: The size, a number with its unit.

    Raises:
        InvalidArgumentError: The text is no size, or its unit is missing.
    """
    words = _cleaned("size", text, SIZES)
    size = _SIZE.fullmatch(words)
    if size is None or (size[3] and not size[2]) or (size[2] and size[4].startswith("by")):
        raise _refused("size", text, SIZES)
    if not size[2] and not size[4]:
        raise _refused("size", text, SIZES, "the unit is missing")
    return int(Decimal(size[1]) * (1024 if size[3] else 1000) ** _POWERS[size[2]])


def _cleaned(what: str, text: object, expected: str) -> str:
    if not isinstance(text, str) or not text.strip() or len(text) > _LONGEST_TEXT:
        raise _refused(what, text, expected)
    return " ".join(text.lower().split())


def _refused(what: str, text: object, expected: str, why: str = "") -> InvalidArgumentError:
    article = "an" if what.startswith("e") else "a"
    reason = f": {why}" if why else ""
    return InvalidArgumentError(f"{shown(text)} is not {article} {what}{reason}; write {expected}")


def _aware_now(now: datetime | None) -> datetime:
    if now is None:
        return datetime.now(UTC)
    if not isinstance(now, datetime) or now.utcoffset() is None:
        raise InvalidArgumentError(f"now must be a datetime with a time zone, not {shown(now)}")
    return now


def _local_zone() -> tzinfo:
    from dateutil import tz

    return tz.gettz() or tz.tzlocal()
