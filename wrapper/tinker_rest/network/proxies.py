"""Requests through the proxy that the environment names: httpx carries them, since it knows all about proxies."""

import contextlib
import os
import socket
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx

from tinker_rest.network.transport import (
    CONNECT_SECONDS,
    KEEP_IDLE_SECONDS,
    MAX_CONNECTIONS,
    Answer,
    Hopeless,
    StreamHead,
    longest_body,
)
from tinker_rest.redaction import redact_log

KEPT_CONNECTIONS = 8  # with each connection that it keeps, httpx does more work for every request


def proxy_for(url: httpx.URL) -> str:
    """The host and port of the proxy that the environment names for a URL; empty for none."""
    proxies = urllib.request.getproxies()
    proxy = proxies.get(url.scheme) or proxies.get("all")
    if not proxy or urllib.request.proxy_bypass(url.raw_host.decode("ascii")):
        return ""
    return proxy.rpartition("@")[2].rpartition("//")[2]  # without its user and password


def proxy_source(url: httpx.URL) -> str:
    """What names a proxy for a URL, whether the URL is bypassed or not: a variable; empty for nothing does."""
    for name in (f"{url.scheme}_proxy", "all_proxy"):
        for variable in (name, *(one for one in os.environ if one.lower() == name)):
            if os.environ.get(variable):
                return variable
    proxies = urllib.request.getproxies()
    return "the system's settings" if proxies.get(url.scheme) or proxies.get("all") else ""


class ProxiedClient:
    """Lets httpx carry requests through the proxy that the environment names."""

    def __init__(self, proxy: str) -> None:
        """Prepare; connections are opened when they are needed."""
        self._proxy = proxy
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(None, connect=CONNECT_SECONDS),
            limits=httpx.Limits(
                max_connections=MAX_CONNECTIONS,
                max_keepalive_connections=KEPT_CONNECTIONS,
                keepalive_expiry=KEEP_IDLE_SECONDS,
            ),
        )
        _redact_logs()

    async def send(self, request: httpx.Request, on_sent: Callable[[], None]) -> Answer:
        """Send a request and read the answer. Raises httpx.TransportError."""

        async def trace(event: str, facts: dict[str, Any]) -> None:
            # The request to connect to the server is the proxy's own.
            if event.endswith("send_request_headers.started") and facts["request"].method != b"CONNECT":
                on_sent()

        request.extensions["trace"] = trace
        try:
            response = await self._client.send(request, stream=True)
        except (httpx.ConnectError, httpx.ProxyError) as error:
            raise type(error)(f"no connection through the proxy {self._proxy}: {error}") from error
        parts: list[bytes] = []
        size, longest = 0, longest_body(request, response.headers)
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

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()


class ProxiedStream:
    """A body that httpx reads piece by piece through the proxy; see `streaming.BodyStream`."""

    def __init__(self, url: httpx.URL, proxy: str) -> None:
        """Prepare; the connection is opened when something is asked."""
        self._url = url
        self._proxy = proxy
        self._client: httpx.Client | None = None
        self._response: httpx.Response | None = None
        self._parts: Iterator[bytes] = iter(())
        self._early = memoryview(b"")
        self._socket: socket.socket | None = None
        self._is_aborted = False

    def ask(self, headers: Mapping[str, str], patience: float | None) -> StreamHead:
        """Send the request and read the head of the answer."""
        _redact_logs()
        try:
            self._client = httpx.Client(timeout=httpx.Timeout(patience, connect=CONNECT_SECONDS))
        except (ImportError, ValueError, httpx.InvalidURL) as error:
            raise Hopeless(f"the proxy that the environment names cannot be used: {error}") from error
        extensions = {"trace": self._note_socket}
        request = self._client.build_request("GET", self._url, headers=headers, extensions=extensions)
        try:
            self._response = self._client.send(request, stream=True)
        except (httpx.ConnectError, httpx.ProxyError) as error:
            raise type(error)(f"no connection through the proxy {self._proxy}: {error}") from error
        self._parts = self._response.iter_raw()
        return StreamHead(self._response.status_code, self._response.headers)

    def _note_socket(self, event: str, facts: dict[str, Any]) -> None:
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._socket = facts["return_value"].get_extra_info("socket")
        if self._is_aborted:
            raise httpx.ReadError("the download was given up")

    def read_into(self, buffer: memoryview) -> int:
        """Read what has come."""
        if not self._early:
            self._early = memoryview(next(self._parts, b""))
        size = min(len(buffer), len(self._early))
        buffer[:size] = self._early[:size]
        self._early = self._early[size:]
        return size

    def close(self) -> None:
        """Hang up."""
        if self._response is not None:
            self._response.close()
        if self._client is not None:
            self._client.close()

    def abort(self) -> None:
        """Hang up from another thread."""
        self._is_aborted = True
        if self._socket is not None:
            with contextlib.suppress(OSError):  # it is closed already
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


def _redact_logs() -> None:
    """They log the targets of requests and the headers of answers, signed URLs among them."""
    redact_log("httpx")
    redact_log("httpcore.http11")
