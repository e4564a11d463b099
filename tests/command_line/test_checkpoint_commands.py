"""The commands for checkpoints: what they list, change and leave alone, how they ask and what they report."""

from __future__ import annotations

import csv
import io
import json
import re
import signal
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tinker_rest.types import Checkpoint
from tinker_rest_sandbox import Sandbox

from .checkpoints import (
    DAY,
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
from .running import COMMAND, Run, environment, in_a_terminal

__all__ = ["cli", "sandbox"]  # fixtures


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("", {path(1), path(2), path(3), path(4), sampler(1), sampler(2)}),
        (f"--run {RUN_ID}", {path(1), path(2), path(3), path(4)}),
        (f"--run-id tinker://{OTHER_RUN} --run {RUN_ID}", EVERYTHING),
        ("--type sampler", {sampler(1), sampler(2)}),
        ("--type Sampler", {sampler(1), sampler(2)}),
        ("--type weights", {path(1), path(2), path(3), path(4)}),
        ("--name step-*", {sampler(1), sampler(2)}),
        ("--name weights/000[12]", {path(1), path(2)}),
        ("--older-than 25d", {path(1), path(2)}),
        ("--larger-than 2GB", {path(3), path(4)}),
        ("--keep-latest 1", {path(1), path(2), path(3), sampler(1)}),
        ("--expiring-within 2d", {path(4)}),
        ("--no-ttl --type training", {path(1), path(2), path(3)}),
        ("--sort size --limit 2", {path(4), path(3)}),
        ("--sort time --limit 2", {sampler(2), sampler(1)}),
        ("--before 2000-01-01", set()),
        ("--after 2000-01-01T00:00Z --type sampler_weights", {sampler(1), sampler(2)}),
        ("--base-model Qwen/Qwen3-8B --name 0001", {path(1)}),
        ("--base-model other/model", set()),
        ("--base-model other/model --base-model Qwen/Qwen3-8B", EVERYTHING),
        ("--project project-evals", {sampler(1), sampler(2)}),
        ("--project-id project-nowhere", set()),
        ("--metadata stage=final", {path(2), sampler(1)}),
        ("--metadata stage=final --metadata lr=1", {path(2)}),
        (f"--exclude {path(1)} --exclude {sampler(1)}", EVERYTHING - {path(1), sampler(1)}),
        (f"--run {RUN_ID} --exclude @keep.txt", {path(4)}),
    ],
)
def test_list_takes_what_selects(cli: Run, tmp_path: Path, options: str, expected: set[str]) -> None:
    (tmp_path / "keep.txt").write_text(f"# keep\n{path(1)}\n\n  {path(2)} \n{path(3)}", encoding="utf-8-sig")
    done = cli("checkpoint", "list", "-q", "--limit", "0", *options.split())
    assert (done.returncode, set(done.stdout.split())) == (0, expected), done.stderr


def test_what_is_excluded_is_kept(cli: Run, sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "keep").write_text(path(3))
    done = cli("checkpoint", "delete", "--metadata", "stage=final", "--exclude", sampler(1), "--yes")
    assert (done.returncode, there(sandbox)) == (0, EVERYTHING - {path(2)})
    done = cli("checkpoint", "set-ttl", "--run", RUN_ID, "--exclude", "@keep", "--ttl", "7d", "--dry-run", "-q")
    assert done.stdout.split() == [path(4)]


def test_a_file_of_exclusions_must_be_there(cli: Run, sandbox: Sandbox) -> None:
    done = cli("checkpoint", "delete", "--run", RUN_ID, "--exclude", "@nowhere", "--yes")
    assert (done.returncode, done.stderr) == (1, "tinker-rest: nowhere: No such file or directory\n")
    assert [*sandbox.requests] == []


def test_the_latest_of_a_run(cli: Run) -> None:
    for run in (RUN_ID, path(1)):
        done = cli("checkpoint", "latest", run, "-q")
        assert (done.returncode, done.stdout, done.stderr) == (0, f"{path(4)}\n", "")
    shown = cli("checkpoint", "latest", OTHER_RUN, "--type", "sampler_weights")
    assert (sampler(2) in shown.stdout, "Qwen/Qwen3-8B" in shown.stdout) == (True, True)
    found = json.loads(cli("checkpoint", "latest", OTHER_RUN, "-f", "json").stdout)
    assert (found["tinker_path"], found["checkpoint_type"]) == (sampler(2), "sampler")
    for arguments in ([OTHER_RUN, "--type", "training"], ["run-nowhere"]):
        missing = cli("checkpoint", "latest", *arguments, "-q")
        assert (missing.returncode, missing.stdout, missing.stderr.count("\n")) == (4, "", 1)
        assert missing.stderr.count(arguments[0]) == 1


