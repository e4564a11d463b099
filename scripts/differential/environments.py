"""An environment for each version of the SDK, with our wheel in it too."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from project_env import ensure, pip_install

# The SDK takes these from what it calls a tokenizer; they are large, and no REST call needs them.
NOT_NEEDED = {"transformers"}
# What our wheel needs and the SDK may lack.
OUR_REQUIREMENTS = ("attrs", "python-dateutil")


def sdk_environment(version: str, wheel: Path) -> Path:
    """The interpreter of an environment with a version of the SDK, created if it is missing."""
    python = ensure(f".venv-conformance-{version}", "--no-deps", f"tinker=={version}", locked=False)
    pip_install(python, *_requirements(python), *OUR_REQUIREMENTS, locked=False)
    pip_install(python, "--force-reinstall", "--no-deps", wheel, locked=False)
    return python


def _requirements(python: Path) -> list[str]:
    """What the SDK needs, but for its extras and what is not needed here."""
    code = "import importlib.metadata, json; print(json.dumps(importlib.metadata.requires('tinker')))"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    every: list[str] = json.loads(done.stdout)
    return [one for one in every if "extra ==" not in one and one not in NOT_NEEDED]
