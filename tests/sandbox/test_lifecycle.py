"""Starting, stopping, state in a file, and the command line."""

from __future__ import annotations

import gc
import logging
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
import pytest
from checkout import ROOT

import tinker_rest
from tinker_rest_sandbox import Sandbox

PUBLISH = "/api/v1/training_runs/run-id/checkpoints/weights/0001/publish"
SOURCES = Path(tinker_rest.__file__ or tinker_rest.__path__[0]).resolve().parents[1]


def call(sandbox: Sandbox, method: str, path: str) -> httpx.Response:
    return httpx.request(method, sandbox.base_url + path, headers={"X-API-Key": sandbox.api_key})


def test_closing_leaves_nothing_for_the_next_start() -> None:
    sandbox = Sandbox()
    sandbox.faults.add(status=418)
    for _ in range(2):
        with sandbox:
            sandbox.faults.add(status=500)
            sandbox.clock.advance(3600)
            assert [fault.rule.status for fault in sandbox.faults] == [418, 500]
            assert sandbox.clock.ahead == timedelta(hours=1)


def test_its_clients_use_no_proxy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # where nothing listens
    monkeypatch.setenv("NO_PROXY", "")
    with Sandbox(archive_build_seconds=0) as sandbox, sandbox.client() as client, sandbox.admin_client() as admin:
        assert client.whoami().result().email == "alice@example.com"
        assert admin.get_audit_log().result() is not None
        assert client.download_checkpoint("tinker://run-id/weights/0001", tmp_path).result().path.exists()


def test_closing_takes_no_pause() -> None:
    taken = []
    for _ in range(5):
        with Sandbox() as sandbox:
            httpx.get(f"{sandbox.base_url}/docs", trust_env=False)
            started = time.perf_counter()
            sandbox.close()
            taken.append(time.perf_counter() - started)
    assert min(taken) < 0.1


def test_start_stop_and_start_again_keep_state_and_port() -> None:
    sandbox = Sandbox()
    with pytest.raises(RuntimeError, match="start"):
        _ = sandbox.base_url
    try:
        assert sandbox.start() is sandbox
        assert sandbox.start() is sandbox
        url = sandbox.base_url
        assert call(sandbox, "POST", PUBLISH).status_code == 204
        sandbox.stop()
        with pytest.raises(httpx.ConnectError):
            call(sandbox, "GET", "/api/v1/training_runs")
        sandbox.start()
        assert sandbox.base_url == url
        assert call(sandbox, "POST", PUBLISH).status_code == 409
    finally:
        sandbox.close()
        sandbox.close()


def test_several_at_once_are_apart() -> None:
    with Sandbox() as one, Sandbox(api_key="tml-mine") as two:
        assert one.base_url != two.base_url
        assert call(one, "POST", PUBLISH).status_code == 204
        assert call(two, "POST", PUBLISH).status_code == 204
        assert (len(one.requests), len(two.requests)) == (1, 1)
        assert "tml-mine" not in repr(two)


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    threads = set(threading.enumerate())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with Sandbox(db=tmp_path / "state.sqlite", archive_build_seconds=0) as sandbox:
            url = call(sandbox, "GET", PUBLISH.replace("publish", "archive")).headers["location"]
            assert httpx.get(url).status_code == 200
        never_closed = Sandbox()
        never_closed.start()
        never_closed.stop()
        del never_closed
        gc.collect()
    assert [str(warning.message) for warning in caught] == []
    assert not [thread for thread in threading.enumerate() if thread not in threads]
    assert [file.name for file in tmp_path.iterdir()] == ["state.sqlite"]


def test_file_keeps_state_and_is_seeded_once(tmp_path: Path) -> None:
    with Sandbox(db=tmp_path / "state.sqlite") as sandbox:
        before = call(sandbox, "GET", "/api/v1/checkpoints").json()
        assert call(sandbox, "POST", PUBLISH).status_code == 204
    with Sandbox(db=tmp_path / "state.sqlite") as sandbox:
        after = call(sandbox, "GET", "/api/v1/checkpoints").json()
        assert call(sandbox, "POST", PUBLISH).status_code == 409
    assert before["cursor"] == after["cursor"]
    with sqlite3.connect(tmp_path / "state.sqlite") as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_empty_file_stays_empty(tmp_path: Path) -> None:
    for seed in (False, True):
        with Sandbox(db=tmp_path / "state.sqlite", seed=seed) as sandbox:
            assert call(sandbox, "GET", "/api/v1/sessions").json() == {"sessions": []}


