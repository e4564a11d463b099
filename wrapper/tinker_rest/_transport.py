"""Carries requests: stacks of httpx transports of one connection each.

httpx's pool does work for each request that grows with requests times connections. Taking the connection that was
used last from a stack, and giving it back, is constant work.
"""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import threading
from collections import deque
from collections.abc import Iterator
from typing import Any, Protocol

import httpx

from tinker_rest._answers import MAX_JSON_BYTES, MAX_OTHER_BYTES, Answer, decoded_headers, read_body
from tinker_rest._proxies import PROXY_VARIABLES, proxy_for, without_user
from tinker_rest._redaction import redact_log, summarize
from tinker_rest._workers import Clock, here

CONNECT_SECONDS = 4.0
SLOW_CONNECT_SECONDS = 1.0
MAX_IDLE_SECONDS = 30.0
# httpx's own timeouts only end what the watcher could not: it acts this much earlier.
BACKSTOP_SECONDS = 5.0

_ONE = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=None)


class Transport(Protocol):
    """What you can give a client as `transport=`: an object with httpx's `handle_request`.

    It is called from up to 128 threads at once, and you close it.
    """

    def handle_request(self, request: Any, /) -> Any:
        """Send an `httpx.Request` and return its `httpx.Response`, or raise an `httpx.TransportError`."""
        raise NotImplementedError


class PermanentTransportError(Exception):
    """The request can never be sent; do not retry."""


class Exchange:
    """One request on one connection, which another thread may give up.

    Attributes:
        is_sent: Whether a byte of the request may have left, so that the server may carry it out.
        is_kept: Whether it went over a connection that was used before.
        has_answer: Whether the head of an answer came.
        connect_seconds: How long it took to connect.
    """

    def __init__(self) -> None:
        self.is_sent = False
        self.is_kept = False
        self.has_answer = False
        self.connect_seconds = 0.0
        self._connect_started = 0.0
        self._socket: socket.socket | None = None
        self._connection: _Connection | None = None
        self._is_aborted = False

    def use(self, connection: _Connection) -> None:
        self._connection = connection
        self._socket = connection.socket
        self.is_kept = connection.socket is not None
        self.refuse_aborted()

    def trace(self, event: str, facts: dict[str, Any]) -> None:
        """Follow what httpcore does; it calls this in the thread that sends."""
        if event.endswith("connect_tcp.started"):
            self.is_kept = False
            self._socket = None
            self._connect_started = Clock.now()
        elif event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self.connect_seconds = Clock.now() - self._connect_started
            stream = facts["return_value"]
            opened = stream.get_extra_info("socket")
            connection = self._connection
            # Until TLS is up, the socket belongs to the handshake, and shutting it down would do nothing.
            is_up = connection is None or not connection.is_tls or event.endswith("start_tls.complete")
            if connection is not None:
                connection.socket = opened
            self._socket = opened if is_up else None
            if self._is_aborted:
                stream.close()
                self.refuse_aborted()
        elif event.endswith("send_request_headers.started"):
            # The request to connect to the server is the proxy's own.
            self.is_sent = self.is_sent or facts["request"].method != b"CONNECT"
        elif event.endswith("receive_response_headers.complete"):
            self.has_answer = self.is_sent

    def abort(self) -> None:
        """Hang up from another thread, so that the one that sends or reads ends soon."""
        self._is_aborted = True
        opened = self._socket
        if opened is not None:
            with contextlib.suppress(OSError):  # it is closed already
                socket.socket.shutdown(opened, socket.SHUT_RDWR)  # without TLS's farewell

    def check_echo(self, sent: str, echo: str, response: httpx.Response) -> None:
        """Raise httpx.RemoteProtocolError if an answer is to another request, such as one given twice.

        A success without an echo is none of ours if there was an echo on the same connection before.
        """
        connection = self._connection
        if echo == sent and connection is not None:
            connection.echoes = True
        elif echo != sent and (
            re.fullmatch("req-[0-9a-f]{32}", echo)
            or (connection is not None and connection.echoes and response.is_success)
        ):
            raise httpx.RemoteProtocolError("an answer to another request came")

    def let_go(self) -> None:
        """Forget the socket before the next request may use it. Look afterwards whether `abort` was called."""
        self._socket = None

    def refuse_aborted(self) -> None:
        """Raise httpx.ReadError if it was given up."""
        if self._is_aborted:
            raise httpx.ReadError("the request was given up")


