"""Iterates over listings page by page, reading pages ahead.

Offsets count from the front, so whatever is deleted or appears before a page shifts it. Each page is therefore
requested so that it overlaps the previous one by an item. If no item of a page is known, the listing has shrunk,
and earlier pages are read until one overlaps again. Unknown items before a known one are new and are omitted;
otherwise a loop that creates items would never finish. So when a page is taken, every item up to its end that was
there all along is known, no matter when the page was read, and pages can be requested long before they are needed.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import os
import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar

from attrs import field, frozen

from tinker_rest import _arguments as arguments
from tinker_rest.futures import APIFuture

__all__ = ["ItemIterator", "PageIterator", "Paginator"]

T = TypeVar("T")

MAX_PREFETCH = 8
MAX_PREFETCH_UNCOUNTED = 2  # if the server does not say how many items it has
MAX_IDLE_PAGES = 100
MAX_REPEATS = 8  # the same page at this many offsets in a row: the server ignores offsets

_IGNORES_OFFSETS = (
    "the server gives the same page at every offset, so no more than it can be read; a larger page_size, if the "
    "server accepts one, reads more"
)
_LOOPING = "the server's answers have brought nothing new for long, and each says that more follows"


@frozen
class PageRequest:
    """A page to request.

    Attributes:
        limit: The maximum number of items in the page.
        position: The offset of the page, or its cursor; None for the front of a listing with cursors.
        refusal: If given, no answer helps any more, and the call is to fail with this message.
    """

    limit: int
    position: Any
    refusal: str | None = field(default=None, repr=False)


@frozen
class Page(Generic[T]):
    """One page of a listing.

    Attributes:
        items: The items.
        ids: The ID of each item.
        total: The size of the whole listing according to the server; None if it does not say.
        next_cursor: The cursor of the next page in a listing with cursors; None at the end.
        server_time: When the server answered, in seconds since 1970; None if it does not say.
    """

    items: list[T]
    ids: list[str]
    total: int | None = None
    next_cursor: Any = None
    server_time: float | None = None

    def new_items(self, seen: set[str], start: int = 0) -> list[T]:
        """Return the items from a place on whose IDs are not in the set, and add these to it."""
        new = []
        for one, item in zip(self.ids[start:], self.items[start:], strict=True):
            if one not in seen:
                seen.add(one)
                new.append(item)
        return new


Fetch = Callable[[PageRequest], APIFuture[Page[T]]]


class OffsetPlan(Generic[T]):
    """Decides which page of a listing to request next, and what an answer means. It does no I/O.

    Args:
        page_size: The maximum number of items in a page.
        max_items: The number of items after which to end; None for all.
        is_reordered: Whether items move to the front when they are used. If the listing grew, its front is then
            read once more at the end.
    """

    def __init__(self, page_size: int, max_items: int | None, *, is_reordered: bool = False) -> None:
        self._page_size = max(2, page_size)  # one item overlaps
        self._left = sys.maxsize if max_items is None else max_items
        self._is_reordered = is_reordered
        self._is_second_pass = self._has_grown = self._is_done = False
        self._seen: set[str] = set()
        self._next = 0
        self._length = 0  # of the last page with a known or new item
        self._window = 1  # how many pages may be in flight
        self._total = sys.maxsize
        self._step_back = 0
        self._idle = self._repeats = 0
        self._last_ids: list[str] = []
        self._refusal: str | None = None

    def request(self, ahead: int) -> PageRequest | None:
        """Return the next request (`ahead` is 0) or a later one; None at the end, or if it is too early."""
        if self._is_done or (ahead and ahead >= self._window):
            return None
        if not ahead:
            limit = self._page_size if self._idle else min(self._page_size, self._left + (self._next > 0))
            return PageRequest(limit, self._next, self._refusal)
        step = self._length - 1
        offset, left = self._next + ahead * step, self._left - ahead * step
        if left <= 0 or offset >= self._total:
            return None
        return PageRequest(min(self._page_size, left + 1), offset)

    def take(self, request: PageRequest, page: Page[T]) -> list[T]:
        """Return the new items of the answer to `request(0)`, and go on behind it."""
        offset, ids = request.position, page.ids
        is_repeated, self._last_ids = bool(offset) and ids == self._last_ids, ids
        known = next((place for place, one in enumerate(ids) if one in self._seen), None)
        if known is None and offset and self._length > 1 and not self._is_second_pass:
            self._go_back(offset)
            return []
        start = 0 if self._is_second_pass else known or 0
        fresh = page.new_items(self._seen, start)
        self._has_grown |= start > 0 or (offset > 0 and len(ids) - len(fresh) > 1)
        self._next = offset + max(1, len(ids) - 1)
        self._step_back = 0
        self._look_ahead(request.limit, len(ids), page.total, is_expected=bool(fresh))
        if not fresh:
            self._take_nothing(request.limit, len(ids), is_repeated=is_repeated)
            return []
        self._idle = self._repeats = 0
        fresh = fresh[: self._left]
        self._left -= len(fresh)
        self._is_done = not self._left
        return fresh

    def _look_ahead(self, limit: int, length: int, total: int | None, *, is_expected: bool) -> None:
        """Prefetch more after each page that is as long as expected; a shorter one may be the last."""
        is_expected = is_expected and length > 1 and length in (limit, self._length)
        most = MAX_PREFETCH_UNCOUNTED if total is None else MAX_PREFETCH
        self._window = min(most, 2 * self._window) if is_expected else 1
        self._length = length
        self._total = sys.maxsize if total is None else total

    def _go_back(self, offset: int) -> None:
        """Items before this page have vanished: read further ahead of it, each time twice as far."""
        self._count_idle()
        self._window = 1
        self._step_back = 2 * self._step_back or self._page_size - 1
        self._next = max(0, offset - self._step_back)

    def _take_nothing(self, limit: int, length: int, *, is_repeated: bool) -> None:
        """Find out why a page brought nothing: the end, new items before it, or an odd server."""
        self._count_idle()
        self._repeats = self._repeats + 1 if is_repeated else 0
        if length < 2 or self._is_second_pass:
            self._is_done = self._is_second_pass or not (self._is_reordered and self._has_grown)
            self._is_second_pass, self._next = True, 0
        elif self._repeats >= MAX_REPEATS:
            self._refusal = _IGNORES_OFFSETS
            self._is_done = length != limit  # a server without paging has sent all that it has

    def _count_idle(self) -> None:
        self._idle += 1
        if self._idle > MAX_IDLE_PAGES + 4 * len(self._seen) // max(1, self._length - 1):
            self._refusal = _LOOPING


class CursorPlan(Generic[T]):
    """Reads a listing whose answers say where the next page begins. The methods are those of `OffsetPlan`.

    Args:
        page_size: The maximum number of items in a page.
        max_items: The number of items after which to end; None for all.
        cursor: Where to start; None for the front.
    """

    def __init__(self, page_size: int, max_items: int | None, cursor: Any = None) -> None:
        self._page_size = page_size
        self._left = sys.maxsize if max_items is None else max_items
        self._cursor = cursor
        self._seen: set[str] = set()
        self._idle = 0
        self._is_done = False

    def request(self, ahead: int) -> PageRequest | None:
        """Return the next request. Later ones depend on its answer."""
        if self._is_done or ahead:
            return None
        refusal = _LOOPING if self._idle > MAX_IDLE_PAGES else None
        return PageRequest(min(self._page_size, self._left), self._cursor, refusal)

    def take(self, request: PageRequest, page: Page[T]) -> list[T]:
        """Return the new items. An empty page is not the end if it has a cursor."""
        fresh = page.new_items(self._seen)[: self._left]
        self._left -= len(fresh)
        self._idle = 0 if fresh else self._idle + 1
        self._cursor = page.next_cursor
        self._is_done = not self._left or self._cursor is None
        return fresh


class PageIterator(Generic[T]):
    """One iteration over the pages of a listing, with `for` or `async for`. See `Paginator.pages`.

    Attributes:
        total_count: The size of the whole listing, whatever `max_items` is. None before the first page has come,
            and if the server does not say.
        server_time: When the server sent the latest page, in seconds since 1970; None as for `total_count`.
    """

    # Not a generator: threads cannot share those, and event loops end them late.

    def __init__(self, plan: OffsetPlan[T] | CursorPlan[T], fetch: Fetch[T]) -> None:
        self._plan = plan
        self._fetch = fetch
        self._pending: deque[tuple[PageRequest, APIFuture[Page[T]]]] = deque()  # the first is needed next
        self._lock = threading.RLock()
        self._process = os.getpid()
        self._is_closed = False
        self.total_count: int | None = None
        self.server_time: float | None = None

    def __iter__(self) -> Self:
        return self

    def __aiter__(self) -> Self:
        return self

    def __next__(self) -> list[T]:
        while (pending := self._next_pending()) is not None:
            with contextlib.suppress(concurrent.futures.CancelledError):
                pending[1].exception()
            if fresh := self._take(pending):
                return fresh
        raise StopIteration

    async def __anext__(self) -> list[T]:
        while (pending := self._next_pending()) is not None:
            try:
                await pending[1]
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if task is None or task.cancelling():  # else the request was cancelled, by another task
                    raise
            except Exception:  # noqa: S110 - raised by `_take`
                pass
            if fresh := self._take(pending):
                return fresh
        raise StopAsyncIteration

    def close(self) -> None:
        """End the iteration and cancel the requests in flight."""
        self._is_closed = True
        self._cancel_pending()

    def __del__(self) -> None:
        self._cancel_pending()

    def _next_pending(self) -> tuple[PageRequest, APIFuture[Page[T]]] | None:
        if self._process != os.getpid():  # after a fork, requests of the parent never end here
            self._process, self._lock = os.getpid(), threading.RLock()
            self._pending.clear()
        with self._lock:
            request = None if self._is_closed else self._plan.request(0)
            if self._pending and self._pending[0][0] != request:  # the plan has changed
                self._cancel_pending()
            if request is None:
                return None
            if not self._pending:
                self._pending.append((request, self._fetch(request)))
            self._prefetch()
            return self._pending[0]

    def _prefetch(self) -> None:
        while (request := self._plan.request(len(self._pending))) is not None:
            try:
                future = self._fetch(request)
            except Exception:  # such as of a closed client: raised when the page is needed
                return
            self._pending.append((request, future))

    def _take(self, pending: tuple[PageRequest, APIFuture[Page[T]]]) -> list[T]:
        """Return the new items of a page that has come. Raises the error of the page."""
        request, future = pending
        with self._lock:
            if not self._pending or self._pending[0] is not pending:
                return []  # another thread or task has taken it
            if future.cancelled() or future.exception() is not None:
                self._cancel_pending()  # so that the page can be requested again
                return [] if future.cancelled() else future.result()  # type: ignore[return-value]
            self._pending.popleft()
            page = future.result()
            self.total_count = page.total or self.total_count  # some servers say 0 after the last page
            self.server_time = page.server_time
            fresh = self._plan.take(request, page)
            if self._pending and self._pending[0][0] != self._plan.request(0):
                self._cancel_pending()
            self._prefetch()  # the network works while these items are used
            return fresh

    def _cancel_pending(self) -> None:
        while self._pending:
            try:
                self._pending.popleft()[1].cancel()
            except IndexError:  # another thread was quicker
                return


class ItemIterator(Generic[T]):
    """One iteration over the items of a listing, with `for` or `async for`. See `Paginator`."""

    def __init__(self, pages: PageIterator[T]) -> None:
        self._pages = pages
        self._ready: deque[T] = deque()

    @property
    def total_count(self) -> int | None:
        """The size of the whole listing; see `PageIterator`."""
        return self._pages.total_count

    def __iter__(self) -> Self:
        return self

    def __aiter__(self) -> Self:
        return self

    def __next__(self) -> T:
        while True:
            try:
                return self._ready.popleft()
            except IndexError:
                self._ready.extend(next(self._pages))

    async def __anext__(self) -> T:
        while True:
            try:
                return self._ready.popleft()
            except IndexError:
                self._ready.extend(await anext(self._pages))

    def close(self) -> None:
        """End the iteration and cancel the requests in flight."""
        self._ready.clear()
        self._pages.close()


class Paginator(Generic[T]):
    """All items of a listing, read page by page while you use them, with `for` or `async for`.

    Nothing is sent before the first item is needed. Up to eight pages are then read ahead; leaving the loop
    cancels these requests. Each `for` starts a new iteration at the front.

    Items present throughout the iteration are returned exactly once and in order, even if others are added or
    deleted (training runs that are used meanwhile may come last): you can delete items while you iterate over
    them, and none is skipped. Items that appear or vanish meanwhile may or may not be returned, never twice. The
    iteration ends when the server has no further items, whatever number of items it reports.

    If a page fails, its error is raised in place of its items. Going on with the same iterator requests it again.
    Threads or tasks can share an iterator; each gets different items. Only the IDs of past items are kept.
    """

    def __init__(self, start: Callable[[], PageIterator[T]], name: str) -> None:
        self._start = start
        self._name = name

    def __iter__(self) -> ItemIterator[T]:
        return ItemIterator(self._start())

    def __aiter__(self) -> ItemIterator[T]:
        return ItemIterator(self._start())

    def pages(self) -> PageIterator[T]:
        """Iterate over the same items in lists, as they come: each has at least one item."""
        return self._start()

    def __repr__(self) -> str:
        return f"<Paginator of {self._name}>"


def paginate(
    name: str, fetch: Fetch[T], page_size: int, max_items: int | None, *, is_reordered: bool = False
) -> Paginator[T]:
    """Check the arguments of an `iter_` method that reads by offsets, and return its result."""
    size, most = arguments.page_size(page_size), arguments.max_items(max_items)
    return Paginator(lambda: PageIterator(OffsetPlan(size, most, is_reordered=is_reordered), fetch), name)
