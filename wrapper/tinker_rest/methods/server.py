"""The methods of `RestClient` about the server, and about who the caller is to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tinker_rest.calling.calling_client import CallingClient
from tinker_rest.futures import APIFuture, async_variant

if TYPE_CHECKING:
    from tinker_rest.types import GetServerCapabilitiesResponse, WhoamiResponse


class ServerMethods(CallingClient):
    """Asks what the server supports and who one is; see `RestClient`."""

    def get_server_capabilities(self) -> APIFuture[GetServerCapabilitiesResponse]:
        """Get the models that one may use, with the longest context of each in tokens.

        Some servers tell the names of the models alone, and some not even these.

        Raises:
            AuthenticationError: By the future: the server does not know the API key.

        Calls the operation `get_server_capabilities`.
        """
        from tinker_rest_api.api.server.get_server_capabilities import OPERATION

        return self._call(OPERATION, OPERATION.build_request(), OPERATION.read_success)

    def whoami(self) -> APIFuture[WhoamiResponse]:
        """Get the user and the organization that the API key stands for.

        They are read from a token that the API key is exchanged for. It is kept as long as it lives, so calling
        this again sends nothing.

        Raises:
            AuthenticationError: By the future: the server does not know the API key.
            NotFoundError: By the future: the server gives no tokens, as most compatible servers do not.

        Calls the operation `exchange_credential`.
        """
        from tinker_rest.calling.identity import Identity

        return self._submit(Identity(self._options))

    get_server_capabilities_async = async_variant(get_server_capabilities)
    whoami_async = async_variant(whoami)
