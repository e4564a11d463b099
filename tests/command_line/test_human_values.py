"""Durations, moments and sizes as people type them; what could be read in two ways is refused."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tinker_rest_cli.human_values import parse_duration, parse_moment, parse_size, parse_ttl

NOW = datetime(2026, 3, 27, 22, 30, tzinfo=UTC)  # a Friday; 23:30 in Berlin, before the clocks change


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
        ("2w", timedelta(weeks=2)),
        ("36h", timedelta(hours=36)),
        ("1.5h", timedelta(minutes=90)),
        ("90min", timedelta(minutes=90)),
        ("90 s", timedelta(seconds=90)),
    ],
)
def test_durations(text: str, expected: timedelta) -> None:
    assert parse_duration(text) == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("7", "the unit is missing"),
        ("1.5", "the unit is missing"),
        ("6m", r"'m' could be minutes \('min'\) or months"),
        ("6 M", "could be minutes"),
        ("0d", "more than 0"),
        ("3 fortnights", "unknown unit 'fortnights'"),
        ("1 month", "unknown unit 'month'"),
        ("999999999999999999999d", "too long"),
        ("9999999d", "too long"),
        ("-7d", "^$"),
        ("1d 2d", "^$"),
        ("", "^$"),
        ("   ", "^$"),
        ("d", "^$"),
        ("7d,", "^$"),
        ("7d x", "^$"),
        ("1,5d", "^$"),
        ("P7D", "^$"),
        ("\u0667d", "^$"),
        ("1e3d", "^$"),
        ("infd", "^$"),
        ("seven days", "^$"),
        ("7d" * 60, "^$"),
    ],
)
def test_no_durations(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-31T00:00Z", "2026-01-31 00:00"),
        ("2026-01-31 09:00 UTC", "2026-01-31 09:00"),
        ("2026-01-31T09:00:30.5+02:00", "2026-01-31 07:00:30.500000"),
        ("2026-01-31 09:00 -05:30", "2026-01-31 14:30"),
        ("today 23:00Z", "2026-03-27 23:00"),
        ("Tomorrow 9:00 utc", "2026-03-28 09:00"),
        ("yesterday 12:30 z", "2026-03-26 12:30"),
        ("now", "2026-03-27 22:30"),
    ],
)
def test_moments_that_are_the_same_everywhere(text: str, expected: str, zone: str) -> None:
    moment = parse_moment(text, now=NOW, zone=None)
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
        ("2026-03-29 9:00", "2026-03-29 07:00"),  # the clocks have changed
        ("2026-03-29 02:30", "2026-03-29 01:30"),  # which no clock showed: 03:30
    ],
)
def test_a_moment_without_a_zone_can_be_of_this_machine(text: str, expected: str, berlin: str) -> None:
    assert parse_moment(text, now=NOW, zone=None) == datetime.fromisoformat(expected).replace(tzinfo=UTC), berlin


def test_a_moment_without_a_zone_is_in_utc(berlin: str) -> None:
    assert parse_moment("2026-01-31", now=NOW) == datetime(2026, 1, 31, tzinfo=UTC), berlin
    assert parse_moment("today 9:00", now=NOW) == datetime(2026, 3, 27, 9, tzinfo=UTC)


def test_the_day_is_that_of_the_zone_of_the_time(berlin: str) -> None:
    late = NOW + timedelta(hours=1)  # Saturday in Berlin, Friday in UTC
    assert parse_moment("today 9:00", now=late, zone=None) == datetime(2026, 3, 28, 8, tzinfo=UTC), berlin
    assert parse_moment("today 9:00Z", now=late, zone=None) == datetime(2026, 3, 27, 9, tzinfo=UTC), berlin


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("01/02/2026", "day or month first"),
        ("1.2.2026", "day or month first"),
        ("2026/1/2", "day or month first"),
        ("2026-02-30", "out of range|must be in"),
        ("2026-13-01", "out of range|must be in"),
        ("tomorrow 25:00", "out of range|must be"),
        ("2026-01-01 09:00 +99:00", "out of range|must be"),
        ("0000-01-01", "out of range|must be in"),
        ("0001-01-01 00:00 +14:00", "out of range|must be in"),
        *(
            (text, "^$")
            for text in (
                "friday", "9:00", "9am", "31 Jan 2026", "tomorrow morning", "tomorrow9:00", "2026-01-01 9:00 CET",
                "2026-01-01 9", "5", "may", "2026", "2026-01", "20260101", "1767225600", "next week", "3 days", "",
                "never", "2026-01-01-01", "2026-01-01\x00",
            )
        ),
    ],
)  # fmt: skip
def test_no_moments(text: str, why: str) -> None:
    with pytest.raises((ValueError, OverflowError), match=why):
        parse_moment(text, now=NOW)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7d", 7 * 86400),
        ("2 weeks", 14 * 86400),
        ("86400", 86400),
        ("2026-03-28T22:30Z", 86400),
        ("2026-03-28 22:30:00.5 Z", 86401),
        ("never", None),
        ("NEVER", None),
    ],
)
def test_times_to_live(text: str, seconds: int | None) -> None:
    assert parse_ttl(text, now=NOW) == seconds


@pytest.mark.parametrize("text", ["yesterday", "2026-01-01", "3 days ago", "now", "6m", "0d", "forever", "-1d"])
def test_no_times_to_live(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - its message may be empty
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
    "text", ["500", "1.5", "", "GB", "-1GB", "1,5GB", "1EB", "1 GBps", "1iB", "1 i", "1kbytes", "nanGB", "1e3GB"]
)
def test_no_sizes(text: str) -> None:
    with pytest.raises(ValueError, match="the unit is missing" if text in ("500", "1.5") else "^$"):
        parse_size(text)


def test_the_present_is_taken_if_no_moment_is_given() -> None:
    before = datetime.now(UTC)
    assert before <= parse_moment("now") <= datetime.now(UTC)
