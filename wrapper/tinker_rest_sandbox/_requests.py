"""The requests that a sandbox has received, shown without secrets."""

import json
import re
import threading
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from typing import IO, Any, NoReturn, overload

from attrs import field, frozen
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope

from tinker_rest_sandbox._responses import ApiError

MAX_BODY_BYTES = 1024 * 1024
# The total size of a log; the oldest requests are dropped.
MAX_LOG_BYTES = 16 * 1024 * 1024

# API keys, even escaped ones, and JSON Web Tokens. Their first letters stay.
_KEY = re.compile(r"""(tml(?:-|%(?:25)*2d|\\u002d)|eyJ)[^\s"'\\/?&=#,;<>]+""", re.IGNORECASE)
# Headers, and fields of queries, forms and JSON, whose name says that they are secret.
_NAME = (
    r"[\w-]*(?:(?:api|private)[-_]?key|(?:authorization|auth|sig)(?![a-z])|cookie|credential|jwt|passw|pwd|secret"
    r"|signature|token)[\w-]*"
)
_SECRET_HEADER = re.compile(rf"{_NAME}|(?!x-idempotency-key).*-key", re.IGNORECASE)
_SECRET_FIELD = re.compile(
    rf"""(\b(?:{_NAME}|(?<![\w-])key)["']?\s*(?:[=:]|%3d)\s*\[?\s*["']?)"""
    r"""((?<=")(?:\\.|[^"\\])+|(?<=')(?:\\.|[^'\\])+|(?:(?:bearer|basic)\s+)?[^\s"'&,;}\]]+)""",
    re.IGNORECASE,
)
_USER_INFO = re.compile(r"(://)[^\s/@\"']+(?=@)")


@frozen
class ReceivedRequest:
    """One request, as it came over the wire.

    Attributes:
        method: The HTTP method.
        target: The path and the query, not decoded. Bytes beyond ASCII are Latin-1 characters.
        headers: The names, in lowercase, and the values of the headers.
        body: The body, or its first megabyte.
        operation_id: The operation that was called; None if the description has no such operation.
        fault: The ID of the fault that hit the request, or None.
    """

    method: str
    target: str = field(repr=lambda target: repr(redact(target)))
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(default=b"", repr=False)
    operation_id: str | None = None
    fault: str | None = None

    @property
    def is_too_large(self) -> bool:
        """Whether the body is larger than the sandbox reads."""
        return len(self.body) > MAX_BODY_BYTES

    @property
    def size(self) -> int:
        """The size in bytes, without line ends."""
        return len(self.target) + len(self.body) + sum(len(name) + len(value) for name, value in self.headers)

    def header(self, name: str) -> str | None:
        """The first value of a header, or None if it is missing; ignores case."""
        return next((value for key, value in self.headers if key == name.lower()), None)

    def json(self) -> Any:
        """The parsed body; raises a 400 if it is not JSON that can be sent on."""
        try:
            document = json.loads(self.body.decode(), parse_constant=_refuse_constant)
            # Half a surrogate pair and infinite numbers can be parsed, but not sent on.
            json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
        except (ValueError, RecursionError) as error:
            raise ApiError(400, f"The body is not JSON: {error}") from None
        return document


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON.")


def redact(text: str, shown: Collection[str] = ()) -> str:
    """Remove keys, tokens and other secrets from a text, except for the `shown` keys."""

    def without_value(found: re.Match[str]) -> str:
        return found[0] if found[2] in shown or found[2].endswith("…") else f"{found[1]}***"

    def without_key(found: re.Match[str]) -> str:
        return found[0] if found[0] in shown else f"{found[1]}…"

    return _SECRET_FIELD.sub(without_value, _KEY.sub(without_key, _USER_INFO.sub(r"\1***", text)))


def redact_header(name: str, value: str, shown: Collection[str] = ()) -> str:
    """The value of a header without its secrets; see `redact`."""
    if value in shown:
        return value
    return "***" if _SECRET_HEADER.fullmatch(name) else redact(value, shown)


class RequestLog(Sequence[ReceivedRequest]):
    """The latest requests, oldest first. Any thread may read it while requests come in."""

    def __init__(self, size: int) -> None:
        self._lock = threading.Lock()
        self._requests: deque[ReceivedRequest] = deque()
        self._size = size
        self._bytes = 0

    def append(self, request: ReceivedRequest) -> None:
        """Add a request, and drop the oldest ones when the log is full."""
        with self._lock:
            self._requests.append(request)
            self._bytes += request.size
            while len(self._requests) > self._size or self._bytes > MAX_LOG_BYTES:
                self._bytes -= self._requests.popleft().size

    def clear(self) -> None:
        """Forget all requests."""
        with self._lock:
            self._requests.clear()
            self._bytes = 0

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


async def read_request(
    scope: Scope, receive: Receive, received: IO[bytes] | None = None
) -> ReceivedRequest | None:
    """Read a whole request, with its body into a file if one is given; None if the client went away."""
    body = b""
    try:
        async for chunk in Request(scope, receive).stream():
            if received is not None:
                received.write(chunk)
                continue
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                break
    except ClientDisconnect:
        return None
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
    return ReceivedRequest(scope["method"], target_of(scope), headers, body)


def target_of(scope: Scope) -> str:
    """The path and the query of a request as they came."""
    target: bytes = scope["raw_path"]
    if scope["query_string"]:
        target += b"?" + scope["query_string"]
    return target.decode("latin-1")
