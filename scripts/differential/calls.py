"""Makes the calls of the table with the SDK and with us, and compares the outcomes."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from differential.cases import Case, cases_for
from differential.comparison import ABSENT, Difference, differences_of_calls
from differential.coverage import Methods, faults_of_methods, only_in_ours
from differential.names import differences_of_names
from differential.recording_sandbox import RecordingSandbox, recording_sandbox

DRIVER = Path(__file__).with_name("driver.py")
SIDES = ("tinker", "tinker_rest")


@dataclass(frozen=True)
class Row:
    """One row of the output: a name, and what is different.

    Attributes:
        version: The SDK's version.
        name: The call or the command line.
        differences: The differences between the SDK and us.
    """

    version: str
    name: str
    differences: list[Difference]


# Compares a version of the SDK, whose interpreter is given, in a folder of its own.
Source = Callable[[str, Path, Path], Iterator[Row]]


def environment_of(home: Path, recording: RecordingSandbox | None = None) -> dict[str, str]:
    """The environment of a program: a server, a key, and nothing of the user's own."""
    server = recording and {
        "TINKER_BASE_URL": recording.sandbox.base_url,
        "TINKER_API_KEY": recording.sandbox.api_key,
    }
    return {
        **(server or {}),
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TINKER_TELEMETRY": "0",
        "PYTHONWARNINGS": "ignore",
        "NO_COLOR": "1",
        "COLUMNS": "200",
        "TZ": "UTC",
    }


def rows_of_calls(version: str, python: Path, home: Path) -> Iterator[Row]:
    """Every row of the table for a version of the SDK, and every method that is not as the SDK's."""
    described = {"tinker": json.loads(_driven(python, "tinker", home, "[]"))}
    names = json.dumps([*described["tinker"]["names"]])
    described["tinker_rest"] = json.loads(_driven(python, "tinker_rest", home, names))
    sdk, ours = (described[side]["methods"] for side in SIDES)
    cases = list(cases_for(version, {client: set(methods) for client, methods in sdk.items()}))
    yield from rows_of_methods(version, sdk, ours, cases)
    nameable = frozenset(described["tinker"]["exceptions"])
    names_of_sdk, our_names = (described[side]["names"] for side in SIDES)
    for name, found in differences_of_names(names_of_sdk, our_names, nameable):
        yield Row(version, name, found)
    time = datetime.now(UTC).replace(microsecond=0)
    with ThreadPoolExecutor() as pool:
        runs = list(pool.map(lambda side: _calls(python, side, cases, home, time), SIDES))
    for case, one, other in zip(cases, *runs, strict=True):
        yield Row(
            version,
            str(case),
            differences_of_calls(one, other, nameable=nameable, counts_repetitions=case.counts_repetitions),
        )


def rows_of_methods(version: str, sdk: Methods, ours: Methods, cases: list[Case]) -> Iterator[Row]:
    """Whether we have each method of the SDK's, with the same arguments, and call it; and what only we have."""
    called = {(case.client, case.method) for case in cases}
    for name, faults in faults_of_methods(sdk, ours, called):
        yield Row(version, name, [Difference("method", "has it", fault) for fault in faults])
    for name, more in only_in_ours(sdk, ours):
        yield Row(version, f"{name}, ours", [Difference("method", ABSENT, more)])


def _calls(python: Path, side: str, cases: list[Case], home: Path, time: datetime) -> list[dict[str, Any]]:
    """The outcome of each call with one of the packages, on its own sandbox."""
    asked = [
        {
            "id": str(index),
            "client": case.client,
            "method": case.method,
            "call": case.call,
            "is_async": case.is_async,
            "is_impatient": case.is_steady,
        }
        for index, case in enumerate(cases)
    ]
    faults = {str(index): case.faults for index, case in enumerate(cases) if case.faults}
    steady = frozenset(str(index) for index, case in enumerate(cases) if case.is_steady)
    with recording_sandbox(time, faults, steady) as recording:
        printed = _driven(python, side, home, json.dumps(asked), recording)
        requests = json.loads(recording.without_places(json.dumps(recording.requests())))
        outcomes = json.loads(recording.without_places(printed))
        if side == "tinker_rest":
            recording.check()
    return [{"requests": requests.get(one["id"], []), **outcomes[one["id"]]} for one in asked]


def _driven(python: Path, side: str, home: Path, asked: str, recording: RecordingSandbox | None = None) -> str:
    """What driver.py prints in the environment of an SDK."""
    environment = environment_of(home, recording)
    command = [str(python), str(DRIVER), side]
    done = subprocess.run(
        command, input=asked, capture_output=True, text=True, check=False, timeout=600, env=environment, cwd=home
    )
    if done.returncode:
        raise SystemExit(f"driver.py failed with {side}:\n{done.stdout}{done.stderr}")
    return done.stdout.splitlines()[-1]
