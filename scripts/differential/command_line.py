"""Runs the SDK's command line as it is and with our clients in it, and compares what it prints and asks for."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from operator import itemgetter
from pathlib import Path
from typing import Any

from differential.calls import Row, environment_of
from differential.commands import COMMANDS, Command
from differential.comparison import Difference, differences_of_outputs
from differential.recording_sandbox import RecordingSandbox, recording_sandbox

RUNNER = Path(__file__).with_name("command_runner.py")


class Side:
    """The command line with the SDK's clients or with ours, on a sandbox and in a folder of its own.

    Args:
        runner: The process that runs command lines.
        folder: Where they are run.
        recording: The sandbox.
    """

    def __init__(self, runner: subprocess.Popen[str], folder: Path, recording: RecordingSandbox) -> None:
        self._runner = runner
        self._folder = folder
        self.recording = recording

    def run(self, command: Command) -> dict[str, Any]:
        """What a command line printed, asked the server for and wrote."""
        self.recording.sandbox.requests.clear()
        arguments = command.arguments.split()
        asked = {"arguments": arguments, "answers": command.answers, "folder": str(self._folder)}
        assert self._runner.stdin is not None
        assert self._runner.stdout is not None
        print(json.dumps(asked), file=self._runner.stdin, flush=True)
        done = json.loads(self._runner.stdout.readline())
        requests = [request for of_case in self.recording.requests().values() for request in of_case]
        if "delete" in arguments:  # from many threads at once
            requests.sort(key=itemgetter("line"))
        return {
            "exit code": done["exit code"],
            "stdout": _read(self.recording.without_places(done["stdout"])),
            "stderr": _read(self.recording.without_places(done["stderr"])),
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
    """Every command line, run on two sandboxes that are equal before it."""
    time = datetime.now(UTC).replace(microsecond=0)
    with ExitStack() as stack, ThreadPoolExecutor() as pool:
        sides = [stack.enter_context(_side(python, name, home, time)) for name in ("sdk", "ours")]
        for command in COMMANDS:
            # Both at the same moment, from which the command line counts the days since a time.
            sdk, ours = pool.map(lambda side, command=command: side.run(command), sides)
            differences = differences_of_outputs(sdk, ours)
            if sdk["exit code"] != command.exit_code:
                differences.append(Difference("the SDK as it is", sdk, f"exit code {command.exit_code}"))
            yield Row(version, str(command), differences)
        sides[1].recording.check()


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


def _read(printed: str) -> dict[str, Any]:
    """What was printed, as text and, where it is JSON, as such."""
    if not printed.startswith("{"):
        return {"text": printed}
    return {"text": printed, "json": json.loads(printed)}
