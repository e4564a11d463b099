"""The host that files are downloaded from. It is another origin than the API and wants no key."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import weakref
from pathlib import Path
from urllib.parse import unquote

from starlette.datastructures import Headers
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.types import Receive, Scope, Send

from .answers import Refusal
from .calls import Backend
from .requests import ReceivedRequest, RequestLog, read_request
from .stored_files import stored_file

CREDENTIALS = ("authorization", "x-api-key", "x-tinker-weights-access-token")


class StorageApp:
    """Serves files at their signed URLs, in parts where a client asks for a range.

    Args:
        backend: The sandbox's state.
        log: Where requests are recorded.
        leaked_keys: Where the paths of requests that carried a credential are recorded.
    """

    def __init__(self, backend: Backend, log: RequestLog, leaked_keys: list[str]) -> None:
        self._backend = backend
        self._log = log
        self._leaked_keys = leaked_keys
        directory = tempfile.mkdtemp(prefix="tinker-rest-sandbox-")
        self._directory = Path(directory)
        self._closing = weakref.finalize(self, shutil.rmtree, directory, ignore_errors=True)

    def close(self) -> None:
        """Remove the files. May be called twice."""
        self._closing()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = await read_request(scope, receive)
        if request is None:
            return
        self._log.append(request)
        response = self._response(request, Headers(scope=scope))
        await response(scope, receive, send)

    def _response(self, request: ReceivedRequest, headers: Headers) -> Response:
        path, _, query = request.target.partition("?")
        if any(name in headers for name in CREDENTIALS):
            self._leaked_keys.append(path)
        if request.method not in {"GET", "HEAD"}:
            return JSONResponse({"detail": "Method Not Allowed"}, 405, {"Allow": "GET, HEAD"})
        try:
            self._backend.signer.check(path, query)
            file, etag, media_type = self._file(path)
        except Refusal as refusal:
            return JSONResponse({"detail": refusal.detail}, refusal.status)
        return FileResponse(
            file,
            media_type=media_type,
            headers={"ETag": etag},
            filename=unquote(path.rsplit("/", 1)[-1]),
            stat_result=file.stat(),
        )

    def _file(self, path: str) -> tuple[Path, str, str]:
        """A file, made when it is first asked for, its entity tag and its media type."""
        store = self._backend.store
        store.forget_expired(self._backend.clock.now())
        stored = stored_file(self._backend, path)
        digest = hashlib.sha256(path.encode()).hexdigest()[:32]
        file = self._directory / digest
        if not file.exists():
            file.write_bytes(stored.read())
        # The bytes follow from the path alone, so its digest is a strong entity tag.
        return file, f'"{digest}"', stored.media_type
