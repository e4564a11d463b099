"""The command on a server whose data never changes, and servers for the tests that change something."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from checkout import ROOT

from tinker_rest_sandbox import Sandbox

from .running import Run, environment, run_here, run_process, taking_interrupts

SCENARIO = ROOT / "tests" / "command_line" / "scenario.yaml"

SESSION_ID = "5f2d7413-8a3c-4e1b-9d60-2b7c1f0e9a55"
RUN_ID = f"{SESSION_ID}:train:0"


@pytest.fixture(scope="package")
def account() -> Iterator[Sandbox]:
    """A server with what `scenario.yaml` holds, for tests that change nothing."""
    with Sandbox(scenario=SCENARIO, validate_responses=True, archive_build_seconds=0) as running:
        with running.client() as client:  # so that the audit log has something
            client.publish_checkpoint_from_tinker_path(f"tinker://{RUN_ID}/weights/0001").result()
        yield running
        assert running.violations == []


@pytest.fixture(scope="package")
def _seeded_server() -> Iterator[Sandbox]:
    with Sandbox(archive_build_seconds=0) as running:
        yield running


@pytest.fixture
def seeded(_seeded_server: Sandbox) -> Sandbox:
    """A server with the seeded data as at its start."""
    _seeded_server.reset()
    return _seeded_server


@pytest.fixture(scope="package")
def _empty_server() -> Iterator[Sandbox]:
    with Sandbox(seed=False, validate_responses=True, archive_build_seconds=0) as running:
        yield running


@pytest.fixture
def empty(_empty_server: Sandbox) -> Iterator[Sandbox]:
    """A server with nothing on it, whose every answer is checked against the API's description."""
    _empty_server.reset()
    yield _empty_server
    assert _empty_server.violations == []


@pytest.fixture
def run(account: Sandbox, tmp_path: Path) -> Run:
    """Runs the command with these arguments, of which the one may hold several; None takes a variable out."""

    def begin(
        arguments: str | list[str],
        *,
        sandbox: Sandbox = account,
        stdin: str = "",
        own_process: bool = False,
        **variables: str | None,
    ) -> subprocess.CompletedProcess[str]:
        words = arguments.split() if isinstance(arguments, str) else arguments
        how = run_process if own_process else run_here
        return how(words, environment(sandbox, **variables), tmp_path, stdin)

    return begin


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Processes that a test begins take interrupts."""
    with taking_interrupts():
        yield
