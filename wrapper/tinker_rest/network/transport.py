"""What carrying requests to a server has in common, whatever carries them."""

import json
from collections.abc import Callable
from typing import Any

import httpx

parse_json: Callable[[bytes], Any]
try:
    from orjson import loads as parse_json
except ImportError:
    parse_json = json.loads

MAX_CONNECTIONS = 128
CONNECT_SECONDS = 10.0
KEEP_IDLE_SECONDS = 30.0
# Answers are JSON pages; one that is much larger, or no JSON, is not read to its end.
LONGEST_JSON = 256 * 2**20
LONGEST_OTHER = 2**20
# An extension of a request whose answer is JSON whatever its type says, as where files are stored.
ANY_TYPE = "tinker_rest.any_type"


class Hopeless(Exception):  # noqa: N818 - says what is wrong
    """Why no request can be sent, now or later."""


class Answer:
    """A server's answer: status, headers, body."""

    __slots__ = ("_headers", "content", "status_code")

    def __init__(self, status_code: int, headers: httpx.Headers, content: bytes) -> None:
        """Keep the parts."""
        self.status_code = status_code
        self._headers = headers
        self.content = content

    @property
    def headers(self) -> dict[str, str]:
        """The headers by their names in lower case."""
        return dict(self._headers)

    def header(self, name: str) -> str:
        """One header by its name; empty where it is not there."""
        return str(self._headers.get(name, ""))

    def json(self) -> Any:
        """The body as parsed JSON. Raises ValueError where it is none."""
        try:
            return parse_json(self.content)
        except ValueError:
            return json.loads(self.content)  # reads some more, such as a byte order mark


class StreamHead:
    """The head of an answer whose body is read piece by piece."""

    __slots__ = ("headers", "status_code")

    def __init__(self, status_code: int, headers: httpx.Headers) -> None:
        """Keep the parts."""
        self.status_code = status_code
        self.headers = headers

    def header(self, name: str) -> str:
        """One header by its name; empty where it is not there."""
        return str(self.headers.get(name, ""))


def longest_body(request: httpx.Request, headers: httpx.Headers) -> int:
    """How many bytes of an answer's body are read, given the request and the answer's headers."""
    is_json = "json" in headers.get("content-type", "").lower() or ANY_TYPE in request.extensions
    return LONGEST_JSON if is_json else LONGEST_OTHER
