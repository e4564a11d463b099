"""Composed work, such as a bulk change, a download or a trace export: blocking code in its own thread."""

from __future__ import annotations

import concurrent.futures
import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ParamSpec, TypeVar

import httpx
from attrs import define, field

from tinker_rest._http import PUBLIC_HEADERS, Server, new_request, no_answer, storage_error
from tinker_rest._redaction import summarize
from tinker_rest._retry import Attempts, CallOptions
from tinker_rest._transport import Exchange, PermanentTransportError
from tinker_rest._urls import MAX_REDIRECTS, REDIRECTS, next_hop
from tinker_rest._workers import Clock, Limiter, call_back, here
from tinker_rest.errors import APIConnectionError, APIError, APIStatusError
from tinker_rest.futures import APIFuture, Task

P = ParamSpec("P")
S = TypeVar("S")
T = TypeVar("T")

PROGRESS_SECONDS = 0.1
# How storages say that a signed URL has expired, or that its file was moved.
EXPIRED_STATUSES = frozenset((400, 401, 403, 404, 410))


class Work(Task[T]):
    """What composed work receives: ways to start calls, to wait, and to learn that it must stop.

    `function` runs as soon as the `limiter` has a free slot; `name` is the name of its method.
    """

    def __init__(
        self,
        server: Server,
        options: CallOptions,
        noted_in: tuple[set[APIFuture[Any]], ...],
        function: Callable[[Work[T]], T],
        limiter: Limiter,
        name: str = "",
    ) -> None:
        self.server = server
        self.options = options
        self.started = Clock.now()
        self._function = function
        self._limiter = limiter
        self._must_stop = threading.Event()
        self._has_returned = threading.Event()
        self._stops: set[Callable[[], object]] = set()  # what stops the calls and streams that were started here
        super().__init__(name, noted_in)  # from now on, `close` may end it

    def start(self) -> None:
        self._limiter.start(self, self._run)

    def _run(self) -> None:
        composed = here().composed
        composed.add(self)
        try:
            if not self.future.done():
                self._in_context(lambda: self.future._end(self._function(self)))
        finally:
            composed.discard(self)
            self._limiter.release(self)
            self._has_returned.set()

    def stop(self) -> None:
        self._must_stop.set()
        for stop in tuple(self._stops):
            stop()

    def check(self) -> None:
        """Raise CancelledError if the work must stop: it was cancelled, or its client closed."""
        if self._must_stop.is_set():
            raise concurrent.futures.CancelledError

    def wait(self, seconds: float) -> None:
        """Wait; raises CancelledError as soon as the work must stop."""
        self._must_stop.wait(seconds)
        self.check()

    def submit(self, method: Callable[P, APIFuture[S]], *args: P.args, **kwargs: P.kwargs) -> APIFuture[S]:
        """Call a method of a client; the call is cancelled when the work must stop. Raises as `check` does."""
        self.check()
        return self.adopt(method(*args, **kwargs))

    def call(self, method: Callable[P, APIFuture[S]], *args: P.args, **kwargs: P.kwargs) -> S:
        """Call a method of a client, and wait for the result. Raises as `check` does."""
        return self.submit(method, *args, **kwargs).result()

    def adopt(self, future: APIFuture[S]) -> APIFuture[S]:
        """Return a future, and cancel it when the work must stop."""
        self._stops.add(future.cancel)
        future.add_done_callback(lambda future: self._stops.discard(future.cancel))
        if self._must_stop.is_set():
            future.cancel()
        return future

    def together(self, functions: Sequence[Callable[[Work[Any]], object]], limit: int) -> None:
        """Run each function in its own thread, at most `limit` at once; returns when all have finished.

        The first failure stops the others and is raised.
        """
        limiter = Limiter(limit)
        parts = [Work(self.server, self.options, (), function, limiter) for function in functions]
        futures = [self.adopt(part.begin()) for part in parts]
        concurrent.futures.wait(futures, return_when=concurrent.futures.FIRST_EXCEPTION)
        for part in parts:
            part.future.cancel()
            part._has_returned.wait()
        self.check()
        for future in futures:
            if not future.cancelled():
                future.result()

    def retry(self, attempt: Callable[[Attempts], S], operation_id: str) -> S:
        """Call `attempt`, which uses `stream`, until it returns; waits between attempts as a call does.

        Connection errors and retryable statuses that it raises are retried within the options of the client;
        everything else is raised, such as errors of its calls, which have their own retries. Errors
        and `RetryEvent`s name the operation.
        """
        attempts = Attempts(operation_id, self.options)
        while True:
            self.check()
            try:
                return attempt(attempts)
            except PermanentTransportError as error:
                fault: APIError = APIConnectionError(message=summarize(str(error)), **attempts.facts())
                # If data arrived before, a failed name lookup is probably local and temporary.
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
        """GET a URL of any host without the API key, or PUT `content` there, and stream the response.

        It counts as one attempt, follows redirects of GET except from https to http, and hangs up at once when
        the work must stop. Responses with any other status are returned. `headers` are added to the public ones
        or replace them.

        Raises APIConnectionError if there is no response or it breaks off while it is read, and, for `retry`,
        PermanentTransportError if there can be no response.
        """
        attempts.count += 1
        for _ in range(MAX_REDIRECTS + 1):
            method = "get" if content is None else "put"
            attempts.note_request(method, url)
            limit = self.options.attempt_timeout
            request = new_request(method, url, {**PUBLIC_HEADERS, **headers}, None, limit, content)
            exchange, what = Exchange(self.server.connections), "no response"
            self._stops.add(exchange.abort)
            if limit is not None and content is None:  # httpx only limits the wait for each byte
                here().at(Clock.now() + limit, exchange.abort_unless_answered)
            try:
                self.check()
                with exchange:
                    response = exchange.send(request)
                    what = "the response broke off"
                    location = response.headers.get("location")
                    if response.status_code not in REDIRECTS or not location or content is not None:
                        yield Stream(response, attempts)
                        return
            except httpx.TransportError as error:
                is_late = exchange.is_aborted and not self._must_stop.is_set()
                raise no_answer(httpx.ReadTimeout("") if is_late else error, attempts, what) from None
            finally:
                self._stops.discard(exchange.abort)
            try:
                url = next_hop(url, location)
            except ValueError as error:
                raise PermanentTransportError(str(error)) from None
        raise PermanentTransportError(f"more than {MAX_REDIRECTS} redirects are not followed")


