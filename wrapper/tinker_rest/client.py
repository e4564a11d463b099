"""The clients: `RestClient`, `AdminClient`, and `ServiceClient` for programs written for the official SDK."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal, Unpack

from tinker_rest._base import BaseClient, ClientOptions
from tinker_rest._lazy import types
from tinker_rest._methods.administration import AdministrationMethods, DeprecatedAdministration
from tinker_rest._methods.checkpoint_changes import CheckpointChangeMethods
from tinker_rest._methods.checkpoint_uploads import UploadMethods
from tinker_rest._methods.server import ServerMethods
from tinker_rest._methods.sessions import SessionMethods
from tinker_rest.futures import APIFuture


class RestClient(CheckpointChangeMethods, UploadMethods, SessionMethods, ServerMethods, DeprecatedAdministration):
    """Lists, changes and downloads your training runs, checkpoints, sessions and samplers.

        with RestClient() as client:
            for checkpoint in client.list_user_checkpoints().result().checkpoints:
                print(checkpoint.tinker_path)

    Each method checks its arguments, starts the call at once and returns an `APIFuture`: wait for it with
    `.result()`, or `await` it. The `_async` form of a method is a coroutine. You can use a client from many
    threads and event loops at once. Use it in a `with` or `async with` block, which waits for the calls in flight
    at its end, or call `close`, which does not. Calls in flight when the interpreter exits are cancelled.

    Transient failures (no response, 408, 425, 429, 5xx) are retried, after a growing, partly random delay or the
    one that the server asks for. If a retry of a delete gets 404 after the first response was lost, the delete
    counts as successful; so does 409 for publishing.

    Every method raises InvalidArgumentError (a ValueError) for a bad argument and ClientClosedError after `close`;
    its future raises the other classes of `tinker_rest.errors`.

    Args:
        holder: The `holder` of another client, to share its connections; then do not pass an address, a key,
            headers or a transport.
        base_url: The server's address. Default: the environment variable `TINKER_BASE_URL`, else production.
        api_key: The API key. Default: the environment variable `TINKER_API_KEY`, else what the command in
            `TINKER_CREDENTIAL_CMD` prints, else the stored default of `~/.tinker/credentials.json`. If the server
            asks for it, the key is exchanged for a short-lived token. A pickled client does not contain the key:
            it is looked up again when the client is unpickled.
        default_headers: Headers to send with every request.
        timeout: Total time limit of a call including retries, in seconds or as a timedelta; 60 seconds by default,
            None for no limit.
        attempt_timeout: Time limit of each attempt, in seconds or as a timedelta; 30 seconds by default, None for
            no limit but `timeout`.
        max_retries: The maximum number of retries of a call; 10 by default, None for no limit but `timeout`.
        on_retry: Called with a `RetryEvent` before each wait, in the thread of the call. What it raises is logged
            and changes nothing.
        transport: What sends the requests, such as an `httpx.MockTransport`, or an `httpx.HTTPTransport` with a CA
            or client certificate of your own. It is called from many threads at once, and you close it.

    Raises:
        CredentialsError: There is no API key, or it is malformed.
        InvalidArgumentError: An argument is not valid.
    """


class AdminClient(AdministrationMethods):
    """Looks up usage, costs, stored checkpoints and the audit log of your organization.

    Requires the administrator role; usage and storage also work with the billing administrator role. It takes the
    arguments of `RestClient` and can share its connections: `AdminClient(rest_client.holder)`.
    """


class ServiceClient(BaseClient):
    """Makes `RestClient`s, for programs that were written for the official SDK.

    They share one server address, one key and one set of connections. No session is created on the server, so
    `user_metadata` and `display_name`, which would describe it, are accepted but not sent.

    Args:
        user_metadata: Not used.
        project_id: The ID of the project for `copy_weights`. Default: the environment variable
            `TINKER_PROJECT_ID`.
        display_name: Not used.
        default_headers_overrides: The same as `default_headers`.
        options: The other arguments are those of `RestClient`.
    """

    def __init__(
        self,
        user_metadata: Mapping[str, str] | None = None,
        project_id: str | None = None,
        *,
        display_name: str | None = None,
        default_headers_overrides: Mapping[str, str] | None = None,
        **options: Unpack[ClientOptions],
    ) -> None:
        if default_headers_overrides is not None:
            options["default_headers"] = default_headers_overrides
        super().__init__(None, **options)
        self._project_id = project_id

    def create_rest_client(self) -> RestClient:
        """A client for the REST operations. It is closed with this object; closing it alone closes nothing."""
        self._refuse_closed()
        client = RestClient(self._core)
        client._options, client._noted_in = self._options, (set(), *self._noted_in)
        return client

    def get_server_capabilities(self) -> types.GetServerCapabilitiesResponse:
        """Wait for the result of `RestClient.get_server_capabilities`, and return it."""
        return self.create_rest_client().get_server_capabilities().result()

    async def get_server_capabilities_async(self) -> types.GetServerCapabilitiesResponse:
        """Return the result of `RestClient.get_server_capabilities`."""
        return await self.create_rest_client().get_server_capabilities()

    def get_console_url(self) -> str:
        """The page of the Tinker console that lists your sessions, since this client creates none."""
        return "https://tinker.thinkingmachines.ai/sessions"

    def copy_weights(
        self, path: str, *, ttl_seconds: int | timedelta | None = None, weights_access_token: str | None = None
    ) -> APIFuture[str]:
        """Copy a checkpoint into the project of this client; see `RestClient.copy_weights`."""
        return self.create_rest_client().copy_weights(
            path, self._project_id, ttl_seconds=ttl_seconds, weights_access_token=weights_access_token
        )

    def close(  # type: ignore[override]
        self, status: Literal["success", "errored", "interrupted"] = "success", detail: str | None = None
    ) -> APIFuture[None]:
        """End the calls in flight with ClientClosedError and close the connections.

        Args:
            status: Not used.
            detail: Not used.

        Returns:
            A future that is done.
        """
        super().close()
        done: APIFuture[None] = APIFuture()
        done.set_result(None)
        return done
