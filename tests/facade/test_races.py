"""Ends that come late, or at the same moment as something else."""

from __future__ import annotations

import logging
import socket
import sys
import threading
import time
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from tinker_rest import (
    AdminClient,
    APIStatusError,
    ClientClosedError,
    CredentialsError,
    NotFoundError,
    RestClient,
    _auth,
    _call,
    _core,
    _workers,
)
from tinker_rest._auth import _Key
from tinker_rest._http import Server
from tinker_rest._retry import Attempts
from tinker_rest._transport import Exchange
from tinker_rest._workers import Clock, Limiter, Threads
from tinker_rest.futures import Task

from .recording_server import (
    KEY,
    TRAINING_RUN,
    Held,
    RecordedRequest,
    RecordingServer,
    client_of,
    never_answer,
    reply,
    wait_until,
)


@pytest.mark.usefixtures("no_jitter")
def test_an_attempt_that_was_given_up_ends_nothing() -> None:
    second_sent, first_failed = threading.Event(), threading.Event()
    numbers = iter((1, 2))

    class Transport:
        def handle_request(self, _: Any) -> Any:
            if next(numbers) == 1:
                second_sent.wait(20)
                threading.Timer(0.1, first_failed.set).start()
                raise ValueError("of an attempt that was given up")
            second_sent.set()
            first_failed.wait(20)
            return httpx.Response(200, json=TRAINING_RUN)

    client = RestClient(base_url="http://h", api_key=KEY, attempt_timeout=5, transport=Transport())
    with client.with_options(attempt_timeout=0.5) as hasty:
        assert hasty.get_training_run("r").result(20).base_model == "b"


@pytest.mark.usefixtures("no_jitter")
def test_what_a_given_transport_never_sent_is_not_done() -> None:
    errors = iter([httpx.ConnectError("refused"), httpx.ConnectTimeout("slow")])

    def answer(request: httpx.Request) -> httpx.Response:
        for error in errors:
            raise error
        return httpx.Response(404, json={"detail": "no such checkpoint"})

    transport = httpx.MockTransport(answer)
    with RestClient(base_url="http://h", api_key=KEY, transport=transport) as client:
        assert isinstance(client.delete_checkpoint("r", "weights/1").exception(20), NotFoundError)


@pytest.mark.parametrize("status", [401, 429])
def test_the_refusal_of_another_host_says_nothing_about_the_server(status: int) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url.host))
        if request.url.host == "api":
            return httpx.Response(302, headers={"Location": "https://storage/log"})
        return httpx.Response(status, json={}, headers={"Retry-After": "30"})

    transport = httpx.MockTransport(answer)
    with AdminClient(base_url="https://api", api_key=KEY, transport=transport, timeout=5) as client:
        error = client.get_audit_log(day=date(2026, 1, 15)).exception(20)
        assert isinstance(error, APIStatusError)
        assert client._core.not_before < Clock.now()
    assert asked == ["api", "storage"]


def test_a_log_handler_that_raises_ends_the_call(server: RecordingServer) -> None:
    class Broken(logging.Handler):
        def emit(self, _: logging.LogRecord) -> None:
            raise OSError("the disk is full")

    logger, broken = logging.getLogger("tinker_rest"), Broken()
    level = logger.level
    logger.addHandler(broken)
    logger.setLevel(logging.DEBUG)
    try:
        server.answer = lambda _: reply(503, {"detail": "busy"})
        with client_of(server) as client:
            assert isinstance(client.get_training_run("r").exception(20), OSError)
    finally:
        logger.removeHandler(broken)
        logger.setLevel(level)


