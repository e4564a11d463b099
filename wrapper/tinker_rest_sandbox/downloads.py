"""Answers with files, whole or in parts, and with checksums of the whole."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import NamedTuple

from starlette.datastructures import Headers
from starlette.responses import FileResponse
from starlette.types import Receive, Scope, Send

from .answers import Refusal

CHUNK_BYTES = 1 << 16
MOST_RANGES = 100

_RANGE = re.compile(r"(?P<first>\d{1,18})-(?P<last>\d{0,18})|-(?P<suffix>\d{1,18})", re.ASCII)


class Checksums(NamedTuple):
    """Checksums of a file, in base64."""

    md5: str
    sha256: str


def checksums_of(file: Path) -> Checksums:
    """The checksums of a file, which is read in pieces.

    Raises:
        OSError: If it cannot be read.
    """
    md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
    with file.open("rb") as content:
        while chunk := content.read(CHUNK_BYTES):
            md5.update(chunk)
            sha256.update(chunk)
    return Checksums(*(base64.b64encode(one.digest()).decode() for one in (md5, sha256)))


class Download(FileResponse):
    """A file, or the parts of it that a request asks for.

    `Repr-Digest` (RFC 9530) is that of the whole file on every answer. `Content-MD5` is that of the body, and so
    only on answers that have the whole file.

    Args:
        file: The file.
        name: What it is called.
        media_type: What it is.
        etag: Its strong entity tag.
        checksums: Its checksums.
        method: The method of the request, `GET` or `HEAD`.
        asked: The headers of the request.

    Raises:
        Refusal: If the request asks for parts that there are not; 416.
    """

    def __init__(
        self,
        file: Path,
        *,
        name: str,
        media_type: str,
        etag: str,
        checksums: Checksums,
        method: str,
        asked: Headers,
    ) -> None:
        stat = file.stat()
        digest = {"ETag": etag, "Repr-Digest": f"sha-256=:{checksums.sha256}:"}
        super().__init__(file, headers=digest, media_type=media_type, filename=name, stat_result=stat)
        self._range = None
        condition = asked.get("if-range")
        if method == "GET" and condition in {None, etag, self.headers["last-modified"]}:
            self._range = _satisfiable(asked.get("range", ""), stat.st_size)
        if self._range is None:
            self.headers["Content-MD5"] = checksums.md5

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        headers = [header for header in scope["headers"] if header[0] not in {b"range", b"if-range"}]
        if self._range is not None:
            headers.append((b"range", self._range.encode()))
        await super().__call__({**scope, "headers": headers}, receive, send)


def _satisfiable(text: str, size: int) -> str | None:
    """What of a `Range` header can be answered; None where there is none that a server heeds.

    Raises:
        Refusal: If it cannot be read or no part of it is in the file; 416.
    """
    unit, _, listed = text.partition("=")
    if unit.strip().lower() != "bytes":
        return None
    ranges = [_RANGE.fullmatch(part.strip()) for part in listed.split(",") if part.strip()]
    found = [one.group() for one in ranges if one is not None and _is_in(one, size)]
    if not found or None in ranges or len(ranges) > MOST_RANGES:
        raise Refusal(416, "There is no such range of bytes.", (("Content-Range", f"bytes */{size}"),))
    return f"bytes={','.join(found)}"


def _is_in(asked: re.Match[str], size: int) -> bool:
    if asked["suffix"] is not None:
        return int(asked["suffix"]) > 0 and size > 0
    first = int(asked["first"])
    return first < size and (not asked["last"] or int(asked["last"]) >= first)
