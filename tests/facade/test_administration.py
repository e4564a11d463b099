"""What administrators look up: tagged usage, and the audit log that may be kept on another host."""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
import pickle
import warnings
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tinker_rest import (
    AdminClient,
    APIResponseValidationError,
    APIStatusError,
    ClientClosedError,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
    RestClient,
)
from tinker_rest.types import (
    BillingUsageResponse,
    CheckpointBillingEvent,
    SamplingPrefillBillingEvent,
    SamplingSampleBillingEvent,
    StorageBillingEvent,
    TrainingBillingEvent,
    UnknownVariant,
)
from tinker_rest_sandbox import Sandbox

from .recording_server import KEY, RecordingServer, client_of, in_turn, lose_answer, reply

SECRET = "signature=secret-signature"
LOG = reply(
    body={"entries": [{"timestamp": "2026-01-15T09:00:00Z", "event": "checkpoint_read", "of_next_year": 1}]}
)


@pytest.fixture
def storage() -> Iterator[RecordingServer]:
    """Another host, where logs are kept."""
    with RecordingServer(lambda _: LOG) as running:
        yield running


@pytest.fixture
def admin(server: RecordingServer) -> Iterator[AdminClient]:
    secrets = {"X-Own": "own-secret", "Authorization": "Bearer own-secret"}
    with AdminClient(base_url=server.base_url, api_key=KEY, default_headers=secrets) as client:
        yield client


def redirect(location: str, status: int = 302) -> bytes:
    return reply(status, Location=location)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_the_key_does_not_follow_to_another_host(
    server: RecordingServer, storage: RecordingServer, admin: AdminClient, status: int
) -> None:
    url = f"{storage.base_url}/audit/2026%2D01-15.json?{SECRET}&a=%2F+b"
    server.answer = lambda _: redirect(url, status)
    log = admin.get_audit_log(day=date(2026, 1, 15)).result(10)
    assert (log.entries[0].event, log.entries[0].timestamp) == (
        "checkpoint_read",
        datetime(2026, 1, 15, 9, tzinfo=UTC),
    )
    assert log.entries[0].event_details == {}
    (request,) = storage.requests
    assert request.line == "GET " + url.removeprefix(storage.base_url)
    names = {name.lower() for name, _ in request.headers}
    assert names == {"host", "accept", "accept-encoding", "user-agent", "x-request-id"}
    assert "secret" not in str(request.headers)
    assert KEY not in str(request.headers)


def test_on_the_same_host_the_key_is_needed(server: RecordingServer, admin: AdminClient) -> None:
    server.answer = in_turn([redirect("/kept/log.json?a=b"), LOG, redirect(f"{server.base_url}/kept"), LOG])
    for _ in range(2):
        assert admin.get_audit_log().result(10).entries
    assert [server.lines[1], server.lines[3]] == ["GET /kept/log.json?a=b", "GET /kept"]
    assert {request.header("X-API-Key") for request in server.requests} == {KEY}
    assert {request.header("X-Own") for request in server.requests} == {"own-secret"}


@pytest.mark.usefixtures("no_jitter")
def test_a_redirect_is_no_retry(server: RecordingServer, admin: AdminClient) -> None:
    server.answer = in_turn([redirect("/kept"), reply(503), LOG])
    assert admin.with_options(max_retries=1).get_audit_log().result(10).entries
    server.answer = in_turn([redirect("/kept"), reply(503), reply(503), LOG])
    with pytest.raises(InternalServerError) as caught:
        admin.with_options(max_retries=1).get_audit_log().result(10)
    assert caught.value.attempts == 3


def test_the_key_does_not_come_back_from_another_host(
    server: RecordingServer, storage: RecordingServer, admin: AdminClient
) -> None:
    server.answer = in_turn([redirect(f"{storage.base_url}/away"), LOG])
    storage.answer = lambda _: redirect(f"{server.base_url}/back")
    admin.get_audit_log().result(10)
    assert [request.header("X-API-Key") for request in server.requests] == [KEY, None]


@pytest.mark.parametrize("media_type", ["application/octet-stream", "text/plain", "application/json"])
def test_a_large_log_is_read_whole_whatever_its_type(
    server: RecordingServer, storage: RecordingServer, admin: AdminClient, media_type: str
) -> None:
    entry = {"timestamp": "2026-01-15T09:00:00Z", "event": "e" * 1000}
    content = json.dumps({"entries": [entry] * 2000}).encode()
    server.answer = lambda _: redirect(f"{storage.base_url}/log")
    storage.answer = lambda _: reply(200, content, media_type)
    assert len(admin.get_audit_log().result(10).entries) == 2000