def test_a_log_handler_that_raises_keeps_no_call_beyond_its_deadline(
    server: RecordingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(logging.Handler):
        def emit(self, _: logging.LogRecord) -> None:
            raise OSError("the disk is full")

    monkeypatch.setattr(_call, "FIRST_REPORT_SECONDS", 0.1)
    logger, broken = logging.getLogger("tinker_rest"), Broken()
    level = logger.level
    logger.addHandler(broken)
    logger.setLevel(logging.INFO)
    try:
        server.answer = lambda _: never_answer
        with client_of(server, timeout=0.5, attempt_timeout=None) as client:
            assert isinstance(client.get_training_run("r").exception(5), OSError)
    finally:
        logger.removeHandler(broken)
        logger.setLevel(level)


def test_a_client_that_is_closed_while_a_call_begins(
    server: RecordingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = Task.begin

    def close_first(task: Task[Any]) -> Any:
        client.close()
        return begin(task)

    client = client_of(server)
    monkeypatch.setattr(Task, "begin", close_first)
    assert isinstance(client.list_sessions().exception(20), ClientClosedError)
    # It gave back no place that it did not have.
    wait_until(lambda: not client._core.limiter._holders)


def test_a_client_that_is_closed_while_a_call_is_made(
    server: RecordingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(server)

    def close_first(*args: Any) -> Any:
        client.close()
        return Attempts(*args)

    monkeypatch.setattr(_call, "Attempts", close_first)
    assert isinstance(client.list_sessions().exception(20), ClientClosedError)


def test_a_credential_command_that_leaves_something_behind(
    server: RecordingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_auth, "COMMAND_SECONDS", 0.3)
    monkeypatch.setenv("TINKER_CREDENTIAL_CMD", "sleep 15 & echo tml-x")
    with RestClient(base_url=server.base_url) as client:
        error = client.get_training_run("r").exception(10)
    assert isinstance(error, CredentialsError)
    assert "did not finish within 0.3 s" in str(error)


def test_a_watcher_that_cannot_start_loses_no_time_that_another_thread_waits_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    threads, is_time, start = Threads(), threading.Event(), threading.Thread.start

    def fail(_: threading.Thread) -> None:
        monkeypatch.setattr(threading.Thread, "start", start)
        threads.at(Clock.now(), is_time.set)  # as if by another thread at this moment
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", fail)
    assert not threads.at(Clock.now() + 60, list)
    assert is_time.wait(10)


def test_ctrl_c_while_a_thread_is_started_holds_up_nothing_later(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: threading.Thread) -> None:
        raise KeyboardInterrupt

    threads, is_run = Threads(), threading.Event()
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", interrupt)
        with pytest.raises(KeyboardInterrupt):
            threads.start(list)
    threads.start(is_run.set)
    assert is_run.wait(10)


def test_a_place_is_not_given_back_again_by_a_watcher_that_starts_late(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    threads, limiter, is_time = Threads(), Limiter(1), threading.Event()
    monkeypatch.setattr(_workers, "_here", threads)
    limiter.start("first", list)
    limiter.start("second", list)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", fail)
        limiter.release("first", is_given_up=True)
    limiter.release("second")
    threads.at(Clock.now() + 2 * _workers.GIVEN_UP_SECONDS, is_time.set)
    assert is_time.wait(10)
    wait_until(lambda: not threads._backlog)
    assert not limiter._holders


def test_clients_that_are_made_while_the_interpreter_exits() -> None:
    class Owner:
        pass

    kept = [Owner() for _ in range(2000)]
    for owner in kept:
        _workers.register(owner)
    is_over, interval = threading.Event(), sys.getswitchinterval()

    def make() -> None:
        while not is_over.is_set():
            _workers.register(Owner())

    making = threading.Thread(target=make)
    sys.setswitchinterval(1e-6)
    making.start()
    try:
        for _ in range(20):
            assert len(_workers.living_owners()) >= 2000
    finally:
        sys.setswitchinterval(interval)
        is_over.set()
        making.join()


def test_a_request_that_was_given_up_is_not_sent_any_more(
    server: RecordingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_over, abort, connect = threading.Event(), Exchange.abort, socket.create_connection

    def abort_late(exchange: Exchange) -> None:
        is_over.wait(10)
        abort(exchange)

    def connect_late(*args: Any, **kwargs: Any) -> socket.socket:
        time.sleep(0.4)
        return connect(*args, **kwargs)

    with client_of(server) as client, monkeypatch.context() as patch:
        patch.setattr(Exchange, "abort", abort_late)
        patch.setattr(socket, "create_connection", connect_late)
        call = client.delete_checkpoint("r", "weights/1")
        time.sleep(0.2)
        assert call.cancel()
        time.sleep(0.5)
        is_over.set()
    assert not server.requests


def test_a_callback_that_exits_keeps_no_other_from_being_called(server: RecordingServer) -> None:
    ended = threading.Event()
    server.answer = lambda _: never_answer
    with client_of(server) as client:
        call = client.get_training_run("r")
        call.add_done_callback(lambda _: sys.exit(1))
        call.add_done_callback(lambda _: ended.set())
        assert call.cancel()
    assert ended.is_set()


def test_a_new_connection_in_place_of_one_may_lead_to_a_server_that_echoes_no_id(server: RecordingServer) -> None:
    def echo(request: RecordedRequest) -> Any:
        answer = Held(reply(body=TRAINING_RUN, X_Request_Id=request.header("X-Request-Id") or ""))
        answer.release()  # and the connection ends
        return answer

    with client_of(server, max_retries=0) as client:
        server.answer = echo
        client.get_training_run("r").result(10)
        wait_until(lambda: not server.open_now)
        server.answer = lambda _: reply(body=TRAINING_RUN)
        assert client.get_training_run("r").result(10)


def test_ctrl_c_while_a_call_begins_leaves_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with RestClient(base_url="http://h", api_key=KEY, timeout=None, attempt_timeout=None) as client:
        monkeypatch.setattr(Limiter, "start", interrupt)
        with pytest.raises(KeyboardInterrupt):
            client.list_sessions()
        assert not client._noted_in[0]


@pytest.fixture
def held_credential(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The command that prints the credential waits for this file and runs what it holds."""
    go = tmp_path / "go"
    command = f"echo >> '{tmp_path}/runs'; while [ ! -s '{go}' ]; do sleep 0.05; done; . '{go}'"
    monkeypatch.setenv("TINKER_CREDENTIAL_CMD", command)
    return go


def test_calls_that_wait_for_the_credential_need_no_threads(
    server: RecordingServer, held_credential: Path
) -> None:
    before = threading.active_count()
    with RestClient(base_url=server.base_url, attempt_timeout=0.5, max_retries=None) as client:
        calls = [client.list_sessions() for _ in range(100)]
        time.sleep(2)  # each makes several attempts
        assert threading.active_count() < before + 20
        held_credential.write_text("echo tml-x")
        assert all(call.result(20) for call in calls)


def test_clients_that_wait_for_the_credential_hold_up_no_other(
    server: RecordingServer, held_credential: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_workers.here(), "sends", Limiter(5))
    with RestClient(base_url=server.base_url) as client, client_of(server) as other:
        calls = [client.list_sessions() for _ in range(10)]
        wait_until(held_credential.with_name("runs").exists)
        assert other.list_sessions().result(10)
        assert not any(call.done() for call in calls)
        held_credential.write_text("echo tml-x")


def test_calls_that_wait_for_the_credential_share_its_failure(
    server: RecordingServer, held_credential: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_core, "MAX_CLIENT_SENDS", 5)
    with RestClient(base_url=server.base_url) as client:
        calls = [client.list_sessions() for _ in range(100)]
        wait_until(lambda: len(getattr(client._core.keys._renewal, "_done_callbacks", ())) == 100)
        held_credential.write_text("exit 1")
        errors = [call.exception(20) for call in calls]
    assert {type(error) for error in errors} == {CredentialsError}
    assert len({id(error) for error in errors}) == 100
    assert held_credential.with_name("runs").read_text().count("\n") == 1


def test_nothing_inside_shows_a_secret() -> None:
    server = Server("http://h", {"X-API-Key": "tml-secret"}, None, None)  # type: ignore[arg-type]
    assert "secret" not in repr(server)
    assert "secret" not in repr(_Key("tml-secret"))
