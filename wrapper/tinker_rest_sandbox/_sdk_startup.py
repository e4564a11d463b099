"""The requests of the official SDK at its start and end, which the description does not cover."""

import json
import re
import sqlite3
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from attrs import frozen
from starlette.responses import Response

from tinker_rest_sandbox._access import find_session
from tinker_rest_sandbox._calls import Backend
from tinker_rest_sandbox._clock import to_microseconds
from tinker_rest_sandbox._organization import DEFAULT_PROJECT, ORGANIZATION_NAME
from tinker_rest_sandbox._responses import ApiError, json_response, no_content

FINISH_REASONS = frozenset({"success", "errored", "interrupted"})

_FINISH_PATH = re.compile(r"/api/v1/sessions/(?P<session_id>[^/%]+)/finish")


@frozen
class StartupRoute:
    """A route that only the official SDK uses; with `takes_keys`, it accepts keys even if tokens are required."""

    method: str
    answer: Callable[[Backend, str, Any], Response]
    takes_keys: bool = False


def _create_session(backend: Backend, caller: str, body: Any) -> Response:
    fields = _object(body)
    project_id = _optional(fields, "project_id", str) or DEFAULT_PROJECT
    backend.organization.check_project(project_id)
    session_id = backend.store.new_id()
    row = {
        "session_id": session_id,
        "owner": caller,
        "created": to_microseconds(backend.clock.now()),
        "display_name": _optional(fields, "display_name", str),
        "user_metadata": _optional(fields, "user_metadata", dict),
        "project_id": project_id,
        "status": {"type": "active"},
    }
    backend.store.insert("sessions", [row])
    return json_response(200, {"type": "create_session", "session_id": session_id})


def _session_heartbeat(backend: Backend, caller: str, body: Any) -> Response:
    session = find_session(backend, _optional(_object(body), "session_id", str) or "", caller)
    if not _is_running(session):
        raise ApiError(410, f"Session {session['session_id']} has finished.")
    return json_response(200, {"type": "session_heartbeat"})


def _finish_session(session_id: str, backend: Backend, caller: str, body: Any) -> Response:
    """Record why a session was finished; the first reason counts."""
    session = find_session(backend, session_id, caller)
    fields = _object(body)
    reason = _object(fields.get("reason")).get("type")
    if reason not in FINISH_REASONS:
        raise ApiError(422, f"The reason must be one of {sorted(FINISH_REASONS)}.")
    if _is_running(session):
        detail = _optional(fields, "detail", str)
        status = {"type": "client_finished", "reason": {"type": reason}, "detail": detail}
        backend.store.set_session_status(session_id, status)
    return no_content()


def _own_api_key(backend: Backend, caller: str, _body: Any) -> Response:
    user = backend.organization.users[caller]
    details = {"org_details": {"name": ORGANIZATION_NAME}, "user_details": {"email": user.email}}
    number = list(backend.organization.users).index(caller) + 1
    return json_response(200, {"key_id": number, "name": caller, "note": "", "details": details})


_ROUTES = {
    "/api/v1/client/dynamic_config": StartupRoute("POST", lambda *_: json_response(200, {})),
    "/api/v1/create_session": StartupRoute("POST", _create_session),
    "/api/v1/session_heartbeat": StartupRoute("POST", _session_heartbeat),
    "/api/v1/telemetry": StartupRoute("POST", lambda *_: json_response(200, {"status": "accepted"})),
    "/api/v1/auth/apikey/me": StartupRoute("GET", _own_api_key, takes_keys=True),
}


def find_startup_route(path: str, method: str) -> StartupRoute | None:
    """The route of a path, or None; a 405 for other methods."""
    finish = _FINISH_PATH.fullmatch(path)
    if finish is not None:
        route: StartupRoute | None = StartupRoute("POST", partial(_finish_session, finish["session_id"]))
    else:
        route = _ROUTES.get(path)
    if route is not None and route.method != method:
        raise ApiError(405, "Method Not Allowed", {"Allow": route.method})
    return route


def _is_running(session: sqlite3.Row) -> bool:
    return session["status"] is None or json.loads(session["status"])["type"] == "active"


def _object(body: Any) -> Mapping[str, Any]:
    if not isinstance(body, dict):
        raise ApiError(422, "The body, or its reason, must be a JSON object.")
    return body


def _optional(fields: Mapping[str, Any], name: str, kind: type) -> Any:
    value = fields.get(name)
    if value is not None and not isinstance(value, kind):
        raise ApiError(422, f"{name} has the wrong type.")
    return value
