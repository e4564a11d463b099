"""Requests that are wrong in form, and paths that are easily taken for others."""

from __future__ import annotations

import json

import httpx
import pytest

from tinker_rest_sandbox import ReceivedRequest, Sandbox

RUNS = "/api/v1/training_runs"
CHECKPOINTS = f"{RUNS}/run-id/checkpoints"
TTL = f"{CHECKPOINTS}/weights/0001/ttl"


@pytest.mark.parametrize(
    "path", ["/nothing", "/docs/", "/api/v1", f"{RUNS}/", f"{RUNS}//checkpoints", "/api/v1/nothing", "/api//v1"]
)
def test_unknown_route_is_404(raw_request, path: str) -> None:
    status, headers, body = raw_request("GET", path)
    assert (status, json.loads(body)) == (404, {"detail": "Not Found"})
    assert headers["x-request-id"]


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("POST", RUNS, "GET"),
        ("HEAD", RUNS, "GET"),
        ("OPTIONS", RUNS, "GET"),
        ("GET", f"{CHECKPOINTS}/weights/0001", "DELETE"),
        ("PATCH", f"{CHECKPOINTS}/weights/publish", "DELETE, POST"),
        ("PUT", "/api/v1/sessions/search", "GET, POST"),
        ("GET", f"{CHECKPOINTS}/weights/0001/publish", "DELETE, POST"),
        ("DELETE", f"{CHECKPOINTS}/checkpoint-123/archive", "GET"),
        ("OPTIONS", f"{CHECKPOINTS}/checkpoint-123/ttl", "PUT"),
        ("PATCH", "/api/v1/weights_info", "POST"),
    ],
)
def test_wrong_method_is_405(raw_request, method: str, path: str, allow: str) -> None:
    status, headers, _ = raw_request(method, path)
    assert (status, headers["allow"]) == (405, allow)


@pytest.mark.parametrize(
    ("query", "loc", "kind"),
    [
        ("limit=many", ["query", "limit"], "type"),
        ("limit=", ["query", "limit"], "type"),
        ("limit=1.5", ["query", "limit"], "type"),
        ("limit=%D9%A1", ["query", "limit"], "type"),
        ("limit=0", ["query", "limit"], "minimum"),
        ("limit=1001", ["query", "limit"], "maximum"),
        ("offset=-1", ["query", "offset"], "minimum"),
        ("offset=99999999999999999999", ["query", "offset"], "maximum"),
        ("offset=" + "9" * 5000, ["query", "offset"], "type"),
        ("access_scope=all", ["query", "access_scope"], "enum"),
    ],
)
def test_invalid_query_is_422(reader: httpx.Client, query: str, loc: list, kind: str) -> None:
    response = reader.get(f"{RUNS}?{query}")
    assert response.status_code == 422
    (fault,) = response.json()["detail"]
    assert (fault["loc"], fault["type"]) == (loc, kind)
    assert 0 < len(fault["msg"]) <= 300


def test_a_missing_parameter_is_422(reader: httpx.Client) -> None:
    detail = reader.get("/api/v1/billing/usage/events").json()["detail"]
    assert [fault["loc"] for fault in detail] == [["query", "starting_on"], ["query", "ending_before"]]


def test_all_faults_are_told_at_once(reader: httpx.Client) -> None:
    detail = reader.get(f"{RUNS}?limit=x&offset=y").json()["detail"]
    assert [fault["loc"][1] for fault in detail] == ["limit", "offset"]


def test_unknown_query_parameters_are_ignored(reader: httpx.Client) -> None:
    assert reader.get(f"{RUNS}?colour=1&limit=3").status_code == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"{}", 422),
        (b"null", 422),
        (b"[]", 422),
        (b'{"ttl_seconds":"3600"}', 422),
        (b'{"ttl_seconds":true}', 422),
        (b'{"ttl_seconds":3600.5}', 422),
        (b'{"ttl_seconds":3599}', 400),
        (b'{"ttl_seconds":-1}', 400),
        (b'{"ttl_seconds":315360001}', 400),
        (b'{"ttl_seconds":', 400),
        (b'{"ttl_seconds":NaN}', 400),
        (b'{"ttl_seconds":1e999}', 400),
        (b'{"ttl_seconds":' + b"9" * 5000 + b"}", 400),
        (b'{"ttl_seconds":"\\ud800"}', 400),
        (b"[" * 100_000, 400),
        (b"\xff", 400),
        (b"\xef\xbb\xbf{}", 400),
        (b" " * 1_100_000, 413),
        (b'{"ttl_seconds":7200.0}', 204),
    ],
)
def test_bodies(raw_request, body: bytes, status: int) -> None:
    answered, _, content = raw_request("PUT", TTL, body, content_type="application/json")
    assert answered == status, content[:300]


def test_range_of_the_ttl_is_told_in_a_sentence(reader: httpx.Client) -> None:
    response = reader.put(TTL, json={"ttl_seconds": 1})
    assert response.json() == {"detail": "ttl_seconds must be between 3600 and 315360000, or null."}
    wrong_type = reader.put(TTL, json={"ttl_seconds": "1"}).json()["detail"]
    assert wrong_type[0]["loc"] == ["body", "ttl_seconds"]
    missing = reader.put(TTL, json={}).json()["detail"]
    assert missing[0]["loc"] == ["body", "ttl_seconds"]


