"""Sends requests to one server, by whatever can carry them."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx

from tinker_rest.network.connections import ConnectionPool
from tinker_rest.network.proxies import ProxiedClient, proxy_for
from tinker_rest.network.transport import ANY_TYPE, MAX_CONNECTIONS, Answer, Hopeless

if TYPE_CHECKING:
    from tinker_rest.authentication.authenticator import Authenticator


class Sender:
    """Carries requests to one server.

    Args:
        base_url: The server's address.
        headers: Headers to send with every request.
        authenticator: What gives calls their `X-API-Key`; None where `headers` hold all that is needed.
        is_storage: Whether the answers are files, which are JSON whatever their type says.

    Attributes:
        room: Where callers queue, in order, before they send; so waiting for a place can be told from waiting
            for an answer.
    """

    def __init__(
        self,
        base_url: str,
        headers: dict[str, str],
        authenticator: "Authenticator | None" = None,
        *,
        is_storage: bool = False,
    ) -> None:
        """Prepare; connections are opened when they are needed."""
        self.room = asyncio.Semaphore(MAX_CONNECTIONS)
        self.base_url = base_url
        self.authenticator = authenticator
        self._owns_authenticator = True
        self._headers = headers
        self._extensions = {ANY_TYPE: True} if is_storage else {}
        self._carrier: ConnectionPool | ProxiedClient | None = None

    async def send(self, request: dict[str, Any], on_sent: Callable[[], None]) -> Answer:
        """Send one request and read the answer, inside of `room`.

        Args:
            request: What the generated `build_request` returned, with all its headers.
            on_sent: Called before the first byte of the request leaves.

        Raises:
            httpx.TransportError: There is no answer, but there may be one later.
            Hopeless: There will never be one.
        """
        if self._carrier is None:
            self._carrier = self._new_carrier()
        url = self.base_url + request["url"]
        if params := request.get("params"):
            url += "?" + str(httpx.QueryParams(params))
        headers = {**self._headers, **request["headers"]}
        built = httpx.Request(
            request["method"], url, headers=headers, json=request.get("json"), extensions=dict(self._extensions)
        )
        return await self._carrier.send(built, on_sent)

    def at(self, base_url: str) -> "Sender":
        """One for another address of the same server, with the same credential. It is to be closed too."""
        other = Sender(base_url, self._headers, self.authenticator)
        other._owns_authenticator = False
        return other

    def _new_carrier(self) -> ConnectionPool | ProxiedClient:
        url = httpx.URL(self.base_url)
        try:
            proxy = proxy_for(url)
            return ProxiedClient(proxy) if proxy else ConnectionPool(url)
        except OSError as error:  # of which ssl.SSLError is one
            variables = "SSL_CERT_FILE or SSL_CERT_DIR"
            raise Hopeless(f"the certificates that {variables} names cannot be read: {error}") from error
        except (ImportError, ValueError, httpx.InvalidURL) as error:
            variables = "HTTP_PROXY, HTTPS_PROXY or ALL_PROXY"
            raise Hopeless(f"the proxy that {variables} names cannot be used: {error}") from error

    async def aclose(self) -> None:
        """Close the connections; those that still carry a request close after it."""
        if self.authenticator is not None and self._owns_authenticator:
            self.authenticator.close()
        if self._carrier is not None:
            await self._carrier.aclose()
