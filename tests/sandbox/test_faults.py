"""Faults on purpose, as clients meet them and as they go over the wire."""

from __future__ import annotations

import json
import re
import socket
import struct
import time
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tinker_rest import APIConnectionError, APIResponseValidationError, APITimeoutError, NotFoundError
from tinker_rest_sandbox import FaultRule, ReceivedRequest, Sandbox

RUNS = "/api/v1/training_runs"
CHECKPOINT = f"{RUNS}/run-id/checkpoints/weights/0001"
PATH = "tinker://run-id/weights/0001"


def exchange(url: str, method: str = "GET", key: str = "") -> tuple[bytes, bool]:
    """What comes back over a bare socket until it ends, and whether it ended with a reset."""
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    head = f"{method} {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nX-API-Key: {key}\r\n\r\n"
    received = b""
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as connection:
        connection.sendall(head.encode())
        try:
            while chunk := connection.recv(65536):
                received += chunk
        except ConnectionResetError:
            return received, True
    return received, False


def length_and_body(received: bytes) -> tuple[int, bytes]:
    head, _, body = received.partition(b"\r\n\r\n")
    found = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    assert found is not None
    return int(found[1]), body


# What goes over the wire


def test_a_dropped_connection_is_reset_before_the_work_is_done(sandbox: Sandbox) -> None:
    sandbox.faults.add(drop=True, match="delete_checkpoint")
    received = exchange(sandbox.base_url + CHECKPOINT, "DELETE", sandbox.api_key)
    assert received == (b"", True)
    with sandbox.client() as client:
        assert client.get_weights_info_by_tinker_path(PATH).result()


def test_a_lost_answer_is_a_reset_after_the_work_is_done(sandbox: Sandbox) -> None:
    sandbox.faults.add(drop=True, when="after", match="delete_checkpoint")
    received = exchange(sandbox.base_url + CHECKPOINT, "DELETE", sandbox.api_key)
    assert received == (b"", True)
    with sandbox.client() as client, pytest.raises(NotFoundError):
        client.get_weights_info_by_tinker_path(PATH).result()


@pytest.mark.parametrize("size", [0, 1, 10])
def test_a_truncated_body_is_shorter_than_was_said(size: int, sandbox: Sandbox) -> None:
    sandbox.faults.add(truncate=size)
    received, is_reset = exchange(sandbox.base_url + RUNS, key=sandbox.api_key)
    length, body = length_and_body(received)
    assert received.startswith(b"HTTP/1.1 200 ")
    assert (len(body), is_reset) == (size, False)
    assert length > 1000


def test_truncating_always_leaves_something_out(sandbox: Sandbox) -> None:
    sandbox.faults.add(truncate=10**9)
    received, _ = exchange(sandbox.base_url + RUNS, key=sandbox.api_key)
    length, body = length_and_body(received)
    assert len(body) == length - 1


def test_an_answer_without_a_body_is_not_sent_at_all_when_truncated(sandbox: Sandbox) -> None:
    sandbox.faults.add(truncate=5)
    assert exchange(f"{sandbox.base_url}{CHECKPOINT}/publish", "POST", sandbox.api_key)[0] == b""


def test_a_malformed_body_has_its_whole_length(sandbox: Sandbox) -> None:
    sandbox.faults.add(malformed=True, times=2)
    response = httpx.get(sandbox.base_url + RUNS, headers={"X-API-Key": sandbox.api_key})
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    with pytest.raises(json.JSONDecodeError):
        response.json()
    published = httpx.post(f"{sandbox.base_url}{CHECKPOINT}/publish", headers={"X-API-Key": sandbox.api_key})
    assert (published.status_code, published.content) == (200, response.content)