class _Connection:
    """An httpx transport of one connection, and its socket once there is one."""

    def __init__(self, transport: httpx.HTTPTransport, *, is_tls: bool, is_ipv4: bool) -> None:
        self.transport = transport
        self.is_tls = is_tls
        self.is_ipv4 = is_ipv4
        self.socket: socket.socket | None = None
        self.idle_since = 0.0
        self.echoes = False  # whether the server has sent an X-Request-Id back


class Connections:
    """Connections to one origin, as many as there are requests at once. Time limits are the caller's business."""

    def __init__(self, url: httpx.URL, network: Network) -> None:
        self._url = url
        self._network = network
        self._lock = threading.RLock()
        self._idle: deque[_Connection] = deque()  # the one that was used last is at the right
        self._proxy: str | None = None  # not looked up yet
        self._prefers_ipv4 = False
        self._is_swept = False
        self._is_closed = False

    @contextlib.contextmanager
    def open(
        self, request: httpx.Request, exchange: Exchange, *, is_fresh: bool = False
    ) -> Iterator[httpx.Response]:
        """Send a request, over a new connection if it is to be `is_fresh`; the body of its answer is not read yet.

        Raises:
            httpx.TransportError: There is no answer, but there may be one later.
            PermanentTransportError: There will never be one.
        """
        connection = self._take(is_fresh=is_fresh)
        request.extensions["trace"] = exchange.trace
        is_usable = False
        try:
            with self._translated(exchange, connection):
                exchange.use(connection)
                response = connection.transport.handle_request(request)
                with contextlib.closing(response):
                    yield response
                exchange.let_go()
                exchange.refuse_aborted()
                is_usable = True
        finally:
            self._give_back(connection, is_usable=is_usable)

    @contextlib.contextmanager
    def _translated(self, exchange: Exchange, connection: _Connection) -> Iterator[None]:
        try:
            yield
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError, UnicodeError) as error:
            if exchange.is_sent:
                raise
            # In a network that swallows IPv6 each connection would take as long; and if IPv4 fails, go back.
            self._prefers_ipv4 = not connection.is_ipv4 and isinstance(error, httpx.ConnectTimeout)
            raise self._no_connection(error) from error
        except httpx.LocalProtocolError as error:
            raise PermanentTransportError(f"the request cannot be sent: {error}") from error
        if exchange.connect_seconds > SLOW_CONNECT_SECONDS:
            self._prefers_ipv4 = True

    def _no_connection(self, error: Exception) -> Exception:
        proxy = without_user(self._proxy or "")
        host = self._url.raw_host.decode("ascii")
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

    def _take(self, *, is_fresh: bool) -> _Connection:
        with self._lock:
            connection = self._idle.pop() if self._idle and not is_fresh else None
        if connection is not None:
            is_young = Clock.now() - connection.idle_since < MAX_IDLE_SECONDS
            # One that took long to connect would do so again, had the server closed it meanwhile.
            if is_young and connection.is_ipv4 == self._is_ipv4():
                return connection
            connection.transport.close()
        try:
            return self._new_connection()
        except OSError as error:  # ssl.SSLError is one
            message = f"the certificates that SSL_CERT_FILE or SSL_CERT_DIR names cannot be read: {error}"
            if error.filename and not isinstance(error, ssl.SSLError):  # Python itself opens only this file
                message = f"the file that SSLKEYLOGFILE names cannot be written: {error}"
            raise PermanentTransportError(message) from error
        except (ImportError, ValueError, httpx.InvalidURL) as error:
            message = f"the proxy that {PROXY_VARIABLES} names cannot be used: {summarize(str(error))}"
            raise PermanentTransportError(message) from error

    def _new_connection(self) -> _Connection:
        if self._proxy is None:
            self._proxy = proxy_for(self._url)
        is_tls, is_tls_proxy = self._url.scheme == "https", self._proxy.startswith("https:")
        context = self._network.tls(is_needed=is_tls or is_tls_proxy)
        is_ipv4 = self._is_ipv4()
        transport = httpx.HTTPTransport(
            verify=context,
            limits=_ONE,
            proxy=httpx.Proxy(self._proxy, ssl_context=context) if is_tls_proxy else self._proxy or None,
            local_address="0.0.0.0" if is_ipv4 else None,  # noqa: S104 - IPv4 alone is dialed then
        )
        return _Connection(transport, is_tls=is_tls, is_ipv4=is_ipv4)

    def _is_ipv4(self) -> bool:
        return self._prefers_ipv4 and not self._proxy and ":" not in self._url.host

    def _give_back(self, connection: _Connection, *, is_usable: bool) -> None:
        with self._lock:
            is_kept = is_usable and not self._is_closed
            if is_kept:
                connection.idle_since = Clock.now()
                self._idle.append(connection)
            is_to_sweep = is_kept and not self._is_swept
            self._is_swept = self._is_swept or is_to_sweep
        if not is_kept:
            connection.transport.close()
        if is_to_sweep:
            here().at(connection.idle_since + MAX_IDLE_SECONDS, self._sweep)

    def _sweep(self) -> None:
        """Close the connections that were not used for long, and come back as long as there are any."""
        expired = []
        with self._lock:
            while self._idle and Clock.now() - self._idle[0].idle_since >= MAX_IDLE_SECONDS:
                expired.append(self._idle.popleft())
            self._is_swept = bool(self._idle)
            if self._idle:
                here().at(self._idle[0].idle_since + MAX_IDLE_SECONDS, self._sweep)
        for connection in expired:
            connection.transport.close()

    def close(self) -> None:
        """Close the connections; those that still carry a request close after it."""
        with self._lock:
            self._is_closed = True
            idle, self._idle = self._idle, deque()
        for connection in idle:
            connection.transport.close()


