"""Reads a listing whose every answer says where the next page begins."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Generic, TypeVar

from tinker_rest.iteration.plans import MOST_IDLE_ANSWERS, Ask, Page

if TYPE_CHECKING:
    from tinker_rest.types import SessionSearchCursor

T = TypeVar("T")


def cursor_text(cursor: SessionSearchCursor) -> str:
    """A cursor as a text that is the same for the same place."""
    return json.dumps(cursor.to_dict(), sort_keys=True)


class CursorPlan(Generic[T]):
    """One walk over a listing; see `Plan`.

    Args:
        page_size: The most items to ask for at once.
        limit: After how many items to end; None for all.
        cursor: Where to begin; None for the front.
    """

    def __init__(self, page_size: int, limit: int | None, cursor: SessionSearchCursor | None = None) -> None:
        """Begin at the cursor."""
        self.is_done = False
        self._page_size = page_size
        self._left = sys.maxsize if limit is None else limit
        self._seen: set[str] = set()
        self._idle = 0
        self._cursor = cursor
        self._used = frozenset((cursor_text(cursor),)) if cursor else frozenset[str]()

    def ask(self, ahead: int) -> Ask | None:
        """What to ask next; what comes after that is in the answer."""
        if self.is_done or ahead:
            return None
        refused: list[str] | None = [] if self._idle > MOST_IDLE_ANSWERS else None
        why = "the server's answers have brought nothing new for long, and each says that more follows"
        limit = min(self._page_size, self._left)
        return Ask(limit, cursor=self._cursor, refused=refused, why_refused=why, used_cursors=self._used)

    def take(self, ask: Ask, page: Page[T]) -> list[T]:
        """Go on with an answer. An empty page is no end where more follows."""
        fresh = page.fresh(self._seen)
        fresh = fresh[: self._left]
        self._left -= len(fresh)
        self._idle = 0 if fresh else self._idle + 1
        self._cursor = page.next_cursor
        self.is_done = not self._left or self._cursor is None
        if self._cursor is not None:
            self._used |= {cursor_text(self._cursor)}
        return fresh
