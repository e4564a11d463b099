"""Commands that were interrupted: the same command goes on, and a log says what was done."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from tinker_rest_sandbox import Sandbox

from .checkpoints import changes_sent, cli, path, sampler, sandbox, there, wait_until
from .conftest import RUN_ID
from .running import COMMAND, Run, environment

__all__ = ["cli", "sandbox"]  # fixtures

DELETE = ["checkpoint", "delete", "--run", RUN_ID, "--concurrency", "1"]


def stopped(cli: Run, sandbox: Sandbox, *arguments: str, match: str = "delete_checkpoint") -> None:
    """Run a command whose account is blocked after its first change."""
    sandbox.faults.add(status=402, match=match, after=1)
    done = cli(*arguments, "--yes")
    assert done.returncode == 5, done.stderr
    assert "skipped: " in done.stderr
    sandbox.requests.clear()


def test_what_was_published_since_is_left_alone(cli: Run, sandbox: Sandbox) -> None:
    stopped(cli, sandbox, *DELETE)
    public, other = sorted(there(sandbox) & {path(2), path(3), path(4)})
    assert cli("checkpoint", "publish", public).returncode == 0
    done = cli(*DELETE, "--yes")
    assert (done.returncode, "1 checkpoint: 1 deleted" in done.stderr) == (0, True)
    assert {path(1), public} <= there(sandbox)
    assert other not in there(sandbox)


def test_the_same_command_goes_on_with_what_is_left(cli: Run, sandbox: Sandbox) -> None:
    stopped(cli, sandbox, *DELETE)
    dry = cli(*DELETE, "--dry-run", "-f", "json")
    assert {one["tinker_path"] for one in json.loads(dry.stdout)["checkpoints"]} == there(sandbox) & {
        path(2),
        path(3),
    }
    done = cli(*DELETE, "--yes")
    assert (done.returncode, "2 checkpoints: 2 deleted" in done.stderr) == (0, True)
    assert len(changes_sent(sandbox)) == 2


@pytest.mark.parametrize(
    ("command", "match"),
    [
        (["delete", path(4), path(3), path(2)], "delete_checkpoint"),
        (["set-ttl", "--run", RUN_ID, "--ttl", "5d"], "set_checkpoint_ttl"),
    ],
)
def test_a_log_says_what_was_done(
    cli: Run, sandbox: Sandbox, tmp_path: Path, command: list[str], match: str
) -> None:
    arguments = ["checkpoint", *command, "--concurrency", "1", "--log", "log.jsonl"]
    stopped(cli, sandbox, *arguments, match=match)
    first = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [one["status"] for one in first if "status" in one].count("done") == 1
    done = cli(*arguments, "--yes")
    assert done.returncode == 0
    assert re.search(r"3 checkpoints: 2 (deleted|set)( to expire at .*)?, 1 already \1\n", done.stderr), (
        done.stderr
    )
    assert len(changes_sent(sandbox)) == 2


@pytest.mark.parametrize("kind", ["pipe", "text"])
def test_a_log_is_a_plain_file(cli: Run, sandbox: Sandbox, tmp_path: Path, kind: str) -> None:
    if kind == "pipe":
        os.mkfifo(tmp_path / kind)
    else:
        (tmp_path / kind).write_text("my thesis")
    done = cli("checkpoint", "delete", path(2), path(3), "--yes", "--log", kind)
    assert (done.returncode, "log must be" in done.stderr) == (2, True), done.stderr
    assert changes_sent(sandbox) == []


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("stage", ["list_checkpoints", "get_checkpoint_archive_url"])
def test_an_interrupted_download_says_what_is_kept(sandbox: Sandbox, tmp_path: Path, stage: str) -> None:
    sandbox.faults.add(delay=30, match=stage)
    process = subprocess.Popen(
        [COMMAND, "checkpoint", "download", sampler(1), sampler(2), "--yes"],
        env=environment(sandbox, HOME=str(tmp_path)), cwd=tmp_path, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    wait_until(lambda: any(one.operation_id == stage for one in sandbox.requests))
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert error.splitlines()[-1] == "tinker-rest: interrupted"
    assert ("partial download kept" in error) == (stage != "list_checkpoints")
    assert "Traceback" not in error
    sandbox.faults.clear()
