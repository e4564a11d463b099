"""scripts/release-check: that it passes, and that each thing that may be wrong with a release fails."""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from checkout import ROOT

sys.path.append(str(ROOT / "scripts"))  # where the checks are; they are no part of the package
from release_check import contents, install, pythons
from release_check.build import Built, build, clean_copy, rebuild
from release_check.report import Report

LOCK = ROOT / "requirements.lock"
SERVER = ("http://127.0.0.1:9", "tml-x")

pytestmark = pytest.mark.scripts(
    "tests/package",
    "tests/docs",
    "scripts/release",
    "README.md",
    "LICENSE",
    "openapi.yaml",
    "generated",
    "wrapper",
)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source")
    clean_copy(ROOT, folder)
    return folder


@pytest.fixture(scope="module")
def original(source: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Built, Path]:
    built = build(source, tmp_path_factory.mktemp("dist"))
    return built, rebuild(built.sdist, tmp_path_factory.mktemp("rebuilt"))


@pytest.fixture
def built(original: tuple[Built, Path], tmp_path: Path) -> Built:
    """A copy of what was built, to spoil."""
    wheel, sdist, *specs = (Path(shutil.copy(file, tmp_path)) for file in original[0].files())
    return Built(wheel, sdist, tuple(specs))


def found(source: Path, built: Built, original: tuple[Built, Path]) -> str:
    return "\n".join(contents.own_findings(source, built, original[1]))


def repack(wheel: Path, *, without: str = "", **others: bytes) -> None:
    """Write a wheel anew, without a file and with others."""
    with zipfile.ZipFile(wheel) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    assert not without or without in files
    files.pop(without, None)
    (record,) = (name for name in files if name.endswith(".dist-info/RECORD"))
    for name in others.keys() - files.keys():
        digest = base64.urlsafe_b64encode(hashlib.sha256(others[name]).digest()).rstrip(b"=")
        files[record] += f"{name},sha256={digest.decode()},{len(others[name])}\n".encode()
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, data in (files | others).items():
            archive.writestr(name, data)


def repack_sdist(sdist: Path, change: Callable[[Path], object]) -> None:
    folder = sdist.parent / "unpacked"
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    (top,) = folder.iterdir()
    change(top)
    with tarfile.open(sdist, "w:gz") as archive:
        archive.add(top, arcname=top.name)


def edit_metadata(wheel: Path, before: str, after: str) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
        text = archive.read(name).decode()
    assert before in text
    repack(wheel, **{name: text.replace(before, after, 1).encode()})


def test_what_is_built_now_is_right(source: Path, original: tuple[Built, Path]) -> None:
    assert found(source, original[0], original) == ""


NEW = b"# new\n"
OF_WHEEL: dict[str, tuple[Callable[[Path], object], str]] = {
    "no marker of types": (
        lambda wheel: repack(wheel, without="tinker_rest_api/py.typed"),
        "tinker_rest_api/py.typed is not in it",
    ),
    "no module": (
        lambda wheel: repack(wheel, without="tinker_rest/futures.py"),
        "tinker_rest/futures.py is not in it",
    ),
    "no description": (
        lambda wheel: repack(wheel, without="tinker_rest_api/openapi.yaml"),
        "tinker_rest_api/openapi.yaml is not in it",
    ),
    "no licence": (
        lambda wheel: repack(wheel, without=f"{'-'.join(wheel.name.split('-')[:2])}.dist-info/licenses/LICENSE"),
        "licenses/LICENSE is not in it",
    ),
    "tests": (lambda wheel: repack(wheel, **{"tests/test_a.py": NEW}), "tests/test_a.py should not be in it"),
    "a stray file": (
        lambda wheel: repack(wheel, **{"tinker_rest/.env": NEW}),
        "tinker_rest/.env should not be in it",
    ),
    "another module": (
        lambda wheel: repack(wheel, **{"tinker_rest/futures.py": NEW}),
        "tinker_rest/futures.py is not the file of the checkout",
    ),
    "another description": (
        lambda wheel: repack(wheel, **{"tinker_rest_api/openapi.yaml": NEW}),
        "tinker_rest_api/openapi.yaml is not the openapi.yaml that is published with it",
    ),
    "another digest": (
        lambda wheel: repack(wheel, **{"tinker_rest_api/spec_digest.py": b'SPEC_SHA256: str = "0"\n'}),
        "SPEC_SHA256 is not that of openapi.yaml",
    ),
    "another version": (lambda wheel: edit_metadata(wheel, "\nVersion: ", "\nVersion: 9."), "Version is '9."),
    "another licence": (lambda wheel: edit_metadata(wheel, "Apache-2.0", "MIT"), "License-Expression is 'MIT'"),
    "no README": (
        lambda wheel: edit_metadata(wheel, "# tinker-rest", "# other"),
        "the README is not in the metadata",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", OF_WHEEL)
def test_a_wrong_wheel_fails(name: str, source: Path, built: Built, original: tuple[Built, Path]) -> None:
    spoil, expected = OF_WHEEL[name]
    spoil(built.wheel)
    assert expected in found(source, built, original)


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (lambda wheel: edit_metadata(wheel, "text/markdown", "text/x"), "twine: "),
        (lambda wheel: repack(wheel, **{"tests/test_a.py": NEW}), "check_wheel_contents: "),
    ],
)
def test_the_linters_are_asked(spoil: Callable[[Path], object], expected: str, built: Built) -> None:
    """That they find nothing in what is built now is for the test of the command."""
    spoil(built.wheel)
    assert expected in "\n".join(contents.linters(built))


