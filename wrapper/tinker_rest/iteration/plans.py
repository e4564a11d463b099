"""What a plan of reading a listing is: what to ask next, and what an answer means. Plans do no input or output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from attrs import field, frozen

if TYPE_CHECKING:
    from tinker_rest.types import SessionSearchCursor

T = TypeVar("T")

# After so many answers in a row that bring nothing, the server is taken to go round in circles.
MOST_IDLE_ANSWERS = 100


@frozen
class Ask:
    """A page to ask for.

    Attributes:
        limit: The most items that the page may hold.
        offset: How many items come before it.
        cursor: Where it begins, in a listing that has cursors.
        refused: Ids that no honest server gives here; a page of these is an error. None for none, an empty
            list for any page at all.
        why_refused: What the error says.
        used_cursors: The cursors, as texts, of which none may come again.
    """

    limit: int
    offset: int = 0
    cursor: SessionSearchCursor | None = None
    refused: list[str] | None = field(default=None, repr=False)
    why_refused: str = field(default="", repr=False)
    used_cursors: frozenset[str] = field(default=frozenset(), repr=False)

    def refuse_circles(self, ids: list[str]) -> None:
        """Raise ValueError where the answer shows that the server goes round in circles."""
        if self.refused is not None and (not self.refused or self.refused == ids):
            raise ValueError(self.why_refused)


@frozen
class Page(Generic[T]):
    """An answer: the items with their ids and what the server says of the whole listing."""

    items: list[T]
    ids: list[str]
    total: int | None = None
    next_cursor: SessionSearchCursor | None = None

    def fresh(self, seen: set[str]) -> list[T]:
        """The items whose ids are not in the set, which then has them too."""
        fresh = []
        for one, item in zip(self.ids, self.items, strict=True):
            if one not in seen:
                seen.add(one)
                fresh.append(item)
        return fresh


class Plan(Protocol[T]):
    """The state of one walk over a listing."""

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to ask."""

    def ask(self, ahead: int) -> Ask | None:
        """What to ask next (`ahead` is 0) or later; None where that is not worth asking yet."""

    def take(self, ask: Ask, page: Page[T]) -> list[T]:
        """Go on with the answer to `ask(0)`; returns the items that were not there before."""