def test_seed_is_the_same_every_time() -> None:
    listings = []
    for _ in range(2):
        with Sandbox() as sandbox:
            checkpoints = call(sandbox, "GET", "/api/v1/checkpoints?limit=1000").json()["checkpoints"]
            listings.append([(c["tinker_path"], c["size_bytes"], c["public"]) for c in checkpoints])
    assert listings[0] == listings[1]


def test_other_database_is_refused(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "other.sqlite")
    other.execute("CREATE TABLE mine (x)")
    other.close()
    with pytest.raises(sqlite3.DatabaseError, match="by another version of the sandbox"):
        Sandbox(db=tmp_path / "other.sqlite").start()


def test_a_database_with_other_tables_is_refused(tmp_path: Path) -> None:
    """For example from before a column was added. Nobody has to remember to raise a version for that."""
    file = tmp_path / "state.sqlite"
    for _ in range(2):
        with Sandbox(db=file, seed=False):
            pass
    package = tmp_path / "wrapper" / "tinker_rest_sandbox"
    shutil.copytree(ROOT / "wrapper" / package.name, package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "openapi.yaml", tmp_path)
    tables = package / "schema.sql"
    before = "    display_name TEXT,\n"
    assert before in tables.read_text()
    tables.write_text(tables.read_text().replace(before, f"{before}    color TEXT,\n"))
    code = f"from tinker_rest_sandbox import Sandbox; Sandbox(db={str(file)!r}).start()"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(package.parent), *sys.path])}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "it was made by another version of the sandbox" in done.stderr


def test_taken_port_is_an_error() -> None:
    with Sandbox() as sandbox, pytest.raises(OSError, match="use"):
        Sandbox(port=int(sandbox.base_url.rpartition(":")[2])).start()


def test_keys_must_differ() -> None:
    with pytest.raises(ValueError, match="different"):
        Sandbox(api_key="a", other_api_key="a")
    with pytest.raises(ValueError, match="different"):
        Sandbox(api_key="")


def test_faults_of_a_handler_are_500(sandbox: Sandbox, caplog, monkeypatch: pytest.MonkeyPatch) -> None:
    from tinker_rest_sandbox._store import Store

    monkeypatch.setattr(Store, "run", lambda *_: 1 / 0)
    response = call(sandbox, "GET", "/api/v1/training_runs/run-id")
    assert (response.status_code, response.json()) == (500, {"detail": "Internal server error."})
    assert "ZeroDivisionError" in caplog.text
    assert sandbox.api_key not in caplog.text


