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
import threading
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
from tinker_rest._http import PUBLIC_HEADERS, Answer, Keys, Server
from tinker_rest._redaction import summarize
from tinker_rest._retry import DEFAULT_POLICY, Attempts, CallOptions, Policy
from tinker_rest._transport import Exchange, PermanentTransportError
from tinker_rest._urls import REDIRECTS, next_hop, origin_of
from tinker_rest._workers import Clock, Limiter, here
from tinker_rest.errors import APIConnectionError, APIError, APIStatusError
from tinker_rest.futures import APIFuture, Task

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
    limiter: Limiter | None = None  # whose slot it waits for or holds
    deadline: float = math.inf
    thread: int = 0  # the one that sends
    if_late: APIError | None = None  # the error at its deadline, unless that is a timeout
    exchange: Exchange | None = None
    answer: Answer | None = None
    _open: list[bool] = field(factory=lambda: [True])

    def is_open(self) -> bool:
        return bool(self._open)

    def end(self, *, is_given_up: bool = False) -> bool:
        """End it; returns False if it was over already."""
        try:
            self._open.pop()
        except IndexError:
            return False
        if self.limiter is not None and (self.thread or not self.limiter.discard(self)):
            self.limiter.release(is_given_up=is_given_up)
        return True

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
        self._is_fresh = False  # whether the next request needs a new connection
        self._may_be_done = False  # by a request whose response was lost
        self._location = ""  # where redirects have led
        self._hops = 0
        self._is_elsewhere = False  # whether they have led to another host, where our key is not used
        self._step = _Step("not sent yet")
        self._next_report = self._attempts.started + FIRST_REPORT_SECONDS
        self._looks_at = math.inf
        super().__init__(_id_of(operation), noted_in)  # from now on, `close` may end it

    # Steps: with a key at hand, a call queues for a slot, sends, and waits before it starts over.

    def start(self) -> None:
        """Start the first or next attempt."""
        server = self._server
        pause = server.not_before - Clock.now()
        if pause > 0:
            self._wait(pause, f"waiting for {pause:.1f} s, as the server requested (429)")
            return
        keys = None if self._is_elsewhere else server.keys
        if keys is not None and not (self._new_key or keys.ready()):
            self._wait_for_key(keys)
            return
        step = _Step("waiting for a free connection", limiter=server.limiter)
        self._begin(step)
        server.limiter.start(step, partial(self._run, step))  # even if it is over: its slot is free again

    def stop(self) -> None:
        """Abandon the current step, since the future has ended."""
        self._step.give_up()

    def _begin(self, step: _Step) -> None:
        """Make this the current step."""
        self._step = step
        if self.future.done():
            step.end()
        else:
            self._watch()

    def _run(self, step: _Step) -> None:
        """Make an attempt, now that it has a slot."""
        step.thread = threading.get_ident()
        if self._server.not_before > Clock.now() and step.end():  # set after the response to another call
            self.start()
        elif step.is_open():
            step.doing, step.deadline = "connecting", self._attempt_deadline()
            self._watch()
            self._in_context(self._attempt, step)

    def _attempt(self, step: _Step) -> None:
        try:
            response = self._operation.sync_detailed(*self._args, client=self, **self._kwargs)
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

    def _wait_for_key(self, keys: Keys, refusal: APIStatusError | None = None) -> None:
        """Start over once there is a key: another one after the refusal of the last."""
        said = refusal.headers.get("www-authenticate", "") if refusal else ""
        doing = f"waiting for {'another' if refusal else 'the'} credential"
        step = _Step(doing, deadline=self._attempt_deadline())
        step.if_late = None if _http.is_invalid_token(said) else refusal  # if it is one, another will come
        self._attempts.count += 1  # it was an attempt, unless there is a key
        self._begin(step)

        def ask() -> None:
            if step.is_open():
                key = keys.key(self._key if refusal else "", said)
                # What follows may be slow, such as a callback, and others wait for the key too.
                key.add_done_callback(lambda _: here().start(partial(self._go_on_with, key, step, refusal)))

        here().start(ask)  # not in this thread, which Ctrl-C may interrupt

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

    def _wait(self, seconds: float, doing: str) -> None:
        self._begin(_Step(doing))
        if not here().at(Clock.now() + seconds, weakref.WeakMethod(self._resume)):
            time.sleep(seconds)  # no thread can be started to watch
            self._resume()

    def _resume(self) -> None:
        if self._step.end():
            self.start()

    # The part of `client=` that generated functions use

    raise_on_unexpected_status = False

    def get_httpx_client(self) -> Call[T]:
        return self

    def request(self, **given: Any) -> Answer:
        """Send a request once, and return the response if it is a success."""
        step, attempts = self._step, self._attempts
        if step.thread != threading.get_ident():  # this attempt was given up
            raise _Divert
        exchange = step.exchange = Exchange(self._server.connections)
        if not step.is_open():
            raise _Divert
        try:
            request = self._build(**given)
            is_fresh, self._is_fresh = self._is_fresh, False
            attempts.count += 1
            with exchange:
                answer = _http.read_answer(exchange.send(request, is_fresh=is_fresh), is_json=self._is_elsewhere)
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
        sent = {**PUBLIC_HEADERS} if self._is_elsewhere else {**server.headers, **(headers or {})}
        sent["X-Request-Id"] = attempts.request_id
        if method != "get":
            # The same for all attempts, so that the server can tell retries from new requests.
            sent["X-Idempotency-Key"] = f"tinker-rest-{attempts.request_id}"
        if server.keys is not None and not self._is_elsewhere:
            self._key, self._new_key = self._new_key or server.keys.ready() or "", ""
            if not self._key:  # it expired while the call was queued
                raise _Divert(self.start)
            sent["X-API-Key"] = self._key
        url, query = (self._location, "") if self._location else _http.url_of(server.base_url, url, params)
        attempts.note_request(method, url, query)
        limits = [limit for limit in (attempts.options.attempt_timeout, attempts.remaining()) if limit is not None]
        seconds = min(limits) + _http.BACKSTOP_SECONDS if limits else None
        return _http.new_request(method, url + query, sent, json, seconds)

    def _without_answer(self, error: httpx.TransportError, exchange: Exchange) -> Exception:
        """What to raise for a request without a response."""
        attempts = self._attempts
        self._may_be_done = self._may_be_done or exchange.is_sent
        is_closed = isinstance(error, httpx.NetworkError) or "without sending a response" in str(error)
        if is_closed and attempts.count == 1 and exchange.is_kept and not exchange.has_answer:
            # The server closed an idle connection just as the first request was sent.
            attempts.uncounted += 1
            self._is_fresh = True
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
        error = _http.status_error(answer, attempts, advises=not self._is_elsewhere)
        # A server or proxy without this operation cannot know what an earlier attempt did.
        knows = not error.operation_unsupported and "html" not in answer.headers.get("content-type", "").lower()
        if status == policy.already_done_status and self._may_be_done and knows:
            _log.info("%s: %s; treated as done, since an earlier response was lost", label, error.message)
            raise _Divert(partial(self.future._end, None))  # changes have no other result
        # After a 503, the server has not started; after any other 5xx, it may have.
        self._may_be_done = self._may_be_done or (status >= 500 and status != 503)
        raise error

    def _follow(self, location: str) -> None:
        """Follow a redirect with the next request. Raises ValueError for a bad one."""
        self._hops += 1
        if self._hops > self._policy.max_redirects:
            raise ValueError(f"more than {self._policy.max_redirects} redirects are not followed")
        base_url = self._server.base_url
        self._location = next_hop(self._location or f"{base_url}/", location)
        # Once a redirect has led to another host, do not send the key even if the next one leads back.
        self._is_elsewhere = self._is_elsewhere or origin_of(self._location) != origin_of(base_url)

    def _handle_failure(self, error: BaseException) -> None:
        """After a failed attempt, try another key or the fallback, retry after a wait, or end the call."""
        keys, attempts = self._server.keys, self._attempts
        status = error.status_code if isinstance(error, APIStatusError) else 0
        if isinstance(error, APIStatusError):
            if status == 401 and keys and self._key and not self._has_renewed and not self._is_elsewhere:
                self._has_renewed = True
                attempts.uncounted += 1
                self._wait_for_key(keys, error)
                return
            if status in (404, 405):
                if self._fallback is not None:
                    self._first_refusal = error
                    (self._operation, self._args), self._kwargs, self._fallback = self._fallback, {}, None
                    attempts.operation_id = _id_of(self._operation)
                    self.start()
                    return
                error = self._first_refusal or error
        self._has_renewed = False
        if isinstance(error, PermanentTransportError):
            error = APIConnectionError(message=summarize(str(error)), **attempts.facts())
        elif isinstance(error, APIError):
            delay = attempts.delay_after(error)
            if delay is not None:
                if isinstance(error, APIStatusError) and status == 429 and not self._is_elsewhere:
                    until = Clock.now() + (error.retry_after or 0.0)
                    self._server.not_before = max(self._server.not_before, until)
                self._wait(delay, f"waiting for {delay:.1f} s after {error.message}")
                return
        self.fail(error)

    # Clocks

    def _attempt_deadline(self) -> float:
        limit = self._attempts.options.attempt_timeout
        return math.inf if limit is None else Clock.now() + limit

    def _watch(self) -> None:
        when = min(self._step.deadline, self._attempts.deadline(), self._next_report)
        if when < self._looks_at:
            self._looks_at = when
            here().at(when, weakref.WeakMethod(self.look))  # weak, so that ended calls are freed

    def look(self) -> None:
        """End an attempt that takes too long, and report a long call. Called by the watcher."""
        self._looks_at = math.inf
        step, attempts, now = self._step, self._attempts, Clock.now()
        if self.future.done():
            return
        exchange = step.exchange
        doing = "waiting for the response" if exchange is not None and exchange.is_sent else step.doing
        if min(step.deadline, attempts.deadline()) <= now and step.give_up():
            self._may_be_done = self._may_be_done or (exchange is not None and exchange.is_sent)
            self._in_context(self._handle_failure, step.if_late or attempts.timeout_error(doing))
        elif now >= self._next_report:
            self._next_report = now + REPORT_SECONDS
            self._in_context(attempts.report, doing)
        if step.is_open() and not self.future.done():  # else the next step is watched already
            self._watch()
