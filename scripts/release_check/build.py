"""Builds what is published from nothing but the files that git knows."""

import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
from pathlib import Path
from typing import NamedTuple

# Any fixed time gives the same bytes: files in a zip cannot be older than 1980.
EPOCH = "1577836800"  # 2020-01-01


class Built(NamedTuple):
    """What is published."""

    wheel: Path
    sdist: Path
    specs: tuple[Path, ...]

    def files(self) -> list[Path]:
        """All of them."""
        return [self.wheel, self.sdist, *self.specs]

    def spec(self) -> Path:
        """The description whose digest the package exports."""
        return next(spec for spec in self.specs if spec.name == "openapi.yaml")


def clean_copy(checkout: Path, folder: Path) -> None:
    """Copy the files that git knows, as they are now."""
    command = ["git", "-c", f"safe.directory={checkout}", "ls-files", "-z"]
    listed = subprocess.run(command, cwd=checkout, check=True, capture_output=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        if (checkout / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(checkout / name, folder / name)


def build(source: Path, folder: Path) -> Built:
    """Build the sdist and the wheel, and copy the wheel's descriptions next to them."""
    specs = tuple(Path(shutil.copy(source / path, folder)) for path in carried_files(source))
    return Built(_hatch(source, folder, "wheel"), _hatch(source, folder, "sdist"), specs)


def carried_files(source: Path) -> dict[str, str]:
    """The files in the wheel besides its packages: their path here, and in the wheel."""
    project = tomllib.loads((source / "pyproject.toml").read_text())
    files: dict[str, str] = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    return files


def rebuild(sdist: Path, folder: Path) -> Path:
    """Build a wheel from an sdist."""
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    (source,) = folder.iterdir()
    return _hatch(source, folder / "again", "wheel")


def _hatch(source: Path, folder: Path, target: str) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", str(folder)]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": EPOCH}
    done = subprocess.run(command, cwd=source, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"hatchling could not build the {target}:\n{done.stdout}{done.stderr}")
    (built,) = folder.glob("*.whl" if target == "wheel" else "*.tar.gz")
    return built
