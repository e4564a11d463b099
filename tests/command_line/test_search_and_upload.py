"""Searching checkpoints, and uploading an adapter."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from tinker_rest_sandbox import Sandbox

from .checkpoints import wait_until
from .running import COMMAND, Run, environment, in_a_terminal

QWEN, LLAMA = "Qwen/Qwen3-8B", "meta-llama/Llama-3.1-8B-Instruct"


@pytest.fixture
def searched(empty: Sandbox) -> Sandbox:
    """Three checkpoints of alice, two of them in a project, and a public one of bob in that project."""
    project = empty.add_project(project_id="project-evals")
    evals = empty.add_session(project_id=project.project_id).session_id
    first = empty.add_training_run(training_run_id="r1", session_id=evals, base_model=QWEN).training_run_id
    second = empty.add_training_run(training_run_id="r2", base_model=LLAMA).training_run_id
    other = empty.add_session(project_id=project.project_id, user="bob").session_id
    empty.add_training_run(training_run_id="r3", session_id=other, user="bob", base_model=QWEN)
    empty.add_checkpoint(training_run_id=first, name="1", user_metadata={"stage": "final", "lr": "1e-4"})
    empty.add_checkpoint(training_run_id=first, name="2", kind="sampler_weights")
    empty.add_checkpoint(training_run_id=second, name="3", user_metadata={"stage": "final"})
    empty.add_checkpoint(training_run_id="r3", name="4", public=True)
    return empty


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ("", "123"),
        ("--owner own", "123"),
        ("--owner accessible", "1234"),
        ("--owner {bob}", "4"),
        ("--owner {bob} --owner {alice}", "1234"),
        ("--project project-evals", "12"),
        ("--project project-evals --owner accessible", "124"),
        (f"--base-model {LLAMA}", "3"),
        (f"--base-model {LLAMA} --base-model {QWEN}", "123"),
        ("--metadata stage=final", "13"),
        ("--metadata stage=final --metadata lr=1e-4", "1"),
        ("--metadata stage=fin", ""),
        ("--type sampler", "2"),
        ("--type sampler_weights", "2"),
        ("--owner accessible --limit 2", "34"),
    ],
)
def test_a_search_finds_what_matches_every_condition(
    run: Run, searched: Sandbox, options: str, names: str
) -> None:
    words = options.format(alice=urn_of(searched, "alice"), bob=urn_of(searched, "bob"))
    done = run(f"checkpoint search -q {words}", sandbox=searched)
    found = [path.rpartition("/")[2] for path in done.stdout.split()]
    assert (done.returncode, sorted(found), done.stderr) == (0, sorted(names), "")


def urn_of(sandbox: Sandbox, name: str) -> str:
    with sandbox.client(user=name) as client:
        return client.whoami().result().user_urn


def test_a_search_reads_every_page(run: Run, searched: Sandbox) -> None:
    for _ in range(230):
        searched.add_checkpoint(training_run_id="r1")
    searched.requests.clear()
    assert len(run("checkpoint search -q --limit 0", sandbox=searched).stdout.split()) == 233
    assert [one.method for one in searched.requests if "search" in one.target] == ["POST"] * 2
    found = json.loads(run("checkpoint search -f json --limit 5", sandbox=searched).stdout)
    assert (len(found["checkpoints"]), found["total_count"]) == (5, None)


def test_the_model_is_shown_if_it_differs(run: Run, searched: Sandbox) -> None:
    table = run("checkpoint search", sandbox=searched).stdout.splitlines()
    assert (table[0].split()[-2:], table[-1].split()[-1]) == (["Base", "model"], QWEN)
    assert QWEN not in run("checkpoint search --type sampler", sandbox=searched).stdout
    assert QWEN in run("checkpoint search --type sampler -c base_model", sandbox=searched).stdout
    assert QWEN in run("checkpoint info tinker://r1/weights/1", sandbox=searched).stdout


def test_what_cannot_be_searched(run: Run, searched: Sandbox) -> None:
    done = run("checkpoint search --project project-nowhere", sandbox=searched)
    assert (done.returncode, "project-nowhere" in done.stderr) == (3, True)
    for wrong in ("--owner own --owner accessible", "--type weight", "--metadata stage", "--limit -1"):
        assert run(f"checkpoint search {wrong}", sandbox=searched).returncode == 2


@pytest.fixture
def adapter(tmp_path: Path) -> Path:
    """A folder with an adapter of rank 8."""
    folder = tmp_path / "adapter"
    folder.mkdir()
    (folder / "adapter_config.json").write_text(json.dumps({"r": 8}))
    (folder / "adapter_model.safetensors").write_bytes(os.urandom(100_000))
    return folder


def test_an_adapter_is_uploaded(run: Run, searched: Sandbox, adapter: Path, tmp_path: Path) -> None:
    command = f"checkpoint upload adapter --base-model {QWEN} --rank 8"
    options = "--project project-evals --seed 7 --no-train-unembed --no-train-mlp"
    done = run(f"{command} {options} -q", sandbox=searched)
    assert (done.returncode, done.stderr) == (0, "")
    path = done.stdout.strip()
    assert re.fullmatch("tinker://.*/external_weights/.*", path)
    (start,) = [json.loads(one.body) for one in searched.requests if "upload_start" in one.target]
    config = {"rank": 8, "seed": 7, "train_unembed": False, "train_mlp": False, "train_attn": True}
    assert start == {"base_model": QWEN, "lora_config": config, "destination_project_id": "project-evals"}
    assert (
        run("checkpoint search -q --project project-evals --type external", sandbox=searched).stdout == done.stdout
    )
    assert run(f"checkpoint download {path} -o back", sandbox=searched).returncode == 0
    (back,) = (tmp_path / "back").glob("*/adapter_model.safetensors")
    assert back.read_bytes() == (adapter / "adapter_model.safetensors").read_bytes()
    shown = json.loads(run(f"{command} -f json", sandbox=searched).stdout)
    assert shown | {"tinker_path": ""} == {
        "tinker_path": "", "folder": "adapter", "base_model": QWEN, "project_id": None
    }  # fmt: skip


@pytest.mark.usefixtures("adapter")
def test_what_cannot_be_uploaded(run: Run, searched: Sandbox) -> None:
    for arguments, words in {
        f"adapter --base-model {QWEN}": "'--rank'",
        f"adapter --base-model {QWEN} --rank 0": "'--rank'",
        "adapter --rank 8": "'--base-model'",
        f"adapter --base-model {QWEN} --rank 16": "rank must be 8",
        f"nowhere --base-model {QWEN} --rank 8": "folder must be a folder",
    }.items():
        done = run(f"checkpoint upload {arguments}", sandbox=searched)
        assert (done.returncode, done.stdout, words in done.stderr) == (2, "", True), done.stderr
    assert [*searched.requests] == []
    searched.faults.add(status=400, host="storage", times=None)
    done = run(f"checkpoint upload adapter --base-model {QWEN} --rank 8 -q", sandbox=searched)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "0 of 2 files were uploaded" in done.stderr
    assert "signature" not in done.stderr


@pytest.mark.usefixtures("interruptible")
def test_an_interrupted_upload_says_what_to_do(searched: Sandbox, adapter: Path, tmp_path: Path) -> None:
    searched.storage_requests.clear()
    searched.faults.add(delay=30, host="storage", times=None)
    process = subprocess.Popen(
        [COMMAND, "checkpoint", "upload", str(adapter), "--base-model", QWEN, "--rank", "8"],
        env=environment(searched, HOME=str(tmp_path)), cwd=tmp_path, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    wait_until(lambda: bool(searched.storage_requests))
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert (process.returncode, "run the same command to start it again" in error) == (130, True), error
    assert "Traceback" not in error


def test_an_upload_in_a_terminal_shows_a_bar(searched: Sandbox, adapter: Path, tmp_path: Path) -> None:
    searched.faults.add(delay=1, host="storage", times=None)
    status, seen, _ = in_a_terminal(
        ["checkpoint", "upload", str(adapter), "--base-model", QWEN, "--rank", "8"],
        width=100, variables=environment(searched, HOME=str(tmp_path)),
    )  # fmt: skip
    assert (status, "Uploading" in seen, "/100.0 kB" in seen) == (0, True, True), seen