def test_a_status_comes_with_what_was_given(sandbox: Sandbox) -> None:
    faults = sandbox.faults
    faults.add(status=503, retry_after=1.5)
    faults.add(status=429, retry_after="Mon, 13 Jul 2026 10:15:00 GMT", detail="Slow down.")
    faults.add(
        status=502, body="<html>Bad Gateway</html>", headers={"Content-Type": "text/html", "Server": "proxy"}
    )
    faults.add(status=418, body=[1, 2], headers={"x-request-id": "mine"})
    faults.add(status=204)
    with httpx.Client(base_url=sandbox.base_url, headers={"X-Request-Id": "asked"}) as client:
        first, second, third, fourth, fifth = (client.get(RUNS) for _ in range(5))
    assert (first.status_code, first.headers["retry-after"]) == (503, "1.5")
    assert first.json() == {"detail": "A fault that was added to the sandbox."}
    assert first.headers["x-request-id"] == "asked"
    assert (second.json(), second.headers["retry-after"]) == (
        {"detail": "Slow down."},
        "Mon, 13 Jul 2026 10:15:00 GMT",
    )
    assert (third.status_code, third.text) == (502, "<html>Bad Gateway</html>")
    assert third.headers.get_list("content-type") == ["text/html"]
    assert (fourth.json(), fourth.headers.get_list("x-request-id")) == ([1, 2], ["mine"])
    assert (fifth.status_code, fifth.content) == (204, b"")
    assert sandbox.violations == []


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0"), (10, "10"), (0.25, "0.25"), (2592000, "2592000"), (1234567.5, "1234567.5")]
)
def test_long_waits_are_said_exactly(seconds: float, text: str, sandbox: Sandbox) -> None:
    sandbox.faults.add(status=429, retry_after=seconds)
    assert httpx.get(sandbox.base_url + RUNS).headers["retry-after"] == text


def test_the_connection_stays_usable_after_a_status(sandbox: Sandbox) -> None:
    sandbox.faults.add(status=500)
    with httpx.Client(base_url=sandbox.base_url, headers={"X-API-Key": sandbox.api_key}) as client:
        assert [client.get(RUNS).status_code for _ in range(2)] == [500, 200]


# What our client makes of them


def test_passing_faults_are_waited_for(sandbox: Sandbox) -> None:
    fault = sandbox.faults.add(status=503, retry_after=0.01, times=2, match="list_sessions")
    with sandbox.client() as client:
        assert client.list_sessions().result().sessions
    assert [request.fault for request in sandbox.requests] == [fault.fault_id, fault.fault_id, None]
    assert (fault.hits, fault.is_spent) == (2, True)


def test_a_lost_answer_to_a_change_is_told_again(sandbox: Sandbox) -> None:
    sandbox.faults.add(drop=True, when="after", match="copy_weights")
    with sandbox.client() as client:
        before = sandbox.counts()["checkpoints"]
        copy = client.copy_weights(PATH, "project-archive").result()
        assert sandbox.counts()["checkpoints"] == before + 1
        assert client.get_weights_info_by_tinker_path(copy).result()
    first, second, _ = sandbox.requests
    assert (first.fault, second.fault) == ("fault-1", None)
    assert first.header("x-idempotency-key") == second.header("x-idempotency-key") is not None


def test_a_bad_gateway_after_the_work_is_a_lost_answer_too(sandbox: Sandbox) -> None:
    sandbox.faults.add(status=502, when="after", retry_after=0, match="delete_checkpoint")
    with sandbox.client() as client:
        client.delete_checkpoint_from_tinker_path(PATH).result()
    assert len(sandbox.requests) == 2


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"drop": True}, APIConnectionError),
        ({"truncate": 3}, APIConnectionError),
        ({"malformed": True}, APIResponseValidationError),
        ({"delay": 5}, APITimeoutError),
    ],
)
def test_each_effect_has_its_exception(values: dict[str, Any], error: type[Exception], sandbox: Sandbox) -> None:
    sandbox.faults.add(**values, times=None)
    with sandbox.client(max_retries=0, attempt_timeout=0.5) as client, pytest.raises(error):
        client.list_sessions().result()


def test_what_a_client_did_not_wait_for_is_not_done(sandbox: Sandbox) -> None:
    sandbox.faults.add(delay=0.6, match="delete_checkpoint")
    with sandbox.client(max_retries=0, attempt_timeout=0.1) as client, pytest.raises(APITimeoutError):
        client.delete_checkpoint_from_tinker_path(PATH).result()
    time.sleep(0.7)
    with sandbox.client() as client:
        assert client.get_weights_info_by_tinker_path(PATH).result()


