"""Commands where stdin, stdout or stderr is closed, or what is read is odd."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import threading
from collections import Counter
from pathlib import Path

import pytest

from tinker_rest_sandbox import Sandbox

from .checkpoints import (
    EVERYTHING,
    OTHER_RUN,
    changes_sent,
    cli,
    path,
    sampler,
    sandbox,
    there,
    wait_until,
)
from .conftest import RUN_ID
from .running import COMMAND, Run, environment

__all__ = ["cli", "sandbox"]  # fixtures


def in_a_shell(sandbox: Sandbox, folder: Path, line: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", line.replace("tinker-rest", shlex.quote(str(COMMAND)), 1)],
        env=environment(sandbox, HOME=str(folder)), cwd=folder, timeout=60, check=False,
        capture_output=True, text=True,
    )  # fmt: skip


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_hindrance(sandbox: Sandbox, tmp_path: Path, closed: str) -> None:
    done = in_a_shell(sandbox, tmp_path, f"tinker-rest checkpoint delete --run {OTHER_RUN} --yes {closed}")
    assert done.returncode == 0, done.stderr
    assert there(sandbox) == EVERYTHING - {sampler(1), sampler(2)}
    assert ("2 deleted" in done.stderr) == ("2>" not in closed)


@pytest.mark.parametrize("closed", ["<&-", "</dev/null 2>&-"])
def test_nobody_is_asked_where_streams_are_closed(sandbox: Sandbox, tmp_path: Path, closed: str) -> None:
    done = in_a_shell(sandbox, tmp_path, f"tinker-rest checkpoint delete --run {OTHER_RUN} {closed}")
    assert done.returncode == 2
    assert changes_sent(sandbox) == []


def test_paths_may_be_written_by_other_systems(cli: Run, sandbox: Sandbox) -> None:
    stdin = f"\ufeff{sampler(1)}\r\n\r\n  # one more\r\n\t{sampler(2)} \r\n{sampler(1)}\r\n"
    done = cli("checkpoint", "delete", "--yes", "-", stdin=stdin)
    assert (done.returncode, "2 checkpoints: 2 deleted" in done.stderr) == (0, True), done.stderr
    assert there(sandbox) == EVERYTHING - {sampler(1), sampler(2)}


@pytest.mark.parametrize("odd", ["\x00\x01", f"tinker://{RUN_ID}", '{"tinker_path": "x"}', f"{path(2)} {path(3)}"])
def test_lines_that_are_no_paths_stop_all_before_anything_is_sent(cli: Run, sandbox: Sandbox, odd: str) -> None:
    done = cli("checkpoint", "delete", "--yes", "-", stdin=f"{path(2)}\n{odd}\n")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert len(sandbox.requests) == 0


@pytest.mark.parametrize("kind", ["delete", "download", "set-ttl --remove"])
def test_nothing_to_do_is_a_whole_answer(cli: Run, kind: str) -> None:
    arguments = ["checkpoint", *kind.split(), "--name", "none*", "--yes"]
    told = json.loads(cli(*arguments, "-f", "json").stdout)
    assert (told["checkpoints"], told["total_count"]) == ([], 0)
    assert told["failed"] == []
    assert cli(*arguments, "-f", "csv").stdout.startswith("tinker_path,outcome")
    table = cli(*arguments)
    assert (table.returncode, table.stdout, table.stderr) == (0, "", "0 checkpoints: nothing to do\n")


def test_nothing_is_larger_than_nothing(cli: Run, sandbox: Sandbox) -> None:
    """A size of 0 is a filter too: what has no size is not deleted."""
    sandbox.add_checkpoint(training_run_id=OTHER_RUN, name="empty", size_bytes=0)
    listed = cli("checkpoint", "list", "-q", "--larger-than", "0B").stdout
    assert {*listed.split()} == EVERYTHING
    assert cli("checkpoint", "delete", "--larger-than", "0B", "--run", OTHER_RUN, "--yes").returncode == 0
    assert f"tinker://{OTHER_RUN}/weights/empty" in there(sandbox)


def test_failed_downloads_have_the_same_fields(cli: Run) -> None:
    told = json.loads(cli("checkpoint", "download", sampler(1), path(9), "--yes", "-f", "json").stdout)
    good, bad = told["checkpoints"]
    assert good.keys() == bad.keys()
    assert (bad["destination"], bad["outcome"]) == (None, "failed")


def test_downloads_end_where_the_server_is_away(cli: Run, sandbox: Sandbox) -> None:
    """As changes do: what would fail as well is not tried for hours."""
    for number in range(20):
        sandbox.add_checkpoint(training_run_id=OTHER_RUN, name=f"{number:04}")
    sandbox.faults.add(drop=True, match="get_checkpoint_archive_url", times=None)
    done = cli("checkpoint", "download", "--run", OTHER_RUN, "--yes", "--timeout", "1", "-f", "json")
    counts = Counter(one["outcome"] for one in json.loads(done.stdout)["checkpoints"])
    assert done.returncode == 5
    assert counts["failed"] < counts["skipped"]
    assert done.stderr.count("skipped: ") == counts["skipped"]


def test_many_runs_are_looked_up_some_at_a_time(cli: Run, sandbox: Sandbox) -> None:
    """A server that refuses what is more than it bears is asked again rather than given up."""
    sandbox.faults.add(status=429, retry_after=0, match="list_checkpoints", times=40)
    paths = "".join(f"tinker://{RUN_ID.replace(':0', f':{number}')}/weights/0001\n" for number in range(300))
    done = cli("checkpoint", "delete", "--dry-run", "-", stdin=paths)
    assert (done.returncode, "would permanently delete 299 checkpoints" in done.stderr) == (0, True), done.stderr


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("stage", ["list_checkpoints", "delete_checkpoint"])
def test_impatient_interrupts_leave_no_traceback(sandbox: Sandbox, tmp_path: Path, stage: str) -> None:
    sandbox.faults.add(delay=30, match=stage, times=None)
    process = subprocess.Popen(
        [COMMAND, "checkpoint", "delete", "--yes", path(2), sampler(1)],
        env=environment(sandbox, HOME=str(tmp_path)), cwd=tmp_path, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    wait_until(lambda: any(one.operation_id == stage for one in sandbox.requests))
    timers = [threading.Timer(0.01 * number, process.send_signal, [signal.SIGINT]) for number in range(3)]
    for timer in timers:
        timer.start()
    _, error = process.communicate(timeout=60)
    for timer in timers:
        timer.join()
    assert process.returncode in (130, -signal.SIGINT)
    assert "Traceback" not in error
    sandbox.faults.clear()