def test_other_media_type_is_415(reader: httpx.Client) -> None:
    response = reader.put(TTL, content=b"ttl_seconds=3600", headers={"Content-Type": "text/plain"})
    assert response.status_code == 415


@pytest.mark.parametrize("target", [f"{RUNS}/%zz", f"{RUNS}/%ff", f"{RUNS}/%", f"{RUNS}?limit=%ff"])
def test_undecodable_url_is_400(raw_request, target: str) -> None:
    status, _, body = raw_request("GET", target)
    assert status == 400
    assert "URL" in json.loads(body)["detail"]


@pytest.mark.parametrize(
    ("segment", "decoded"),
    [("a%2Fb", "a/b"), ("a%20b", "a b"), ("%C3%BC", "ü"), ("a+b", "a+b"), ("%252F", "%2F"), ("..", "..")],
)
def test_a_segment_is_decoded_after_it_is_found(raw_request, segment: str, decoded: str) -> None:
    status, _, body = raw_request("GET", f"{RUNS}/{segment}")
    assert (status, json.loads(body)) == (404, {"detail": f"Training run {decoded} was not found."})


def test_an_encoded_slash_does_not_split_a_checkpoint_id(raw_request) -> None:
    status, _, body = raw_request("POST", f"{CHECKPOINTS}/weights%2F0001/publish")
    assert status == 404
    assert "weights/0001" in json.loads(body)["detail"]


def test_a_known_kind_wins_over_a_bare_id(raw_request) -> None:
    _, _, kind_first = raw_request("DELETE", f"{CHECKPOINTS}/weights/publish")
    assert "Checkpoint weights/publish " in json.loads(kind_first)["detail"]
    _, _, bare = raw_request("DELETE", f"{CHECKPOINTS}/other/publish")
    assert "Checkpoint other " in json.loads(bare)["detail"]
    _, _, archive = raw_request("DELETE", f"{CHECKPOINTS}/sampler_weights/archive")
    assert "Checkpoint sampler_weights/archive " in json.loads(archive)["detail"]


def test_a_path_without_the_method_gives_way_to_the_next_best(raw_request) -> None:
    status, _, session = raw_request("GET", "/api/v1/sessions/search")
    assert (status, json.loads(session)) == (404, {"detail": "Session search was not found."})
    status, _, found = raw_request("POST", "/api/v1/sessions/search", b"{}", content_type="application/json")
    assert (status, set(json.loads(found))) == (200, {"sessions", "next_cursor"})
    status, _, bare = raw_request("POST", f"{CHECKPOINTS}/weights/publish")
    assert (status, "Checkpoint weights " in json.loads(bare)["detail"]) == (404, True)


def test_an_unknown_kind_is_422(raw_request) -> None:
    status, _, body = raw_request("DELETE", f"{CHECKPOINTS}/other/0001")
    assert status == 422
    assert json.loads(body)["detail"][0]["loc"] == ["path", "checkpoint_kind"]


def test_requests_are_recorded_as_they_came(shared_sandbox: Sandbox, raw_request) -> None:
    shared_sandbox.requests.clear()
    target = f"{RUNS}/a%2Fb%20ü%C3%BC:train:0?x=%2F+&limit=1".replace("ü", "")
    raw_request("GET", target, x_custom="1")
    raw_request("PUT", TTL, b'{"ttl_seconds":1}', content_type="application/json")
    first, second = shared_sandbox.requests
    assert (first.method, first.target, first.body) == ("GET", target, b"")
    assert first.header("X-Custom") == "1"
    assert second.body == b'{"ttl_seconds":1}'
    assert shared_sandbox.requests[-1] is second
    assert shared_sandbox.requests[:1] == [first]
    raw_request("GET", f"{RUNS}/x?key={shared_sandbox.api_key}&sig=secret")
    assert shared_sandbox.api_key not in repr(shared_sandbox.requests)
    assert "secret" not in repr(shared_sandbox.requests)


def test_the_record_is_bounded() -> None:
    from tinker_rest_sandbox._requests import RequestLog

    log = RequestLog(3)
    for number in range(5):
        log.append(ReceivedRequest("GET", f"/{number}", ()))
    assert [request.target for request in log] == ["/2", "/3", "/4"]


@pytest.mark.parametrize("has_body", [True, False])
def test_the_log_is_bounded_by_bytes_too(has_body: bool) -> None:
    from tinker_rest_sandbox._requests import MAX_LOG_BYTES, RequestLog

    log = RequestLog(10_000)
    body, header = (bytes(1024 * 1024), "") if has_body else (b"", "a" * 1024 * 1024)
    for number in range(40):
        log.append(ReceivedRequest("POST", f"/{number}", (("x", header),), body))
    assert sum(len(request.body) + len(request.header("x") or "") for request in log) <= MAX_LOG_BYTES
    assert log[-1].target == "/39"
    assert len(log) in (15, 16)


def test_a_large_body_is_cut_in_the_log(shared_sandbox: Sandbox) -> None:
    headers = {"X-API-Key": shared_sandbox.api_key}
    url = f"{shared_sandbox.base_url}/api/v1/weights_info"
    answer = httpx.post(url, content=bytes(5 * 1024 * 1024), headers=headers, trust_env=False)
    assert answer.status_code == 413
    assert len(shared_sandbox.requests[-1].body) < 2 * 1024 * 1024
