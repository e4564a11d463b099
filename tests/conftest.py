"""What all tests share."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest
from checkout import ROOT

if TYPE_CHECKING:
    from tinker_rest_sandbox import Sandbox


# What every script depends on.
OF_ALL_SCRIPTS = (
    "pyproject.toml",
    "requirements.lock",
    "scripts/project_env.py",
    "tests/checkout.py",
    "tests/conftest.py",
)

# Before any other module of the tests is imported.
if "--without-fast" in sys.argv:
    # pytest has imported the plugin of the installed wheel, which imports nothing else.
    plugin = {"tinker_rest_sandbox", "tinker_rest_sandbox.pytest_plugin"}
    assert {name for name in sys.modules if name.startswith("tinker_rest")} <= plugin
    import_module("tinker_rest_sandbox._responses")  # the sandbox needs orjson, wherever it is installed
    assert "tinker_rest" not in sys.modules
    sys.modules["orjson"] = None  # type: ignore[assignment]  # importing it fails from now on


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--without-fast", action="store_true", help="run as if the packages of the extra `fast` were not installed"
    )
    parser.addoption(
        "--changed-since",
        metavar="COMMIT",
        help="leave out tests of scripts whose files have not changed since then",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out tests of scripts that have not changed, and let each worker begin with some of the long tests."""
    if base := config.getoption("--changed-since"):
        leave_out_scripts(config, items, base)
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    if workers == 1:
        return
    long = [item for item in items if item.get_closest_marker("long")]
    others = iter([item for item in items if item not in long])
    # As pytest-xdist divides them among its workers.
    ordered: list[pytest.Item] = []
    for worker in range(workers):
        first = long[worker::workers]
        share = (len(items) - len(ordered)) // (workers - worker)
        ordered += [*first, *islice(others, max(0, share - len(first)))]
    items[:] = [*ordered, *others]


def leave_out_scripts(config: pytest.Config, items: list[pytest.Item], base: str) -> None:
    """Leave out the tests marked `scripts` if none of the files that the mark names has changed."""
    changed = []
    for command in (["diff", "--name-only", base], ["ls-files", "--others", "--exclude-standard"]):
        done = subprocess.run(["git", *command], cwd=ROOT, check=True, capture_output=True, text=True)
        changed += done.stdout.splitlines()

    def is_needed(item: pytest.Item) -> bool:
        mark = item.get_closest_marker("scripts")
        return mark is None or any(file.startswith((*mark.args, *OF_ALL_SCRIPTS)) for file in changed)

    config.hook.pytest_deselected(items=[item for item in items if not is_needed(item)])
    items[:] = [item for item in items if is_needed(item)]


@pytest.fixture(autouse=True)
def environment_of_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test uses the settings or the key of the person who runs it."""
    for name in ("TINKER_API_KEY", "TINKER_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def tinker_sandbox_options() -> Mapping[str, Any]:
    """Every answer is checked against the API's description."""
    return {"validate_responses": True}


@pytest.fixture
def sandbox(tinker_sandbox: Sandbox) -> Iterator[Sandbox]:
    """A server with the seeded data, as at its start; archives are ready at once.

    All tests of a process share it, so it is left running; the package's own plugin starts and resets it.
    """
    yield tinker_sandbox
    assert tinker_sandbox.violations == []