OF_SDIST: dict[str, tuple[Callable[[Path], object], str]] = {
    "no licence": (lambda top: (top / "LICENSE").unlink(), "LICENSE is not in it"),
    "no description": (lambda top: (top / "openapi.yaml").unlink(), "openapi.yaml is not in it"),
    "tests": (lambda top: shutil.copytree(ROOT / "tests" / "docs", top / "tests"), "should not be in it"),
    "a stray file": (lambda top: (top / "wrapper" / ".env").write_bytes(NEW), "wrapper/.env should not be in it"),
}


@pytest.mark.parametrize("name", OF_SDIST)
def test_a_wrong_sdist_fails(name: str, source: Path, built: Built, original: tuple[Built, Path]) -> None:
    spoil, expected = OF_SDIST[name]
    repack_sdist(built.sdist, spoil)
    assert expected in found(source, built, original)


def test_another_description_beside_the_wheel_fails(
    source: Path, built: Built, original: tuple[Built, Path]
) -> None:
    with built.spec().open("ab") as file:
        file.write(NEW)
    told = found(source, built, original)
    assert "tinker_rest_api/openapi.yaml is not the openapi.yaml that is published with it" in told
    assert "SPEC_SHA256 is not that of openapi.yaml" in told


def test_another_wheel_from_the_sdist_fails(source: Path, original: tuple[Built, Path], tmp_path: Path) -> None:
    other = Path(shutil.copy(original[1], tmp_path))
    repack(other, without="tinker_rest/futures.py")
    assert "the wheel that is built from it is another" in "\n".join(
        contents.own_findings(source, original[0], other)
    )


def test_a_wheel_that_does_not_work_when_installed_fails(source: Path, tmp_path: Path) -> None:
    """Its code needs a package that it does not ask for, and its extra one that is nowhere."""
    spoiled = tmp_path / "source"
    shutil.copytree(source, spoiled)
    (spoiled / "wrapper/tinker_rest/paths.py").write_text("import starlette\n")
    project = spoiled / "pyproject.toml"
    assert '"uvicorn>=0.30"' in project.read_text()
    project.write_text(project.read_text().replace('"uvicorn>=0.30"', '"uvicorn>=9999"'))
    (tmp_path / "dist").mkdir()
    built = build(spoiled, tmp_path / "dist")
    for extra, expected in (("", "No module named 'starlette'"), ("sandbox", "uv pip install: ")):
        folder = tmp_path / f"try-{extra}"
        folder.mkdir()
        told = "\n".join(install.problems(sys.executable, extra, built, LOCK, SERVER, folder))
        assert expected in told


def test_the_pythons_are_those_that_the_metadata_names(original: tuple[Built, Path]) -> None:
    versions = pythons.supported(contents.metadata(original[0].wheel).get_all("Classifier"))
    assert versions[0] == "3.11"
    assert len(versions) >= 3
    here = ".".join(map(str, sys.version_info[:2]))
    assert pythons.find(here) is not None
    assert pythons.find("3.99") is None


@pytest.mark.parametrize("allow_missing", [True, False])
def test_a_python_that_is_missing_is_told(
    allow_missing: bool, original: tuple[Built, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = Report()
    report.installs(original[0], LOCK, ["3.99"], tmp_path, allow_missing=allow_missing)
    assert "not checked: Python 3.99" in capsys.readouterr().out
    assert report.failed == ([] if allow_missing else ["Python 3.99 is missing"])


def test_the_command_passes_and_keeps_what_it_built_which_are_the_same_bytes_again(
    original: tuple[Built, Path], tmp_path: Path
) -> None:
    command = [sys.executable, str(ROOT / "scripts" / "release-check"), "--no-installs", "--out", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "right: metadata and contents" in done.stdout
    assert {file.suffix for file in tmp_path.iterdir()} == {".whl", ".gz", ".yaml"}
    assert (tmp_path / "openapi.yaml").read_bytes() == (ROOT / "openapi.yaml").read_bytes()
    first, again = (
        {file.name: file.read_bytes() for file in files} for files in (original[0].files(), tmp_path.iterdir())
    )
    assert first == again
