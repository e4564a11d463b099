"""Listings that are fetched page by page while they are printed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from tinker_rest import PagedItems

T = TypeVar("T")


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


def found_by(items: PagedItems[T], limit: int) -> Found[T]:
    """What an `iter_…` method gives.

    Args:
        items: The items, of which there are `limit` at the most.
        limit: That limit; 0 for none.
    """

    def counted() -> Iterator[T]:
        count = 0
        for item in items:
            count += 1
            found.total_count = items.total_count
            yield item
        if not limit or count < limit:
            found.total_count = count

    found = Found(counted(), limit=limit)
    return found