def test_json_carries_totals(cli: Run) -> None:
    listed = json.loads(cli("checkpoint", "list", "--format", "json", "--limit", "2").stdout)
    assert (len(listed["checkpoints"]), listed["total_count"]) == (2, 6)
    assert listed["checkpoints"][0] | {"expires_at": None, "time": None} == {
        "checkpoint_id": "sampler_weights/step-2", "checkpoint_type": "sampler", "time": None,
        "tinker_path": sampler(2), "size_bytes": 500, "public": False, "user_metadata": None, "expires_at": None,
        "training_run_id": OTHER_RUN, "base_model": "Qwen/Qwen3-8B",
    }  # fmt: skip
    selected = json.loads(cli("-f", "json", "checkpoint", "list", "--type", "training", "--limit", "1").stdout)
    assert (len(selected["checkpoints"]), selected["total_count"]) == (1, 4)
    assert selected["total_size_bytes"] == 10 * 1000**3


def test_csv_and_lines_have_whole_paths(cli: Run) -> None:
    rows = [*csv.DictReader(io.StringIO(cli("checkpoint", "list", "-f", "csv", "--run", RUN_ID).stdout))]
    assert {*Checkpoint.field_order, "training_run_id"} <= rows[0].keys()
    assert {row["training_run_id"] for row in rows} == {RUN_ID}
    assert {row["tinker_path"] for row in rows} == {path(1), path(2), path(3), path(4)}
    assert {row["public"] for row in rows if row["tinker_path"] == path(1)} == {"true"}
    lines = cli("checkpoint", "list", "-f", "jsonl", "--run", OTHER_RUN).stdout.splitlines()
    assert {json.loads(line)["tinker_path"] for line in lines} == {sampler(1), sampler(2)}


def test_info_shows_one_or_says_where_to_look(cli: Run) -> None:
    shown = cli("checkpoint", "info", path(4))
    assert shown.returncode == 0
    assert path(4) in shown.stdout
    assert "4.0 GB" in shown.stdout
    assert re.search(r"^Created +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC \(10d ago\)$", shown.stdout, re.MULTILINE)
    missing = cli("checkpoint", "info", path(9))
    assert (missing.returncode, missing.stdout) == (4, "")
    assert f"checkpoint list --run {RUN_ID}" in missing.stderr
    assert cli("checkpoint", "info", RUN_ID).returncode == 2


def test_a_dry_run_shows_all_and_changes_nothing(cli: Run, sandbox: Sandbox) -> None:
    done = cli("checkpoint", "delete", "--run", RUN_ID, "--dry-run", "-f", "json")
    listed = json.loads(done.stdout)
    assert {one["tinker_path"] for one in listed["checkpoints"]} == {path(2), path(3), path(4)}
    assert listed["total_size_bytes"] == 9 * 1000**3
    assert "would permanently delete 3 checkpoints (9.0 GB); nothing was done" in done.stderr
    assert changes_sent(sandbox) == []


def test_nobody_to_ask_is_no_yes(cli: Run, sandbox: Sandbox) -> None:
    done = cli("checkpoint", "delete", "--run", OTHER_RUN)
    assert done.returncode == 2
    assert "--yes" in done.stderr
    assert "pass --yes to permanently delete 2 checkpoints (1.0 kB), or --dry-run" in done.stderr
    assert changes_sent(sandbox) == []


@pytest.mark.parametrize(("answer", "status", "left"), [("y\n", 0, 4), ("n\n", 1, 6), ("\n", 1, 6)])
def test_a_terminal_is_asked(sandbox: Sandbox, tmp_path: Path, answer: str, status: int, left: int) -> None:
    variables = environment(sandbox, HOME=str(tmp_path), NO_COLOR="1")
    code, seen, _ = in_a_terminal(
        ["checkpoint", "delete", "--run", OTHER_RUN],
        width=120, variables=variables, typed=answer, own_process=answer == "y\n",
    )  # fmt: skip
    assert code == status, seen
    assert re.search(rf"^{re.escape(sampler(1))} +sampler +500 B +4d ago$", seen, re.MULTILINE), seen
    assert "Permanently delete 2 checkpoints (1.0 kB)? [y/N]" in seen
    assert len(there(sandbox)) == left


