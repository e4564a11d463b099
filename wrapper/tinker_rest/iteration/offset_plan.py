"""Reads a listing by offsets, so that nothing is skipped or repeated when it changes meanwhile.

Offsets count from the front, so whatever is deleted or appears before a page shifts it. Each page is asked for
with its first item being the last one known: where it is not, the listing has shrunk, or grown by more than a
page, and is read again from further ahead until a page begins with a known item. What is not known and stands
before a known item has appeared meanwhile; it is left out, or whoever adds a copy of each item that he is given
would never come to an end. So, when a page is taken, every
item up to its end that was there all the time is known, whenever and by whom the page was read; pages may be
asked for long before they are needed, and whoever deletes what he is given skips nothing. What the server says
of the number of items decides only how far to read ahead.
"""

from __future__ import annotations

import sys
from typing import Generic, TypeVar

from tinker_rest.iteration.plans import MOST_IDLE_ANSWERS, Ask, Page

T = TypeVar("T")

# How many pages are asked for before they are needed: where the server counts, and where it does not.
MOST_AHEAD = 8
MOST_AHEAD_UNCOUNTED = 2
# So often must a page come from two places and the front, before the server is taken to ignore offsets.
MOST_SUSPICIONS = 3

_IGNORED = (
    "the server gives the same page at every offset, so no more than it can be read; a larger page_size, where "
    "the server takes one, reads more"
)
_CIRCLES = "the server's answers have brought nothing new for long; it seems to ignore offsets"


class OffsetPlan(Generic[T]):
    """One walk over a listing.

    Args:
        page_size: The most items to ask for at once.
        limit: After how many items to end; None for all.
        is_reordered: Whether items move to the front when they are used. Then, where the listing grew, its
            front is read once more at the end.
    """

    def __init__(self, page_size: int, limit: int | None, *, is_reordered: bool = False) -> None:
        """Begin at the front."""
        self.is_done = False
        self._page_size = max(2, page_size)  # one for the item that is known already
        self._left = sys.maxsize if limit is None else limit
        self._is_reordered = is_reordered
        self._seen: set[str] = set()
        self._next = 0
        self._window = 1
        # Of the pages: what the largest held, what the last held, and what the next will hold where that is known.
        self._largest = self._length = 0
        self._expected: int | None = None
        self._total: int | None = None
        self._last: tuple[int, list[str]] = (0, [])
        self._refused: list[str] | None = None
        self._idle = 0
        self._lost_at: int | None = None
        self._lost_has_known = False
        self._distance = 0
        self._trusted_at: int | None = None
        self._after_probe: int | None = None
        self._suspicions = 0
        self._has_grown = self._is_at_front_again = False

    def ask(self, ahead: int) -> Ask | None:
        """What to ask next, or later. See `Plan`."""
        if self.is_done:
            return None
        if ahead == 0:
            return self._next_ask()
        if ahead >= self._window or self._expected is None:
            return None
        step = self._expected - 1
        offset = self._next + ahead * step
        if self._total is not None:
            if offset - step >= self._total - 1:
                return None
            offset = min(offset, self._total - 1)
        left = self._left - ahead * step
        return Ask(min(self._page_size, left + 1), offset) if left > 0 else None

    def _next_ask(self) -> Ask:
        limit = self._page_size
        if not self._idle:
            limit = min(limit, self._left + (self._next > 0))
        if self._idle > MOST_IDLE_ANSWERS + 4 * len(self._seen) // max(1, self._largest - 1):
            return Ask(limit, self._next, refused=[], why_refused=_CIRCLES)
        return Ask(limit, self._next, refused=self._refused, why_refused=_IGNORED)

    def take(self, ask: Ask, page: Page[T]) -> list[T]:
        """Go on with an answer. See `Plan`."""
        ids, offset = page.ids, ask.offset
        self._total, self._refused = page.total, None
        last_offset, last_ids = self._last
        self._last = offset, ids
        is_again = ids == last_ids and offset != last_offset
        if self._after_probe is not None:
            self._next, self._after_probe = self._after_probe, None
            self._idle += 1
            self._suspicions = self._suspicions if is_again else 0
            self.is_done = (
                self._suspicions == MOST_SUSPICIONS
            )  # all that there is has come, whatever was asked for
            return []
        known = next((place for place, one in enumerate(ids) if one in self._seen), None)
        if self._is_lost(offset, known):
            self._step_back(offset, has_known=known is not None)
            return []
        if offset == 0 and known is None and self._lost_has_known:
            # Up to the known item of the page where the place was lost, everything is new.
            self._next = self._trusted_at = self._lost_at or 0
            self._idle += 1
            self._lost_at, self._lost_has_known = None, False
            return []
        self._lost_at, self._lost_has_known, self._trusted_at = None, False, None
        self._largest = max(self._largest, len(ids))
        if known and not self._is_at_front_again:
            self._has_grown = True
            page = Page(page.items[known:], ids[known:])
        fresh = page.fresh(self._seen)
        if not fresh:
            self._go_on_without(ask, ids, is_again=is_again)
            return []
        self._has_grown = self._has_grown or (offset > 0 and len(ids) - len(fresh) > 1)
        self._idle = self._suspicions = 0
        self._next = offset + max(1, len(ids) - 1)
        fresh = fresh[: self._left]
        self._left -= len(fresh)
        self.is_done = not self._left
        self._look_ahead(ask, len(ids))
        return fresh

    def _is_lost(self, offset: int, known: int | None) -> bool:
        """Whether items may be missing between what is known and a page, given where a known item is in it."""
        if offset == 0 or self._is_at_front_again or known == 0:
            return False
        if self._largest < 2:  # where a server gives single items, none is left to tell by
            return False
        return known is None or self._trusted_at != offset

    def _look_ahead(self, ask: Ask, length: int) -> None:
        """Read further ahead with each page that is as expected; a shorter one may be the last."""
        is_expected = length > 1 and length in (ask.limit, self._length)
        self._expected = length if is_expected else None
        self._length = length
        most = MOST_AHEAD_UNCOUNTED if self._total is None else MOST_AHEAD
        self._window = min(most, 2 * self._window) if is_expected else 1

    def _go_on_without(self, ask: Ask, ids: list[str], *, is_again: bool) -> None:
        """Find out why a page brought nothing: the end, items that appeared before it, or an odd server."""
        self._idle += 1
        self._has_grown = self._has_grown or (ask.offset > 0 and len(ids) > 1)
        if len(ids) < 2 or self._is_at_front_again:
            self._end()
        elif is_again and ask.offset:
            # The listing grew by just this much, or the server ignores offsets; its front tells.
            self._suspicions += 1
            self._next, self._after_probe = 0, ask.offset + len(ids) - 1
            if self._suspicions == MOST_SUSPICIONS and len(ids) == ask.limit:
                self._refused = ids
        else:
            self._next = ask.offset + len(ids) - 1

    def _step_back(self, offset: int, *, has_known: bool) -> None:
        self._idle += 1
        self._window, self._expected, self._length = 1, None, 0
        if self._lost_at is None:
            self._lost_at, self._lost_has_known = offset, has_known
            self._distance = max(self._page_size - 1, min(self._distance, 4 * self._page_size))
        else:
            self._distance *= 2
        self._next = max(0, self._lost_at - self._distance)

    def _end(self) -> None:
        if self._is_reordered and self._has_grown and not self._is_at_front_again:
            self._is_at_front_again = True
            self._next, self._window, self._expected = 0, 1, None
        else:
            self.is_done = True
