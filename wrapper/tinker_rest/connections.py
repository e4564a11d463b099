"""Sends requests with httpx, over connections that are pooled here.

httpx's own async pool slows down with every call that waits: its work grows with calls times connections.
This transport keeps its connections in a list, where taking one and giving it back is constant work. Where the
environment names a proxy, httpx's own transport is used, since it knows all about them. Before either, calls
queue in order for one of `MAX_CONNECTIONS` places.
"""

import asyncio
import json
import time
import urllib.request
from collections.abc import Callable
from typing import Any

import h11
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


class Answer:
    """A server's answer: status, headers, body."""

    __slots__ = ("_headers", "content", "status_code")

    def __init__(self, status_code: int, headers: httpx.Headers, content: bytes) -> None:
        """Keep the parts."""
        self.status_code = status_code
        self._headers = headers
        self.content = content

    @property
    def headers(self) -> dict[str, str]:
        """The headers by their names in lower case."""
        return dict(self._headers)

    def header(self, name: str) -> str:
        """One header by its name; empty where it is not there."""
        return str(self._headers.get(name, ""))

    def json(self) -> Any:
        """The body as parsed JSON. Raises ValueError where it is none."""
        return parse_json(self.content)


class Sender:
    """Carries requests to one server.

    Args:
        base_url: The server's address.
        headers: Headers to send with every request.

    Attributes:
        room: Where callers queue before they send, so that waiting for a place can be told from waiting for
            an answer.
    """

    def __init__(self, base_url: str, headers: dict[str, str]) -> None:
        """Prepare; connections are opened when they are needed."""
        self.room = asyncio.Semaphore(MAX_CONNECTIONS)
        self._base_url = base_url
        self._headers = headers
        url = httpx.URL(base_url)
        self._carrier: PooledTransport | httpx.AsyncClient
        if _has_proxy(url):
            self._carrier = httpx.AsyncClient(
                timeout=httpx.Timeout(None, connect=CONNECT_SECONDS),
                # With each connection that is kept, httpx does more work for every request.
                limits=httpx.Limits(
                    max_connections=MAX_CONNECTIONS,
                    max_keepalive_connections=8,
                    keepalive_expiry=KEEP_IDLE_SECONDS,
                ),
            )
        else:
            self._carrier = PooledTransport(url)

    async def send(self, request: dict[str, Any]) -> Answer:
        """Send one request and read the answer, inside of `room`. Raises httpx.TransportError."""
        url = self._base_url + request["url"]
        if params := request.get("params"):
            url += "?" + str(httpx.QueryParams(params))
        headers = {**self._headers, **request["headers"]}
        built = httpx.Request(request["method"], url, headers=headers, json=request.get("json"))
        if isinstance(self._carrier, httpx.AsyncClient):
            return await _send_and_read(self._carrier, built)
        response = await self._carrier.handle_async_request(built)
        return Answer(response.status_code, response.headers, response.content)

    async def aclose(self) -> None:
        """Close the connections; those that still carry a request close after it."""
        await self._carrier.aclose()


async def _send_and_read(client: httpx.AsyncClient, request: httpx.Request) -> Answer:
    """Let httpx carry the request, and read no more of the answer than is ever of use."""
    response = await client.send(request, stream=True)
    longest = LONGEST_JSON if "json" in response.headers.get("content-type", "") else LONGEST_OTHER
    parts: list[bytes] = []
    size = 0
    try:
        async for part in response.aiter_bytes():
            parts.append(part)
            size += len(part)
            if size > longest:
                break
    except httpx.DecodingError:  # what cannot be unpacked will be no JSON
        parts = []
    finally:
        await response.aclose()
    return Answer(response.status_code, response.headers, b"".join(parts))


def _has_proxy(url: httpx.URL) -> bool:
    proxies = urllib.request.getproxies()
    return (url.scheme in proxies or "all" in proxies) and not urllib.request.proxy_bypass(url.host)


