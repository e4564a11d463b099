"""One call, from its first attempt to its result: send, judge, wait and send again.

Each attempt is one run of the generated function in a worker, which has one of the client's 128 places while it
sends. Between attempts a call has neither a thread nor a place: the watcher starts the next one. Whichever thread
ends a step of a call first (its worker, the watcher at a deadline, or one that cancels it) decides what follows.
So nobody waits for a worker that is stuck.
"""

from __future__ import annotations

import logging
import math
import threading
import time
import weakref
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any, NamedTuple, TypeVar

import httpx

from tinker_rest._answers import Answer
from tinker_rest._attempts import Attempts
from tinker_rest._redaction import summarize
from tinker_rest._requests import AlreadyDone, KeyMissing, Keys, Requests, Server, is_invalid_token
from tinker_rest._retry import CallOptions, Policy
from tinker_rest._task import Task
from tinker_rest._transport import Exchange, PermanentTransportError
from tinker_rest._workers import Clock, Room, here
from tinker_rest.errors import APIConnectionError, APIError, APIStatusError
from tinker_rest.futures import APIFuture

T = TypeVar("T")

_log = logging.getLogger("tinker_rest")

FIRST_REPORT_SECONDS = 5.0
REPORT_SECONDS = 15.0


class Operation(NamedTuple):
    """A generated endpoint module and the arguments of its `sync_detailed`."""

    module: ModuleType
    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    @property
    def id(self) -> str:
        """Its operationId."""
        return self.module.__name__.rpartition(".")[2]


class _Step:
    """What a call does right now, until that is done or given up. Whoever ends it first goes on with the call."""

    def __init__(
        self,
        doing: str,
        deadline: float = math.inf,
        *,
        room: Room | None = None,
        queues_for: Room | None = None,
        has_thread: bool = False,
        if_late: APIError | None = None,
    ) -> None:
        self._doing = doing
        self.deadline = deadline
        self.exchange: Exchange | None = None
        self.if_late = if_late
        self._room = room
        self._queues_for = queues_for
        self._thread = threading.current_thread() if has_thread else None
        self._open = [True]

    def is_open(self) -> bool:
        return bool(self._open)

    def doing(self) -> str:
        return "waiting for the answer" if self.exchange is not None and self.exchange.is_sent else self._doing

    def end(self, *, is_given_up: bool = False) -> bool:
        """End it; returns whether it was not over yet."""
        try:
            self._open.pop()
        except IndexError:
            return False
        if self._room is not None:
            self._room.leave(is_given_up=is_given_up)
        return True

    def give_up(self) -> bool:
        """End it from another thread than the one that is busy with it, which is left to itself."""
        if not self.end(is_given_up=True):
            return False
        if self._queues_for is not None:
            self._queues_for.forget(self)
        if self._thread is not None:
            here().write_off(self._thread)
        if self.exchange is not None:
            here().start(self.exchange.abort, is_spare=True)  # which takes longer than all the rest
        return True


class _GivenUp(Exception):  # noqa: N818 - is no error: another thread goes on with the call
    pass


