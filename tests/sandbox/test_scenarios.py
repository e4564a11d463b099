"""Scenario files."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
import urllib.request
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

import attrs
import jsonschema_rs
import pytest
import yaml

from tinker_rest_sandbox import Clock, FaultRule, Sandbox, ScenarioError
from tinker_rest_sandbox._additions import Additions
from tinker_rest_sandbox._scenario import scenario_schema

FOLDER = resources.files("tinker_rest_sandbox")
EXAMPLE = str(FOLDER / "scenario.example.yaml")
SCHEMA = scenario_schema()


def test_the_example_holds_what_it_says() -> None:
    with Sandbox(scenario=EXAMPLE, validate_responses=True) as sandbox, sandbox.client() as client:
        assert sandbox.counts() == {"sessions": 2, "training_runs": 2, "checkpoints": 4, "samplers": 1}
        assert sandbox.clock.now() == datetime(2026, 7, 13, 9, tzinfo=UTC)
        checkpoints = [client.list_user_checkpoints().result().checkpoints for _ in range(2)]
        assert [one.tinker_path for one in checkpoints[0]] == [
            "tinker://nightly-run/sampler_weights/0002",
            "tinker://nightly-run/weights/0002",
            "tinker://nightly-run/weights/0001",
        ]
        assert [request.fault for request in sandbox.requests] == [None, "fault-1", "fault-1", None]
        client.delete_checkpoint_from_tinker_path("tinker://nightly-run/weights/0001").result()
        assert sandbox.counts()["checkpoints"] == 3
        with sandbox.admin_client("carol") as carol:
            assert carol.get_current_checkpoint_storage_usage(project_id="project-evals").result().data
        sandbox.reset()
        assert sandbox.counts()["checkpoints"] == 4
        assert [fault.hits for fault in sandbox.faults] == [0, 0]
        assert sandbox.violations == []


def test_the_schema_has_what_the_methods_take() -> None:
    jsonschema_rs.Draft202012Validator(SCHEMA)
    things = ("user", "project", "session", "training_run", "checkpoint", "sampler")
    for thing in things:
        parameters = set(inspect.signature(getattr(Additions, f"add_{thing}")).parameters) - {"self"}
        nested = {"checkpoints"} if thing == "training_run" else set()
        assert set(SCHEMA["$defs"][thing]["properties"]) == parameters | nested, thing
    assert set(SCHEMA["$defs"]["fault"]["properties"]) == {field.name for field in attrs.fields(FaultRule)}
    of_run = set(SCHEMA["$defs"]["checkpoint_of_run"]["properties"])
    assert of_run == set(SCHEMA["$defs"]["checkpoint"]["properties"]) - {"training_run_id", "user"}


def test_the_schema_takes_what_a_sandbox_takes() -> None:
    validator = jsonschema_rs.Draft202012Validator(SCHEMA, validate_formats=True)
    example = yaml.safe_load(Path(EXAMPLE).read_text().replace("2026-07-1", "!!str 2026-07-1"))
    assert [error.message for error in validator.iter_errors(example)] == []
    for wrong in (
        {},
        {"version": 2},
        {"version": 1, "users": [{"colour": "red"}]},
        {"version": 1, "clock": {"start": "noon"}},
    ):
        assert not validator.is_valid(wrong), wrong


def test_every_field_of_the_schema_is_explained() -> None:
    for name, thing in SCHEMA["$defs"].items():
        for field, schema in thing.get("properties", {}).items():
            assert schema.get("description", "").endswith("."), f"{name}.{field}"


def written(folder: Path, text: str) -> Path:
    file = folder / "scenario.yaml"
    file.write_text(text)
    return file


@pytest.mark.parametrize(
    ("text", "line", "place", "said"),
    [
        ("version: 2", 1, "version", "1"),
        ("seed: true", 1, "version", "required"),
        ("- a", 1, "the file", "object"),
        ("", 1, "the file", "object"),
        ("version: 1\nusers:\n  - name: carol\n    colour: red\n", 4, "users[0].colour", "no such field"),
        ("version: 1\nfaults:\n  - status: 503\n  - status: 5\n", 4, "faults[1].status", "200"),
        ("version: 1\nfaults:\n- status: 503\n- {status: 503, drop: true}", 4, "faults[1]", "status and drop"),
        ("version: 1\nfaults:\n- status: 503\n  match: list_nothing", 3, "faults[0]", "list_nothing"),
        ("version: 1\nusers: [{name: bob}]", 2, "users[0]", "already a user named 'bob'"),
        (
            "version: 1\nsessions:\n- session_id: a\n- session_id: a",
            4,
            "sessions[1]",
            "already a session named 'a'",
        ),
        ("version: 1\nclock:\n  start: noon", 3, "clock.start", "time zone"),
        ("version: 1\nclock:\n  start: 9999-01-01T00:00:00Z", 3, "clock.start", "9000"),
        (
            "version: 1\ntraining_runs:\n- checkpoints:\n  - name: a\n  - name: a\n",
            5,
            "training_runs[0].checkpoints[1]",
            "already",
        ),
        ("version: 1\ncheckpoints:\n- training_run_id: none", 3, "checkpoints[0]", "'none'"),
        ("version: 1\ncheckpoints:\n- size_bytes: 1_0.5", 3, "checkpoints[0].size_bytes", "integer"),
    ],
)
def test_mistakes_are_told_with_their_place(text: str, line: int, place: str, said: str, tmp_path: Path) -> None:
    file = written(tmp_path, text)
    with pytest.raises(ScenarioError) as caught:
        Sandbox(scenario=file).start()
    message = str(caught.value)
    assert message.startswith(f"{file}, line {line}: {place}: "), message
    assert said in message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "version: 1\nversion: 1\n",
            "line 2: invalid YAML: duplicate key 'version'",
        ),
        ("a: [", "line 1"),
        ("? [a]\n: b", "a key must be text"),
        ("version: !!python/name:os.system 1", "line 1"),
        ("version: \x01", "invalid YAML"),
        ("1: 2\nversion: 1", "a key must be text"),
    ],
)
def test_what_is_no_yaml_is_told(text: str, said: str, tmp_path: Path) -> None:
    file = written(tmp_path, text)
    with pytest.raises(ScenarioError, match=r"scenario\.yaml") as caught:
        Sandbox(scenario=file)
    assert said in str(caught.value)


def test_a_missing_file_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Sandbox(scenario=tmp_path / "none.yaml")


def test_arguments_win_over_the_scenario(tmp_path: Path) -> None:
    file = written(tmp_path, "version: 1\nclock: {start: 2026-07-13T09:00:00Z}\ntraining_runs: [{}]\n")
    clock = Clock(datetime(2030, 1, 1, tzinfo=UTC), frozen=True)
    with Sandbox(scenario=file, seed=True, clock=clock) as sandbox:
        assert sandbox.counts()["training_runs"] > 50
        assert sandbox.clock is clock
    with Sandbox(scenario=file) as sandbox:
        assert sandbox.counts()["training_runs"] == 1
        assert sandbox.clock.now().year == 2026
    file.write_text("version: 1\nseed: true")
    with Sandbox(scenario=file) as sandbox:
        assert sandbox.counts()["training_runs"] > 50


def test_a_file_with_a_state_is_not_filled_again(tmp_path: Path) -> None:
    file = written(tmp_path, "version: 1\nsessions: [{session_id: a}]\nfaults: [{status: 503}]\n")
    for _ in range(2):
        with Sandbox(scenario=file, db=tmp_path / "state.sqlite") as sandbox:
            assert (sandbox.counts()["sessions"], len(sandbox.faults)) == (1, 1)


def test_a_scenario_that_fails_leaves_no_half_filled_file(tmp_path: Path) -> None:
    file = written(tmp_path, "version: 1\nsessions: [{session_id: a}, {session_id: a}]\n")
    for _ in range(2):
        with pytest.raises(ScenarioError):
            Sandbox(scenario=file, db=tmp_path / "state.sqlite").start()
    file.write_text("version: 1\nsessions: [{session_id: a}]\n")
    with Sandbox(scenario=file, db=tmp_path / "state.sqlite") as sandbox:
        assert sandbox.counts()["sessions"] == 1


def test_the_command_takes_a_scenario(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tinker_rest_sandbox", "--port", "0", "--scenario", EXAMPLE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            url = process.stdout.readline().split()[3].rstrip(",")
            with urllib.request.urlopen(f"{url}/__sandbox__/", timeout=10) as answer:
                assert json.load(answer)["counts"]["checkpoints"] == 4
        finally:
            process.kill()


def test_the_command_tells_of_a_wrong_scenario(tmp_path: Path) -> None:
    for file, said in ((written(tmp_path, "version: 2"), "line 1: version"), (tmp_path / "none", "No such file")):
        command = [sys.executable, "-m", "tinker_rest_sandbox", "--port", "0", "--scenario", str(file)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
        assert done.returncode == 1
        assert said in done.stderr
        assert done.stderr.count("\n") == 1


def test_the_command_prints_the_schema() -> None:
    command = [sys.executable, "-m", "tinker_rest_sandbox", "--scenario-schema"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    assert json.loads(done.stdout) == SCHEMA
