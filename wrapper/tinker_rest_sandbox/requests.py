"""What a sandbox has received."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn, overload

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope

from .answers import Refusal

LARGEST_BODY = 1024 * 1024


@dataclass(frozen=True)
class ReceivedRequest:
    """One request, as it came over the wire.

    Attributes:
        method: The HTTP method.
        target: The path and the query, not decoded. Bytes beyond ASCII are Latin-1 characters.
        headers: The names, in small letters, and the values of the headers.
        body: The body; its first megabyte where it is larger.
        operation_id: The operation of the description that was asked for; None where there is none.
        fault: The id of the fault that hit the request; None where none did.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(default=b"", repr=False)
    operation_id: str | None = None
    fault: str | None = None

    @property
    def is_too_large(self) -> bool:
        """Whether the body is larger than the sandbox reads."""
        return len(self.body) > LARGEST_BODY

    def header(self, name: str) -> str | None:
        """The first value of a header, or None without it; the case of letters does not matter."""
        return next((value for key, value in self.headers if key == name.lower()), None)

    def json(self) -> Any:
        """The document of the body.

        Raises:
            Refusal: If it is none that can be sent on as JSON; 400.
        """
        try:
            document = json.loads(self.body.decode(), parse_constant=_refuse_constant)
            # Half a surrogate pair and infinite numbers can be written, but not sent on.
            json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
        except (ValueError, RecursionError) as error:
            raise Refusal(400, f"The body is not JSON: {error}") from None
        return document


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON.")


class RequestLog(Sequence[ReceivedRequest]):
    """The last requests, oldest first. Any thread may read it while requests come in.

    Args:
        size: How many requests are kept.
    """

    def __init__(self, size: int) -> None:
        self._lock = threading.Lock()
        self._requests: deque[ReceivedRequest] = deque(maxlen=size)

    def append(self, request: ReceivedRequest) -> None:
        """Add a request, and drop the oldest when the log is full."""
        with self._lock:
            self._requests.append(request)

    def clear(self) -> None:
        """Forget all requests."""
        with self._lock:
            self._requests.clear()

    def __len__(self) -> int:
        return len(self._requests)

    def __iter__(self) -> Iterator[ReceivedRequest]:
        return iter(self._copy())

    @overload
    def __getitem__(self, index: int) -> ReceivedRequest: ...

    @overload
    def __getitem__(self, index: slice) -> list[ReceivedRequest]: ...

    def __getitem__(self, index: int | slice) -> ReceivedRequest | list[ReceivedRequest]:
        return self._copy()[index]

    def __repr__(self) -> str:
        return f"RequestLog({self._copy()!r})"

    def _copy(self) -> list[ReceivedRequest]:
        with self._lock:
            return list(self._requests)


async def read_request(scope: Scope, receive: Receive) -> ReceivedRequest | None:
    """Read a whole request; None if the client went away."""
    body = b""
    try:
        async for chunk in Request(scope, receive).stream():
            body += chunk
            if len(body) > LARGEST_BODY:
                break
    except ClientDisconnect:
        return None
    target: bytes = scope["raw_path"]
    if scope["query_string"]:
        target += b"?" + scope["query_string"]
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
    return ReceivedRequest(scope["method"], target.decode("latin-1"), headers, body)
