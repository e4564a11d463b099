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
from tinker_rest_cli.storage_report import storage_report
from tinker_rest_cli.storage_view import span
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
        time=None if age is None else NOW - age,
        expires_at=None if left is None else NOW + left,
        size_bytes=size,
        **more,
    )


def amount(count: int, size: int, unknown: int = 0) -> dict[str, int]:
    return {"checkpoint_count": count, "size_bytes": size, "unknown_size_count": unknown}


def test_ages_and_expiries_are_counted_once_and_whole() -> None:
    second = timedelta(seconds=1)
    ages = [-second, 0 * DAY, DAY, DAY + second, 7 * DAY, 30 * DAY, 30 * DAY + second, 365 * DAY, 366 * DAY, None]
    report = storage_report([saved(age) for age in ages], now=NOW)
    assert {step["name"]: step["checkpoint_count"] for step in report["by_age"]} == {
        "0_to_1_days": 3, "1_to_7_days": 2, "7_to_30_days": 1, "30_to_90_days": 1, "90_to_365_days": 1,
        "over_365_days": 1, "unknown": 1,
    }  # fmt: skip
    left = [-second, DAY, DAY + second, 7 * DAY, 30 * DAY, 31 * DAY, None, None]
    report = storage_report([saved(DAY, one) for one in left], now=NOW)
    assert {step["name"]: step["checkpoint_count"] for step in report["by_expiry"]} == {
        "0_to_1_days": 2, "1_to_7_days": 2, "7_to_30_days": 1, "over_30_days": 1, "never": 2
    }  # fmt: skip
    assert sum(step["size_bytes"] for step in report["by_expiry"]) == report["total"]["size_bytes"] == 80


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
    runs = report["items"]
    assert [run["training_run_id"] for run in runs] == ["large", "small", "unknown-size"]
    assert runs[0] == {
        "training_run_id": "large", **amount(2, 110), "public_size_bytes": 50, "never_expires_size_bytes": 50,
        "oldest": "2026-07-04T09:00:00Z", "newest": "2026-07-11T09:00:00Z", "estimated_monthly_cost_usd": None,
    }  # fmt: skip
    assert report["total"] == amount(4, 111, 1)
    assert (report["private"], report["public"]) == (amount(3, 61, 1), amount(1, 50))
    assert report["by_type"] == {
        "training": amount(2, 61),
        "sampler": amount(1, 50),
        "of-a-newer-server": amount(1, 0, 1),
    }
    assert [*report["by_type"]] == ["training", "sampler", "of-a-newer-server"]


def test_a_run_that_no_path_tells() -> None:
    strange = Checkpoint(checkpoint_id="1", checkpoint_type="training", tinker_path="1", size_bytes=5)
    twinkle = Checkpoint(checkpoint_id="2", checkpoint_type="training", tinker_path="twinkle://r/weights/2")
    report = storage_report([strange, twinkle], now=NOW)
    assert [(run["training_run_id"], run["size_bytes"], run["unknown_size_count"]) for run in report["items"]] == [
        (None, 5, 0),
        ("r", 0, 1),
    ]


