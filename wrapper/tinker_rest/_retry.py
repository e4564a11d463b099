"""The retry policy as pure functions and data: what is retried, after how long, and within which limits."""

import math
import re
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any

from attrs import field, frozen

from tinker_rest.errors import InvalidArgumentError

BASE_DELAY = 0.5
MAX_DELAY = 8.0


@frozen
class RetryEvent:
    """What the `on_retry` hook of a client receives before each wait.

    Attributes:
        operation_id: The operation of the API's description that is being called.
        request_id: The ID that this client sends as `X-Request-Id`.
        attempt: How many requests were sent so far.
        reason: Why the last one failed, in one line without secrets.
        delay: How many seconds the client waits now.
        elapsed: How many seconds the call has been running.
        remaining: How many seconds are left until the call gives up; None for no limit.
    """

    operation_id: str
    request_id: str
    attempt: int
    reason: str
    delay: float
    elapsed: float
    remaining: float | None


@frozen
class Policy:
    """How the answers to one operation are judged, as data that stands beside its method.

    Attributes:
        success_status: The status that the generated parser is given for every answer that counts as a success,
            since it knows documented ones alone; 302 makes a redirect with a `Location` the success.
        already_done_status: The status that proves that an earlier attempt succeeded although its answer was
            lost: 404 for a deletion, 409 for a publication.
        poll_statuses: Statuses that mean "still being built": such calls are repeated until `build_timeout`,
            however often.
        build_timeout: How many seconds a build is waited for; None for no limit.
        max_redirects: How many redirects are followed, without the API key once they lead to another host.
        is_secret: Whether a success holds a secret, so that no error may show its body.
    """

    success_status: int = 200
    already_done_status: int | None = None
    poll_statuses: frozenset[int] = frozenset()
    build_timeout: float | None = None
    max_redirects: int = 0
    is_secret: bool = False


DEFAULT_POLICY = Policy()


def check_seconds(name: str, value: object) -> None:
    """Raise InvalidArgumentError unless the value is a number of seconds above 0, or None for no limit."""
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or value <= 0:
        raise InvalidArgumentError(
            f"{name} must be a number of seconds above 0, or None for no limit, not {value!r}"
        )


def _check_seconds(_: object, attribute: Any, value: object) -> None:
    check_seconds(attribute.name, value)


def _check_count(_: object, attribute: Any, value: object) -> None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
        raise InvalidArgumentError(
            f"{attribute.name} must be 0 or a whole number above, or None for no limit, not {value!r}"
        )


def _check_hook(_: object, attribute: Any, value: object) -> None:
    if value is not None and not callable(value):
        raise InvalidArgumentError(f"{attribute.name} must be callable or None, not {value!r}")


@frozen
class CallOptions:
    """The options of a call; see `RestClient` for what they mean."""

    timeout: float | None = field(default=60.0, validator=_check_seconds)
    attempt_timeout: float | None = field(default=30.0, validator=_check_seconds)
    max_retries: int | None = field(default=10, validator=_check_count)
    on_retry: Callable[[RetryEvent], None] | None = field(default=None, validator=_check_hook)


def is_retryable_status(status: int) -> bool:
    """Whether the same request may succeed later: 408, 425, 429 and most 5xx.

    With 501 and 505 the server says that it will never carry it out.
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
    """How many seconds to wait before the next attempt; None to give up.

    Args:
        attempt: How many requests were sent.
        max_retries: How many more than the first may be sent; None for no limit.
        retry_after: The seconds that the server asked for. They are obeyed, or the call gives up if it has less
            time left.
        remaining: The seconds left until the call gives up; None for no limit.
        random: A number from 0 to 1: without `retry_after`, that part of an exponentially growing delay is
            waited (full jitter), so that many clients do not come back at once.
    """
    if max_retries is not None and attempt > max_retries:
        return None
    growth = 2.0 ** min(attempt - 1, 16)
    if retry_after is not None:
        # A little more, so that clients that were told the same spread out; and if that is nothing, or a date
        # in the past, the attempts do not all fall into one moment.
        delay = retry_after + random * max(min(0.25, 0.1 * retry_after), min(1.0, 0.05 * growth) - retry_after)
    else:
        delay = random * min(MAX_DELAY, BASE_DELAY * growth)
    if remaining is not None and delay >= remaining:
        return None
    return delay


def parse_retry_after(value: str, date: str = "", now: Callable[[], float] = time.time) -> float | None:
    """The seconds that a `Retry-After` header asks for, written as a number or as an HTTP date.

    Args:
        value: The header; empty if the answer has none.
        date: The answer's `Date` header, against which a date is measured if it can be read: clocks differ.
        now: Our own clock.
    """
    if re.fullmatch(r"\s*-?[0-9]{1,12}(\.[0-9]*)?\s*", value):
        seconds = float(value)
    else:
        until = parse_http_date(value)
        if until is None:
            return None
        sent = parse_http_date(date)
        seconds = until - (now() if sent is None else sent)
    return max(0.0, seconds)


def parse_http_date(http_date: str) -> float | None:
    """An HTTP date in seconds since 1970; None if it is none."""
    try:
        return parsedate_to_datetime(http_date).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
