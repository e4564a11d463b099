"""The pytest plugin in processes of its own, as users run it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tinker_rest_sandbox import Sandbox


def run_pytest(
    folder: Path, tests: str, *arguments: str, conftest: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    (folder / "test_it.py").write_text(tests)
    (folder / "conftest.py").write_text(conftest)
    (folder / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("TINKER_", "PYTEST_"))
    }
    # What other packages bring is not needed, and takes longer to import than pytest itself.
    others = [
        f"-pno:{name}"
        for name in (
            "anyio",
            "cacheprovider",
            "hypothesispytest",
            "platformdirs",
            "pytest_httpx",
            "respx",
            "schemathesis",
        )
    ]
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *others, *arguments],
        cwd=folder, env={**environment, **variables}, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip


IMPORTS = """
import sys

def test_modules():
    ours = {name for name in sys.modules if name.startswith("tinker_rest")}
    assert ours == {"tinker_rest_sandbox", "tinker_rest_sandbox.pytest_plugin"}
    assert not {"httpx", "attrs", "uvicorn", "starlette", "jsonschema_rs", "yaml"} & set(sys.modules)
"""
FRESH_STATE = """
import pytest
ports = set()

@pytest.mark.parametrize("number", range(3))
def test_fresh(number, tinker_sandbox, tinker_rest_client):
    path = "tinker://run-id/weights/0001"
    assert len(tinker_sandbox.requests) == len(tinker_sandbox.faults) == 0
    tinker_sandbox.faults.add(status=503, retry_after=0, match="delete_checkpoint")
    tinker_sandbox.add_project(project_id="project-of-mine")
    tinker_sandbox.clock.advance(3600)
    tinker_rest_client.delete_checkpoint_from_tinker_path(path).result()
    ports.add(tinker_sandbox.base_url)

def test_one_server():
    assert len(ports) == 1

def test_closed_by_a_test(tinker_sandbox):
    tinker_sandbox.close()

def test_and_back(tinker_sandbox, tinker_rest_client):
    assert tinker_rest_client.list_sessions().result().sessions
"""
ENVIRONMENT = """
import os

def names():
    return {name for name in os.environ if name.startswith("TINKER_")}

def test_without(tinker_sandbox, tinker_rest_client):
    assert names() == set()

def test_with(tinker_sandbox, tinker_environment):
    assert names() == set(tinker_environment)
    from tinker_rest import RestClient  # not before the test of imports

    with RestClient() as client:
        client.list_sessions().result()
    assert len(tinker_sandbox.requests) == 1

def test_after():
    assert names() == set()
"""


def test_a_fresh_state_the_environment_and_imports(tmp_path: Path) -> None:
    """Nothing is imported until a fixture is used, each test has a fresh state, and one fixture sets variables."""
    (tmp_path / "test_a_imports.py").write_text(IMPORTS)  # the first of all
    (tmp_path / "test_environment.py").write_text(ENVIRONMENT)
    done = run_pytest(tmp_path, FRESH_STATE)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "10 passed" in done.stdout


def test_a_proxy_is_not_asked_for_the_sandbox(tmp_path: Path) -> None:
    tests = """
import urllib.request

def test_client(tinker_rest_client):
    assert tinker_rest_client.list_sessions().result().sessions

def test_environment(tinker_sandbox, tinker_environment):
    with urllib.request.urlopen(f"{tinker_environment['TINKER_BASE_URL']}/openapi.json", timeout=10) as response:
        assert response.status == 200
"""
    proxy = "http://127.0.0.1:9"  # where nothing listens
    done = run_pytest(tmp_path, tests, HTTP_PROXY=proxy, http_proxy=proxy, no_proxy="example.com", NO_PROXY="")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


@pytest.mark.long
def test_workers_of_xdist_have_servers_of_their_own(tmp_path: Path) -> None:
    tests = """
import os
from pathlib import Path
import pytest

PATH = "tinker://run-id/weights/0001"

@pytest.mark.parametrize("number", range(20))
def test_fresh(number, tinker_sandbox, tinker_rest_client, tinker_environment):
    # Were the state another worker's too, one of them would be told that it is public already.
    for _ in range(3):
        tinker_rest_client.publish_checkpoint_from_tinker_path(PATH).result()
        tinker_rest_client.unpublish_checkpoint_from_tinker_path(PATH).result()
    assert len(tinker_sandbox.requests) == 6
    url = tinker_environment["TINKER_BASE_URL"]
    Path(f"server-of-{os.environ['PYTEST_XDIST_WORKER']}").write_text(url)
"""
    done = run_pytest(tmp_path, tests, "-n", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "20 passed" in done.stdout
    servers = [file.read_text() for file in tmp_path.glob("server-of-*")]
    assert len(set(servers)) == len(servers) == 2


def test_options_come_from_a_conftest(tmp_path: Path) -> None:
    conftest = """
import pytest

@pytest.fixture(scope="session")
def tinker_sandbox_options():
    return {"scenario": "scenario.yaml"}
"""
    (tmp_path / "scenario.yaml").write_text("version: 1\ntraining_runs: [{training_run_id: mine}]\n")
    tests = """
def test_scenario(tinker_rest_client):
    runs = tinker_rest_client.list_training_runs().result().training_runs
    assert [run.training_run_id for run in runs] == ["mine"]
"""
    done = run_pytest(tmp_path, tests, conftest=conftest)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_missing_extra_fails_only_the_tests_that_need_it(tmp_path: Path) -> None:
    tests = """
import sys
sys.modules["uvicorn"] = None

def test_without():
    pass

def test_with(tinker_sandbox):
    pass
"""
    done = run_pytest(tmp_path, tests)
    assert "1 passed, 1 error" in done.stdout
    assert "pip install 'tinker-rest[sandbox]'" in done.stdout
    assert "Traceback" not in done.stdout


def test_the_fixtures_tell_what_they_are(tmp_path: Path) -> None:
    done = run_pytest(tmp_path, "", "--fixtures")
    for name in ("tinker_sandbox", "tinker_rest_client", "tinker_environment", "tinker_sandbox_options"):
        assert f"\n{name}" in done.stdout, done.stdout


def test_reset_is_quick(capsys: pytest.CaptureFixture[str]) -> None:
    with Sandbox() as sandbox, sandbox.client() as client:
        taken = []
        for _ in range(20):
            client.delete_checkpoint_from_tinker_path("tinker://run-id/weights/0001").result()
            started = time.perf_counter()
            sandbox.reset()
            taken.append(time.perf_counter() - started)
    with capsys.disabled():
        print(f" (reset: median {sorted(taken)[10] * 1000:.1f} ms, most {max(taken) * 1000:.1f} ms)", end="")