def test_a_delay_alone_only_delays(sandbox: Sandbox) -> None:
    sandbox.faults.add(delay=0.2)
    started = time.monotonic()
    with sandbox.client() as client:
        assert client.list_sessions().result().sessions
    assert time.monotonic() - started > 0.2


def test_a_delay_goes_with_an_effect(sandbox: Sandbox) -> None:
    sandbox.faults.add(delay=0.2, drop=True)
    started = time.monotonic()
    assert exchange(sandbox.base_url + RUNS) == (b"", True)
    assert time.monotonic() - started > 0.2


# Downloads


def archive_url(sandbox: Sandbox) -> str:
    with sandbox.client() as client:
        return client.get_checkpoint_archive_url_from_tinker_path(PATH).result().url


def test_downloads_meet_faults_of_their_host(start: Callable[..., Sandbox]) -> None:
    sandbox = start()
    url = archive_url(sandbox)
    whole = httpx.get(url).content
    for values in (
        {"truncate": 1000},
        {"drop": True},
        {"status": 503},
        {"malformed": True, "match": "/archives/*"},
    ):
        sandbox.faults.add(host="storage", **values)
    received, _ = exchange(url)
    length, body = length_and_body(received)
    assert (length, body) == (len(whole), whole[:1000])
    assert exchange(url) == (b"", True)
    assert httpx.get(url).status_code == 503
    assert httpx.get(url).content != whole
    assert urllib.request.urlopen(url, timeout=10).read() == whole
    assert [r.fault for r in sandbox.storage_requests] == [None, "fault-1", "fault-2", "fault-3", "fault-4", None]
    assert not [request for request in sandbox.requests if request.fault]


def test_a_truncated_download_can_be_resumed(start: Callable[..., Sandbox]) -> None:
    sandbox = start()
    url = archive_url(sandbox)
    sandbox.faults.add(host="storage", truncate=5000)
    received, _ = exchange(url)
    _, body = length_and_body(received)
    rest = httpx.get(url, headers={"Range": f"bytes={len(body)}-"})
    assert rest.status_code == 206
    assert body + rest.content == httpx.get(url).content


def test_a_download_can_be_slow(start: Callable[..., Sandbox]) -> None:
    sandbox = start()
    url = archive_url(sandbox)
    whole = httpx.get(url).content
    sandbox.faults.add(host="storage", bytes_per_second=len(whole) * 4)
    pieces = []
    with httpx.stream("GET", url) as response:
        pieces += response.iter_raw()
    assert b"".join(pieces) == whole
    assert len(pieces) > 2


# Which requests are hit


def statuses(sandbox: Sandbox, *targets: str) -> list[int]:
    with httpx.Client(base_url=sandbox.base_url, headers={"X-API-Key": sandbox.api_key}) as client:
        return [client.get(target).status_code for target in targets]


def test_faults_count_matching_requests(sandbox: Sandbox) -> None:
    sandbox.faults.add(status=503, after=1, times=2, match="list_training_runs")
    sandbox.faults.add(status=500, times=1, match="list_training_runs")
    assert statuses(sandbox, RUNS, "/api/v1/sessions", RUNS, RUNS, RUNS) == [500, 200, 503, 503, 200]


def test_faults_may_go_on_until_they_are_removed(sandbox: Sandbox) -> None:
    fault = sandbox.faults.add(status=503, times=None)
    assert statuses(sandbox, *[RUNS] * 5) == [503] * 5
    assert fault in sandbox.faults
    sandbox.faults.remove(fault.fault_id)
    assert statuses(sandbox, RUNS) == [200]
    assert len(sandbox.faults) == 0
    with pytest.raises(ValueError, match="fault-1"):
        sandbox.faults.remove(fault.fault_id)


