"""The threads of the process: workers that carry out calls, and one watcher that owns every clock.

Threads belong to the process, not to a client. All are daemons, so exits do not wait for them. The child of a
fork starts with none.
"""

from __future__ import annotations

import atexit
import contextlib
import heapq
import itertools
import logging
import math
import os
import queue
import sys
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

_log = logging.getLogger("tinker_rest")

MAX_PROCESS_SENDS = 1024
MAX_IDLE_THREAD_SECONDS = 10.0
MAX_EXIT_SECONDS = 1.0
GIVEN_UP_SECONDS = 0.1

Job = Callable[[], object]


class Clock:
    """The clock of all deadlines. freezegun replaces time.monotonic, and names in modules that stand for it."""

    now = staticmethod(
        time.monotonic if sys.platform == "win32" else partial(time.clock_gettime, time.CLOCK_MONOTONIC)
    )


def in_seconds(value: float | timedelta | None) -> float | None:
    """A time in seconds, which may be given as a timedelta; None stays None."""
    return value.total_seconds() if isinstance(value, timedelta) else value


def _start_daemon(name: str, target: Job) -> None:
    threading.Thread(target=target, name=name, daemon=True).start()


class Threads:
    """The threads of one process."""

    def __init__(self) -> None:
        # A signal handler may start a call while its thread is in here.
        self._lock = threading.RLock()
        self._idle: deque[queue.SimpleQueue[None]] = deque()  # each wakes up one
        self._backlog: deque[Job] = deque()
        self._is_coming = False  # whether a worker was woken up and has not looked at the backlog yet
        self._heap: list[tuple[float, int, Callable[[], Job | None]]] = []
        self._wakes_at = math.inf
        self._news: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._has_watcher = False
        self._numbers = itertools.count()
        self.sends = Limiter(MAX_PROCESS_SENDS)  # of all clients together
        self.composed: set[object] = set()  # work whose threads have not ended; exit waits briefly for it
        self.is_exiting = False

    def start(self, job: Job) -> None:
        """Run a job in an idle or new thread, or in the caller's if none can be started. It must not raise."""
        self._backlog.append(job)
        self._wake_worker()

    def _wake_worker(self) -> None:
        """Have a worker look at the backlog, unless one is on its way.

        Waking one for each job would make them compete. This way, each wakes the next before it runs a job, and a
        worker that is done may take that job before the other starts.
        """
        try:
            with self._lock:
                if self._is_coming or not self._backlog:
                    return
                self._is_coming = True
                wake = self._idle.pop() if self._idle else None
            if wake is not None:
                wake.put(None)
            else:
                _start_daemon("tinker-rest", self._work)  # never under the lock
        except RuntimeError:  # no more threads; or from Python 3.12 on, the main thread has ended
            self._carry_out_backlog(None)
        except BaseException:  # such as Ctrl-C: then the next job wakes up a worker
            self._is_coming = False
            raise

    def _carry_out_backlog(self, wake: queue.SimpleQueue[None] | None) -> None:
        """Run jobs until there are none left; then a worker, which has a `wake`, becomes idle."""
        self._is_coming = False
        while True:
            with self._lock:
                job = self._backlog.popleft() if self._backlog else None
                if job is None:
                    if wake is not None:
                        self._idle.append(wake)
                    return
            if wake is not None and self._backlog:
                self._wake_worker()
            try:
                job()
            except BaseException:  # our bug must not end the thread
                _log.exception("a job failed")
            del job  # so that an idle worker holds no call

    def _work(self) -> None:
        """Run jobs until there are none for a while."""
        wake: queue.SimpleQueue[None] = queue.SimpleQueue()
        while True:
            self._carry_out_backlog(wake)
            try:
                wake.get(timeout=MAX_IDLE_THREAD_SECONDS)
            except queue.Empty:
                with self._lock, contextlib.suppress(ValueError):  # it was just woken up
                    self._idle.remove(wake)
                    return
                wake.get()

    def at(self, when: float, job: Job | weakref.WeakMethod[Job]) -> bool:
        """Start a job at a time of `Clock`; returns False if no thread can be started to watch for it."""
        entry = when, next(self._numbers), job if isinstance(job, weakref.WeakMethod) else lambda: job
        with self._lock:
            heapq.heappush(self._heap, entry)
            is_news, has_watcher = when < self._wakes_at, self._has_watcher
        if not has_watcher:  # several may be started at once; all but one end
            try:
                _start_daemon("tinker-rest-watcher", self._watch)
            except RuntimeError:
                with self._lock, contextlib.suppress(ValueError):  # another thread could start one
                    self._heap.remove(entry)
                    heapq.heapify(self._heap)
                    return False
        elif is_news:
            self._news.put(None)
        return True

    def _watch(self) -> None:
        with self._lock:
            if self._has_watcher:
                return
            self._has_watcher = True
            self._news = queue.SimpleQueue()  # gevent may have replaced its class since the import
        while True:
            self._start_due()
            with contextlib.suppress(queue.Empty):
                self._news.get(timeout=min(max(0.0, self._wakes_at - Clock.now()), 3600.0))

    def _start_due(self) -> None:
        due = []
        with self._lock:
            now = Clock.now()
            # Skip jobs of calls that are gone, to avoid waking up for nothing.
            while self._heap and (self._heap[0][0] <= now or self._heap[0][2]() is None):
                due.append(heapq.heappop(self._heap)[2]())
            self._wakes_at = self._heap[0][0] if self._heap else math.inf
        for job in filter(None, due):
            self.start(job)  # the watcher runs nothing itself


