"""Runs the SDK's command line as it is and with our clients in it, and our own, and compares what they print."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shlex
import subprocess
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from operator import itemgetter
from pathlib import Path
from typing import Any

from differential.calls import Row, environment_of
from differential.commands import COMMANDS, NO_JSON, NOT_RUN, Command
from differential.comparison import Difference, differences_of_outputs, differences_of_prints
from differential.recording_sandbox import RecordingSandbox, recording_sandbox

RUNNER = Path(__file__).with_name("command_runner.py")


class Side:
    """A command line, on a sandbox and in a folder of its own.

    Args:
        runner: The process that runs command lines.
        folder: The folder to run them in.
        recording: The sandbox.
    """

    def __init__(self, runner: subprocess.Popen[str], folder: Path, recording: RecordingSandbox) -> None:
        self._runner = runner
        self._folder = folder
        self.recording = recording

    def run(self, line: str, answers: str) -> dict[str, Any]:
        """What a command line printed, asked the server for and wrote."""
        self.recording.sandbox.requests.clear()
        arguments = shlex.split(line)
        asked = {"arguments": arguments, "answers": answers, "folder": str(self._folder)}
        assert self._runner.stdin is not None
        assert self._runner.stdout is not None
        print(json.dumps(asked), file=self._runner.stdin, flush=True)
        done = json.loads(self._runner.stdout.readline())
        requests = [request for of_case in self.recording.requests().values() for request in of_case]
        if "delete" in arguments:  # from many threads at once
            requests.sort(key=itemgetter("line"))
        return {
            "exit code": done["exit code"],
            "stdout": read(self.recording.without_places(done["stdout"])),
            "stderr": read(self.recording.without_places(done["stderr"])),
            "files": {
                str(file.relative_to(self._folder)): hashlib.sha256(file.read_bytes()).hexdigest()
                for file in sorted(self._folder.rglob("*"))
                if file.is_file()
            },
            "requests": requests,
        }


def has_command_line(python: Path) -> bool:
    """Whether this version's command line makes its clients by the names that we replace."""
    code = "import tinker; tinker.RestClient; tinker.AdminClient"
    return subprocess.run([python, "-c", code], capture_output=True, check=False).returncode == 0


def rows_of_commands(version: str, python: Path, home: Path) -> Iterator[Row]:
    """Every command line, run on sandboxes that are equal before it."""
    names = json.loads(subprocess.run([python, RUNNER, "commands"], capture_output=True, check=True).stdout)
    yield from rows_of_missing_commands(version, names)
    time = datetime.now(UTC).replace(microsecond=0)
    with ExitStack() as stack, ThreadPoolExecutor() as pool:
        sides = [stack.enter_context(_side(python, name, home, time)) for name in ("sdk", "ours", "tinker-rest")]
        for command in COMMANDS:
            # All at the same moment, from which the command line counts the days since a time.
            lines = (command.arguments, command.arguments, command.our_arguments)
            asked = [
                pool.submit(side.run, line, command.answers)
                for side, line in zip(sides, lines, strict=True)
                if line is not None
            ]
            sdk, ours, *of_our_command = [one.result() for one in asked]
            differences = differences_of_outputs(sdk, ours)
            if sdk["exit code"] != command.exit_code:
                differences.append(Difference("the SDK as it is", sdk, f"exit code {command.exit_code}"))
            yield Row(version, str(command), differences)
            for printed in of_our_command:
                yield Row(
                    version,
                    f"tinker-rest {command.our_arguments}",
                    differences_of_our_command(command, sdk, printed),
                )
        for side in sides[1:]:
            side.recording.check()


def rows_of_missing_commands(version: str, names: Iterable[str]) -> Iterator[Row]:
    """A row for each command of the SDK: whether it is run, and its JSON compared."""
    for name in names:
        runs = [one for one in COMMANDS if one.arguments.removeprefix("-f json ").startswith(name)]
        found = []
        if not runs and name not in NOT_RUN:
            found.append(Difference("command", "has it", "no row of commands.py runs it"))
        elif name not in {**NOT_RUN, **NO_JSON} and not any(
            one.prints_json and one.ours is not None for one in runs
        ):
            found.append(Difference("command", "prints JSON", "no row of commands.py compares it"))
        yield Row(version, f"command {name}", found)


def differences_of_our_command(command: Command, sdk: dict[str, Any], ours: dict[str, Any]) -> list[Difference]:
    """Where our own command tells a program that reads its JSON, CSV or exit code another thing than the SDK's."""
    found = []
    if bool(sdk["exit code"]) != bool(ours["exit code"]):
        found.append(Difference("exit code", sdk["exit code"], f"{ours['exit code']}: {ours['stderr']['text']}"))
    if "json" in sdk["stdout"]:
        found += differences_of_prints(sdk["stdout"]["json"], ours["stdout"].get("json", "no JSON"))
    elif command.prints_csv:
        found += differences_of_prints(_table(sdk["stdout"]["text"]), _table(ours["stdout"]["text"]))
    return found


@contextmanager
def _side(python: Path, name: str, home: Path, time: datetime) -> Iterator[Side]:
    folder = home / name
    folder.mkdir()
    with (
        recording_sandbox(time, build_seconds=0) as recording,
        subprocess.Popen(
            [python, RUNNER, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment_of(folder, recording),
        ) as runner,
    ):
        yield Side(runner, folder, recording)


def _table(text: str) -> dict[str, Any]:
    """CSV as a value."""
    rows = list(csv.reader(io.StringIO(text)))
    return {"columns": rows[:1], "rows": [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]}


def read(printed: str) -> dict[str, Any]:
    """What was printed, as text and, if it is JSON, parsed."""
    if not printed.startswith("{"):
        return {"text": printed}
    return {"text": printed, "json": json.loads(printed)}
