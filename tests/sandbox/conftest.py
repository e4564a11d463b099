from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from tinker_rest.sandbox import Sandbox

RawGet = Callable[..., tuple[int, dict[str, str], bytes]]


@pytest.fixture(scope="package")
def shared_sandbox() -> Iterator[Sandbox]:
    """For tests that change nothing, or only what no other test looks at."""
    with Sandbox(validate_responses=True, archive_build_seconds=0) as running:
        yield running
        assert running.violations == []


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(validate_responses=True, archive_build_seconds=0.2) as running:
        yield running
        assert running.violations == []


@pytest.fixture
def start() -> Iterator[Callable[..., Sandbox]]:
    """Starts sandboxes with options of a test's own."""
    with ExitStack() as stack:
        started: list[Sandbox] = []

        def begin(**options: Any) -> Sandbox:
            options = {"validate_responses": True, "archive_build_seconds": 0, **options}
            started.append(stack.enter_context(Sandbox(**options)))
            return started[-1]

        yield begin
        assert [sandbox.violations for sandbox in started] == [[] for _ in started]


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
