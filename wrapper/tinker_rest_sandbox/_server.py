"""The sandbox as a whole: its database, its two origins and its logs."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Collection
from contextlib import ExitStack
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from attrs import asdict

from tinker_rest_sandbox import _seed
from tinker_rest_sandbox._added import AddedUser
from tinker_rest_sandbox._additions import Additions, State
from tinker_rest_sandbox._app import ApiApp
from tinker_rest_sandbox._calls import Backend
from tinker_rest_sandbox._clock import Clock
from tinker_rest_sandbox._control import ControlApp
from tinker_rest_sandbox._exposure import exposed, origin_on_this_machine, warn_if_exposed, without_proxy
from tinker_rest_sandbox._faults import FaultRule, Faults
from tinker_rest_sandbox._listener import Listener, open_socket
from tinker_rest_sandbox._organization import FIRST_USER, SECOND_USER, Organization
from tinker_rest_sandbox._pages.activity import Activity
from tinker_rest_sandbox._pages.overview import Overview
from tinker_rest_sandbox._pages.site import Site
from tinker_rest_sandbox._representations import time_text
from tinker_rest_sandbox._requests import RequestLog
from tinker_rest_sandbox._scenario import load_scenario
from tinker_rest_sandbox._signing import BuildingStatus, Builds, Signer
from tinker_rest_sandbox._spec import Spec, load_spec
from tinker_rest_sandbox._storage import StorageApp
from tinker_rest_sandbox._store import Snapshot, Store
from tinker_rest_sandbox._tokens import Credentials, TokenExchange, Tokens

if TYPE_CHECKING:
    from tinker_rest import AdminClient, RestClient

DEFAULT_API_KEY = "tml-sandbox-alice"
DEFAULT_OTHER_API_KEY = "tml-sandbox-bob"
WEIGHTS_ACCESS_TOKEN = "weights-token-for-tests"  # noqa: S105 - gives access to nothing real
DEFAULT_TOKEN_LIFETIME_SECONDS = 3600
MAX_LOGGED_REQUESTS = 10_000


class InitialState(NamedTuple):
    """The state that a reset restores."""

    database: Snapshot
    ahead: timedelta
    rules: tuple[FaultRule, ...]


class Sandbox(Additions):
    """A local Tinker server with real state, for tests and experiments.

    It serves every operation of openapi.yaml from SQLite in its own thread. Archives, and everything else with a
    signed URL, are served on a second port, so that their origin differs from the API's, as in production. Use
    it in a `with` or `async with` statement, or call `start` and `close`. You can run any number at once. Below
    `/__sandbox__/`, the API's port offers the same methods to programs in other languages.

    Args:
        host: The address to listen on. Only this machine can reach the default; for any other, the log warns.
        port: The port of the API; 0 for any free one.
        storage_port: The port of the storage host; 0 for any free one.
        db: The path of a SQLite file that keeps the state, or `:memory:`.
        api_key: The key of the first user, `alice`, an administrator.
        other_api_key: The key of the second user, `bob`, who is not an administrator.
        seed: Whether to fill an empty database with sample runs, checkpoints and sessions. By default, as the
            scenario says; without a scenario, yes.
        scenario: A YAML file with the initial state and faults; see `scenario.example.yaml` next to this module.
        clock: The time of the sandbox. Default: the scenario's, else the real time.
        archive_build_seconds: How long an archive or a trace takes to build, in seconds of real time.
        archive_building_status: The response before that: 503, which the official SDK expects, or 425, like SkyRL.
        token_exchange: Whether API keys are exchanged for JSON Web Tokens. `optional`: they can be, and also work
            directly. `required`: they only work for the exchange. `disabled`: the exchange does not exist.
        token_lifetime_seconds: How long a token works, in seconds.
        validate_responses: Whether to check every response against the description. One that does not match
            becomes a 500 and is recorded in `violations`.
        control_from_anywhere: Whether other machines may use `/__sandbox__/`, which needs no key, too.
        allowed_hosts: More host names for a sandbox on a loopback address, such as the name of a proxy.
        cors_origins: The origins whose web pages may use the API, such as `http://localhost:3000`; `*` for all.
        public_storage_url: Where clients reach the storage port through a proxy. By default, signed URLs use
            the host of the client's request.
        spec: The description to serve. Default: openapi.yaml.

    Attributes:
        api_key: The key of the first user.
        other_api_key: The key of the second user.
        clock: The time of the sandbox; `sandbox.clock.advance(seconds)` moves it forward.
        requests: The latest 10,000 requests to the API, up to 16 MiB.
        faults: Injected faults: `sandbox.faults.add(status=503, times=2)`; see `FaultRule`.
        storage_requests: The latest 10,000 requests to the storage host.
        requests_with_credentials: The paths of requests to the storage host that carried a credential.
        weights_access_token: The value of the header `X-Tinker-Weights-Access-Token` that allows copying any
            checkpoint: `weights-token-for-tests`.
        violations: The responses that do not match the description.

    Raises:
        ValueError: Both users have the same key, a key is empty, or an option has an unknown value.
        ScenarioError: The scenario is invalid; a ValueError.
        OSError: The scenario cannot be read.
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
        seed: bool | None = None,
        scenario: str | os.PathLike[str] | None = None,
        clock: Clock | None = None,
        archive_build_seconds: float = 0.3,
        archive_building_status: BuildingStatus = 503,
        token_exchange: TokenExchange = "optional",  # noqa: S107 - not a secret
        token_lifetime_seconds: int = DEFAULT_TOKEN_LIFETIME_SECONDS,
        validate_responses: bool = False,
        control_from_anywhere: bool = False,
        allowed_hosts: Collection[str] = (),
        cors_origins: Collection[str] = (),
        public_storage_url: str | None = None,
        spec: Spec | None = None,
    ) -> None:
        if not api_key or not other_api_key or api_key == other_api_key:
            raise ValueError("The two users need different API keys.")
        if token_exchange not in get_args(TokenExchange):
            raise ValueError(f"token_exchange must be one of {get_args(TokenExchange)}, not {token_exchange!r}.")
        if archive_building_status not in get_args(BuildingStatus):
            raise ValueError(f"archive_building_status must be 503 or 425, not {archive_building_status!r}.")
        if token_lifetime_seconds < 1:
            raise ValueError("token_lifetime_seconds must be at least 1.")
        self.api_key = api_key
        self.other_api_key = other_api_key
        self.weights_access_token = WEIGHTS_ACCESS_TOKEN
        self._scenario = None if scenario is None else load_scenario(scenario)
        self.clock = clock or (self._scenario.clock() if self._scenario else Clock())
        self.faults = Faults(lambda: (self._spec or load_spec()).operations)
        self.requests = RequestLog(MAX_LOGGED_REQUESTS)
        self.storage_requests = RequestLog(MAX_LOGGED_REQUESTS)
        self.requests_with_credentials: list[str] = []
        self.violations: list[str] = []
        self._activity = Activity()
        self._host = host
        self._ports = (port, storage_port)
        self._db = os.fspath(db)
        self._seed = seed if seed is not None else self._scenario is None or self._scenario.seed
        self._control_from_anywhere = control_from_anywhere
        self._allowed_hosts = allowed_hosts
        self._cors_origins = cors_origins
        self._public_storage_url = public_storage_url
        self._token_exchange: TokenExchange = token_exchange
        self._tokens = Tokens(self.clock, token_lifetime_seconds)
        self._validate_responses = validate_responses
        self._spec = spec
        self._opening = threading.RLock()
        self._state: State | None = None
        self._initial: InitialState | None = None
        self._builds = Builds(archive_build_seconds, archive_building_status)
        self._storage: StorageApp | None = None
        self._listener: Listener | None = None
        if self._scenario is not None:
            self._scenario.add_faults(self.faults)

    @property
    def base_url(self) -> str:
        """The URL of the API.

        Raises:
            RuntimeError: The port is any free one, and the sandbox was never started.
        """
        return self._origin(self._ports[0])

    @property
    def storage_url(self) -> str:
        """The URL of the storage host, which serves archives and everything else with a signed URL.

        Raises as `base_url` does.
        """
        return self._origin(self._ports[1])

    def start(self) -> Sandbox:
        """Start serving; returns once the server accepts requests. Does nothing if it is running.

        Returns:
            The sandbox itself.

        Raises:
            OSError: A port is taken.
            sqlite3.Error: The database cannot be opened.
        """
        if self._listener is not None:
            return self
        spec = self._spec or load_spec()
        with ExitStack() as undo:
            api_socket = undo.enter_context(open_socket(self._host, self._ports[0]))
            storage_socket = undo.enter_context(open_socket(self._host, self._ports[1]))
            self._ports = (api_socket.getsockname()[1], storage_socket.getsockname()[1])
            undo.callback(self.close)
            store, organization, _ = self._open_state()
            public_url = self._public_storage_url
            signer = Signer(self.clock, (public_url or self.storage_url).rstrip("/"), is_fixed=bool(public_url))
            access = (self._token_exchange, self.weights_access_token)
            backend = Backend(store, self.clock, organization, signer, self._builds, self._tokens, *access)
            violations = self.violations if self._validate_responses else None
            credentials = Credentials(organization, self._tokens, self._token_exchange)
            api = ApiApp(spec, backend, credentials, self.requests, self.faults, violations)
            control = ControlApp(
                self,
                self.clock,
                self.faults,
                {"api": self.requests, "storage": self.storage_requests},
                shown_keys=lambda: organization.callers,
                describe=self._describe,
                reset=self.reset,
                host=self._host,
                from_anywhere=self._control_from_anywhere,
            )
            overview = Overview(backend, credentials, self._activity, self._db)
            exposure = (self._host, self._allowed_hosts, self._cors_origins)
            site = Site(exposed(api, *exposure), control, spec, self.base_url, overview, self._activity)
            self._storage = StorageApp(backend, self.storage_requests, self.faults, self.requests_with_credentials)
            listener = Listener({api_socket: site, storage_socket: exposed(self._storage, *exposure)}, self.clock)
            listener.start()
            undo.pop_all()
        self._listener = listener
        if self._initial is None:
            rules = tuple(fault.rule for fault in self.faults)
            self._initial = InitialState(store.snapshot(), self.clock.ahead, rules)
        warn_if_exposed(self._host, self._ports)
        return self

    def stop(self) -> None:
        """Stop serving. The state is kept, and `start` serves it again on the same ports."""
        if self._listener is not None:
            self._listener.stop()
            self._listener = None
        if self._storage is not None:
            self._storage.close()
            self._storage = None

    def close(self) -> None:
        """Stop serving and close the database. Data in memory and faults added later are lost."""
        self.stop()
        with self._opening:
            if self._state is not None:
                self._state.store.close()
            if self._initial is not None:
                self.clock.rewind(self._initial.ahead)
                self.faults.replace(self._initial.rules)
            self._state = self._initial = None

    def reset(self) -> None:
        """Go back to the state of the first `start`, without a pause and on the same ports.

        Data and faults that were added before it by a seed, a scenario or `add_…` methods are restored. Logs,
        violations and `requests_with_credentials` are emptied, the clock is set as if it had not been moved
        since, and all tokens are revoked. Requests in flight are not waited for: they are not carried out, and
        get a 410.

        Raises:
            RuntimeError: The sandbox was never started, or is closed.
        """
        if self._initial is None or self._state is None:
            raise RuntimeError("The sandbox was not started: call start() or use a with statement.")
        store, organization, _ = self._state
        with store.transaction(write=False):
            store.restore(self._initial.database)
            organization.load()
            self.clock.rewind(self._initial.ahead)
            self.faults.replace(self._initial.rules)
            self._builds.forget()
            self._tokens.revoke()
            if self._storage is not None:
                self._storage.forget()
            for log in (self.requests, self.storage_requests, self._activity):
                log.clear()
            self.requests_with_credentials.clear()
            self.violations.clear()

    def client(self, user: str = FIRST_USER, **options: Any) -> RestClient:
        """A client for this sandbox, which uses no proxy; close it, or use it in a `with` statement.

        Args:
            user: The user whose key it sends.
            options: Arguments of `RestClient` except `base_url` and `api_key`.

        Raises:
            ValueError: The user does not exist.
            RuntimeError: The port is any free one, and the sandbox was never started.
        """
        from tinker_rest import RestClient

        return RestClient(base_url=self.base_url, api_key=self.key_of(user), **without_proxy(options))

    def admin_client(self, user: str = FIRST_USER, **options: Any) -> AdminClient:
        """An `AdminClient` for this sandbox; see `client`."""
        from tinker_rest import AdminClient

        return AdminClient(base_url=self.base_url, api_key=self.key_of(user), **without_proxy(options))

    def key_of(self, user: str) -> str:
        """The API key of a user.

        Raises:
            ValueError: The user does not exist.
        """
        organization = self._open_state().organization
        return organization.api_key(organization.check_user(user))

    @property
    def users(self) -> tuple[AddedUser, ...]:
        """All users with their keys, alice and bob first."""
        found = self._open_state().organization
        return tuple(AddedUser(name, user.urn, found.api_key(name)) for name, user in found.users.items())

    @property
    def projects(self) -> tuple[str, ...]:
        """The IDs of all projects."""
        return tuple(self._open_state().organization.projects)

    def counts(self) -> dict[str, int]:
        """The numbers of sessions, training runs, checkpoints and samplers of all users."""
        return self._open_state().store.counts()

    def revoke_tokens(self) -> None:
        """Refuse all current tokens with 401 and `error="invalid_token"` from now on."""
        self._tokens.revoke()

    def __enter__(self) -> Sandbox:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Sandbox:
        return await asyncio.to_thread(self.start)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.close)

    def __repr__(self) -> str:
        state = "running" if self._listener is not None else "stopped"
        return f"<Sandbox {state} on {self._host}:{self._ports[0]}, database {self._db}>"

    def _origin(self, port: int) -> str:
        if port == 0:
            raise RuntimeError("The sandbox has no port yet: call start() or use a with statement.")
        return origin_on_this_machine(self._host, port)

    def _describe(self) -> dict[str, Any]:
        logged = {"requests": len(self.requests), "storage_requests": len(self.storage_requests)}
        return {
            "base_url": self.base_url,
            "storage_url": self.storage_url,
            "now": time_text(self.clock.now()),
            "users": [asdict(user) for user in self.users],
            "projects": list(self.projects),
            "counts": {**self.counts(), **logged, "faults": len(self.faults)},
            "violations": list(self.violations),
            "requests_with_credentials": list(self.requests_with_credentials),
        }

    def _open_state(self) -> State:
        with self._opening:
            if self._state is None:
                self._open()
            assert self._state is not None  # noqa: S101 - or _open has raised
            state = self._state
        state.organization.refresh()
        return state

    def _open(self) -> None:
        store = Store(self._db)
        try:
            with store.transaction():
                is_new = store.is_new()
                if is_new:
                    store.create_tables()
                    if self._seed:
                        _seed.fill(store, self.clock.now())
                keys = {FIRST_USER: self.api_key, SECOND_USER: self.other_api_key}
                self._state = State(store, Organization(store, keys), self.clock)
                if is_new and self._scenario is not None:
                    self._scenario.fill(self)
        except BaseException:
            self._state = None
            store.close()
            raise
