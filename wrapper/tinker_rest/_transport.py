"""Carries requests: stacks of httpx transports of one connection each.

In httpx's pool, the work for each request grows with requests times connections. Taking the most recently used
connection from a stack, and giving it back, takes constant time.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import math
import re
import socket
import ssl
import threading
from collections import deque
from collections.abc import Mapping
from functools import partial
from typing import Any, Protocol, Self

import httpcore  # noqa: F401 - httpx would import it during the first attempt
import httpx
from attrs import define

from tinker_rest._redaction import redact_record, summarize
from tinker_rest._urls import PROXY_VARIABLES, proxy_for
from tinker_rest._workers import Clock, here, living_owners

CONNECT_SECONDS = 4.0
SLOW_CONNECT_SECONDS = 1.0
MAX_IDLE_CONNECTION_SECONDS = 30.0

Origin = tuple[bytes, bytes, int | None]  # scheme, host and port

# These log request targets and response headers, including signed URLs.
for _name in ("httpcore.http11", "httpcore.connection", "httpcore.proxy"):
    logging.getLogger(_name).addFilter(redact_record)

_ONE = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=None)


class Transport(Protocol):
    """What you can give a client as `transport=`: an object with httpx's `handle_request`.

    It is called from up to 128 threads at once, and you close it.
    """

    def handle_request(self, request: Any, /) -> Any:
        """Send an `httpx.Request` and return its `httpx.Response`, or raise an `httpx.TransportError`."""


class PermanentTransportError(Exception):
    """The request can never be sent; do not retry."""


@define(eq=False)
class Connection:
    """An httpx transport of one connection, and its socket once there is one."""

    origin: Origin
    prefers_ipv4: bool
    proxy: str
    transport: httpx.HTTPTransport
    socket: socket.socket | None = None  # once TLS is up
    idle_since: float = 0.0
    echoes: bool = False  # whether the server has echoed an X-Request-Id


class Connections:
    """The connections of one client, one for each concurrent request, or the `given` transport."""

    def __init__(self, given: Transport | None = None) -> None:
        self.given = given
        self._lock = threading.RLock()
        # By origin and `prefers_ipv4`; most recently used at the right.
        self._stacks: dict[tuple[Origin, bool], deque[Connection]] = {}
        self._context: ssl.SSLContext | None = None
        self._unused_context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.prefers_ipv4 = False  # connecting was slow otherwise, and would be again once a server hangs up
        self._has_sweep = False
        self._is_closed = False

    def take(self, url: httpx.URL) -> Connection:
        """The most recently used connection to the URL's host, or a new one. Raises PermanentTransportError."""
        origin = url.raw_scheme, url.raw_host, url.port
        with self._lock:
            stack = self._stacks.get((origin, self.prefers_ipv4))
            if stack:
                return stack.pop()
        try:
            return self._new(origin, proxy_for(url))
        except OSError as error:  # ssl.SSLError is one
            message = f"cannot read the certificates in SSL_CERT_FILE or SSL_CERT_DIR: {error}"
            if error.filename and not isinstance(error, ssl.SSLError):  # Python itself opens only this file
                message = f"cannot write to the file in SSLKEYLOGFILE: {error}"
            raise PermanentTransportError(message) from error
        except (ImportError, ValueError, httpx.InvalidURL) as error:
            message = f"cannot use the proxy in {PROXY_VARIABLES}: {summarize(str(error))}"
            raise PermanentTransportError(message) from error

    def _new(self, origin: Origin, proxy: str) -> Connection:
        is_tls_proxy = proxy.startswith("https:")
        context = self._unused_context
        if origin[0] == b"https" or is_tls_proxy:
            with self._lock:
                context = self._context = self._context or httpx.create_ssl_context()
        prefers_ipv4 = self.prefers_ipv4
        is_ipv4 = prefers_ipv4 and not proxy and b":" not in origin[1]
        transport = httpx.HTTPTransport(
            verify=context,
            limits=_ONE,
            proxy=httpx.Proxy(proxy, ssl_context=context) if is_tls_proxy else proxy or None,
            local_address="0.0.0.0" if is_ipv4 else None,  # noqa: S104 - uses IPv4 only
        )
        return Connection(origin, prefers_ipv4, proxy, transport)

    def give_back(self, connection: Connection) -> None:
        """Keep a connection for the next request, or close it if the client is closed."""
        now = connection.idle_since = Clock.now()
        with self._lock:
            is_closed, has_sweep = self._is_closed, self._has_sweep
            if not is_closed:
                self._stacks.setdefault((connection.origin, connection.prefers_ipv4), deque()).append(connection)
                self._has_sweep = True
        if is_closed:
            connection.transport.close()
        elif not has_sweep:
            here().at(now + MAX_IDLE_CONNECTION_SECONDS, self._sweep)

    def _sweep(self) -> None:
        """Close connections that have long been idle, and run again while there are any."""
        oldest = self.close_idle(Clock.now() - MAX_IDLE_CONNECTION_SECONDS)
        if oldest is not None:
            here().at(oldest + MAX_IDLE_CONNECTION_SECONDS, self._sweep)

    def close(self) -> None:
        """Close the connections; busy ones close after their request."""
        self._is_closed = True
        self.close_idle()

    def close_idle(self, since: float = math.inf) -> float | None:
        """Close connections idle since a time or longer; returns since when the oldest other one is idle."""
        expired: list[Connection] = []
        with self._lock:
            for stack in self._stacks.values():
                while stack and stack[0].idle_since <= since:
                    expired.append(stack.popleft())
            oldest = min((stack[0].idle_since for stack in self._stacks.values() if stack), default=None)
            self._has_sweep = oldest is not None
        for connection in expired:
            connection.transport.close()
        return oldest


