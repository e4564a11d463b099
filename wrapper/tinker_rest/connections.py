"""Sends requests with httpx, over connections that are pooled here.

httpx's own async pool slows down with every call that waits: its work grows with calls times connections.
This transport keeps its connections in a list, where taking one and giving it back is constant work, and calls
that find none free queue in order. Where the environment names a proxy, httpx's own transport is used, since it
knows all about them.
"""

import asyncio
import json
import time
import urllib.request
from collections import deque
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
    """

    def __init__(self, base_url: str, headers: dict[str, str]) -> None:
        """Prepare; connections are opened when they are needed."""
        self._base_url = base_url
        self._headers = headers
        url = httpx.URL(base_url)
        self._carrier: PooledTransport | httpx.AsyncClient
        if _has_proxy(url):
            self._carrier = httpx.AsyncClient(
                timeout=httpx.Timeout(None, connect=CONNECT_SECONDS),
                limits=httpx.Limits(max_connections=MAX_CONNECTIONS, keepalive_expiry=KEEP_IDLE_SECONDS),
            )
        else:
            self._carrier = PooledTransport(url)

    async def send(self, request: dict[str, Any]) -> Answer:
        """Send one request and read the answer. Raises httpx.TransportError."""
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
        """Close the connections that carry no request."""
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
    """Connections to one server, at most `MAX_CONNECTIONS` at once. The time limits are the caller's."""

    def __init__(self, base_url: httpx.URL) -> None:
        """Prepare; connections are opened when they are needed."""
        self._host = base_url.host
        self._port = base_url.port or (443 if base_url.scheme == "https" else 80)
        self._tls = httpx.create_ssl_context() if base_url.scheme == "https" else None
        self._idle: list[_Connection] = []
        self._open = 0
        self._waiting: deque[asyncio.Future[_Connection | None]] = deque()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and read the whole answer. Raises httpx.TransportError."""
        connection = await self._take() or await self._connect()
        try:
            return await connection.exchange(request)
        except h11.ProtocolError as error:
            raise httpx.RemoteProtocolError(str(error)) from error
        except OSError as error:
            raise httpx.ReadError(str(error)) from error
        finally:
            self._give_back(connection)

    async def _take(self) -> "_Connection | None":
        """An idle connection, or None with the right to open one."""
        while self._idle:
            connection = self._idle.pop()
            if connection.is_usable():
                connection.idle_since = 0.0
                return connection
            connection.close()
            self._open -= 1
        if self._open < MAX_CONNECTIONS:
            self._open += 1
            return None
        turn: asyncio.Future[_Connection | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # given and cancelled at the same moment
                self._pass_on(turn.result())
            raise

    async def _connect(self) -> "_Connection":
        # Tries IPv6 and IPv4 side by side where the loop can; uvloop cannot.
        racing = isinstance(asyncio.get_running_loop(), asyncio.BaseEventLoop)
        options: dict[str, Any] = {"happy_eyeballs_delay": 0.25} if racing else {}
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                streams = await asyncio.open_connection(
                    self._host, self._port, ssl=self._tls, limit=READ_BYTES, **options
                )
        except BaseException as error:
            self._pass_on(None)
            if isinstance(error, TimeoutError):
                message = f"no connection to {self._host} within {CONNECT_SECONDS:.0f} s"
                raise httpx.ConnectTimeout(message) from error
            if isinstance(error, OSError):
                raise httpx.ConnectError(f"no connection to {self._host}: {error}") from error
            raise
        return _Connection(*streams)

    def _give_back(self, connection: "_Connection") -> None:
        if connection.is_usable():
            self._pass_on(connection)
        else:
            connection.close()
            self._pass_on(None)

    def _pass_on(self, connection: "_Connection | None") -> None:
        """Give a connection, or the right to open one, to whoever has waited longest."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(connection)
                return
        if connection is None:
            self._open -= 1
        else:
            connection.idle_since = time.monotonic()
            self._idle.append(connection)

    async def aclose(self) -> None:
        """Close the connections that carry no request."""
        while self._idle:
            self._open -= 1
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
                state.receive_data(await self._reader.read(READ_BYTES))
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
            elif isinstance(event, h11.ConnectionClosed):
                raise h11.RemoteProtocolError("the server closed the connection without an answer")
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
