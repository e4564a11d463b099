"""The control path: a sandbox's Python methods over HTTP and JSON, for every language."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, unquote

from attrs import asdict, define
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tinker_rest_sandbox._additions import Additions
from tinker_rest_sandbox._clock import Clock
from tinker_rest_sandbox._exposure import check_may_control
from tinker_rest_sandbox._faults import FaultRule, Faults
from tinker_rest_sandbox._fields import AlreadyExistsError, check_arguments, moment
from tinker_rest_sandbox._representations import time_text
from tinker_rest_sandbox._requests import ReceivedRequest, RequestLog, read_request, redact, redact_header
from tinker_rest_sandbox._responses import ApiError, json_response, no_content

PREFIX = "/__sandbox__/"

_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}

logger = logging.getLogger("tinker_rest_sandbox")

Handler = Callable[[Mapping[str, Any]], Response]


@define
class ControlApp:
    """Answers requests to the control path of a sandbox. They are not logged and get no faults."""

    sandbox: Additions
    clock: Clock
    faults: Faults
    logs: Mapping[str, RequestLog]
    shown_keys: Callable[[], Collection[str]]
    describe: Callable[[], dict[str, Any]]
    reset: Callable[[], None]
    host: str
    from_anywhere: bool

    @cached_property
    def _handlers(self) -> dict[str, dict[str, Handler]]:
        sandbox = self.sandbox
        return {
            "": {"GET": lambda _: json_response(200, self.describe())},
            "requests": {
                "GET": self._show_requests,
                "DELETE": lambda _: _done(*(log.clear for log in self.logs.values())),
            },
            "faults": {
                "GET": self._show_faults,
                "POST": self._add_fault,
                "DELETE": lambda _: _done(self.faults.clear),
            },
            "clock": {"GET": self._show_time, "POST": self._move_clock},
            "reset": {"POST": lambda _: _done(self.reset)},
            "users": {"POST": self._adder(sandbox.add_user)},
            "projects": {"POST": self._adder(sandbox.add_project)},
            "sessions": {"POST": self._adder(sandbox.add_session)},
            "training_runs": {"POST": self._adder(sandbox.add_training_run)},
            "checkpoints": {"POST": self._adder(sandbox.add_checkpoint)},
            "samplers": {"POST": self._adder(sandbox.add_sampler)},
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = await read_request(scope, receive)
        if request is None:
            return
        try:
            headers = dict(reversed(request.headers))
            check_may_control(scope["client"], headers, self.host, from_anywhere=self.from_anywhere)
            response = self._response(request)
        except ApiError as error:
            response = error.response()
        except AlreadyExistsError as error:
            response = json_response(409, {"detail": str(error)})
        except ValueError as error:
            response = json_response(422, {"detail": str(error)})
        except Exception:
            logger.exception("The control path failed: %s %s", request.method, request.target)
            response = json_response(500, {"detail": "Internal server error."})
        response.headers.update(_HEADERS)
        await response(scope, receive, send)

    def _response(self, request: ReceivedRequest) -> Response:
        path, _, query = request.target.partition("?")
        name = path[len(PREFIX) :]
        methods = self._handlers.get(name)
        if name.startswith("faults/"):
            fault_id = unquote(name.removeprefix("faults/"))
            methods = {"DELETE": lambda _: self._remove_fault(fault_id)}
        if methods is None:
            known = ", ".join(sorted(filter(None, self._handlers)))
            raise ApiError(404, f"There is nothing at {path}. The paths below {PREFIX} are {known}.")
        if request.method not in methods:
            raise ApiError(405, "Method Not Allowed", {"Allow": ", ".join(sorted(methods))})
        fields = _read_body(request) if request.method == "POST" else dict(parse_qsl(query))
        return methods[request.method](fields)

    def _show_requests(self, fields: Mapping[str, Any]) -> Response:
        host = fields.get("host", "api")
        if host not in self.logs:
            raise ApiError(422, f"host is api or storage, not {host!r}.")
        shown = self.shown_keys()
        return json_response(200, {"requests": [_request_as_json(request, shown) for request in self.logs[host]]})

    def _show_faults(self, _: Mapping[str, Any]) -> Response:
        return json_response(200, {"faults": [fault.as_json() for fault in self.faults]})

    def _add_fault(self, fields: Mapping[str, Any]) -> Response:
        check_arguments(FaultRule, fields)
        return json_response(201, self.faults.add(**fields).as_json())

    def _remove_fault(self, fault_id: str) -> Response:
        try:
            self.faults.remove(fault_id)
        except ValueError as error:
            raise ApiError(404, str(error)) from None
        return no_content()

    def _show_time(self, _: Mapping[str, Any]) -> Response:
        return json_response(200, {"now": time_text(self.clock.now())})

    def _move_clock(self, fields: Mapping[str, Any]) -> Response:
        (name, value), *others = list(fields.items()) or [("", None)]
        if others or name not in {"advance", "set"}:
            raise ApiError(422, 'The clock takes {"advance": SECONDS} or {"set": TIME}.')
        if name == "set":
            try:
                self.clock.set(moment(value))
            except ValueError as error:
                raise ApiError(422, f"{error}: {value!r}.") from None
        elif isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ApiError(422, f"advance is a number of seconds, not {value!r}.")
        else:
            self.clock.advance(value)
        return self._show_time({})

    @staticmethod
    def _adder(add: Callable[..., Any]) -> Handler:
        def handle(fields: Mapping[str, Any]) -> Response:
            check_arguments(add, fields)
            return json_response(201, asdict(add(**fields)))

        return handle


def _done(*changes: Callable[[], None]) -> Response:
    for change in changes:
        change()
    return no_content()


def _read_body(request: ReceivedRequest) -> dict[str, Any]:
    # Pages of other origins cannot send this type without a preflight request, which gets no permission.
    media_type = (request.header("content-type") or "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise ApiError(415, "A POST to the control path has the Content-Type application/json.")
    if request.is_too_large:
        raise ApiError(413, "The body is too large.")
    body = request.json() if request.body else {}
    if not isinstance(body, dict):
        raise ApiError(422, "The body is a JSON object.")
    return body


def _request_as_json(request: ReceivedRequest, shown_keys: Collection[str]) -> dict[str, Any]:
    """A request without secrets. Only the sandbox's own keys are shown, since others might be real."""
    return {
        "method": request.method,
        "target": redact(request.target, shown_keys),
        "headers": [[name, redact_header(name, value, shown_keys)] for name, value in request.headers],
        "body": redact(request.body.decode("utf-8", "replace"), shown_keys),
        "operation_id": request.operation_id,
        "fault": request.fault,
    }
