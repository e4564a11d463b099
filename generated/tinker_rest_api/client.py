# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
"""Where the API is, and the httpx clients that the generated functions use."""

import ssl
from typing import Any, Self

import httpx
from attrs import define, field


@define
class Client:
    """The address of the API and how to reach it. Redirects are not followed unless asked for.

    ``httpx_args`` are further arguments for the ``httpx.Client`` and ``httpx.AsyncClient`` that are made
    when they are first needed. ``timeout`` is in seconds.
    """

    base_url: str
    raise_on_unexpected_status: bool = field(default=False, kw_only=True)
    headers: dict[str, str] = field(factory=dict, kw_only=True, repr=False)
    timeout: float | None = field(default=60.0, kw_only=True)
    verify_ssl: str | bool | ssl.SSLContext = field(default=True, kw_only=True)
    follow_redirects: bool = field(default=False, kw_only=True)
    httpx_args: dict[str, Any] = field(factory=dict, kw_only=True, repr=False)
    _client: httpx.Client | None = field(default=None, init=False, repr=False)
    _async_client: httpx.AsyncClient | None = field(default=None, init=False, repr=False)

    def _settings(self) -> dict[str, Any]:
        return {
            "base_url": self.base_url,
            "headers": self.headers,
            "timeout": self.timeout,
            "verify": self.verify_ssl,
            "follow_redirects": self.follow_redirects,
            **self.httpx_args,
        }

    def set_httpx_client(self, client: httpx.Client) -> Self:
        """Use this client instead of one made from the settings."""
        self._client = client
        return self

    def get_httpx_client(self) -> httpx.Client:
        """The client that the sync functions use."""
        if self._client is None:
            self._client = httpx.Client(**self._settings())
        return self._client

    def set_async_httpx_client(self, async_client: httpx.AsyncClient) -> Self:
        """Use this client instead of one made from the settings."""
        self._async_client = async_client
        return self

    def get_async_httpx_client(self) -> httpx.AsyncClient:
        """The client that the async functions use."""
        if self._async_client is None:
            self._async_client = httpx.AsyncClient(**self._settings())
        return self._async_client

    def __enter__(self) -> Self:
        self.get_httpx_client().__enter__()
        return self

    def __exit__(self, *args: Any) -> None:
        self.get_httpx_client().__exit__(*args)

    async def __aenter__(self) -> Self:
        await self.get_async_httpx_client().__aenter__()
        return self

    async def __aexit__(self, *args: Any) -> None:
        await self.get_async_httpx_client().__aexit__(*args)


@define
class AuthenticatedClient(Client):
    """A client that sends ``token`` (an API key) in the header ``auth_header_name`` with every request."""

    token: str = field(kw_only=True, repr=False)
    auth_header_name: str = field(default="X-API-Key", kw_only=True)

    def _settings(self) -> dict[str, Any]:
        settings = Client._settings(self)
        return {**settings, "headers": {**settings["headers"], self.auth_header_name: self.token}}
