"""Iterates over listings page by page, reading pages ahead.

Offsets count from the front, so items that are added or deleted before a page shift it. Each page is therefore
requested so that it overlaps the previous one by an item. If no item of a page is known, the listing has shrunk,
and earlier pages are read until one overlaps again. Unknown items before a known one are new and are omitted;
otherwise a loop that creates items would never finish. So when a page is taken, every item up to its end that was
there all along is known, no matter when the page was read, and pages can be requested long before they are needed.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import sys
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from attrs import evolve, frozen

from tinker_rest import _arguments as arguments
from tinker_rest.futures import APIFuture

if TYPE_CHECKING:
    from tinker_rest._work import Work

__all__ = ["ItemIterator", "PageIterator", "Paginator"]

T = TypeVar("T")

MAX_PREFETCH = 8
MAX_PREFETCH_UNCOUNTED = 2  # if the server does not report how many items it has
MAX_IDLE_PAGES = 100  # plus four for each earlier page, since others may be deleting items
MAX_REPEATS = 8  # the same page at this many offsets in a row: the server ignores offsets

_NOTHING_NEW = "the server's pages contain nothing new; if it ignores offsets, a larger page_size may read more"


@frozen
class PageRequest:
    """A page to request: how many items, what to call the operation with, or an error to raise instead."""

    limit: int
    query: dict[str, Any]
    refusal: str | None = None


@frozen
class Page(Generic[T]):
    """The items of a page with their IDs, and the size of the listing and the time, if reported."""

    items: list[T]
    ids: list[str]
    total: int | None = None
    next_cursor: Any = None
    server_time: float | None = None


class CursorPlan(Generic[T]):
    """Decides which page to request next, and what a response means. It does no I/O.

    This one is for searches, whose responses contain the cursor of the next page.
    """

    def __init__(self, page_size: int | None, max_items: int | None, search: Any = None) -> None:
        self._page_size = arguments.number("page_size", page_size)
        self._left = sys.maxsize if max_items is None else arguments.number("max_items", max_items, 1, 2**53 - 1)
        self._search = search
        self._next = search.cursor if search is not None else 0
        self._seen: set[str] = set()
        self._idle = 0  # pages in a row that brought nothing new
        self._is_done = False

    def request(self, ahead: int) -> PageRequest | None:
        """Return the next request (`ahead` is 0) or a later one; None at the end, or if it is too early."""
        if self._is_done or ahead:
            return None
        limit = min(self._page_size, self._left)
        body = self._search.model_copy(update={"limit": limit, "cursor": self._next})
        return PageRequest(limit, {"body": body}, _NOTHING_NEW if self._idle > MAX_IDLE_PAGES else None)

    def take(self, request: PageRequest, page: Page[T]) -> list[T]:
        """Return the new items in the response to `request(0)`, and move past them."""
        new = self._new_items(page)
        self._next = page.next_cursor
        self._is_done = not self._left or self._next is None
        return new

    def _new_items(self, page: Page[T], start: int = 0) -> list[T]:
        pairs = zip(page.ids[start:], page.items[start:], strict=True)
        new = {one: item for one, item in pairs if one not in self._seen}
        self._seen.update(new)
        self._idle = 0 if new else self._idle + 1
        items = list(new.values())[: self._left]
        self._left -= len(items)
        return items


class OffsetPlan(CursorPlan[T]):
    """Decides the same for listings with offsets.

    If use moves items to the front (`is_reordered`), and the listing grew, its front is read again at the end.
    """

    def __init__(self, page_size: int, max_items: int | None, *, is_reordered: bool = False) -> None:
        super().__init__(page_size, max_items)
        self._page_size = max(2, self._page_size)  # one item overlaps
        self._is_reordered = is_reordered
        self._has_grown = self._is_second_pass = False
        self._length = 0  # of the last page with a known or new item
        self._window = 1  # how many pages may be in flight
        self._total = sys.maxsize
        self._last_ids: list[str] = []
        self._repeats = 0

    def request(self, ahead: int) -> PageRequest | None:
        """Return the next request (`ahead` is 0) or a later one; None at the end, or if it is too early."""
        step = ahead * (self._length - 1)
        offset, left = self._next + step, self._left - step
        if self._is_done or (ahead and (ahead >= self._window or left <= 0 or offset >= self._total)):
            return None
        limit = self._page_size if self._idle else min(self._page_size, left + (offset > 0))
        is_stuck = self._idle > MAX_IDLE_PAGES + 4 * len(self._seen) // max(1, self._length)
        is_stuck = is_stuck or self._repeats >= MAX_REPEATS
        return PageRequest(limit, {"limit": limit, "offset": offset}, _NOTHING_NEW if is_stuck else None)

    def take(self, request: PageRequest, page: Page[T]) -> list[T]:
        """Return the new items in the response to `request(0)`, and move past them."""
        length = len(page.ids)
        known = next((place for place, one in enumerate(page.ids) if one in self._seen), None)
        if known is None and self._next and self._length > 1 and not self._is_second_pass:
            # Items before this page were deleted: go back further, twice as far each time.
            self._window = 1
            self._next = max(0, self._next - ((self._length - 1) << self._idle))
            self._idle += 1
            return []
        self._repeats = self._repeats + 1 if page.ids == self._last_ids else 0
        self._last_ids = page.ids
        new = self._new_items(page, 0 if self._is_second_pass else known or 0)
        self._has_grown |= length - len(new) > 1
        self._next += max(1, length - 1)
        # Prefetch more after each page that is as long as expected; a shorter one may be the last.
        is_expected = bool(new) and length > 1 and length in (request.limit, self._length)
        most = MAX_PREFETCH_UNCOUNTED if page.total is None else MAX_PREFETCH
        self._window = min(most, 2 * self._window) if is_expected else 1
        self._length = length
        self._total = sys.maxsize if page.total is None else page.total
        if new:
            self._is_done = not self._left
        elif length < 2 or self._is_second_pass:
            self._is_done = self._is_second_pass or not (self._is_reordered and self._has_grown)
            self._is_second_pass, self._next = True, 0
        elif self._repeats >= MAX_REPEATS and self._seen == set(page.ids):
            self._is_done = length != request.limit  # a server without paging has sent all that it has
        return new


class PageIterator(Iterator[list[T]], AsyncIterator[list[T]]):
    """One iteration over the pages of a listing, with `for` or `async for`. See `Paginator.pages`.

    Attributes:
        total_count: The size of the whole listing, regardless of `max_items`. None before the first page arrives,
            or if the server does not report it.
        server_time: When the server sent the latest page, in seconds since 1970; None as for `total_count`.
    """

    # Not a generator: threads cannot share those, and event loops end them late.

    def __init__(self, plan: CursorPlan[T], fetch: Callable[[PageRequest], APIFuture[Page[T]]]) -> None:
        self._plan = plan
        self._fetch = fetch
        self._pending: deque[tuple[PageRequest, APIFuture[Page[T]]]] = deque()  # the first is needed next
        self._lock = threading.RLock()
        self.total_count: int | None = None
        self.server_time: float | None = None

    def __next__(self) -> list[T]:
        while (future := self._next_page()) is not None:
            with contextlib.suppress(concurrent.futures.CancelledError):
                future.exception()
            if new := self._take(future):
                return new
        raise StopIteration

    async def __anext__(self) -> list[T]:
        import asyncio  # which takes a while, and a coroutine has imported it

        while (future := self._next_page()) is not None:
            await asyncio.gather(future, return_exceptions=True)  # `_take` raises them
            if new := self._take(future):
                return new
        raise StopAsyncIteration

    def __del__(self) -> None:
        self._cancel_pending()

    def _next_page(self) -> APIFuture[Page[T]] | None:
        with self._lock:
            if not self._pending and (request := self._plan.request(0)) is not None:
                self._pending.append((request, self._fetch(request)))
            return self._pending[0][1] if self._pending else None

    def _take(self, future: APIFuture[Page[T]]) -> list[T]:
        """Return the new items of a page that has arrived. Raises the error of the page."""
        with self._lock:
            if not self._pending or self._pending[0][1] is not future:
                return []  # another thread or task has taken it
            if future.cancelled() or future.exception() is not None:
                self._cancel_pending()  # so that the page can be requested again
                return [] if future.cancelled() else future.result()  # type: ignore[return-value]
            request, page = self._pending.popleft()[0], future.result()
            self.total_count = page.total or self.total_count  # some servers say 0 after the last page
            self.server_time = page.server_time or self.server_time
            new = self._plan.take(request, page)
            if self._pending and self._pending[0][0] != self._plan.request(0):
                self._cancel_pending()
            # The network works while these items are used. If the client is closed, the next page says so.
            with contextlib.suppress(Exception):
                while (ahead := self._plan.request(len(self._pending))) is not None:
                    self._pending.append((ahead, self._fetch(ahead)))
            return new

    def _cancel_pending(self) -> None:
        while self._pending:
            self._pending.popleft()[1].cancel()


class ItemIterator(Iterator[T], AsyncIterator[T]):
    """One iteration over the items of a listing, with `for` or `async for`. See `Paginator`."""

    def __init__(self, pages: PageIterator[T]) -> None:
        self._pages = pages
        self._ready: deque[T] = deque()

    @property
    def total_count(self) -> int | None:
        """The size of the whole listing; see `PageIterator`."""
        return self._pages.total_count

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


@frozen(eq=False, repr=False)
class Paginator(Generic[T]):
    """All items of a listing, read page by page while you use them, with `for` or `async for`.

    Nothing is sent before the first item is needed. Up to eight pages are then read ahead; leaving the loop
    cancels these requests. Each `for` starts a new iteration at the front.

    Items present throughout the iteration are returned exactly once and in order, even if others are added or
    deleted (training runs that are used meanwhile may come last): you can delete items while you iterate over
    them, and none is skipped. Items that are added or deleted meanwhile are returned at most once. The
    iteration ends when the server has no further items, regardless of the number that it reports.

    If a page fails, its error is raised instead of its items; this is an APIResponseValidationError if the server
    ignores offsets or its cursors do not advance. Continuing with the same iterator requests the page again.
    Threads or tasks can share an iterator; each gets different items. Only the IDs of past items are kept.
    """

    _name: str  # of the method
    _submit: Callable[..., APIFuture[Page[T]]]
    _read: Callable[[PageRequest, Any], Page[T]]
    _new_plan: Callable[[], CursorPlan[T]]

    def __attrs_post_init__(self) -> None:
        self._new_plan()  # checks the arguments

    def __iter__(self) -> ItemIterator[T]:
        return ItemIterator(self.pages())

    def __aiter__(self) -> ItemIterator[T]:
        return ItemIterator(self.pages())

    def pages(self) -> PageIterator[T]:
        """Iterate over the same items in lists, as they come: each has at least one item."""
        return PageIterator(self._new_plan(), self._fetch)

    def _fetch(self, page: PageRequest) -> APIFuture[Page[T]]:
        return self._submit(**page.query, read=partial(self._read, page))

    def _within(self, work: Work[Any]) -> Paginator[T]:
        """The same listing, whose requests are cancelled when the work must stop."""
        return evolve(self, submit=partial(work.submit, self._submit))

    def __repr__(self) -> str:
        return f"<Paginator of {self._name}: use it in a for or async for loop, or call list()>"
