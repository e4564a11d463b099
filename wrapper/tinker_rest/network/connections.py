"""Pooled HTTP/1.1 connections to one server.

httpx's own async pool slows down with every call that waits: its work grows with calls times connections. This
one keeps its connections in a queue, where taking one and giving it back is constant work.
"""

import asyncio
import math
import time
import zlib
from collections import deque
from collections.abc import Callable

import h11
import httpx

from tinker_rest.network.dialing import Dialer, dialled
from tinker_rest.network.transport import (
    KEEP_IDLE_SECONDS,
    LONGEST_OTHER,
    Answer,
    Hopeless,
    longest_body,
)

# A page of a thousand checkpoints is about 300 kB.
READ_BYTES = 2**20
LONGEST_HEAD = 100 * 2**10


class ConnectionPool:
    """Connections to one server, as many as there are requests at once. The time limits are the caller's."""

    def __init__(self, base_url: httpx.URL) -> None:
        """Prepare; connections are opened when they are needed."""
        # As the server is named on the wire: names beyond ASCII are looked up by other rules elsewhere.
        self._host = base_url.raw_host.decode("ascii")
        is_https = base_url.scheme == "https"
        self._dialer = Dialer(self._host, base_url.port or (443 if is_https else 80))
        self._tls = httpx.create_ssl_context() if is_https else None
        self._idle: deque[_Connection] = deque()  # the one that was used last at the right
        self._sweeping: asyncio.TimerHandle | None = None
        self._is_closed = False

    async def send(self, request: httpx.Request, on_sent: Callable[[], None]) -> Answer:
        """Send a request and read the answer. Raises httpx.TransportError and Hopeless."""
        connection = self._take_idle() or await self._connect()
        try:
            return await connection.exchange(request, on_sent)
        except h11.LocalProtocolError as error:
            raise Hopeless(f"the request cannot be sent: {error}") from error
        except h11.RemoteProtocolError as error:
            raise httpx.RemoteProtocolError(str(error)) from error
        except OSError as error:
            raise httpx.ReadError(str(error)) from error
        finally:
            self._give_back(connection)

    def _take_idle(self) -> "_Connection | None":
        while self._idle:
            connection = self._idle.pop()
            if connection.is_usable():
                return connection
            connection.close()
        return None

    async def _connect(self) -> "_Connection":
        async with dialled(self._host, "; check base_url or TINKER_BASE_URL"):
            opened = await self._dialer.dial()
            host = self._host if self._tls else None
            streams = await asyncio.open_connection(
                sock=opened, ssl=self._tls, server_hostname=host, limit=READ_BYTES
            )
        return _Connection(*streams)

    def _give_back(self, connection: "_Connection") -> None:
        if not connection.is_usable() or self._is_closed:
            connection.close()
            return
        connection.idle_since = time.monotonic()
        self._idle.append(connection)
        if self._sweeping is None:
            self._sweeping = asyncio.get_running_loop().call_later(KEEP_IDLE_SECONDS, self._sweep)

    def _sweep(self) -> None:
        """Close the connections that were not used for long, and come back while there are any."""
        while self._idle and not self._idle[0].is_usable():
            self._idle.popleft().close()
        self._sweeping = None
        if self._idle:
            left = self._idle[0].idle_since + KEEP_IDLE_SECONDS - time.monotonic()
            self._sweeping = asyncio.get_running_loop().call_later(left + 0.01, self._sweep)

    async def aclose(self) -> None:
        """Close the connections; those that still carry a request close after it."""
        self._is_closed = True
        if self._sweeping is not None:
            self._sweeping.cancel()
        while self._idle:
            self._idle.pop().close()


class _Connection:
    """One connection, which carries one request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._state = h11.Connection(h11.CLIENT, max_incomplete_event_size=LONGEST_HEAD)
        self.idle_since = math.inf

    async def exchange(self, request: httpx.Request, on_sent: Callable[[], None]) -> Answer:
        """Send a request and read the answer, up to as much as is ever read."""
        self.idle_since = math.inf
        state = self._state
        sent = state.send(
            h11.Request(method=request.method, target=request.url.raw_path, headers=request.headers.raw)
        )
        if content := request.content:
            sent = (sent or b"") + (state.send(h11.Data(data=content)) or b"")
        sent = (sent or b"") + (state.send(h11.EndOfMessage()) or b"")
        on_sent()
        self._writer.write(sent)
        await self._writer.drain()
        status, parts, size, longest = 0, [], 0, LONGEST_OTHER
        headers = httpx.Headers()
        while size <= longest:
            event = state.next_event()
            if event is h11.NEED_DATA:
                data = await self._reader.read(READ_BYTES)
                if not data and not status:
                    raise h11.RemoteProtocolError("the server closed the connection without an answer")
                state.receive_data(data)
            elif isinstance(event, h11.Response):
                status, headers = event.status_code, httpx.Headers(list(event.headers))
                longest = longest_body(request, headers)
            elif isinstance(event, h11.Data):
                parts.append(bytes(event.data))
                size += len(event.data)
            elif isinstance(event, h11.EndOfMessage):
                if state.our_state is h11.DONE and state.their_state is h11.DONE:
                    state.start_next_cycle()
                break
        return Answer(status, headers, _unpacked(b"".join(parts), headers, longest))

    def is_usable(self) -> bool:
        """Whether another request can be sent: the last one ended well and the server has not hung up."""
        if self._state.our_state is not h11.IDLE or self._reader.at_eof() or self._writer.is_closing():
            return False
        # What came unasked, such as a farewell (408) before hanging up, would be taken for the next answer.
        if self._state.trailing_data[0] or getattr(self._reader, "_buffer", b""):
            return False
        return time.monotonic() - self.idle_since < KEEP_IDLE_SECONDS

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


def _unpacked(content: bytes, headers: httpx.Headers, longest: int) -> bytes:
    """The body without its content encoding, up to as much as is ever read."""
    encoding = headers.get("content-encoding", "").strip().lower()
    windows = {"gzip": (31,), "x-gzip": (31,), "deflate": (15, -15)}.get(encoding, ())
    for window in windows:
        try:
            return zlib.decompressobj(window).decompress(content, longest + 1)
        except zlib.error:
            continue
    return content  # where it is of another encoding, it will be no JSON
