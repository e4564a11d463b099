"""Requests through the proxy that the environment names: httpx carries them, since it knows all about proxies."""

import urllib.request
from collections.abc import Callable
from typing import Any

import httpx

from tinker_rest.network.transport import CONNECT_SECONDS, KEEP_IDLE_SECONDS, MAX_CONNECTIONS, Answer, longest_body
from tinker_rest.redaction import redact_log

KEPT_CONNECTIONS = 8  # with each connection that it keeps, httpx does more work for every request


def proxy_for(url: httpx.URL) -> str:
    """The host and port of the proxy that the environment names for a URL; empty for none."""
    proxies = urllib.request.getproxies()
    proxy = proxies.get(url.scheme) or proxies.get("all")
    if not proxy or urllib.request.proxy_bypass(url.raw_host.decode("ascii")):
        return ""
    return proxy.rpartition("@")[2].rpartition("//")[2]  # without its user and password


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
        # They log the targets of requests and the headers of answers, signed URLs among them.
        redact_log("httpx")
        redact_log("httpcore.http11")

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
