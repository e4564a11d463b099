"""Searching sessions, whose answers are told apart by tags, and exporting their traces, which takes a while."""

from __future__ import annotations

import logging
import pickle
from datetime import UTC, datetime
from typing import Any

import pytest

from tinker_rest import (
    APIResponseValidationError,
    APITimeoutError,
    InternalServerError,
    InvalidArgumentError,
    NotFoundError,
    RetryEvent,
    SessionTraceExportError,
)
from tinker_rest._methods import sessions
from tinker_rest.types import (
    ClientSessionFinished,
    ClientSessionFinishErrored,
    SessionActive,
    SessionCancelled,
    SessionFailed,
    SessionFailedRequestReason,
    SessionFailedSamplingSessionReason,
    SessionFailedTrainingRunReason,
    SessionSearchRequest,
    UnknownVariant,
)

from .recording_server import SIGNED_URL, RecordingServer, client_of, in_turn, never_answer, reply, wait_until

PENDING = reply(body={"status": "pending"}, Retry_After="0.01")
READY = reply(body={"status": "ready", "url": SIGNED_URL})
FOUND = {
    "session_id": "s",
    "created_at": "2026-07-13T09:00:00.000005Z",
    "owner": "o",
    "project_id": "p",
    "checkpoints_count": 0,
}
BECAUSE = {"type": "failed", "category": "user", "message": "m"}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "MIN_POLL_SECONDS", 0.01)


def found(server: RecordingServer, status: Any) -> Any:
    server.answer = lambda _: reply(body={"sessions": [{**FOUND, "status": status}]})
    with client_of(server) as client:
        return client.search_sessions(SessionSearchRequest()).result(10).sessions[0].status


@pytest.mark.parametrize(
    ("status", "model"),
    [(None, None), ({"type": "active"}, SessionActive()),
     ({"type": "cancelled", "detail": "d"}, SessionCancelled(detail="d")),
     ({"type": "client_finished", "reason": {"type": "errored"}},
      ClientSessionFinished(reason=ClientSessionFinishErrored())),
     ({"type": "client_finished", "reason": {"type": "bored", "a": 1}},
      ClientSessionFinished(reason=UnknownVariant("bored", {"a": 1}))),
     ({**BECAUSE, "reason": {"type": "request", "request_id": "r", "request_type": "t"}},
      SessionFailed(category="user", message="m",
                    reason=SessionFailedRequestReason(request_id="r", request_type="t"))),
     ({**BECAUSE, "reason": {"type": "training_run", "training_run_id": "r"}},
      SessionFailed(category="user", message="m",
                    reason=SessionFailedTrainingRunReason(training_run_id="r"))),
     ({**BECAUSE, "category": "weather", "reason": {"type": "sampling_session", "sampling_session_id": "r"}},
      SessionFailed(category="weather", message="m",
                    reason=SessionFailedSamplingSessionReason(sampling_session_id="r"))),
     ({"type": "asleep", "until": "noon"}, UnknownVariant("asleep", {"until": "noon"}))],
)  # fmt: skip
def test_each_status(server: RecordingServer, status: Any, model: Any) -> None:
    decoded = found(server, status)
    assert decoded == model
    if status:
        assert decoded.type == status["type"]
        assert decoded.model_dump(mode="json", exclude_none=True) == status


@pytest.mark.parametrize(
    "status",
    [5, "active", [], {}, {"type": None}, {"type": "failed"}, {"type": "client_finished", "reason": "bored"}],
)
def test_a_status_of_a_wrong_shape_is_named(server: RecordingServer, status: Any) -> None:
    with pytest.raises(
        APIResponseValidationError, match=r"(SessionSummary\.status|SessionFailed\.|ClientSessionFinished\.)"
    ):
        found(server, status)


@pytest.mark.parametrize("value", [float("nan"), {1}, datetime(2026, 7, 13), "\udc80"])
def test_what_cannot_be_sent_is_refused(server: RecordingServer, value: Any) -> None:
    request = SessionSearchRequest(owner=UnknownVariant("nearby", {"value": value}))
    with client_of(server) as client, pytest.raises(InvalidArgumentError, match="JSON-serializable"):
        client.search_sessions(request)
    assert server.requests == []


def test_what_is_dumped_is_a_copy() -> None:
    unknown = UnknownVariant("nearby", {"places": ["a"], "type": "other"})
    unknown.model_dump()["places"].append("b")
    unknown.to_dict()["places"].append("c")
    assert unknown.to_dict() == {"type": "nearby", "places": ["a"]}


def test_all_pages(server: RecordingServer) -> None:
    cursor = {"last_created_at": "2026-07-13T09:00:00.000005Z", "last_session_id": "s", "of_next_year": [1]}
    server.answer = in_turn([
        reply(body={"sessions": [FOUND], "next_cursor": cursor}),
        reply(body={"sessions": [], "next_cursor": None}),
    ])  # fmt: skip
    request = SessionSearchRequest(display_name="nightly")
    with client_of(server) as client:
        page = client.search_sessions(request).result(10)
        assert page.sessions[0].created_at == datetime(2026, 7, 13, 9, 0, 0, 5, UTC)
        second = request.model_copy(update={"cursor": page.next_cursor})
        assert client.search_sessions(second).result(10).next_cursor is None
    assert request.cursor is None
    assert (
        b'"cursor":{"of_next_year":[1],"last_created_at":"2026-07-13T09:00:00.000005Z"' in server.requests[1].body
    )


