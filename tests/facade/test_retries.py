"""When a request is sent again, and after how long: the pure function, without a server or a clock."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime
from email.utils import formatdate

import pytest

from tinker_rest._retry import is_retryable_status, next_delay, parse_http_date, parse_retry_after


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 520, 529, 599])
def test_these_may_pass(status: int) -> None:
    assert is_retryable_status(status)


@pytest.mark.parametrize("status", [301, 400, 401, 402, 403, 404, 405, 409, 410, 413, 418, 422, 451, 501, 505])
def test_these_never_pass(status: int) -> None:
    assert not is_retryable_status(status)


def delay(**changed: float | None) -> float | None:
    given = {"attempt": 1, "max_retries": 10, "retry_after": None, "remaining": 60.0, "random": 1.0, **changed}
    return next_delay(**given)  # type: ignore[arg-type]


# fmt: off
DELAYS: list[tuple[dict[str, float | None], float | None]] = [
    ({}, 0.5),
    ({"attempt": 2}, 1.0),
    ({"attempt": 3}, 2.0),
    ({"attempt": 5}, 8.0),
    ({"attempt": 10}, 8.0),
    ({"attempt": 10**9, "max_retries": None}, 8.0),
    ({"random": 0.0}, 0.0),  # full jitter: from nothing
    ({"attempt": 3, "random": 0.25}, 0.5),
    ({"attempt": 0}, 0.25),  # no connection became free
    ({"max_retries": 0}, None),
    ({"attempt": 11}, None),
    ({"attempt": 11, "max_retries": None}, 8.0),
    ({"remaining": None}, 0.5),
    ({"remaining": 0.4}, None),
    ({"remaining": 0.0}, None),
    ({"remaining": 0.4, "random": 0.5}, 0.25),
    ({"retry_after": 0.0}, 0.05),  # not all attempts in a moment
    ({"retry_after": 0.0, "attempt": 3}, 0.2),
    ({"retry_after": 0.0, "attempt": 10}, 1.0),
    ({"retry_after": 0.0, "attempt": 10, "random": 0.0}, 0.0),
    ({"retry_after": 0.5, "attempt": 10}, 1.0),
    ({"retry_after": 2.0, "random": 0.0}, 2.0),
    ({"retry_after": 2.0}, 2.2),
    ({"retry_after": 30.0}, 30.25),  # never earlier than asked, and little later
    ({"retry_after": 120.0}, None),  # longer than what is left: nothing is gained by waiting
    ({"retry_after": 120.0, "remaining": 900.0}, 120.25),
    ({"retry_after": 2.0, "max_retries": 0}, None),
]
# fmt: on


@pytest.mark.parametrize(("changed", "expected"), DELAYS)
def test_next_delay(changed: dict[str, float | None], expected: float | None) -> None:
    assert delay(**changed) == (None if expected is None else pytest.approx(expected))


def test_delays_are_spread_over_the_whole_range() -> None:
    delays = [delay(attempt=4, random=part / 100) or 0.0 for part in range(101)]
    assert delays == sorted(delays)
    assert (delays[0], delays[-1]) == (0.0, 4.0)


NOW = 1_790_000_000.0


# fmt: off
HEADERS: list[tuple[str, float | None]] = [
    ("", None), ("2", 2.0), ("0", 0.0), ("1.5", 1.5), (" 7 ", 7.0), ("-5", 0.0),
    ("9" * 17, 99999999999999999.0), ("9" * 400, None), ("1, 2", None),
    ("soon", None), ("nan", None), ("inf", None), ("1e999", None), ("2 seconds", None), ("1_0", None),
    (formatdate(NOW + 3, usegmt=True), 3.0), (formatdate(NOW - 60, usegmt=True), 0.0),
    ("Fri, 32 Jan 2026 00:00:00 GMT", None), ("Fri, 31 Dec 9999 23:59:59 GMT", 251_612_300_799.0),
]
# fmt: on


@pytest.mark.parametrize(("header", "seconds"), HEADERS)
def test_retry_after_is_a_number_or_a_date(header: str, seconds: float | None) -> None:
    parsed = parse_retry_after(header, "", lambda: NOW)
    assert parsed == seconds
    assert parsed is None or math.isfinite(parsed)


@pytest.mark.parametrize(
    "date",
    [
        "Mon, 13 Jul 2026 10:00:00 GMT",
        "Mon, 13 Jul 2026 10:00:00 GMT, Mon, 13 Jul 2026 10:00:01 GMT",  # sent twice
        "Mon Jul 13 10:00:00 2026",
        "Mon, 13 Jul 2026 10:00:00 -0000",
        "Mon, 13 Jul 2026 12:00:00 +0200",
    ],
)
def test_a_date_never_counts_as_local_time(date: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/Los_Angeles")
    time.tzset()
    try:
        assert parse_http_date(date) == datetime(2026, 7, 13, 10, tzinfo=UTC).timestamp()
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_date_is_measured_by_the_servers_clock() -> None:
    ahead = formatdate(NOW + 3603, usegmt=True)
    assert parse_retry_after(ahead, formatdate(NOW + 3600, usegmt=True), lambda: NOW) == 3.0
    assert parse_retry_after(ahead, "at noon", lambda: NOW) == 3603.0