class Exchange:
    """One request and its response, which another thread may abort. Read the response in a `with` block."""

    def __init__(self, connections: Connections) -> None:
        self.is_sent = False  # at least in part, so the server may carry it out
        self.is_kept = False  # whether the connection was used before
        self.has_answer = False  # or its headers
        self.is_aborted = False
        self._connections = connections
        self._connection: Connection | None = None
        self._response: httpx.Response | None = None
        self._connect_started = 0.0

    def send(self, request: httpx.Request) -> httpx.Response:
        """Send a request without reading the response's body. Raises TransportError or PermanentTransportError."""
        connections = self._connections
        if connections.given is not None:
            self.is_sent = True  # we cannot see when it sends
            self._refuse_aborted()
            try:
                self._response = connections.given.handle_request(request)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                self.is_sent = False
                raise
            return self._response
        connection = self._connection = connections.take(request.url)
        self.is_kept = connection.socket is not None
        self._refuse_aborted()
        request.extensions["trace"] = partial(self._trace, connection)
        try:
            self._response = connection.transport.handle_request(request)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError, UnicodeError) as error:
            if self.is_sent:
                raise
            if f"[Errno {errno.EMFILE}]" in str(error):
                for owner in living_owners():  # too many open files: close the idle connections of all clients
                    owner.connections.close_idle()
            # If a network drops IPv6, every connection would take this long; if IPv4 fails too, go back.
            connections.prefers_ipv4 = not connection.prefers_ipv4 and isinstance(error, httpx.ConnectTimeout)
            host = request.url.netloc.decode()
            raise _no_connection(error, host, connection.proxy) from error
        except httpx.LocalProtocolError as error:
            raise PermanentTransportError(f"the request cannot be sent: {error}") from error
        return self._response

    def _trace(self, connection: Connection, event: str, facts: dict[str, Any]) -> None:
        """Follow what httpcore does; called in the thread that sends."""
        event = event.partition(".")[2]
        if event == "send_request_headers.started":
            self._refuse_aborted()
            # A CONNECT request only goes to the proxy.
            self.is_sent = self.is_sent or facts["request"].method != b"CONNECT"
            self._refuse_aborted()  # so either the aborting thread sees that it was sent, or it is not sent
        elif event == "receive_response_headers.complete":
            self.has_answer = self.is_sent
        elif event == "connect_tcp.started":
            self.is_kept = connection.echoes = False  # it may lead to another server
            connection.socket = None
            self._connect_started = Clock.now()
        elif event in ("connect_tcp.complete", "start_tls.complete"):
            stream = facts["return_value"]
            if Clock.now() - self._connect_started > SLOW_CONNECT_SECONDS:
                self._connections.prefers_ipv4 = True
            # Until TLS is up, the socket belongs to the handshake, and shutting it down would do nothing.
            if event == "start_tls.complete" or connection.origin[0] == b"http":
                connection.socket = stream.get_extra_info("socket")
            if self.is_aborted:
                stream.close()
                self._refuse_aborted()

    def abort(self) -> None:
        """Hang up from another thread, so that the one that sends or reads ends soon."""
        self.is_aborted = True
        connection = self._connection
        if connection is not None and (opened := connection.socket) is not None:
            with contextlib.suppress(OSError):  # it is closed already
                socket.socket.shutdown(opened, socket.SHUT_RDWR)  # skips TLS's closing message

    def abort_unless_answered(self) -> None:
        """Hang up unless the response's headers have arrived."""
        if not self.has_answer:
            self.abort()

    def _refuse_aborted(self) -> None:
        if self.is_aborted:
            raise httpx.ReadError("the request was given up")

    def check_echo(self, sent: str, status_code: int, headers: Mapping[str, str]) -> None:
        """Raise httpx.RemoteProtocolError if the response is to another request, by its `X-Request-Id`.

        A success without an echo is refused too if there was an echo on the same connection before.
        """
        connection, echo = self._connection, headers.get("x-request-id", "")
        echoes = connection is not None and connection.echoes
        if echo == sent and connection is not None:
            connection.echoes = True
        elif echo != sent and (re.fullmatch("req-[0-9a-f]{32}", echo) or (echoes and 200 <= status_code < 300)):
            raise httpx.RemoteProtocolError("received the response to another request")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Keep the connection, if all went well."""
        response, self._response = self._response, None  # its request refers to this object
        has_rest = False
        try:
            if response is not None:
                response.close()
                if response.status_code == 204:  # some servers send a body, which would start the next response
                    has_rest = response.headers.get("content-length", "0") != "0"
        finally:
            connection, self._connection = self._connection, None  # which another request may use now
            if connection is not None and kind is None and not self.is_aborted and not has_rest:
                self._connections.give_back(connection)
            elif connection is not None:
                connection.transport.close()


def _no_connection(error: Exception, host: str, proxy: str) -> Exception:
    proxy = proxy.rpartition("@")[2].rpartition("//")[2]  # hide user and password
    message = f"no connection {f'through the proxy {proxy}' if proxy else f'to {host}'}"
    if isinstance(error, httpx.ConnectTimeout):
        return httpx.ConnectTimeout(f"{message} within {CONNECT_SECONDS:.0f} s")
    message = f"{message}: {error}"
    cause: BaseException | None = error
    while cause is not None:
        is_unknown = isinstance(cause, socket.gaierror) and cause.errno == socket.EAI_NONAME
        if isinstance(cause, (ssl.SSLCertVerificationError, UnicodeError)) or (is_unknown and not proxy):
            return PermanentTransportError(f"{message}; check base_url or TINKER_BASE_URL")
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx.ProxyError) and str(error).startswith("407"):
        return PermanentTransportError(f"{message}; put its user and password into {PROXY_VARIABLES}")
    return httpx.ConnectError(message)
