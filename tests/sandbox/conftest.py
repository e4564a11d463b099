from __future__ import annotations

import http.client
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from typing import Any

import httpx
import pytest

from tinker_rest_sandbox import Clock, Sandbox

RawGet = Callable[..., tuple[int, dict[str, str], bytes]]
CERTIFICATES = httpx.create_ssl_context()


@pytest.fixture(autouse=True)
def certificates_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here uses TLS, and to read the certificates for each client takes as long as 20 requests."""
    monkeypatch.setattr("httpx._transports.default.create_ssl_context", lambda **_: CERTIFICATES)


@pytest.fixture(scope="session")
def idle_sandboxes() -> Iterator[defaultdict[frozenset[tuple[str, Any]], list[Sandbox]]]:
    """Running sandboxes by their options, while no test uses them: to start one takes as long as 100 resets."""
    idle: defaultdict[frozenset[tuple[str, Any]], list[Sandbox]] = defaultdict(list)
    yield idle
    for sandboxes in idle.values():
        for sandbox in sandboxes:
            sandbox.close()


@pytest.fixture
def start(
    idle_sandboxes: defaultdict[frozenset[tuple[str, Any]], list[Sandbox]],
) -> Iterator[Callable[..., Sandbox]]:
    """Gives sandboxes with options of a test's own, as at their start. Tests of starting and files make theirs.

    Other tests may have used them. `frozen_at` is the time at which the clock stands still.
    """
    used: list[tuple[frozenset[tuple[str, Any]], Sandbox]] = []

    def begin(*, frozen_at: datetime | None = None, **options: Any) -> Sandbox:
        options = {"validate_responses": True, "archive_build_seconds": 0, **options}
        key = frozenset({"frozen_at": frozen_at, **options}.items())
        if idle_sandboxes[key]:
            sandbox = idle_sandboxes[key].pop()
            sandbox.reset()
        else:
            sandbox = Sandbox(clock=Clock(frozen_at, frozen=True) if frozen_at else None, **options).start()
        used.append((key, sandbox))
        return sandbox

    yield begin
    for key, sandbox in used:
        idle_sandboxes[key].append(sandbox)
    assert [sandbox.violations for _, sandbox in used] == [[] for _ in used]


@pytest.fixture
def shared_sandbox(start: Callable[..., Sandbox]) -> Sandbox:
    """A sandbox whose archives are ready at once."""
    return start()


@pytest.fixture
def sandbox(start: Callable[..., Sandbox]) -> Sandbox:
    """A sandbox whose archives take a while."""
    return start(archive_build_seconds=0.2)


@pytest.fixture
def connect() -> Iterator[Callable[..., httpx.Client]]:
    """Makes clients of any sandbox: with the first user's key or, where one is given, another credential."""
    with ExitStack() as stack:
        yield lambda sandbox, key=None: stack.enter_context(client_of(sandbox, key or sandbox.api_key))


def client_of(sandbox: Sandbox, key: str) -> httpx.Client:
    return httpx.Client(base_url=sandbox.base_url, headers={"X-API-Key": key}, trust_env=False)


@pytest.fixture
def reader(shared_sandbox: Sandbox) -> Iterator[httpx.Client]:
    with client_of(shared_sandbox, shared_sandbox.api_key) as client:
        yield client


@pytest.fixture
def alice(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with client_of(sandbox, sandbox.api_key) as client:
        yield client


@pytest.fixture
def bob(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with client_of(sandbox, sandbox.other_api_key) as client:
        yield client


@pytest.fixture
def raw_request(shared_sandbox: Sandbox) -> RawGet:
    """Sends a target exactly as it is given."""

    def send(
        method: str, target: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        url = httpx.URL(shared_sandbox.base_url)
        connection = http.client.HTTPConnection(url.host, url.port)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.request(method, target, body, {"X-API-Key": shared_sandbox.api_key, **named})
            response = connection.getresponse()
            return response.status, dict(response.getheaders()), response.read()
        finally:
            connection.close()

    return send


@pytest.fixture
def wait_for_archive() -> Callable[[httpx.Client, str], httpx.Response]:
    """Asks for an archive until it is built."""

    def wait(client: httpx.Client, path: str) -> httpx.Response:
        for _ in range(100):
            response = client.get(path)
            if response.status_code != 503:
                return response
            time.sleep(0.05)
        raise AssertionError("the archive was never built")

    return wait
