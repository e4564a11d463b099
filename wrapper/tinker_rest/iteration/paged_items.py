"""What the `iter_…` methods return: all items of a listing, for `for` and `async for`."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Generic, TypeVar

from tinker_rest.iteration.page_feed import PageFeed

T = TypeVar("T")


class PagedItems(Generic[T]):
    """All items of a listing, read page by page while they are used: with `for`, or with `async for`.

    Nothing is sent before the first item is asked for. Some pages are read ahead, eight at most, so that the
    next items are there when they are needed; leaving the loop cancels those requests. Each `for` begins anew,
    at the front.

    Every item that is in the listing from the beginning to the end comes exactly once, also where items appear
    or vanish meanwhile, in order (training runs that are used meanwhile may come last): whoever deletes the
    items while going over them skips none. An item that vanishes or appears may come or not, never twice. The
    end is where the server has no further item, whatever number of items it tells.

    An error is raised in place of the items of the page that failed. What `iter()` returned can be asked again
    and goes on with that page.

    The iterators may be shared by threads, or by tasks, each of which gets different items. What is kept of the
    items that were given is their ids.
    """

    def __init__(self, begin: Callable[[], PageFeed[T]], name: str) -> None:
        """Keep how to begin; called by the client."""
        self._begin = begin
        self._name = name
        self._latest: PageFeed[T] | None = None

    @property
    def total_count(self) -> int | None:
        """How many items the server says there are, whatever `limit` says.

        None before the first page has come, and where the server does not say.
        """
        return None if self._latest is None else self._latest.total_count

    def __iter__(self) -> Iterator[T]:
        """Go over the items from the front."""
        self._latest = self._begin()
        return _Items(self._latest)

    def __aiter__(self) -> AsyncIterator[T]:
        """Go over the items from the front, without blocking the event loop."""
        self._latest = self._begin()
        return _AsyncItems(self._latest)

    def pages(self) -> Pages[T]:
        """The same items in lists, as they come: each has one item or more, and `page_size` at most."""
        return Pages(self._begin, self._name)

    def __repr__(self) -> str:
        """Which method made it."""
        return f"<{type(self).__name__} of {self._name}>"


class Pages(Generic[T]):
    """The items of a listing in lists, with `for` or `async for`. See `PagedItems`."""

    def __init__(self, begin: Callable[[], PageFeed[T]], name: str) -> None:
        """Keep how to begin; called by `PagedItems.pages`."""
        self._begin = begin
        self._name = name

    def __iter__(self) -> Iterator[list[T]]:
        """Go over the pages from the front."""
        return _PageIterator(self._begin())

    def __aiter__(self) -> AsyncIterator[list[T]]:
        """Go over the pages from the front, without blocking the event loop."""
        return _AsyncPageIterator(self._begin())

    def __repr__(self) -> str:
        """Which method made it."""
        return f"<{type(self).__name__} of {self._name}>"


class _Walk(Generic[T]):
    """What iterators share. No generators: those cannot be shared by threads, and end late in event loops."""

    def __init__(self, feed: PageFeed[T]) -> None:
        self._feed = feed
        self._ready: deque[T] = deque()

    def close(self) -> None:
        """End it; what is in flight is cancelled."""
        self._ready.clear()
        self._feed.close()

    def __del__(self) -> None:
        self._feed.cancel()


class _Items(_Walk[T], Iterator[T]):
    def __next__(self) -> T:
        while True:
            try:
                return self._ready.popleft()
            except IndexError:
                pass
            page = self._feed.next_page()
            if page is None:
                raise StopIteration
            self._ready.extend(page)


class _AsyncItems(_Walk[T], AsyncIterator[T]):
    async def __anext__(self) -> T:
        while True:
            try:
                return self._ready.popleft()
            except IndexError:
                pass
            page = await self._feed.next_page_async()
            if page is None:
                raise StopAsyncIteration
            self._ready.extend(page)


class _PageIterator(_Walk[T], Iterator[list[T]]):
    def __next__(self) -> list[T]:
        page = self._feed.next_page()
        if page is None:
            raise StopIteration
        return page


class _AsyncPageIterator(_Walk[T], AsyncIterator[list[T]]):
    async def __anext__(self) -> list[T]:
        page = await self._feed.next_page_async()
        if page is None:
            raise StopAsyncIteration
        return page
