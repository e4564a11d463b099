"""Runs what the README shows of the SDK and our clients side by side, and checks its table against the rows."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from differential.calls import Row, environment_of
from differential.commands import COMMANDS
from differential.comparison import Difference
from differential.recording_sandbox import recording_sandbox

README = Path(__file__).resolve().parents[2] / "README.md"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TABLE_ROW = re.compile(r"^\| command line \| (.*) \|$", re.MULTILINE)


def rows_of_documentation(version: str, python: Path, home: Path) -> Iterator[Row]:
    """One row for each block of Python that imports the SDK, and one for the table of what is answered."""
    yield Row(version, f"{README.name}, the commands in the table", list(_differences_of_table()))
    yield from _rows_of_blocks(version, python, home)


def _differences_of_table() -> Iterator[Difference]:
    """The table must name each group or command that `COMMANDS` run to a good end, and no other."""
    named = set(re.findall("`([^`]+)`", "".join(TABLE_ROW.findall(README.read_text()))))
    tried = {command.words for command in COMMANDS if not command.exit_code}
    for name in sorted(named):
        if not any(f"{words} ".startswith(f"{name} ") for words in tried):
            yield Difference(name, "no command line of commands.py", "is in the table")
    for words in sorted(tried):
        if not any(f"{words} ".startswith(f"{name} ") for name in named):
            yield Difference(words, "is answered", "is not in the table")


def _rows_of_blocks(version: str, python: Path, home: Path) -> Iterator[Row]:
    """Whether each block runs and prints something."""
    blocks = [
        code for code in BLOCK.findall(README.read_text()) if re.search("^import tinker$", code, re.MULTILINE)
    ]
    if not blocks:
        raise SystemExit(f"{README.name} shows nowhere how to use the SDK beside our clients.")
    for number, code in enumerate(blocks, 1):
        with recording_sandbox(datetime.now(UTC)) as recording:
            done = subprocess.run(
                [python, "-c", code],
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
                env=environment_of(home, recording),
                cwd=home,
            )
            recording.check()
        differences = []
        if done.returncode or not done.stdout:
            differences.append(Difference("outcome", done.stdout + done.stderr, "prints something and ends well"))
        yield Row(version, f"{README.name}, side by side, block {number}", differences)
