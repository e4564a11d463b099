"""Commands that go on where others stopped: with what was meant then and still is, and with nothing else."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from tinker_rest_sandbox import Sandbox

from .checkpoints import (
    OTHER_RUN,
    changes_sent,
    cli,
    journals,
    path,
    sampler,
    sandbox,
    there,
    wait_until,
)
from .conftest import RUN_ID
from .running import COMMAND, Run, environment, in_a_terminal

__all__ = ["cli", "sandbox"]  # fixtures

DELETE = ["checkpoint", "delete", "--run", RUN_ID, "--concurrency", "1"]


def stopped(cli: Run, sandbox: Sandbox, *arguments: str, match: str = "delete_checkpoint") -> None:
    """Run a command whose account is blocked after its first change."""
    sandbox.faults.add(status=402, match=match, after=1)
    done = cli(*arguments, "--yes")
    assert done.returncode == 5, done.stderr
    sandbox.requests.clear()


def test_what_was_published_since_is_left_alone(cli: Run, sandbox: Sandbox) -> None:
    stopped(cli, sandbox, *DELETE)
    public, other = sorted(there(sandbox) & {path(2), path(3), path(4)})
    assert cli("checkpoint", "publish", public).returncode == 0
    done = cli(*DELETE, "--yes")
    assert done.returncode == 0
    assert "left out 1 checkpoint that the options do not select any longer" in done.stderr
    assert "1 of 2 were done" in done.stderr
    assert {path(1), public} <= there(sandbox)
    assert other not in there(sandbox)


def test_what_has_become_the_newest_is_left_alone(cli: Run, sandbox: Sandbox) -> None:
    arguments = [*DELETE, "--keep-latest", "1", "--sort", "time"]
    stopped(cli, sandbox, *arguments)
    assert there(sandbox) >= {path(2), path(4)}
    with sandbox.client() as client:
        client.delete_checkpoint_from_tinker_path(path(4)).result()
    assert cli(*arguments, "--yes").returncode == 0
    assert path(2) in there(sandbox)


def test_a_limit_holds_for_all_runs_together(cli: Run, sandbox: Sandbox) -> None:
    arguments = [*DELETE, "--limit", "2", "--sort", "size"]
    stopped(cli, sandbox, *arguments)
    assert cli(*arguments, "--yes").returncode == 0
    assert there(sandbox) & {path(2), path(3), path(4)} == {path(2)}


def test_what_is_shown_and_asked_is_what_is_left(cli: Run, sandbox: Sandbox, tmp_path: Path) -> None:
    stopped(cli, sandbox, *DELETE)
    dry = cli(*DELETE, "--dry-run", "-f", "json")
    assert {one["tinker_path"] for one in json.loads(dry.stdout)["items"]} == there(sandbox) & {path(2), path(3)}
    assert "would delete 2 checkpoints, 5.0 GB" in dry.stderr
    variables = environment(sandbox, HOME=str(tmp_path))
    code, seen, _ = in_a_terminal(DELETE, width=100, variables=variables, typed="y\n")
    assert code == 0
    assert "1 of 3 were done" in seen
    assert "Delete 2 checkpoints?" in seen
    assert "3 checkpoints: 3 deleted" in seen


@pytest.mark.parametrize("named", [False, True])
def test_what_was_deleted_and_came_back_is_not_told_as_deleted(cli: Run, sandbox: Sandbox, named: bool) -> None:
    meant = [path(4), path(3), path(2)]
    arguments = ["checkpoint", "delete", *meant, "--concurrency", "1"] if named else DELETE
    stopped(cli, sandbox, *arguments)
    (gone,) = {*meant} - there(sandbox)
    sandbox.add_checkpoint(training_run_id=RUN_ID, name=gone[-4:])
    done = cli(*arguments, "--yes", "-f", "json")
    assert done.returncode == 0
    if named:  # whoever names it means it
        assert len(json.loads(done.stdout)["items"]) == 3
        assert not there(sandbox) & {*meant}
    else:
        assert "deleted and that came back" in done.stderr
        assert there(sandbox) & {*meant} == {gone}
        assert gone not in done.stdout


def test_the_same_journal_for_other_checkpoints_deletes_none_of_the_first(cli: Run, sandbox: Sandbox) -> None:
    stopped(cli, sandbox, *DELETE, "--journal", "journal.jsonl")
    left = there(sandbox)
    done = cli("checkpoint", "delete", "--run", OTHER_RUN, "--yes", "--journal", "journal.jsonl")
    assert "left out 2 checkpoints that the options do not select any longer" in done.stderr
    assert there(sandbox) == left
    assert changes_sent(sandbox) == []


@pytest.mark.parametrize("ttl", ["tomorrow 23:00", "in 3 days", "5d"])
def test_ttls_of_an_interrupted_command_go_on(cli: Run, sandbox: Sandbox, ttl: str) -> None:
    arguments = ["checkpoint", "set-ttl", "--run", RUN_ID, "--concurrency", "1", "--ttl", ttl]
    stopped(cli, sandbox, *arguments, "--journal", "j.jsonl", match="set_checkpoint_ttl")
    done = cli(*arguments, "--yes", "--journal", "j.jsonl")
    assert (done.returncode, "1 of 3 were done" in done.stderr) == (0, True), done.stderr
    stopped(cli, sandbox, *arguments, match="set_checkpoint_ttl")
    done = cli(*arguments, "--yes")
    assert (done.returncode, "1 of 3 were done" in done.stderr) == (0, True), done.stderr


def test_times_that_move_are_the_same_command(cli: Run, sandbox: Sandbox) -> None:
    arguments = [*DELETE, "--before", "3 days ago", "--limit", "2", "--sort", "size"]
    stopped(cli, sandbox, *arguments)
    done = cli(*arguments, "--yes")
    assert (done.returncode, "1 of 2 were done" in done.stderr) == (0, True), done.stderr
    assert path(2) in there(sandbox)


@pytest.mark.parametrize("damage", ["nonsense\n", '{"journal": "tinker-rest bulk", "version": 9}\n', None])
def test_a_journal_of_ones_own_that_is_damaged_is_no_hindrance(
    cli: Run, sandbox: Sandbox, tmp_path: Path, damage: str | None
) -> None:
    stopped(cli, sandbox, *DELETE)
    (journal,) = journals(tmp_path)
    if damage is None:
        journal.unlink()
        journal.mkdir()
    else:
        journal.write_text(damage)
    done = cli(*DELETE, "--yes")
    assert done.returncode == 0, done.stderr
    assert not there(sandbox) & {path(2), path(3), path(4)}
    assert ("no journal can be kept" in done.stderr) == (damage is None)


@pytest.mark.parametrize(
    "lines",
    [['{"plan": 5}', '{"tinker_path": 1}', '{"tinker_path": "x"}', "[]"], ['{"plan": [1, null]}']],
)
def test_odd_lines_of_a_journal_are_passed_over(
    cli: Run, sandbox: Sandbox, tmp_path: Path, lines: list[str]
) -> None:
    first = {
        "journal": "tinker-rest bulk", "version": 1, "action": "delete_checkpoints",
        "base_url": sandbox.base_url, "started_at": "some day",
    }  # fmt: skip
    (tmp_path / "j").write_text("\n".join([json.dumps(first), *lines]) + "\n")
    done = cli("checkpoint", "delete", path(2), path(3), "--yes", "--journal", "j")
    assert done.returncode == 0, done.stderr
    assert not there(sandbox) & {path(2), path(3)}


@pytest.mark.parametrize("kind", ["/dev/full", "pipe", "text"])
def test_a_journal_is_a_plain_file(cli: Run, sandbox: Sandbox, tmp_path: Path, kind: str) -> None:
    if kind == "pipe":
        os.mkfifo(tmp_path / kind)
    elif kind == "text":
        (tmp_path / kind).write_text("my thesis")
    for command in ("delete", "download"):
        done = cli("checkpoint", command, path(2), path(3), "--yes", "--journal", kind)
        assert (done.returncode, "journal must be" in done.stderr) == (2, True), done.stderr
    assert changes_sent(sandbox) == []


def test_two_of_the_same_command_do_not_mix(cli: Run, sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.faults.add(delay=3, match="delete_checkpoint")
    variables = environment(sandbox, HOME=str(tmp_path))
    with subprocess.Popen([COMMAND, *DELETE, "--yes"], env=variables, cwd=tmp_path) as first:
        wait_until(lambda: len(changes_sent(sandbox)) == 1)
        second = cli(*DELETE, "--yes")
    assert (second.returncode, "another run is writing" in second.stderr) == (2, True)
    assert first.returncode == 0
    assert len(changes_sent(sandbox)) == 3


def test_a_full_disk_is_told_in_a_line(cli: Run, sandbox: Sandbox, tmp_path: Path) -> None:
    """A journal that takes no more ends the command, of downloads too."""
    for command in ("delete", "download"):
        done = subprocess.run(
            ["sh", "-c", f"ulimit -f 0; trap '' XFSZ; {COMMAND} checkpoint {command} --yes {path(2)} {path(3)}"],
            env=environment(sandbox, HOME=str(tmp_path)), cwd=tmp_path, timeout=60, check=False,
            capture_output=True, text=True,
        )  # fmt: skip
        assert (done.returncode, os.strerror(errno.EFBIG) in done.stderr) == (1, True), done.stderr
        assert "fault of tinker-rest" not in done.stderr
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
    assert ("what has come is kept" in error) == (stage != "list_checkpoints")
    assert "Traceback" not in error
    sandbox.faults.clear()
