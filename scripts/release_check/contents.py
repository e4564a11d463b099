"""What is wrong with the built files, without installing them."""

import hashlib
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from email.parser import HeaderParser
from pathlib import Path, PurePosixPath
from typing import Any

from release_check.build import Built, carried_files

PACKAGES = {
    "wrapper/tinker_rest": "tinker_rest",
    "wrapper/tinker_rest_cli": "tinker_rest_cli",
    "wrapper/tinker_rest_sandbox": "tinker_rest_sandbox",
    "generated/tinker_rest_api": "tinker_rest_api",
}
# Beside the packages; hatchling puts the last three there.
SDIST = {"CHANGELOG.md", "LICENSE", "README.md", "openapi.yaml", "generated", "wrapper"} | {
    ".gitignore", "PKG-INFO", "pyproject.toml",
}  # fmt: skip


def problems(source: Path, built: Built, rebuilt: Path) -> Iterator[str]:
    """What is wrong, a line for each."""
    yield from linters(built)
    yield from own_findings(source, built, rebuilt)


def linters(built: Built) -> Iterator[str]:
    """What twine and check-wheel-contents say."""
    # W002 is of equal files, which the generator's empty modules are.
    options = ["--ignore", "W002", "--toplevel", ",".join(PACKAGES.values())]
    for name, arguments in (
        ("twine", ["check", "--strict", str(built.wheel), str(built.sdist)]),
        ("check_wheel_contents", [*options, str(built.wheel)]),
    ):
        command = [sys.executable, "-m", name, *arguments]
        done = subprocess.run(command, cwd=built.wheel.parent, capture_output=True, text=True, check=False)
        if done.returncode:
            yield f"{name}: {done.stdout.strip()} {done.stderr.strip()}"


def own_findings(source: Path, built: Built, rebuilt: Path) -> Iterator[str]:
    """What is in the files that should not be, or is not and should; and what disagrees."""
    yield from _metadata(source, built)
    yield from _wheel(source, built.wheel)
    yield from _sdist(source, built.sdist)
    yield from _descriptions(source, built)
    if rebuilt.name != built.wheel.name or rebuilt.read_bytes() != built.wheel.read_bytes():
        yield f"{built.sdist.name}: the wheel that is built from it is another than {built.wheel.name}"


def _metadata(source: Path, built: Built) -> Iterator[str]:
    project = _project(source)
    told = metadata(built.wheel)
    for key, expected in (
        ("Name", project["name"]),
        ("Version", project["version"]),
        ("License-Expression", "Apache-2.0"),
        ("Requires-Python", project["requires-python"]),
    ):
        if told.get(key) != expected:
            yield f"{built.wheel.name}: {key} is {told.get(key)!r}, not {expected!r}"
    if set(told.get_all("Classifier", [])) != set(project["classifiers"]):
        yield f"{built.wheel.name}: the classifiers are not those of pyproject.toml"
    if not (told.get_payload() or "").startswith("# tinker-rest"):
        yield f"{built.wheel.name}: the README is not in the metadata"


def _wheel(source: Path, wheel: Path) -> Iterator[str]:
    expected = {name: (source / path).read_bytes() for path, name in carried_files(source).items()}
    for folder, package in PACKAGES.items():
        for file in filter(Path.is_file, (source / folder).rglob("*")):
            expected[f"{package}/{file.relative_to(source / folder).as_posix()}"] = file.read_bytes()
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if not name.endswith("/")}
        about = f"{'-'.join(wheel.name.split('-')[:2])}.dist-info"
        needed = {
            f"{about}/{name}" for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")
        }
        needed |= {f"{package}/py.typed" for package in PACKAGES.values()}
        yield from (f"{wheel.name}: {name} is not in it" for name in sorted((needed | expected.keys()) - names))
        yield from (
            f"{wheel.name}: {name} should not be in it" for name in sorted(names - expected.keys() - needed)
        )
        for name in sorted(names & expected.keys()):
            if archive.read(name) != expected[name]:
                yield f"{wheel.name}: {name} is not the file of the checkout"


def _sdist(source: Path, sdist: Path) -> Iterator[str]:
    with tarfile.open(sdist) as archive:
        names = {str(PurePosixPath(*PurePosixPath(one.name).parts[1:])) for one in archive if one.isfile()}
    needed = {"LICENSE", "README.md", "openapi.yaml", "pyproject.toml", *(f"{one}/py.typed" for one in PACKAGES)}
    yield from (f"{sdist.name}: {name} is not in it" for name in sorted(needed - names))
    for name in sorted(names):
        if name.split("/")[0] not in SDIST or (name != "PKG-INFO" and not (source / name).exists()):
            yield f"{sdist.name}: {name} should not be in it"


def _descriptions(source: Path, built: Built) -> Iterator[str]:
    with zipfile.ZipFile(built.wheel) as archive:
        for spec, name in zip(built.specs, carried_files(source).values(), strict=True):
            if name in archive.namelist() and archive.read(name) != spec.read_bytes():
                yield f"{built.wheel.name}: {name} is not the {spec.name} that is published with it"
        told = archive.read("tinker_rest_api/spec_digest.py").decode()
    digest = sha256(built.spec())
    if not re.search(rf'^SPEC_SHA256: str = "{digest}"$', told, re.MULTILINE):
        yield f"{built.wheel.name}: SPEC_SHA256 is not that of {built.spec().name}, which is {digest}"
    version = re.search(r"^  version: (\S+)$", built.spec().read_text(encoding="utf-8"), re.MULTILINE)
    if not version or version[1] != metadata(built.wheel)["Version"]:
        yield f"{built.spec().name}: info.version is not the version of {built.wheel.name}"


def sha256(file: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def metadata(wheel: Path) -> Any:
    """The metadata of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return HeaderParser().parsestr(archive.read(name).decode())


def _project(source: Path) -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads((source / "pyproject.toml").read_text())["project"]
    return project
