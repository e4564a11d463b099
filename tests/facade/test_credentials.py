"""Where the credential comes from, in which order, and that nobody sees it."""

from __future__ import annotations

import json
import logging
import os
import pickle
import shlex
import time
import warnings
from pathlib import Path
from typing import Any

import pytest

from tinker_rest import APIStatusError, CredentialsError, RestClient, _auth

from .recording_server import KEY, RecordingServer, reply, token, wait_until

STORED, ENVIRONMENT = "tml-stored-key-0123456789", "tml-environment-key-0123456789"
PRINTED = "tml-printed-key-0123456789"


def store(content: object, mode: int = 0o600) -> Path:
    """Write the file that the SDK's `auth login` writes."""
    path = Path(os.environ["HOME"]) / ".tinker" / "credentials.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    path.chmod(mode)
    return path


def stored(key: object = STORED) -> dict[str, Any]:
    record = {"type": "manual", "key": key, "name": "tinker-cli-laptop", "details": None}
    return {"version": 1, "default": "17", "keys": {"17": record, "18": {"key": "tml-another-key-00"}}}


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))


def key_sent(server: RecordingServer, **options: Any) -> str | None:
    """The key that a call of a new client sends."""
    with RestClient(base_url=server.base_url, **options) as client:
        client.list_sessions().result(10)
    return server.requests[-1].header("X-API-Key")


def test_the_order(server: RecordingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CredentialsError, match=r"TINKER_API_KEY.*TINKER_CREDENTIAL_CMD.*credentials\.json"):
        RestClient(base_url=server.base_url)
    store(stored())
    assert key_sent(server) == STORED
    monkeypatch.setenv("TINKER_CREDENTIAL_CMD", f"echo {PRINTED}")
    assert key_sent(server) == PRINTED
    monkeypatch.setenv("TINKER_API_KEY", ENVIRONMENT)
    assert key_sent(server) == ENVIRONMENT
    assert key_sent(server, api_key=KEY) == KEY


def test_a_key_of_the_environment_that_cannot_be_right_gives_way_to_the_command(
    server: RecordingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TINKER_API_KEY", "sk-of-another-service")
    monkeypatch.setenv("TINKER_CREDENTIAL_CMD", f"echo {PRINTED}")
    with pytest.warns(UserWarning, match="must begin with 'tml-'.*TINKER_CREDENTIAL_CMD") as caught:
        assert key_sent(server) == PRINTED
    assert caught[0].filename == __file__
    assert "sk-of" not in str(caught[0].message)


@pytest.mark.parametrize(
    "content",
    [
        {"version": 1},
        {"version": 1, "default": None, "keys": {}},
        {"default": "99", "keys": {}},
        {"default": "99"},
    ],
)
def test_a_file_without_a_default_holds_no_credential(server: RecordingServer, content: object) -> None:
    store(content)
    with pytest.raises(CredentialsError, match="no API key found"):
        RestClient(base_url=server.base_url)


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '"tml-secret-secret"', stored(5), stored(""), stored("sk-secret-secret"),
     {"default": "1", "keys": {"1": "tml-secret-secret"}}, {"default": "1", "keys": ["tml-secret-secret"]},
     {"default": "1", "keys": {"1": {"name": "tml-secret-secret"}}}, {"default": ["1"], "keys": {}},
     "[" * 100_000],
)  # fmt: skip
def test_a_file_that_cannot_be_right_is_named(server: RecordingServer, content: object) -> None:
    path = store(content)
    with pytest.raises(CredentialsError) as caught:
        RestClient(base_url=server.base_url)
    assert str(path) in str(caught.value)
    assert "secret" not in str(caught.value)


def test_the_file_is_only_read(server: RecordingServer) -> None:
    path = store(stored())
    before = (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_mode)
    path.parent.chmod(0o500)
    try:
        assert key_sent(server) == STORED
        assert [one.name for one in path.parent.iterdir()] == ["credentials.json"]
    finally:
        path.parent.chmod(0o700)
    assert (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_mode) == before


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_file_that_is_open_to_others_is_named(server: RecordingServer, mode: int) -> None:
    path = store(stored(), mode)
    with pytest.warns(UserWarning, match=f"{path} .*mode {mode:03o}.*chmod 600"):
        assert key_sent(server) == STORED
    path.chmod(0o600)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert key_sent(server) == STORED


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_named(server: RecordingServer) -> None:
    path = store(stored(), 0o000)
    with pytest.raises(CredentialsError, match=f"{path} cannot be read: "):
        RestClient(base_url=server.base_url)


def test_a_folder_in_place_of_the_file_is_named(server: RecordingServer) -> None:
    path = store(stored())
    path.unlink()
    path.mkdir()
    with pytest.raises(CredentialsError, match=f"{path} cannot be read: "):
        RestClient(base_url=server.base_url)


@pytest.mark.parametrize(
    ("command", "said"),
    [("exit 3", "status 3"),
     (f"echo {PRINTED}; exit 1", "status 1"), ("true", "printed nothing"),
     ("echo '  '", "printed nothing"), ("echo two words", "characters that an API key cannot contain"),
     ("no-such-command-anywhere", "status 127"),
     (f"echo {token(exp=1)}", "printed a token that has expired")],
)  # fmt: skip
def test_a_command_that_gives_none(
    server: RecordingServer, monkeypatch: pytest.MonkeyPatch, command: str, said: str
) -> None:
    monkeypatch.setenv("TINKER_CREDENTIAL_CMD", command)
    with RestClient(base_url=server.base_url) as client, pytest.raises(CredentialsError, match=said) as caught:
        client.list_sessions().result(10)
    assert PRINTED not in str(caught.value)
    assert server.requests == []