def test_a_proxy_does_not_make_signed_urls_known(
    storage: RecordingServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    storage.answer = in_turn([redirect(f"http://storage.example/log?{SECRET}"), LOG])
    monkeypatch.setenv("http_proxy", storage.base_url)
    with caplog.at_level(logging.DEBUG), AdminClient(base_url="http://tinker.example", api_key=KEY) as admin:
        admin.get_audit_log().result(10)
    assert "secret-signature" not in caplog.text
    assert KEY not in caplog.text
    assert storage.requests[1].header("X-API-Key") is None


def test_an_unknown_answer_of_a_redirect_shows_no_signature(server: RecordingServer, admin: AdminClient) -> None:
    server.answer = lambda _: redirect(f"/loop?{SECRET}")
    with pytest.raises(APIResponseValidationError) as caught:
        admin.get_audit_log().result(10)
    assert "secret-signature" not in repr(caught.value.headers) + str(caught.value)
    assert b"secret-signature" not in pickle.dumps(caught.value)


def test_faults_of_the_other_host_are_repeated(
    server: RecordingServer, storage: RecordingServer, admin: AdminClient
) -> None:
    server.answer = lambda _: redirect(f"{storage.base_url}/log")
    storage.answer = in_turn([reply(503, Retry_After="0"), lose_answer, LOG])
    assert admin.get_audit_log().result(10).entries
    assert (len(server.requests), len(storage.requests)) == (1, 3)


def test_an_error_of_the_other_host_shows_no_secret(
    server: RecordingServer, storage: RecordingServer, admin: AdminClient
) -> None:
    server.answer = lambda _: redirect(f"{storage.base_url}/log?{SECRET}")
    storage.answer = lambda request: reply(404, {"detail": f"no such object: {storage.base_url}{request.target}"})
    with pytest.raises(NotFoundError) as caught:
        admin.get_audit_log().result(10)
    assert "secret-signature" not in str(caught.value) + repr(caught.value)
    storage.answer = lambda _: reply(401, {"detail": "expired"})
    with pytest.raises(APIStatusError) as caught_too:
        admin.get_audit_log().result(10)
    assert "API key" not in str(caught_too.value)  # which storage does not know


@pytest.mark.parametrize(
    "location",
    [
        "",
        "file:///etc/passwd",
        "ftp://host/log",
        "http://",
        "http://[",
        "javascript:1",
        "http://host:x/",
        "http://host/\x01",
    ],
)
def test_a_redirect_to_nowhere(server: RecordingServer, admin: AdminClient, location: str) -> None:
    server.answer = lambda _: redirect(location)
    with pytest.raises(APIResponseValidationError, match="http or https"):
        admin.get_audit_log().result(10)


def test_redirects_without_end(server: RecordingServer, storage: RecordingServer, admin: AdminClient) -> None:
    server.answer = lambda _: redirect(f"{storage.base_url}/log")
    storage.answer = lambda _: redirect(f"{storage.base_url}/log")
    with pytest.raises(APIResponseValidationError, match="more than 5 redirects"):
        admin.get_audit_log().result(10)
    assert len(storage.requests) == 5


def usage(info: Any) -> BillingUsageResponse:
    hour = {"bucket_start": "2026-07-13T00:00:00Z", "bucket_end": "2026-07-13T01:00:00Z"}
    body = reply(body={"data": [{**hour, "event_info": info}], "sessions": {"s": {"user_metadata": {"a": "b"}}}})
    with RecordingServer(lambda _: body) as server, AdminClient(base_url=server.base_url, api_key=KEY) as admin:
        return admin.get_billing_usage("2026-07-13", "2026-07-14").result(10)


@pytest.mark.parametrize(
    ("info", "model"),
    [({"type": "training", "token_count": 5}, TrainingBillingEvent(token_count=5)),
     ({"type": "sampling_prefill", "cached": True, "token_count": 5},
      SamplingPrefillBillingEvent(cached=True, token_count=5)),
     ({"type": "sampling_sample", "token_count": 5}, SamplingSampleBillingEvent(token_count=5)),
     ({"type": "checkpoint", "count": 5}, CheckpointBillingEvent(count=5)),
     ({"type": "storage", "gigabyte_hours": 5}, StorageBillingEvent(gigabyte_hours=5.0, free=False)),
     ({"type": "storage", "gigabyte_hours": 5, "free": True}, StorageBillingEvent(gigabyte_hours=5.0, free=True)),
     ({"type": "teleport", "trips": 5}, UnknownVariant("teleport", {"trips": 5}))],
)  # fmt: skip
def test_each_kind_of_usage(info: Any, model: Any) -> None:
    event = usage(info).data[0].event_info
    assert event == model
    assert event.type == info["type"]
    assert event.to_dict() == {**({"free": False} if info["type"] == "storage" else {}), **info}
    assert usage(info).sessions["s"].user_metadata == {"a": "b"}  # type: ignore[index]


@pytest.mark.parametrize(
    ("info", "field"),
    [(None, "event_info"), ("training", "event_info"), ({}, r"event_info\.type"),
     ({"type": 5}, r"event_info\.type"),
     ({"type": "training"}, "token_count"), ({"type": "training", "token_count": "5"}, "token_count"),
     ({"type": "storage", "gigabyte_hours": "5"}, "gigabyte_hours")],
)  # fmt: skip
def test_usage_of_a_wrong_shape_is_named(info: Any, field: str) -> None:
    with pytest.raises(APIResponseValidationError, match=rf"{field} must be"):
        usage(info)


def events(start: str, session: str, through: str | None) -> bytes:
    event = {"bucket_start": start, "bucket_end": start, "session_id": session}
    info = {"type": "training", "token_count": 5}
    sessions = {session: {"user_metadata": {"is": session}}}
    return reply(
        body={"data": [{**event, "event_info": info}], "sessions": sessions, "cost_data_through": through}
    )


def test_usage_of_a_long_time_is_read_in_windows(server: RecordingServer, admin: AdminClient) -> None:
    first = events("2026-01-01T00:00:00Z", "a", "2026-01-15T00:00:00Z")
    second = events("2026-01-15T00:00:00Z", "b", "2026-01-20T00:00:00Z")
    server.answer = in_turn([first, second, events("2026-01-29T00:00:00Z", "a", None)])
    found = admin.get_billing_usage("2026-01-01", "2026-01-30T05:00:00Z").result(10)
    windows = (("01-01T00", "01-15T00"), ("01-15T00", "01-29T00"), ("01-29T00", "01-30T05"))
    line = "GET /api/v1/billing/usage/events?starting_on=2026-{}%3A00%3A00Z&ending_before=2026-{}%3A00%3A00Z"
    assert server.lines == [line.format(start, end) for start, end in windows]
    assert [event.bucket_start.day for event in found.data] == [1, 15, 29]
    assert found.sessions["a"].user_metadata == {"is": "a"}
    assert found.sessions.keys() == {"a", "b"}
    assert found.cost_data_through == datetime(2026, 1, 20, tzinfo=UTC)
    server.requests.clear()
    server.answer = in_turn([reply(body={"data": []}), reply(403, {"detail": "not yours"})])
    with pytest.raises(PermissionDeniedError):
        admin.get_billing_usage("2026-01-01", "2026-03-01").result(10)
    assert len(server.requests) == 2


def test_no_window_begins_in_the_future(sandbox: Sandbox) -> None:
    with sandbox.admin_client() as admin:
        now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        found = admin.get_billing_usage(now - timedelta(days=20), now + timedelta(days=400)).result()
        assert len(sandbox.requests) == 2
        assert found.data[0].bucket_start < now - timedelta(days=14) < found.data[-1].bucket_start
        starts = [event.bucket_start for event in found.data]
        assert starts == sorted(starts)


def test_the_methods_of_the_other_client_warn_and_do_the_same(server: RecordingServer) -> None:
    with RestClient(base_url=server.base_url, api_key=KEY) as client:
        for call in (
            client.get_audit_log,
            client.get_current_checkpoint_storage_usage,
            lambda: client.get_billing_usage("2026-07-13", "2026-07-14"),
        ):
            with pytest.warns(FutureWarning, match="use AdminClient") as caught:
                call().result(10)
            assert caught[0].filename == __file__
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            AdminClient(client.holder).get_audit_log().result(10)
    assert server.lines[0] == server.lines[3] == "GET /api/v1/audit?event_type=all"


def test_the_deprecated_methods_use_the_options_and_the_calls_of_their_client(server: RecordingServer) -> None:
    server.answer = lambda _: reply(503, Retry_After="0")
    with RestClient(base_url=server.base_url, api_key=KEY, max_retries=1) as client:
        with pytest.warns(FutureWarning):
            call = client.get_audit_log()
        assert call.exception(10) is not None
    assert len(server.requests) == 2
    with pytest.warns(FutureWarning), pytest.raises(ClientClosedError):
        client.get_audit_log()


def test_the_deprecated_coroutines_are_coroutine_functions(server: RecordingServer) -> None:
    async def ask() -> None:
        with client_of(server) as client, pytest.warns(FutureWarning, match="AdminClient") as caught:
            await client.get_audit_log_async()
        assert caught[0].filename == __file__

    assert inspect.iscoroutinefunction(RestClient.get_audit_log_async)
    asyncio.run(ask())
