"""What the tests of the documentation share."""

import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from checkout import ROOT


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built once for all workers of pytest-xdist."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # which the workers have in common
    outcome = folder / "docs.json"
    with (folder / "docs.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not outcome.exists():
            command = [sys.executable, str(ROOT / "scripts" / "docs"), "--out", str(folder / "docs")]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=500, check=False)
            outcome.write_text(json.dumps([done.returncode, done.stdout + done.stderr]))
    status, output = json.loads(outcome.read_text())
    assert status == 0, output
    return folder / "docs"
