"""Usage over any length and its sums, and the audit log in a folder."""

from __future__ import annotations

import json
import math
import re
import signal
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tinker_rest_sandbox import Sandbox

from .checkpoints import wait_until
from .running import COMMAND, Run, environment

KEYS = {
    "session": "session_id",
    "model": "base_model",
    "kind": "type",
    "day": "day",
    "project": "project_id",
    "user": "user_name",
}
SUMS = ("token_count", "gigabyte_hours", "count", "estimated_cost_usd")


def amounts(row: dict[str, Any]) -> list[float]:
    flat = row.get("event_info", {}) | row
    return [flat.get(name) or 0 for name in SUMS]


@pytest.mark.parametrize("group_by", KEYS)
def test_the_sums_of_groups_are_those_of_the_rows(run: Run, seeded: Sandbox, group_by: str) -> None:
    whole = json.loads(run("billing usage 30d -f json", sandbox=seeded).stdout)
    done = run(f"billing usage 30d --group-by {group_by} -f json", sandbox=seeded)
    grouped, key = json.loads(done.stdout), KEYS[group_by]
    assert (done.returncode, grouped["total_count"] > 1) == (0, True)
    for row in grouped["data"]:
        rows = [
            one for one in whole["data"]
            if ({"day": one["bucket_start"][:10]} | one["event_info"] | one)[key] == row[key]
        ]  # fmt: skip
        assert amounts(row) == pytest.approx([math.fsum(some) for some in zip(*map(amounts, rows), strict=True)])
    assert len({row[key] for row in grouped["data"]}) == grouped["total_count"]
    total = [math.fsum(some) for some in zip(*map(amounts, whole["data"]), strict=True)]
    assert [whole["total"][name] for name in SUMS] == pytest.approx(total)
    assert grouped["total"] == whole["total"]
    costs = [row["estimated_cost_usd"] for row in grouped["data"]]
    days = [row.get("day", "") for row in grouped["data"]]
    assert days == sorted(days) if group_by == "day" else costs == sorted(costs, reverse=True)


def test_usage_of_more_than_a_window(run: Run, seeded: Sandbox) -> None:
    seeded.requests.clear()
    done = run("billing usage 60d -f json", sandbox=seeded)
    assert len([one for one in seeded.requests if "billing" in one.target]) == 5
    starts = [row["bucket_start"] for row in json.loads(done.stdout)["data"]]
    assert starts == sorted(starts)
    assert datetime.fromisoformat(starts[0]) < datetime.now(UTC) - timedelta(days=14)


def test_last_month_is_the_whole_month(run: Run, seeded: Sandbox) -> None:
    this = datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    last = (this - timedelta(days=1)).replace(day=1)
    expected = run(f"billing usage {last:%Y-%m-%d} {this:%Y-%m-%d} -f json", sandbox=seeded).stdout
    for words in (["last", "month"], ["Last Month"], ["last month", "this month"]):
        assert run(["billing", "usage", *words, "-f", "json"], sandbox=seeded).stdout == expected
    assert run("billing usage this month -q", sandbox=seeded).returncode == 0


def test_a_table_of_usage_ends_with_the_totals(run: Run, seeded: Sandbox) -> None:
    total = json.loads(run("billing usage 7d -f json", sandbox=seeded).stdout)["total"]
    for options in ("", "--group-by project"):
        shown = run(f"billing usage 7d {options}", sandbox=seeded).stdout
        assert re.search(rf"^Total USD +{total['estimated_cost_usd']:,.2f}$", shown, re.MULTILINE)
        assert re.search(rf"^Total Tokens +{total['token_count']:,}$", shown, re.MULTILINE)
    assert "project-research" in run("billing usage 7d --group-by project -q", sandbox=seeded).stdout.splitlines()
    assert run("billing usage 7d --group-by project --csv x", sandbox=seeded).returncode == 2


def days_read(sandbox: Sandbox) -> list[str]:
    return [found[1] for one in sandbox.requests if (found := re.search(r"audit.*day=([\d-]+)", one.target))]


def test_the_audit_log_is_saved_by_day(run: Run, seeded: Sandbox, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    days = [f"{now - timedelta(days=number):%Y-%m-%d}" for number in range(5, -1, -1)]
    seeded.requests.clear()
    done = run("audit save log --since 5d -f json", sandbox=seeded)
    assert (done.returncode, days_read(seeded)) == (0, days)
    assert "6 days: 6 saved, 0 already there" in done.stderr
    for row, day in zip(json.loads(done.stdout)["days"], days, strict=True):
        assert (row["day"], row["is_whole"]) == (day, day in days[:4] or "partial" not in row["file"])
        lines = (tmp_path / row["file"]).read_text().splitlines()
        listed = json.loads(run(f"audit list --day {day} -f json", sandbox=seeded).stdout)["entries"]
        assert [json.loads(line) for line in lines] == listed
        assert len(lines) == row["entry_count"]
    assert (tmp_path / "log" / f"{days[-1]}.partial.jsonl").exists()
    assert not [*(tmp_path / "log").glob(".*")]


def test_days_that_were_saved_are_not_read_again(run: Run, seeded: Sandbox, tmp_path: Path) -> None:
    folder = tmp_path / "log"
    run("audit save log --since 4d", sandbox=seeded)
    whole = sorted(file for file in folder.glob("*.jsonl") if "partial" not in file.name)
    whole[1].unlink()  # a gap
    outdated = folder / f"{whole[1].name.removesuffix('.jsonl')}.partial.jsonl"
    outdated.write_text("of when the day was not over\n")
    seeded.requests.clear()
    done = run("audit save log --since 5d -q", sandbox=seeded)
    assert (done.returncode, len(days_read(seeded))) == (0, 6 - len(whole) + 1)
    assert str(Path("log") / whole[1].name) in done.stdout.splitlines()
    assert (whole[1].exists(), outdated.exists()) == (True, False)


def test_a_day_that_fails_leaves_no_file(run: Run, seeded: Sandbox, tmp_path: Path) -> None:
    seeded.faults.add(status=403, match="get_audit_log", after=2, times=None)
    done = run("audit save log --since 4d", sandbox=seeded)
    assert (done.returncode, len([*(tmp_path / "log").iterdir()])) == (3, 2)
    seeded.faults.clear()
    seeded.requests.clear()
    assert run("audit save log --since 4d", sandbox=seeded).returncode == 0
    assert len(days_read(seeded)) == 3
    for wrong in (
        "audit save log",
        "audit save log --since tomorrow",
        "audit save log --since soon",
        "audit save",
    ):
        assert run(wrong, sandbox=seeded).returncode == 2


@pytest.mark.usefixtures("interruptible")
def test_an_interrupted_save_goes_on(run: Run, seeded: Sandbox, tmp_path: Path) -> None:
    seeded.faults.add(delay=0.2, match="get_audit_log", times=None)
    seeded.requests.clear()
    process = subprocess.Popen(
        [COMMAND, "audit", "save", "log", "--since", "30d"],
        env=environment(seeded), cwd=tmp_path, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    wait_until(lambda: len(days_read(seeded)) >= 4)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert (process.returncode, "of 31 days saved; run the same command to continue" in error) == (130, True)
    there = len([*(tmp_path / "log").iterdir()])
    assert 3 <= there < 31
    seeded.faults.clear()
    seeded.requests.clear()
    assert run("audit save log --since 30d", sandbox=seeded).returncode == 0
    assert len(days_read(seeded)) == 31 - there
