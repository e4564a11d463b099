"""An account with a few checkpoints, for commands that change them."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tinker_rest_sandbox import Sandbox

from .conftest import RUN_ID
from .running import Run, environment, run_here

OTHER_RUN = "8c1e8f0a-2f4b-4b8e-9f59-1d2f6f1a7b11:train:0"
DAY = 86400


@pytest.fixture
def sandbox(empty: Sandbox) -> Sandbox:
    """Six checkpoints in two runs, one of them in a project; the oldest is public, the newest expires in a day."""
    server = empty
    project = server.add_project(project_id="project-evals").project_id
    session = server.add_session(project_id=project).session_id
    server.add_training_run(training_run_id=RUN_ID)
    server.add_training_run(training_run_id=OTHER_RUN, session_id=session)
    now = datetime.now(UTC)
    for number in range(1, 5):
        server.add_checkpoint(
            training_run_id=RUN_ID, name=f"{number:04}", size_bytes=number * 1000**3,
            created_at=now - timedelta(days=50 - 10 * number), public=number == 1,
            ttl_seconds=DAY if number == 4 else None,
            user_metadata={"stage": "final", "lr": "1"} if number == 2 else None,
        )  # fmt: skip
    for number in (1, 2):
        server.add_checkpoint(
            training_run_id=OTHER_RUN, kind="sampler_weights", name=f"step-{number}", size_bytes=500,
            created_at=now - timedelta(days=5 - number),
            user_metadata={"stage": "final"} if number == 1 else None,
        )  # fmt: skip
    server.requests.clear()
    return server


def path(number: int) -> str:
    return f"tinker://{RUN_ID}/weights/{number:04}"


def sampler(number: int) -> str:
    return f"tinker://{OTHER_RUN}/sampler_weights/step-{number}"


@pytest.fixture
def cli(sandbox: Sandbox, tmp_path: Path) -> Run:
    def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return run_here(arguments, environment(sandbox, HOME=str(tmp_path)), tmp_path, stdin)

    return run


def there(sandbox: Sandbox) -> set[str]:
    with sandbox.client() as client:
        return {one.tinker_path for one in client.list_user_checkpoints(100).result().checkpoints}


def changes_sent(sandbox: Sandbox) -> list[str]:
    return [f"{one.method} {one.target}" for one in sandbox.requests if one.method != "GET"]


EVERYTHING = {path(1), path(2), path(3), path(4), sampler(1), sampler(2)}


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, "it never came about"
        time.sleep(0.02)
