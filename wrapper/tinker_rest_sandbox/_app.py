"""The API as an ASGI app: routing, keys, validation, dispatch and errors, all from the description."""

import logging
import secrets
import sqlite3
from typing import Any
from urllib.parse import parse_qsl

from attrs import asdict, define, evolve
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tinker_rest_sandbox._calls import Backend, Call
from tinker_rest_sandbox._exposure import host_name
from tinker_rest_sandbox._faults import Faults
from tinker_rest_sandbox._handlers import HANDLERS
from tinker_rest_sandbox._injection import serve
from tinker_rest_sandbox._requests import ReceivedRequest, RequestLog, read_request
from tinker_rest_sandbox._responses import ApiError, json_response
from tinker_rest_sandbox._routing import Match, UndecodablePath
from tinker_rest_sandbox._sdk_startup import StartupRoute, find_startup_route
from tinker_rest_sandbox._signing import ASKED_HOST
from tinker_rest_sandbox._spec import Operation, Spec, SpecViolation
from tinker_rest_sandbox._store import KeyedRequest
from tinker_rest_sandbox._tokens import Credentials

MAX_REQUEST_ID_LENGTH = 255
KEY_HEADER = "x-api-key"
IDEMPOTENCY_HEADER = "X-Idempotency-Key"

TOKEN_OPERATIONS = frozenset({"get_client_config", "exchange_credential"})
# These change nothing, so there is no need to keep their responses; tokens must not be kept.
READING_POSTS = TOKEN_OPERATIONS | {"search_checkpoints", "search_sessions"}

logger = logging.getLogger("tinker_rest_sandbox")


@define
class ApiApp:
    """Serves the operations of a description.

    Responses that the description does not allow become a 500 and are recorded in `violations`; if that is None,
    responses are not checked.
    """

    _spec: Spec
    _backend: Backend
    _credentials: Credentials
    _log: RequestLog
    _faults: Faults
    _violations: list[str] | None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        store = self._backend.store
        generation = store.generation()
        request = await read_request(scope, receive)
        if request is None:
            return
        match = self._spec.find(request.target.partition("?")[0].encode("latin-1"), request.method)
        if match is not None and match.operation is not None:
            request = evolve(request, operation_id=match.operation.operation_id)
        fault = None
        with store.transaction(write=False):  # a reset waits for this
            if store.generation() == generation:
                fault = self._faults.hit("api", request)
                self._log.append(evolve(request, fault=fault.fault_id) if fault else request)

        def work() -> Response:
            with store.transaction(write=False):
                return self._response(request, match, generation)

        await serve(fault, work, scope, receive, send)

    def _response(self, request: ReceivedRequest, match: Match[Operation] | None, generation: int) -> Response:
        request_id = request.header("x-request-id") or ""
        if not 1 <= len(request_id) <= MAX_REQUEST_ID_LENGTH:
            request_id = f"req-{secrets.token_hex(8)}"
        path, _, query = request.target.partition("?")
        ASKED_HOST.set(host_name(request.header("host") or ""))
        operation: Operation | None = None
        try:
            self._backend.check_not_reset(generation)
            self._backend.organization.refresh()
            route = find_startup_route(path, request.method) if match is None else None
            if route is not None:
                response = self._startup_response(route, request)
            else:
                match, operation = self._offered(match)
                is_exchange = operation.operation_id in TOKEN_OPERATIONS
                caller = self._credentials.caller(request.header(KEY_HEADER), may_be_a_key=is_exchange)
                call = read_call(operation, match, query, request, caller)
                response = self._handle(operation, call, request, path.encode("latin-1"))
        except ApiError as error:
            response = error.response()
        except sqlite3.Error as error:
            logger.exception("Request %s failed: %s %s", request_id, request.method, path)
            response = json_response(500, {"detail": f"The sandbox's database failed: {error}."})
        except Exception:
            logger.exception("Request %s failed: %s %s", request_id, request.method, path)
            response = json_response(500, {"detail": "Internal server error."})
        response.headers["X-Request-Id"] = request_id
        return response if operation is None else self._checked(operation, response)

    def _offered(self, match: Match[Operation] | None) -> tuple[Match[Operation], Operation]:
        if match is None:
            raise ApiError(404, "Not Found")
        if match.operation is None:
            raise ApiError(405, "Method Not Allowed", {"Allow": match.allow})
        if match.operation.operation_id not in HANDLERS:
            raise ApiError(501, f"The sandbox has no handler for {match.operation.operation_id}.")
        is_disabled = self._backend.token_exchange == "disabled"  # noqa: S105 - not a secret
        if is_disabled and match.operation.operation_id in TOKEN_OPERATIONS:
            raise ApiError(404, "Not Found")
        return match, match.operation

    def _startup_response(self, route: StartupRoute, request: ReceivedRequest) -> Response:
        caller = self._credentials.caller(request.header(KEY_HEADER), may_be_a_key=route.takes_keys)
        body = _read_json(request) if request.body else None
        with self._backend.store.transaction():
            return route.answer(self._backend, caller, body)

    def _handle(self, operation: Operation, call: Call, request: ReceivedRequest, path: bytes) -> Response:
        store = self._backend.store
        store.forget_expired(self._backend.clock.now())
        handler = HANDLERS[operation.operation_id]
        key = request.header(IDEMPOTENCY_HEADER)
        changes = operation.method != "GET" and operation.operation_id not in READING_POSTS
        if not key or not changes:
            with store.transaction(write=changes):
                return handler(self._backend, call)
        keyed = KeyedRequest(call.caller, operation.method, path, key, request.body)
        with store.transaction():
            kept = store.kept_response(keyed)
            if kept is not None:
                return kept
            try:
                response = handler(self._backend, call)
            except ApiError as error:
                # Handlers refuse before they write, so there is nothing to undo.
                response = error.response()
            store.keep_response(keyed, response, self._backend.clock.now())
            return response

    def _checked(self, operation: Operation, response: Response) -> Response:
        if self._violations is None:
            return response
        try:
            body = bytes(response.body)
            self._spec.check_response(operation.operation_id, response.status_code, response.headers, body)
        except SpecViolation as violation:
            logger.warning("%s", violation)
            self._violations.append(str(violation))
            return json_response(500, {"detail": f"The sandbox violated its description: {violation}"})
        return response


def read_call(
    operation: Operation, match: Match[Operation], query: str, request: ReceivedRequest, caller: str
) -> Call:
    """Read the parameters and the body of a request, and check them against the description."""
    try:
        path = match.parameters()
        fields = parse_qsl(query, keep_blank_values=True, errors="strict")
    except (UndecodablePath, UnicodeDecodeError) as error:
        raise ApiError(400, f"The URL cannot be read: {error}") from None
    values: dict[str, Any] = {
        "path": path,
        "query": operation.read("query", dict(fields)),
        "header": operation.read("header", dict(reversed(request.headers))),
    }
    if operation.takes_body and request.body:
        values["body"] = _read_json(request)
    issues = operation.issues(values)
    if issues:
        sentence = operation.range_sentence(issues)
        if sentence is not None:
            raise ApiError(400, sentence)
        raise ApiError(422, [asdict(issue) for issue in issues])
    return Call(caller, path, values["query"], values["header"], values.get("body"))


def _read_json(request: ReceivedRequest) -> Any:
    if request.is_too_large:
        raise ApiError(413, "The body is too large.")
    media_type = (request.header("content-type") or "application/json").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise ApiError(415, "The body must be of the type application/json.")
    return request.json()
