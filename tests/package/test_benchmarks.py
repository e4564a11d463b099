"""That the benchmarks work; what they measure is for scripts/bench to print, never for a test to judge."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest
from checkout import ROOT

FOLDER = ROOT / "scripts" / "benchmarks"

pytestmark = pytest.mark.scripts("tests/package", "scripts/bench", "wrapper")


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    command = [sys.executable, str(FOLDER / "server.py"), "0.01"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        server.terminate()


@pytest.mark.parametrize("client", ["httpx", "tinker-rest"])
def test_a_cold_script_lists_checkpoints(client: str, base_url: str) -> None:
    subprocess.run([sys.executable, str(FOLDER / "cold.py"), client, base_url], check=True)


@pytest.mark.parametrize("client", ["httpx", "tinker-rest"])
def test_a_round_gives_figures(client: str, base_url: str) -> None:
    command = [sys.executable, str(FOLDER / "clients.py"), client, base_url, base_url, "0.1"]
    figures = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert {"one call in sequence, ms", "page of 1,000 checkpoints, ms"} <= figures.keys()
    assert all(value > 0 for value in figures.values())


def test_a_listing_is_measured() -> None:
    command = [sys.executable, str(FOLDER / "server.py"), "0", "2500"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        address = f"http://127.0.0.1:{server.stdout.readline().strip()}"
        command = [sys.executable, str(FOLDER / "listing.py"), "tinker-rest", address, "tml-key", "2500"]
        seconds, _ = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        assert seconds > 0
        server.terminate()


def test_the_sandbox_is_measured() -> None:
    command = [sys.executable, str(FOLDER / "sandbox.py"), "--rounds=1", "--checkpoints=300", "--requests=16"]
    figures = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert {"start to first answer, s", "last page of 100 checkpoints, ms"} <= figures.keys()
    assert all(value > 0 for value in figures.values())


@pytest.mark.skipif(shutil.which("curl") is None, reason="downloads are measured beside curl")
def test_downloads_are_measured() -> None:
    code = (
        "import sys; from pathlib import Path; import downloads; "
        "downloads.measure_downloads(Path(sys.executable), 1, 2**20, None)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=FOLDER, check=True, capture_output=True, text=True)
    assert "| tinker-rest, comparing a SHA-256 |" in done.stdout
    assert "ratio to curl" in done.stdout
