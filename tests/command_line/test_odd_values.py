"""Values that JSON and CSV hold only if they are written with care."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator

import pytest
from facade.recording_server import RecordingServer, reply

from .running import Run

RUN = """{"training_run_id": "r", "base_model": "a\\rb", "is_lora": true, "lora_rank": 8.0,
    "user_metadata": {"nan": NaN, "half": "\\ud800", "big": 123456789012345678901234567890}}"""


@pytest.fixture
def odd_server() -> Iterator[RecordingServer]:
    body = f'{{"training_runs": [{RUN}], "cursor": {{"offset": 0, "limit": 20, "total_count": 1}}}}'
    nothing = {"training_runs": [], "cursor": {"offset": 1, "limit": 20, "total_count": 1}}
    answer = reply(200, body, "application/json")
    with RecordingServer(
        lambda request: answer if "offset=0" in request.target else reply(body=nothing)
    ) as running:
        yield running


def refuse(constant: str) -> object:
    raise ValueError(f"{constant} is not JSON")


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_json_is_what_every_parser_reads(run: Run, odd_server: RecordingServer, form: str) -> None:
    done = run(f"run list -f {form}", TINKER_BASE_URL=odd_server.base_url)
    assert done.returncode == 0, done.stderr
    whole = json.loads(done.stdout, parse_constant=refuse)
    found = whole["runs"][0] if form == "json" else whole
    assert found["lora_rank"] == 8
    assert found["user_metadata"] == {"nan": None, "half": "\ud800", "big": 123456789012345678901234567890}


def test_a_carriage_return_is_quoted_in_csv(run: Run, odd_server: RecordingServer) -> None:
    done = run("run list -f csv", TINKER_BASE_URL=odd_server.base_url)
    assert done.returncode == 0, done.stderr
    header, row = csv.reader(done.stdout.splitlines(keepends=True))
    assert dict(zip(header, row, strict=True))["base_model"] == "a\rb"