class Network:
    """The connections of one client to all origins, or what the user gave in their place.

    Args:
        given: The `transport=` of the client.
    """

    def __init__(self, given: Transport | None = None) -> None:
        import httpcore  # noqa: F401 - takes a moment, which is not to be a part of the first attempt

        self._given = given
        self._lock = threading.RLock()
        self._connections: dict[tuple[str, str, int | None], Connections] = {}
        self._is_closed = False
        self._context: ssl.SSLContext | None = None
        self._unused_context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        # They log the targets of requests and the headers of answers, signed URLs among them.
        for name in ("httpcore.http11", "httpcore.connection", "httpcore.proxy"):
            redact_log(name)

    def tls(self, *, is_needed: bool) -> ssl.SSLContext:
        """The SSL context of all connections, made when it is first needed; raises OSError then."""
        if not is_needed:
            return self._unused_context
        with self._lock:
            if self._context is None:
                self._context = httpx.create_ssl_context()
            return self._context

    def open(
        self, request: httpx.Request, exchange: Exchange, *, is_fresh: bool = False
    ) -> contextlib.AbstractContextManager[httpx.Response]:
        """Send a request to its origin; see `Connections.open`."""
        if self._given is not None:
            exchange.is_sent = True  # whatever it does is out of sight
            return contextlib.closing(self._given.handle_request(request))
        url = request.url
        origin = url.scheme, url.host, url.port
        connections = self._connections.get(origin)
        if connections is None:
            with self._lock:
                connections = self._connections.setdefault(origin, Connections(url, self))
                if self._is_closed:
                    connections.close()
        return connections.open(request, exchange, is_fresh=is_fresh)

    def send(self, request: httpx.Request, exchange: Exchange, *, is_json: bool, is_fresh: bool) -> Answer:
        """Send a request and read the answer, up to as much as is ever read.

        Args:
            request: The request.
            exchange: What follows it.
            is_json: Whether the answer is JSON whatever its type says, as where files are stored.
            is_fresh: Whether it needs a new connection.
        """
        with self.open(request, exchange, is_fresh=is_fresh) as response:
            headers = decoded_headers(response)
            exchange.check_echo(request.headers["x-request-id"], headers.get("x-request-id", ""), response)
            is_json = is_json or "json" in headers.get("content-type", "").lower()
            content = read_body(response, headers, MAX_JSON_BYTES if is_json else MAX_OTHER_BYTES)
            return Answer(response.status_code, headers, content)

    def close(self) -> None:
        """Close the connections; those that still carry a request close after it."""
        with self._lock:
            self._is_closed = True
            connections = list(self._connections.values())
        for one in connections:
            one.close()
