"""The API as an ASGI app: routing, the key, validation, dispatch and errors, all from the description."""

from __future__ import annotations

import dataclasses
import logging
import secrets
from typing import Any
from urllib.parse import parse_qsl

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from . import handlers
from .answers import Answer, Refusal, json_answer
from .calls import Backend, Call, Handler
from .faults import Faults
from .injection import serve
from .requests import ReceivedRequest, RequestLog, read_request
from .routing import Match, UndecodablePath
from .sdk_startup import StartupRoute, find_startup_route
from .spec import Operation, Spec, SpecViolation
from .store import KeyedRequest
from .tokens import Credentials

LONGEST_REQUEST_ID = 255
KEY_HEADER = "x-api-key"
IDEMPOTENCY_HEADER = "X-Idempotency-Key"

TOKEN_OPERATIONS = frozenset({"get_client_config", "exchange_credential"})
# They change nothing, so there is no answer to be kept; a token must not be.
READING_POSTS = TOKEN_OPERATIONS | {"search_sessions"}

logger = logging.getLogger("tinker_rest_sandbox")


class MissingHandler(Exception):  # noqa: N818 - says what is wrong
    """The description has operations that the sandbox cannot serve."""


def bind_handlers(spec: Spec) -> dict[str, Handler]:
    """Find the handler of every operation: the function of that name in a module of `handlers`.

    Raises:
        MissingHandler: If an operation has none; the message names all of them.
    """
    bound = {name: handlers.handler_of(name) for name in spec.operations}
    missing = sorted(name for name, handler in bound.items() if handler is None)
    if missing:
        raise MissingHandler(f"openapi.yaml has operations without a function in {handlers.__name__}: {missing}")
    return {name: handler for name, handler in bound.items() if handler is not None}


