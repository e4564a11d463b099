"""The control path: what a sandbox's methods do in Python, over HTTP and in JSON, for every language."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from .addition_checks import AlreadyThere
from .answers import DONE, Answer, Refusal, json_answer
from .control_access import check_may_control
from .representations import time_text
from .requests import ReceivedRequest, read_request
from .scenario import validator_of

if TYPE_CHECKING:
    from .server import Sandbox

PREFIX = "/__sandbox__/"

_CREDENTIAL_HEADERS = frozenset({"x-api-key", "authorization", "cookie", "x-tinker-weights-access-token"})
_HEADERS = (
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)

logger = logging.getLogger("tinker_rest_sandbox")

Handler = Callable[[Mapping[str, Any]], Answer]


def with_control(api: ASGIApp, control: ControlApp) -> ASGIApp:
    """An app that serves the control path below `/__sandbox__/`, and the API everywhere else."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        is_control = scope["raw_path"].startswith(PREFIX.encode()) or scope["raw_path"] == PREFIX[:-1].encode()
        await (control if is_control else api)(scope, receive, send)

    return app


class ControlApp:
    """Answers requests to the control path. They are not logged and meet no faults.

    Args:
        sandbox: What is controlled.
        host: The host that it listens on.
        from_anywhere: Whether other machines than this one may control it.
    """

    def __init__(self, sandbox: Sandbox, host: str, *, from_anywhere: bool) -> None:
        self._sandbox = sandbox
        self._host = host
        self._from_anywhere = from_anywhere
        self._handlers: dict[str, dict[str, Handler]] = {
            "": {"GET": self._tell_state},
            "requests": {"GET": self._tell_requests, "DELETE": self._forget_requests},
            "faults": {"GET": self._tell_faults, "POST": self._add_fault, "DELETE": self._remove_faults},
            "clock": {"GET": self._tell_clock, "POST": self._move_clock},
            "reset": {"POST": self._reset},
            "users": {"POST": self._adder("user", sandbox.add_user)},
            "projects": {"POST": self._adder("project", sandbox.add_project)},
            "sessions": {"POST": self._adder("session", sandbox.add_session)},
            "training_runs": {"POST": self._adder("training_run", sandbox.add_training_run)},
            "checkpoints": {"POST": self._adder("checkpoint", sandbox.add_checkpoint)},
            "samplers": {"POST": self._adder("sampler", sandbox.add_sampler)},
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = await read_request(scope, receive)
        if request is None:
            return
        try:
            headers = dict(reversed(request.headers))
            check_may_control(scope["client"], headers, self._host, from_anywhere=self._from_anywhere)
            answer = self._answer(request)
        except Refusal as refusal:
            answer = refusal.answer()
        except AlreadyThere as error:
            answer = json_answer(409, {"detail": str(error)})
        except ValueError as error:
            answer = json_answer(422, {"detail": str(error)})
        except Exception:
            logger.exception("The control path failed: %s %s", request.method, request.target)
            answer = json_answer(500, {"detail": "Internal server error."})
        response = Response(answer.body, answer.status, {**dict(answer.headers), **dict(_HEADERS)})
        await response(scope, receive, send)

    def _answer(self, request: ReceivedRequest) -> Answer:
        path, _, query = request.target.partition("?")
        name = path[len(PREFIX) :]
        methods = self._handlers.get(name)
        if name.startswith("faults/"):
            fault_id = unquote(name.removeprefix("faults/"))
            methods = {"DELETE": lambda _: self._remove_fault(fault_id)}
        if methods is None:
            known = ", ".join(sorted(filter(None, self._handlers)))
            raise Refusal(404, f"There is nothing at {path}. Below {PREFIX} there are {known}.")
        if request.method not in methods:
            raise Refusal(405, "Method Not Allowed", (("Allow", ", ".join(sorted(methods))),))
        fields = _read_body(request) if request.method == "POST" else dict(parse_qsl(query))
        return methods[request.method](fields)

    def _tell_state(self, _: Mapping[str, Any]) -> Answer:
        sandbox = self._sandbox
        logged = {"requests": len(sandbox.requests), "storage_requests": len(sandbox.storage_requests)}
        state = {
            "base_url": sandbox.base_url,
            "storage_url": sandbox.storage_url,
            "now": time_text(sandbox.clock.now()),
            "users": [dataclasses.asdict(user) for user in sandbox.users],
            "projects": list(sandbox.projects),
            "counts": {**sandbox.counts(), **logged, "faults": len(sandbox.faults)},
            "violations": list(sandbox.violations),
            "leaked_keys": list(sandbox.leaked_keys),
        }
        return json_answer(200, state)

    def _tell_requests(self, fields: Mapping[str, Any]) -> Answer:
        host = fields.get("host", "api")
        logs = {"api": self._sandbox.requests, "storage": self._sandbox.storage_requests}
        if host not in logs:
            raise Refusal(422, f"host is api or storage, not {host!r}.")
        shown = {user.api_key for user in self._sandbox.users}
        return json_answer(200, {"requests": [_request_as_json(one, shown) for one in logs[host]]})

    def _forget_requests(self, _: Mapping[str, Any]) -> Answer:
        self._sandbox.requests.clear()
        self._sandbox.storage_requests.clear()
        return DONE

    def _tell_faults(self, _: Mapping[str, Any]) -> Answer:
        return json_answer(200, {"faults": [fault.as_json() for fault in self._sandbox.faults]})

    def _add_fault(self, fields: Mapping[str, Any]) -> Answer:
        _check("fault", fields)
        return json_answer(201, self._sandbox.faults.add(**fields).as_json())

    def _remove_faults(self, _: Mapping[str, Any]) -> Answer:
        self._sandbox.faults.clear()
        return DONE

    def _remove_fault(self, fault_id: str) -> Answer:
        try:
            self._sandbox.faults.remove(fault_id)
        except ValueError as error:
            raise Refusal(404, str(error)) from None
        return DONE

    def _tell_clock(self, _: Mapping[str, Any]) -> Answer:
        return json_answer(200, {"now": time_text(self._sandbox.clock.now())})

    def _move_clock(self, fields: Mapping[str, Any]) -> Answer:
        (name, value), *others = list(fields.items()) or [("", None)]
        if others or name not in {"advance", "set"}:
            raise Refusal(422, 'The clock takes {"advance": SECONDS} or {"set": TIME}.')
        if name == "advance":
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise Refusal(422, f"advance is a number of seconds, not {value!r}.")
            self._sandbox.clock.advance(value)
        else:
            self._sandbox.clock.set(_moment(value))
        return self._tell_clock({})

    def _reset(self, _: Mapping[str, Any]) -> Answer:
        self._sandbox.reset()
        return DONE

    def _adder(self, thing: str, add: Callable[..., Any]) -> Handler:
        def handle(fields: Mapping[str, Any]) -> Answer:
            _check(thing, fields)
            return json_answer(201, dataclasses.asdict(add(**fields)))

        return handle


def _read_body(request: ReceivedRequest) -> dict[str, Any]:
    # A page of another origin cannot send this type without asking first, and is not answered then.
    media_type = (request.header("content-type") or "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise Refusal(415, "A POST to the control path has the Content-Type application/json.")
    if request.is_too_large:
        raise Refusal(413, "The body is too large.")
    body = request.json() if request.body else {}
    if not isinstance(body, dict):
        raise Refusal(422, "The body is a JSON object.")
    return body


def _check(thing: str, fields: Mapping[str, Any]) -> None:
    error = next(validator_of(thing).iter_errors(dict(fields)), None)
    if error is not None:
        place = ".".join(map(str, error.instance_path)) or thing
        raise Refusal(422, f"{place}: {error.message}")


def _moment(value: object) -> datetime:
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        raise Refusal(422, f"set is a time such as 2026-07-13T09:00:00Z, not {value!r}.") from None


def _request_as_json(request: ReceivedRequest, shown_keys: Collection[str]) -> dict[str, Any]:
    """A request as JSON. Keys that are not the sandbox's own might be real ones, and are not shown."""
    headers = [
        [name, "***" if name in _CREDENTIAL_HEADERS and value not in shown_keys else value]
        for name, value in request.headers
    ]
    return {
        "method": request.method,
        "target": request.target,
        "headers": headers,
        "body": request.body.decode("utf-8", "replace"),
        "operation_id": request.operation_id,
        "fault": request.fault,
    }
