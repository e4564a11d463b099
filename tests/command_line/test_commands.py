"""Every command that reads: its JSON, kept in golden files, and what the other formats make of the same."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from checkout import ROOT

from tinker_rest.types import Checkpoint
from tinker_rest_cli.formatting import json_text
from tinker_rest_cli.targets import CHECKPOINTS
from tinker_rest_sandbox import Sandbox

from .conftest import RUN_ID, SESSION_ID
from .running import Run

GOLDEN = ROOT / "tests" / "command_line" / "golden"
PATH = f"tinker://{RUN_ID}/weights/0002"

# The golden file, the command, and what -q prints.
COMMANDS = {
    "run-list": ("run list", [f"{other}" for other in (
        "0c9e2f6a-4b1d-4a57-8f3e-6d2b9c7a1e08:train:1", "0c9e2f6a-4b1d-4a57-8f3e-6d2b9c7a1e08:train:0", RUN_ID)]),
    "run-info": (f"run info {RUN_ID}", [RUN_ID]),
    "session-list": ("session list", ["0c9e2f6a-4b1d-4a57-8f3e-6d2b9c7a1e08", SESSION_ID]),
    "session-info": (f"session info {SESSION_ID}", [SESSION_ID]),
    "session-search": (
        "session search NIGHTLY --status client_finished --status active --metadata team=evals"
        " --project-id project-evals", [SESSION_ID]),
    "checkpoint-search": (
        "checkpoint search --project project-evals --type weights --owner tml:organization_user:user-1"
        " --base-model meta-llama/Llama-3.1-8B-Instruct", [PATH, f"tinker://{RUN_ID}/weights/0001"]),
    "sampler-info": (f"sampler info {SESSION_ID}:sample:0", [f"{SESSION_ID}:sample:0"]),
    "weights-info": (f"weights info {PATH}", [PATH]),
    "model-list": ("model list QWEN", ["Qwen/Qwen3-8B", "Qwen/Qwen3-30B-A3B", "Qwen/Qwen3-4B-Instruct-2507"]),
    "billing-usage": ("billing usage 2026-07-12T20:00:00Z 2026-07-12T22:00:00Z", [SESSION_ID] * 2),
    "billing-usage-by-kind": (
        "billing usage 2026-07-12T20:00Z 2026-07-12T22:00Z --group-by kind", ["checkpoint", "storage"]),
    "billing-checkpoint-storage": ("billing checkpoint-storage", ["project-evals"]),
    "audit": ("audit list --day 2026-07-13 --type checkpoints", [f"tinker://{RUN_ID}/weights/0001"]),
    "auth-whoami": ("auth whoami", ["tml:organization_user:user-1"]),
}  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
def test_json_is_what_it_was(name: str, run: Run) -> None:
    """To write the files anew: TINKER_REST_WRITE_GOLDEN=1 scripts/test tests/command_line."""
    done = run(f"{COMMANDS[name][0]} --format json")
    assert (done.returncode, done.stderr) == (0, "")
    file = GOLDEN / f"{name}.json"
    if os.environ.get("TINKER_REST_WRITE_GOLDEN"):
        file.write_text(done.stdout, encoding="utf-8")
    assert done.stdout == file.read_text(encoding="utf-8")
    assert json.loads(done.stdout)


# What scripts read from the official command line's JSON.
OFFICIAL_KEYS = {
    "run list": {"runs"},
    f"checkpoint list --run {RUN_ID}": {"checkpoints", "run_id"},
    f"checkpoint info tinker://{RUN_ID}/weights/0001": {"tinker_path", "is_lora", "lora_rank"},
    f"checkpoint download tinker://{RUN_ID}/sampler_weights/0001": {
        "checkpoint_path",
        "destination",
        "file_size_bytes",
    },
    "checkpoint delete --name none* --yes": {"deleted_count", "failed"},
    "model list": {"models"},
    "billing usage 2026-07-12 2026-07-13": {"data", "sessions", "cost_data_through"},
    "billing checkpoint-storage": {"data", "effective_rate_usd_per_gigabyte_month"},
    "auth whoami": {"user_urn", "org_urn", "email"},
    f"session export-trace {SESSION_ID} --url-only": {"session_id", "url"},
}


@pytest.mark.parametrize("command", OFFICIAL_KEYS)
def test_json_has_the_keys_of_the_official_command_line(command: str, run: Run) -> None:
    assert json.loads(run(f"-f json {command}").stdout).keys() >= OFFICIAL_KEYS[command]


def as_cell(item: dict[str, Any], name: str) -> str:
    """The cell of CSV with a value of JSON; a usage row has what its `event_info` says as its own."""
    value: Any = item.get("event_info", {}) | item
    for part in name.split("."):
        value = (value or {}).get(part)
    if value is None or isinstance(value, bool):
        return "" if value is None else str(value).lower()
    return json_text(value) if isinstance(value, dict | list) else str(value)


@pytest.mark.parametrize("name", COMMANDS)
def test_other_formats_tell_the_same(name: str, run: Run) -> None:
    command, ids = COMMANDS[name]
    golden = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    first = next(iter(golden.values()))
    items = first if isinstance(first, list) else [golden]
    lines = run(f"--format jsonl {command}").stdout.splitlines()
    assert [json.loads(line) for line in lines] == items
    rows = [*csv.DictReader(io.StringIO(run(f"-f csv {command}").stdout))]
    assert len(rows) == len(items)
    for row, item in zip(rows, items, strict=True):
        assert row == {name: as_cell(item, name) for name in row}
    done = run(f"{command} -q")
    assert (done.stdout.splitlines(), done.stderr, done.returncode) == (ids, "", 0)
    table = run(command)
    assert (table.returncode, table.stderr) == (0, "")
    for one in ids:
        # whole, on one line; these tables show the hours and times instead
        assert one in table.stdout or name in ("audit", "billing-usage")
    assert "\x1b" not in table.stdout + done.stdout  # no colours where no terminal is, no codes of the server's
    assert not any(line.endswith(" ") for line in table.stdout.splitlines())


def test_a_field_of_a_newer_server_can_be_a_column() -> None:
    sent = {"checkpoint_id": "a", "checkpoint_type": "training", "tinker_path": "tinker://r/weights/a"}
    checkpoints = [Checkpoint.from_dict(sent | more) for more in ({"base_model": "Qwen/Qwen3-8B"}, {})]
    rows = CHECKPOINTS.csv_rows(checkpoints, CHECKPOINTS.chosen("tinker_path,base_model"))
    assert [row[1] for row in rows] == ["base_model", "Qwen/Qwen3-8B", None]


def test_the_table_of_runs(run: Run) -> None:
    assert [line.split("  ")[0] for line in run("run list").stdout.splitlines()] == [
        "Run ID", *COMMANDS["run-list"][1]
    ]  # fmt: skip
    last = run("run list").stdout.splitlines()[-1].split()
    assert last[:3] == [RUN_ID, "meta-llama/Llama-3.1-8B-Instruct", "32"]
    assert last[-1] == "ok"
    columns = "id,model,owner,lora,updated,status,checkpoint,checkpoint_time"  # those of the official command line
    heading, *_, third = run(f"run list -c {columns} -f csv").stdout.splitlines()
    assert heading == (
        "training_run_id,base_model,model_owner,lora_rank,last_request_time,corrupted,last_checkpoint.tinker_path,"
        "last_checkpoint.time"
    )
    time = "2026-07-12T21:00:00Z"
    assert third == f"{RUN_ID},meta-llama/Llama-3.1-8B-Instruct,alice,32,{time},false,{PATH},{time}"
    wrong = run("run list --columns id,nonsense")
    assert wrong.returncode == 2
    assert wrong.stderr.startswith("tinker-rest: invalid value for '--columns': no such column: 'nonsense'; the")


def test_json_of_chosen_fields(run: Run) -> None:
    whole = json.loads(run("run list --json training_run_id,corrupted").stdout)
    assert whole[-1] == {"training_run_id": RUN_ID, "corrupted": False}
    assert json.loads(run(f"run info {RUN_ID} --json base_model").stdout) == {
        "base_model": "meta-llama/Llama-3.1-8B-Instruct"
    }
    lines = run("run list --json training_run_id -f jsonl").stdout.splitlines()
    assert json.loads(lines[-1]) == {"training_run_id": RUN_ID}
    wrong = run("run list --json training_run_id,nonsense")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "no such field: 'nonsense'; the fields are training_run_id, base_model" in wrong.stderr
    for other in ("-q", "-f csv"):
        assert run(f"run list --json training_run_id {other}").returncode == 2


def test_headers_are_sent(run: Run, seeded: Sandbox) -> None:
    done = run(
        ["--header", "X-One=1", "run", "list", "--header", "X-Two=a=b"],
        sandbox=seeded, TINKER_REST_HEADERS="Authorization=Bearer x\nX-One=0",
    )  # fmt: skip
    assert done.returncode == 0
    sent = {name.lower(): value for name, value in seeded.requests[-1].headers}
    assert (sent["x-one"], sent["x-two"], sent["authorization"]) == ("1", "a=b", "Bearer x")
    done = run(["run", "list", "--header", "Authorization: Bearer x"])
    assert (done.returncode, "Bearer" in done.stderr) == (2, False)
    assert "--header" in done.stderr


def test_limits_and_totals(run: Run, account: Sandbox) -> None:
    done = run("run list --limit 2")
    assert len(done.stdout.splitlines()) == 3
    assert done.stderr == "2 of 3 training runs; --limit 0 lists all\n"
    for limit, count in (("1", 1), ("0", 3), ("500", 3)):
        whole = json.loads(run(f"-f json run list --limit {limit}").stdout)
        assert (len(whole["runs"]), whole["total_count"]) == (count, 3)
    whole = json.loads(run("-f json session list --limit 1").stdout)
    assert whole == {"sessions": [{"session_id": COMMANDS["session-list"][1][0]}], "total_count": None}
    whole = json.loads(run("-f json session search --limit 1").stdout)
    assert (len(whole["sessions"]), whole["total_count"]) == (1, None)
    assert run("run list --limit -1").returncode == 2
    done = run("run list --project-id project-nowhere")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "no training runs\n")
    done = run("run list --project-id project-nowhere -f json")
    assert (json.loads(done.stdout), done.stderr) == ({"runs": [], "total_count": 0}, "")


def test_all_pages_are_read(run: Run, empty: Sandbox) -> None:
    for _ in range(601):
        empty.add_training_run()
    ids = run("run list --limit 0 -q", sandbox=empty).stdout.splitlines()
    assert len({*ids}) == len(ids) == 601
    whole = json.loads(run("run list --limit 550 -f json", sandbox=empty).stdout)
    assert (len(whole["runs"]), whole["total_count"]) == (550, 601)


def test_paths_are_taken_where_ids_are(run: Run) -> None:
    for text in (PATH, f"tinker://{RUN_ID}", f"tinker://{RUN_ID}/sampler_weights/0002", f"twinkle://{RUN_ID}/x/1"):
        assert run(["run", "info", "-q", text]).stdout == f"{RUN_ID}\n"
    for text in ("tinker://", f"{RUN_ID}/weights/1", ""):
        done = run(["run", "info", text])
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert run(f"weights info {RUN_ID}").returncode == 2


def test_escapes_of_the_server_are_shown_as_text(run: Run) -> None:
    table = run(f"session info {SESSION_ID}").stdout
    assert r"\u001b[31mred\u0007 \u202eesrever" in table
    assert "nightly évals" in table
    assert "[bold]ablation[/bold] :smile:" in run("session search").stdout
    assert r"llama\u001b[2J" in run(f"run info {RUN_ID}").stdout
    for form in ("json", "jsonl"):
        done = run(f"session info {SESSION_ID} -f {form}").stdout
        assert json.loads(done)["user_metadata"]["note"] == "\x1b[31mred\x07 \u202eesrever"
        assert "\x1b" not in done
        assert "\u202e" not in done
        assert "évals" in done


def test_what_the_encoding_lacks_is_escaped(run: Run) -> None:
    done = run("session search", own_process=True, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert r"nightly \xe9vals" in done.stdout


def test_usage_as_files(run: Run, tmp_path: Path) -> None:
    window = "2026-07-12T20:00:00Z 2026-07-12T22:00:00Z"
    done = run(f"billing usage {window} --csv usage.csv --sessions-csv -")
    assert done.returncode == 0
    assert done.stdout.splitlines()[0] == "session_id,user_metadata"
    assert done.stdout.splitlines()[1].startswith(SESSION_ID)
    assert done.stderr == "wrote 4 rows to usage.csv\n"
    rows = [*csv.DictReader((tmp_path / "usage.csv").read_text().splitlines())]
    hours = ["2026-07-12T20:00:00Z", "2026-07-12T21:00:00Z"]
    assert [row["bucket_start"] for row in rows if row["type"] == "storage"] == hours
    assert all(float(row["gigabyte_hours"]) > 11 for row in rows if row["type"] == "storage")
    assert [row["count"] for row in rows if row["type"] == "checkpoint"] == ["1", "2"]
    stored = run("billing checkpoint-storage --csv -").stdout.splitlines()
    assert stored[0].startswith("effective_rate_usd_per_gigabyte_month,project_id,org_user_urn,user_email,")
    assert ",project-evals," in stored[1]
    assert run(f"billing usage {window} --csv nowhere/usage.csv").returncode == 1


def test_times_as_people_type_them(run: Run, seeded: Sandbox) -> None:
    for times in ("yesterday today", "yesterday", "YESTERDAY now", "2d", "30h"):
        assert json.loads(run(f"billing usage {times} -f json", sandbox=seeded).stdout)["total_count"] > 24
    assert json.loads(run("audit list --day yesterday -f json", sandbox=seeded).stdout)["total_count"] > 0
    assert run("billing usage 2026-07-12 2026-07-13 -f json").returncode == 0
    for times in ("2026-07-12T20:30:00Z", "soon", "2026-07-13 2026-07-12", "last week", "1d now now"):
        done = run(f"billing usage {times}")
        assert (done.returncode, "datetime" in done.stderr) == (2, False)
    assert run("audit list --day soon").returncode == 2
    assert json.loads(run("audit list --day 2026-07-12 -f json").stdout) == {"entries": [], "total_count": 0}


def test_a_trace_is_exported(run: Run, tmp_path: Path, account: Sandbox) -> None:
    done = run(f"session export-trace {SESSION_ID} -f json")
    target = tmp_path / f"{SESSION_ID}.pftrace"
    size = target.stat().st_size
    assert json.loads(done.stdout) == {
        "session_id": SESSION_ID, "destination": target.name, "file_size_bytes": size
    }  # fmt: skip
    done = run(f"session export-trace {SESSION_ID} -q -o there/trace.pftrace")
    assert (done.stdout, done.stderr) == ("there/trace.pftrace\n", "")
    assert (tmp_path / "there" / "trace.pftrace").read_bytes() == target.read_bytes()
    assert sorted(file.name for file in tmp_path.iterdir()) == [target.name, "there"]
    url = run(f"session export-trace {SESSION_ID} --url-only").stdout
    assert url.startswith("http://127.0.0.1:")
    assert "signature=" in url
    assert (
        json.loads(run(f"session export-trace {SESSION_ID} --url-only -f json").stdout)["session_id"] == SESSION_ID
    )
    assert account.requests_with_credentials == []


def test_a_trace_goes_through_a_pipe_which_stays(run: Run, tmp_path: Path) -> None:
    """And so does `/dev/null`, which a rename would make a file for everybody."""
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["cat", tmp_path / "pipe"], stdout=subprocess.PIPE) as reader:
        done = run(f"session export-trace {SESSION_ID} -o pipe -f json")
        content, _ = reader.communicate(timeout=30)
    assert len(content) == json.loads(done.stdout)["file_size_bytes"] > 0
    assert [file.name for file in tmp_path.iterdir()] == ["pipe"]


def test_a_trace_that_cannot_be_downloaded_leaves_no_file(run: Run, seeded: Sandbox, tmp_path: Path) -> None:
    for fault in ({"status": 500}, {"truncate": 100}):
        seeded.faults.add(host="storage", **fault)
        done = run("session export-trace session-id", sandbox=seeded)
        assert (done.returncode, done.stdout) == (6, "")
        assert "signature" not in done.stderr
        assert [*tmp_path.iterdir()] == []
        seeded.faults.clear()
