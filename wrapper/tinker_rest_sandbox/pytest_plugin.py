"""Fixtures for pytest, which it finds by itself where the package is installed.

They need the extra `sandbox`. It, and all else that takes long to be imported, is imported when a fixture is first
used; and only `tinker_environment` changes environment variables.

What the server of a test session is made with is said in a `conftest.py`:

    @pytest.fixture(scope="session")
    def tinker_sandbox_options():
        return {"scenario": "tests/scenario.yaml"}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tinker_rest import RestClient
    from tinker_rest_sandbox import Sandbox


@pytest.fixture(scope="session")
def tinker_sandbox_options() -> Mapping[str, Any]:
    """Further arguments of `Sandbox`, for a conftest.py to replace; none by default.

    Archives are ready at once unless `archive_build_seconds` is among them.
    """
    return {}


@pytest.fixture(scope="session")
def _tinker_sandbox_server(tinker_sandbox_options: Mapping[str, Any]) -> Iterator[Sandbox]:
    """The one server of a test session, or of one worker of pytest-xdist, on free ports."""
    try:
        from tinker_rest_sandbox import Sandbox
    except ImportError as error:
        pytest.fail(str(error), pytrace=False)
    with Sandbox(**{"archive_build_seconds": 0, **tinker_sandbox_options}) as sandbox:
        yield sandbox


@pytest.fixture
def tinker_sandbox(_tinker_sandbox_server: Sandbox) -> Sandbox:
    """A `Sandbox` in the state of its start: a local Tinker server with made-up data, or that of a scenario.

    What other tests have done to it is undone. It is started by the first test that uses it.
    """
    # A test may have stopped it; closed, it has lost its state and gets a new one.
    _tinker_sandbox_server.start().reset()
    return _tinker_sandbox_server


@pytest.fixture
def tinker_rest_client(tinker_sandbox: Sandbox) -> Iterator[RestClient]:
    """A `RestClient` of `tinker_sandbox` with the key of its first user, alice."""
    client = tinker_sandbox.client()
    yield client
    client.close()


@pytest.fixture
def tinker_environment(tinker_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, str]:
    """Lets code that makes its own client find `tinker_sandbox`.

    For one test, `TINKER_BASE_URL` and `TINKER_API_KEY` are those of the sandbox and its first user.

    Returns:
        The two variables, for processes that do not inherit them.
    """
    variables = {"TINKER_BASE_URL": tinker_sandbox.base_url, "TINKER_API_KEY": tinker_sandbox.api_key}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return variables
