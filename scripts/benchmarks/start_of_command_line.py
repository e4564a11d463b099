"""How long `tinker-rest` takes to start, compared with the least possible time."""

from __future__ import annotations

import statistics
import subprocess
import time
from pathlib import Path

BOUND = 1.5


def measure(python: Path, rounds: int, environment: dict[str, str]) -> None:
    """Print the medians of whole processes, and whether `--help` keeps to its bound."""
    command = str(python.with_name("tinker-rest"))
    processes = {
        "python -c pass": [str(python), "-c", "pass"],
        "python -c 'import click'": [str(python), "-c", "import click"],
        "tinker-rest --help": [command, "--help"],
        "tinker-rest run list --help": [command, "run", "list", "--help"],
        "tinker-rest version": [command, "version"],
    }
    figures: dict[str, list[float]] = {name: [] for name in processes}
    for number in range(-1, 5 * rounds):  # each is short; the first writes compiled modules
        for name, words in processes.items():
            started = time.perf_counter()
            subprocess.run(words, env=environment, stdout=subprocess.DEVNULL, check=True)
            if number >= 0:
                figures[name].append((time.perf_counter() - started) * 1000)
    medians = {name: statistics.median(values) for name, values in figures.items()}
    print("\n| process | median, ms |\n| --- | --- |")
    for name, value in medians.items():
        print(f"| {name} | {value:.0f} |")
    ratio = medians["tinker-rest --help"] / medians["python -c 'import click'"]
    verdict = "met" if ratio <= BOUND else "MISSED"
    print(f"\n--help ≤ {BOUND:g} x python -c 'import click': {ratio:.2f}, {verdict}")
