"""When a failed request is sent again, and after how long: one pure function, without input or output."""

import math
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime

from attrs import frozen

FIRST_DELAY = 0.5
LONGEST_DELAY = 8.0


@frozen
class RetryEvent:
    """What the `on_retry` hook of a client is told before each wait.

    Attributes:
        operation_id: The operation of the API's description that is called.
        request_id: The id that this client sends as `X-Request-Id`.
        attempt: How many requests were sent so far.
        reason: Why the last one did not do, in one line without secrets.
        delay: For how many seconds the client waits now.
        elapsed: For how many seconds the call has been running.
        remaining: How many seconds are left until the call gives up; None for no limit.
    """

    operation_id: str
    request_id: str
    attempt: int
    reason: str
    delay: float
    elapsed: float
    remaining: float | None


def is_retryable_status(status: int) -> bool:
    """Whether the same request may get another answer later: 408, 425, 429 and faults of the server.

    501 and 505 are the server's word that it will never do it.
    """
    return status in (408, 425, 429) or (500 <= status < 600 and status not in (501, 505))


def next_delay(
    *,
    attempt: int,
    max_retries: int | None,
    retry_after: float | None,
    remaining: float | None,
    random: float,
) -> float | None:
    """After how many seconds to send a request again; None to give up.

    Args:
        attempt: How many requests were sent, 1 or more.
        max_retries: How many more than the first may be sent; None for no limit.
        retry_after: What the server asked for, in seconds. It is obeyed, or the call gives up where it is
            more than what remains.
        remaining: The seconds left until the call gives up; None for no limit.
        random: A number from 0 to 1: without `retry_after`, that part of an exponentially growing delay
            is waited (full jitter), so that many clients do not come back at once.
    """
    if max_retries is not None and attempt > max_retries:
        return None
    growth = 2.0 ** min(attempt - 1, 16)
    if retry_after is not None:
        # A little more, so that clients that were told the same spread out; and where that is nothing, or a
        # date that is past, not all attempts in a moment.
        delay = retry_after + random * max(min(0.25, 0.1 * retry_after), min(1.0, 0.05 * growth) - retry_after)
    else:
        delay = random * min(LONGEST_DELAY, FIRST_DELAY * growth)
    if remaining is not None and delay >= remaining:
        return None
    return delay


def parse_retry_after(value: str, date: str = "", now: Callable[[], float] = time.time) -> float | None:
    """The seconds that a `Retry-After` header asks for, written as a number or as an HTTP date.

    Args:
        value: The header; empty where the answer has none.
        date: The answer's `Date` header, by which a date is measured where it can be read: clocks differ.
        now: Our own clock.
    """
    try:
        seconds = float(value)
    except ValueError:
        until = parse_http_date(value)
        if until is None:
            return None
        sent = parse_http_date(date)
        seconds = until - (now() if sent is None else sent)
    return max(0.0, seconds) if math.isfinite(seconds) else None


def parse_http_date(http_date: str) -> float | None:
    """An HTTP date in seconds since 1970; None where it is none."""
    try:
        return parsedate_to_datetime(http_date).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
