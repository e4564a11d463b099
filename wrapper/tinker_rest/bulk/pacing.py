"""Keeps the many requests of one change to what the server bears: fewer at once after it said 429, then more.

Without this, calls that are told to come back in a second come back all together, and some of them never get in.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from tinker_rest.calling.retries import parse_retry_after
from tinker_rest.calling.sending import Sender
from tinker_rest.network.transport import Answer

TOO_MANY_REQUESTS = 429
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 8.0


class _Room:
    """Where requests wait, in order, for the pace and then for a connection."""

    def __init__(self, pace: PacedSender) -> None:
        self._pace = pace

    async def __aenter__(self) -> None:
        await self._pace.enter()

    async def __aexit__(self, *_: object) -> None:
        self._pace.leave()


class PacedSender(Sender):
    """Sends by another sender, at a pace.

    Args:
        sender: What carries the requests.
        most: How many may be in flight at the most.
    """

    room: _Room  # type: ignore[assignment]  # of what a semaphore is, calls use this much

    def __init__(self, sender: Sender, most: int) -> None:
        """Begin with as many as may be."""
        self.base_url = sender.base_url
        self.authenticator = sender.authenticator
        self.room = _Room(self)
        self._sender = sender
        self._most = most
        self._allowed = float(most)
        self._inside = 0
        self._entering = asyncio.Lock()
        self._left = asyncio.Event()
        self._not_before = 0.0
        self._refusals = 0

    async def enter(self) -> None:
        """Wait until another request may be sent."""
        now = asyncio.get_running_loop().time
        async with self._entering:
            while True:
                if (pause := self._not_before - now()) > 0:
                    await asyncio.sleep(pause)
                elif self._inside >= int(self._allowed):
                    self._left.clear()
                    await self._left.wait()
                else:
                    break
            self._inside += 1
        try:
            await self._sender.room.acquire()
        except BaseException:
            self._leave()
            raise

    def leave(self) -> None:
        """Let the next one in."""
        self._sender.room.release()
        self._leave()

    def _leave(self) -> None:
        self._inside -= 1
        self._left.set()

    async def send(self, request: dict[str, Any], on_sent: Callable[[], None]) -> Answer:
        """Send one request and read the answer, inside of `room`; raises as the other sender does."""
        began = asyncio.get_running_loop().time()
        answer = await self._sender.send(request, on_sent)
        if answer.status_code == TOO_MANY_REQUESTS:
            self._slow_down(answer, began)
        else:
            self._refusals = 0
            self._allowed = min(float(self._most), self._allowed + 1 / self._allowed)
        return answer

    def _slow_down(self, answer: Answer, began: float) -> None:
        asked = parse_retry_after(answer.header("retry-after"), answer.header("date"))
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(self._refusals, 16)) if asked is None else asked
        now = asyncio.get_running_loop().time()
        if began >= self._not_before:  # and not one of those that were in flight when the pace was last cut
            self._allowed = max(1.0, self._allowed / 2)
            self._refusals += 1
        self._not_before = max(self._not_before, now + pause)
