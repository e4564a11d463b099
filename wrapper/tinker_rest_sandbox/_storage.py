"""The storage host, which serves downloads. It has another origin than the API and needs no key."""

import base64
import hashlib
import re
import shutil
import tempfile
import weakref
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from attrs import evolve
from starlette.datastructures import Headers
from starlette.responses import FileResponse, Response
from starlette.types import Receive, Scope, Send

from tinker_rest_sandbox._calls import Backend
from tinker_rest_sandbox._faults import Faults
from tinker_rest_sandbox._injection import serve
from tinker_rest_sandbox._requests import ReceivedRequest, RequestLog, read_request
from tinker_rest_sandbox._responses import ApiError, json_response
from tinker_rest_sandbox._stored_files import stored_file

CREDENTIALS = ("authorization", "x-api-key", "x-tinker-weights-access-token")
MAX_RANGES = 100

_RANGE = re.compile(r"(?P<first>\d{1,18})-(?P<last>\d{0,18})|-(?P<suffix>\d{1,18})", re.ASCII)


class StorageApp:
    """Serves files at their signed URLs, and records the paths of requests that carry a credential."""

    def __init__(
        self, backend: Backend, log: RequestLog, faults: Faults, requests_with_credentials: list[str]
    ) -> None:
        self._backend = backend
        self._log = log
        self._faults = faults
        self._requests_with_credentials = requests_with_credentials
        self._generation = 0
        self._checksums: dict[Path, Checksums] = {}
        directory = tempfile.mkdtemp(prefix="tinker-rest-sandbox-")
        self._directory = Path(directory)
        self._closing = weakref.finalize(self, shutil.rmtree, directory, ignore_errors=True)

    def close(self) -> None:
        """Remove the files. May be called twice."""
        self._closing()

    def forget(self) -> None:
        """Drop all files, since their contents may have changed."""
        self._generation += 1
        self._checksums.clear()
        for file in self._directory.iterdir():
            file.unlink(missing_ok=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        store = self._backend.store
        generation = store.generation()
        request = await read_request(scope, receive)
        if request is None:
            return
        fault = None
        with store.transaction(write=False):  # which a reset waits for
            if store.generation() == generation:
                fault = self._faults.hit("storage", request)
                self._log.append(evolve(request, fault=fault.fault_id) if fault else request)

        def work() -> Response:
            with store.transaction(write=False):
                return self._response(request, Headers(scope=scope), generation)

        await serve(fault, work, scope, receive, send)

    def _response(self, request: ReceivedRequest, headers: Headers, generation: int) -> Response:
        path, _, query = request.target.partition("?")
        try:
            self._backend.check_not_reset(generation)
            if any(name in headers for name in CREDENTIALS):
                self._requests_with_credentials.append(path)
            if request.method not in {"GET", "HEAD"}:
                return json_response(405, {"detail": "Method Not Allowed"}, {"Allow": "GET, HEAD"})
            self._backend.signer.check(path, query)
            file, etag, media_type = self._file(path)
            return Download(
                file,
                name=unquote(path.rsplit("/", 1)[-1]),
                media_type=media_type,
                etag=etag,
                checksums=self._checksums[file],
                method=request.method,
                asked=headers,
            )
        except ApiError as error:
            return error.response()

    def _file(self, path: str) -> tuple[Path, str, str]:
        """A file, made when it is first requested, its entity tag and its media type."""
        store = self._backend.store
        store.forget_expired(self._backend.clock.now())
        stored = stored_file(self._backend, path)
        digest = hashlib.sha256(f"{self._generation}{path}".encode()).hexdigest()[:32]
        file = self._directory / digest
        if not file.exists():
            content = stored.read()
            file.write_bytes(content)
            self._checksums[file] = checksums_of(content)
        # Until the sandbox is reset, the bytes follow from the path alone: its digest is a strong entity tag.
        return file, f'"{digest}"', stored.media_type


class Checksums(NamedTuple):
    """Checksums of a file, in base64."""

    md5: str
    sha256: str


def checksums_of(content: bytes) -> Checksums:
    """The checksums of a file's content."""
    digests = hashlib.md5(content, usedforsecurity=False).digest(), hashlib.sha256(content).digest()
    return Checksums(*(base64.b64encode(digest).decode() for digest in digests))


class Download(FileResponse):
    """A file, or the parts of it that a request asks for.

    `Repr-Digest` (RFC 9530) is that of the whole file on every response. `Content-MD5` is that of the body, and so
    only on responses with the whole file.
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
    """The satisfiable part of a `Range` header, or a 416 if it has none; None if it is of another unit."""
    unit, _, listed = text.partition("=")
    if unit.strip().lower() != "bytes":
        return None
    ranges = [_RANGE.fullmatch(part.strip()) for part in listed.split(",") if part.strip()]
    found = [match.group() for match in ranges if match is not None and _is_in(match, size)]
    if not found or None in ranges or len(ranges) > MAX_RANGES:
        raise ApiError(416, "There is no such range of bytes.", {"Content-Range": f"bytes */{size}"})
    return f"bytes={','.join(found)}"


def _is_in(asked: re.Match[str], size: int) -> bool:
    if asked["suffix"] is not None:
        return int(asked["suffix"]) > 0 and size > 0
    first = int(asked["first"])
    return first < size and (not asked["last"] or int(asked["last"]) >= first)
