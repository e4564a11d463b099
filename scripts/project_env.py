"""Creates the Python environments that the scripts run in. Only Python and pip have to be installed.

Each is a virtual environment at the top of the checkout, with the versions in requirements.lock, and is recreated
when its sources change.
"""

from __future__ import annotations  # an older Python still gets to the message about its version

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
PROGRESS_SECONDS = 10
# What the wheel is built from.
PACKAGED = ["wrapper", "generated", "openapi.yaml", "pyproject.toml", "README.md", "LICENSE"]


def python_of(folder: Path) -> Path:
    """The interpreter of a virtual environment."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def run(*command: str | Path, **settings: object) -> None:
    """Run a command in the checkout, and exit with its exit code if it fails."""
    done = subprocess.run([str(word) for word in command], cwd=ROOT, check=False, **settings)  # type: ignore[call-overload]
    if done.returncode:
        sys.exit(done.returncode)


def digest_of(*paths: Path) -> str:
    """A digest of files and of all source files in folders, which changes with any of them."""
    digest = hashlib.sha256()
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(f"{file.relative_to(ROOT)} {file.stat().st_size} ".encode() + file.read_bytes())
    return digest.hexdigest()


@contextmanager
def progress(what: str) -> Iterator[None]:
    """Print that something takes long, again and again, until it is done."""
    done = threading.Event()
    started = time.monotonic()

    def report() -> None:
        while not done.wait(PROGRESS_SECONDS):
            print(f"  {what}, {time.monotonic() - started:.0f} s so far …", flush=True)

    thread = threading.Thread(target=report, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def pip_install(python: Path, *arguments: str | Path, locked: bool = True) -> None:
    """Install into an environment. The lock file sets all versions, including those of build tools."""
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    if locked:
        environment |= dict.fromkeys(("PIP_CONSTRAINT", "UV_CONSTRAINT", "UV_BUILD_CONSTRAINT"), str(LOCK))
    folders = (str(one.parent) for one in (python, Path(sys.executable)))
    uv = shutil.which("uv", path=os.pathsep.join((*folders, os.environ.get("PATH", ""))))
    if uv is not None:
        # Several times as fast as pip, but it ignores pip's settings, such as a company's index.
        by_uv = [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", python, *arguments]
        if not subprocess.run(by_uv, cwd=ROOT, env=environment, capture_output=True, check=False).returncode:
            return
    # The interpreter outside all environments has pip, so that they do not need it.
    outside = getattr(sys, "_base_executable", sys.executable)
    command = (outside, "-m", "pip", "--python", python, "install", "--quiet")
    if subprocess.run([outside, "-m", "pip", "--version"], capture_output=True, check=False).returncode:
        sys.exit(
            f"{outside} has no pip. Install pip (on Debian or Ubuntu: apt install python3-pip) or uv, and retry."
        )
    run(*command, *arguments, env=environment)


def ensure(
    name: str, *arguments: str | Path, sources: tuple[Path, ...] = (), locked: bool = True, first: str = ""
) -> Path:
    """Create the environment `name` with `pip install *arguments`, if it is missing or out of date.

    `first` is a package to install first: the one that installs the others faster.
    """
    if sys.version_info < (3, 11):  # noqa: UP036 - tell users of an older Python
        sys.exit(f"tinker-rest needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
    folder = ROOT / name
    python = python_of(folder)
    if Path(sys.prefix) == folder:
        return python
    files = digest_of(LOCK, ROOT / "pyproject.toml", *sources)
    made_from = f"{sys.version} {sys.base_prefix} {ROOT} {arguments} {files}"
    stamp = folder / "made-from"
    if stamp.exists() and stamp.read_text() == made_from:
        return python
    print(f"Setting up {name} …", flush=True)
    with progress("installing packages"):
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=False, symlinks=os.name != "nt")
        if first:
            pip_install(python, first, locked=locked)
        pip_install(python, *arguments, locked=locked)
    stamp.write_text(made_from)
    return python


def ensure_dev() -> Path:
    """The environment for tests, checks and generators."""
    return ensure(".venv", "-r", LOCK, first="uv")


def build_wheel(folder: Path) -> Path:
    """Build the wheel as it would be published. Runs in the environment of `ensure_dev`."""
    command = (sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder)
    # Otherwise it prints the path of the wheel, in a folder that is removed soon.
    run(*command, env={**os.environ, "HATCH_QUIET": "1"})
    shutil.rmtree(ROOT / "build", ignore_errors=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def install_wheel() -> None:
    """Install the wheel in this environment, so that tests never use the source tree."""
    stamp = Path(sys.prefix) / "wheel-made-from"
    digest = digest_of(*(ROOT / name for name in PACKAGED))
    if stamp.exists() and stamp.read_text() == digest:
        return
    with tempfile.TemporaryDirectory() as folder:
        pip_install(Path(sys.executable), "--force-reinstall", "--no-deps", build_wheel(Path(folder)))
    stamp.write_text(digest)


def rerun_in(python: Path) -> None:
    """Continue in another interpreter, unless the script already runs in it."""
    if Path(sys.prefix) != python.parent.parent:
        bin_folder = str(python.parent)
        os.environ["PATH"] = bin_folder + os.pathsep + os.environ.get("PATH", "")
        sys.exit(subprocess.run([str(python), *sys.argv], check=False).returncode)
