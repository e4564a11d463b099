"""Decides what to retry, when, and within which limits: data, pure functions, and a call's counters.

`Attempts.delay_after` makes the decision.
"""

from __future__ import annotations

import logging
import math
import os
import random
import re
import time
from collections.abc import Callable
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from attrs import field, frozen

from tinker_rest import _arguments as arguments
from tinker_rest._redaction import redact
from tinker_rest._workers import Clock, call_back, in_seconds
from tinker_rest.errors import (
    APIConnectionError,
    APIError,
    APIRequest,
    APIStatusError,
    APITimeoutError,
    refusal,
)

_log = logging.getLogger("tinker_rest")
_log.addHandler(logging.NullHandler())

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
    """How to judge the responses to one operation, as data next to its method."""

    # The generated parser gets this status for every success, since it only knows documented ones. With 302, a
    # redirect with a `Location` is the success.
    success_status: int = 200
    poll_statuses: frozenset[int] = frozenset()  # "still being built": repeated until `build_timeout`
    build_timeout: float | None = None
    max_redirects: int = 0  # followed without the API key once they lead to another host
    is_secret: bool = False  # whether a success contains a secret, so that errors must not show it


DEFAULT_POLICY = Policy()


def time_limit(name: str, value: float | timedelta | None) -> float | None:
    """A time limit in seconds. Raises InvalidArgumentError unless it is above 0, or None for no limit."""
    given = in_seconds(value)
    is_number = isinstance(given, (int, float)) and not isinstance(given, bool)
    if given is not None and not (is_number and 0 < given < math.inf):
        raise refusal(name, "be a number of seconds above 0, a timedelta, or None for no limit", value)
    return given


@frozen
class CallOptions:
    """The options of a call; see `RestClient` for what they mean."""

    timeout: float | None = field(default=60.0, converter=in_seconds)
    attempt_timeout: float | None = field(default=30.0, converter=in_seconds)
    max_retries: int | None = 10
    on_retry: Callable[[RetryEvent], None] | None = None

    def __attrs_post_init__(self) -> None:
        time_limit("timeout", self.timeout)
        time_limit("attempt_timeout", self.attempt_timeout)
        arguments.hook("on_retry", self.on_retry)
        if self.max_retries is not None:
            arguments.number("max_retries", self.max_retries, 0)


def is_retryable_status(status: int) -> bool:
    """Whether the same request may succeed later; 501 and 505 say that the server will never carry it out."""
    return status in (408, 425, 429) or (500 <= status < 600 and status not in (501, 505))


def next_delay(
    *, attempt: int, max_retries: int | None, retry_after: float | None, remaining: float | None, random: float
) -> float | None:
    """How many seconds to wait after the attempt with this number; None to give up.

    If the server asked for `retry_after` seconds, wait that long, or give up if less time is left. Otherwise, wait
    a `random` part, from 0 to 1, of an exponentially growing delay (full jitter), so that many clients do not
    come back at once.
    """
    if max_retries is not None and attempt > max_retries:
        return None
    growth = 2.0 ** min(attempt - 1, 16)
    if retry_after is not None:
        # Add a little, so that clients with the same `Retry-After` spread out, and so that attempts do not
        # all happen at once if it is 0 or a date in the past.
        delay = retry_after + random * max(min(0.25, 0.1 * retry_after), min(1.0, 0.05 * growth) - retry_after)
    else:
        delay = random * min(MAX_DELAY, BASE_DELAY * growth)
    if remaining is not None and delay >= remaining:
        return None
    return delay


def parse_retry_after(value: str, date: str = "", now: Callable[[], float] = time.time) -> float | None:
    """The seconds that a `Retry-After` header asks for; a date counts from the response's `date`."""
    if re.fullmatch(r"\s*-?[0-9]{1,300}(\.[0-9]*)?\s*", value):
        seconds = float(value)
    else:
        until = parse_http_date(value)
        if until is None:
            return None
        sent = parse_http_date(date)
        seconds = until - (now() if sent is None else sent)
    return max(0.0, seconds)


def parse_http_date(http_date: str) -> float | None:
    """An HTTP date in seconds since 1970; None if it is not a date."""
    try:
        moment = parsedate_to_datetime(http_date)
        # It has no time zone in the old form without GMT.
        return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


