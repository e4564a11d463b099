"""The clients: `RestClient`, `AdminClient`, and `ServiceClient` for programs written for the official SDK."""

from __future__ import annotations

from tinker_rest._methods.administration import AdministrationMethods, DeprecatedAdministration
from tinker_rest._methods.checkpoint_changes import CheckpointChangeMethods
from tinker_rest._methods.server import ServerMethods
from tinker_rest._methods.sessions import SessionMethods
from tinker_rest._methods.training_runs import TrainingRunMethods


class RestClient(
    TrainingRunMethods, CheckpointChangeMethods, SessionMethods, ServerMethods, DeprecatedAdministration
):
    """Lists, changes and downloads what training runs leave behind: checkpoints, sessions, samplers.

        with RestClient() as client:
            for checkpoint in client.list_user_checkpoints().result().checkpoints:
                print(checkpoint.tinker_path)

    Each method checks its arguments, starts the call at once and returns an `APIFuture`: wait for it with
    `.result()`, or `await` it. The `_async` form of a method is a coroutine. You can use a client from many
    threads and event loops at once. Use it in a `with` or `async with` block, which waits for the calls in flight
    at its end, or call `close`, which does not. Calls in flight when the interpreter exits are cancelled.

    Transient failures (no answer, 408, 425, 429, 5xx) are retried, after a delay that grows and is partly random,
    or that the server asks for. If a retry of a delete gets 404 after its first answer was lost, the delete counts
    as successful; so does 409 for publishing.

    Every method raises InvalidArgumentError (a ValueError) for a bad argument and ClientClosedError after `close`;
    its future raises the other classes of `tinker_rest.errors`.

    Args:
        holder: The `holder` of another client, to share its connections; then do not give an address, a key,
            headers or a transport.
        base_url: The server's address. Default: the environment variable `TINKER_BASE_URL`, else production.
        api_key: The API key. Default: the environment variable `TINKER_API_KEY`, else what the command in
            `TINKER_CREDENTIAL_CMD` prints, else the stored default of `~/.tinker/credentials.json`. If the server
            asks for it, the key is exchanged for a short-lived token. A pickle of a client does not hold the key:
            it is found anew when the client is unpickled.
        default_headers: Headers to send with every request.
        timeout: Total time limit of a call in seconds, including retries; 60 by default, None for no limit.
        attempt_timeout: Time limit of each attempt in seconds; 30 by default, None for no limit but `timeout`.
        max_retries: How often a call is retried at most; 10 by default, None for no limit but `timeout`.
        on_retry: Called with a `RetryEvent` before each wait, in the thread of the call. What it raises is logged
            and changes nothing.
        transport: What sends the requests, such as an `httpx.MockTransport`, or an `httpx.HTTPTransport` with a CA
            or client certificate of your own. It is called from many threads at once, and you close it.

    Raises:
        CredentialsError: There is no API key, or one that cannot be right.
        InvalidArgumentError: An argument is not valid.
    """


class AdminClient(AdministrationMethods):
    """Looks up usage, costs, stored checkpoints and the audit log of your organization.

    It needs the role of an administrator; for usage and storage, that of a billing administrator is enough. It
    takes the arguments of `RestClient` and can share its connections: `AdminClient(rest_client.holder)`.
    """


class ServiceClient(ServerMethods):
    """Makes `RestClient`s that share one server address, one key and one set of connections.

    Programs that were written for the official SDK get their `RestClient` from it. It creates no session on the
    server. The arguments are those of `RestClient`.
    """

    def create_rest_client(self) -> RestClient:
        """A client for the REST operations. It ends with this object; closing it alone closes nothing."""
        self._refuse_closed()
        client = RestClient(self._core)
        self._copy(client)
        return client
