"""Answers: their bodies, unpacked and parsed within bounds."""

from __future__ import annotations

import contextlib
import json
import zlib
from collections.abc import Callable
from typing import Any

import httpx

parse_json: Callable[[bytes], Any]
try:
    from orjson import loads as parse_json
except ImportError:
    parse_json = json.loads

# Answers are JSON pages; one that is much larger, or no JSON, is not read to its end.
MAX_JSON_BYTES = 256 * 2**20
MAX_OTHER_BYTES = 2**20

_DIGITS = bytes(ord("0") if chr(code).isdigit() else 0 for code in range(128)).ljust(256, b"\0")
_LONG_INTEGER = b"0" * 19  # may have more than 64 bits, which orjson reads as a float


class Answer:
    """A server's answer, in the form that the generated functions read.

    Attributes:
        status_code: The HTTP status, or the documented one that it stands for.
        headers: The headers by their names in lower case.
        content: The body, without content encoding.
    """

    def __init__(self, status_code: int, headers: dict[str, str], content: bytes) -> None:
        self.status_code = status_code
        self.headers = headers
        self.content = content

    def header(self, name: str) -> str:
        """A header by its name; empty if the answer has none."""
        return self.headers.get(name, "")

    def json(self) -> Any:
        """The body as parsed JSON. Raises ValueError if it is not JSON."""
        if parse_json is not json.loads and _LONG_INTEGER not in self.content.translate(_DIGITS):
            with contextlib.suppress(ValueError):  # json reads some more, such as a byte order mark
                return parse_json(self.content)
        return json.loads(self.content)


def read(response: httpx.Response, *, is_json: bool = False) -> Answer:
    """Read an answer, up to as much as is ever read.

    Args:
        response: The response, whose body was not read yet.
        is_json: Whether the body is JSON whatever its type says, as where files are stored.
    """
    headers = {_decoded(name).lower(): _decoded(value) for name, value in response.headers.raw}
    is_json = is_json or "json" in headers.get("content-type", "").lower()
    limit = MAX_JSON_BYTES if is_json else MAX_OTHER_BYTES
    if response.is_stream_consumed:  # a mock's, which httpx has unpacked
        return Answer(response.status_code, headers, response.content[: limit + 1])
    parts, size = [], 0
    for part in response.iter_raw():
        parts.append(part)
        size += len(part)
        if size > limit:
            break
    content = b"".join(parts)
    if headers.get("content-encoding", "").strip().lower() in ("gzip", "x-gzip"):
        with contextlib.suppress(zlib.error):  # what cannot be unpacked will be no JSON
            content = _gunzip(content, limit)
    return Answer(response.status_code, headers, content)


def _decoded(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError:
        return text.decode("latin-1")


def _gunzip(packed: bytes, limit: int) -> bytes:
    """Unpack all members of a gzip file, up to a byte more than the limit. Raises zlib.error if it is cut."""
    content, left = b"", packed
    while left and len(content) <= limit:
        member = zlib.decompressobj(31)
        content += member.decompress(left, limit + 1 - len(content))
        if not member.eof and len(content) <= limit:
            raise zlib.error("perhaps only the checksum at its end is missing")
        left = member.unused_data
    return content
