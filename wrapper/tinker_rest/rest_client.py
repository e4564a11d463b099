"""The facade: one method for each operation, each returning a future."""

from tinker_rest.methods.bulk import BulkMethods
from tinker_rest.methods.checkpoints import CheckpointMethods
from tinker_rest.methods.deprecated import DeprecatedAdministration
from tinker_rest.methods.downloads import DownloadMethods
from tinker_rest.methods.iteration import IterationMethods
from tinker_rest.methods.server import ServerMethods
from tinker_rest.methods.sessions import SessionMethods
from tinker_rest.methods.training_runs import TrainingRunMethods
from tinker_rest.methods.weights import WeightsMethods


class RestClient(
    TrainingRunMethods,
    BulkMethods,
    DownloadMethods,
    CheckpointMethods,
    WeightsMethods,
    SessionMethods,
    IterationMethods,
    ServerMethods,
    DeprecatedAdministration,
):
    """Reads and changes what training runs leave behind: checkpoints, sessions, samplers.

    Each method checks its arguments, starts the call at once and returns an `APIFuture`: wait for it with
    `.result()`, or `await` it. The `_async` form of a method is a coroutine of the result itself. The methods
    `iter_…` go over all pages of a listing instead, with `for` or `async for`. A client may be used from many
    threads and event loops at once. Use it in a `with` or `async with` block, which waits for
    the calls in flight at its end, or call `close`, which does not. What is in flight when the interpreter
    exits is cancelled.

    Calls that meet a passing fault (no answer, 408, 425, 429, 5xx) are repeated, after a delay that grows and
    is partly random, or that the server asks for. A change is sent with the same `X-Idempotency-Key` each time.
    Where an answer to a deletion was lost and the repetition is told 404, the deletion has succeeded; the same
    goes for 409 and publications.

    Args:
        holder: The `holder` of a `ServiceClient`, to share its connections; then no other of the first four
            arguments is given.
        base_url: The server's address. Default: the environment variable `TINKER_BASE_URL`, else production.
        api_key: The API key. Default: the environment variable `TINKER_API_KEY`, else what the command in
            `TINKER_CREDENTIAL_CMD` prints, else the stored default of `~/.tinker/credentials.json`. Where the
            server asks for it, the key is exchanged for a short-lived token, which is renewed in time.
        default_headers: Headers to send with every request, such as another authentication that a
            compatible server wants.
        pickle_credentials: Whether a pickle of the client holds the API key and `default_headers`. By default
            it does not, and whoever unpickles it has the key in `TINKER_API_KEY`.
        timeout: After how many seconds a call gives up, with all its repetitions; 60 by default, None for never.
        attempt_timeout: For how many seconds one request of a call waits for its answer, before it is sent
            again; 30 by default, None for no limit but `timeout`.
        archive_timeout: For how many seconds `get_checkpoint_archive_url` and `export_session_trace` wait for
            what is being built; 900 (15 minutes) by default, None for no limit. Then neither `timeout` nor
            `max_retries` counts.
        max_retries: How often a request is repeated at most; 10 by default, None for no limit but `timeout`.
        on_retry: Called with a `RetryEvent` before each wait, on the thread that makes the calls. It must not
            block; what it raises is logged and changes nothing.

    Raises:
        CredentialsError: There is no API key, or one that cannot be right.
        InvalidArgumentError: An argument is not of the form that is expected.

    Every method raises, at the call, InvalidArgumentError (a ValueError) for an argument that cannot be right
    and ClientClosedError after `close`; its future raises the other classes of `tinker_rest.errors`.
    """
