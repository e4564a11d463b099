"""Where programs that were written for the official SDK get their `RestClient` from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from tinker_rest.calling.closing import ClosesHolder
from tinker_rest.calling.holder import ClientHolder
from tinker_rest.calling.options import CallOptions
from tinker_rest.calling.retries import RetryEvent
from tinker_rest.futures import APIFuture, async_variant
from tinker_rest.rest_client import RestClient

if TYPE_CHECKING:
    from tinker_rest.types import GetServerCapabilitiesResponse


class ServiceClient(ClosesHolder):
    """Makes `RestClient`s that share one server address, one key and one set of connections.

    It makes no request of its own and no session on the server. Training and sampling are not part of this
    package. The arguments are those of `RestClient`.
    """

    def __init__(
        self,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        timeout: float | None = 60.0,
        attempt_timeout: float | None = 30.0,
        archive_timeout: float | None = 900.0,
        max_retries: int | None = 10,
        on_retry: Callable[[RetryEvent], None] | None = None,
        default_headers: Mapping[str, str] | None = None,
        pickle_credentials: bool = False,
    ) -> None:
        """Check the arguments; nothing is sent. Raises CredentialsError and InvalidArgumentError."""
        self._options = CallOptions(timeout, attempt_timeout, archive_timeout, max_retries, on_retry)
        self.holder = ClientHolder(
            base_url, api_key, default_headers=default_headers, pickle_credentials=pickle_credentials
        )

    def create_rest_client(self) -> RestClient:
        """A client for the REST operations. It ends with this object; closing it alone closes nothing."""
        return RestClient(
            self.holder,
            timeout=self._options.timeout,
            attempt_timeout=self._options.attempt_timeout,
            archive_timeout=self._options.archive_timeout,
            max_retries=self._options.max_retries,
            on_retry=self._options.on_retry,
        )

    def get_server_capabilities(self) -> APIFuture[GetServerCapabilitiesResponse]:
        """The same as `RestClient.get_server_capabilities`. Calls the operation `get_server_capabilities`."""
        return self.create_rest_client().get_server_capabilities()

    get_server_capabilities_async = async_variant(get_server_capabilities)

    def __repr__(self) -> str:
        """The server's address; never the key."""
        return f"ServiceClient(base_url={self.holder.base_url!r})"
