"""Asks a storage for a file until an answer was read to its end: redirects, expired URLs, passing faults."""

from __future__ import annotations

import asyncio
import functools
import json
import logging
import random
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import httpx

from tinker_rest.calling.calls import REDIRECTS, tell_hook
from tinker_rest.calling.daemon_threads import run_in_daemon_thread
from tinker_rest.calling.options import CallOptions
from tinker_rest.calling.redirects import MOST_REDIRECTS, next_hop, parts_of
from tinker_rest.calling.retries import RetryEvent, is_retryable_status, next_delay, parse_retry_after
from tinker_rest.download.signed_urls import SignedUrls
from tinker_rest.errors import (
    APIConnectionError,
    APIError,
    APIRequest,
    APIResponse,
    APIStatusError,
    APITimeoutError,
    response_body,
    server_message,
)
from tinker_rest.network.default_headers import public_headers
from tinker_rest.network.streaming import BodyStream, StreamOpener
from tinker_rest.network.transport import Hopeless, StreamHead
from tinker_rest.redaction import one_line, redact

T = TypeVar("T")

OPERATION_ID = "download_checkpoint"

# How storages say that a signed URL does not work any longer, or that what it is of was put elsewhere.
_EXPIRED = frozenset((400, 401, 403, 404, 410))
_LONGEST_ERROR = 2**16
# How long a thread has to end after it was told to, before it is left alone.
_ENDING_SECONDS = 1.0

_log = logging.getLogger("tinker_rest")

Consume = Callable[[StreamHead, BodyStream], bool]


