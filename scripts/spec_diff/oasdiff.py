"""oasdiff, which compares two descriptions: built by Go from the versions and checksums in go.mod and go.sum."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
# What is built is no part of the checkout.
CACHE = FOLDER.parent.parent / ".venv-go"

NO_GO = (
    "openapi.yaml was not compared with that of the last release: there is no Go here (https://go.dev/dl), "
    "which builds oasdiff"
)


def can_be_built() -> bool:
    """Whether oasdiff is there, or Go to build it."""
    return shutil.which("go") is not None or _is_built()


def compare(base: Path, revision: Path) -> list[dict[str, Any]]:
    """Every change from one description to another, as oasdiff reports it."""
    output = _run("changelog", str(base), str(revision), "--format", "json")
    changes: list[dict[str, Any]] = json.loads(output or "[]")
    return changes


def known_ids() -> set[str]:
    """The ids of all kinds of change that oasdiff tells apart."""
    return {one["id"] for one in json.loads(_run("checks", "changelog", "--format", "json"))}


def _run(*arguments: str) -> str:
    command = [str(built()), *arguments]
    # Do not read this user's settings.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("OASDIFF")}
    done = subprocess.run(command, cwd=FOLDER, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"oasdiff {arguments[0]} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def _digest() -> str:
    return hashlib.sha256(b"".join((FOLDER / name).read_bytes() for name in ("go.mod", "go.sum"))).hexdigest()


def _program() -> Path:
    return CACHE / ("oasdiff.exe" if os.name == "nt" else "oasdiff")


def _is_built() -> bool:
    stamp = CACHE / "made-from"
    return _program().exists() and stamp.exists() and stamp.read_text() == _digest()


def built() -> Path:
    """The program, which is built when it is not there yet."""
    if not _is_built():
        print("Building oasdiff …", file=sys.stderr, flush=True)
        shutil.rmtree(CACHE, ignore_errors=True)
        CACHE.mkdir()
        command = ["go", "build", "-mod=readonly", "-buildvcs=false", "-o", str(_program())]
        command.append("github.com/oasdiff/oasdiff")
        done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"go build of oasdiff failed:\n{done.stdout}{done.stderr}")
        (CACHE / "made-from").write_text(_digest())
    return _program()
