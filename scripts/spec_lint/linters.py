"""The linters that others wrote: one for the structure, two for style."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml
from openapi_3_0 import as_yaml, downgraded

FOLDER = Path(__file__).resolve().parent
# Node's packages are installed from package.json, and are not part of the checkout.
CACHE = FOLDER.parent.parent / ".venv-node"


def structure(spec: Path) -> list[str]:
    """What the OpenAPI standard itself forbids."""
    command = [sys.executable, "-m", "openapi_spec_validator", str(spec)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return [] if done.returncode == 0 else [f"{spec.name}: {done.stdout}{done.stderr} [openapi-spec-validator]"]


def node_linters(spec: Path) -> list[str]:
    """What Spectral and Redocly report; without Node, a message, and in CI a finding."""
    if not can_be_installed():
        message = "spectral and redocly were not run: there is no Node here"
        if os.environ.get("CI"):
            return [f"{spec.name}: {message}, and CI must have it [node]"]
        print(f"{message}.")
        return []
    tools = installed()
    shutil.copy(FOLDER / "spectral.yaml", CACHE)  # next to the rulesets that it extends
    spectral = [
        str(tools / "spectral"), "lint", "--ruleset", str(CACHE / "spectral.yaml"), "--fail-severity", "hint",
        "--format", "text", str(spec),
    ]  # fmt: skip
    redocly = [
        str(tools / "redocly"), "lint", "--config", str(FOLDER / "redocly.yaml"), "--format", "github-actions",
        str(spec),
    ]  # fmt: skip
    found = _lines("spectral", spectral, "spectral.yaml") + _lines("redocly", redocly, "redocly.yaml")
    return found + _errors_of_3_0(spec, str(tools / "redocly"))


def _errors_of_3_0(spec: Path, redocly: str) -> list[str]:
    """What Redocly takes for an error in the 3.0 form. It also warns of examples with null, which stay."""
    try:
        older = as_yaml(downgraded(yaml.safe_load(spec.read_text())))
    except ValueError as error:
        return [f"{error} [openapi-3.0]"]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "openapi-3.0.yaml"
        file.write_text(older)
        command = [redocly, "lint", "--extends", "recommended", "--format", "github-actions", str(file)]
        return _lines("redocly, 3.0 form", command, "")


def can_be_installed() -> bool:
    """Whether there is Node, which brings and runs them."""
    return shutil.which("node") is not None and shutil.which("npm") is not None


def installed() -> Path:
    """The folder of the tools that need Node; installs them if they are not there yet."""
    stamp = CACHE / "made-from"
    tools = CACHE / "node_modules" / ".bin"
    with (FOLDER / "package.json").open("rb") as package:
        fcntl.flock(package, fcntl.LOCK_EX)  # tests in other processes may need them too
        digest = hashlib.sha256(package.read()).hexdigest()
        if not tools.is_dir() or not stamp.exists() or stamp.read_text() != digest:
            shutil.rmtree(CACHE, ignore_errors=True)
            CACHE.mkdir()
            shutil.copy(FOLDER / "package.json", CACHE)
            command = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
            done = subprocess.run(command, cwd=CACHE, capture_output=True, text=True, check=False)
            if done.returncode:
                sys.exit(f"npm install failed:\n{done.stdout}{done.stderr}")
            stamp.write_text(digest)
    return tools


def _lines(linter: str, command: list[str], exceptions: str) -> list[str]:
    where = f"exceptions: {exceptions} in scripts/spec_lint" if exceptions else "no exceptions"
    quiet = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_COLOR": "1"}
    environment = {**os.environ, **quiet}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return []
    found = [line for line in done.stdout.splitlines() if line.strip()]
    return [f"{line} [{linter}, {where}]" for line in found or [done.stderr]]