@pytest.mark.parametrize(("options", "status"), [([], 4), (["--ignore-missing"], 0)])
def test_what_does_not_exist_is_reported_before_the_question(
    sandbox: Sandbox, tmp_path: Path, options: list[str], status: int
) -> None:
    variables = environment(sandbox, HOME=str(tmp_path), NO_COLOR="1")
    alone = ["checkpoint", "delete", path(9), *options]
    code, seen, _ = in_a_terminal(alone, width=120, variables=variables, typed="y\n")
    assert code == status, seen
    assert f"not found: {path(9)}\n" in seen
    assert "tinker-rest: nothing was done\n" in seen
    assert "[y/N]" not in seen
    _, seen, _ = in_a_terminal([*alone, path(2)], width=120, variables=variables, typed="n\n")
    assert 0 <= seen.find(f"not found: {path(9)}\n") < seen.find("[y/N]")
    assert changes_sent(sandbox) == []


@pytest.mark.parametrize("width", [80, 120])
def test_the_question_shows_what_each_run_loses_and_keeps(sandbox: Sandbox, tmp_path: Path, width: int) -> None:
    for number in range(12):
        sandbox.add_checkpoint(training_run_id=OTHER_RUN, name=f"{number:04}", size_bytes=10**9)
    _, seen, _ = in_a_terminal(
        ["checkpoint", "delete", "--keep-latest", "1"],
        width=width, variables=environment(sandbox, HOME=str(tmp_path), NO_COLOR="1"), typed="n\n",
    )  # fmt: skip
    table = [line.split() for line in without_progress(seen).splitlines() if ":train:0" in line]
    assert table == [
        [OTHER_RUN, "12", "11.0", "GB", "2", "1.0", "GB"],
        [RUN_ID, "2", "5.0", "GB", "2", "5.0", "GB"],
    ]
    assert "Permanently delete 14 checkpoints (16.0 GB)? [y/N]" in seen
    pages = [one.target for one in sandbox.requests]
    assert len(pages) == len({*pages})  # each is read once
    assert changes_sent(sandbox) == []


def test_the_question_of_many_runs_shows_the_largest(sandbox: Sandbox, tmp_path: Path) -> None:
    for number in range(15):
        run = sandbox.add_training_run().training_run_id
        sandbox.add_checkpoint(training_run_id=run, size_bytes=number * 10**9, name="0001")
    _, seen, _ = in_a_terminal(
        ["checkpoint", "delete", "--name", "0001"],
        width=120, variables=environment(sandbox, HOME=str(tmp_path), NO_COLOR="1"), typed="n\n",
    )  # fmt: skip
    assert "and 5 more training runs; --dry-run lists every checkpoint" in seen
    assert "14.0 GB" in seen
    assert changes_sent(sandbox) == []


def without_progress(shown: str) -> str:
    return shown.rpartition("\x1b[2K")[2]


def test_deletion_tells_of_each(cli: Run, sandbox: Sandbox) -> None:
    done = cli("checkpoint", "delete", "--run", RUN_ID, "--keep-latest", "1", "--yes", "-f", "json")
    told = json.loads(done.stdout)
    assert {one["tinker_path"]: one["outcome"] for one in told["checkpoints"]} == {
        path(2): "done",
        path(3): "done",
    }
    assert (told["deleted_count"], told["failed"]) == (2, [])
    assert there(sandbox) == EVERYTHING - {path(2), path(3)}
    assert done.returncode == 0


def test_what_is_not_there_is_not_found(cli: Run, sandbox: Sandbox) -> None:
    done = cli("checkpoint", "delete", path(9), sampler(1), "--yes", "-f", "json")
    assert done.returncode == 5
    assert f"not found: {path(9)}: " in done.stderr
    assert "2 checkpoints: 1 deleted, 1 not found" in done.stderr
    told = json.loads(done.stdout)
    assert [one["outcome"] for one in told["checkpoints"]] == ["not_found", "done"]
    assert (told["deleted_count"], [one["tinker_path"] for one in told["failed"]]) == (1, [path(9)])
    done = cli("checkpoint", "delete", path(9), "--yes", "-q")
    assert (done.returncode, done.stdout) == (4, "")
    done = cli("checkpoint", "delete", path(9), sampler(2), "--yes", "--ignore-missing")
    assert (done.returncode, "1 deleted, 1 already deleted" in done.stderr) == (0, True)
    assert there(sandbox) == EVERYTHING - {sampler(1), sampler(2)}