def test_what_a_ttl_frees_and_when() -> None:
    """What is public, and what expires, is left as it is."""
    report = storage_report(
        [
            saved(40 * DAY, size=1),
            saved(30 * DAY, size=2),  # older than the TTL, to the second
            saved(24 * DAY, size=4),
            saved(1 * DAY, size=8),
            saved(None, size=16),
            saved(40 * DAY, size=32, public=True),
            saved(40 * DAY, 5 * DAY, size=64),
            saved(40 * DAY, 400 * DAY, size=128),
        ],
        now=NOW,
        ttl=30 * DAY,
    )
    effect = report["ttl"]
    assert (effect["concerned"], effect["unknown_age_count"]) == (amount(5, 31), 1)
    names = ("anyway", "from_saving", "from_now")
    table = [
        (one["after_seconds"] // 86400, *(one[name]["size_bytes"] for name in names)) for one in effect["freed"]
    ]
    assert table == [(0, 0, 3, 0), (7, 64, 7, 0), (30, 64, 15, 31), (90, 64, 15, 31)]
    short = storage_report([saved(DAY)], now=NOW, ttl=timedelta(hours=36))["ttl"]["freed"]
    assert [one["after_seconds"] / 86400 for one in short] == [0, 1.5, 7, 30, 90]
    assert [one["from_saving"]["size_bytes"] for one in short] == [0, 10, 10, 10, 10]


def test_ten_thousand_checkpoints_by_hand() -> None:
    many = [saved(number * DAY / 20, size=number, run=f"run-{number % 100:02}") for number in range(10_000)]
    report = storage_report(many, now=NOW, ttl=30 * DAY)
    assert report["total"] == amount(10_000, sum(range(10_000)))
    assert len(report["items"]) == 100
    assert report["items"][0]["training_run_id"] == "run-99"
    assert report["ttl"]["freed"][0]["from_saving"]["checkpoint_count"] == 10_000 - 600


def test_prices_and_lengths_of_time() -> None:
    assert [span(seconds) for seconds in (30 * 86400, 36 * 3600, 61 * 60, 86400)] == [
        "30 days", "36 hours", "61 minutes", "1 day"
    ]  # fmt: skip
    report = storage_report([saved(DAY, size=2 * 10**9)], now=NOW, price=0.1)
    assert report["estimated_monthly_cost_usd"] == report["items"][0]["estimated_monthly_cost_usd"] == 0.2


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
    done = run("storage --ttl 14d --format json")
    assert (done.returncode, done.stderr) == (0, "")
    file = GOLDEN / "storage.json"
    if writes:
        file.write_text(done.stdout, encoding="utf-8")
    assert done.stdout == file.read_text(encoding="utf-8")


@pytest.mark.usefixtures("_at_nine")
def test_other_formats_tell_of_the_runs(run: Run) -> None:
    items = json.loads((GOLDEN / "storage.json").read_text(encoding="utf-8"))["items"]
    assert [json.loads(line) for line in run("storage -f jsonl").stdout.splitlines()] == items
    rows = [*csv.DictReader(io.StringIO(run("storage -f csv").stdout))]
    assert rows == [{name: str(value) for name, value in item.items()} for item in items]
    assert run("storage -q").stdout.splitlines() == [item["training_run_id"] for item in items]
    whole = json.loads(run("storage -f json").stdout)
    assert (whole["items"], whole["ttl"]) == (items, None)


@pytest.mark.usefixtures("_at_nine")
def test_the_table_without_a_terminal_is_plain(run: Run) -> None:
    done = run("storage --ttl 14d")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(
        "25.5 GB in 3 checkpoints of 1 training run\nprivate 23.0 GB, public 2.5 GB\n"
        "training 23.0 GB, sampler 2.5 GB\n"
        "about 2.55 USD a month, at the server's 0.1 USD per GB, before credits\n\n"
        f"By training run                                   Size   Count\n{RUN_ID}   25.5 GB       3\n"
    )
    assert "Freed       Already expiring  Older than 14 days  TTL set now\n" in done.stdout
    assert "in 14 days           11.5 GB             11.5 GB      11.5 GB\n" in done.stdout
    assert "(1 checkpoint, 11.5 GB)" in done.stdout
    assert not {"\x1b", "━"} & {*done.stdout}


@pytest.mark.parametrize("width", [60, 80, 200])
def test_the_table_fits_the_terminal(width: int, account: Sandbox) -> None:
    status, shown, _ = in_a_terminal(["storage", "--ttl", "14d"], width=width, variables=environment(account))
    assert status == 0
    plain = ESCAPE.sub("", shown.rpartition("\x1b[2K")[2])
    assert (RUN_ID in plain) == (width >= 80)
    assert ("━" in plain) == (width >= 80)
    assert [line for line in plain.splitlines() if len(line) > width] == []
    dull = in_a_terminal(["storage"], width=80, variables=environment(account, NO_COLOR="1"))[1]
    assert "━" in dull
    assert "\x1b" not in dull.rpartition("\x1b[2K")[2]


def test_bars_where_the_encoding_lacks_them(account: Sandbox) -> None:
    variables = environment(account, PYTHONIOENCODING="ascii", NO_COLOR="1")
    shown = in_a_terminal(["storage"], width=80, variables=variables, own_process=True)[1]
    assert "  -----" in shown
    assert shown.isascii()


def test_a_selection_is_reported(run: Run) -> None:
    def total(options: str) -> tuple[int, int]:
        whole = json.loads(run(f"storage -f json {options}").stdout)
        return whole["total"]["checkpoint_count"], whole["total"]["size_bytes"]

    assert total("") == (3, 25_495_998_172)
    assert total("--type sampler") == (1, 2_500_000_000)
    assert total("--no-ttl") == (2, 13_997_999_086)
    assert total(f"--run tinker://{RUN_ID} --larger-than 3GB") == (2, 22_995_998_172)
    done = run("storage --name nothing")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "no checkpoints\n")
    whole = json.loads(run("storage --name nothing -f json --ttl 30d").stdout)
    assert (whole["items"], whole["total_count"], whole["total"]["size_bytes"]) == ([], 0, 0)