class Limiter:
    """Limits how many jobs run at once, first come, first served; each needs a slot in the outer limiter too."""

    def __init__(self, size: float, outer: Limiter | None = None) -> None:
        self._lock = threading.RLock()
        self._size = size
        self._outer = outer
        self._holders: set[object] = set()
        self._waiting: deque[tuple[object, Job]] = deque()

    def start(self, owner: object, job: Job) -> None:
        """Start a job once there is a slot for its owner, which keeps it until `release`."""
        self._waiting.append((owner, job))
        self._start_next()

    def release(self, owner: object, *, is_given_up: bool = False) -> None:
        """Free the owner's slot, if it has one; a moment later if it was given up: the next job may be too."""
        is_early = is_given_up and owner in self._holders and self._waiting
        if is_early and here().at(Clock.now() + GIVEN_UP_SECONDS, partial(self.release, owner)):
            return
        self._holders.discard(owner)
        if self._outer is not None:
            self._outer.release(owner)
        if self._waiting:
            self._start_next()

    def _start_next(self) -> None:
        with self._lock:
            if not self._waiting or len(self._holders) >= self._size:
                return
            owner, job = self._waiting.popleft()
            self._holders.add(owner)
        if self._outer is None:
            here().start(job)
        else:
            self._outer.start(owner, job)


_here = Threads()
_local = threading.local()
_owners: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()
of_parents: list[object] = []  # keeps a fork's parent's objects from being collected, which would close them


def here() -> Threads:
    """The threads of this process."""
    return _here


def register(owner: Any) -> None:
    """Register an owner of `connections`, for its `end_at_exit` and, after a fork, its `renew_in_child`."""
    _owners[id(owner)] = owner


def living_owners() -> list[Any]:
    # Other threads may create clients at the same time, and a loop over the dictionary would fail.
    return [owner for reference in _owners.valuerefs() if (owner := reference()) is not None]


def in_callback() -> bool:
    """Whether this thread runs a callback or hook, which must not wait for another call."""
    return getattr(_local, "in_callback", False)


def call_back(failure: str, function: Callable[..., object], *args: object) -> None:
    """Call a user's callback or hook; what it raises is logged, as `failure`, and changes nothing."""
    before, _local.in_callback = in_callback(), True
    try:
        function(*args)
    except BaseException:  # SystemExit, for example, would end the thread, or skip other callbacks
        _log.exception("%s", failure)
    finally:
        _local.in_callback = before


def stop_at_exit() -> None:
    """Cancel the calls in flight, and give downloads a moment to save their progress."""
    _here.is_exiting = True
    for owner in living_owners():
        owner.end_at_exit()
    until = Clock.now() + MAX_EXIT_SECONDS
    while _here.composed and Clock.now() < until:
        time.sleep(0.005)


def _renew_in_child() -> None:
    global _here
    of_parents.append(_here)
    _here = Threads()
    _local.in_callback = False
    for owner in living_owners():
        owner.renew_in_child()


atexit.register(stop_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_in_child)
