"""Listings that are fetched page by page while they are printed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
C = TypeVar("C")


class Found(Generic[T]):
    """Items to print, fetched as they are iterated. They can be iterated once.

    Attributes:
        total_count: How many there are on the server, as far as the pages so far tell; None while nobody knows.
    """

    def __init__(self, items: Iterable[T], total_count: int | None = None, *, limit: int = 0) -> None:
        """Keep where the items come from, and how many they are at most; 0 for any number."""
        self._items = items
        self._limit = limit
        self.total_count = total_count

    @property
    def expected_count(self) -> int | None:
        """How many items will come, as far as that is known."""
        return min(self._limit, self.total_count) if self._limit and self.total_count else self.total_count

    @classmethod
    def all_of(cls, items: Sequence[T]) -> Found[T]:
        """Items that are all there are."""
        return cls(items, len(items))

    def __iter__(self) -> Iterator[T]:
        """The items; pages are asked for when they are needed."""
        return iter(self._items)


def found_by_offset(
    page_of: Callable[[int, int], tuple[Sequence[T], int | None]], limit: int, page_size: int = 100
) -> Found[T]:
    """Items of a listing that is read by limit and offset.

    Args:
        page_of: Given limit and offset, asks for a page; returns its items and how many there are in all, or None
            where the server does not say.
        limit: The most items to give; 0 for all.
        page_size: The most items to ask for at once.
    """

    def items() -> Iterator[T]:
        count = 0
        while not limit or count < limit:
            page, total = page_of(min(page_size, limit - count) if limit else page_size, count)
            found.total_count = total or found.total_count  # some servers say 0 on the page after the last
            if not page:
                found.total_count = count
                return
            yield from page
            count += len(page)
            if total is not None and count >= total > 0:
                return

    found = Found(items(), limit=limit)
    return found


def found_by_cursor(page_of: Callable[[C | None], tuple[Sequence[T], C | None]], limit: int) -> Found[T]:
    """Items of a listing whose pages name the next one.

    Args:
        page_of: Given the cursor of a page, or None for the first, asks for it; returns its items and the cursor
            of the next page, or None at the end.
        limit: The most items to give; 0 for all.
    """

    def items() -> Iterator[T]:
        count, cursor = 0, None
        while True:
            page, cursor = page_of(cursor)
            wanted = page[: limit - count] if limit else page
            yield from wanted
            count += len(wanted)
            if cursor is None and len(wanted) == len(page):
                found.total_count = count
            if cursor is None or (limit and count >= limit):
                return

    found = Found(items(), limit=limit)
    return found
