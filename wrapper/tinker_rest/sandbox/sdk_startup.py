"""Answers what the official SDK asks when it starts, so that it can be run against a sandbox.

None of it is part of the described API.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from .answers import Answer, Refusal, json_answer
from .calls import Backend
from .clock import to_microseconds
from .organization import DEFAULT_PROJECT, ORGANIZATION_NAME, USERS, check_project


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
    check_project(project_id)
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
    session_id = _optional(_object(body), "session_id", str) or ""
    if backend.store.session(session_id, caller, accessible=False) is None:
        raise Refusal(404, f"Session {session_id} was not found.")
    return json_answer(200, {"type": "session_heartbeat"})


def _telemetry(_backend: Backend, _caller: str, _body: Any) -> Answer:
    return json_answer(200, {"status": "accepted"})


def _own_api_key(_backend: Backend, caller: str, _body: Any) -> Answer:
    user = USERS[caller]
    details = {"org_details": {"name": ORGANIZATION_NAME}, "user_details": {"email": user.email}}
    number = list(USERS).index(caller) + 1
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
    route = _ROUTES.get(path)
    if route is not None and route.method != method:
        raise Refusal(405, "Method Not Allowed", (("Allow", route.method),))
    return route


def _object(body: Any) -> Mapping[str, Any]:
    if not isinstance(body, dict):
        raise Refusal(422, "The body must be a JSON object.")
    return body


def _optional(fields: Mapping[str, Any], name: str, kind: type) -> Any:
    value = fields.get(name)
    if value is not None and not isinstance(value, kind):
        raise Refusal(422, f"{name} is not of the right type.")
    return value
