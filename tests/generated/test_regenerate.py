"""scripts/regenerate: the one writer of generated/, and the check that nobody else was."""

import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from checkout import ROOT, with_deprecated_sampler

GENERATED = ROOT / "generated" / "tinker_rest_api"
TEMPLATES = sorted((ROOT / "scripts" / "templates").glob("*.jinja"))


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what regeneration reads and writes, which uses the environment of these tests."""
    for name in ("openapi.yaml", "generator-config.yml", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("generated", "scripts"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    script = tmp_path / "scripts" / "project_env.py"
    text = script.read_text()
    assert 'return ensure(".venv", "-r", LOCK)' in text
    script.write_text(text.replace('return ensure(".venv", "-r", LOCK)', "return Path(sys.executable)"))
    return tmp_path


def regenerate(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "scripts/regenerate", *arguments]
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)


def snapshot(folder: Path) -> dict[str, bytes]:
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }


def test_two_runs_write_the_same_bytes(checkout: Path) -> None:
    committed = snapshot(checkout / "generated")
    for _ in range(2):
        assert regenerate(checkout).returncode == 0
        assert snapshot(checkout / "generated") == committed


def test_an_edited_description_fails_the_check_until_regenerated(checkout: Path) -> None:
    spec = checkout / "openapi.yaml"
    before = "A few servers use ids"  # in the description of the whole API, which no generated file repeats
    assert before in spec.read_text()
    spec.write_text(spec.read_text().replace(before, "Some servers use ids"))
    failed = regenerate(checkout, "--check")
    assert failed.returncode == 1
    assert "SPEC_SHA256" in failed.stdout
    assert "scripts/regenerate" in failed.stderr
    assert regenerate(checkout).returncode == 0
    assert regenerate(checkout, "--check").returncode == 0


def test_generated_docstrings_tell_of_deprecations(checkout: Path) -> None:
    (checkout / "openapi.yaml").write_text(with_deprecated_sampler())
    assert regenerate(checkout).returncode == 0
    text = (checkout / "generated/tinker_rest_api/api/samplers/get_sampler.py").read_text()
    assert text.count("Deprecated since 2026-12-31, gone after 2027-12-31: use `get_session` instead.") == 4


def test_missing_extra_and_changed_files_fail_the_check(checkout: Path) -> None:
    package = checkout / "generated" / "tinker_rest_api"
    (package / "models" / "cursor.py").unlink()
    (package / "extra.py").write_text("")
    with (package / "client.py").open("a") as file:
        file.write("# by hand\n")
    failed = regenerate(checkout, "--check")
    assert failed.returncode == 1
    assert "missing: generated/tinker_rest_api/models/cursor.py" in failed.stdout
    assert "extra: generated/tinker_rest_api/extra.py" in failed.stdout
    assert "-# by hand" in failed.stdout


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("'#/components/schemas/Cursor'", "'#/components/schemas/Cursr'"),
        ("      operationId: list_training_runs", "      operationId: [list_training_runs]"),
    ],
)
def test_a_wrong_description_changes_nothing(checkout: Path, good: str, bad: str) -> None:
    spec = checkout / "openapi.yaml"
    assert good in spec.read_text()
    spec.write_text(spec.read_text().replace(good, bad))
    before = snapshot(checkout / "generated")
    assert regenerate(checkout).returncode != 0
    assert snapshot(checkout / "generated") == before


def test_every_file_says_that_it_is_generated() -> None:
    files = list(GENERATED.rglob("*.py"))
    assert len(files) > 30
    for file in files:
        assert file.read_text().startswith("# Generated from openapi.yaml by openapi-python-client 0.29.1."), file
    assert "generated/** linguist-generated=true" in (ROOT / ".gitattributes").read_text()


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_templates_name_the_version_that_they_replace(template: Path) -> None:
    """When the pin moves, each template is to be compared with the new original; then its first line changes."""
    first = template.read_text().splitlines()[0]
    assert first == f"{{# Replaces {template.name} of openapi-python-client {version('openapi-python-client')}."
    assert "Why: " in template.read_text()


def test_generator_and_formatter_are_pinned_exactly() -> None:
    developed = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]["dev"]
    for name in ("openapi-python-client", "ruff"):
        assert any(re.fullmatch(rf"{name}==[\d.]+", one) for one in developed)
