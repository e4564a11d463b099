"""The storage host, which serves downloads. Its origin differs from the API's, and it needs no key."""

import base64
import contextlib
import hashlib
import shutil
import tempfile
import weakref
from functools import partial
from pathlib import Path
from typing import IO
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
from tinker_rest_sandbox._uploads import receive_file

CREDENTIALS = ("authorization", "x-api-key", "x-tinker-weights-access-token")


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
        self._headers: dict[Path, dict[str, str]] = {}
        directory = tempfile.mkdtemp(prefix="tinker-rest-sandbox-")
        self._directory = Path(directory)
        self._closing = weakref.finalize(self, shutil.rmtree, directory, ignore_errors=True)

    def close(self) -> None:
        """Remove the files. May be called twice."""
        self._closing()

    def forget(self) -> None:
        """Drop all files, since their contents may have changed."""
        self._generation += 1
        self._headers.clear()
        for file in self._directory.iterdir():
            file.unlink(missing_ok=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        store = self._backend.store
        generation = store.generation()
        with contextlib.ExitStack() as until_answered:
            received = None
            if scope["method"] == "PUT" and scope["path"].startswith("/uploads/"):
                received = until_answered.enter_context(store.uploaded_files.receive())
            request = await read_request(scope, receive, received)
            if request is not None:
                await self._serve(request, received, generation, scope, receive, send)

    async def _serve(
        self,
        request: ReceivedRequest,
        received: IO[bytes] | None,
        generation: int,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        store = self._backend.store
        fault = None
        with store.transaction(write=False):  # a reset waits for this
            if store.generation() == generation:
                fault = self._faults.hit("storage", request)
                self._log.append(evolve(request, fault=fault.fault_id) if fault else request)

        def work() -> Response:
            with store.transaction(write=False):
                return self._response(request, received, Headers(scope=scope), generation)

        await serve(fault, work, scope, receive, send)

    def _response(
        self, request: ReceivedRequest, received: IO[bytes] | None, headers: Headers, generation: int
    ) -> Response:
        path, _, query = request.target.partition("?")
        try:
            self._backend.check_not_reset(generation)
            if any(name in headers for name in CREDENTIALS):
                self._requests_with_credentials.append(path)
            if request.method not in {"GET", "HEAD"} and received is None:
                return json_response(405, {"detail": "Method Not Allowed"}, {"Allow": "GET, HEAD"})
            self._backend.signer.check(path, query)
            if received is not None:
                return receive_file(self._backend, request, path, received)
            file, media_type = self._file(path)
            sent = dict(self._headers[file])
            if "range" in headers:
                del sent["Content-MD5"]  # covers the body; Repr-Digest (RFC 9530) covers the whole file
            name = unquote(path.rsplit("/", 1)[-1])
            return FileResponse(file, headers=sent, media_type=media_type, filename=name, stat_result=file.stat())
        except ApiError as error:
            return error.response()

    def _file(self, path: str) -> tuple[Path, str]:
        """A file, created when it is first requested, and its media type."""
        store = self._backend.store
        store.forget_expired(self._backend.clock.now())
        stored = stored_file(self._backend, path)
        digest = hashlib.sha256(f"{self._generation}{path}".encode()).hexdigest()[:32]
        file = stored.file or self._directory / digest
        if file not in self._headers:
            if stored.file is None:
                file.write_bytes(stored.read())
            with file.open("rb") as content:
                sha256 = hashlib.file_digest(content, "sha256").digest()
                content.seek(0)
                md5 = hashlib.file_digest(content, partial(hashlib.md5, usedforsecurity=False)).digest()
            # Until a reset, the bytes depend only on the path, so its digest is a strong ETag.
            self._headers[file] = {
                "ETag": f'"{digest}"',
                "Repr-Digest": f"sha-256=:{_base64(sha256)}:",
                "Content-MD5": _base64(md5),
            }
        return file, stored.media_type


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()