class ApiApp:
    """Answers the operations of a description.

    Args:
        spec: The description.
        backend: The sandbox's state.
        credentials: Knows who a key or a token belongs to.
        log: Where requests are recorded.
        faults: What some requests meet in place of their answer.
        violations: Where answers that the description does not allow are recorded; they become a 500.
            None to check no answers.

    Raises:
        MissingHandler: If an operation has no handler.
    """

    def __init__(
        self,
        spec: Spec,
        backend: Backend,
        credentials: Credentials,
        log: RequestLog,
        faults: Faults,
        violations: list[str] | None,
    ) -> None:
        self._spec = spec
        self._handlers = bind_handlers(spec)
        self._backend = backend
        self._credentials = credentials
        self._log = log
        self._faults = faults
        self._violations = violations

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        store = self._backend.store
        generation = store.generation()
        request = await read_request(scope, receive)
        if request is None:
            return
        match = self._spec.find(request.target.partition("?")[0].encode("latin-1"), request.method)
        if match is not None and match.operation is not None:
            request = dataclasses.replace(request, operation_id=match.operation.operation_id)
        fault = None
        with store.transaction(write=False):  # which a reset waits for
            if store.generation() == generation:
                fault = self._faults.hit("api", request)
                self._log.append(dataclasses.replace(request, fault=fault.fault_id) if fault else request)

        def work() -> Response:
            with store.transaction(write=False):
                answer = self._answer(request, match, generation)
            return Response(answer.body, answer.status, dict(answer.headers))

        await serve(fault, work, scope, receive, send)

    def _answer(self, request: ReceivedRequest, match: Match[Operation] | None, generation: int) -> Answer:
        request_id = request.header("x-request-id") or ""
        if not 1 <= len(request_id) <= LONGEST_REQUEST_ID:
            request_id = f"req-{secrets.token_hex(8)}"
        path, _, query = request.target.partition("?")
        operation: Operation | None = None
        try:
            self._backend.check_not_reset(generation)
            self._backend.organization.refresh()
            route = find_startup_route(path, request.method) if match is None else None
            if route is not None:
                answer = self._answer_startup(route, request)
            else:
                match, operation = self._offered(match)
                caller = self._caller(request, takes_keys=operation.operation_id in TOKEN_OPERATIONS)
                call = read_call(operation, match, query, request, caller)
                answer = self._handle(operation, call, request, path.encode("latin-1"))
        except Refusal as refusal:
            answer = refusal.answer()
        except Exception:
            logger.exception("Request %s failed: %s %s", request_id, request.method, path)
            answer = json_answer(500, {"detail": "Internal server error."})
        answer = Answer(answer.status, answer.body, (*answer.headers, ("X-Request-Id", request_id)))
        return answer if operation is None else self._checked(operation, answer)

    def _offered(self, match: Match[Operation] | None) -> tuple[Match[Operation], Operation]:
        if match is None:
            raise Refusal(404, "Not Found")
        if match.operation is None:
            raise Refusal(405, "Method Not Allowed", (("Allow", match.allow),))
        if self._backend.wants_tokens == "absent" and match.operation.operation_id in TOKEN_OPERATIONS:
            raise Refusal(404, "Not Found")
        return match, match.operation

    def _caller(self, request: ReceivedRequest, *, takes_keys: bool) -> str:
        return self._credentials.caller(request.header(KEY_HEADER), may_be_a_key=takes_keys)

    def _answer_startup(self, route: StartupRoute, request: ReceivedRequest) -> Answer:
        caller = self._caller(request, takes_keys=route.takes_keys)
        body = _read_json(request) if request.body else None
        with self._backend.store.transaction():
            return route.answer(self._backend, caller, body)

    def _handle(self, operation: Operation, call: Call, request: ReceivedRequest, path: bytes) -> Answer:
        store = self._backend.store
        store.forget_expired(self._backend.clock.now())
        handler = self._handlers[operation.operation_id]
        key = request.header(IDEMPOTENCY_HEADER)
        changes = operation.method != "GET" and operation.operation_id not in READING_POSTS
        if not key or not changes:
            with store.transaction(write=changes):
                return handler(self._backend, call)
        keyed = KeyedRequest(call.caller, operation.method, path, key, request.body)
        with store.transaction():
            kept = store.kept_answer(keyed)
            if kept is not None:
                return kept
            try:
                answer = handler(self._backend, call)
            except Refusal as refusal:
                # A handler refuses before it writes, so there is nothing to undo.
                answer = refusal.answer()
            store.keep_answer(keyed, answer, self._backend.clock.now())
            return answer

    def _checked(self, operation: Operation, answer: Answer) -> Answer:
        if self._violations is None:
            return answer
        try:
            self._spec.check_response(operation.operation_id, answer.status, dict(answer.headers), answer.body)
        except SpecViolation as violation:
            logger.warning("%s", violation)
            self._violations.append(str(violation))
            return json_answer(500, {"detail": f"The sandbox broke its description: {violation}"})
        return answer


def read_call(
    operation: Operation, match: Match[Operation], query: str, request: ReceivedRequest, caller: str
) -> Call:
    """Read and check the parameters and the body of a request.

    Raises:
        Refusal: If they cannot be read (400), are out of range (400) or not as described (422).
    """
    try:
        path = match.parameters()
        fields = parse_qsl(query, keep_blank_values=True, errors="strict")
    except (UndecodablePath, UnicodeDecodeError) as error:
        raise Refusal(400, f"The URL cannot be read: {error}") from None
    values: dict[str, Any] = {
        "path": path,
        "query": operation.read("query", dict(fields)),
        "header": operation.read("header", dict(reversed(request.headers))),
    }
    if operation.takes_body and request.body:
        values["body"] = _read_json(request)
    faults = operation.faults(values)
    if faults:
        sentence = operation.range_sentence(faults)
        if sentence is not None:
            raise Refusal(400, sentence)
        raise Refusal(422, [fault.as_json() for fault in faults])
    return Call(caller, path, values["query"], values["header"], values.get("body"))


def _read_json(request: ReceivedRequest) -> Any:
    if request.is_too_large:
        raise Refusal(413, "The body is too large.")
    media_type = (request.header("content-type") or "application/json").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise Refusal(415, "The body must be of the type application/json.")
    return request.json()
