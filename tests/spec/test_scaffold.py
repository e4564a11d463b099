"""scripts/scaffold: its output passes the linter, the type checker and the tests of calls without a change.

In a copy, existing operations get new names, which makes them new ones without a method and a handler.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from checkout import ROOT, copy_of_checkout, paste_scaffold

# With an ID, a scope, pages, an enumeration and a day, a body, a model and a secret, a number that may be null
OPERATIONS = (
    "get_sampler", "get_session", "list_training_runs", "get_audit_log", "assign_session_project",
    "external_weights_upload_start", "set_checkpoint_ttl",
)  # fmt: skip

pytestmark = pytest.mark.scripts(
    "tests/spec",
    "tests/facade/described_calls.py",
    "scripts/scaffold",
    "openapi.yaml",
    "wrapper/tinker_rest/_arguments.py",
    "wrapper/tinker_rest/_methods",
    "wrapper/tinker_rest_sandbox/_handlers",
)


def run(folder: Path, *command: str) -> str:
    """Run Python in a copy, without an error, and return what it prints."""
    path = os.pathsep.join(str(folder / name) for name in ("wrapper", "generated"))
    environment = {**os.environ, "PYTHONPATH": path}
    command = (sys.executable, *command)
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.long
@pytest.mark.timeout(400)  # it creates a whole checkout
def test_what_is_printed_can_be_pasted(tmp_path: Path) -> None:
    folder = copy_of_checkout(tmp_path, "wrapper", "tests")
    spec = folder / "openapi.yaml"
    text = spec.read_text()
    for name in OPERATIONS:
        text = text.replace(f"operationId: {name}\n", f"operationId: {name}_again\n")
    spec.write_text(text)
    run(folder, "scripts/regenerate")
    changed: set[Path] = set()
    for name in OPERATIONS:
        changed.update(paste_scaffold(folder, run(folder, "scripts/scaffold", f"{name}_again")))
    files = sorted(str(file) for file in changed)
    run(folder, "-m", "ruff", "check", "--fix", "--select", "I", *files)  # the order of imports
    run(folder, "-m", "ruff", "check", *files)
    run(folder, "-m", "ruff", "format", "--check", *files)
    run(folder, "-m", "mypy", "wrapper/tinker_rest", "wrapper/tinker_rest_sandbox")
    surface, wire = (f"tests/facade/test_{name}.py" for name in ("public_surface", "wire"))
    passed = run(
        folder, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", surface, wire, "-k", "_again"
    )
    assert int(re.findall(r"(\d+) passed", passed)[0]) >= 4 * len(OPERATIONS)


def test_an_operation_that_is_not_described_is_named() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "scaffold"), "get_nothing"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "openapi.yaml has no operation get_nothing.\n")