def test_one_failure_stops_nothing_and_is_named(cli: Run, sandbox: Sandbox) -> None:
    sandbox.faults.add(status=400, match="delete_checkpoint", times=1)
    done = cli("checkpoint", "delete", "--run", OTHER_RUN, "--yes", "--concurrency", "1")
    assert done.returncode == 5
    failed = (EVERYTHING - {path(number) for number in range(1, 5)}) & there(sandbox)
    assert len(failed) == 1
    assert f"failed: {failed.pop()}: 400 Bad Request" in done.stderr
    again = cli("checkpoint", "delete", "--run", OTHER_RUN, "--yes")
    assert (again.returncode, "1 checkpoint: 1 deleted" in again.stderr) == (0, True)
    assert len([one for one in changes_sent(sandbox) if "DELETE" in one]) == 3


def test_paths_come_from_stdin(cli: Run, sandbox: Sandbox) -> None:
    listed = cli("checkpoint", "list", "-q", "--run", RUN_ID).stdout
    done = cli("checkpoint", "delete", "--yes", "-", stdin=f"# the old ones\n\n{listed}")
    assert done.returncode == 0
    assert "skipped 1 public checkpoint; --include-public includes them" in done.stderr
    assert there(sandbox) == {path(1), sampler(1), sampler(2)}
    assert cli("checkpoint", "delete", "-", stdin=sampler(1)).returncode == 2


