"""What is published: the wheel's contents, its dependencies, and that it works alone."""

import hashlib
import re
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
from checkout import ROOT, SPEC

import tinker_rest
import tinker_rest_api
import tinker_rest_cli
import tinker_rest_sandbox
from tinker_rest_api.spec_digest import SPEC_SHA256

PACKAGES = ("tinker_rest", "tinker_rest_api", "tinker_rest_cli", "tinker_rest_sandbox")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_the_packages_and_the_description(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        assert hashlib.sha256(archive.read("tinker_rest_api/openapi.yaml")).hexdigest() == SPEC_SHA256
        older = (ROOT / "generated" / "openapi-3.0.yaml").read_bytes()
        assert archive.read("tinker_rest_api/openapi-3.0.yaml") == older
    for expected in (
        "tinker_rest/__init__.py",
        "tinker_rest/py.typed",
        "tinker_rest_cli/__init__.py",
        "tinker_rest_cli/py.typed",
        "tinker_rest_sandbox/__main__.py",
        "tinker_rest_sandbox/py.typed",
        "tinker_rest_sandbox/scenario.example.yaml",
        "tinker_rest_sandbox/schema.sql",
        "tinker_rest_sandbox/_pages/static/docs.html",
        "tinker_rest_sandbox/_pages/static/docs.js",
        "tinker_rest_sandbox/_pages/static/icon.svg",
        "tinker_rest_sandbox/_pages/static/overview.html",
        "tinker_rest_sandbox/_pages/static/overview.js",
        "tinker_rest_sandbox/_pages/static/pages.css",
        "tinker_rest_api/__init__.py",
        "tinker_rest_api/openapi-3.0.yaml",
        "tinker_rest_api/py.typed",
    ):
        assert expected in names
    tops = {name.split("/")[0] for name in names}
    assert tops == {*PACKAGES, f"tinker_rest-{tinker_rest.__version__}.dist-info"}
    assert not [name for name in names if name.endswith(".pyc")]


def test_the_tests_run_on_the_installed_wheel() -> None:
    for package in (tinker_rest, tinker_rest_api, tinker_rest_cli, tinker_rest_sandbox):
        assert package.__file__ is not None
        assert "site-packages" in Path(package.__file__).parts
    assert hashlib.sha256(SPEC.read_bytes()).hexdigest() == SPEC_SHA256 == tinker_rest.SPEC_SHA256


def test_versions_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == tinker_rest.__version__ == tinker_rest.SPEC_VERSION
    assert re.search(rf"^  version: {re.escape(project['version'])}$", SPEC.read_text(), re.MULTILINE)


def test_the_core_install_is_small_and_works(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "core")
    python = tmp_path / "core" / "bin" / "python"
    uv = [str(Path(sys.executable).with_name("uv")), "pip"]
    where = ["--python", str(python)]
    constraints = ["--constraint", str(ROOT / "requirements.lock")]
    subprocess.run([*uv, "install", "--quiet", *where, *constraints, str(wheel)], check=True)
    listed = subprocess.run(
        [*uv, "list", "--format=freeze", *where], check=True, capture_output=True, text=True
    ).stdout
    names = {line.partition("==")[0] for line in listed.split()}
    assert names == {
        "anyio", "attrs", "certifi", "h11", "httpcore", "httpx", "idna", "python-dateutil", "tinker-rest",
        "typing-extensions", "tzdata",
    }  # fmt: skip
    code = """
from tinker_rest import APIConnectionError, RestClient, TinkerError, types
with RestClient(base_url='http://127.0.0.1:9', api_key='tml-x', max_retries=0) as client:
    try:
        client.list_sessions().result()
    except APIConnectionError as error:
        print('asked:', error.attempts)
try:
    import tinker_rest_sandbox
    tinker_rest_sandbox.Sandbox()
except ImportError as error:
    print(error)
"""
    done = subprocess.run([str(python), "-c", code], check=True, capture_output=True, text=True, cwd=tmp_path)
    assert "asked: 1" in done.stdout
    assert "tinker-rest[sandbox]" in done.stdout
    done = subprocess.run(
        [python.with_name("tinker-rest"), "version"], check=False, capture_output=True, text=True
    )
    told = "tinker-rest: this command needs click, which is not installed: pip install 'tinker-rest[cli]'\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", told)


def test_the_lock_file_names_no_registry_and_pins_everything() -> None:
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith(("#", " "))]
    assert len(pins) > 30
    for line in pins:
        assert re.match(r"[a-z0-9._-]+(\[[a-z]+\])?==\S+", line), line
    assert "://" not in "\n".join(lines)
