"""Runs the SDK's command line as it is and with our clients in it, and compares what it prints and asks for."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from differential.calls import Row, environment_of
from differential.commands import COMMANDS, Command
from differential.comparison import Difference, differences_of_outputs
from differential.recording_sandbox import RecordingSandbox, recording_sandbox

SHIM = Path(__file__).with_name("with_our_clients.py")


def has_command_line(python: Path) -> bool:
    """Whether this version's command line makes its clients by the names that we replace."""
    code = "import tinker; tinker.RestClient; tinker.AdminClient"
    return subprocess.run([python, "-c", code], capture_output=True, check=False).returncode == 0


def rows_of_commands(version: str, python: Path, home: Path) -> Iterator[Row]:
    """Every command line, run on two sandboxes that are equal before it."""
    time = datetime.now(UTC).replace(microsecond=0)
    programs = [[str(python.with_name("tinker"))], [str(python), str(SHIM)]]
    folders = [home / "sdk", home / "ours"]
    for folder in folders:
        folder.mkdir()
    with (
        recording_sandbox(time, build_seconds=0) as one,
        recording_sandbox(time, build_seconds=0) as other,
        ThreadPoolExecutor() as pool,
    ):
        for command in COMMANDS:
            # Both at the same moment, for which the command line counts the days since a time.
            runs = list(pool.map(_run, [command] * 2, programs, folders, (one, other)))
            differences = differences_of_outputs(*runs)
            if runs[0]["exit code"] != command.exit_code:
                expected = f"must end with {command.exit_code}, ends with {runs[0]['exit code']}: {runs[0]}"
                differences.append(Difference("the SDK as it is", expected, ""))
            yield Row(version, str(command), differences)


def _run(command: Command, program: list[str], folder: Path, recording: RecordingSandbox) -> dict[str, Any]:
    recording.sandbox.requests.clear()
    done = subprocess.run(
        [*program, *command.arguments.split()], input=command.answers, capture_output=True, text=True,
        check=False, timeout=120, cwd=folder, env=environment_of(folder, recording),
    )  # fmt: skip
    (requests,) = recording.requests().values() or [[]]
    return {
        "exit code": done.returncode,
        "stdout": _read(recording.without_places(done.stdout)),
        "stderr": _read(recording.without_places(done.stderr)),
        "files": {
            str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
            for file in sorted(folder.rglob("*"))
            if file.is_file()
        },
        "requests": requests,
    }


def _read(printed: str) -> dict[str, Any]:
    """What was printed, as text and, where it is JSON, as such."""
    if not printed.startswith("{"):
        return {"text": printed}
    return {"text": printed, "json": json.loads(printed)}