def test_a_trace_is_asked_for_until_it_is_ready(server: RecordingServer, caplog: pytest.LogCaptureFixture) -> None:
    server.answer = in_turn(
        [
            PENDING,
            reply(503, Retry_After="0"),
            PENDING,
            reply(body={"status": "asleep"}, Retry_After="0.01"),
            READY,
        ]
    )
    events: list[RetryEvent] = []
    with caplog.at_level(logging.DEBUG), client_of(server, on_retry=events.append) as client:
        assert client.export_session_trace("s").result(10) == SIGNED_URL
    assert len(server.requests) == 5
    assert {event.operation_id for event in events} == {"export_session_trace"}
    building = [event for event in events if event.reason == "the trace is being built"]
    assert [(event.attempt, event.delay) for event in building] == [(1, 0.01), (2, 0.01), (3, 0.01)]
    assert all(event.remaining is not None and 890 < event.remaining < 900 for event in building)
    assert "secret" not in caplog.text


def test_a_server_that_does_not_say_when_to_ask_again(
    server: RecordingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "POLL_SECONDS", 0.05)
    server.answer = in_turn([*[reply(body={"status": "pending"})] * 3, READY])
    delays: list[float] = []
    with client_of(server, on_retry=lambda event: delays.append(event.delay)) as client:
        client.export_session_trace("s").result(10)
    assert delays == [0.05] * 3


@pytest.mark.parametrize("why", ["The session has no requests.", None])
def test_a_trace_that_cannot_be_built(server: RecordingServer, why: str | None) -> None:
    server.answer = in_turn([PENDING, reply(body={"status": "failed", "error": why})])
    with (
        client_of(server) as client,
        pytest.raises(SessionTraceExportError, match=why or "gave no reason") as caught,
    ):
        client.export_session_trace("s").result(10)
    assert isinstance(caught.value, RuntimeError)
    assert (caught.value.attempts, caught.value.operation_id) == (2, "export_session_trace")


def test_a_trace_that_is_not_built_in_time(server: RecordingServer) -> None:
    server.answer = lambda _: PENDING
    with client_of(server, timeout=None) as client:
        with pytest.raises(APITimeoutError, match=r"not built within 0\.2 s \(timeout\)"):
            client.export_session_trace("s", timeout=0.2).result(10)
        server.answer = lambda _: reply(body={"status": "pending"}, Retry_After="1000")
        with pytest.raises(APITimeoutError, match=r"not built within 0\.2 s \(timeout\)") as caught:
            client.export_session_trace("s", timeout=0.2).result(10)
        assert (caught.value.attempts, caught.value.operation_id) == (1, "export_session_trace")
        server.answer = lambda _: never_answer
        with pytest.raises(APITimeoutError, match=r"not built within 0\.2 s \(timeout\)"):
            client.export_session_trace("s", timeout=0.2).result(10)
        with pytest.raises(InvalidArgumentError, match="timeout must be a number of seconds above 0"):
            client.export_session_trace("s", timeout=0)


def test_faults_while_a_trace_is_asked_for(server: RecordingServer) -> None:
    server.answer = lambda _: reply(404, {"detail": "Session s was not found."})
    with client_of(server, max_retries=1) as client:
        with pytest.raises(NotFoundError, match="Session s"):
            client.export_session_trace("s").result(10)
        server.answer = lambda _: reply(500, Retry_After="0")
        with pytest.raises(InternalServerError):
            client.export_session_trace("s").result(10)
    assert len(server.requests) == 3


@pytest.mark.parametrize("url", [None, "", "file:///trace", 5, "//host/trace?signature=secret", "http://host:x/"])
def test_a_trace_without_a_url(server: RecordingServer, url: Any) -> None:
    server.answer = lambda _: reply(body={"status": "ready", "url": url})
    with (
        client_of(server) as client,
        pytest.raises(APIResponseValidationError, match=r"SessionTraceExport\.url") as caught,
    ):
        client.export_session_trace("s").result(10)
    assert b"secret" not in pickle.dumps(caught.value)


def test_a_server_that_wants_to_be_asked_too_often(
    server: RecordingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "MIN_POLL_SECONDS", 0.1)
    server.answer = in_turn([reply(body={"status": "pending"}, Retry_After="0")] * 2 + [READY])
    delays: list[float] = []
    with client_of(server, on_retry=lambda event: delays.append(event.delay)) as client:
        client.export_session_trace("s").result(10)
    assert delays == [0.1, 0.1]


def test_waiting_for_a_trace_can_be_cancelled(server: RecordingServer) -> None:
    server.answer = lambda _: PENDING
    with client_of(server) as client:
        call = client.export_session_trace("s")
        wait_until(lambda: len(server.requests) > 2)
        assert call.cancel()
        client.list_sessions().exception(10)
        asked = len(server.requests)
        client.list_sessions().exception(10)
    assert len(server.requests) == asked + 1
