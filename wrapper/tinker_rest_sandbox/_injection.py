"""Injects faults into requests, down to the bytes on the wire."""

import asyncio
import contextlib
import json
import secrets
import socket
import struct
import sys
from collections.abc import Callable
from typing import Any

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from tinker_rest_sandbox._faults import WITHOUT_BODY, Fault, FaultRule

DEFAULT_DETAIL = "A fault that was added to the sandbox."
MALFORMED_BODY = b'{"sandbox": malformed'
# The transport of a request's connection, which `listener` puts into the scope's `state`.
TRANSPORT = "tinker_rest_transport"
# How long a request waits for the server to notice that its connection was closed.
CLOSING_SECONDS = 5
# How many pieces of a slow body are sent per second.
PIECES_PER_SECOND = 20
# Closing with a lingering time of zero resets a connection.
_RESET = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


async def serve(
    fault: Fault | None, work: Callable[[], Response], scope: Scope, receive: Receive, send: Send
) -> None:
    """Answer a request by calling its work, or do what its fault says."""
    if fault is None:
        await work()(scope, receive, send)
        return
    rule = fault.rule
    if rule.bytes_per_second is not None:
        send = _paced(send, rule.bytes_per_second, scope)
    if rule.delay and not await _waited(rule.delay, receive):
        return
    response = work() if rule.when == "after" or not (rule.drop or rule.status) else None
    if rule.drop:
        await _reset(scope, receive)
    elif rule.status is not None:
        await _faulty_response(rule, rule.status, scope)(scope, receive, send)
    elif response is not None and rule.malformed:
        await _malformed(response)(scope, receive, send)
    elif response is not None and rule.truncate is not None:
        await _truncated(response, rule.truncate, scope, receive, send)
    elif response is not None:
        with contextlib.suppress(_Cut):
            await response(scope, receive, send)


def _paced(send: Send, bytes_per_second: int, scope: Scope) -> Send:
    """Limit the speed of bodies, until the client hangs up."""
    size = -(-bytes_per_second // PIECES_PER_SECOND)

    async def send_slowly(message: Message) -> None:
        body = bytes(message.get("body", b""))
        while len(body) > size:
            if _transport(scope).is_closing():
                raise _Cut
            await send({**message, "body": body[:size], "more_body": True})
            await asyncio.sleep(size / bytes_per_second)
            body = body[size:]
        await send({**message, "body": body} if "body" in message else message)
        await asyncio.sleep(len(body) / bytes_per_second)

    return send_slowly


async def _waited(seconds: float, receive: Receive) -> bool:
    """Wait; returns whether the client is still there. Abandoned requests are not carried out."""
    gone = asyncio.ensure_future(_client_gone(receive))
    done, _ = await asyncio.wait({gone}, timeout=seconds)
    gone.cancel()
    return not done


async def _client_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _faulty_response(rule: FaultRule, status: int, scope: Scope) -> Response:
    asked = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    headers = {"X-Request-Id": asked.get("x-request-id") or f"req-{secrets.token_hex(8)}"}
    body: bytes = b""
    if isinstance(rule.body, str):
        body = rule.body.encode()
        headers["Content-Type"] = "text/plain; charset=utf-8"
    elif status not in WITHOUT_BODY:
        document: Any = {"detail": rule.detail or DEFAULT_DETAIL} if rule.body is None else rule.body
        body = json.dumps(document, ensure_ascii=False).encode()
        headers["Content-Type"] = "application/json"
    if rule.retry_after is not None:
        text = rule.retry_after
        headers["Retry-After"] = text if isinstance(text, str) else f"{text:f}".rstrip("0").rstrip(".")
    response = Response(body, status, headers)
    response.headers.update(rule.headers or {})
    return response


def _malformed(response: Response) -> Response:
    """The same response with an unreadable body; a 200 if it is a redirect or has no body."""
    status = response.status_code if response.status_code not in WITHOUT_BODY else 200
    headers = dict(response.headers)
    for name in ("content-length", "location", "etag", "last-modified"):
        headers.pop(name, None)
    headers.setdefault("content-type", "application/json")
    return Response(MALFORMED_BODY, 200 if 300 <= status < 400 else status, headers)


async def _truncated(response: Response, size: int, scope: Scope, receive: Receive, send: Send) -> None:
    """Send at most this many bytes of the body, and always fewer than `Content-Length`."""
    remaining = size

    async def send_part(message: Message) -> None:
        nonlocal remaining
        if message["type"] == "http.response.start":
            headers = {name.lower(): value for name, value in message["headers"]}
            remaining = min(size, int(headers.get(b"content-length", b"0")) - 1)
            if remaining >= 0:
                await send(message)
            return
        part = bytes(message.get("body", b""))[: max(remaining, 0)]
        remaining -= len(part)
        if part:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        if remaining <= 0:
            raise _Cut

    with contextlib.suppress(_Cut):
        await response(scope, receive, send_part)
    _transport(scope).close()
    await _closed(receive)


class _Cut(Exception):  # noqa: N818 - ends a response
    """Enough of a response was sent."""


async def _reset(scope: Scope, receive: Receive) -> None:
    transport = _transport(scope)
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    transport.abort()
    await _closed(receive)


async def _closed(receive: Receive) -> None:
    """Wait until the server knows that the connection is closed; otherwise it would expect a response."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(_client_gone(receive), CLOSING_SECONDS)


def _transport(scope: Scope) -> asyncio.Transport:
    transport: asyncio.Transport = scope["state"][TRANSPORT]
    return transport