def test_a_command_that_hangs(server: RecordingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINKER_CREDENTIAL_CMD", "exec sleep 60")
    monkeypatch.setattr(_auth, "COMMAND_SECONDS", 0.2)
    with RestClient(base_url=server.base_url) as client, pytest.raises(CredentialsError, match=r"within 0\.2 s"):
        client.list_sessions().result(10)


@pytest.mark.parametrize("secret", ["tml-abc(SECRET)x", "eyJa.b,SECRET", "four", 'abc"SECRET'])
def test_what_only_begins_like_a_key_is_not_shown_either(
    server: RecordingServer, monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    monkeypatch.setenv("TINKER_CREDENTIAL_CMD", f"printf %s {shlex.quote(secret)}")
    server.answer = lambda request: reply(403, {"detail": f"unknown: {request.header('X-API-Key')}"})
    with RestClient(base_url=server.base_url) as client:
        error = client.list_sessions().exception(10)
        server.answer = lambda request: reply(403, {"of": {"next": request.header("X-API-Key")}})
        other = client.list_sessions().exception(10)
    assert secret.partition("(")[2] or secret not in str(error) + str(other)
    assert "SECRET" not in str(error) + str(other)


def test_a_command_ends_with_the_client(
    server: RecordingServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    started, ended = tmp_path / "started", tmp_path / "ended"
    monkeypatch.setenv("TINKER_CREDENTIAL_CMD", f"echo $$ > {started}; sleep 5; touch {ended}")
    client = RestClient(base_url=server.base_url)
    call = client.list_sessions()
    wait_until(lambda: started.exists() and started.read_text().endswith("\n"))
    shell = int(started.read_text())
    client.close()
    assert call.exception(10) is not None
    wait_until(lambda: is_gone(shell))
    assert not ended.exists()


def is_gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False


def test_closing_does_not_wait_for_a_command(server: RecordingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINKER_CREDENTIAL_CMD", "exec sleep 5")
    client = RestClient(base_url=server.base_url)
    call = client.list_sessions()
    started = time.monotonic()
    client.close()
    assert call.exception(10) is not None
    assert time.monotonic() - started < 4


def test_a_command_is_run_once_for_many_calls(
    server: RecordingServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    runs = tmp_path / "runs"
    monkeypatch.setenv("TINKER_CREDENTIAL_CMD", f"echo run >> {runs}; echo {PRINTED}")
    with RestClient(base_url=server.base_url) as client:
        for call in [client.list_sessions() for _ in range(20)]:
            call.result(10)
    # Also the question whether the server wants tokens, which this one does not know, is asked once.
    assert runs.read_text().count("run") == 1
    assert [request.line for request in server.requests].count("POST /api/v1/client/config") == 1
    assert len(server.requests) == 21


def test_a_command_is_run_again_where_its_credential_is_refused(
    server: RecordingServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "credential"
    file.write_text("opaque-credential-1")
    monkeypatch.setenv("TINKER_CREDENTIAL_CMD", f"cat {file}")
    good = "opaque-credential-1"

    def answer(request: Any) -> bytes:
        if "config" in request.target:
            return reply(404, {"detail": "Not Found"})
        if request.header("X-API-Key") == good:
            return reply(body={"sessions": []})
        return reply(401, {"detail": f"{request.header('X-API-Key')} has expired"})

    server.answer = answer
    with RestClient(base_url=server.base_url) as client:
        client.list_sessions().result(10)
        good = "opaque-credential-2"
        file.write_text(good)
        client.list_sessions().result(10)
        good = "opaque-credential-3"
        with pytest.raises(APIStatusError) as caught:
            client.list_sessions().result(10)
    assert caught.value.status_code == 401
    assert "opaque" not in str(caught.value) + repr(caught.value)  # although it looks like no key


def test_no_credential_is_seen(
    server: RecordingServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("TINKER_CREDENTIAL_CMD", f"echo {PRINTED}")
    with caplog.at_level(logging.DEBUG), RestClient(base_url=server.base_url) as client:
        client.list_sessions().result(10)
        shown = repr(client) + repr(client.holder) + repr(vars(client.holder)) + repr(pickle.dumps(client))
    assert PRINTED not in caplog.text + shown


def test_a_token_as_the_key_is_refused_once_it_has_expired(server: RecordingServer) -> None:
    with pytest.raises(CredentialsError, match=r"expired.*TINKER_CREDENTIAL_CMD"):
        RestClient(base_url=server.base_url, api_key=token(exp=time.time() - 1))
    alive = token(exp=time.time() + 60)
    assert key_sent(server, api_key=alive) == alive


def test_another_header_takes_the_place_of_the_key(server: RecordingServer) -> None:
    own = {"x-api-key": "sk-of-a-compatible-server"}
    assert key_sent(server, api_key=KEY, default_headers=own) == "sk-of-a-compatible-server"
    server.answer = lambda _: reply(401, {"detail": "no"})
    with RestClient(base_url=server.base_url, api_key=KEY, default_headers=own) as client:
        assert client.list_sessions().exception(10) is not None
        with pytest.raises(CredentialsError, match="X-API-Key"):
            client.whoami().result(10)
    assert len(server.requests) == 2
