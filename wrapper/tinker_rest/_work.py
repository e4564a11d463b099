"""Composed work, such as a bulk change, a download or a trace export: blocking code in a thread of its own."""

from __future__ import annotations

import concurrent.futures
import contextlib
import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from types import ModuleType
from typing import Any, TypeVar

import httpx

from tinker_rest._answers import Answer
from tinker_rest._call import Call
from tinker_rest._redaction import summarize
from tinker_rest._requests import Server, new_request, no_answer, status_error
from tinker_rest._retry import Attempts, CallOptions
from tinker_rest._settings import PUBLIC_HEADERS
from tinker_rest._task import Task
from tinker_rest._transport import Exchange, PermanentTransportError
from tinker_rest._urls import MAX_REDIRECTS, REDIRECTS, next_hop
from tinker_rest._workers import Clock, Limiter, here
from tinker_rest.errors import (
    APIConnectionError,
    APIError,
    APIResponse,
    APIStatusError,
    response_body,
    server_message,
)
from tinker_rest.futures import APIFuture

S = TypeVar("S")
T = TypeVar("T")


class Work(Task[T]):
    """What composed work is given: the way to start calls, to wait and to learn that it is to end.

    Args:
        server: Where to send calls.
        options: The options of the client.
        function: What to do.
        limiter: Where to queue for a place.
        noted_in: The sets that hold the future until it ends.
    """

    def __init__(
        self,
        server: Server,
        options: CallOptions,
        function: Callable[[Work[T]], T],
        limiter: Limiter,
        noted_in: tuple[set[APIFuture[Any]], ...],
    ) -> None:
        super().__init__(noted_in)
        self.server = server
        self.options = options
        self.started = Clock.now()
        self._function = function
        self._limiter = limiter
        self._ended = threading.Event()
        self._has_left = threading.Event()
        self._children: set[APIFuture[Any]] = set()
        self._exchanges: set[Exchange] = set()

    def start(self) -> None:
        self._limiter.start(self, self._run)

    def _run(self) -> None:
        composed = here().composed
        composed.add(self)
        try:
            if not self.is_ended():
                self._in_context(self._carry_out)
        finally:
            composed.discard(self)
            self._has_left.set()
            self._limiter.release()

    def _carry_out(self) -> None:
        try:
            result = self._function(self)
        except BaseException as error:
            self.fail(error)
        else:
            self.finish(result)

    def stop(self) -> None:
        """Cancel the calls and hang up the streams that were started here."""
        self._ended.set()
        if self._limiter.discard(self):
            self._has_left.set()
        for child in tuple(self._children):
            child.cancel()
        for exchange in tuple(self._exchanges):
            exchange.abort()

    def check(self) -> None:
        """Raise CancelledError if the work is to end: it was cancelled, or its client closed."""
        if self.is_ended():
            raise concurrent.futures.CancelledError

    def wait(self, seconds: float) -> None:
        """Wait; raises CancelledError as soon as the work is to end."""
        self._ended.wait(seconds)
        self.check()

    def call(self, operation: ModuleType, *args: Any, options: CallOptions | None = None, **given: Any) -> Any:
        """Make a call as `BaseClient._submit` does, or with other `options`, and return its result.

        Raises CancelledError if the work is to end meanwhile.
        """
        self.check()
        call: Call[Any] = Call(self.server, options or self.options, (self._children,), operation, *args, **given)
        return self.adopt(call.begin()).result()

    def adopt(self, future: APIFuture[S]) -> APIFuture[S]:
        """Cancel a future too when the work is to end, and return it."""
        if not future.done():
            self._children.add(future)
            future.add_done_callback(self._children.discard)
        if self.is_ended():
            future.cancel()
        return future

    def together(self, functions: Iterable[Callable[[Work[Any]], object]], limit: int) -> None:
        """Run functions in threads of their own, at most `limit` at once; returns when all threads have left them.

        The first that fails ends the others, and its error is raised.
        """

        def run(function: Callable[[Work[Any]], object], part: Work[Any]) -> None:
            self.check()  # or one might begin while the others are being cancelled
            function(part)

        limiter = Limiter(limit)
        parts = [Work(self.server, self.options, partial(run, function), limiter, ()) for function in functions]
        futures = [self.adopt(part.begin()) for part in parts]
        concurrent.futures.wait(futures, return_when=concurrent.futures.FIRST_EXCEPTION)
        for future in reversed(futures):  # those that wait for a place first
            future.cancel()
        for part in parts:
            part._has_left.wait()
        self.check()
        for future in futures:
            if not future.cancelled():
                future.result()

    def retry(self, attempt: Callable[[Attempts], S], operation_id: str) -> S:
        """Call `attempt` until it returns; between attempts it is waited as between those of a call.

        Connection errors and retryable statuses that it raises are retried within the options of the client;
        everything else is raised, such as the error of a call that it makes, which was retried as such.

        Args:
            attempt: Makes one attempt, by way of `stream`.
            operation_id: What errors and `RetryEvent`s name.
        """
        attempts = Attempts(operation_id, self.options)
        while True:
            self.check()
            try:
                return attempt(attempts)
            except PermanentTransportError as error:
                fault: APIError = APIConnectionError(message=summarize(str(error)), **attempts.facts())
                # If bytes came before, a failed name look-up is probably local and temporary.
                if not attempts.has_progressed:
                    raise fault from None
            except APIError as error:
                if error.operation_id != operation_id:
                    raise
                fault = error
            self.check()
            delay = attempts.delay_after(fault)
            if delay is None:
                raise fault
            self.wait(delay)

    @contextlib.contextmanager
    def stream(
        self,
        attempts: Attempts,
        url: str,
        headers: Mapping[str, str],
        content: Iterator[bytes] | None = None,
    ) -> Iterator[Stream]:
        """GET a URL of any host without the API key, or PUT `content` there, and read the answer piece by piece.

        It counts as one attempt, follows redirects of GET but none from https to http, and hangs up at once when
        the work is to end. Answers of every other status are given. `headers` are sent beside the public ones, or
        in their place.

        Raises:
            APIConnectionError: No answer came.
            PermanentTransportError: None will ever come, such as when a redirect cannot be followed; `retry`
                knows how to handle it.
        """
        attempts.count += 1
        for _ in range(MAX_REDIRECTS + 1):
            method = "get" if content is None else "put"
            attempts.note_request(method, url)
            sent = {**PUBLIC_HEADERS, **headers}
            request = new_request(method, url, sent, None, self.options.attempt_timeout, content)
            exchange = Exchange(self.server.connections)
            self._exchanges.add(exchange)
            try:
                self.check()
                with exchange:
                    try:
                        response = exchange.send(request)
                    except httpx.TransportError as error:
                        raise no_answer(error, attempts) from None
                    location = response.headers.get("location")
                    if response.status_code not in REDIRECTS or not location or content is not None:
                        yield Stream(response, attempts)
                        return
            finally:
                self._exchanges.discard(exchange)
            try:
                url = next_hop(url, location)
            except ValueError as error:
                raise PermanentTransportError(str(error)) from None
        raise PermanentTransportError(f"more than {MAX_REDIRECTS} redirects are not followed")


