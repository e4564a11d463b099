"""The sandbox as a whole: its database, its two origins and what it has seen."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from . import seed as seeding
from .added import AddedUser
from .addition_checks import check_user
from .additions import Additions, State
from .app import ApiApp
from .calls import Backend
from .clock import Clock
from .control import ControlApp, with_control
from .exposure import exposure_warning
from .faults import FaultRule, Faults
from .listener import Listener, open_socket
from .organization import FIRST_USER, SECOND_USER, Organization
from .pages.activity import Activity
from .pages.overview import Overview
from .pages.site import Site
from .requests import RequestLog
from .scenario import load_scenario
from .signing import BuildingStatus, Builds, Signer
from .spec import Spec, load_spec
from .storage import StorageApp
from .store import Snapshot, Store
from .tokens import Credentials, Tokens, WantsTokens

if TYPE_CHECKING:
    from tinker_rest import AdminClient, RestClient

DEFAULT_API_KEY = "tml-sandbox-alice"
DEFAULT_OTHER_API_KEY = "tml-sandbox-bob"
WEIGHTS_ACCESS_TOKEN = "weights-token-for-tests"  # noqa: S105 - gives access to nothing real
DEFAULT_TOKEN_LIFETIME_SECONDS = 3600
REQUESTS_KEPT = 10_000

_REACHABLE_AT = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - not bound here


logger = logging.getLogger("tinker_rest_sandbox")


class _Beginning(NamedTuple):
    """What a reset goes back to."""

    database: Snapshot
    ahead: timedelta
    rules: tuple[FaultRule, ...]


class Sandbox(Additions):
    """A local Tinker server with real state, for tests and for trying things out.

    It serves every operation of openapi.yaml from SQLite in a thread of its own. Archives, and all else that
    has a signed URL, are served on a second port, so that they are on another origin than the API, as in
    production. Use it in a `with` or `async with` statement, or call `start` and `close`. Any number may run at
    once. Below `/__sandbox__/` the API's port serves what the methods do to programs in other languages.

    Args:
        host: The address to listen on. Only this machine can reach the default; of any other, the log warns.
        port: The port of the API; 0 for any free one.
        storage_port: The port of what has a signed URL; 0 for any free one.
        db: The path of a SQLite file that keeps the state, or `:memory:`.
        api_key: The key of the first user, `alice`, who is an administrator.
        other_api_key: The key of the second user, `bob`, who is none.
        seed: Whether an empty database is filled with made-up runs, checkpoints and sessions. By default what
            the scenario says and, without one, yes.
        scenario: A YAML file that says what an empty database is filled with and what goes wrong; see
            `scenario.example.yaml` beside this module.
        clock: The time of the sandbox; that of the scenario, or the real time, when it is None.
        archive_build_seconds: How long an archive or a trace takes to be built, in seconds of real time.
        archive_building_status: What an archive is answered with meanwhile: 503, which the official SDK
            expects, or 425, as of SkyRL.
        wants_tokens: Whether API keys are exchanged for JSON Web Tokens. `offered`: they can be, and are taken
            as they are too. `required`: they are only taken to be exchanged. `absent`: they cannot be, and the
            operations for it are not there.
        token_lifetime_seconds: How long a token works, in seconds.
        validate_responses: Whether to check every answer against the description. An answer that it does
            not allow becomes a 500 and is recorded in `violations`.
        control_from_anywhere: Whether other machines than this one may use `/__sandbox__/`, which wants no key.
        spec: The description to serve; openapi.yaml when it is None.

    Attributes:
        api_key: The key of the first user.
        other_api_key: The key of the second user.
        clock: The time of the sandbox; `sandbox.clock.advance(seconds)` moves it forward.
        requests: The last 10,000 requests to the API.
        faults: What goes wrong on purpose: `sandbox.faults.add(status=503, times=2)`; see `FaultRule`.
        storage_requests: The last 10,000 requests to the second port.
        leaked_keys: The paths of requests to the second port that carried a credential. The key is not kept.
        weights_access_token: The value of the header `X-Tinker-Weights-Access-Token` with which any checkpoint
            may be copied: `weights-token-for-tests`.
        violations: The answers that the description does not allow.

    Raises:
        ValueError: If both users have the same key, a key is empty, `wants_tokens` or `archive_building_status`
            is another value or a token works for no time.
        ScenarioError: If the scenario cannot be used; a ValueError.
        OSError: If the scenario cannot be read.
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
        wants_tokens: WantsTokens = "offered",
        token_lifetime_seconds: int = DEFAULT_TOKEN_LIFETIME_SECONDS,
        validate_responses: bool = False,
        control_from_anywhere: bool = False,
        spec: Spec | None = None,
    ) -> None:
        if not api_key or not other_api_key or api_key == other_api_key:
            raise ValueError("The two users need different API keys.")
        if wants_tokens not in get_args(WantsTokens):
            raise ValueError(f"wants_tokens is one of {get_args(WantsTokens)}, not {wants_tokens!r}.")
        if archive_building_status not in get_args(BuildingStatus):
            raise ValueError(f"archive_building_status is 503 or 425, not {archive_building_status!r}.")
        if token_lifetime_seconds < 1:
            raise ValueError("A token works for one second at least.")
        self.api_key = api_key
        self.other_api_key = other_api_key
        self.weights_access_token = WEIGHTS_ACCESS_TOKEN
        self._scenario = None if scenario is None else load_scenario(scenario)
        self.clock = clock or (self._scenario.clock() if self._scenario else Clock())
        self.faults = Faults(lambda: (self._spec or load_spec()).operations)
        self.requests = RequestLog(REQUESTS_KEPT)
        self.storage_requests = RequestLog(REQUESTS_KEPT)
        self.leaked_keys: list[str] = []
        self.violations: list[str] = []
        self._activity = Activity()
        self._host = host
        self._ports = (port, storage_port)
        self._db = os.fspath(db)
        self._seed = seed if seed is not None else self._scenario is None or self._scenario.seed
        self._control_from_anywhere = control_from_anywhere
        self._wants_tokens: WantsTokens = wants_tokens
        self._tokens = Tokens(self.clock, token_lifetime_seconds)
        self._validate_responses = validate_responses
        self._spec = spec
        self._opening = threading.RLock()
        self._opened: State | None = None
        self._beginning: _Beginning | None = None
        self._builds = Builds(archive_build_seconds, archive_building_status)
        self._storage: StorageApp | None = None
        self._listener: Listener | None = None
        if self._scenario is not None:
            self._scenario.add_faults(self.faults)

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
            store, organization, _ = self._state()
            backend = Backend(
                store=store,
                clock=self.clock,
                organization=organization,
                signer=Signer(self.clock, self.storage_url),
                builds=self._builds,
                tokens=self._tokens,
                wants_tokens=self._wants_tokens,
                weights_access_token=self.weights_access_token,
            )
            violations = self.violations if self._validate_responses else None
            credentials = Credentials(organization, self._tokens, self._wants_tokens)
            api = ApiApp(spec, backend, credentials, self.requests, self.faults, violations)
            control = ControlApp(self, self._host, from_anywhere=self._control_from_anywhere)
            overview = Overview(backend, credentials, self._activity, self._db)
            site = Site(with_control(api, control), spec, self.base_url, overview, self._activity)
            self._storage = StorageApp(backend, self.storage_requests, self.faults, self.leaked_keys)
            listener = Listener({api_socket: site, storage_socket: self._storage})
            listener.start()
        except BaseException:
            api_socket.close()
            storage_socket.close()
            self.close()
            raise
        self._listener = listener
        if self._beginning is None:
            self._beginning = _Beginning(store.snapshot(), self.clock.ahead, self.faults.rules())
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
        """Stop serving and close the database. What was only in memory is gone. May be called twice.

        Faults and the clock are again as they were at the first `start`, so that the next one begins there.
        """
        self.stop()
        with self._opening:
            if self._opened is not None:
                self._opened.store.close()
            if self._beginning is not None:
                self.clock.rewind(self._beginning.ahead)
                self.faults.replace(self._beginning.rules)
            self._opened = self._beginning = None

    def reset(self) -> None:
        """Go back to the state at the first `start`, without a pause and on the same ports.

        What was added before it, by a seed, a scenario or the `add_…` methods, is there as it was then, and so are
        the faults, none of which has struck. Logs, violations and leaked keys are empty, the clock is where it
        would be if it had not been moved since, and all tokens are revoked. Requests in flight are not waited
        for: what was not done before is not done at all, and is answered with 410.

        Raises:
            RuntimeError: If the sandbox was never started, or is closed.
        """
        if self._beginning is None or self._opened is None:
            raise RuntimeError("The sandbox has no state to go back to: call start() or use a with statement.")
        store, organization, _ = self._opened
        with store.transaction(write=False):
            store.restore(self._beginning.database)
            organization.load()
            self.clock.rewind(self._beginning.ahead)
            self.faults.replace(self._beginning.rules)
            self._builds.forget()
            self._tokens.revoke()
            if self._storage is not None:
                self._storage.forget()
            for seen in (self.requests, self._activity, self.storage_requests, self.leaked_keys, self.violations):
                seen.clear()

    def client(self, user: str = FIRST_USER, **options: Any) -> RestClient:
        """A client of this sandbox; close it, or use it in a `with` statement.

        Args:
            user: Whose key it sends.
            options: What `RestClient` takes beside `base_url` and `api_key`.

        Raises:
            ValueError: If there is no such user.
            RuntimeError: If the sandbox was never started on any free port.
        """
        from tinker_rest import RestClient

        return RestClient(base_url=self.base_url, api_key=self.key_of(user), **options)

    def admin_client(self, user: str = FIRST_USER, **options: Any) -> AdminClient:
        """An `AdminClient` of this sandbox; see `client`."""
        from tinker_rest import AdminClient

        return AdminClient(base_url=self.base_url, api_key=self.key_of(user), **options)

    def key_of(self, user: str) -> str:
        """The API key of a user.

        Raises:
            ValueError: If there is no such user.
        """
        organization = self._state().organization
        return organization.api_key(check_user(organization, user))

    @property
    def users(self) -> tuple[AddedUser, ...]:
        """All users with their keys, alice and bob first."""
        organization = self._state().organization
        users = organization.users.items()
        return tuple(AddedUser(name, user.urn, organization.api_key(name)) for name, user in users)

    @property
    def projects(self) -> tuple[str, ...]:
        """The ids of all projects."""
        return tuple(self._state().organization.projects)

    def counts(self) -> dict[str, int]:
        """How many sessions, training runs, checkpoints and samplers there are, of all users."""
        return self._state().store.counts()

    def revoke_tokens(self) -> None:
        """Answer all tokens made so far with 401 and `error="invalid_token"` from now on."""
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
        host = _REACHABLE_AT.get(self._host, self._host)
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def _state(self) -> State:
        with self._opening:
            if self._opened is None:
                self._open()
            assert self._opened is not None  # noqa: S101 - or _open has raised
            state = self._opened
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
                        seeding.fill(store, self.clock.now())
                store.complete_tables()
                keys = {FIRST_USER: self.api_key, SECOND_USER: self.other_api_key}
                self._opened = State(store, Organization(store, keys), self.clock)
                if is_new and self._scenario is not None:
                    self._scenario.fill(self)
        except BaseException:
            self._opened = None
            store.close()
            raise
