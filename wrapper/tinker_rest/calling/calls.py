"""Carries out one call: sends it, judges the answer, waits and sends it again where that may help."""

import asyncio
import logging
import random
import re
import time
import uuid
from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import urlsplit

import httpx

from tinker_rest.authentication.tokens import is_invalid_token
from tinker_rest.calling.options import CallOptions
from tinker_rest.calling.retries import RetryEvent, is_retryable_status, next_delay, parse_retry_after
from tinker_rest.calling.sending import Sender
from tinker_rest.errors import (
    APIConnectionError,
    APIError,
    APIRequest,
    APIResponse,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    response_body,
)
from tinker_rest.network.transport import Answer, Hopeless
from tinker_rest.redaction import one_line, redact
from tinker_rest_api._model import InvalidField
from tinker_rest_api.types import Operation

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

_log = logging.getLogger("tinker_rest")
_log.addHandler(logging.NullHandler())

REDIRECTS = frozenset((301, 302, 303, 307, 308))
FIRST_REPORT_SECONDS = 5.0
NEXT_REPORT_SECONDS = 15.0


class Carried(Protocol[T_co]):
    """What can be carried out over connections and has a result."""

    async def run(self, sender: Sender) -> T_co:
        """Carry it out. Raises TinkerError."""


class Call(Generic[T]):
    """One call of an operation, from its start to its result or error.

    Args:
        operation: The generated description of the operation.
        request: What `operation.build_request` returned.
        options: How long to wait and how often to try.
        read: Makes the result of an answer that says yes; raises ValueError where it cannot.
        done_already: The status that means, when a first request may have been carried out although its
            answer was lost, that it was: 404 for a deletion, 409 for a publication.
        waits_for_build: Whether 425 and 503 mean that something is being built, which is waited for until
            `options.archive_timeout` rather than `options.timeout`.
        reads_redirects: Whether `read` is given the redirects of every kind.
        is_elsewhere: Whether another host is asked, to which our key means nothing.
        is_secret: Whether an answer that says yes holds a secret, so that no error may show it.
    """

    def __init__(
        self,
        operation: Operation[..., Any],
        request: dict[str, Any],
        options: CallOptions,
        *,
        read: Callable[[Answer], T],
        done_already: int | None = None,
        waits_for_build: bool = False,
        reads_redirects: bool = False,
        is_elsewhere: bool = False,
        is_secret: bool = False,
    ) -> None:
        """Prepare the request; nothing is sent yet."""
        self._operation = operation
        self._options = options
        self._read = read
        self._done_already = done_already
        self._waits_for_build = waits_for_build
        self._reads_redirects = reads_redirects
        self._is_elsewhere = is_elsewhere
        self._is_secret = is_secret
        self.request_id = f"req-{uuid.uuid4().hex}"
        headers: dict[str, str] = {**request.get("headers", {}), "X-Request-Id": self.request_id}
        if request["method"] != "get":
            # The same over all repetitions, so that the server can tell them from a new request.
            headers["X-Idempotency-Key"] = f"tinker-rest-{uuid.uuid4().hex}"
        self._request = {**request, "headers": headers}
        self._key = ""
        self._base_url = ""
        self._attempts = 0
        self._state = "not sent yet"
        self._last_fault = ""
        self._is_sent = False
        self._may_be_done = False
        self._building = False
        self._patience = options.timeout

    async def run(self, sender: Sender, started: float | None = None) -> T:
        """Carry out the call. Raises TinkerError.

        Args:
            sender: What carries the requests.
            started: When the time that the options give began, by `time.monotonic`; now when it is None.
        """
        self.started = time.monotonic() if started is None else started
        self._base_url = sender.base_url
        loop = asyncio.get_running_loop()
        self._report_timer = loop.call_later(FIRST_REPORT_SECONDS, self._report, loop)
        try:
            while True:
                outcome = await self._attempt(sender)
                if not isinstance(outcome, APIError):
                    return outcome
                await self._wait_after(outcome)
        finally:
            self._report_timer.cancel()

    async def _attempt(self, sender: Sender) -> T | APIError:
        outcome = await self._send(sender)
        if isinstance(outcome, APIStatusError) and outcome.status_code == 401 and self._key:
            refused, self._key = self._key, ""
            try:
                if await self._has_another_key(sender, refused, outcome):
                    outcome = await self._send(sender)
            except APIError as error:  # of the exchange, which may be repeated as any other
                return error
        return outcome

    async def _has_another_key(self, sender: Sender, refused: str, refusal: APIStatusError) -> bool:
        if sender.authenticator is None:
            return False
        self._state = "waiting for another credential"
        said = refusal.headers.get("www-authenticate", "")
        try:
            async with asyncio.timeout(self._remaining()), asyncio.timeout(self._options.attempt_timeout):
                return await sender.authenticator.renew(refused, said)
        except TimeoutError:
            if is_invalid_token(said):  # the server has asked for another one, which will come
                raise APITimeoutError(self._why_late(), **self.facts()) from None
            return False

    async def _send(self, sender: Sender) -> T | APIError:
        self._state = "waiting for a free connection"
        self._is_sent = False
        try:
            async with asyncio.timeout(self._remaining()), sender.room:
                self._attempts += 1
                self._state = "connecting"
                async with asyncio.timeout(self._options.attempt_timeout):
                    answer = await sender.send(await self._authenticated(sender), self._note_sent)
        except TimeoutError:
            self._may_be_done = self._may_be_done or self._is_sent
            return APITimeoutError(self._why_late(), **self.facts())
        except APIError as error:  # of what gives requests their credential
            return error
        except Hopeless as error:
            raise APIConnectionError(one_line(str(error)), **self.facts()) from None
        except httpx.TransportError as error:
            self._may_be_done = self._may_be_done or self._is_sent
            kind = APITimeoutError if isinstance(error, httpx.TimeoutException) else APIConnectionError
            return kind(f"no answer: {one_line(str(error)) or type(error).__name__}", **self.facts())
        return self._judge(answer)

    async def _authenticated(self, sender: Sender) -> dict[str, Any]:
        if sender.authenticator is None:
            return self._request
        self._state = "waiting for the credential"
        self._key = await sender.authenticator.key()
        self._state = "connecting"
        return {**self._request, "headers": {**self._request["headers"], "X-API-Key": self._key}}

    def _note_sent(self) -> None:
        self._is_sent = True
        self._state = "waiting for the answer"

    def _why_late(self) -> str:
        remaining, attempt_timeout = self._remaining(), self._options.attempt_timeout
        # The timers of event loops may be some milliseconds early.
        if attempt_timeout is not None and (remaining is None or remaining > 0.02):
            return f"still {self._state} after {attempt_timeout:g} s (attempt_timeout)"
        option = "archive_timeout" if self._building else "timeout"
        before = f"; the last answer was: {self._last_fault}" if self._last_fault else ""
        return f"still {self._state} after {self._patience:g} s ({option}){before}"

    def _judge(self, answer: Answer) -> T | APIError:
        status = answer.status_code
        _log.debug("%s: %d after %.3f s, attempt %d", self._label(), status, self._elapsed(), self._attempts)
        is_read = self._reads_redirects and status in REDIRECTS
        if status in self._operation.success_status or 200 <= status < 300 or is_read:
            return self._result_of(answer)
        response = APIResponse(status, _shown_headers(answer), answer.content)
        retry_after = parse_retry_after(answer.header("retry-after"), answer.header("date"))
        if 300 <= status < 400 and answer.header("location"):
            host = _host_of(answer.header("location")) or "another path"
            message = f"{status}: a redirect to {host}, which is not followed so that the API key stays here"
            return APIStatusError(message, response=response, **self.facts())
        advises = not self._is_elsewhere
        error = APIStatusError.of(response, advises=advises, retry_after=retry_after, **self.facts())
        # A server or proxy that does not know the operation knows nothing of what it did.
        knows = not error.operation_unsupported and "html" not in answer.header("content-type").lower()
        if status == self._done_already and self._may_be_done and knows:
            _log.info("%s: %s; taken as done, since an answer was lost", self._label(), error.message)
            return self._read(answer)
        # A server that says 503 did not begin; after any other fault nobody knows.
        self._may_be_done = self._may_be_done or (status >= 500 and status != 503)
        return error

    def _result_of(self, answer: Answer) -> T | APIError:
        try:
            return self._read(answer)
        except InvalidField as error:
            message = f"the answer is not as described: {error}"
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            message = f"the answer cannot be read: {one_line(str(error))}"
        content = b"" if self._is_secret else answer.content
        response = APIResponse(answer.status_code, _shown_headers(answer), content)
        media_type = answer.header("content-type") or "no content type"
        return APIResponseValidationError(
            f"{message} (status {answer.status_code}, {one_line(media_type, 60)}, {len(answer.content)} bytes)",
            response=response,
            **self.facts(),
            body=response_body(response),
            server_request_id=answer.header("x-request-id") or None,
        )

    async def _wait_after(self, error: APIError) -> None:
        """Wait until the request may be sent again; raise the error where it may not."""
        status = error.status_code if isinstance(error, APIStatusError) else 0
        if isinstance(error, APIResponseValidationError) or (status and not is_retryable_status(status)):
            raise error
        if self._waits_for_build and status in (425, 503):
            self._building = True
            self._patience = self._options.archive_timeout
        delay = next_delay(
            attempt=self._attempts,
            max_retries=None if self._building else self._options.max_retries,
            retry_after=error.retry_after if isinstance(error, APIStatusError) else None,
            remaining=self._remaining(),
            random=random.random(),  # noqa: S311 - spreads load, keeps no secret
        )
        if delay is None:
            if not isinstance(error, APITimeoutError):  # which says it already
                error.message += self._why_no_more(error)
                error.args = (error.message,)
            raise error
        self._last_fault = error.message
        self._state = f"waiting for {delay:.1f} s after {error.message}"
        _log.debug("%s: attempt %d: %s; again in %.2f s", self._label(), self._attempts, error.message, delay)
        if self._options.on_retry is not None:
            self._tell(self._options.on_retry, error.message, delay)
        await asyncio.sleep(delay)

    def _why_no_more(self, error: APIError) -> str:
        """What the message of the last fault lacks: the option that ended the call, but for `max_retries`."""
        most = self._options.max_retries
        if not self._building and most is not None and self._attempts > most:
            return ""
        option = "archive_timeout" if self._building else "timeout"
        asked = getattr(error, "retry_after", None)
        wait = f"; the server asked to wait {asked:g} s" if asked else ""
        return f"{wait}; {option}, {self._patience:g} s, leaves no time for another attempt"

    def _tell(self, hook: Callable[[RetryEvent], None], reason: str, delay: float) -> None:
        event = RetryEvent(
            operation_id=self._operation.operation_id,
            request_id=self.request_id,
            attempt=self._attempts,
            reason=reason,
            delay=delay,
            elapsed=self._elapsed(),
            remaining=self._remaining(),
        )
        tell_hook(hook, event)

    def _report(self, loop: asyncio.AbstractEventLoop) -> None:
        remaining = self._remaining()
        left = "no limit" if remaining is None else f"{remaining:.0f} s left"
        _log.info(
            "%s: still going after %.0f s: attempt %d, %s; %s",
            self._label(),
            self._elapsed(),
            self._attempts,
            self._state,
            left,
        )
        self._report_timer = loop.call_later(NEXT_REPORT_SECONDS, self._report, loop)

    def _label(self) -> str:
        return f"{self._operation.operation_id} ({self.request_id})"

    def _elapsed(self) -> float:
        return time.monotonic() - self.started

    def _remaining(self) -> float | None:
        return None if self._patience is None else max(0.0, self._patience - self._elapsed())

    def _url(self) -> str:
        """What is asked for, as far as it may be shown: the query of a signed URL is not."""
        url = redact(self._base_url + self._request["url"])
        params = self._request.get("params")
        return f"{url}?{httpx.QueryParams(params)}" if params else url

    def facts(self) -> dict[str, Any]:
        """What every error of this call tells of it."""
        return {
            "operation_id": self._operation.operation_id,
            "request": APIRequest(self._request["method"].upper(), self._url()),
            "request_id": self.request_id,
            "attempts": self._attempts,
            "elapsed": self._elapsed(),
        }


def tell_hook(hook: Callable[[RetryEvent], None], event: RetryEvent) -> None:
    """Call the `on_retry` hook of a client; what it raises changes nothing."""
    try:
        hook(event)
    except BaseException:  # SystemExit, for one, would end the thread of all calls
        _log.exception("the on_retry hook failed; the call goes on")


def _host_of(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _shown_headers(answer: Answer) -> dict[str, str]:
    headers = {name: redact(value) for name, value in answer.headers.items() if name != "set-cookie"}
    if "location" in headers:  # relative ones have a signature too
        headers["location"] = re.sub(r"[?#].*", "?…", headers["location"])
    return headers
