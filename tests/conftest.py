"""What all tests share."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tinker_rest.sandbox import Sandbox


# Before any other module of the tests is imported.
if "--without-fast" in sys.argv:
    # pytest has imported the plugin of the installed wheel, which imports nothing else.
    plugin = {"tinker_rest", "tinker_rest.pytest_plugin"}
    assert {name for name in sys.modules if name.startswith("tinker_rest")} <= plugin
    import_module("tinker_rest.sandbox.answers")  # the sandbox needs orjson, wherever it is installed
    assert "tinker_rest.network.transport" not in sys.modules
    for name in ("orjson", "uvloop"):
        sys.modules[name] = None  # type: ignore[assignment]  # importing it fails from now on


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--without-fast", action="store_true", help="run as if the packages of the extra `fast` were not installed"
    )


@pytest.fixture(autouse=True)
def environment_of_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads the settings, or uses the key, of whoever runs it."""
    for name in ("TINKER_API_KEY", "TINKER_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A fresh server with the seeded data, whose every answer is checked against the API's description."""
    from tinker_rest.sandbox import Sandbox  # after --without-fast took effect

    with Sandbox(validate_responses=True) as server:
        yield server
        assert server.violations == []
