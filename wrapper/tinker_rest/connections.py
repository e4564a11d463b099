"""Sends one request over a pooled connection and returns the whole answer.

httpx's own async pool slows down with every call that waits (its work grows with calls times connections),
and opening it costs a TLS context even for plain HTTP. This pool holds the same connections, those of
httpcore, in a list: taking one and giving it back is constant work, calls that find none free queue in order.
Where the environment names a proxy, httpx itself carries the requests, since it knows all about them.
"""

import asyncio
import json
import ssl
import urllib.request
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Protocol

import httpcore
import httpx

parse_json: Callable[[bytes], Any]
try:
    from orjson import loads as parse_json
except ImportError:
    parse_json = json.loads

MAX_CONNECTIONS = 128
CONNECT_SECONDS = 10.0
KEEP_IDLE_SECONDS = 30.0
# A page of a thousand checkpoints is about 300 kB.
READ_BYTES = 2**20
# Answers are JSON pages; one that is much larger, or no JSON, is not read to its end.
LONGEST_JSON = 256 * 2**20
LONGEST_OTHER = 2**20

Headers = list[tuple[bytes, bytes]]


class Answer:
    """A server's answer: status, headers as sent, body."""

    __slots__ = ("content", "raw_headers", "status_code")

    def __init__(self, status_code: int, raw_headers: Headers, content: bytes) -> None:
        """Keep the parts."""
        self.status_code = status_code
        self.raw_headers = raw_headers
        self.content = content

    @property
    def headers(self) -> dict[str, str]:
        """The headers by their names in lower case; the last one of a name counts."""
        return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in self.raw_headers}

    def header(self, name: bytes) -> str:
        """One header by its name in lower case; empty where it is not there."""
        for key, value in self.raw_headers:
            if key.lower() == name:
                return value.decode("latin-1")
        return ""

    def json(self) -> Any:
        """The body as parsed JSON. Raises ValueError where it is none."""
        return parse_json(self.content)


class Sender(Protocol):
    """What carries requests to the server."""

    async def send(self, method: str, target: str, headers: Headers, content: bytes) -> Answer:
        """Send one request and read the answer. Raises httpx.TransportError."""

    async def aclose(self) -> None:
        """Close all connections."""


def make_sender(base_url: str) -> Sender:
    """What carries requests to this server, through a proxy where the environment names one."""
    url = httpx.URL(base_url)
    proxies = urllib.request.getproxies()
    if (url.scheme in proxies or "all" in proxies) and not urllib.request.proxy_bypass(url.host):
        return ProxiedSender(base_url)
    return PooledSender(url)


