"""Answers whose bodies are too long to be kept in memory: a thread reads them piece by piece.

Threads, and not the event loop, read them: a body as fast as the network would leave the loop no time for calls.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator, Mapping
from typing import Protocol

import h11
import httpx

from tinker_rest.calling.daemon_threads import run_in_daemon_thread
from tinker_rest.network.dialing import Dialer, dialled
from tinker_rest.network.proxies import ProxiedStream, proxy_for
from tinker_rest.network.transport import CONNECT_SECONDS, Hopeless, StreamHead

_HEAD_BYTES = 2**16
_LONGEST_HEAD = 100 * 2**10


class BodyStream(Protocol):
    """One GET whose answer is read piece by piece. All but `abort` are called by one thread."""

    def ask(self, headers: Mapping[str, str], patience: float | None) -> StreamHead:
        """Send the request and read the head of the answer. Raises httpx.TransportError and Hopeless.

        Args:
            headers: All headers of the request but `Host`.
            patience: For how many seconds to wait for the next bytes, here and later; None for no limit.
        """

    def read_into(self, buffer: memoryview) -> int:
        """Read what has come, as much as there is room for; 0 at the end. Raises httpx.TransportError.

        A body that ends before the length that was said is an httpx.RemoteProtocolError.
        """

    def close(self) -> None:
        """Hang up."""

    def abort(self) -> None:
        """Hang up from another thread; whoever waits for bytes is told at once."""


class StreamOpener:
    """Opens streams of any host, through the proxy that the environment names."""

    def __init__(self) -> None:
        """Prepare; nothing is opened yet."""
        self._tls: ssl.SSLContext | None = None

    async def open(self, url: httpx.URL) -> BodyStream:
        """Connect. Raises httpx.TransportError and Hopeless."""
        try:
            if proxy := proxy_for(url):
                return ProxiedStream(url, proxy)
            if url.scheme == "https" and self._tls is None:
                self._tls = await run_in_daemon_thread("tinker-rest-tls", httpx.create_ssl_context)
        except OSError as error:  # of which ssl.SSLError is one
            raise Hopeless(f"the certificates that SSL_CERT_FILE or SSL_CERT_DIR names: {error}") from error
        host = url.raw_host.decode("ascii")
        async with dialled(host, ""):
            opened = await Dialer(host, url.port or (443 if url.scheme == "https" else 80)).dial()
        return DirectStream(url, opened, self._tls if url.scheme == "https" else None)


class DirectStream:
    """A stream over a socket of its own."""

    def __init__(self, url: httpx.URL, opened: socket.socket, tls: ssl.SSLContext | None) -> None:
        """Keep the connected socket."""
        self._url = url
        self._socket = opened
        self._tls = tls
        self._state = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LONGEST_HEAD)
        self._early = memoryview(b"")  # of the body, what came with the head
        self._left: int | None = None  # how much of the body is to come, where that is known
        self._patience: float | None = None

    def ask(self, headers: Mapping[str, str], patience: float | None) -> StreamHead:
        """Send the request and read the head of the answer."""
        self._patience = CONNECT_SECONDS
        with self._translated():
            self._socket.settimeout(CONNECT_SECONDS)
            if self._tls is not None:
                host = self._url.raw_host.decode("ascii")
                self._socket = self._tls.wrap_socket(
                    self._socket, server_hostname=host, do_handshake_on_connect=False
                )
                self._socket.do_handshake()
            self._patience = patience
            self._socket.settimeout(patience)
            fields = [("Host", self._url.netloc.decode("ascii")), *headers.items(), ("Connection", "close")]
            try:
                request = h11.Request(method="GET", target=self._url.raw_path, headers=fields)
                sent = (self._state.send(request) or b"") + (self._state.send(h11.EndOfMessage()) or b"")
            except h11.LocalProtocolError as error:
                raise Hopeless(f"the request cannot be sent: {error}") from error
            self._socket.sendall(sent)
            while not isinstance(event := self._next_event(), h11.Response):
                pass
        head = StreamHead(event.status_code, httpx.Headers(list(event.headers)))
        if (
            "transfer-encoding" not in head.headers
            and (length := head.headers.get("content-length", "")).isdigit()
        ):
            # From here on the bytes go from the socket to the buffer, without a copy between.
            self._left = int(length)
            self._early = memoryview(self._state.trailing_data[0])[: self._left]
        return head

    def read_into(self, buffer: memoryview) -> int:
        """Read what has come."""
        if self._early:
            size = min(len(buffer), len(self._early))
            buffer[:size] = self._early[:size]
            self._early = self._early[size:]
        else:
            with self._translated():
                size = self._read_parts(buffer) if self._left is None else self._read_raw(buffer, self._left)
        if self._left is not None:
            self._left -= size
        return size

    def _read_raw(self, buffer: memoryview, left: int) -> int:
        if not left:
            return 0
        size = self._socket.recv_into(buffer, min(left, len(buffer)))
        if not size:
            raise httpx.RemoteProtocolError(f"the connection was closed {left} bytes before the end of the body")
        return size

    def _read_parts(self, buffer: memoryview) -> int:
        """Read a body whose length was not said, and which h11 takes out of its parts."""
        event = self._next_event()
        if not isinstance(event, h11.Data):
            return 0
        data = memoryview(event.data)
        size = min(len(buffer), len(data))
        buffer[:size] = data[:size]
        self._early = data[size:]
        return size

    def _next_event(self) -> h11.Event:
        while (event := self._state.next_event()) is h11.NEED_DATA:
            data = self._socket.recv(_HEAD_BYTES)
            if not data and self._state.their_state is h11.SEND_RESPONSE:
                raise httpx.RemoteProtocolError("the server closed the connection without an answer")
            self._state.receive_data(data)
        if not isinstance(event, h11.Event):
            raise httpx.RemoteProtocolError("the connection was used for something else")
        return event

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except TimeoutError as error:
            raise httpx.ReadTimeout(f"no byte came for {self._patience:g} s (attempt_timeout)") from error
        except h11.RemoteProtocolError as error:
            raise httpx.RemoteProtocolError(str(error)) from error
        except ssl.SSLCertVerificationError as error:
            raise Hopeless(f"no connection to {self._url.host}: {error}") from error
        except OSError as error:
            raise httpx.ReadError(str(error)) from error

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def abort(self) -> None:
        """Hang up from another thread."""
        with contextlib.suppress(OSError):  # it is closed already
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)  # TLS says no farewell
