"""Runs what the guide shows of using the SDK and our clients side by side."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from differential.calls import Row, environment_of
from differential.comparison import Difference
from differential.recording_sandbox import recording_sandbox

PAGE = Path(__file__).resolve().parents[1] / "documentation" / "pages" / "guide" / "official-sdk.md"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def rows_of_documentation(version: str, python: Path, home: Path) -> Iterator[Row]:
    """One row for each block of Python that imports the SDK: whether it runs and prints something."""
    blocks = [code for code in BLOCK.findall(PAGE.read_text()) if re.search("^import tinker$", code, re.MULTILINE)]
    if not blocks:
        raise SystemExit(f"{PAGE.name} does not show how to use the SDK together with our clients.")
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
        yield Row(version, f"{PAGE.name}, side by side, block {number}", differences)
