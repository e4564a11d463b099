"""A folder for generating and building the client of one language, and the output of the tools."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

WARNING = re.compile(r"\bwarn(ing)?s?\b|\bdeprecat", re.IGNORECASE)


class StepFailed(Exception):  # noqa: N818 - says what happened
    """A tool ended with an error, or did not end."""


class Workshop:
    """A place to make one client.

    Attributes:
        folder: The folder, which is temporary.
        cache: A folder for what is worth keeping from run to run: tools and compiled dependencies.
        warnings: The warnings of the tools, by step.
        seconds: How long each step took.
    """

    def __init__(self, folder: Path, cache: Path) -> None:
        self.folder = folder
        self.cache = cache
        self.warnings: dict[str, list[str]] = {}
        self.seconds: dict[str, float] = {}

    def run(self, step: str, *command: str | Path, environment: Mapping[str, str] | None = None) -> None:
        """Run a tool in the folder.

        Args:
            step: What it is done for: `tools`, `generate` or `compile`.
            command: The command line.
            environment: Additional variables.

        Raises:
            StepFailed: If it fails; the message is what it printed.
        """
        started = time.monotonic()
        done = subprocess.run(
            [str(word) for word in command],
            cwd=self.folder,
            env={**os.environ, "NO_COLOR": "1", **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=900,
            check=False,
        )
        self.seconds[step] = self.seconds.get(step, 0) + time.monotonic() - started
        if done.returncode:
            raise StepFailed(f"{' '.join(str(word) for word in command)}\n{done.stdout}")
        # Messages of a registry's client about packages do not concern the description.
        if step != "tools":
            lines = [line for line in done.stdout.splitlines() if WARNING.search(line)]
            self.warnings.setdefault(step, []).extend(lines)

    def take(self, source: Path, name: str = ".") -> None:
        """Copy a file or the contents of a folder into the folder, under a name of its own."""
        target = self.folder / name
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        else:
            shutil.copy(source, target)
