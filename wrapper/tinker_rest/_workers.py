"""The threads of the process: workers that carry out calls, and one watcher that owns every clock.

Threads belong to the process, not to a client. All are daemons, so that no exit waits for them. The child of a
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
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from functools import partial
from typing import Protocol

_log = logging.getLogger("tinker_rest")

MAX_THREADS = 1024
MAX_IDLE_SECONDS = 10.0
MAX_EXIT_SECONDS = 1.0
HOLD_SECONDS = 0.02
MAX_HOLD_SECONDS = 0.5
EXITING = "the interpreter is exiting; no new call can be made"

Task = Callable[[], object]


# Not time.monotonic, which freezegun replaces: deadlines are real in a test that freezes time.
_monotonic = time.monotonic if sys.platform == "win32" else partial(time.clock_gettime, time.CLOCK_MONOTONIC)


class Clock:
    """The clock of all deadlines; held by a class, since freezegun swaps names of modules."""

    now = staticmethod(_monotonic)


class Watched(Protocol):
    """Something whose clocks the watcher has looked at, as long as it is there."""

    def look(self) -> None:
        """Do what is due."""


class Owner(Protocol):
    """What holds connections and calls of this process."""

    def end_at_exit(self) -> None:
        """Cancel the calls in flight and close the connections."""

    def renew_in_child(self) -> None:
        """Make everything new after a fork. What is the parent's is neither closed nor shut down."""


class Threads:
    """The threads of one process.

    Attributes:
        composed: Bulk changes and downloads whose threads have not ended; exit waits for them for a moment.
        is_exiting: Whether the interpreter exits.
    """

    def __init__(self) -> None:
        # The handler of a signal may start a call while its thread is in here.
        self._lock = threading.RLock()
        self._idle: deque[_Worker] = deque()
        self._backlog: deque[Task] = deque()
        self._counted = 0  # tasks that run and count towards MAX_THREADS
        self._heap: list[tuple[float, int, Task | weakref.ref[Watched]]] = []
        self._order = itertools.count()
        self._wakes_at = math.inf
        self._news: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._has_watcher = False
        self.composed: set[object] = set()
        self.is_exiting = False
        self._prefix = os.urandom(8).hex()
        self._numbers = itertools.count()

    def new_id(self) -> str:
        """32 hexadecimal digits that nothing else has."""
        return f"{self._prefix}{next(self._numbers):016x}"

    def start(self, task: Task, *, is_spare: bool = False) -> None:
        """Run a task in an idle or new thread, or in the caller's if there can be no other.

        Args:
            task: What to run; it may not raise.
            is_spare: Whether it runs beside the limit of threads, because others wait for what it does.
        """
        with self._lock:
            if not is_spare:
                if self._counted >= MAX_THREADS:
                    self._backlog.append(task)
                    return
                self._counted += 1
            worker = self._idle.pop() if self._idle else None
        if worker is not None:
            worker.slot.put((task, not is_spare))
            return
        worker = _Worker(self)
        worker.slot.put((task, not is_spare))
        try:
            worker.start()  # never under the lock
        except RuntimeError:  # no more threads; or from Python 3.12 on, the main thread has ended
            with self._lock:
                if not is_spare and self._counted > 1:  # a worker that runs now will come to it
                    self._counted -= 1
                    self._backlog.append(task)
                    return
            self.carry_out(worker, task, is_counted=not is_spare)

    def carry_out(self, worker: _Worker, task: Task, *, is_counted: bool) -> None:
        """Run a task, and then those for which there was no thread."""
        worker.is_counted = is_counted
        following: Task | None = task
        while following is not None:
            try:
                following()
            except BaseException:  # a fault of ours, which must not end the thread
                _log.exception("a task failed")
            with self._lock:
                following = self._backlog.popleft() if worker.is_counted and self._backlog else None
                if following is None:
                    self._counted -= worker.is_counted
                    worker.is_counted = False
                    if worker.is_alive():  # else the task ran in the thread of the caller
                        self._idle.append(worker)

    def retire(self, worker: _Worker) -> bool:
        """Whether an idle worker may end; not if it was handed a task meanwhile."""
        with self._lock:
            try:
                self._idle.remove(worker)
            except ValueError:
                return False
            return True

    def write_off(self, thread: threading.Thread) -> None:
        """No longer count a worker that is stuck in what cannot be aborted, such as a DNS look-up."""
        with self._lock:
            if not isinstance(thread, _Worker) or not thread.is_counted:
                return
            thread.is_counted = False
            self._counted -= 1
            following = self._backlog.popleft() if self._backlog else None
        if following is not None:
            self.start(following)

    def at(self, when: float, task: Task | weakref.ref[Watched]) -> bool:
        """Have a task started at a time of `Clock`; returns False if there can be no thread to watch for it."""
        with self._lock:
            heapq.heappush(self._heap, (when, next(self._order), task))
            is_earlier, is_first = when < self._wakes_at, not self._has_watcher
            self._has_watcher = True
        if is_first:
            try:
                threading.Thread(target=self._watch, name="tinker-rest-watcher", daemon=True).start()
            except RuntimeError:
                self._has_watcher = False
                return False
        elif is_earlier:
            self._news.put(None)
        return True

    def _watch(self) -> None:
        while True:
            due = []
            with self._lock:
                now = Clock.now()
                # Calls that have ended are passed over, or there would be something to wake up for all the time.
                while self._heap and (self._heap[0][0] <= now or _is_gone(self._heap[0][2])):
                    due.append(heapq.heappop(self._heap)[2])
                self._wakes_at = self._heap[0][0] if self._heap else math.inf
            while due:
                self._start_due(due.pop(0))
            with contextlib.suppress(queue.Empty):
                self._news.get(timeout=min(max(0.0, self._wakes_at - Clock.now()), 3600.0))

    def _start_due(self, task: Task | weakref.ref[Watched]) -> None:
        if isinstance(task, weakref.ref):
            watched = task()
            if watched is None:
                return
            task = watched.look
        self.start(task, is_spare=True)  # the watcher runs nothing itself


