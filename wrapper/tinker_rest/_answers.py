"""Answers: their bodies, unpacked and parsed within bounds."""

from __future__ import annotations

import contextlib
import json
import zlib
from collections.abc import Callable
from typing import Any

import httpx
from attrs import define, field

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


@define
class Answer:
    """A server's answer, in the form that the generated functions read.

    Attributes:
        status_code: The HTTP status, or the documented one that it stands for.
        headers: The headers by their names in lower case.
        content: The body, without content encoding.
    """

    status_code: int
    headers: dict[str, str] = field(repr=False)
    content: bytes = field(repr=False)

    def header(self, name: str) -> str:
        """A header by its name; empty if the answer has none."""
        return self.headers.get(name, "")

    def json(self) -> Any:
        """The body as parsed JSON. Raises ValueError if it is none."""
        if parse_json is not json.loads and _LONG_INTEGER not in self.content.translate(_DIGITS):
            with contextlib.suppress(ValueError):  # json reads some more, such as a byte order mark
                return parse_json(self.content)
        return json.loads(self.content)


def decoded_headers(response: httpx.Response) -> dict[str, str]:
    """The headers of a response as text, by their names in lower case."""
    return {_decoded(name).lower(): _decoded(value) for name, value in response.headers.raw}


def _decoded(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError:
        return text.decode("latin-1")


def read_body(response: httpx.Response, headers: dict[str, str], limit: int) -> bytes:
    """Read a body and undo its content encoding, up to a byte more than the limit."""
    if response.is_stream_consumed:  # a mock's, which httpx has unpacked
        return response.content[: limit + 1]
    parts, size = [], 0
    for part in response.iter_raw():
        parts.append(part)
        size += len(part)
        if size > limit:
            break
    packed = b"".join(parts)
    if headers.get("content-encoding", "").strip().lower() not in ("gzip", "x-gzip"):
        return packed
    unpacked = gunzip(packed, limit)
    return packed if unpacked is None else unpacked  # what cannot be unpacked will be no JSON


def gunzip(packed: bytes, limit: int) -> bytes | None:
    """Unpack all members of a gzip file, up to a byte more than the limit; None if it is none or is cut."""
    content, left = b"", packed
    try:
        while left and len(content) <= limit:
            member = zlib.decompressobj(31)
            content += member.decompress(left, limit + 1 - len(content))
            if not member.eof and len(content) <= limit:
                return None  # perhaps only the checksum at its end is missing
            left = member.unused_data
    except zlib.error:
        return None
    return content
