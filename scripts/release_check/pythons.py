"""Finds the Pythons of this machine that the package is said to run on."""

import os
import shutil
import subprocess
import sys
from pathlib import Path


def supported(classifiers: list[str]) -> list[str]:
    """The versions that the metadata names, such as `3.12`."""
    versions = [
        one.rpartition(":: ")[2] for one in classifiers if one.startswith("Programming Language :: Python :: 3.")
    ]
    return sorted(versions, key=lambda version: [int(part) for part in version.split(".")])


def find(version: str) -> str | None:
    """An interpreter of a version: this one, one on PATH, or one that pyenv or uv keeps."""
    for candidate in _candidates(version):
        code = "import sys; print('.'.join(map(str, sys.version_info[:2])), sys.version_info.releaselevel)"
        try:
            done = subprocess.run([candidate, "-c", code], capture_output=True, text=True, check=False, timeout=30)
        except OSError:
            continue
        if done.stdout.split() == [version, "final"]:
            return candidate
    return None


def _candidates(version: str) -> list[str]:
    found = [getattr(sys, "_base_executable", sys.executable)]
    if on_path := shutil.which(f"python{version}"):
        found.append(on_path)  # which may be one of pyenv's that only says that it is not chosen
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    found += map(str, sorted(pyenv.glob(f"versions/{version}*/bin/python")))
    return found + _found_by_uv(version)


def _found_by_uv(version: str) -> list[str]:
    command = [
        str(Path(sys.executable).parent / "uv"),
        "python",
        "find",
        "--no-python-downloads",
        "--system",
        version,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.split("\n")[:1] if done.returncode == 0 else []
