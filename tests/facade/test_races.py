"""Ends that come late, or at the same moment as something else."""

from __future__ import annotations

import logging
import threading
from typing import Any

import httpx
import pytest

from tinker_rest import ClientClosedError, CredentialsError, RestClient, _credentials
from tinker_rest._auth import _Key
from tinker_rest._requests import Server
from tinker_rest._task import Task
from tinker_rest._workers import Clock, Threads

from .recording_server import KEY, TRAINING_RUN, RecordingServer, client_of, reply


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


def test_a_credential_command_that_leaves_something_behind(
    server: RecordingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_credentials, "COMMAND_SECONDS", 0.3)
    monkeypatch.setenv("TINKER_CREDENTIAL_CMD", "sleep 15 & echo tml-x")
    with RestClient(base_url=server.base_url) as client:
        error = client.get_training_run("r").exception(10)
    assert isinstance(error, CredentialsError)
    assert "did not end within 0.3 s" in str(error)


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


def test_nothing_inside_shows_a_secret() -> None:
    server = Server("http://h", {"X-API-Key": "tml-secret"}, None, None)  # type: ignore[arg-type]
    assert "secret" not in repr(server)
    assert "secret" not in repr(_Key("tml-secret"))
