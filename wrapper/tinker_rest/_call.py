"""One call, from its first attempt to its result: send, judge, wait and send again.

Each attempt runs the generated function once in a worker, which holds one of the client's 128 slots while sending.
While it waits for its key or for the next attempt, a call holds neither a thread nor a slot. The first thread to
end a step of a call (its worker, the watcher at a deadline, or one that cancels it) decides what happens next, so
nobody waits for a stuck worker.
"""

from __future__ import annotations

import copy
import logging
import math
import time
import weakref
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from functools import partial
from types import ModuleType
from typing import Any, TypeVar

import httpx
from attrs import define, field

from tinker_rest import _http
from tinker_rest._http import PUBLIC_HEADERS, Answer, Server
from tinker_rest._redaction import summarize
from tinker_rest._retry import DEFAULT_POLICY, Attempts, CallOptions, Policy
from tinker_rest._transport import Exchange, PermanentTransportError
from tinker_rest._urls import REDIRECTS, next_hop, origin_of
from tinker_rest._workers import Clock, Limiter, here
from tinker_rest.errors import APIConnectionError, APIError, APIStatusError, RateLimitError
from tinker_rest.futures import APIFuture, Task, without_frames
from tinker_rest_api.already_done import ALREADY_DONE_STATUS

T = TypeVar("T")

_log = logging.getLogger("tinker_rest")

FIRST_REPORT_SECONDS = 5.0
REPORT_SECONDS = 15.0


def _id_of(operation: ModuleType) -> str:
    return operation.__name__.rpartition(".")[2]


@define(eq=False)
class _Step:
    """What a call is doing right now. The first thread to end the step continues the call."""

    doing: str
    deadline: float = math.inf
    limiter: Limiter | None = None  # whose slot it waits for or holds
    resumes: bool = False  # whether the call makes its next attempt at the deadline
    if_late: APIError | None = None  # the error at the deadline, unless that is a timeout
    exchange: Exchange | None = None
    answer: Answer | None = None
    _open: list[bool] = field(factory=lambda: [True])  # a list, since only one thread or signal handler can pop

    def is_open(self) -> bool:
        return bool(self._open)

    def end(self, *, is_given_up: bool = False) -> bool:
        """End it; returns False if it was over already."""
        try:
            self._open.pop()
        except IndexError:
            return False
        if self.limiter is not None:
            self.limiter.release(self, is_given_up=is_given_up)
        return True

    def is_sent(self) -> bool:
        return self.exchange is not None and self.exchange.is_sent

    def give_up(self) -> bool:
        """End it from another thread; the one that is busy with it is abandoned."""
        is_first = self.end(is_given_up=True)
        if is_first and self.exchange is not None:
            self.exchange.is_aborted = True  # send nothing from now on
            here().start(self.exchange.abort)  # slow, so do it in another thread
        return is_first


class _Divert(Exception):  # noqa: N818 - not an error
    """Leaves the generated function to do something else, or because another thread has taken over."""

    def __init__(self, go_on: Callable[[], object] = lambda: None) -> None:
        self.go_on = go_on


@define(eq=False)
class _Client:
    """What a generated function gets as `client=` for one attempt."""

    request: Callable[..., Answer]

    raise_on_unexpected_status = False

    def get_httpx_client(self) -> _Client:
        return self


