"""The latest requests and their responses, for the page that shows them."""

import threading
import time
from collections import deque

from attrs import field, frozen
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tinker_rest_sandbox._requests import redact, target_of

MAX_REQUESTS = 200
MAX_TARGET_LENGTH = 300


@frozen
class AnsweredRequest:
    """One request to the API and how it ended.

    `number` counts from 1, `status` is None if there was no response, and `came` is in seconds since 1970 by the
    clock of the machine.
    """

    number: int
    method: str
    target: str
    credential: str | None = field(repr=False)
    status: int | None
    milliseconds: float
    came: float


class Activity:
    """The latest requests that an app has answered. Any thread may read it while requests come in."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: deque[AnsweredRequest] = deque(maxlen=MAX_REQUESTS)
        self._clearings = 0
        self.count = 0

    def newest(self) -> list[AnsweredRequest]:
        """The latest requests, newest first."""
        with self._lock:
            return list(self._requests)[::-1]

    def clear(self) -> None:
        """Forget all requests, and count from 1 again."""
        with self._lock:
            self._requests.clear()
            self.count = 0
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
            milliseconds = (time.perf_counter() - started) * 1000
            with self._lock:
                if clearings == self._clearings:  # else it was cleared before it ended
                    self.count += 1
                    target = redact(target_of(scope))
                    if len(target) > MAX_TARGET_LENGTH:
                        target = f"{target[:MAX_TARGET_LENGTH]}…"
                    credential = header_of(scope, b"x-api-key")
                    answered = (self.count, scope["method"], target, credential, status, milliseconds, came)
                    self._requests.append(AnsweredRequest(*answered))


def header_of(scope: Scope, name: bytes) -> str | None:
    """The first value of a header, by its name in lowercase, or None."""
    value: bytes | None = next((value for key, value in scope["headers"] if key == name), None)
    return None if value is None else value.decode("latin-1")
