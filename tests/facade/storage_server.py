"""An API that redirects to a storage of another origin, which serves one file in the ways that storages have."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import random
import re
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from .recording_server import Answer, RecordedRequest, RecordingServer, reply

PATH = "tinker://r/weights/1"
# Bytes that a test can be sure of: no two parts of them are alike.
CONTENT = random.Random(5).randbytes(3_000_000)
SIGNATURE = "signature=secret-signature"
GONE = reply(403, "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>")


@dataclass
class Storage:
    """What is served, and how.

    Attributes:
        api: Where the API is; it gives another signed URL each time.
        server: Where the storage is.
        content: The file.
        headers: Further headers of each answer.
        etag: The entity tag of the file; None for none.
        knows_ranges: Whether parts can be asked for.
        cuts: After how many bytes of the body each of the next answers breaks off; None for not at all.
        instead: What the next requests are answered in place of the file.
    """

    api: RecordingServer
    server: RecordingServer
    content: bytes = CONTENT
    headers: dict[str, str] = field(default_factory=dict)
    etag: str | None = '"one"'
    knows_ranges: bool = True
    cuts: list[int | None] = field(default_factory=list)
    instead: list[Answer] = field(default_factory=list)

    @property
    def asked(self) -> list[str | None]:
        """The range that each request to the storage asked for."""
        return [request.header("Range") for request in self.server.requests]

    def of_api(self, request: RecordedRequest) -> Answer:
        number = len(self.api.requests)
        return reply(302, Location=f"{self.server.base_url}/file-{number}?{SIGNATURE}")

    def of_storage(self, request: RecordedRequest) -> Answer:
        if self.instead:
            return self.instead.pop(0)
        first, status = 0, 200
        headers = {**({"ETag": self.etag} if self.etag else {}), **self.headers}
        asked = re.fullmatch(r"bytes=(\d+)-", request.header("Range") or "")
        if asked and self.knows_ranges and request.header("If-Range") in (None, self.etag):
            first, status = int(asked[1]), 206
            headers["Content-Range"] = f"bytes {first}-{len(self.content) - 1}/{len(self.content)}"
        answer = reply(status, self.content[first:], **headers)
        cut = self.cuts.pop(0) if self.cuts else None
        return answer if cut is None else broken(answer, len(self.content) - first - cut)


def broken(answer: bytes, missing: int) -> Answer:
    """The answer without its last bytes."""

    async def send(writer: asyncio.StreamWriter) -> None:
        writer.write(answer[:-missing])
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    return send


@contextmanager
def storage() -> Iterator[Storage]:
    with RecordingServer() as api, RecordingServer() as server:
        running = Storage(api, server)
        api.answer, server.answer = running.of_api, running.of_storage
        yield running


def base64_of(algorithm: str, content: bytes = CONTENT) -> str:
    return base64.b64encode(hashlib.new(algorithm, content).digest()).decode()


def archive_of(*members: tuple[tarfile.TarInfo, bytes], mode: str = "w:gz") -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as archive:  # type: ignore[call-overload]
        for member, content in members:
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, link
    return made
