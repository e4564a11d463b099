"""Formats values for people: sizes, times, and untrusted texts from servers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

# Characters that move the cursor, change colors, the title or the text direction, or break a line.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
# Characters that JSON allows but a terminal should not get.
_UNPRINTABLE_IN_JSON = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")
_SPANS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def printable(text: str) -> str:
    """The text, with visible escapes for characters that a terminal would act on."""
    if text.isascii() and text.isprintable():
        return text
    return _UNPRINTABLE.sub(lambda found: _escape(found[0]), text)


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def json_text(value: object, *, indent: int | None = None) -> str:
    """A value as JSON, with characters that a terminal would act on escaped."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return _UNPRINTABLE_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def size(count: float | None) -> str:
    """A number of bytes, in units of a thousand."""
    if count is None:
        return "unknown"
    number, unit = float(count), 0
    while abs(number) >= 999.95 and unit < len(_UNITS) - 1:
        number, unit = number / 1000, unit + 1
    return f"{number:,.0f} {_UNITS[0]}" if unit == 0 else f"{number:,.1f} {_UNITS[unit]}"


def age(moment: datetime | None) -> str:
    """How long ago a time was or how soon it will be: `42d ago`, `in 3h`."""
    if moment is None:
        return "unknown"
    seconds = (datetime.now(UTC) - moment).total_seconds()
    if abs(seconds) < 1:
        return "now"
    return f"{span(seconds)} ago" if seconds > 0 else f"in {span(-seconds)}"


def span(seconds: float) -> str:
    """A length of time of a second or more in its largest unit, rounded down: `3d`."""
    length, unit = next(one for one in _SPANS if seconds >= one[0])
    return f"{seconds // length:,.0f}{unit}"


def expiry(moment: datetime | None) -> str:
    """When something expires."""
    return "never" if moment is None else age(moment)


def moment(value: datetime | None) -> str:
    """A time to the second in UTC, and how far it is from now."""
    if value is None:
        return "unknown"
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC ({age(value)})"


def yes_or_no(value: bool | None) -> str:
    """Whether something is so."""
    return "unknown" if value is None else "yes" if value else "no"


def usd(value: float | None) -> str:
    """An amount in US dollars, to the cent; below a cent, to a hundredth of one."""
    if value is None:
        return "unknown"
    return f"{value:,.4f}" if 0 < abs(value) < 0.01 else f"{value:,.2f}"


def plain(value: object) -> str:
    """Any value as people read it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return yes_or_no(value)
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.6g}"
    if isinstance(value, Mapping | list | tuple):
        return json_text(value)
    return str(value)


def counted(count: int, thing: str) -> str:
    """A number with the name of what is counted: `1 training run`, `1,789 training runs`."""
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def for_csv(value: object) -> str | int | float:
    """A value as a cell of CSV: empty for None, times in RFC 3339, structured values as JSON."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, Mapping) or (isinstance(value, Sequence) and not isinstance(value, str)):
        return json_text(value)
    return str(value)
