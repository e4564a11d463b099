"""Reading by offsets against listings that change between any two answers, thousands of random ones."""

from __future__ import annotations

import random
from collections import deque

import pytest

from tinker_rest.pagination import OffsetPlan, Page, PageRequest


class Listing:
    """A server's listing, newest first, and what is still the same in it as at the beginning."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.items = [f"old-{number}" for number in range(dice.choice((0, 1, 2, 3, 7, 30, 90)))]
        self.kept = set(self.items)
        self.cap = dice.choice((1000, 1000, 2, 3, 5))
        self.total = dice.choice((lambda: len(self.items), lambda: None, lambda: 0, lambda: 7, lambda: 10**6))
        self.activity = dice.choice((0.0, 0.1, 0.5))
        self.is_reordered = dice.random() < 0.3
        self.appeared = 0

    def change(self) -> None:
        """What other clients do."""
        while self.dice.random() < self.activity:
            kind = self.dice.random()
            if kind < 0.4:
                self.appear()
            elif self.is_reordered and self.items and kind < 0.6:
                self.items.insert(0, self.items.pop(self.dice.randrange(len(self.items))))
            elif self.items:
                for _ in range(self.dice.choice((1, 1, 1, 20))):
                    if self.items:
                        self.delete(self.dice.choice(self.items))

    def appear(self) -> None:
        self.appeared += 1
        self.items.insert(0, f"new-{self.appeared}")

    def delete(self, item: str) -> None:
        if item in self.items:
            self.items.remove(item)
            self.kept.discard(item)

    def answer(self, request: PageRequest) -> Page[str]:
        assert request.refusal is None
        items = self.items[request.query["offset"] :][: min(request.limit, self.cap)]
        return Page(items, items, self.total())


class Walk:
    """Carries out a plan as the iterators do, with answers made at any moment."""

    def __init__(self, listing: Listing, plan: OffsetPlan[str]) -> None:
        self.listing = listing
        self.plan = plan
        self.flights: deque[tuple[PageRequest, Page[str] | None]] = deque()
        self.asked = 0
        self.most_ahead = 0

    def next_page(self) -> list[str]:
        """The next new items; empty at the end."""
        while (request := self.plan.request(0)) is not None:
            if self.flights and self.flights[0][0] != request:
                self.flights.clear()
            self.top_up()
            self.land_some()
            asked, page = self.flights.popleft()
            fresh = self.plan.take(asked, page or self.listing.answer(asked))
            if fresh:
                self.top_up()
                return fresh
        return []

    def top_up(self) -> None:
        while (request := self.plan.request(len(self.flights))) is not None:
            self.flights.append((request, None))
            self.asked += 1
            assert self.asked < 5000
        self.most_ahead = max(self.most_ahead, len(self.flights))

    def land_some(self) -> None:
        """Answer some of what is in flight, with changes before and after each."""
        order = list(range(len(self.flights)))
        self.listing.dice.shuffle(order)
        for index in order:
            self.listing.change()
            request, page = self.flights[index]
            if page is None and self.listing.dice.random() < 0.6:
                self.flights[index] = (request, self.listing.answer(request))


@pytest.mark.parametrize("seed", range(40))
def test_what_stays_comes_exactly_once_whatever_happens(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(100):
        listing = Listing(dice)
        deletes = dice.choice((0.0, 0.0, 0.3, 1.0))
        added = dice.choice((0, 0, 1)) if not deletes else 0  # for each item that is given
        page_size = dice.choice((1, 2, 3, 5, 10, 200))
        walk = Walk(listing, OffsetPlan(page_size, None, is_reordered=listing.is_reordered))
        given: list[str] = []
        while page := walk.next_page():
            assert len(page) <= max(2, page_size)
            given += page
            for item in page:
                walk.land_some()
                for _ in range(added if listing.cap > 1 and not listing.is_reordered else 0):
                    listing.appear()
                if dice.random() < deletes:
                    listing.items = [one for one in listing.items if one != item]
        assert len(given) == len(set(given))
        if not listing.is_reordered:  # else an item may move from before a page to behind it, and back
            assert listing.kept <= set(given)
        assert walk.most_ahead <= 8


@pytest.mark.parametrize("seed", range(10))
def test_a_limit_ends_it_and_no_more_is_asked_than_needed(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(50):
        listing = Listing(dice)
        before, limit = list(listing.items), dice.choice((1, 2, 3, 10, 50))
        listing.activity = 0.0
        walk = Walk(listing, OffsetPlan(dice.choice((2, 5, 100)), limit))
        given: list[str] = []
        while page := walk.next_page():
            given += page
        assert given == before[:limit]


def test_a_listing_that_others_shorten_all_the_time_is_read_to_its_end() -> None:
    left = [f"item {number}" for number in range(300)]
    plan: OffsetPlan[str] = OffsetPlan(100, None)
    requests = 0
    while (request := plan.request(0)) is not None:
        assert request.refusal is None, f"after {requests} requests, {len(left)} items are left"
        offset = request.query["offset"]
        ids = left[offset : offset + request.limit]
        plan.take(request, Page(ids, ids, total=len(left)))
        del left[-3:]
        requests += 1
    assert requests > 20
