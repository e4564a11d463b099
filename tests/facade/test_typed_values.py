"""Durations, moments and sizes as people type them; what could be read in two ways is refused."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest

from tinker_rest import InvalidArgumentError
from tinker_rest.typed_values import parse_duration, parse_moment, parse_size, parse_ttl

NOW = datetime(2026, 3, 27, 22, 30, tzinfo=UTC)  # a Friday; 23:30 in Berlin, before the clocks change
HOURS = {"h": 1, "d": 24}


@pytest.fixture(params=["UTC", "Europe/Berlin", "America/Los_Angeles"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    yield from in_zone(request.param, monkeypatch)


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    yield from in_zone("Europe/Berlin", monkeypatch)


def in_zone(name: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("TZ", name)
    time.tzset()
    yield name
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7d", timedelta(days=7)),
        ("7 days", timedelta(days=7)),
        (" 2  Weeks ", timedelta(weeks=2)),
        ("36h", timedelta(hours=36)),
        ("1.5h", timedelta(minutes=90)),
        ("90min", timedelta(minutes=90)),
        ("90 s", timedelta(seconds=90)),
        ("1d 12h", timedelta(hours=36)),
        ("1d12h", timedelta(hours=36)),
        ("1 day and 12 hours", timedelta(hours=36)),
        ("1 week, 2 days, 3 hrs", timedelta(days=9, hours=3)),
        ("1 month", timedelta(days=31)),  # from 27 March to 27 April
        ("1mo", timedelta(days=31)),
        ("1 year", timedelta(days=365)),
        ("1y 6mo", timedelta(days=549)),
    ],
)
def test_durations(text: str, expected: timedelta) -> None:
    assert parse_duration(text, now=NOW) == expected


def test_months_are_those_of_the_calendar() -> None:
    assert parse_duration("1 month", now=NOW, ago=True) == timedelta(days=28)  # since 27 February
    assert parse_duration("1 month", now=datetime(2026, 1, 31, tzinfo=UTC)) == timedelta(days=28)
    assert parse_duration("1 year", now=datetime(2028, 2, 29, tzinfo=UTC)) == timedelta(days=365)
    summer = datetime(2026, 3, 1, tzinfo=timezone(timedelta(hours=1)))
    assert parse_duration("1 day", now=summer) == timedelta(hours=24)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("7", "the unit is missing"),
        ("1.5", "the unit is missing"),
        ("6m", r"'m' may be minutes \('min'\) or months \('mo'\)"),
        ("6 M", "may be minutes"),
        ("1d 6m", "may be minutes"),
        ("-7d", "above 0"),
        ("0d", "more than 0"),
        ("0 months", "more than 0"),
        ("1.5 months", "months are whole"),
        ("1d 2d", "the days are given twice"),
        ("3 fortnights", "'fortnights' is no unit"),
        ("99999999y", "too long"),
        ("999999999999999999999d", "too long"),
        ("9999 years", "too long"),
        ("", "write"),
        ("   ", "write"),
        ("d", "write"),
        ("7d,", "write"),
        ("7d x", "write"),
        ("1,5d", "write"),
        ("P7D", "write"),
        ("\u0667d", "write"),
        ("1e3d", "write"),
        ("infd", "write"),
        ("seven days", "write"),
        ("7d" * 60, "write"),
        (None, "write"),
        (7, "write"),
        (timedelta(days=1), "write"),
    ],
)
def test_no_durations(text: object, why: str) -> None:
    with pytest.raises(InvalidArgumentError, match=why) as caught:
        parse_duration(text, now=NOW)  # type: ignore[arg-type]
    assert "is not a duration" in str(caught.value)
    assert "write '36h', '7d', '2 weeks'" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-31T00:00Z", "2026-01-31 00:00"),
        ("2026-01-31 09:00 UTC", "2026-01-31 09:00"),
        ("2026-01-31T09:00:30.5+02:00", "2026-01-31 07:00:30.500000"),
        ("2026-01-31 09:00 -0530", "2026-01-31 14:30"),
        ("31 Jan 2026 9pm GMT", "2026-01-31 21:00"),
        ("January 31st, 2026 at 12 am Z", "2026-01-31 00:00"),
        ("Sept 1 2026 00:00Z", "2026-09-01 00:00"),
        ("today 23:00Z", "2026-03-27 23:00"),
        ("tomorrow 9:00 utc", "2026-03-28 09:00"),
        ("yesterday at 12:30 pm z", "2026-03-26 12:30"),
        ("next friday 00:00z", "2026-04-03 00:00"),
        ("last friday 00:00z", "2026-03-20 00:00"),
        ("Next Saturday 8am Z", "2026-03-28 08:00"),
        ("now", "2026-03-27 22:30"),
        ("in 3 days", "2026-03-30 22:30"),
        ("in 1 month", "2026-04-27 22:30"),
        ("1 month ago", "2026-02-27 22:30"),
        ("36h ago", "2026-03-26 10:30"),
    ],
)
def test_moments_that_are_the_same_everywhere(text: str, expected: str, zone: str) -> None:
    moment = parse_moment(text, now=NOW)
    assert moment == datetime.fromisoformat(expected).replace(tzinfo=UTC), zone
    assert moment.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-31", "2026-01-30 23:00"),
        ("2026-07-01 09:00", "2026-07-01 07:00"),
        ("today", "2026-03-26 23:00"),
        ("tomorrow", "2026-03-27 23:00"),
        ("tomorrow 9:00", "2026-03-28 08:00"),
        ("next sunday 9am", "2026-03-29 07:00"),  # the clocks have changed
        ("2026-03-29 02:30", "2026-03-29 01:30"),  # which no clock showed: 03:30
        ("next friday", "2026-04-02 22:00"),
    ],
)
def test_a_moment_without_a_zone_is_that_of_this_machine(text: str, expected: str, berlin: str) -> None:
    assert parse_moment(text, now=NOW) == datetime.fromisoformat(expected).replace(tzinfo=UTC), berlin


def test_the_day_is_that_of_the_zone_of_the_time(berlin: str) -> None:
    late = NOW + timedelta(hours=1)  # Saturday in Berlin, Friday in UTC
    assert parse_moment("today 9:00", now=late) == datetime(2026, 3, 28, 8, tzinfo=UTC), berlin
    assert parse_moment("today 9:00Z", now=late) == datetime(2026, 3, 27, 9, tzinfo=UTC), berlin


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("friday", "say 'next friday' or 'last friday'"),
        ("01/02/2026", "the order of day and month is not certain"),
        ("1.2.2026", "the order of day and month"),
        ("2026/1/2", "the order of day and month"),
        ("9:00", "the day is missing"),
        ("9am", "the day is missing"),
        ("2026-02-30", "no such day"),
        ("31 Jun 2026", "no such day"),
        ("tomorrow 25:00", "no such day or time"),
        ("tomorrow 13 pm", "is no time of day"),
        ("tomorrow morning", "'morning' is no time of day"),
        ("tomorrow9:00", "is no time of day"),
        ("2026-01-01 9:00 CET", "is no time of day"),
        ("2026-01-01 09:00 +99:00", "no time zone"),
        ("2026-01-01 9", "is no time of day"),
        ("5", "write"),
        ("may", "write"),
        ("May 2026", "write"),
        ("2026", "write"),
        ("2026-01", "write"),
        ("20260101", "write"),
        ("1767225600", "write"),
        ("1 Jan", "write"),
        ("1 Jan 26", "write"),
        ("next week", "write"),
        ("3 days", "write"),
        ("in", "write"),
        ("in 3", "write"),
        ("x ago", "write"),
        ("", "write"),
        ("never", "write"),
        ("2026-01-01-01", "write"),
        ("0000-01-01", "write"),
        ("0001-01-01 00:00 +14:00", "write"),
        (None, "write"),
        (NOW, "write"),
        (20260101, "write"),
        ("2026-01-01\x00", "write"),
        ("in 9999999 years", "write"),
    ],
)
def test_no_moments(text: object, why: str) -> None:
    with pytest.raises(InvalidArgumentError, match=why) as caught:
        parse_moment(text, now=NOW)  # type: ignore[arg-type]
    assert "write '" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7d", 7 * 86400),
        ("2 weeks", 14 * 86400),
        ("1 month", 31 * 86400),
        ("1 week, 1 day", 8 * 86400),
        ("in 2 days", 2 * 86400),
        ("2026-03-28T22:30Z", 86400),
        ("28 Mar 2026 22:30:00.5 Z", 86401),
        ("never", None),
        ("None", None),
    ],
)
def test_expiries(text: str, seconds: int | None) -> None:
    assert parse_ttl(text, now=NOW) == seconds


@pytest.mark.parametrize(
    "text", ["yesterday", "2026-01-01", "3 days ago", "now", "6m", "5", "0d", "forever", "-1d"]
)
def test_no_expiries(text: str) -> None:
    with pytest.raises(InvalidArgumentError, match="write '"):
        parse_ttl(text, now=NOW)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1GB", 10**9),
        ("1 gb", 10**9),
        ("500 MiB", 500 * 2**20),
        ("1.5T", 15 * 10**11),
        ("1.5Ti", 3 * 2**39),
        ("2k", 2000),
        ("2KiB", 2048),
        ("3P", 3 * 10**15),
        ("500B", 500),
        ("500 bytes", 500),
        ("1 byte", 1),
        ("0.1GB", 10**8),
        ("0B", 0),
    ],
)
def test_sizes(text: str, expected: int) -> None:
    assert parse_size(text) == expected


@pytest.mark.parametrize(
    "text",
    ["500", "1.5", "", "GB", "-1GB", "1,5GB", "1EB", "1 GBps", "1iB", "1 i", "1kbytes", "nanGB", "1e3GB", 5, None],
)
def test_no_sizes(text: object) -> None:
    with pytest.raises(InvalidArgumentError, match=r"is not a size.*write '500MB'") as caught:
        parse_size(text)  # type: ignore[arg-type]
    assert ("the unit is missing" in str(caught.value)) == (text in ("500", "1.5"))


def test_the_present_is_taken_where_no_moment_is_given() -> None:
    before = datetime.now(UTC)
    assert before <= parse_moment("now") <= datetime.now(UTC)
    with pytest.raises(InvalidArgumentError, match="now must be a datetime with a time zone"):
        parse_moment("tomorrow", now=datetime(2026, 1, 1))
