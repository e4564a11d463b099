"""The methods of `RestClient` about the server and the owner of the API key."""

from __future__ import annotations

from tinker_rest._base import BaseClient
from tinker_rest._lazy import LazyModule, types
from tinker_rest.futures import APIFuture, async_variant

api = LazyModule("tinker_rest_api.api.server")


class ServerMethods(BaseClient):
    """Asks what the server supports and who you are; see `RestClient`."""

    def get_server_capabilities(self) -> APIFuture[types.GetServerCapabilitiesResponse]:
        """Get the models that you can use, with the maximum context length of each in tokens.

        Some servers report only names, and some not even these. Calls the operation `get_server_capabilities`.

        Raises:
            AuthenticationError: The server does not know the API key (raised by the future).
        """
        return self._submit(api.get_server_capabilities)

    def whoami(self) -> APIFuture[types.WhoamiResponse]:
        """Get the user and the organization of the API key.

        Reads them from a token, in exchange for the API key. Calls the operation `exchange_credential`.

        Raises:
            AuthenticationError: The server does not know the API key (raised by the future).
            NotFoundError: The server has no tokens, like most compatible servers (raised by the future).
        """
        return self._run("whoami", self._identify)

    get_server_capabilities_async = async_variant(get_server_capabilities)
    whoami_async = async_variant(whoami)
