"""The host that files are downloaded from. It is another origin than the API and wants no key."""

from __future__ import annotations

import dataclasses
import hashlib
import shutil
import tempfile
import weakref
from pathlib import Path
from urllib.parse import unquote

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from .answers import Refusal
from .calls import Backend
from .downloads import Checksums, Download, checksums_of
from .faults import Faults
from .injection import serve
from .requests import ReceivedRequest, RequestLog, read_request
from .stored_files import stored_file

CREDENTIALS = ("authorization", "x-api-key", "x-tinker-weights-access-token")


class StorageApp:
    """Serves files at their signed URLs, in parts where a client asks for a range.

    Args:
        backend: The sandbox's state.
        log: Where requests are recorded.
        faults: What some requests meet in place of their answer.
        leaked_keys: Where the paths of requests that carried a credential are recorded.
    """

    def __init__(self, backend: Backend, log: RequestLog, faults: Faults, leaked_keys: list[str]) -> None:
        self._backend = backend
        self._log = log
        self._faults = faults
        self._leaked_keys = leaked_keys
        self._generation = 0
        self._checksums: dict[Path, Checksums] = {}
        directory = tempfile.mkdtemp(prefix="tinker-rest-sandbox-")
        self._directory = Path(directory)
        self._closing = weakref.finalize(self, shutil.rmtree, directory, ignore_errors=True)

    def close(self) -> None:
        """Remove the files. May be called twice."""
        self._closing()

    def forget(self) -> None:
        """Make all files anew, since what they hold may have changed."""
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
                self._log.append(dataclasses.replace(request, fault=fault.fault_id) if fault else request)

        def work() -> Response:
            with store.transaction(write=False):
                return self._response(request, Headers(scope=scope), generation)

        await serve(fault, work, scope, receive, send)

    def _response(self, request: ReceivedRequest, headers: Headers, generation: int) -> Response:
        path, _, query = request.target.partition("?")
        try:
            self._backend.check_not_reset(generation)
            if any(name in headers for name in CREDENTIALS):
                self._leaked_keys.append(path)
            if request.method not in {"GET", "HEAD"}:
                return JSONResponse({"detail": "Method Not Allowed"}, 405, {"Allow": "GET, HEAD"})
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
        except Refusal as refusal:
            return JSONResponse({"detail": refusal.detail}, refusal.status, dict(refusal.headers))

    def _file(self, path: str) -> tuple[Path, str, str]:
        """A file, made when it is first asked for, its entity tag and its media type."""
        store = self._backend.store
        store.forget_expired(self._backend.clock.now())
        stored = stored_file(self._backend, path)
        digest = hashlib.sha256(f"{self._generation}{path}".encode()).hexdigest()[:32]
        file = self._directory / digest
        if not file.exists():
            file.write_bytes(stored.read())
            self._checksums[file] = checksums_of(file)
        # Until the sandbox is reset, the bytes follow from the path alone: its digest is a strong entity tag.
        return file, f'"{digest}"', stored.media_type
