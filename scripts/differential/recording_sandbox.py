"""A sandbox that records which call in the table each request belongs to, and fails if the table says so."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from unittest.mock import patch

from starlette.responses import Response

from tinker_rest_sandbox import Sandbox
from tinker_rest_sandbox import _server as sandbox_server
from tinker_rest_sandbox._app import ApiApp
from tinker_rest_sandbox._clock import Clock
from tinker_rest_sandbox._requests import ReceivedRequest
from tinker_rest_sandbox._responses import json_response
from tinker_rest_sandbox._routing import Match
from tinker_rest_sandbox._spec import Operation

CASE = "/case/"
# What the SDK asks for before its first call and behind a program's back. It is answered, and not compared.
START_UP = {
    "/api/v1/client/config",
    "/api/v1/client/dynamic_config",
    "/api/v1/auth/token",
    "/api/v1/create_session",
    "/api/v1/session_heartbeat",
    "/api/v1/telemetry",
}
# 0.18 makes a session before any call. None is made here, so that it does not show among the seeded ones.
SESSION_OF_THE_SDK = {
    "/api/v1/create_session": {"session_id": "session-of-the-sdk", "type": "create_session"},
    "/api/v1/session_heartbeat": {"type": "session_heartbeat"},
}
# Long enough that a client meets a file that is being built.
BUILD_SECONDS = 0.05
UNREADABLE = {
    "not JSON": (b'{"training_run_id": "run-id"', "application/json"),
    "HTML": (b"<html>Log in</html>", "text/html"),
    "{}": (b"{}", "application/json"),
    "[]": (b"[]", "application/json"),
}
SIGNATURE = re.compile(r"(signature=)[\w%+/=-]+")
_PATCHING = threading.Lock()
# A client sends these by itself, or they differ from call to call: only whether they are there is compared.
ONLY_PRESENCE = ("x-api-key", "authorization", "x-tinker-weights-access-token", "x-idempotency-key")


@dataclass
class RecordingSandbox:
    """A fresh sandbox, which answers some calls with faults.

    Attributes:
        sandbox: The sandbox itself.
        faults: The answers that take the place of the sandbox's own, by the ids of calls, in their order.
        steady: The ids of the calls whose last fault lasts forever.
    """

    sandbox: Sandbox
    faults: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    steady: frozenset[str] = frozenset()

    def requests(self) -> dict[str, list[dict[str, Any]]]:
        """The requests of each call, as they are compared."""
        found: dict[str, list[dict[str, Any]]] = {}
        case = ""
        for request in self.sandbox.requests:
            path = request.target.partition("?")[0]
            if path.startswith(CASE):
                case = path.removeprefix(CASE)
                found[case] = []
            elif path not in START_UP:
                found.setdefault(case, []).append(self._compared(request))
        return found

    def _compared(self, request: ReceivedRequest) -> dict[str, Any]:
        host = request.header("host") or ""
        origin = "" if self.sandbox.base_url.endswith(host) else "(storage) "
        headers = {name: "sent" for name in ONLY_PRESENCE if request.header(name) is not None}
        headers["accept"] = ", ".join(value for name, value in request.headers if name == "accept")
        if request.body:
            headers["content-type"] = request.header("content-type") or ""
        target = SIGNATURE.sub(r"\1…", request.target)
        return {
            "line": f"{request.method} {origin}{target}",
            "body": json.dumps(json.loads(request.body), sort_keys=True) if request.body else "",
            "headers": headers,
            "idempotency key": request.header("x-idempotency-key"),
        }

    def check(self) -> None:
        """End the script where our client gave a key away, or an answer was not as described."""
        if self.sandbox.requests_with_credentials:
            paths = self.sandbox.requests_with_credentials
            raise SystemExit(f"Our client sent its key to another origin: {paths}")
        if self.sandbox.violations:
            raise SystemExit(f"The sandbox broke its description: {self.sandbox.violations}")

    def without_places(self, text: str) -> str:
        """A text with the sandbox's addresses and signatures made the same every time."""
        text = text.replace(self.sandbox.base_url, "http://api").replace(
            self.sandbox.storage_url, "http://storage"
        )
        return SIGNATURE.sub(r"\1…", text)


class _FaultyApi(ApiApp):
    """The sandbox's API, which keeps count of the calls and of the faults that each has met."""

    def __init__(self, recording: RecordingSandbox, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._recording = recording
        self._case = ""
        self._met = 0

    def _response(self, request: ReceivedRequest, match: Match[Operation] | None, generation: int) -> Response:
        path = request.target.partition("?")[0]
        if path.startswith(CASE):
            self._case, self._met = path.removeprefix(CASE), 0
            return Response(status_code=204)
        if path in SESSION_OF_THE_SDK:
            return json_response(200, SESSION_OF_THE_SDK[path])
        fault = None if path in START_UP else self._fault()
        if fault is None:
            return super()._response(request, match, generation)
        # Without it our client would take the answer for one to another request.
        fault.headers["X-Request-Id"] = request.header("x-request-id") or "req-fault"
        return fault

    def _fault(self) -> Response | None:
        faults = self._recording.faults.get(self._case, ())
        if self._met >= len(faults) and self._case not in self._recording.steady:
            return None
        fault = faults[min(self._met, len(faults) - 1)]
        self._met += 1
        if fault in UNREADABLE:
            body, content_type = UNREADABLE[fault]
            return Response(body, 200, {"Content-Type": content_type})
        status, _, retry_after = fault.partition(" after ")
        headers = {"Retry-After": retry_after} if retry_after else {}
        return json_response(int(status), {"detail": f"The table wants {status}."}, headers)


@contextmanager
def recording_sandbox(
    time: datetime,
    faults: Mapping[str, tuple[str, ...]] | None = None,
    steady: frozenset[str] = frozenset(),
    *,
    build_seconds: float = BUILD_SECONDS,
) -> Iterator[RecordingSandbox]:
    """A fresh sandbox with a frozen clock, so that two of them respond the same."""
    clock = Clock(time, frozen=True)
    sandbox = Sandbox(clock=clock, archive_build_seconds=build_seconds, validate_responses=True)
    sandbox.storage_requests = sandbox.requests  # so that the order of all requests is known
    recording = RecordingSandbox(sandbox, faults or {}, steady)

    def api(*arguments: Any, **options: Any) -> ApiApp:
        return _FaultyApi(recording, *arguments, **options)

    with _PATCHING, patch.object(sandbox_server, "ApiApp", api):
        sandbox.start()
    with sandbox:
        yield recording
