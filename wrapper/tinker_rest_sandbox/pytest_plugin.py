"""Fixtures for pytest, which finds them automatically.

They need the extra `sandbox`, imported when a fixture is first used. The sandbox is never reached by proxy.

A `conftest.py` can set the options of the server:

    @pytest.fixture(scope="session")
    def tinker_sandbox_options():
        return {"scenario": "tests/scenario.yaml"}
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from tinker_rest import RestClient
    from tinker_rest_sandbox import Sandbox


@pytest.fixture(scope="session")
def tinker_sandbox_options() -> Mapping[str, Any]:
    """Arguments for `Sandbox`; none by default. Override this fixture in your conftest.py.

    Archives are ready at once unless `archive_build_seconds` is among them.
    """
    return {}


@pytest.fixture(scope="session")
def _tinker_sandbox_server(tinker_sandbox_options: Mapping[str, Any]) -> Iterator[Sandbox]:
    """The server of a test session, or of a pytest-xdist worker, on free ports."""
    try:
        from tinker_rest_sandbox import Sandbox
    except ImportError as error:
        pytest.fail(str(error), pytrace=False)
    with Sandbox(**{"archive_build_seconds": 0, **tinker_sandbox_options}) as sandbox:
        yield sandbox


@pytest.fixture
def tinker_sandbox(_tinker_sandbox_server: Sandbox) -> Sandbox:
    """A `Sandbox` in its initial state: a local Tinker server with sample data, or a scenario's.

    Changes of other tests are undone. It is started by the first test that uses it.
    """
    # A test may have stopped it; if it was closed, it starts with new state.
    _tinker_sandbox_server.start().reset()
    return _tinker_sandbox_server


@pytest.fixture
def tinker_rest_client(tinker_sandbox: Sandbox) -> Iterator[RestClient]:
    """A `RestClient` for `tinker_sandbox` with the key of its first user, alice."""
    client = tinker_sandbox.client()
    yield client
    client.close()


@pytest.fixture
def tinker_environment(tinker_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, str]:
    """Lets code that creates its own client find `tinker_sandbox`.

    For one test, `TINKER_BASE_URL` and `TINKER_API_KEY` are those of the sandbox and its first user, and no proxy
    is used for its host.

    Returns:
        The first two variables, for processes that do not inherit them.
    """
    variables = {"TINKER_BASE_URL": tinker_sandbox.base_url, "TINKER_API_KEY": tinker_sandbox.api_key}
    others = os.environ.get("no_proxy") or os.environ.get("NO_PROXY")
    no_proxy = ",".join(filter(None, (others, urlsplit(tinker_sandbox.base_url).hostname)))
    for name, value in {**variables, "no_proxy": no_proxy, "NO_PROXY": no_proxy}.items():
        monkeypatch.setenv(name, value)
    return variables
