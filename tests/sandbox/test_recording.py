"""Recording an account, and replaying it."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from tinker_rest import RestClient
from tinker_rest_cli import main
from tinker_rest_sandbox import Sandbox
from tinker_rest_sandbox.account import Account, AccountReader
from tinker_rest_sandbox.pseudonyms import Pseudonyms

READING = {
    "list_training_runs", "list_user_checkpoints", "list_checkpoints", "get_weights_info_by_tinker_path",
    "list_sessions", "get_session", "search_sessions", "get_sampler",
}  # fmt: skip


@pytest.fixture
def recorded(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Records the sandbox, or another one, by the command."""

    def record(*arguments: str, of: Sandbox = sandbox) -> str:
        monkeypatch.setenv("TINKER_BASE_URL", of.base_url)
        monkeypatch.setenv("TINKER_API_KEY", of.api_key)
        of.requests.clear()
        assert main(["sandbox", "record", "--out", str(tmp_path / "scenario.yaml"), *arguments]) == 0
        assert {request.operation_id for request in of.requests} <= READING
        assert {request.method for request in of.requests} <= {"GET", "POST"}
        assert len(of.storage_requests) == 0
        assert [file.name for file in tmp_path.iterdir()] == ["scenario.yaml"]
        text = (tmp_path / "scenario.yaml").read_text("utf-8")
        assert of.api_key not in text
        assert "signature=" not in text
        return text

    return record


def account_of(sandbox: Sandbox) -> Account:
    async def read() -> Account:
        async with RestClient(base_url=sandbox.base_url, api_key=sandbox.api_key) as client:
            return await AccountReader(client).read()

    return asyncio.run(read())


def shape_of(account: Account) -> list[Any]:
    """All of an account but for what is replaced, sorted by what is kept."""

    def run(run_id: str) -> dict[str, Any]:
        one, info = account.runs[run_id], account.weights.get(run_id)
        fields = ("base_model", "is_lora", "lora_rank", "corrupted")
        saved = [checkpoint.time for checkpoint in account.checkpoints.get(run_id, ())]
        return {
            "last_request": max(time for time in (one.last_request_time, *saved) if time),
            **{name: getattr(one, name) for name in fields},
            "metadata": sorted(one.user_metadata.to_dict()) if one.user_metadata else None,
            "weights": info and info.to_dict(),
            "checkpoints": sorted(checkpoint(one) for one in account.checkpoints.get(run_id, ())),
        }

    def checkpoint(one: Any) -> tuple[Any, ...]:
        bare = "/" not in one.checkpoint_id
        return str(one.time), one.checkpoint_type, one.size_bytes, one.public, str(one.expires_at), bare

    def sampler(sampler_id: str) -> dict[str, Any]:
        one = account.samplers[sampler_id]
        run_id = (one.model_path or "").removeprefix("tinker://").partition("/")[0]
        served = [each for each in account.checkpoints.get(run_id, ()) if each.tinker_path == one.model_path]
        return {"model": one.base_model, "path": bool(one.model_path), "served": [checkpoint(x) for x in served]}

    projects: list[str] = []
    shape = []
    for session_id, session in account.sessions.items():  # newest first
        summary = account.summaries.get(session_id)
        if summary is not None and summary.project_id not in projects:
            projects.append(summary.project_id)
        shape.append(
            {
                "project": summary and projects.index(summary.project_id),
                "created": summary and summary.created_at,
                "status": summary and summary.status and summary.status.to_dict()["type"],
                "count": summary and (summary.checkpoints_count, summary.checkpoint_storage_bytes),
                "named": bool(session.display_name),
                "metadata": sorted(session.user_metadata.to_dict()) if session.user_metadata else None,
                "runs": sorted((run(run_id) for run_id in session.training_run_ids), key=str),
                "samplers": [sampler(sampler_id) for sampler_id in session.sampler_ids],
            }
        )
    return shape