@define(eq=False, kw_only=True)
class Transfer:
    """An upload or download. Calls a hook with its progress, from one thread at a time and not too often."""

    progress: Callable[[Any], object] | None
    _lock: threading.Lock = field(init=False, factory=threading.Lock)
    _called_at: float = field(init=False, default=0.0)
    _told: object = field(init=False, default=None)

    def tell(self, *, is_due: bool = False) -> None:
        """Call the hook if it is due."""
        if self.progress is None or not (is_due or Clock.now() >= self._called_at + PROGRESS_SECONDS):
            return
        with self._lock:
            self._called_at = Clock.now()
            progress = self._progress_now()
            if progress != self._told:
                self._told = progress
                failure = f"the progress hook failed; the {type(self).__name__.lower()} continues"
                call_back(failure, self.progress, progress)

    def _progress_now(self) -> object:
        """What to call the hook with."""
        raise NotImplementedError


class Stream:
    """A response whose body is streamed."""

    def __init__(self, response: httpx.Response, attempts: Attempts) -> None:
        self.status_code = response.status_code
        self.headers: Mapping[str, str] = response.headers  # names are case-insensitive
        # A truncated body is an error if the server announced its length.
        is_chunked = "chunked" in response.headers.get("transfer-encoding", "").lower()
        self.is_proven = is_chunked or "content-length" in response.headers or response.is_stream_consumed
        self._response = response
        self._attempts = attempts

    def __iter__(self) -> Iterator[bytes]:
        """The bytes of the body as they arrive, without content decoding; a mock's are all there."""
        return iter([self._response.content]) if self._response.is_stream_consumed else self._response.iter_raw()

    def fault(self, message: str) -> APIConnectionError:
        """The error for an unusable response, which may be better the next time."""
        return APIConnectionError(message=message, **self._attempts.facts())

    def refusal(self) -> APIStatusError:
        """The error for a refusal."""
        return storage_error(self._response, self._attempts)