def test_what_cannot_be_right_is_told(run: Run) -> None:
    for options, said in (
        ("--ttl 30min", "an hour or more"), ("--ttl 30", "the unit is missing"), ("--top -1", "--top"),
        ("--price-per-gb-month -1", "--price-per-gb-month"),
    ):  # fmt: skip
        done = run(f"storage {options}")
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr
        assert done.stderr.count("\n") == 1


def test_prices(run: Run, seeded: Sandbox) -> None:
    def prices(done: Any) -> tuple[Any, ...]:
        whole = json.loads(done.stdout)
        names = ("usd_per_gigabyte_month", "price_source", "estimated_monthly_cost_usd")
        return tuple(whole[name] for name in names)

    assert prices(run("storage -f json")) == (0.1, "server", 2.5496)
    assert prices(run("storage -f json --price-per-gb-month 0.2")) == (0.2, "option", 5.0992)
    assert "at the given 0.2 USD per GB" in run("storage --price-per-gb-month 0.2").stdout
    key = seeded.other_api_key  # that of the second user, who is no administrator
    assert prices(run("storage -f json", sandbox=seeded, TINKER_API_KEY=key)) == (None, None, None)
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
    assert done.stdout.startswith("7 B in 4 checkpoints of 2 training runs\n")
    assert "3 checkpoints of unknown size: in counts, but in no sum\n" in done.stdout
    assert re.search(r"^r +unknown +3$", done.stdout, re.MULTILINE)
    assert re.search(r"^s +7 B +1$", done.stdout, re.MULTILINE)
    assert "4 checkpoints of unknown age: not in the column Older than 30 days." in done.stdout
    whole = json.loads(run("storage -f json", TINKER_BASE_URL=bare_server.base_url).stdout)
    assert whole["total"] == {"checkpoint_count": 4, "size_bytes": 7, "unknown_size_count": 3}
    assert {line.split(" ")[0] for line in bare_server.lines} == {"GET"}


def test_ten_thousand_checkpoints(run: Run, empty: Sandbox) -> None:
    paths = add_many(empty, 10_000)
    done = run("storage --ttl 30d -f json", sandbox=empty)
    assert (done.returncode, done.stderr) == (0, "")
    whole = json.loads(done.stdout)
    assert whole["total"]["checkpoint_count"] == len({*paths}) == 10_000
    assert len(whole["items"]) == whole["total_count"] == 10_000 // PER_RUN
    assert {item["checkpoint_count"] for item in whole["items"]} == {PER_RUN}
    assert sum(item["size_bytes"] for item in whole["items"]) == whole["total"]["size_bytes"]
    assert sum(step["checkpoint_count"] for step in whole["by_expiry"]) == 10_000
    lines = run("storage --top 3", sandbox=empty).stdout.splitlines()
    assert lines[0].endswith(" in 10,000 checkpoints of 200 training runs")
    assert [line.split("  ")[0] for line in lines if line.startswith("197 more; --top 0 lists them")]
    assert len(run("storage -q", sandbox=empty).stdout.splitlines()) == 200
    assert len(run("storage -q --top 3", sandbox=empty).stdout.splitlines()) == 3
    assert {request.method for request in empty.requests} == {"GET"}
