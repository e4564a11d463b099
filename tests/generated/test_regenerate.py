"""scripts/regenerate: the one writer of generated/, and the check that nobody else was."""

import hashlib
import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from checkout import ROOT, SPEC, copy_of_checkout, with_deprecated_sampler

GENERATED = ROOT / "generated" / "tinker_rest_api"
DEPRECATED = "tinker_rest_api/api/samplers/get_sampler.py"
COPIED = {file.name: file for file in (ROOT / "scripts" / "templates").glob("*.py")}
TEMPLATES = sorted((ROOT / "scripts" / "templates").glob("*.jinja"))

pytestmark = pytest.mark.scripts(
    "tests/generated",
    "scripts/regenerate",
    "scripts/templates",
    "scripts/openapi_3_0.py",
    "generator-config.yml",
    "openapi.yaml",
    "generated",
    ".gitattributes",
)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what regeneration reads and writes, which uses the environment of these tests."""
    return copy_of_checkout(tmp_path)


def regenerate(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "scripts/regenerate", *arguments]
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)


def snapshot(folder: Path) -> dict[str, bytes]:
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }


@pytest.mark.long
def test_the_check_tells_what_differs_until_it_is_written(checkout: Path) -> None:
    """What is committed is one run, and this is a second: all that is not edited has the same bytes again.

    That the check passes where nothing differs is for scripts/test, which runs it on the checkout itself.
    """
    generated = checkout / "generated"
    committed = snapshot(generated)
    text = with_deprecated_sampler()
    before = "Some servers other than"  # in the description of the whole API, which no generated file repeats
    assert before in text
    (checkout / "openapi.yaml").write_text(text.replace(before, "Some servers use IDs"))
    (generated / "tinker_rest_api" / "models" / "cursor.py").unlink()
    (generated / "tinker_rest_api" / "extra.py").write_text("")
    with (generated / "tinker_rest_api" / "client.py").open("a") as file:
        file.write("# by hand\n")
    with (generated / "tinker_rest_api" / "_model.py").open("a") as file:
        file.write("# so too\n")
    spoiled = snapshot(generated)

    failed = regenerate(checkout, "--check")
    assert failed.returncode == 1
    assert "missing: generated/tinker_rest_api/models/cursor.py" in failed.stdout
    assert "extra: generated/tinker_rest_api/extra.py" in failed.stdout
    assert "-# by hand" in failed.stdout
    assert "-# so too" in failed.stdout
    assert "+SPEC_SHA256" in failed.stdout
    assert "scripts/regenerate" in failed.stderr
    assert snapshot(generated) == spoiled

    assert regenerate(checkout).returncode == 0
    written = snapshot(generated)
    edited = {"openapi-3.0.yaml", "tinker_rest_api/spec_digest.py", DEPRECATED}
    assert written.keys() == committed.keys()
    assert {name for name in written if written[name] != committed[name]} == edited
    digest, now = (hashlib.sha256(file.read_bytes()).hexdigest() for file in (SPEC, checkout / "openapi.yaml"))
    told = committed["tinker_rest_api/spec_digest.py"].replace(digest.encode(), now.encode())
    assert written["tinker_rest_api/spec_digest.py"] == told
    docstrings = written[DEPRECATED].decode()
    assert docstrings.count("Deprecated since 2026-12-31, gone after 2027-12-31: use `get_session` instead.") == 4


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
        if file.name not in COPIED:
            assert file.read_text().startswith("# Generated from openapi.yaml by openapi-python-client 0.29.1."), (
                file
            )
    assert COPIED.keys() == {"_display.py", "_model.py"}
    for name, source in COPIED.items():
        notice, _, copied = (GENERATED / name).read_text().partition("\n")
        assert notice.startswith(f"# Copied from scripts/templates/{name}. Do not edit")
        assert copied == source.read_text()
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
