"""Carries a plan out: asks for pages before they are needed, and gives them in order."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from attrs import frozen

from tinker_rest.futures import APIFuture
from tinker_rest.iteration.plans import Ask, Page, Plan

T = TypeVar("T")


@frozen(eq=False)
class _Flight(Generic[T]):
    ask: Ask
    future: APIFuture[Page[T]]


class PageFeed(Generic[T]):
    """The pages of one walk over a listing, for threads and tasks alike.

    Args:
        plan: What to ask and what it means.
        fetch: Starts to fetch a page.

    Attributes:
        total_count: How many items the server says there are; None where it has not said so yet.
    """

    def __init__(self, plan: Plan[T], fetch: Callable[[Ask], APIFuture[Page[T]]]) -> None:
        """Nothing is asked for yet."""
        self._plan = plan
        self._fetch = fetch
        self._flights: deque[_Flight[T]] = deque()  # in the order of their offsets; the first is needed next
        self._lock = threading.Lock()
        self._waiting_tasks = 0
        self._is_closed = False
        self.total_count: int | None = None

    def next_page(self) -> list[T] | None:
        """Wait for the next page that has something new; None is the end. Raises TinkerError."""
        while (flight := self._next_flight()) is not None:
            try:
                page = flight.future.result()
            except concurrent.futures.CancelledError:  # by `close`, in another thread, or at the client's
                self._drop(flight)
                continue
            except Exception:
                self._drop(flight)
                raise
            if fresh := self._take(flight, page):
                return fresh
        return None

    async def next_page_async(self) -> list[T] | None:
        """Wait for the next page as `next_page` does, and block no event loop."""
        while (flight := self._next_flight()) is not None:
            self._waiting_tasks += 1
            try:
                # Another task may wait for the same page, so it is not cancelled with this one.
                page = await asyncio.shield(asyncio.wrap_future(flight.future))
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if task is None or not task.cancelling():  # it was the page that was cancelled
                    self._drop(flight)
                    continue
                if self._waiting_tasks == 1:
                    self.cancel()
                raise
            except Exception:
                self._drop(flight)
                raise
            finally:
                self._waiting_tasks -= 1
            if fresh := self._take(flight, page):
                return fresh
        return None

    def close(self) -> None:
        """End it; what is in flight is cancelled."""
        self._is_closed = True
        self.cancel()

    def cancel(self) -> None:
        """Cancel what is in flight. Whoever asks for the next page begins again where it was."""
        while self._flights:
            try:
                flight = self._flights.popleft()
            except IndexError:  # another thread was quicker
                return
            flight.future.cancel()

    def _next_flight(self) -> _Flight[T] | None:
        with self._lock:
            ask = None if self._is_closed else self._plan.ask(0)
            if ask is None:
                self.cancel()
                return None
            if self._flights:
                first = self._flights[0]
                # The plan has changed, or (after a fork) nobody carries the request out any longer.
                if first.ask.offset != ask.offset or first.ask.refused != ask.refused or not first.future.can_end:
                    self.cancel()
            if not self._flights:
                self._flights.append(_Flight(ask, self._fetch(ask)))
            self._fetch_ahead()
            return self._flights[0]

    def _fetch_ahead(self) -> None:
        while (ask := self._plan.ask(len(self._flights))) is not None:
            try:
                future = self._fetch(ask)
            except Exception:  # such as of a client that was closed: raised where the page is needed
                return
            self._flights.append(_Flight(ask, future))

    def _take(self, flight: _Flight[T], page: Page[T]) -> list[T]:
        with self._lock:
            if not self._flights or self._flights[0] is not flight:
                return []  # another thread or task has it already
            self._flights.popleft()
            self.total_count = page.total or self.total_count  # some servers say 0 after the last page
            fresh = self._plan.take(flight.ask, page)
            if self._plan.is_done:
                self.cancel()
            elif fresh:  # the network works while these are used
                following = self._plan.ask(0)
                if self._flights and following and self._flights[0].ask.offset != following.offset:
                    self.cancel()
                self._fetch_ahead()
            return fresh

    def _drop(self, flight: _Flight[T]) -> None:
        """Give up a page that failed, and those after it, so that it can be asked for again."""
        with self._lock:
            if self._flights and self._flights[0] is flight:
                self.cancel()