class Call(Task[T]):
    """One call of an operation, from its start to its result or error.

    Each attempt runs `operation.sync_detailed(*args, client=…, **kwargs)`.

    Args:
        operation: The generated endpoint module; its last name is the operationId.
        *args: Arguments of its `sync_detailed`.
        policy: How to judge responses.
        read: Turns the generated `Response` into the result, which is `parsed` by default. ValueError,
            KeyError, TypeError and AttributeError that it raises become APIResponseValidationError.
        fallback: Another operation and its arguments, called within the same deadline if the server returns 404
            or 405; if that gets 404 or 405 too, the first error is raised.
        **kwargs: Keyword arguments of `sync_detailed`.
    """

    def __init__(
        self,
        server: Server,
        options: CallOptions,
        noted_in: tuple[set[APIFuture[Any]], ...],
        operation: ModuleType,
        /,
        *args: Any,
        policy: Policy = DEFAULT_POLICY,
        read: Callable[[Any], T] | None = None,
        fallback: tuple[ModuleType, tuple[Any, ...]] | None = None,
        **kwargs: Any,
    ) -> None:
        self._server = server
        self._operation, self._args, self._kwargs = operation, args, kwargs
        self._policy = policy
        self._read = read
        self._fallback = fallback
        self._first_refusal: APIStatusError | None = None
        self._attempts = Attempts(_id_of(operation), options, policy)
        self._key = ""  # the last one sent
        self._new_key = ""  # one that the call has waited for
        self._has_renewed = False  # since the last response other than 401
        self._may_be_done = False  # by a request whose response was lost
        self._location = ""  # where redirects have led
        self._hops = 0
        self._step = _Step("not sent yet")
        self._next_report = self._attempts.started + FIRST_REPORT_SECONDS
        self._looks_at = math.inf
        super().__init__(self._attempts.operation_id, noted_in)  # from now on, `close` may end it

    # Steps: a call queues for a slot, sends, and waits before it starts over.

    def start(self) -> None:
        """Queue for a slot, for the first or next attempt."""
        limiter = self._server.limiter
        step = self._begin(_Step("waiting for a free connection", limiter=limiter))
        limiter.start(step, partial(self._in_context, self._attempt, step))

    def stop(self) -> None:
        """Abandon the current step, since the future has ended."""
        self._step.give_up()

    def _begin(self, step: _Step) -> _Step:
        """Make this the current step."""
        self._step = step
        if self.future.done():
            step.end()
        else:
            self._watch()
        return step

    def _wait(self, seconds: float, doing: str) -> None:
        self._begin(_Step(doing, Clock.now() + seconds, resumes=True))

    def _attempt(self, step: _Step) -> None:
        """Make an attempt, now that it has a slot, unless it has to wait for something else first."""
        server = self._server
        pause = server.not_before - Clock.now()
        if not step.is_open():
            server.limiter.release(step)
        elif pause <= 0 and self._take_key():
            step.doing, step.deadline = "connecting", self._attempt_deadline()
            self._attempts.count += 1
            self._watch()
            self._run(step)
        elif step.end():
            if pause > 0:
                self._wait(pause, f"waiting for {pause:.1f} s, as the server requested (429)")
            else:
                self._wait_for_key()

    def _take_key(self) -> bool:
        """Set the key to send. Returns False if the server takes one that is not at hand."""
        keys = self._server.keys
        if keys is not None:
            self._key = self._new_key or keys.ready() or ""
            self._new_key = ""
        return keys is None or bool(self._key)

    def _run(self, step: _Step) -> None:
        client = _Client(partial(self.request, step))
        try:
            response = self._operation.sync_detailed(*self._args, client=client, **self._kwargs)
            result = response.parsed if self._read is None else self._read(response)
        except _Divert as instead:
            instead.go_on()
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            answer, is_secret = step.answer, self._policy.is_secret
            self.fail(_http.unreadable(error, answer, self._attempts, is_secret) if answer else error)
        except BaseException as error:
            self._handle_failure(error)
        else:
            self.future._end(result)
        finally:
            step.end()

    def _wait_for_key(self, refusal: APIStatusError | None = None) -> None:
        """Start over once there is a key: another one after the refusal of the last."""
        keys = self._server.keys
        said = refusal.headers.get("www-authenticate", "") if refusal else ""
        if_late = None if _http.is_invalid_token(said) else refusal  # if it is one, another will come
        doing = f"waiting for {'another' if refusal else 'the'} credential"
        self._attempts.count += 1  # it was an attempt, unless there is a key
        step = self._begin(_Step(doing, self._attempt_deadline(), if_late=if_late))
        if keys is not None and step.is_open():
            # What follows may be slow, such as a callback, and others wait for the key too.
            keys.key(self._key, said).add_done_callback(
                lambda key: here().start(partial(self._go_on_with, key, step, refusal))
            )

    def _go_on_with(self, key: Future[str], step: _Step, refusal: APIStatusError | None) -> None:
        error = key.exception() or (refusal if key.result() == self._key else None)
        if not step.end():
            return
        if error is None:
            self._attempts.count -= 1
            self._new_key = key.result()
            self.start()
        else:
            self._in_context(self._handle_failure, copy.copy(error))  # others get it too

    # Requests and responses

    def request(self, step: _Step, **given: Any) -> Answer:
        """Send a request once, and return the response if it is a success."""
        attempts = self._attempts
        exchange = step.exchange = Exchange(self._server.connections)
        if not step.is_open():  # this attempt was given up
            raise _Divert
        try:
            request = self._build(**given)
            with exchange:
                answer = _http.read_answer(exchange.send(request), is_json=bool(self._location))
                exchange.check_echo(attempts.request_id, answer.status_code, answer.headers)
        except BaseException as error:
            if not step.end():
                raise _Divert from None
            if isinstance(error, httpx.TransportError):
                raise self._without_answer(error, exchange) from None
            raise
        if not step.end():
            raise _Divert
        step.answer = answer
        return self._judge(answer)

    def _build(
        self, method: str, url: str, params: Any = None, json: Any = None, headers: Mapping[str, str] | None = None
    ) -> httpx.Request:
        attempts, server = self._attempts, self._server
        sent = {**server.headers, **(headers or {}), "X-Request-Id": attempts.request_id}
        if method != "get":
            # The same for all attempts, so that the server can tell retries from new requests.
            sent["X-Idempotency-Key"] = f"tinker-rest-{attempts.request_id}"
        if server.keys is not None:
            sent["X-API-Key"] = self._key
        url, query = (self._location, "") if self._location else _http.url_of(server.base_url, url, params)
        attempts.note_request(method, url, query)
        seconds = min(self._step.deadline, attempts.deadline()) - Clock.now() + _http.BACKSTOP_SECONDS
        return _http.new_request(method, url + query, sent, json, seconds)

    def _without_answer(self, error: httpx.TransportError, exchange: Exchange) -> Exception:
        """What to raise for a request without a response."""
        attempts = self._attempts
        self._may_be_done = self._may_be_done or exchange.is_sent
        is_closed = isinstance(error, httpx.NetworkError) or "without sending a response" in str(error)
        if is_closed and attempts.count == 1 and exchange.is_kept and not exchange.has_answer:
            # The server closed an idle connection just as the first request was sent; others are idle for longer.
            attempts.uncounted += 1
            self._server.connections.close_idle()
            return _Divert(self.start)
        return _http.no_answer(error, attempts)

    def _judge(self, answer: Answer) -> Answer:
        """Return a success, with the status that the generated function expects."""
        attempts, policy, status = self._attempts, self._policy, answer.status_code
        if policy.max_redirects and status in REDIRECTS:
            self._follow(answer.headers.get("location", ""))
            raise _Divert(self.start)
        label, elapsed = attempts.label(), attempts.elapsed()
        _log.debug("%s: %d after %.3f s, attempt %d", label, status, elapsed, attempts.count)
        if 200 <= status < 300 or status == policy.success_status:
            return Answer(policy.success_status, answer.headers, answer.content)
        error = _http.status_error(answer, attempts, advises=self._server.advises)
        # A server or proxy without this operation cannot know what an earlier attempt did.
        knows = not error.operation_unsupported and "html" not in answer.headers.get("content-type", "").lower()
        if status == ALREADY_DONE_STATUS.get(attempts.operation_id) and self._may_be_done and knows:
            _log.info("%s: %s; treated as done, since an earlier response was lost", label, error.message)
            raise _Divert(partial(self.future._end, None))  # changes have no other result
        # After a 503, the server has not started; after any other 5xx, it may have.
        self._may_be_done = self._may_be_done or (status >= 500 and status != 503)
        raise error

    def _follow(self, location: str) -> None:
        """Follow a redirect with the next request. Raises ValueError for a bad one."""
        self._hops += 1
        self._attempts.uncounted += 1  # it is no retry
        if self._hops > self._policy.max_redirects:
            raise ValueError(f"more than {self._policy.max_redirects} redirects are not followed")
        server = self._server
        self._location = next_hop(self._location or f"{server.base_url}/", location)
        if origin_of(self._location) != origin_of(server.base_url):
            # From now on, send no key, even if another redirect leads back.
            parts = server.base_url, PUBLIC_HEADERS, server.connections, server.limiter
            self._server = Server(*parts, advises=False)

    def _handle_failure(self, error: BaseException) -> None:
        """After a failed attempt, try another key or the fallback, retry after a wait, or end the call."""
        server, attempts, error = self._server, self._attempts, without_frames(error)
        match error:
            case APIStatusError(status_code=401) if (
                server.keys is not None and self._key and not self._has_renewed
            ):
                self._has_renewed = True
                attempts.uncounted += 1
                self._wait_for_key(error)
                return
            case APIStatusError(status_code=404 | 405) if self._fallback is not None:
                self._first_refusal = error
                (self._operation, self._args), self._kwargs, self._fallback = self._fallback, {}, None
                attempts.operation_id = _id_of(self._operation)
                attempts.uncounted += 1  # it is no retry
                self.start()
                return
            case APIStatusError(status_code=404 | 405):
                error = self._first_refusal or error
            case PermanentTransportError():
                self.fail(APIConnectionError(message=summarize(str(error)), **attempts.facts()))
                return
        self._has_renewed = False
        if isinstance(error, APIError) and (delay := attempts.delay_after(error)) is not None:
            if isinstance(error, RateLimitError):
                server.not_before = max(server.not_before, Clock.now() + (error.retry_after or 0.0))
            self._wait(delay, f"waiting for {delay:.1f} s after {error.message}")
        else:
            self.fail(error)

    # Clocks

    def _attempt_deadline(self) -> float:
        limit = self._attempts.options.attempt_timeout
        return math.inf if limit is None else Clock.now() + limit

    def _watch(self) -> None:
        step = self._step
        when = min(step.deadline, self._attempts.deadline(), self._next_report)
        if when >= self._looks_at:
            return
        self._looks_at = when
        # Weak, so that ended calls are freed.
        if not here().at(when, weakref.WeakMethod(self.look)) and step.resumes:
            time.sleep(max(0.0, step.deadline - Clock.now()))  # no thread can be started to watch
            self.look()

    def look(self) -> None:
        """Go on at the deadline of a step, and report a long call. Called by the watcher."""
        self._looks_at = math.inf
        step, attempts, now = self._step, self._attempts, Clock.now()
        if self.future.done():
            return
        doing = "waiting for the response" if step.is_sent() else step.doing
        if min(step.deadline, attempts.deadline()) <= now and step.give_up():
            self._may_be_done = self._may_be_done or step.is_sent()
            if step.resumes and now < attempts.deadline():
                self.start()
            else:
                self._in_context(self._handle_failure, step.if_late or attempts.timeout_error(doing))
        elif now >= self._next_report:
            self._next_report = now + REPORT_SECONDS
            self._in_context(attempts.report, doing)
        if step.is_open() and not self.future.done():  # else the next step is watched already
            self._watch()
