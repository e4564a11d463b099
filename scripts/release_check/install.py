"""Installs the wheel into clean environments and tries it there."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from release_check import contents
from release_check.build import Built

UV = str(Path(sys.executable).parent / "uv")
# Run in each environment. The server is one that this script's own environment serves.
TRIAL = """
import hashlib, importlib.resources, json, sys
import tinker_rest, tinker_rest.types, tinker_rest_api
with tinker_rest.RestClient(base_url=sys.argv[1], api_key=sys.argv[2]) as client:
    checkpoints = client.list_user_checkpoints().result().checkpoints
spec = importlib.resources.files("tinker_rest_api").joinpath("openapi.yaml").read_bytes()
print(json.dumps({
    "version": tinker_rest.__version__,
    "spec_version": tinker_rest.SPEC_VERSION,
    "exported": tinker_rest.SPEC_SHA256,
    "carried": hashlib.sha256(spec).hexdigest(),
    "checkpoints": len(checkpoints),
}))
"""
# The extras with what the command needs; without it, it says what to install.
WITH_COMMAND = ("cli", "hub", "sandbox")
SANDBOX = """
from tinker_rest_sandbox import Sandbox
with Sandbox() as sandbox:
    assert sandbox.client().list_user_checkpoints().result().checkpoints
"""


def trials(wheel: Path) -> list[str]:
    """The extras that a wheel has, and "" for the core install."""
    return ["", *sorted(contents.metadata(wheel).get_all("Provides-Extra", []))]


def problems(
    python: str, extra: str, built: Built, lock: Path, server: tuple[str, str], folder: Path
) -> Iterator[str]:
    """Install into a new environment and try it; what is wrong, a line for each."""
    environment = folder / "environment"
    inside = environment / ("Scripts" if os.name == "nt" else "bin")
    wanted = f"tinker-rest[{extra}] @ {built.wheel.as_uri()}" if extra else str(built.wheel)
    steps = [
        [UV, "venv", "--quiet", "--no-project", "--python", python, str(environment)],
        # `--python` also when another environment is active
        [UV, "pip", "install", "--quiet", "--python", str(environment), "--constraint", str(lock), wanted],
        [UV, "pip", "check", "--quiet", "--python", str(environment)],
    ]
    for step in steps:
        done = _run(step, folder)
        if done.returncode:
            yield f"uv {' '.join(step[1:3])}: {done.stderr.strip()}"
            return
    done = _run([str(inside / "python"), "-I", "-W", "error", "-c", TRIAL, *server], folder)
    if done.returncode:
        yield f"the first program fails: {done.stderr.strip()}"
    else:
        yield from _disagreements(json.loads(done.stdout), built)
    version = contents.metadata(built.wheel)["Version"]
    done = _run([str(inside / "tinker-rest"), "version"], folder)
    says = done.stdout if extra in WITH_COMMAND else done.stderr
    if (version if extra in WITH_COMMAND else "pip install 'tinker-rest[cli]'") not in says:
        yield f"`tinker-rest version` says {done.stdout.strip()!r} {done.stderr.strip()}"
    if extra == "sandbox":
        done = _run([str(inside / "python"), "-I", "-c", SANDBOX], folder)
        if done.returncode:
            yield f"the sandbox does not run: {done.stderr.strip()}"


def _disagreements(told: dict[str, Any], built: Built) -> Iterator[str]:
    version = contents.metadata(built.wheel)["Version"]
    digest = contents.sha256(built.spec())
    for key, expected in (
        ("version", version),
        ("spec_version", version),
        ("exported", digest),
        ("carried", digest),
    ):
        if told[key] != expected:
            yield f"the installed package has the {key} {told[key]}, not {expected}"
    if not told["checkpoints"]:
        yield "the sandbox's checkpoints are not listed"


def _run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    # Without this user's settings and the environment of the script.
    kept = {
        key: value for key, value in os.environ.items() if not key.startswith(("TINKER", "PYTHON", "VIRTUAL_ENV"))
    }
    return subprocess.run(command, cwd=folder, env=kept, capture_output=True, text=True, check=False, timeout=300)