def _is_gone(task: Task | weakref.ref[Watched]) -> bool:
    return isinstance(task, weakref.ref) and task() is None


class _Worker(threading.Thread):
    """A thread that runs one task after the other, and ends when it gets none for a while."""

    def __init__(self, threads: Threads) -> None:
        super().__init__(name="tinker-rest", daemon=True)
        self._threads = threads
        self.slot: queue.SimpleQueue[tuple[Task, bool]] = queue.SimpleQueue()
        self.is_counted = False

    def run(self) -> None:
        while True:
            try:
                task, is_counted = self.slot.get(timeout=MAX_IDLE_SECONDS)
            except queue.Empty:
                if self._threads.retire(self):
                    return
                continue
            self._threads.carry_out(self, task, is_counted=is_counted)
            del task  # an idle worker keeps no call


class Room:
    """Lets a number of tasks run at once, first come first served."""

    def __init__(self, size: int, *, is_spare: bool = False) -> None:
        self._lock = threading.RLock()
        self._free = size
        self._is_spare = is_spare
        self._held = 0  # places of tasks that were given up a moment ago
        self._held_since = self._held_last = 0.0
        self._waiting: OrderedDict[object, Task] = OrderedDict()

    def enter(self, owner: object, task: Task) -> None:
        """Start a task once there is a place; it calls `leave` when it needs the place no longer."""
        with self._lock:
            self._waiting[owner] = task
        self._fill()

    def leave(self, *, is_given_up: bool = False) -> None:
        """Free the place for the task that has waited longest.

        Args:
            is_given_up: Whether the task was given up. While many are, one after the other, none of those that
                wait begins, since it may be the next to be given up.
        """
        now = Clock.now()
        with self._lock:
            is_held = is_given_up and bool(self._waiting)
            is_first = is_held and not self._held
            if is_held:
                self._held += 1
                self._held_since = now if is_first else self._held_since
                self._held_last = now
            else:
                self._free += 1
        if not is_held:
            self._fill()
        elif is_first and not here().at(now + HOLD_SECONDS, self._release):
            self._release()

    def _release(self) -> None:
        now = Clock.now()
        with self._lock:
            goes_on = now - self._held_last < HOLD_SECONDS and now - self._held_since < MAX_HOLD_SECONDS
            if goes_on and here().at(now + HOLD_SECONDS, self._release):
                return
            self._free += self._held
            self._held = 0
        self._fill()

    def _fill(self) -> None:
        while True:
            with self._lock:
                if not self._free or not self._waiting:
                    return
                self._free -= 1
                _, task = self._waiting.popitem(last=False)
            here().start(task, is_spare=self._is_spare)

    def forget(self, owner: object) -> bool:
        """Drop the task of an owner that waits no longer; returns whether it still waited."""
        with self._lock:
            return self._waiting.pop(owner, None) is not None


class _Local(threading.local):
    in_callback = False


_here = Threads()
_local = _Local()
_owners: weakref.WeakSet[Owner] = weakref.WeakSet()
_of_parents: list[object] = []


def here() -> Threads:
    """The threads of this process."""
    return _here


def register(owner: Owner) -> None:
    """Note what is to be ended at exit and renewed after a fork."""
    _owners.add(owner)


def keep_for_parent(*things: object) -> None:
    """Keep what the parent of a fork uses from being collected, and so closed, in the child."""
    _of_parents.append(things)


def in_callback() -> bool:
    """Whether this thread runs a callback or hook, which must not wait for another call."""
    return _local.in_callback


@contextlib.contextmanager
def calling_back(what: str) -> Iterator[None]:
    """Run a callback or hook of the user: what it raises is logged, as `what`, and changes nothing."""
    before, _local.in_callback = _local.in_callback, True
    try:
        yield
    except BaseException:  # SystemExit, for one, would end the thread
        _log.exception("%s", what)
    finally:
        _local.in_callback = before


def stop_at_exit() -> None:
    """Cancel the calls in flight, and give downloads a moment to keep what they have."""
    _here.is_exiting = True
    for owner in list(_owners):
        owner.end_at_exit()
    until = Clock.now() + MAX_EXIT_SECONDS
    while _here.composed and Clock.now() < until:
        time.sleep(0.005)


def _renew_in_child() -> None:
    global _here
    keep_for_parent(_here)
    _here = Threads()
    _local.in_callback = False
    for owner in list(_owners):
        owner.renew_in_child()


atexit.register(stop_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_in_child)
