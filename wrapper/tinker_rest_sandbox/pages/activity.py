"""Remembers how the last requests were answered, for the page that shows them."""

from __future__ import annotations

import re
import threading
import time
from collections import deque
from typing import Any, NamedTuple

from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUESTS_KEPT = 200
LONGEST_TARGET = 300

# What a caller put into the address by mistake is a secret there too.
_KEY = re.compile(r"(tml-)[^/?&=#]+|(eyJ)[^/?&=#]+")


class AnsweredRequest(NamedTuple):
    """One request to the API and how it ended.

    Attributes:
        number: How many requests came before it, and itself.
        method: The HTTP method.
        target: The path and the query, not decoded, without keys.
        credential: The key or token that was sent, or None. It is a secret.
        status: The HTTP status, or None where there was no answer.
        milliseconds: How long it took, from the first byte received to the last byte sent.
        came: When it came, in seconds since 1970 by the clock of the machine.
    """

    number: int
    method: str
    target: str
    credential: str | None
    status: int | None
    milliseconds: float
    came: float


class Activity:
    """The last requests that an app has answered. Any thread may read it while requests come in."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: deque[AnsweredRequest] = deque(maxlen=REQUESTS_KEPT)
        self._count = 0
        self._clearings = 0

    @property
    def count(self) -> int:
        """How many requests there have been, those that are forgotten among them."""
        return self._count

    def newest(self, limit: int) -> list[AnsweredRequest]:
        """The last requests, newest first."""
        with self._lock:
            return list(self._requests)[: -limit - 1 : -1]

    def clear(self) -> None:
        """Forget all requests, and count from the beginning."""
        with self._lock:
            self._requests.clear()
            self._count = 0
            self._clearings += 1

    async def watch(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Let an app answer a request, and remember how."""
        status: int | None = None
        clearings = self._clearings
        came, started = time.time(), time.perf_counter()

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await app(scope, receive, note_status)
        finally:
            self._add(scope, status, (time.perf_counter() - started) * 1000, came, clearings)

    def _add(self, scope: Scope, status: int | None, milliseconds: float, came: float, clearings: int) -> None:
        with self._lock:
            if clearings != self._clearings:  # it was forgotten before it ended
                return
            self._count += 1
            self._requests.append(
                AnsweredRequest(
                    number=self._count,
                    method=scope["method"],
                    target=shown_target(scope),
                    credential=header_of(scope, b"x-api-key"),
                    status=status,
                    milliseconds=milliseconds,
                    came=came,
                )
            )


def header_of(scope: Scope, name: bytes) -> str | None:
    """The first value of a header, or None without it.

    Args:
        scope: The request.
        name: The name in small letters.
    """
    value: Any = next((value for key, value in scope["headers"] if key == name), None)
    return None if value is None else value.decode("latin-1")


def shown_target(scope: Scope) -> str:
    """The path and the query of a request as they may be shown: without keys, and not endless."""
    target: bytes = scope["raw_path"]
    if scope["query_string"]:
        target += b"?" + scope["query_string"]
    text = _KEY.sub(lambda key: f"{key[1] or key[2]}…", target.decode("latin-1"))
    return text if len(text) <= LONGEST_TARGET else f"{text[:LONGEST_TARGET]}…"