class Fetch:
    """Asks for one file.

    Args:
        urls: Where it is.
        name: Which file it is.
        opener: What opens connections.
        options: How patient to be: `timeout` counts from the last byte that was new.
        headers: Makes the headers of each request that are about the file, such as `Range`.
        consume: Reads a 200, 206 or 416 in a thread; returns whether no more is to be asked for. What it raises
            as httpx.TransportError is repeated.
        high_mark: How many bytes there were at the most: what makes it grow is progress.
    """

    def __init__(
        self,
        urls: SignedUrls,
        name: str,
        opener: StreamOpener,
        options: CallOptions,
        *,
        headers: Callable[[], Mapping[str, str]],
        consume: Consume,
        high_mark: Callable[[], int],
    ) -> None:
        """Keep what to do; nothing is sent yet."""
        self._urls = urls
        self._name = name
        self._opener = opener
        self._options = options
        self._headers = headers
        self._consume = consume
        self._high_mark = high_mark
        self._id = f"req-{uuid.uuid4().hex}"
        self._attempts = 0
        self._shown_url = ""

    async def run(self) -> None:
        """Carry it out. Raises TinkerError."""
        self._started = self._moved = time.monotonic()
        refused: str | None = None
        is_renewed = False
        mark = self._high_mark()
        while True:
            url = await self._urls.url(self._name, refused)
            self._attempts += 1
            outcome = await self._attempt(url)
            if outcome is True:
                return
            if self._high_mark() > mark:
                mark, self._moved, self._attempts, is_renewed = self._high_mark(), time.monotonic(), 1, False
                if outcome is False:
                    continue
            error = outcome or self._fault("the storage answered without anything new")
            refused = None
            if isinstance(error, APIStatusError) and error.status_code in _EXPIRED and not is_renewed:
                _log.info("%s: %s; asking for another signed URL", self._label(), error.message)
                refused, is_renewed = url, True
                continue
            await self._wait_after(error)

    async def _attempt(self, url: str) -> bool | APIError:
        """Whether all was read; False where there is more to ask for; or what went wrong and may pass."""
        try:
            return await self._follow(url)
        except httpx.TimeoutException as error:
            return APITimeoutError(f"no answer: {one_line(str(error))}", **self._facts())
        except httpx.TransportError as error:
            return self._fault(f"no answer: {one_line(str(error)) or type(error).__name__}")
        except (Hopeless, ValueError, httpx.InvalidURL) as error:
            fault = self._fault(one_line(str(error)))
            if isinstance(error, Hopeless) and self._high_mark():
                return fault  # where bytes came from before, it may be the network here that knows no names
            raise fault from None

    async def _follow(self, url: str) -> bool | APIError:
        for _ in range(MOST_REDIRECTS + 1):
            self._shown_url = redact(url)
            origin, target = parts_of(url)
            stream = await self._opener.open(httpx.URL(origin + target))
            found = await in_thread(functools.partial(self._ask, stream), stream.abort)
            if not isinstance(found, str):
                return found
            url = next_hop(url, found)
        raise Hopeless(f"more than {MOST_REDIRECTS} redirects are not followed")

    def _ask(self, stream: BodyStream) -> str | bool | APIError:
        """In a thread: ask, and return where a redirect leads, whether all is there, or what is wrong."""
        try:
            own = {"Accept": "*/*", "Accept-Encoding": "identity"}  # the bytes are kept as they are
            head = stream.ask({**public_headers(), **own, **self._headers()}, self._options.attempt_timeout)
            if head.status_code in REDIRECTS and head.header("location"):
                return head.header("location")
            if head.status_code in (200, 206, 416):
                return self._consume(head, stream)
            return self._refusal(head, stream)
        finally:
            stream.close()

    def _refusal(self, head: StreamHead, stream: BodyStream) -> APIError:
        content, buffer = b"", memoryview(bytearray(_LONGEST_ERROR))
        while len(content) < _LONGEST_ERROR and (size := stream.read_into(buffer)):
            content += buffer[:size]
        # What storages add to their message tells of the signature.
        said = server_message(response_body(APIResponse(head.status_code, {}, content)))
        kept = json.dumps({"detail": said or "the storage does not say why"}).encode()
        shown = {name: redact(value) for name, value in head.headers.items() if name in _SHOWN_HEADERS}
        retry_after = parse_retry_after(head.header("retry-after"), head.header("date"))
        response = APIResponse(head.status_code, shown, kept)
        return APIStatusError.of(response, advises=False, retry_after=retry_after, **self._facts())

    async def _wait_after(self, error: APIError) -> None:
        status = error.status_code if isinstance(error, APIStatusError) else 0
        if status and not is_retryable_status(status):
            raise error
        remaining = self._remaining()
        delay = next_delay(
            attempt=self._attempts,
            max_retries=self._options.max_retries,
            retry_after=error.retry_after if isinstance(error, APIStatusError) else None,
            remaining=remaining,
            random=random.random(),  # noqa: S311 - spreads load, keeps no secret
        )
        if delay is None:
            raise error
        _log.info("%s: attempt %d: %s; again in %.1f s", self._label(), self._attempts, error.message, delay)
        if self._options.on_retry is not None:
            event = RetryEvent(
                operation_id=OPERATION_ID,
                request_id=self._id,
                attempt=self._attempts,
                reason=error.message,
                delay=delay,
                elapsed=time.monotonic() - self._started,
                remaining=remaining,
            )
            tell_hook(self._options.on_retry, event)
        await asyncio.sleep(delay)

    def _remaining(self) -> float | None:
        timeout = self._options.timeout
        return None if timeout is None else max(0.0, timeout - (time.monotonic() - self._moved))

    def _label(self) -> str:
        return f"{OPERATION_ID} ({self._id})"

    def _fault(self, message: str) -> APIConnectionError:
        return APIConnectionError(message, **self._facts())

    def _facts(self) -> dict[str, Any]:
        return {
            "operation_id": OPERATION_ID,
            "request": APIRequest("GET", self._shown_url),
            "attempts": self._attempts,
            "elapsed": time.monotonic() - self._started,
        }


_SHOWN_HEADERS = frozenset(("content-type", "date", "retry-after", "x-request-id", "x-amz-request-id"))


async def in_thread(function: Callable[[], T], abort: Callable[[], None] = lambda: None) -> T:
    """Call a function in a thread.

    Where the caller is cancelled, `abort` makes the thread end, which is waited for as long as that may take.
    """
    running = run_in_daemon_thread("tinker-rest-download", function)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        abort()
        running.add_done_callback(lambda done: done.cancelled() or done.exception())  # nobody else asks
        await asyncio.wait({running}, timeout=_ENDING_SECONDS)
        raise
