"""The clock and the count of a call: what is retried, when, and what is said about it."""

from __future__ import annotations

import logging
import math
import random
from collections.abc import Mapping
from typing import Any

import httpx

from tinker_rest import _workers
from tinker_rest._redaction import redact
from tinker_rest._retry import DEFAULT_POLICY, CallOptions, Policy, RetryEvent, is_retryable_status, next_delay
from tinker_rest._workers import Clock
from tinker_rest.errors import APIConnectionError, APIError, APIRequest, APIStatusError, APITimeoutError

_log = logging.getLogger("tinker_rest")
_log.addHandler(logging.NullHandler())


class Attempts:
    """The clock and the count of one call, or of one file of a download: its waits, messages and errors.

    Attributes:
        operation_id: What `RetryEvent`s and errors name.
        request_id: The ID that is sent as `X-Request-Id`.
        count: How many requests were sent.
        free: How many of them do not count towards `max_retries`.
        started: When the work began, by `Clock`.
        has_progressed: Whether `restart` was called.
    """

    def __init__(
        self,
        operation_id: str,
        options: CallOptions,
        policy: Policy = DEFAULT_POLICY,
        started: float | None = None,
    ) -> None:
        self.operation_id = operation_id
        self.request_id = f"req-{_workers.here().new_id()}"
        self.options = options
        self.count = 0
        self.free = 0
        self.started = Clock.now() if started is None else started
        self.has_progressed = False
        self._policy = policy
        self._since = self.started
        self._patience = options.timeout
        self._is_building = False
        self._last_fault = ""
        self._requested: tuple[str, str, Any] = ("", "", None)

    def restart(self) -> None:
        """Begin the clock of `timeout` and the count of `max_retries` anew, since there was progress."""
        self._since = Clock.now()
        self.free = self.count - 1
        self.has_progressed = True

    def note_request(self, method: str, url: str, params: Mapping[str, Any] | None = None) -> None:
        """Keep what errors show of the request."""
        self._requested = (method, url, params)

    def elapsed(self) -> float:
        """How many seconds the work has been running."""
        return Clock.now() - self.started

    def deadline(self) -> float:
        """When the work gives up, by `Clock`."""
        return math.inf if self._patience is None else self._since + self._patience

    def remaining(self) -> float | None:
        """How many seconds are left until then; None for no limit."""
        return None if self._patience is None else max(0.0, self.deadline() - Clock.now())

    def label(self) -> str:
        """How log lines name the work."""
        return f"{self.operation_id} ({self.request_id})"

    def facts(self) -> dict[str, Any]:
        """The keyword arguments that every APIError of this work is made with."""
        method, url, params = self._requested
        query = f"?{httpx.QueryParams(params)}" if params else ""
        return {
            "operation_id": self.operation_id,
            "request": APIRequest(method.upper(), redact(url) + query),
            "request_id": self.request_id,
            "attempts": self.count,
            "elapsed": self.elapsed(),
        }

    def late(self, doing: str) -> APITimeoutError:
        """The error of an attempt that took too long."""
        remaining, attempt_timeout = self.remaining(), self.options.attempt_timeout
        if attempt_timeout is not None and remaining != 0:
            return APITimeoutError(f"still {doing} after {attempt_timeout:g} s (attempt_timeout)", **self.facts())
        before = f"; the last answer was: {self._last_fault}" if self._last_fault else ""
        return APITimeoutError(f"still {doing} after {self._patience:g} s (timeout){before}", **self.facts())

    def delay_after(self, error: APIError) -> float:
        """How many seconds to wait after a failed attempt: here it is decided what is retried.

        Raises:
            APIError: The error itself, since it is final.
        """
        status = error.status_code if isinstance(error, APIStatusError) else 0
        if not isinstance(error, APIConnectionError) and not (status and is_retryable_status(status)):
            raise error
        if status in self._policy.poll_statuses:
            self._is_building = True
            self._patience = self._policy.build_timeout
        retry_after = error.retry_after if isinstance(error, APIStatusError) else None
        delay = next_delay(
            attempt=self.count - self.free,
            max_retries=None if self._is_building else self.options.max_retries,
            retry_after=retry_after,
            remaining=self.remaining(),
            random=random.random(),  # noqa: S311 - spreads load, keeps no secret
        )
        if delay is None:
            if not isinstance(error, APITimeoutError):  # which says it already
                error.message += self._why_no_more(retry_after)
                error.args = (error.message,)
            raise error
        self._last_fault = error.message
        _log.debug("%s: attempt %d: %s; again in %.2f s", self.label(), self.count, error.message, delay)
        self.tell(error.message, delay)
        return delay

    def tell(self, reason: str, delay: float) -> None:
        """Call the `on_retry` hook of the client."""
        hook = self.options.on_retry
        if hook is not None:
            event = RetryEvent(
                operation_id=self.operation_id,
                request_id=self.request_id,
                attempt=self.count,
                reason=reason,
                delay=delay,
                elapsed=self.elapsed(),
                remaining=self.remaining(),
            )
            with _workers.calling_back("the on_retry hook failed; the call goes on"):
                hook(event)

    def _why_no_more(self, retry_after: float | None) -> str:
        """What the message of the last fault lacks: the option that ended the call, unless it is `max_retries`."""
        most = self.options.max_retries
        if not self._is_building and most is not None and self.count - self.free > most:
            return ""
        wait = f"; the server asked to wait {retry_after:g} s" if retry_after else ""
        return f"{wait}; timeout, {self._patience:g} s, leaves no time for another attempt"