def test_a_public_one_is_spared_unless_it_is_asked_for(cli: Run, sandbox: Sandbox) -> None:
    refused = cli("checkpoint", "delete", path(1), path(2), "--yes")
    assert refused.returncode == 2
    assert f"{path(1)} is public" in refused.stderr
    assert changes_sent(sandbox) == []
    assert cli("checkpoint", "delete", path(1), "--include-public", "--yes").returncode == 0
    assert there(sandbox) == EVERYTHING - {path(1)}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["delete"], "give checkpoint paths, - to read paths from stdin, or filters"),
        (["delete", path(2), "--run", RUN_ID], "not both"),
        (["delete", "--sort", "size", "--yes"], "all checkpoints"),
        (["delete", path(2), "tinker://nonsense", "--yes"], "tinker://nonsense"),
        (
            ["delete", "--older-than", "6m"],
            "'--older-than': '6m' is not a duration: 'm' could be minutes ('min') or months; write '12h', '30d'",
        ),
        (["delete", "--older-than", "x1"], "'x1' is not a duration; write '12h', '30d' or '2w'"),
        (["delete", "--type", "weight"], "'weight' is not one of 'training'"),
        (["delete", "--before", "01/02/2026"], "'--before'"),
        (["delete", "--larger-than", "500"], "the unit is missing"),
        (["delete", "--no-ttl", "--expiring-within", "2d"], "contradict"),
        (["delete", "--exclude", path(1), "--yes"], "all checkpoints"),
        (["delete", "--run", RUN_ID, "--exclude", "0001"], "exclude must be a list of tinker paths"),
        (["delete", "--metadata", "stage"], "--metadata"),
        (["set-ttl", path(2)], "--remove"),
        (["set-ttl", path(2), "--ttl", "7d", "--remove"], "--remove"),
        (["set-ttl", path(2), "--ttl", "5"], "from an hour to ten years"),
        (["set-ttl", path(2), "--ttl", "yesterday"], "past"),
        (["publish"], "checkpoint_path"),
    ],
)
def test_wrong_usage_is_told_before_anything_is_sent(
    cli: Run, sandbox: Sandbox, arguments: list[str], words: str
) -> None:
    done = cli("checkpoint", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert words.lower() in done.stderr.lower()
    assert changes_sent(sandbox) == []


@pytest.mark.parametrize(
    ("ttl", "seconds"), [("7d", 7 * DAY), ("2 weeks", 14 * DAY), ("86400", DAY), ("36h", 36 * 3600)]
)
def test_ttls_are_typed_as_people_do(cli: Run, sandbox: Sandbox, ttl: str, seconds: int) -> None:
    done = cli("checkpoint", "set-ttl", path(2), "--ttl", ttl)
    assert done.returncode == 0
    expiry = expiry_of(sandbox, path(2))
    assert abs((expiry - datetime.now(UTC)).total_seconds() - seconds) < 60
    said = re.search(r"1 checkpoint: 1 set to expire at (.*) UTC", done.stderr)
    assert said is not None, done.stderr
    assert abs(expiry - datetime.fromisoformat(f"{said[1]}Z")) < timedelta(minutes=2)


def test_ttls_of_many_can_be_set_and_removed(cli: Run, sandbox: Sandbox) -> None:
    done = cli("checkpoint", "set-ttl", "--run", OTHER_RUN, "--ttl", "tomorrow 9:00", "--yes")
    assert done.returncode == 0, done.stderr
    assert expiry_of(sandbox, sampler(1)) > datetime.now(UTC)
    for option in (["--remove"], ["--ttl", "never"]):
        done = cli("checkpoint", "set-ttl", path(4), *option)
        assert (done.returncode, "set to never expire" in done.stderr) == (0, True)
        with sandbox.client() as client:
            listed = client.list_checkpoints(RUN_ID).result().checkpoints
        assert [one.expires_at for one in listed if one.tinker_path == path(4)] == [None]


def test_a_dry_run_says_when_checkpoints_would_expire(cli: Run, sandbox: Sandbox) -> None:
    done = cli("checkpoint", "set-ttl", path(2), "--ttl", "2030-01-31 09:30Z", "--dry-run")
    assert (done.returncode, "to expire at 2030-01-31 09:30 UTC; nothing was done" in done.stderr) == (0, True)
    assert changes_sent(sandbox) == []


def expiry_of(sandbox: Sandbox, tinker_path: str) -> datetime:
    with sandbox.client() as client:
        listed = client.list_user_checkpoints(100).result().checkpoints
    (expiry,) = [one.expires_at for one in listed if one.tinker_path == tinker_path]
    assert expiry is not None
    return expiry


def test_publication_can_be_repeated_and_taken_back(cli: Run, sandbox: Sandbox) -> None:
    done = cli("checkpoint", "publish", path(1), path(2))
    assert (done.returncode, "1 published, 1 already public" in done.stderr) == (0, True)
    assert cli("checkpoint", "unpublish", path(1), path(2)).returncode == 0
    assert cli("checkpoint", "unpublish", path(1)).returncode == 0
    with sandbox.client() as client:
        listed = client.list_checkpoints(RUN_ID).result().checkpoints
    assert not any(one.public for one in listed)
    missing = cli("checkpoint", "publish", path(9))
    assert (missing.returncode, path(9) in missing.stderr) == (4, True)


def test_a_killed_deletion_goes_on_where_it_stopped(sandbox: Sandbox, cli: Run, tmp_path: Path) -> None:
    paths = [
        sandbox.add_checkpoint(training_run_id=OTHER_RUN, name=f"{number:04}").tinker_path for number in range(60)
    ]
    sandbox.faults.add(delay=0.15, match="delete_checkpoint", times=None)
    arguments = ["checkpoint", "delete", "--run", OTHER_RUN, "--type", "training", "--yes", "--concurrency", "4"]
    process = subprocess.Popen([COMMAND, *arguments], env=environment(sandbox, HOME=str(tmp_path)), cwd=tmp_path)
    wait_until(lambda: len(changes_sent(sandbox)) >= 20)
    process.kill()
    process.wait()
    sandbox.faults.clear()
    assert 0 < len(there(sandbox) - EVERYTHING) < 60
    again = cli(*arguments)
    assert again.returncode == 0, again.stderr
    assert there(sandbox) == EVERYTHING
    sent = [one for one in changes_sent(sandbox) if "DELETE" in one]
    assert len(set(sent)) == len(paths)
    assert len(sent) <= 60 + 4  # those that were in flight may have been sent twice


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_says_that_it_can_go_on(sandbox: Sandbox, tmp_path: Path) -> None:
    for number in range(40):
        sandbox.add_checkpoint(training_run_id=OTHER_RUN, name=f"{number:04}")
    sandbox.faults.add(delay=0.2, match="delete_checkpoint", times=None)
    process = subprocess.Popen(
        [COMMAND, "checkpoint", "delete", "--run", OTHER_RUN, "--yes", "--concurrency", "2"],
        env=environment(sandbox, HOME=str(tmp_path)), cwd=tmp_path, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    wait_until(lambda: len(changes_sent(sandbox)) >= 6)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "of 42 done; run the same command to continue" in error
    assert "Traceback" not in error


def test_downloads_are_folders_with_their_files(cli: Run, tmp_path: Path) -> None:
    done = cli("checkpoint", "download", sampler(1), "-o", "models", "-f", "json")
    assert done.returncode == 0, done.stderr
    (item,) = json.loads(done.stdout)["checkpoints"]
    folder = Path(item["destination"])
    assert folder.parent == tmp_path / "models"
    assert item["outcome"] == "done"
    assert any(one.is_file() for one in folder.iterdir())
    again = cli("checkpoint", "download", sampler(1), "-o", "models")
    assert (again.returncode, "1 already there" in again.stderr) == (0, True)
    assert str(folder) in again.stdout
    assert cli("checkpoint", "download", sampler(1), "-o", "models", "--force").returncode == 0


def test_several_downloads_are_reported_one_by_one(cli: Run, sandbox: Sandbox, tmp_path: Path) -> None:
    shown = cli("checkpoint", "download", "--run", OTHER_RUN, "--dry-run", "-q")
    assert shown.stdout.split() == [sampler(2), sampler(1)]
    done = cli("checkpoint", "download", "--no-extract", "--yes", "-", stdin=f"{sampler(1)}\n{path(9)}\n{path(1)}")
    assert done.returncode == 5
    assert f"failed: {path(9)}" in done.stderr
    assert len([*tmp_path.glob("*.tar.gz")]) == 2
    missing = cli("checkpoint", "download", path(9))
    assert missing.returncode == 4


@pytest.mark.parametrize("status", [400, 403, 404, 405, 410, 501])
def test_a_server_without_archives_is_explained(cli: Run, sandbox: Sandbox, status: int) -> None:
    exported = sandbox.add_checkpoint(training_run_id=RUN_ID, kind="external_weights", name="0002").tinker_path
    sandbox.faults.add(status=status, match="get_checkpoint_archive_url", times=None)
    done = cli("checkpoint", "download", path(2), path(3), "--yes")
    told = [line for line in done.stderr.splitlines() if line.startswith("failed: ")]
    assert (done.returncode, len(told)) == (5, 2)
    for line in told:
        assert "If the server has withdrawn archives, download external weights instead." in line
    assert done.stderr.count(f"{path(2)} was exported; download {exported} instead\n") == 1
    assert done.stderr.count("was exported") == 1
    assert cli("checkpoint", "download", exported, "-q").returncode == 0


def test_after_other_failures_no_external_weights_are_looked_for(cli: Run, sandbox: Sandbox) -> None:
    sandbox.faults.add(status=402, match="get_checkpoint_archive_url", times=None)
    assert cli("checkpoint", "download", path(2)).returncode == 1
    listed = [one.target for one in sandbox.requests if one.target.endswith(f"/{RUN_ID}/checkpoints")]
    assert len(listed) == 1  # to find the checkpoint


@pytest.mark.parametrize("options", [[], ["--no-extract"]])
def test_a_download_leaves_a_folder_that_is_in_the_way_alone(cli: Run, tmp_path: Path, options: list[str]) -> None:
    name = path(2).removeprefix("tinker://").replace("/", "_").replace(":", "_")
    part = tmp_path / f"{name}{'.tar.gz' if options else ''}.part"
    (part / "files").mkdir(parents=True, mode=0o700)
    part.chmod(0o700)
    (part / "files" / "one").write_text("mine")
    done = cli("checkpoint", "download", path(2), *options)
    assert (done.returncode, "is in the way" in done.stderr) == (1, True), done.stderr
    assert (part / "files" / "one").read_text() == "mine"


def test_a_killed_download_goes_on_where_it_stopped(sandbox: Sandbox, cli: Run, tmp_path: Path) -> None:
    sandbox.faults.add(bytes_per_second=1, host="storage", times=None)
    arguments = ["checkpoint", "download", path(2), "--no-extract"]
    variables = environment(sandbox, HOME=str(tmp_path))
    process = subprocess.Popen([COMMAND, *arguments], env=variables, cwd=tmp_path, stderr=subprocess.DEVNULL)
    wait_until(lambda: any(one.stat().st_size for one in tmp_path.glob("*.part/*") if one.is_file()))
    process.kill()
    process.wait()
    assert not [*tmp_path.glob("*.tar.gz")]
    sandbox.faults.clear()
    assert cli(*arguments).returncode == 0
    assert len([*tmp_path.glob("*.tar.gz")]) == 1


def test_no_home_is_no_hindrance(sandbox: Sandbox, run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    home = str(tmp_path / "file")
    done = run(f"checkpoint delete --run {OTHER_RUN} --yes", sandbox=sandbox, HOME=home)
    assert done.returncode == 0
    assert there(sandbox) == EVERYTHING - {sampler(1), sampler(2)}
