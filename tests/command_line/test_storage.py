"""`tinker-rest storage`: the sums, by hand and of many checkpoints, and how they are shown."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from facade.many_checkpoints import PER_RUN, add_many
from facade.recording_server import RecordingServer, reply

from tinker_rest.types import Checkpoint
from tinker_rest_cli.commands import storage as command
from tinker_rest_cli.commands.storage import storage_report
from tinker_rest_sandbox import Sandbox

from .conftest import RUN_ID, SCENARIO
from .running import Run, environment, in_a_terminal
from .test_commands import GOLDEN

NOW = datetime(2026, 7, 13, 9, tzinfo=UTC)
DAY = timedelta(days=1)
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
numbers = iter(range(10**6))


def saved(
    age: timedelta | None, left: timedelta | None = None, size: int | None = 10, run: str = "a", **more: Any
) -> Checkpoint:
    """A checkpoint of some age that has some time left."""
    number = next(numbers)
    return Checkpoint(
        checkpoint_id=f"weights/{number}",
        checkpoint_type=more.pop("checkpoint_type", "training"),
        tinker_path=f"tinker://{run}/weights/{number}",
        training_run_id=run,
        time=None if age is None else NOW - age,
        expires_at=None if left is None else NOW + left,
        size_bytes=size,
        **more,
    )


def amount(count: int, size: int, unknown: int = 0, cost: float | None = None) -> dict[str, Any]:
    return {
        "checkpoint_count": count,
        "size_bytes": size,
        "unknown_size_count": unknown,
        "estimated_monthly_cost_usd": cost,
    }


def test_ages_are_counted_once_and_whole() -> None:
    second = timedelta(seconds=1)
    ages = [-second, 0 * DAY, DAY, DAY + second, 7 * DAY, 30 * DAY, 30 * DAY + second, 365 * DAY, 366 * DAY, None]
    report = storage_report([saved(age) for age in ages], now=NOW)
    assert [(name, one["checkpoint_count"]) for name, one in report["by_age"].items()] == [
        ("0_to_1_days", 3), ("1_to_7_days", 2), ("7_to_30_days", 1), ("30_to_90_days", 1), ("90_to_365_days", 1),
        ("over_365_days", 1), ("unknown", 1),
    ]  # fmt: skip
    assert sum(one["size_bytes"] for one in report["by_age"].values()) == report["total"]["size_bytes"] == 100


def test_runs_types_and_what_is_public() -> None:
    report = storage_report(
        [
            saved(DAY, run="small", size=1),
            saved(2 * DAY, run="large", size=50, public=True, checkpoint_type="sampler"),
            saved(9 * DAY, 3 * DAY, run="large", size=60),
            saved(DAY, run="unknown-size", size=None, checkpoint_type="of-a-newer-server"),
        ],
        now=NOW,
    )
    runs = report["runs"]
    assert [run["training_run_id"] for run in runs] == ["large", "small", "unknown-size"]
    assert runs[0] == {
        "training_run_id": "large", **amount(2, 110), "public_size_bytes": 50, "never_expires_size_bytes": 50,
        "oldest": "2026-07-04T09:00:00Z", "newest": "2026-07-11T09:00:00Z",
    }  # fmt: skip
    assert report["total"] == amount(4, 111, 1)
    assert (report["public"], report["never_expires"]) == (amount(1, 50), amount(3, 51, 1))
    assert report["by_type"] == {
        "training": amount(2, 61),
        "sampler": amount(1, 50),
        "of-a-newer-server": amount(1, 0, 1),
    }


def test_what_a_ttl_frees() -> None:
    """Public checkpoints, and those that expire, are left as they are."""
    checkpoints = [
        saved(40 * DAY, size=1),
        saved(30 * DAY, size=2),  # older than the TTL, to the second
        saved(24 * DAY, size=4),
        saved(None, size=16),
        saved(40 * DAY, size=32, public=True),
        saved(40 * DAY, 5 * DAY, size=64),
    ]
    assert storage_report(checkpoints, now=NOW, ttl=30 * DAY)["freed"] == {
        "already_expiring": amount(1, 64),
        "delete_older": amount(2, 3),
        "set_ttl": amount(4, 23),
    }
    assert storage_report(checkpoints, now=NOW)["freed"] is None


def test_ten_thousand_checkpoints_by_hand() -> None:
    many = [saved(number * DAY / 20, size=number, run=f"run-{number % 100:02}") for number in range(10_000)]
    report = storage_report(many, now=NOW, ttl=30 * DAY)
    assert report["total"] == amount(10_000, sum(range(10_000)))
    assert len(report["runs"]) == 100
    assert report["runs"][0]["training_run_id"] == "run-99"
    assert report["freed"]["delete_older"]["checkpoint_count"] == 10_000 - 600


def test_prices() -> None:
    report = storage_report([saved(DAY, size=2 * 10**9)], now=NOW, price=0.1)
    assert report["total"] == amount(1, 2 * 10**9, cost=0.2)
    assert report["runs"][0]["estimated_monthly_cost_usd"] == 0.2


# The command


@pytest.fixture(scope="module")
def account() -> Iterator[Sandbox]:
    """What `scenario.yaml` holds, with nothing published."""
    with Sandbox(scenario=SCENARIO, validate_responses=True) as running:
        yield running
        assert running.violations == []


@pytest.fixture
def _at_nine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_now", lambda: NOW)


@pytest.mark.usefixtures("_at_nine")
def test_json_is_what_it_was(run: Run) -> None:
    """To write the file anew: TINKER_REST_WRITE_GOLDEN=1 scripts/test tests/command_line."""
    writes = os.environ.get("TINKER_REST_WRITE_GOLDEN")
    done = run("storage --ttl 12h --format json")
    assert (done.returncode, done.stderr) == (0, "")
    file = GOLDEN / "storage.json"
    if writes:
        file.write_text(done.stdout, encoding="utf-8")
    assert done.stdout == file.read_text(encoding="utf-8")


@pytest.mark.usefixtures("_at_nine")
def test_other_formats_have_the_runs(run: Run) -> None:
    runs = json.loads((GOLDEN / "storage.json").read_text(encoding="utf-8"))["runs"]
    assert [json.loads(line) for line in run("storage -f jsonl").stdout.splitlines()] == runs
    rows = [*csv.DictReader(io.StringIO(run("storage -f csv").stdout))]
    assert rows == [{name: str(value) for name, value in one.items()} for one in runs]
    assert run("storage -q").stdout.splitlines() == [one["training_run_id"] for one in runs]
    whole = json.loads(run("storage -f json").stdout)
    assert (whole["runs"], whole["freed"]) == (runs, None)


@pytest.mark.usefixtures("_at_nine")
def test_the_table_without_a_terminal_is_plain(run: Run) -> None:
    done = run("storage --ttl 12h")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "Total            25.5 GB in 3 checkpoints, about 2.55 USD a month",
        "Public           2.5 GB in 1 checkpoint, about 0.25 USD a month",
        "Never expires    14.0 GB in 2 checkpoints, about 1.40 USD a month",
        "Type sampler     2.5 GB in 1 checkpoint, about 0.25 USD a month",
        "Type training    23.0 GB in 2 checkpoints, about 2.30 USD a month",
        "Age 0 to 1 days  25.5 GB in 3 checkpoints, about 2.55 USD a month",
        "",
        "To free storage                   When        Checkpoints    Frees  USD a month",
        "Already expiring                  by itself             1  11.5 GB         1.15",
        "Delete those older than 0.5 days  now                   1  11.5 GB         1.15",
        "Set a 0.5-day TTL today           2026-07-13            1  11.5 GB         1.15",
        "",
        "Run ID                                        Checkpoints     Size  Public  Never expires",
        f"{RUN_ID}            3  25.5 GB  2.5 GB        14.0 GB",
    ]


@pytest.mark.parametrize("width", [60, 80, 200])
def test_the_table_fits_the_terminal(width: int, account: Sandbox) -> None:
    status, shown, _ = in_a_terminal(["storage", "--ttl", "14d"], width=width, variables=environment(account))
    assert status == 0
    plain = ESCAPE.sub("", shown.rpartition("\x1b[2K")[2])
    runs = plain.rpartition("\n\n")[2].splitlines()
    assert all(len(line) <= width for line in runs)
    assert RUN_ID in "".join(line.partition(" ")[0] for line in runs)
    dull = in_a_terminal(["storage"], width=80, variables=environment(account, NO_COLOR="1"))[1]
    assert "\x1b" not in dull.rpartition("\x1b[2K")[2]


def test_a_selection_is_reported(run: Run) -> None:
    def total(options: str) -> tuple[int, int]:
        whole = json.loads(run(f"storage -f json {options}").stdout)
        return whole["total"]["checkpoint_count"], whole["total"]["size_bytes"]

    assert total("") == (3, 25_495_998_172)
    assert total("--type sampler") == (1, 2_500_000_000)
    assert total("--no-ttl") == (2, 13_997_999_086)
    assert total(f"--run tinker://{RUN_ID} --larger-than 3GB") == (2, 22_995_998_172)
    done = run("storage --name nothing")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "no training runs\n")
    whole = json.loads(run("storage --name nothing -f json --ttl 30d").stdout)
    assert (whole["runs"], whole["total_count"], whole["total"]["size_bytes"]) == ([], 0, 0)


def test_what_cannot_be_right_is_told(run: Run) -> None:
    for options, said in (("--ttl 30min", "an hour or more"), ("--ttl 30", "the unit is missing")):
        done = run(f"storage {options}")
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr
        assert done.stderr.count("\n") == 1


def test_the_price_is_the_servers(run: Run, seeded: Sandbox) -> None:
    whole = json.loads(run("storage -f json").stdout)
    assert (whole["usd_per_gigabyte_month"], whole["total"]["estimated_monthly_cost_usd"]) == (0.1, 2.5496)
    key = seeded.other_api_key  # that of the second user, who is no administrator
    whole = json.loads(run("storage -f json", sandbox=seeded, TINKER_API_KEY=key).stdout)
    assert (whole["usd_per_gigabyte_month"], whole["total"]["estimated_monthly_cost_usd"]) == (None, None)
    table = run("storage", sandbox=seeded, TINKER_API_KEY=key)
    assert (table.returncode, "USD" in table.stdout) == (0, False)


@pytest.fixture
def bare_server() -> Iterator[RecordingServer]:
    """One that tells no sizes, and has no billing, as some compatible ones."""
    checkpoints = [
        {"checkpoint_id": f"{n}", "checkpoint_type": "training", "tinker_path": f"tinker://r/weights/{n}"}
        for n in range(3)
    ]
    checkpoints.append({**checkpoints[0], "tinker_path": "tinker://s/weights/0", "size_bytes": 7})

    def answer(request: Any) -> bytes:
        if request.target.startswith("/api/v1/checkpoints?"):
            offset = int(request.target.rpartition("offset=")[2])
            return reply(body={"checkpoints": checkpoints[offset:]})
        return reply(404, {"detail": "Not Found"})

    with RecordingServer(answer) as running:
        yield running


def test_unknown_sizes_are_counted_and_told(run: Run, bare_server: RecordingServer) -> None:
    done = run("storage --ttl 30d", TINKER_BASE_URL=bare_server.base_url)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.match("Total +7 B in 4 checkpoints, 3 of unknown size\n", done.stdout)
    assert "Age unknown " in done.stdout
    whole = json.loads(run("storage -f json", TINKER_BASE_URL=bare_server.base_url).stdout)
    assert whole["total"] == amount(4, 7, 3)
    assert {line.split(" ")[0] for line in bare_server.lines} == {"GET"}


def test_ten_thousand_checkpoints(run: Run, empty: Sandbox) -> None:
    paths = add_many(empty, 10_000)
    done = run("storage --ttl 30d -f json --limit 0", sandbox=empty)
    assert (done.returncode, done.stderr) == (0, "")
    whole = json.loads(done.stdout)
    assert whole["total"]["checkpoint_count"] == len({*paths}) == 10_000
    assert len(whole["runs"]) == whole["total_count"] == 10_000 // PER_RUN
    assert {one["checkpoint_count"] for one in whole["runs"]} == {PER_RUN}
    assert sum(one["size_bytes"] for one in whole["runs"]) == whole["total"]["size_bytes"]
    done = run("storage --limit 3", sandbox=empty)
    assert " in 10,000 checkpoints" in done.stdout.splitlines()[0]
    assert done.stderr == "3 of 200 training runs; --limit 0 lists all\n"
    assert len(run("storage -q --limit 0", sandbox=empty).stdout.splitlines()) == 200
    assert {request.method for request in empty.requests} == {"GET"}