def test_a_failed_change_is_undone(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    from tinker_rest_sandbox._store import Store

    monkeypatch.setattr(Store, "keep_response", lambda *_: 1 / 0)
    url, headers = sandbox.base_url + PUBLISH, {"X-API-Key": sandbox.api_key, "X-Idempotency-Key": "k"}
    assert httpx.post(url, headers=headers).status_code == 500
    monkeypatch.undo()
    assert httpx.post(url, headers=headers).status_code == 204


# The command line


@contextmanager
def process(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(SOURCES / "wrapper") if (SOURCES / "wrapper").is_dir() else str(SOURCES),
    }
    command = [sys.executable, "-m", "tinker_rest_sandbox", *arguments]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        try:
            yield running
        finally:
            running.kill()


def greeting(running: subprocess.Popen[str]) -> dict[str, str]:
    lines = []
    while not lines or not lines[-1].startswith("Press"):
        lines.append(running.stdout.readline())
        assert lines[-1], running.stderr.read()
    exports = [line.removeprefix("export ").strip() for line in lines if line.startswith("export ")]
    return dict(export.split("=", 1) for export in exports)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_command_serves_and_stops(number: signal.Signals) -> None:
    with process("--port", "0", "--api-key", "tml-of-mine", "--archive-build-seconds", "0") as running:
        names = greeting(running)
        headers = {"X-API-Key": names["TINKER_API_KEY"]}
        assert headers == {"X-API-Key": "tml-of-mine"}
        archive = names["TINKER_BASE_URL"] + PUBLISH.replace("publish", "archive")
        assert httpx.get(archive, headers=headers).status_code == 302
        running.send_signal(number)
        assert running.wait(10) == 0
        assert running.stderr.read() == ""


def test_command_can_say_425() -> None:
    with process("--port", "0", "--archive-building-status", "425") as running:
        names = greeting(running)
        archive = names["TINKER_BASE_URL"] + PUBLISH.replace("publish", "archive")
        assert httpx.get(archive, headers={"X-API-Key": names["TINKER_API_KEY"]}).status_code == 425


def test_command_can_want_tokens() -> None:
    with process("--port", "0", "--token-exchange", "required") as running:
        names = greeting(running)
        with httpx.Client(
            base_url=names["TINKER_BASE_URL"], headers={"X-API-Key": names["TINKER_API_KEY"]}
        ) as client:
            assert client.get("/api/v1/training_runs").status_code == 401
            assert client.post("/api/v1/auth/token", json={}).status_code == 200


def test_what_was_answered_survives_kill_9(tmp_path: Path) -> None:
    database = str(tmp_path / "state.sqlite")
    paths = []
    with process("--port", "0", "--db", database) as running:
        names = greeting(running)
        with httpx.Client(
            base_url=names["TINKER_BASE_URL"], headers={"X-API-Key": names["TINKER_API_KEY"]}
        ) as client:
            listed = client.get("/api/v1/checkpoints?limit=40").json()["checkpoints"]
            for checkpoint in listed:
                run_id, _, rest = checkpoint["tinker_path"].removeprefix("tinker://").partition("/")
                paths.append(f"/api/v1/training_runs/{run_id}/checkpoints/{rest}")
                assert client.delete(paths[-1]).status_code == 204
            running.send_signal(signal.SIGKILL)
            running.wait(10)
    with Sandbox(db=database) as sandbox:
        assert {call(sandbox, "DELETE", path).status_code for path in paths} == {404}
        total = call(sandbox, "GET", "/api/v1/checkpoints").json()["cursor"]["total_count"]
    with Sandbox() as fresh:
        seeded = call(fresh, "GET", "/api/v1/checkpoints").json()["cursor"]["total_count"]
    assert total == seeded - len(paths)


def test_command_says_when_the_port_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with process("--port", port) as running:
            assert running.wait(10) == 1
            message = running.stderr.read()
    assert message == f"tinker_rest_sandbox: port {port} of 127.0.0.1 is taken; choose another with --port\n"


def test_command_says_when_the_database_cannot_be_opened(tmp_path: Path) -> None:
    with process("--port", "0", "--db", str(tmp_path / "none" / "state.sqlite")) as running:
        assert running.wait(10) == 1
        assert running.stderr.read().count("\n") == 1


@pytest.mark.parametrize(
    "module", ["jsonschema_rs", "mkdocs_swagger_ui_tag", "orjson", "pydantic", "starlette", "uvicorn", "yaml"]
)
def test_missing_extra_is_told(module: str) -> None:
    code = f"import sys; sys.modules[{module!r}] = None; from tinker_rest_sandbox import Sandbox"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert result.returncode == 1
    assert "pip install 'tinker-rest[sandbox]'" in result.stderr


def test_the_facade_is_not_imported() -> None:
    code = (
        "import sys; from tinker_rest_sandbox import Sandbox\n"
        "Sandbox().start().close()\n"
        "print(sorted({m.partition('.')[0] for m in sys.modules if m.startswith('tinker_rest')}))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert result.stdout.strip() == "['tinker_rest_api', 'tinker_rest_sandbox']", result.stderr


def test_an_offer_of_http_2_is_nothing_to_warn_of(caplog: pytest.LogCaptureFixture) -> None:
    offer = {
        "Connection": "Upgrade, HTTP2-Settings",
        "Upgrade": "h2c",
        "HTTP2-Settings": "AAMAAABkAAQAoAAAAAIAAAAA",
    }
    with caplog.at_level(logging.WARNING), Sandbox() as sandbox:
        headers = {**offer, "X-API-Key": sandbox.api_key}
        answer = httpx.get(f"{sandbox.base_url}/api/v1/training_runs", headers=headers, trust_env=False)
    assert answer.status_code == 200
    assert caplog.messages == []


def test_the_date_of_responses_is_the_time_of_the_clock(start: Callable[..., Sandbox]) -> None:
    sandbox = start()
    sandbox.clock.advance(10 * 86400)
    for url in (sandbox.base_url, sandbox.storage_url):
        response = httpx.get(url, trust_env=False)
        sent = parsedate_to_datetime(response.headers["date"])
        assert abs(sandbox.clock.now() - sent) < timedelta(seconds=60)
        assert len(response.headers.get_list("date")) == 1