class Call(Task[T]):
    """One call of an operation, from its start to its result or error.

    Args:
        server: Where to send it.
        operation: What to call.
        options: How long to wait and how often to try.
        policy: How answers are judged.
        read: Makes the result of the generated `Response`; None for its `parsed`.
        fallback: What is called if the server does not know the operation (404 or 405).
        noted_in: The sets that hold the future until it ends.
    """

    def __init__(
        self,
        server: Server,
        operation: Operation,
        options: CallOptions,
        policy: Policy,
        read: Callable[[Any], T] | None,
        fallback: Operation | None,
        noted_in: tuple[set[APIFuture[Any]], ...],
    ) -> None:
        super().__init__(noted_in)
        self.attempts = Attempts(operation.id, options, policy)
        self.requests = Requests(server, self.attempts, policy)
        self._server = server
        self._operation = operation
        self._read = read
        self._fallback = fallback
        self._first_refusal: APIStatusError | None = None
        self._has_renewed = False
        self._step = _Step("not sent yet")
        self._next_report = self.attempts.started + FIRST_REPORT_SECONDS
        self._looks_at = math.inf

    # Steps: with a key at hand, a call queues for a place, sends, and waits before it begins anew.

    def start(self) -> None:
        """Begin, or begin anew after a wait."""
        pause = self._server.not_before - Clock.now()
        keys = self._server.keys
        if pause > 0:
            self._wait(pause, f"waiting for {pause:.1f} s, since the server asked for a pause (429)")
        elif keys is None or self.requests.is_elsewhere or keys.ready() is not None:
            self._queue()
        else:
            here().start(partial(self._in_context, self._fetch_key, keys))

    def stop(self) -> None:
        """Give up what is under way, since the future has ended."""
        self._step.give_up()

    def _begin(self, step: _Step) -> bool:
        """Note what the call does now; returns False if it has ended meanwhile."""
        self._step = step
        if self.is_ended():
            step.end()
            return False
        self._watch()
        return True

    def _fetch_key(self, keys: Keys) -> None:
        step = _Step("waiting for the credential", self._attempt_deadline(), has_thread=True)
        if not self._begin(step):
            return
        self.attempts.count += 1  # it was an attempt, unless there is a key
        try:
            self.requests.fetched_key = keys.key()
        except Exception as error:
            if step.end():
                self._after(error)
        else:
            if step.end():
                self.attempts.count -= 1
                self._queue()

    def _queue(self) -> None:
        room = self._server.room
        step = _Step("waiting for a free connection", queues_for=room)
        if self._begin(step):
            room.enter(step, partial(self._run, step, room))

    def _run(self, queued: _Step, room: Room) -> None:
        if not queued.end():
            room.leave()
            return
        step = _Step("connecting", self._attempt_deadline(), room=room, has_thread=True)
        if self._begin(step):
            self._in_context(self._attempt, step)

    def _attempt(self, step: _Step) -> None:
        attempt = Attempt(self.requests, step)
        module, args, kwargs = self._operation
        try:
            response = module.sync_detailed(*args, client=attempt, **kwargs)
            result = response.parsed if self._read is None else self._read(response)
        except _GivenUp:
            pass
        except KeyMissing:  # the step has ended
            self.start()
        except AlreadyDone:
            self.finish(None)  # type: ignore[arg-type]  # changes have no other result
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            self.fail(error if attempt.answer is None else self.requests.unreadable(error, attempt.answer))
        except BaseException as error:
            self._after(error)
        else:
            self.finish(result)
        finally:
            step.end()

    def _after(self, error: BaseException) -> None:
        """Go on after a failed attempt: with another key, with the fallback, or after a wait; or end."""
        keys = self._server.keys
        status = error.status_code if isinstance(error, APIStatusError) else 0
        if isinstance(error, APIStatusError):
            if status == 401 and keys is not None and self.requests.key and not self._has_renewed:
                self._renew(keys, error)
                return
            if status in (404, 405):
                if self._fallback is not None:
                    self._first_refusal, self._operation, self._fallback = error, self._fallback, None
                    self.attempts.operation_id = self._operation.id
                    self.start()
                    return
                error = self._first_refusal or error
        self._has_renewed = False
        if isinstance(error, PermanentTransportError):
            error = APIConnectionError(summarize(str(error)), **self.attempts.facts())
        elif isinstance(error, APIError):
            try:
                delay = self.attempts.delay_after(error)
            except APIError:  # the same, which is final
                pass
            else:
                if isinstance(error, APIStatusError) and status == 429 and error.retry_after:
                    self._server.not_before = max(self._server.not_before, Clock.now() + error.retry_after)
                self._wait(delay, f"waiting for {delay:.1f} s after {error.message}")
                return
        self.fail(error)

    def _renew(self, keys: Keys, refusal: APIStatusError) -> None:
        refused, self.requests.key = self.requests.key, ""
        said = refusal.headers.get("www-authenticate", "")
        if_late = None if is_invalid_token(said) else refusal  # if it is one, another will come
        step = _Step("waiting for another credential", self._attempt_deadline(), has_thread=True, if_late=if_late)
        if not self._begin(step):
            return
        try:
            has_renewed = keys.renew(refused, said)
        except Exception as error:
            if step.end():
                self._after(error)
        else:
            if step.end():
                self._has_renewed = has_renewed
                self.start() if has_renewed else self._after(refusal)

    def _wait(self, seconds: float, doing: str) -> None:
        step = _Step(doing)
        if self._begin(step) and not here().at(Clock.now() + seconds, partial(self._resume, step)):
            time.sleep(seconds)  # no thread can be had to watch
            self._resume(step)

    def _resume(self, step: _Step) -> None:
        if step.end():
            self.start()

    # Clocks

    def _attempt_deadline(self) -> float:
        limit = self.attempts.options.attempt_timeout
        return math.inf if limit is None else Clock.now() + limit

    def _watch(self) -> None:
        when = min(self._step.deadline, self.attempts.deadline(), self._next_report)
        if when < self._looks_at:
            self._looks_at = when
            here().at(when, weakref.ref(self))  # which keeps nothing of a call that has ended

    def look(self) -> None:
        """End an attempt that takes too long, and report a long call. Started by the watcher."""
        self._looks_at = math.inf
        step, now = self._step, Clock.now()
        if self.is_ended():
            return
        doing = step.doing()
        if min(step.deadline, self.attempts.deadline()) <= now and step.give_up():
            self.requests.note_lost(step.exchange)
            self._in_context(self._after, step.if_late or self.attempts.late(doing))
        elif now >= self._next_report:
            self._next_report = now + REPORT_SECONDS
            attempts, remaining = self.attempts, self.attempts.remaining()
            left = "no limit" if remaining is None else f"{remaining:.0f} s left"
            message = "%s: still going after %.0f s: attempt %d, %s; %s"
            _log.info(message, attempts.label(), attempts.elapsed(), attempts.count, doing, left)
        if step.is_open() and not self.is_ended():  # what closed it watches the next step
            self._watch()


class Attempt:
    """What a generated function is given as `client=`: it sends one request, and lets a success through."""

    raise_on_unexpected_status = False

    def __init__(self, requests: Requests, step: _Step) -> None:
        self._requests = requests
        self._step = step
        self.answer: Answer | None = None

    def get_httpx_client(self) -> Attempt:
        """What has a method `request`, which is all that generated functions use."""
        return self

    def request(self, method: str, url: str, **given: Any) -> Answer:
        """Send the request, following redirects, and return its success. Raises what `Call` goes on with."""
        requests, step = self._requests, self._step
        is_fresh = False
        while True:
            exchange = step.exchange = Exchange()
            if not step.is_open():
                raise _GivenUp
            try:
                self.answer = answer = requests.send(exchange, method, url, given, is_fresh=is_fresh)
                if requests.follow(answer):
                    continue
            except httpx.TransportError as error:
                is_fresh = step.is_open() and requests.may_repeat_at_once(error, exchange)
                if is_fresh:
                    continue
                if not step.end():
                    raise _GivenUp from None
                raise requests.lost(error, exchange) from None
            except BaseException:
                if not step.end():
                    raise _GivenUp from None
                raise
            if not step.end():
                raise _GivenUp
            return requests.judge(answer)