class _Stream(httpcore.AsyncNetworkStream):
    """A connection's bytes. Time limits are the caller's: one for the whole request."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        try:
            return await self._reader.read(READ_BYTES)
        except OSError as error:
            raise httpcore.ReadError(str(error)) from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        try:
            self._writer.write(buffer)
            await self._writer.drain()
        except OSError as error:
            raise httpcore.WriteError(str(error)) from error

    async def aclose(self) -> None:
        self._writer.close()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore.AsyncNetworkStream:
        return self  # the connection was opened with TLS

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":  # of an idle connection: the server has closed it
            return self._reader.at_eof() or self._writer.is_closing()
        return self._writer.get_extra_info(info)


class _Network(httpcore.AsyncNetworkBackend):
    def __init__(self, tls: ssl.SSLContext | None) -> None:
        self._tls = tls
        # Tries IPv6 and IPv4 side by side where the loop can; uvloop cannot.
        can_race = isinstance(asyncio.get_running_loop(), asyncio.BaseEventLoop)
        self._racing: dict[str, Any] = {"happy_eyeballs_delay": 0.25} if can_race else {}

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                reader, writer = await asyncio.open_connection(
                    host, port, ssl=self._tls, limit=READ_BYTES, **self._racing
                )
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(f"no connection within {CONNECT_SECONDS:.0f} s") from error
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        return _Stream(reader, writer)


class PooledSender:
    """Sends requests over connections of its own, at most `MAX_CONNECTIONS` at once."""

    def __init__(self, base_url: httpx.URL) -> None:
        """Prepare; connections are opened when they are needed."""
        port = base_url.port or (443 if base_url.scheme == "https" else 80)
        self._origin = httpcore.Origin(base_url.raw_scheme, base_url.raw_host, port)
        self._host = base_url.netloc
        self._prefix = base_url.raw_path.rstrip(b"/")
        tls = httpx.create_ssl_context() if base_url.scheme == "https" else None
        self._tls = tls
        self._network = _Network(tls)
        self._idle: list[httpcore.AsyncHTTPConnection] = []
        self._open = 0
        self._waiting: deque[asyncio.Future[httpcore.AsyncHTTPConnection | None]] = deque()

    async def send(self, method: str, target: str, headers: Headers, content: bytes) -> Answer:
        """Send one request and read the answer. Raises httpx.TransportError."""
        url = httpcore.URL(
            scheme=self._origin.scheme,
            host=self._origin.host,
            port=self._origin.port,
            target=self._prefix + target.encode("ascii"),
        )
        request = httpcore.Request(method, url, headers=[(b"Host", self._host), *headers], content=content)
        connection = await self._take()
        try:
            response = await connection.handle_async_request(request)
            try:
                body = await _read(response)
            finally:
                await response.aclose()
        except httpcore.TimeoutException as error:
            raise httpx.ConnectTimeout(str(error)) from error
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.ConnectionNotAvailable) as error:
            raise httpx.NetworkError(str(error) or type(error).__name__) from error
        finally:
            if not connection.is_idle():
                await asyncio.shield(connection.aclose())
            self._give_back(connection)
        return Answer(response.status, response.headers, body)

    async def _take(self) -> httpcore.AsyncHTTPConnection:
        while self._idle:
            connection = self._idle.pop()
            if not connection.has_expired():
                return connection
            self._open -= 1
            await connection.aclose()
        if self._open < MAX_CONNECTIONS:
            return self._new()
        turn: asyncio.Future[httpcore.AsyncHTTPConnection | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            given = await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # given and cancelled at the same moment
                self._pass_on(turn.result())
            raise
        return given or self._new()

    def _new(self) -> httpcore.AsyncHTTPConnection:
        self._open += 1
        return httpcore.AsyncHTTPConnection(
            self._origin, self._tls, keepalive_expiry=KEEP_IDLE_SECONDS, network_backend=self._network
        )

    def _give_back(self, connection: httpcore.AsyncHTTPConnection) -> None:
        if connection.is_idle():
            self._pass_on(connection)
        else:
            self._open -= 1
            self._pass_on(None)

    def _pass_on(self, connection: httpcore.AsyncHTTPConnection | None) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(connection)
                return
        if connection is not None:
            self._idle.append(connection)

    async def aclose(self) -> None:
        """Close the connections that carry no request."""
        while self._idle:
            self._open -= 1
            await self._idle.pop().aclose()


async def _read(response: httpcore.Response) -> bytes:
    media_type = b""
    for name, value in response.headers:
        if name.lower() == b"content-type":
            media_type = value.lower()
    longest = LONGEST_JSON if b"json" in media_type else LONGEST_OTHER
    parts: list[bytes] = []
    size = 0
    async for part in response.aiter_stream():
        parts.append(part)
        size += len(part)
        if size > longest:
            break
    return b"".join(parts)


class ProxiedSender:
    """Sends requests through httpx, which reads the proxies and certificates of the environment."""

    def __init__(self, base_url: str) -> None:
        """Prepare; connections are opened when they are needed."""
        self._base_url = base_url
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(None, connect=CONNECT_SECONDS),
            limits=httpx.Limits(max_connections=MAX_CONNECTIONS, keepalive_expiry=KEEP_IDLE_SECONDS),
        )

    async def send(self, method: str, target: str, headers: Headers, content: bytes) -> Answer:
        """Send one request and read the answer. Raises httpx.TransportError."""
        url = self._base_url + target
        async with self._client.stream(method, url, headers=headers, content=content or None) as response:
            longest = LONGEST_JSON if "json" in response.headers.get("content-type", "") else LONGEST_OTHER
            parts: list[bytes] = []
            size = 0
            async for part in response.aiter_bytes():
                parts.append(part)
                size += len(part)
                if size > longest:
                    break
        return Answer(response.status_code, response.headers.raw, b"".join(parts))

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.aclose()