@pytest.mark.parametrize(
    ("match", "hit"),
    [
        ("get_training_run", [0, 1, 0]),
        ("GET /api/v1/training_runs*", [1, 1, 0]),
        ("* /api/v1/sessions", [0, 0, 1]),
        ("/api/v1/*", [1, 1, 1]),
        ("POST /api/v1/*", [0, 0, 0]),
        (lambda request: request.target.endswith("?limit=1"), [1, 0, 0]),
    ],
)
def test_what_matches(match: Any, hit: list[int], sandbox: Sandbox) -> None:
    sandbox.faults.add(status=503, match=match, times=None)
    expected = [503 if one else 200 for one in hit]
    assert statuses(sandbox, f"{RUNS}?limit=1", f"{RUNS}/run-id", "/api/v1/sessions") == expected


def test_the_log_knows_the_operation(sandbox: Sandbox) -> None:
    statuses(sandbox, RUNS, "/nowhere")
    assert [request.operation_id for request in sandbox.requests] == ["list_training_runs", None]


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({}, "status, delay, bytes_per_second, drop, truncate or malformed"),
        ({"bytes_per_second": 0}, "equal to 1"),
        ({"status": 99}, "99"),
        ({"status": True}, "True"),
        ({"status": 503, "drop": True}, "status and drop"),
        ({"delay": -1}, "-1"),
        ({"delay": float("nan")}, "nan"),
        ({"drop": 1}, "1"),
        ({"drop": True, "when": "later"}, "later"),
        ({"malformed": True, "when": "after"}, "when"),
        ({"truncate": -1}, "-1"),
        ({"status": 503, "times": 0}, "0"),
        ({"status": 503, "after": -2}, "-2"),
        ({"status": 503, "retry_after": -3}, "-3"),
        ({"drop": True, "retry_after": 1}, "retry_after"),
        ({"status": 503, "body": "a", "detail": "b"}, "body"),
        ({"status": 503, "headers": {"A": "b\r\nC: d"}}, "C: d"),
        ({"status": 503, "headers": {"A B": "c"}}, "A B"),
        ({"status": 503, "headers": {"Content-Length": "3"}}, "Content-Length"),
        ({"status": 503, "retry_after": "1\r\nA: b"}, "A: b"),
        ({"status": 503, "body": {1, 2}}, "{1, 2}"),
        ({"status": 503, "detail": "\ud800"}, "detail"),
        ({"status": 503, "body": "\ud800"}, "body"),
        ({"status": 204, "body": "x"}, "204"),
        ({"status": 503, "match": "list_runs"}, "list_runs"),
        ({"status": 503, "match": "FETCH /x"}, "FETCH"),
        ({"status": 503, "match": ""}, "''"),
        ({"status": 503, "match": 5}, "5"),
        ({"status": 503, "host": "s3"}, "s3"),
        ({"status": 503, "host": "storage", "match": "list_sessions"}, "list_sessions"),
    ],
)
def test_senseless_faults_are_refused(values: dict[str, Any], named: str) -> None:
    sandbox = Sandbox()
    with pytest.raises(ValueError, match=re.escape(named)):
        sandbox.faults.add(**values)
    assert len(sandbox.faults) == 0


def test_faults_show_themselves(sandbox: Sandbox) -> None:
    def of_alice(request: ReceivedRequest) -> bool:
        return request.header("x-api-key") == sandbox.api_key

    fault = sandbox.faults.add(status=503, match=of_alice)
    assert "of_alice" in repr(sandbox.faults)
    assert fault.rule == FaultRule(status=503, match=of_alice)
    assert fault.as_json()["hits"] == 0


def test_a_client_that_resets_is_no_error(sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    sandbox.faults.add(delay=1)
    url = httpx.URL(sandbox.base_url)
    with socket.create_connection((url.host, url.port or 0)) as connection:
        connection.sendall(f"GET {RUNS} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    for values in ({"drop": True}, {"truncate": 4}):
        sandbox.faults.add(**values)
        statuses_after = httpx.Client(base_url=sandbox.base_url, headers={"X-API-Key": sandbox.api_key})
        with statuses_after, pytest.raises(httpx.HTTPError):
            statuses_after.get(RUNS)
    assert [record for record in caplog.records if record.name.startswith("uvicorn")] == []
