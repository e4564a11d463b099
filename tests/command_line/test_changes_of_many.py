"""Commands that change many checkpoints, on servers that differ and with outputs that nobody reads."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from facade.recording_server import RecordedRequest, RecordingServer, reply

from tinker_rest_sandbox import Sandbox

from .checkpoints import EVERYTHING, cli, path, sandbox, there
from .conftest import RUN_ID
from .running import Run, environment, in_this_process

__all__ = ["cli", "sandbox"]  # fixtures

OF_OTHERS = ["tinker://run-1/checkpoints/x", "twinkle://run-1/weights/1"]


@pytest.fixture
def other_server() -> Iterator[RecordingServer]:
    """One with paths of its own, and IDs of both forms."""
    common = {"checkpoint_type": "training", "time": "2026-01-01T00:00:00Z"}
    listed = [
        {**common, "checkpoint_id": checkpoint_id, "tinker_path": tinker_path}
        for checkpoint_id, tinker_path in zip(["x", "weights/1"], OF_OTHERS, strict=True)
    ]

    def answer(request: RecordedRequest) -> bytes:
        run = {"training_run_id": "run-1", "base_model": "b", "is_lora": True}
        if request.method == "DELETE":
            return reply(204)
        if request.target.endswith("/checkpoints"):
            return reply(body={"checkpoints": listed})
        return reply(body={"base_model": "b", "is_lora": True} if request.method == "POST" else run)

    with RecordingServer(answer) as running:
        yield running


def test_what_other_servers_list_is_deleted(run: Run, other_server: RecordingServer) -> None:
    listed = run("checkpoint list -q --run run-1", TINKER_BASE_URL=other_server.base_url).stdout
    assert listed.split() == OF_OTHERS
    for words, stdin in (("--run run-1", ""), ("-", listed), (" ".join(OF_OTHERS), "")):
        other_server.requests.clear()
        done = run(f"checkpoint delete --yes {words}", stdin=stdin, TINKER_BASE_URL=other_server.base_url)
        assert (done.returncode, done.stderr) == (0, "2 checkpoints: 2 deleted\n")
        assert sorted(line for line in other_server.lines if "DELETE" in line) == [
            "DELETE /api/v1/training_runs/run-1/checkpoints/weights/1",
            "DELETE /api/v1/training_runs/run-1/checkpoints/x",
        ]


def test_what_other_servers_do_not_list_cannot_be_addressed(run: Run, other_server: RecordingServer) -> None:
    for unlisted in ("tinker://run-1/checkpoints/y", "tinker://run-1/weight/1"):
        done = run(f"checkpoint delete --yes {OF_OTHERS[0]} {unlisted}", TINKER_BASE_URL=other_server.base_url)
        assert done.returncode == 4
        assert f"{unlisted} is not listed; `tinker-rest checkpoint list --run run-1`" in done.stderr
    assert {line.partition(" ")[0] for line in other_server.lines} == {"GET"}


@pytest.mark.parametrize("command", ["checkpoint info", "run info", "weights info"])
def test_paths_of_other_servers_can_be_looked_up(run: Run, other_server: RecordingServer, command: str) -> None:
    for tinker_path in OF_OTHERS:
        done = run(f"{command} {tinker_path} -f json", TINKER_BASE_URL=other_server.base_url)
        assert done.returncode == 0, done.stderr
    if command == "weights info":
        assert [json.loads(request.body)["tinker_path"] for request in other_server.requests] == OF_OTHERS


@pytest.mark.parametrize("ahead", [timedelta(), timedelta(days=10)])
def test_clocks_that_differ_are_reported(cli: Run, sandbox: Sandbox, ahead: timedelta) -> None:
    """With ages, what is selected depends on them, also before anything is deleted."""
    sandbox.clock.advance(ahead.total_seconds())
    warning = "tinker-rest: warning: this computer's clock differs"
    # It was saved 30 days ago by this computer's clock.
    done = cli("checkpoint", "delete", "--run", RUN_ID, "--dry-run", "-q", "--older-than", "35d")
    assert (done.returncode, done.stdout.split()) == (0, [path(2)] if ahead else [])
    assert (warning in done.stderr) == bool(ahead)
    assert warning not in cli("checkpoint", "delete", "--run", RUN_ID, "--dry-run", "--name", "*").stderr


def test_failures_are_told_if_nobody_reads_the_outcomes(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.faults.add(status=403, match=lambda request: request.target.endswith("0003"), times=None)
    reader, writer = os.pipe()
    os.close(reader)
    errors = io.StringIO()
    with open(writer, "w", encoding="utf-8") as pipe:
        arguments = ["checkpoint", "delete", "--yes", path(2), path(3)]
        status = in_this_process(arguments, environment(sandbox), tmp_path, io.StringIO(), pipe, errors)
    assert status == 141
    assert errors.getvalue().startswith(f"failed: {path(3)}: ")
    assert errors.getvalue().count("\n") == 1
    sandbox.faults.clear()
    assert there(sandbox) == EVERYTHING - {path(2)}
