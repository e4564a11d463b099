"""Answers what the official SDK asks when it starts and ends, so that it can be run against a sandbox.

None of it is part of the described API.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from .answers import DONE, Answer, Refusal, json_answer
from .calls import Backend
from .clock import to_microseconds
from .organization import DEFAULT_PROJECT, ORGANIZATION_NAME

FINISH_REASONS = frozenset({"success", "errored", "interrupted"})

_FINISH_PATH = re.compile(r"/api/v1/sessions/(?P<session_id>[^/%]+)/finish")


class StartupRoute(NamedTuple):
    """A route that only the official SDK asks for.

    Attributes:
        method: The HTTP method in capitals.
        answer: Answers a request, given the state, the caller and the JSON body.
        takes_keys: Whether an API key is taken even where tokens are required.
    """

    method: str
    answer: Callable[[Backend, str, Any], Answer]
    takes_keys: bool = False


def _dynamic_config(_backend: Backend, _caller: str, _body: Any) -> Answer:
    return json_answer(200, {})


def _create_session(backend: Backend, caller: str, body: Any) -> Answer:
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
    return json_answer(200, {"type": "create_session", "session_id": session_id})


def _session_heartbeat(backend: Backend, caller: str, body: Any) -> Answer:
    session = _own_session(backend, caller, _optional(_object(body), "session_id", str) or "")
    if not _is_running(session):
        raise Refusal(410, f"Session {session['session_id']} has finished.")
    return json_answer(200, {"type": "session_heartbeat"})


def _finish_session(session_id: str, backend: Backend, caller: str, body: Any) -> Answer:
    """Keep why a session was finished; the first reason stays."""
    session = _own_session(backend, caller, session_id)
    fields = _object(body)
    reason = _object(fields.get("reason")).get("type")
    if reason not in FINISH_REASONS:
        raise Refusal(422, f"The reason is one of {sorted(FINISH_REASONS)}.")
    if _is_running(session):
        detail = _optional(fields, "detail", str)
        status = {"type": "client_finished", "reason": {"type": reason}, "detail": detail}
        backend.store.set_session_status(session_id, status)
    return DONE


def _telemetry(_backend: Backend, _caller: str, _body: Any) -> Answer:
    return json_answer(200, {"status": "accepted"})


def _own_api_key(backend: Backend, caller: str, _body: Any) -> Answer:
    user = backend.organization.users[caller]
    details = {"org_details": {"name": ORGANIZATION_NAME}, "user_details": {"email": user.email}}
    number = list(backend.organization.users).index(caller) + 1
    return json_answer(200, {"key_id": number, "name": caller, "note": "", "details": details})


_ROUTES = {
    "/api/v1/client/dynamic_config": StartupRoute("POST", _dynamic_config),
    "/api/v1/create_session": StartupRoute("POST", _create_session),
    "/api/v1/session_heartbeat": StartupRoute("POST", _session_heartbeat),
    "/api/v1/telemetry": StartupRoute("POST", _telemetry),
    "/api/v1/auth/apikey/me": StartupRoute("GET", _own_api_key, takes_keys=True),
}


def find_startup_route(path: str, method: str) -> StartupRoute | None:
    """The route of a path, or None where there is none.

    Raises:
        Refusal: If the path has another method; 405.
    """
    finish = _FINISH_PATH.fullmatch(path)
    if finish is not None:
        route: StartupRoute | None = StartupRoute("POST", partial(_finish_session, finish["session_id"]))
    else:
        route = _ROUTES.get(path)
    if route is not None and route.method != method:
        raise Refusal(405, "Method Not Allowed", (("Allow", route.method),))
    return route


def _own_session(backend: Backend, caller: str, session_id: str) -> sqlite3.Row:
    row = backend.store.session(session_id, caller, accessible=False)
    if row is None:
        raise Refusal(404, f"Session {session_id} was not found.")
    return row


def _is_running(session: sqlite3.Row) -> bool:
    return session["status"] is None or json.loads(session["status"])["type"] == "active"


def _object(body: Any) -> Mapping[str, Any]:
    if not isinstance(body, dict):
        raise Refusal(422, "The body, or its reason, is not a JSON object.")
    return body


def _optional(fields: Mapping[str, Any], name: str, kind: type) -> Any:
    value = fields.get(name)
    if value is not None and not isinstance(value, kind):
        raise Refusal(422, f"{name} is not of the right type.")
    return value