def test_a_recording_replays_as_the_same_account(
    sandbox: Sandbox, recorded: Callable[..., str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sandbox.add_checkpoint(
        training_run_id="run-id", name="secret plan", size_bytes=None, user_metadata={"a b": "c"}
    )
    sandbox.add_training_run(session_id="session-id", optimizer_config={"type": "dimuon", "version": 2})
    before = account_of(sandbox)
    text = recorded()
    with Sandbox(scenario=tmp_path / "scenario.yaml", validate_responses=True) as replay:
        after = account_of(replay)
        assert replay.violations == []
        assert f"{replay.counts()['checkpoints']} checkpoints" in capsys.readouterr().out
    assert (before.notes, after.notes) == ([], [])
    assert len(after.runs) == len(before.runs) > 30
    assert shape_of(after) == shape_of(before)
    for ids in (
        before.runs,
        before.sessions,
        before.samplers,
        {one.project_id: 1 for one in before.summaries.values()},
    ):
        assert len(ids) > 1
        assert not [one for one in ids if one in text]
    urns = {one.owner for one in before.summaries.values()}
    names = {one.display_name for one in before.sessions.values() if one.display_name}
    assert not [one for one in {*urns, *names, "secret plan", "a b"} if one in text]
    assert "checkpoint-123" in text


def test_two_recordings_have_no_name_in_common(recorded: Callable[..., str]) -> None:
    first, second = (set(re.findall(r"[0-9a-f]{12}", recorded())) for _ in range(2))
    assert len(first) > 50
    assert not first & second


def test_names_may_be_kept_and_times_shifted(sandbox: Sandbox, recorded: Callable[..., str]) -> None:
    sandbox.add_checkpoint(training_run_id="run-id", name="secret plan")
    plain, kept = yaml.safe_load(recorded()), yaml.safe_load(recorded("--keep-names", "--shift-times", "-30"))
    times = [
        [datetime.fromisoformat(one["created_at"]) for one in scenario["sessions"]] for scenario in (plain, kept)
    ]
    assert {before - after for before, after in zip(*times, strict=True)} == {timedelta(days=30)}
    assert "secret plan" in json.dumps(kept)
    assert "run-id" not in json.dumps(kept)


def test_a_part_of_an_account(sandbox: Sandbox, recorded: Callable[..., str], tmp_path: Path) -> None:
    with sandbox.client() as client:
        listed = client.list_training_runs(limit=100).result().training_runs
    scenario = yaml.safe_load(recorded("--runs", "3"))
    assert len(scenario["training_runs"]) == 3
    assert {run["session_id"] for run in scenario["training_runs"]} == {
        s["session_id"] for s in scenario["sessions"]
    }
    assert len(sandbox.requests) < 20
    since = listed[9].last_request_time
    assert since is not None
    assert len(yaml.safe_load(recorded("--since", since.isoformat()))["training_runs"]) == 10
    with Sandbox(scenario=tmp_path / "scenario.yaml") as replay:
        assert replay.counts()["training_runs"] == 10


@pytest.mark.parametrize("missing", sorted(READING))
def test_servers_that_lack_an_operation(
    missing: str, recorded: Callable[..., str], capsys: pytest.CaptureFixture[str], start: Callable[..., Sandbox]
) -> None:
    sandbox = start()
    whole = sandbox.counts()
    sandbox.faults.add(status=404, detail="Not Found", match=missing, times=None)
    text = recorded(of=sandbox)
    scenario = yaml.safe_load(text)
    is_asked = missing != "list_checkpoints"
    said = f"The server does not offer {missing}."
    assert (f"# {said}" in text, said in capsys.readouterr().err) == (is_asked, is_asked)
    counts = {thing: len(scenario[thing]) for thing in ("sessions", "training_runs", "samplers")}
    expected = {
        "sessions": missing not in {"list_sessions", "get_session"},
        "training_runs": missing != "list_training_runs",
        "samplers": missing not in {"list_sessions", "get_session", "get_sampler"},
    }
    assert {thing: count > 0 for thing, count in counts.items()} == expected
    saved = sum(len(run["checkpoints"]) for run in scenario["training_runs"])
    assert (saved > 100) == (missing != "list_training_runs")
    assert counts["sessions"] < whole["sessions"]  # some are bob's


def test_one_refusal_is_told_and_the_rest_recorded(sandbox: Sandbox, recorded: Callable[..., str]) -> None:
    sandbox.faults.add(status=404, detail="There is no such session.", match="get_session", after=2, times=2)
    text = recorded()
    assert "# 2 answers to get_session were refusals or could not be read." in text
    assert "get a session" not in text or "belong to no session" in text


def test_what_serves_a_deleted_checkpoint_goes_on_doing_so(
    sandbox: Sandbox, recorded: Callable[..., str], tmp_path: Path
) -> None:
    with sandbox.client() as client:
        client.delete_checkpoint_from_tinker_path("tinker://run-id/sampler_weights/0001").result()
    recorded()
    with Sandbox(scenario=tmp_path / "scenario.yaml") as replay:
        account = account_of(replay)
    assert len(account.samplers) > 10
    paths = {one.tinker_path for found in account.checkpoints.values() for one in found}
    assert len({one.model_path for one in account.samplers.values() if one.model_path} - paths) >= 1


@pytest.mark.parametrize("status", [401, 500])
def test_nothing_is_written_when_the_server_fails(
    status: int,
    sandbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("TINKER_BASE_URL", sandbox.base_url)
    monkeypatch.setenv("TINKER_API_KEY", sandbox.api_key if status == 500 else "tml-wrong")
    if status == 500:  # of a kind that is not repeated
        sandbox.faults.add(status=505, match="get_session", times=None)
    (tmp_path / "kept.yaml").write_text("version: 1\n")
    assert main(["sandbox", "record", "--out", str(tmp_path / "kept.yaml")]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert [file.read_text() for file in tmp_path.iterdir()] == ["version: 1\n"]
    os.mkfifo(tmp_path / "pipe")
    assert main(["sandbox", "record", "--out", str(tmp_path / "pipe")]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert (tmp_path / "pipe").is_fifo()
    assert main(["sandbox", "record", "--out", str(tmp_path / "none" / "scenario.yaml")]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_pseudonyms() -> None:
    names = Pseudonyms()
    assert names.id("s:train:0") == f"{names.id('s')}:train:0" != Pseudonyms().id("s:train:0")
    kept = ("000100", "step-100", "checkpoint_7", "Epoch3", "global_step_10", "ckpt12")
    assert [names.checkpoint_name(one) for one in kept] == list(kept)
    replaced = ("final", "customer-7", "1234567890123", "step-", "v1", "é1")
    assert all(names.checkpoint_name(one).startswith("name-") for one in replaced)
    metadata = {"team": "x", "n": 3, "f": 0.5, "on": True, "none": None, "in": {"list": ["x", 1]}, "a@b": "x"}
    made = names.metadata(metadata)
    assert made is not None
    assert made["team"] == made["in"]["list"][0] != "x"
    assert (type(made["n"]), type(made["f"]), made["on"], made["none"]) == (int, float, True, None)
    assert not {"a@b"} & set(made)
    assert names.model("Qwen/Qwen3-8B") == "Qwen/Qwen3-8B"
    assert "home" not in names.model("/home/me/model")
