"""Compares downloads with curl, in one run: rates, their ratio, and memory. Called by scripts/bench."""

import base64
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
PIECE = 2**20
LEAST_RATIO = 0.3
SMALL_PART = 16  # a file this many times smaller shows whether memory grows with the size


def make_file(path: Path, size: int) -> str:
    """Write what does not compress; returns its SHA-256 in base64."""
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for _ in range(-(-size // PIECE)):
            piece = os.urandom(min(PIECE, size))
            digest.update(piece)
            file.write(piece)
    return base64.b64encode(digest.digest()).decode()


@contextmanager
def storage(file: Path, checksum: str) -> Iterator[str]:
    command = [sys.executable, str(FOLDER / "storage.py"), str(file), checksum]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.terminate()


def by_curl(base_url: str, destination: Path) -> float:
    """How many seconds curl takes."""
    command = [
        "curl",
        "--silent",
        "--output",
        str(destination),
        "--write-out",
        "%{time_total}",
        f"{base_url}/file",
    ]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    destination.unlink()
    return float(done.stdout)


def by_us(python: Path, base_url: str, destination: Path) -> dict[str, float]:
    command = [str(python), str(FOLDER / "download.py"), base_url, str(destination)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    destination.unlink()
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def measure_downloads(python: Path, rounds: int, size: int, folder: str | None) -> None:
    """Print a table.

    Args:
        python: The interpreter of an environment with tinker-rest.
        rounds: How often to measure each.
        size: How many bytes to download.
        folder: Where to write; None for the usual folder of temporary files.
    """
    seconds: dict[str, list[float]] = defaultdict(list)
    memory: dict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory(dir=folder) as place, tempfile.TemporaryDirectory() as shelf:
        large, small, destination = Path(shelf) / "large", Path(shelf) / "small", Path(place) / "got"
        checksum = make_file(large, size)
        make_file(small, size // SMALL_PART)
        with storage(large, "") as plain, storage(large, checksum) as named, storage(small, "") as short:
            for number in range(-1, rounds):
                print(f"round {number + 1} of {rounds}" if number >= 0 else "warming up", file=sys.stderr)
                taken = {"curl": by_curl(plain, destination)}
                for name, url in {"plain": plain, "named": named, "short": short}.items():
                    figures = by_us(python, url, destination)
                    taken[name] = figures["seconds"]
                    memory[name].append(figures["memory"])
                if number >= 0:
                    for name, value in taken.items():
                        seconds[name].append(value)
    rates = {name: size / statistics.median(values) / 1e6 for name, values in seconds.items() if name != "short"}
    ratio = statistics.median(curl / ours for curl, ours in zip(seconds["curl"], seconds["plain"], strict=True))
    checked = statistics.median(curl / ours for curl, ours in zip(seconds["curl"], seconds["named"], strict=True))
    print(f"\n{size / 2**20:,.0f} MiB on loopback; medians of {rounds} rounds\n")
    print("| download | MB/s | ratio to curl | most memory, MB |\n| --- | --- | --- | --- |")
    print(f"| curl | {rates['curl']:,.0f} | | |")
    for title, name, one in (("", "plain", ratio), (", comparing a SHA-256", "named", checked)):
        print(f"| tinker-rest{title} | {rates[name]:,.0f} | {one:.2f} | {max(memory[name]):.0f} |")
    print(f"| tinker-rest, a {SMALL_PART}th of the size | | | {max(memory['short']):.0f} |")
    verdict = "met" if ratio >= LEAST_RATIO else "MISSED"
    print(f"\nratio to curl ≥ {LEAST_RATIO}: {ratio:.2f}, {verdict}")
