"""The facade for what administrators of an organization look up."""

from tinker_rest.methods.administration import AdministrationMethods


class AdminClient(AdministrationMethods):
    """Looks up usage, its cost, what is stored and the audit log of one's organization.

    One needs the role of an administrator; for usage and storage that of a billing administrator will do. It is
    made and used as `RestClient` is, takes the same arguments and can share its connections:
    `AdminClient(rest_client.holder)`.

    Args:
        holder: The `holder` of another client, to share its connections; then no other of the first four
            arguments is given.
        base_url: The server's address. Default: the environment variable `TINKER_BASE_URL`, else production.
        api_key: The API key. Default: as for `RestClient`.
        default_headers: Headers to send with every request.
        pickle_credentials: Whether a pickle of the client holds the API key and `default_headers`.
        timeout: After how many seconds a call gives up, with all its repetitions; 60 by default, None for never.
        attempt_timeout: For how many seconds one request of a call waits for its answer; 30 by default.
        archive_timeout: As for `RestClient`; no call of this client uses it.
        max_retries: How often a request is repeated at most; 10 by default, None for no limit but `timeout`.
        on_retry: Called with a `RetryEvent` before each wait.

    Raises:
        CredentialsError: There is no API key, or one that cannot be right.
        InvalidArgumentError: An argument is not of the form that is expected.
    """