class Attempts:
    """The clock and counters of one call, or of one file of a download: waits, messages and errors."""

    def __init__(self, operation_id: str, options: CallOptions, policy: Policy = DEFAULT_POLICY) -> None:
        self.operation_id = operation_id
        self.request_id = f"req-{os.urandom(16).hex()}"
        self.options = options
        self.count = 0  # requests that were sent
        self.uncounted = 0  # how many of them do not count towards `max_retries`
        self.started = Clock.now()
        self.has_progressed = False  # whether `restart` was called
        self._policy = policy
        self._since = self.started
        self._time_limit, self._max_retries = options.timeout, options.max_retries
        self._last_fault = ""
        self._request = "", "", ""

    def restart(self) -> None:
        """Restart the clock of `timeout` and the count of `max_retries`, since there was progress."""
        self._since = Clock.now()
        self.uncounted = self.count - 1
        self.has_progressed = True

    def note_request(self, method: str, url: str, query: str = "") -> None:
        """Keep the request for errors, which show the `query` but no other query in the URL."""
        self._request = method, url, query

    def elapsed(self) -> float:
        return Clock.now() - self.started

    def deadline(self) -> float:
        """When the work gives up, by `Clock`."""
        return math.inf if self._time_limit is None else self._since + self._time_limit

    def remaining(self) -> float | None:
        """How many seconds are left until then; None for no limit."""
        return None if self._time_limit is None else max(0.0, self.deadline() - Clock.now())

    def label(self) -> str:
        return f"{self.operation_id} ({self.request_id})"

    def facts(self) -> dict[str, Any]:
        """The keyword arguments of every APIError of this work."""
        method, url, query = self._request
        return {
            "operation_id": self.operation_id,
            "request": APIRequest(method.upper(), redact(url) + query),
            "request_id": self.request_id,
            "attempts": self.count,
            "elapsed": self.elapsed(),
        }

    def report(self, doing: str) -> None:
        """Log that the work is taking long."""
        remaining = self.remaining()
        left = "no limit" if remaining is None else f"{remaining:.0f} s left"
        message = "%s: still going after %.0f s: attempt %d, %s; %s"
        _log.info(message, self.label(), self.elapsed(), self.count, doing, left)

    def timeout_error(self, doing: str) -> APITimeoutError:
        """The error for an attempt that took too long."""
        remaining, attempt_timeout = self.remaining(), self.options.attempt_timeout
        message = f"still {doing} after {attempt_timeout or 0:g} s (attempt_timeout)"
        if attempt_timeout is None or remaining == 0:
            before = f"; the last error was: {self._last_fault}" if self._last_fault else ""
            message = f"still {doing} after {self._time_limit:g} s (timeout){before}"
        return APITimeoutError(message=message, **self.facts())

    def delay_after(self, error: APIError) -> float | None:
        """How many seconds to wait after a failed attempt; None if the error is final."""
        status = error.status_code if isinstance(error, APIStatusError) else 0
        if not isinstance(error, APIConnectionError) and not is_retryable_status(status):
            return None
        if status in self._policy.poll_statuses:
            self._time_limit, self._max_retries = self._policy.build_timeout, None
        number, most = self.count - self.uncounted, self._max_retries
        retry_after = error.retry_after if isinstance(error, APIStatusError) else None
        part = random.random()  # noqa: S311 - spreads load, keeps no secret
        delay = next_delay(
            attempt=number, max_retries=most, retry_after=retry_after, remaining=self.remaining(), random=part
        )
        if delay is None:
            is_late = most is None or number <= most
            if is_late and not isinstance(error, APITimeoutError):  # already says so
                wait = f"; the server asked to wait {retry_after:g} s" if retry_after else ""
                error.message += f"{wait}; no time for another attempt (timeout {self._time_limit:g} s)"
                error.args = (error.message,)
            return None
        self._last_fault = error.message
        _log.debug("%s: attempt %d: %s; retrying in %.2f s", self.label(), self.count, error.message, delay)
        self.notify(error.message, delay)
        return delay

    def notify(self, reason: str, delay: float) -> None:
        """Call the `on_retry` hook of the client."""
        hook = self.options.on_retry
        if hook is not None:
            facts = self.operation_id, self.request_id, self.count
            event = RetryEvent(*facts, reason, delay, self.elapsed(), self.remaining())
            call_back("the on_retry hook failed; the call continues", hook, event)