class PooledTransport(httpx.AsyncBaseTransport):
    """Connections to one server, as many as there are requests at once. The time limits are the caller's."""

    def __init__(self, base_url: httpx.URL) -> None:
        """Prepare; connections are opened when they are needed."""
        self._host = base_url.host
        self._port = base_url.port or (443 if base_url.scheme == "https" else 80)
        self._tls = httpx.create_ssl_context() if base_url.scheme == "https" else None
        self._idle: list[_Connection] = []
        self._is_closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and read the whole answer. Raises httpx.TransportError."""
        connection = self._take_idle() or await self._connect()
        try:
            return await connection.exchange(request)
        except h11.ProtocolError as error:
            raise httpx.RemoteProtocolError(str(error)) from error
        except OSError as error:
            raise httpx.ReadError(str(error)) from error
        finally:
            self._give_back(connection)

    def _take_idle(self) -> "_Connection | None":
        while self._idle:
            connection = self._idle.pop()
            if connection.is_usable():
                connection.idle_since = 0.0
                return connection
            connection.close()
        return None

    async def _connect(self) -> "_Connection":
        # asyncio may lose a socket where opening it is cancelled, so it is opened to the end all the same.
        opening = asyncio.ensure_future(self._open())
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(self._keep_opened)
            raise

    def _keep_opened(self, opening: "asyncio.Future[_Connection]") -> None:
        if not opening.cancelled() and opening.exception() is None:
            self._give_back(opening.result())

    async def _open(self) -> "_Connection":
        # Tries IPv6 and IPv4 side by side where the loop can; uvloop cannot.
        racing = isinstance(asyncio.get_running_loop(), asyncio.BaseEventLoop)
        options: dict[str, Any] = {"happy_eyeballs_delay": 0.25} if racing else {}
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                streams = await asyncio.open_connection(
                    self._host, self._port, ssl=self._tls, limit=READ_BYTES, **options
                )
        except TimeoutError as error:
            message = f"no connection to {self._host} within {CONNECT_SECONDS:.0f} s"
            raise httpx.ConnectTimeout(message) from error
        except OSError as error:
            raise httpx.ConnectError(f"no connection to {self._host}: {error}") from error
        return _Connection(*streams)

    def _give_back(self, connection: "_Connection") -> None:
        if connection.is_usable() and not self._is_closed:
            connection.idle_since = time.monotonic()
            self._idle.append(connection)
        else:
            connection.close()

    async def aclose(self) -> None:
        """Close the connections; those that still carry a request close after it."""
        self._is_closed = True
        while self._idle:
            self._idle.pop().close()


class _Connection:
    """One connection, which carries one request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._state = h11.Connection(h11.CLIENT)
        self.idle_since = 0.0

    async def exchange(self, request: httpx.Request) -> httpx.Response:
        """Send a request and read the answer, up to as much as is ever read."""
        state = self._state
        sent = state.send(
            h11.Request(method=request.method, target=request.url.raw_path, headers=request.headers.raw)
        )
        if content := request.content:
            sent = (sent or b"") + (state.send(h11.Data(data=content)) or b"")
        self._writer.write((sent or b"") + (state.send(h11.EndOfMessage()) or b""))
        await self._writer.drain()
        status, headers, parts, size, longest = 0, [], [], 0, LONGEST_OTHER
        while size <= longest:
            event = state.next_event()
            if event is h11.NEED_DATA:
                data = await self._reader.read(READ_BYTES)
                if not data and not status:
                    raise h11.RemoteProtocolError("the server closed the connection without an answer")
                state.receive_data(data)
            elif isinstance(event, h11.Response):
                status, headers = event.status_code, list(event.headers)
                if any(name == b"content-type" and b"json" in value.lower() for name, value in headers):
                    longest = LONGEST_JSON
            elif isinstance(event, h11.Data):
                parts.append(bytes(event.data))
                size += len(event.data)
            elif isinstance(event, h11.EndOfMessage):
                if state.our_state is h11.DONE and state.their_state is h11.DONE:
                    state.start_next_cycle()
                break
        content = b"".join(parts)
        try:
            return httpx.Response(status, headers=headers, content=content)
        except httpx.DecodingError:  # what cannot be unpacked is kept as it came: it will be no JSON
            headers = [(name, value) for name, value in headers if name != b"content-encoding"]
            return httpx.Response(status, headers=headers, content=content)

    def is_usable(self) -> bool:
        """Whether another request can be sent: the last one ended well and the server has not hung up."""
        if self._state.our_state is not h11.IDLE or self._reader.at_eof() or self._writer.is_closing():
            return False
        # What came unasked, such as a farewell (408) before hanging up, would be taken for the next answer.
        if self._state.trailing_data[0] or getattr(self._reader, "_buffer", b""):
            return False
        return not self.idle_since or time.monotonic() - self.idle_since < KEEP_IDLE_SECONDS

    def close(self) -> None:
        """Hang up."""
        self._writer.close()
