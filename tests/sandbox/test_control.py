"""The control path: what other languages use, and who may not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tinker_rest import NotFoundError, RestClient
from tinker_rest_sandbox import Sandbox
from tinker_rest_sandbox._exposure import check_may_control
from tinker_rest_sandbox._responses import ApiError

RUNS = "/api/v1/training_runs"


@pytest.fixture
def control(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{sandbox.base_url}/__sandbox__/", trust_env=False) as client:
        yield client


def test_the_state_is_told(control: httpx.Client, sandbox: Sandbox) -> None:
    httpx.get(sandbox.base_url + RUNS)
    state = control.get("").json()
    assert (state["base_url"], state["storage_url"]) == (sandbox.base_url, sandbox.storage_url)
    assert [(user["name"], user["api_key"]) for user in state["users"]] == [
        ("alice", sandbox.api_key),
        ("bob", sandbox.other_api_key),
    ]
    assert state["projects"] == ["project-research", "project-archive"]
    assert state["counts"] == {**sandbox.counts(), "requests": 1, "storage_requests": 0, "faults": 0}
    assert (state["violations"], state["requests_with_credentials"]) == ([], [])
    assert state["now"].endswith("Z")
    assert httpx.get(f"{sandbox.base_url}/__sandbox__").json()["counts"] == state["counts"]


def test_everything_can_be_added(control: httpx.Client, sandbox: Sandbox) -> None:
    def add(things: str, **fields: Any) -> dict[str, Any]:
        response = control.post(things, json=fields)
        assert response.status_code == 201, response.text
        added: dict[str, Any] = response.json()
        return added

    user = add("users", name="carol")
    assert user["api_key"] == "tml-sandbox-carol"
    assert add("projects", project_id="project-x") == {"project_id": "project-x"}
    session = add("sessions", user="carol", project_id="project-x", status="active")
    run = add("training_runs", session_id=session["session_id"], lora_rank=None)
    checkpoint = add(
        "checkpoints", training_run_id=run["training_run_id"], ttl_seconds=3600, user_metadata={"a": 1}
    )
    sampler = add("samplers", session_id=session["session_id"], model_path=checkpoint["tinker_path"])
    assert add("checkpoints")["user"] == "alice"
    with sandbox.client("carol") as client:
        assert client.get_training_run(run["training_run_id"]).result().is_lora is False
        (listed,) = client.list_user_checkpoints().result().checkpoints
        assert listed.tinker_path == checkpoint["tinker_path"]
        assert client.get_sampler(sampler["sampler_id"]).result().model_path == checkpoint["tinker_path"]


def test_faults_over_http(control: httpx.Client, sandbox: Sandbox) -> None:
    added = control.post("faults", json={"status": 503, "retry_after": 0, "times": 2, "match": "list_sessions"})
    assert (added.status_code, added.json()["fault_id"]) == (201, "fault-1")
    control.post("faults", json={"drop": True, "when": "after", "times": None, "match": f"GET {RUNS}/*"})
    with sandbox.client() as client:
        client.list_sessions().result()
    first, second = control.get("faults").json()["faults"]
    assert first == {
        "fault_id": "fault-1", "status": 503, "retry_after": 0, "times": 2, "match": "list_sessions",
        "hits": 2, "passed": 0, "spent": True,
    }  # fmt: skip
    assert (second["times"], second["spent"]) == (None, False)
    assert [one["fault"] for one in control.get("requests").json()["requests"]] == ["fault-1", "fault-1", None]
    assert control.delete("faults/fault-1").status_code == 204
    assert control.delete("faults/fault-1").status_code == 404
    assert control.delete("faults").status_code == 204
    assert control.get("faults").json() == {"faults": []}


def test_requests_over_http(control: httpx.Client, sandbox: Sandbox) -> None:
    httpx.post(
        sandbox.base_url + "/api/v1/weights_info",
        json={"tinker_path": "é"},
        headers={"X-API-Key": sandbox.api_key},
    )
    httpx.get(sandbox.base_url + "/nowhere?x=1", headers={"X-API-Key": "tml-a-real-key"})
    httpx.get(sandbox.storage_url + "/archives/x")
    first, second = control.get("requests").json()["requests"]
    assert (first["method"], first["target"], first["operation_id"]) == (
        "POST",
        "/api/v1/weights_info",
        "get_weights_info_by_tinker_path",
    )
    assert "é" in first["body"]
    assert ["x-api-key", sandbox.api_key] in first["headers"]
    assert ["x-api-key", "***"] in second["headers"]
    assert (second["target"], second["operation_id"]) == ("/nowhere?x=1", None)
    (stored,) = control.get("requests", params={"host": "storage"}).json()["requests"]
    assert stored["target"] == "/archives/x"
    assert control.get("requests", params={"host": "moon"}).status_code == 422
    assert control.delete("requests").status_code == 204
    assert control.get("requests").json() == {"requests": []}
    assert len(sandbox.storage_requests) == 0


def test_requests_over_http_hold_no_secrets(control: httpx.Client, sandbox: Sandbox) -> None:
    headers = {
        "Proxy-Authorization": "Basic cHJveHktc2VjcmV0",
        "Authorization": "Bearer bearer-secret",
        "Cookie": "session=cookie-secret",
        "X-Auth-Token": "header-secret",
        "Subscription-Key": "subscription-secret",
        "X-Auth": "other-secret",
        "Referer": "https://ada:referer-secret@example.com/?sig=azure-secret",
        "X-Note": f"mine is {sandbox.api_key}, yours tml-note-secret",
        "X-Idempotency-Key": "not-hidden",
    }
    body = {"api_key": "tml-body-secret", "jwt": "eyJhbGciOi.secret", "password": "p-secret", "name": "not-hidden"}
    query = "key=tml%2Dquery-secret&access_token=query-secret&X-Amz-Signature=signature-secret&name=not-hidden"
    httpx.post(f"{sandbox.base_url}/tml-path-secret?{query}", json=body, headers=headers, trust_env=False)
    secrets = '"note": "tml\\u002descaped-secret", "Authorization": "Bearer quoted-secret"'
    secrets += (
        ', "password": "two, of-secret \\" and-secret", "secret": ["listed-secret"], "private_key": "-secret"'
    )
    text = f'{{{secrets}, "mine": "{sandbox.api_key}"}}'
    httpx.put(f"{sandbox.base_url}/x", content=text, trust_env=False)
    shown = control.get("requests").text
    assert "-secret" not in shown
    assert "cHJveHk" not in shown
    assert shown.count("not-hidden") == 3
    assert shown.count(sandbox.api_key) == 2


def test_the_clock_over_http(control: httpx.Client, sandbox: Sandbox) -> None:
    checkpoint = sandbox.add_checkpoint(ttl_seconds=3600)
    assert control.post("clock", json={"advance": 3601}).status_code == 200
    with sandbox.client() as client, pytest.raises(NotFoundError):
        client.get_weights_info_by_tinker_path(checkpoint.tinker_path).result()
    assert control.post("clock", json={"set": "2100-01-01T00:00:00Z"}).json()["now"].startswith("2100-01-01T00:00")
    assert control.get("clock").json()["now"].startswith("2100-01-01T00:00")


def test_reset_over_http(control: httpx.Client, sandbox: Sandbox) -> None:
    before = sandbox.counts()
    control.post("checkpoints", json={})
    control.post("faults", json={"drop": True, "times": None})
    assert control.post("reset", headers={"Content-Type": "application/json"}).status_code == 204
    assert (sandbox.counts(), len(sandbox.faults)) == (before, 0)


def test_the_control_path_meets_no_faults_and_is_not_logged(control: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.faults.add(drop=True, times=None)
    assert control.get("faults").status_code == 200
    assert len(sandbox.requests) == 0


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "said"),
    [
        ("GET", "nothing", None, 404, "training_runs"),
        ("PUT", "faults", {}, 405, "Method"),
        ("GET", "reset", None, 405, "Method"),
        ("POST", "clock", {}, 422, "advance"),
        ("POST", "clock", {"advance": -5}, 422, "-5"),
        ("POST", "clock", {"advance": "5"}, 422, "'5'"),
        ("POST", "clock", {"advance": 1e300}, 422, "9000"),
        ("POST", "clock", {"set": "9999-12-31T23:59:59Z"}, 422, "9000"),
        ("POST", "checkpoints", {"created_at": "9999-12-31T23:59:59-14:00"}, 422, "created_at"),
        ("POST", "checkpoints", {"expires_at": "9999-12-31T23:59:59-14:00"}, 422, "expires_at"),
        ("POST", "sessions", {"created_at": "0001-01-01T00:00:00+14:00"}, 422, "created_at"),
        ("POST", "users", {"api_key": "tml-ü"}, 422, "ASCII"),
        ("POST", "users", {"api_key": "tml-a b"}, 422, "spaces"),
        ("POST", "faults", {"status": 204, "body": "x"}, 422, "204"),
        ("POST", "faults", {"status": 304, "detail": "x"}, 422, "304"),
        ("POST", "clock", {"advance": 1, "set": "x"}, 422, "advance"),
        ("POST", "clock", {"set": "soon"}, 422, "soon"),
        ("POST", "clock", {"set": "2100-01-01T00:00:00"}, 422, "zone"),
        ("POST", "faults", {}, 422, "status"),
        ("POST", "faults", {"status": 5}, 422, "status"),
        ("POST", "faults", {"status": 503, "match": "list_nothing"}, 422, "list_nothing"),
        ("POST", "faults", {"colour": "red"}, 422, "colour"),
        ("POST", "checkpoints", {"name": 5}, 422, "name"),
        ("POST", "checkpoints", {"training_run_id": "none"}, 422, "none"),
        ("POST", "checkpoints", {"training_run_id": "run-id", "name": "0001"}, 409, "already"),
        ("POST", "users", {"name": "bob"}, 409, "bob"),
        ("POST", "users", [1], 422, "object"),
    ],
)
def test_mistakes_are_told(
    method: str, path: str, body: Any, status: int, said: str, control: httpx.Client, sandbox: Sandbox
) -> None:
    response = (
        control.request(method, path, json=body) if method in {"POST", "PUT"} else control.request(method, path)
    )
    assert response.status_code == status, response.text
    assert said in response.json()["detail"]


def test_what_is_no_json_is_told(control: httpx.Client) -> None:
    kind = {"Content-Type": "application/json"}
    assert control.post("faults", content=b"{", headers=kind).status_code == 400
    assert control.post("faults", content=b"\xff", headers=kind).status_code == 400
    for body in (b'{"delay": NaN}', b'{"delay": 1e999}', b'{"status": 503, "detail": "\\ud800"}', b"[" * 10**5):
        refused = control.post("faults", content=body, headers=kind)
        assert refused.status_code == 400
        assert refused.json()["detail"].startswith("The body is not JSON: ")
    assert control.post("faults", content=b'{"detail":"' + b"x" * 2**21, headers=kind).status_code == 413


# Who may not


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://localhost"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Host": "evil.example"},
        {"Host": "evil.example:8765"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": "10.0.0.1"},
        {"Host": ""},
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_pages_of_others_are_refused(
    method: str, headers: dict[str, str], control: httpx.Client, sandbox: Sandbox
) -> None:
    sandbox.faults.add(status=503)
    sent = {"Content-Type": "application/json", **headers}
    response = control.request(method, "faults", content=b'{"drop": true}', headers=sent)
    assert response.status_code == 403
    assert [fault.rule.status for fault in sandbox.faults] == [503]
    assert not [name for name in response.headers if name.startswith("access-control")]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_forms_of_pages_are_refused(kind: str, control: httpx.Client, sandbox: Sandbox) -> None:
    headers = {"Content-Type": kind} if kind else {}
    assert control.post("faults", content=b'{"drop": true}', headers=headers).status_code == 415
    assert len(sandbox.faults) == 0


def test_a_browsers_question_before_is_not_answered(control: httpx.Client) -> None:
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    response = control.options("faults", headers=headers)
    assert response.status_code == 403
    assert "access-control-allow-origin" not in response.headers


def test_own_pages_and_names_are_served(control: httpx.Client, sandbox: Sandbox) -> None:
    port = sandbox.base_url.rpartition(":")[2]
    for headers in (
        {"Origin": sandbox.base_url, "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Host": f"localhost:{port}", "Origin": f"http://localhost:{port}"},
        {"Host": f"[::1]:{port}"},
    ):
        response = control.get("", headers=headers)
        assert response.status_code == 200, headers
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["x-content-type-options"] == "nosniff"


def may_control(client: str | None, host: str, bound: str, *, from_anywhere: bool) -> bool:
    try:
        peer = None if client is None else (client, 5)
        check_may_control(peer, {"host": host}, bound, from_anywhere=from_anywhere)
    except ApiError:
        return False
    return True


@pytest.mark.parametrize(
    ("client", "host", "bound", "by_default", "from_anywhere"),
    [
        ("127.0.0.1", "127.0.0.1:8765", "127.0.0.1", True, True),
        ("127.8.9.1", "localhost", "0.0.0.0", True, True),
        ("::1", "[::1]:8765", "::1", True, True),
        ("::ffff:127.0.0.1", "localhost:8765", "::", True, True),
        ("192.0.2.7", "192.0.2.1:8765", "0.0.0.0", False, True),
        ("192.0.2.7", "sandbox:8765", "0.0.0.0", False, True),
        ("192.0.2.7", "localhost", "0.0.0.0", False, True),
        ("192.0.2.7", "evil.example", "0.0.0.0", False, False),
        ("127.0.0.1", "evil.example", "127.0.0.1", False, False),
        ("127.0.0.1", "box.example:8765", "box.example", True, True),
        ("127.0.0.1", "[::1", "127.0.0.1", False, False),
        (None, "localhost", "127.0.0.1", False, True),
    ],
)
def test_who_may_control(client: str | None, host: str, bound: str, by_default: bool, from_anywhere: bool) -> None:
    assert may_control(client, host, bound, from_anywhere=False) is by_default
    assert may_control(client, host, bound, from_anywhere=True) is from_anywhere


def test_other_machines_are_told_so(start: Callable[..., Sandbox], monkeypatch: pytest.MonkeyPatch) -> None:
    headers = {"X-Forwarded-For": "192.0.2.7"}
    for options, status in (({}, 403), ({"control_from_anywhere": True}, 200)):
        sandbox = start(**options)
        # Uvicorn believes this header of programs on the same machine, such as a proxy.
        assert httpx.get(f"{sandbox.base_url}/__sandbox__/", headers=headers).status_code == status
        assert httpx.get(sandbox.base_url + RUNS, headers=headers).status_code == 401


def test_the_prefix_is_none_of_the_api(sandbox: Sandbox) -> None:
    from tinker_rest_sandbox._spec import load_spec

    assert not [path for path in load_spec().document["paths"] if re.match("/_", path)]
    with RestClient(base_url=sandbox.base_url, api_key=sandbox.api_key) as client:
        assert client.list_sessions().result().sessions
    assert httpx.get(f"{sandbox.base_url}/__sandbox__x").json() == {"detail": "Not Found"}