_MAX_REFUSAL_BYTES = 2**16
_SHOWN_HEADERS = frozenset(("content-type", "date", "retry-after", "x-request-id", "x-amz-request-id"))


class Stream:
    """An answer whose body is read piece by piece.

    Attributes:
        status_code: The HTTP status.
        headers: The headers by any case of their names.
        is_proven: Whether a body that is cut is an error, since the server said where its end is.
    """

    def __init__(self, response: httpx.Response, attempts: Attempts) -> None:
        self.status_code = response.status_code
        self.headers: Mapping[str, str] = response.headers
        is_chunked = "chunked" in response.headers.get("transfer-encoding", "").lower()
        self.is_proven = is_chunked or "content-length" in response.headers or response.is_stream_consumed
        self._response = response
        self._attempts = attempts

    def __iter__(self) -> Iterator[bytes]:
        """The bytes of the body as they come, without content decoding.

        Raises:
            APITimeoutError: No byte came for `attempt_timeout` seconds.
            APIConnectionError: The connection broke, or ended before the length or last chunk that was promised.
        """
        if self._response.is_stream_consumed:  # a mock's
            yield self._response.content
            return
        try:
            yield from self._response.iter_raw()
        except httpx.TransportError as error:
            raise no_answer(error, self._attempts, "the answer broke off") from None

    def fault(self, message: str) -> APIConnectionError:
        """The error of an answer that cannot be used, but may be better the next time."""
        return APIConnectionError(message=message, **self._attempts.facts())

    def refusal(self) -> APIStatusError:
        """The error of a refusal, which gives no advice about API keys."""
        content = b""
        for piece in self:
            content += piece
            if len(content) >= _MAX_REFUSAL_BYTES:
                break
        # What storages write beside their message may hold the signature.
        reason = server_message(response_body(APIResponse(self.status_code, {}, content)))
        kept = json.dumps({"detail": reason or "the storage does not say why"}).encode()
        shown = {name: value for name, value in self.headers.items() if name in _SHOWN_HEADERS}
        return status_error(Answer(self.status_code, shown, kept), self._attempts, advises=False)
