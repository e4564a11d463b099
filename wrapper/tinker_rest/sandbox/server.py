"""The sandbox as a whole: its database, its two origins and what it has seen."""

from __future__ import annotations

import logging
import os
from types import TracebackType
from typing import get_args

from . import seed as seeding
from .app import ApiApp
from .calls import Backend
from .clock import Clock
from .exposure import exposure_warning
from .listener import Listener, open_socket
from .organization import FIRST_USER, SECOND_USER
from .pages.activity import Activity
from .pages.overview import Overview
from .pages.site import Site
from .requests import RequestLog
from .signing import Builds, Signer
from .spec import Spec, load_spec
from .storage import StorageApp
from .store import Store
from .tokens import Credentials, Tokens, WantsTokens

DEFAULT_API_KEY = "tml-sandbox-alice"
DEFAULT_OTHER_API_KEY = "tml-sandbox-bob"
WEIGHTS_ACCESS_TOKEN = "weights-token-for-tests"  # noqa: S105 - gives access to nothing real
DEFAULT_TOKEN_LIFETIME_SECONDS = 3600
REQUESTS_KEPT = 10_000

_REACHABLE_AT = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - not bound here


logger = logging.getLogger("tinker_rest.sandbox")


class Sandbox:
    """A local Tinker server with real state, for tests and for trying things out.

    It serves every operation of openapi.yaml from SQLite in a thread of its own. Archives, and all else that
    has a signed URL, are served on a second port, so that they are on another origin than the API, as in
    production. Use it in a `with` statement, or call `start` and `close`. Any number may run at once.

    Args:
        host: The address to listen on. Only this machine can reach the default; of any other, the log warns.
        port: The port of the API; 0 for any free one.
        storage_port: The port of what has a signed URL; 0 for any free one.
        db: The path of a SQLite file that keeps the state, or `:memory:`.
        api_key: The key of the first user, `alice`, who is an administrator.
        other_api_key: The key of the second user, `bob`, who is none.
        seed: Whether an empty database is filled with made-up runs, checkpoints and sessions.
        clock: The time of the sandbox; the real time when it is None.
        archive_build_seconds: How long an archive or a trace takes to be built, in seconds of real time.
        wants_tokens: Whether API keys are exchanged for JSON Web Tokens. `offered`: they can be, and are taken
            as they are too. `required`: they are only taken to be exchanged. `absent`: they cannot be, and the
            operations for it are not there.
        token_lifetime_seconds: How long a token works, in seconds.
        validate_responses: Whether to check every answer against the description. An answer that it does
            not allow becomes a 500 and is recorded in `violations`.
        spec: The description to serve; openapi.yaml when it is None.

    Attributes:
        api_key: The key of the first user.
        other_api_key: The key of the second user.
        clock: The time of the sandbox; `sandbox.clock.advance(seconds)` moves it forward.
        requests: The last 10,000 requests to the API.
        storage_requests: The last 10,000 requests to the second port.
        leaked_keys: The paths of requests to the second port that carried a credential. The key is not kept.
        weights_access_token: The value of the header `X-Tinker-Weights-Access-Token` with which any checkpoint
            may be copied: `weights-token-for-tests`.
        violations: The answers that the description does not allow.

    Raises:
        ValueError: If both users have the same key, a key is empty, `wants_tokens` is another value or a token
            works for no time.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        storage_port: int = 0,
        db: str | os.PathLike[str] = ":memory:",
        api_key: str = DEFAULT_API_KEY,
        other_api_key: str = DEFAULT_OTHER_API_KEY,
        seed: bool = True,
        clock: Clock | None = None,
        archive_build_seconds: float = 0.3,
        wants_tokens: WantsTokens = "offered",
        token_lifetime_seconds: int = DEFAULT_TOKEN_LIFETIME_SECONDS,
        validate_responses: bool = False,
        spec: Spec | None = None,
    ) -> None:
        if not api_key or not other_api_key or api_key == other_api_key:
            raise ValueError("The two users need different API keys.")
        if wants_tokens not in get_args(WantsTokens):
            raise ValueError(f"wants_tokens is one of {get_args(WantsTokens)}, not {wants_tokens!r}.")
        if token_lifetime_seconds < 1:
            raise ValueError("A token works for one second at least.")
        self.api_key = api_key
        self.other_api_key = other_api_key
        self.weights_access_token = WEIGHTS_ACCESS_TOKEN
        self.clock = clock or Clock()
        self.requests = RequestLog(REQUESTS_KEPT)
        self.storage_requests = RequestLog(REQUESTS_KEPT)
        self.leaked_keys: list[str] = []
        self.violations: list[str] = []
        self._activity = Activity()
        self._host = host
        self._ports = (port, storage_port)
        self._db = os.fspath(db)
        self._seed = seed
        self._archive_build_seconds = archive_build_seconds
        self._wants_tokens: WantsTokens = wants_tokens
        self._tokens = Tokens(self.clock, token_lifetime_seconds)
        self._validate_responses = validate_responses
        self._spec = spec
        self._store: Store | None = None
        self._storage: StorageApp | None = None
        self._listener: Listener | None = None

    @property
    def base_url(self) -> str:
        """The URL of the API.

        Raises:
            RuntimeError: If the sandbox was never started on any free port.
        """
        return self._origin(self._ports[0])

    @property
    def storage_url(self) -> str:
        """The URL below which archives, and all else that has a signed URL, are served.

        Raises:
            RuntimeError: If the sandbox was never started on any free port.
        """
        return self._origin(self._ports[1])

    def start(self) -> Sandbox:
        """Begin to serve; returns once requests are answered. Does nothing when it is running.

        Returns:
            The sandbox itself.

        Raises:
            OSError: If a port is taken.
            sqlite3.Error: If the database cannot be opened.
            MissingHandler: If the description has an operation that the sandbox cannot serve.
        """
        if self._listener is not None:
            return self
        spec = self._spec or load_spec()
        api_socket = open_socket(self._host, self._ports[0])
        try:
            storage_socket = open_socket(self._host, self._ports[1])
        except OSError:
            api_socket.close()
            raise
        self._ports = (api_socket.getsockname()[1], storage_socket.getsockname()[1])
        try:
            self._store = self._store or self._open_store()
            backend = Backend(
                store=self._store,
                clock=self.clock,
                signer=Signer(self.clock, self.storage_url),
                builds=Builds(self._archive_build_seconds),
                tokens=self._tokens,
                wants_tokens=self._wants_tokens,
                weights_access_token=self.weights_access_token,
            )
            callers = {self.api_key: FIRST_USER, self.other_api_key: SECOND_USER}
            violations = self.violations if self._validate_responses else None
            credentials = Credentials(callers, self._tokens, self._wants_tokens)
            api = ApiApp(spec, backend, credentials, self.requests, violations)
            overview = Overview(backend, credentials, self._activity, self._db)
            site = Site(api, spec, self.base_url, overview, self._activity)
            self._storage = StorageApp(backend, self.storage_requests, self.leaked_keys)
            listener = Listener({api_socket: site, storage_socket: self._storage})
            listener.start()
        except BaseException:
            api_socket.close()
            storage_socket.close()
            self.close()
            raise
        self._listener = listener
        warning = exposure_warning(self._host, self._ports)
        if warning is not None:
            logger.warning(warning)
        return self

    def stop(self) -> None:
        """Stop serving. The state stays, and `start` serves it again on the same ports."""
        if self._listener is not None:
            self._listener.stop()
            self._listener = None
        if self._storage is not None:
            self._storage.close()
            self._storage = None

    def close(self) -> None:
        """Stop serving and close the database. What was only in memory is gone. May be called twice."""
        self.stop()
        if self._store is not None:
            self._store.close()
            self._store = None

    def revoke_tokens(self) -> None:
        """Answer all tokens made so far with 401 and `error="invalid_token"` from now on."""
        self._tokens.revoke()

    def __enter__(self) -> Sandbox:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        state = "running" if self._listener is not None else "stopped"
        return f"<Sandbox {state} on {self._host}:{self._ports[0]}, database {self._db}>"

    def _origin(self, port: int) -> str:
        if port == 0:
            raise RuntimeError("The sandbox has no port yet: call start() or use a with statement.")
        host = _REACHABLE_AT.get(self._host, self._host)
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def _open_store(self) -> Store:
        store = Store(self._db)
        try:
            with store.transaction():
                if store.is_new():
                    store.create_tables()
                    if self._seed:
                        seeding.fill(store, self.clock.now())
        except BaseException:
            store.close()
            raise
        return store
