"""What the official SDK asks when it starts and ends. Nothing here is part of the described API."""

from __future__ import annotations

import httpx
import pytest

from tinker_rest_sandbox import Sandbox

CREATE, HEARTBEAT = "/api/v1/create_session", "/api/v1/session_heartbeat"
NEW = {"type": "create_session", "tags": [], "user_metadata": {}, "sdk_version": "0.38.0"}


def test_a_session_is_made(sandbox: Sandbox, alice: httpx.Client, bob: httpx.Client) -> None:
    body = {**NEW, "project_id": "project-archive", "display_name": "Mine", "user_metadata": {"a": "b"}}
    answer = alice.post(CREATE, json=body).json()
    session_id = answer["session_id"]
    assert answer["type"] == "create_session"
    assert alice.get("/api/v1/sessions?limit=1").json() == {"sessions": [session_id]}
    assert alice.get(f"/api/v1/sessions/{session_id}").json() == {
        "training_run_ids": [],
        "sampler_ids": [],
        "user_metadata": {"a": "b"},
        "display_name": "Mine",
    }
    (found,) = alice.post("/api/v1/sessions/search", json={"session_id": session_id}).json()["sessions"]
    assert (found["project_id"], found["status"]) == ("project-archive", {"type": "active"})
    assert (found["checkpoints_count"], found["checkpoint_storage_bytes"]) == (0, 0)

    beat = {"type": "session_heartbeat", "session_id": session_id}
    assert alice.post(HEARTBEAT, json=beat).json() == {"type": "session_heartbeat"}
    assert bob.post(HEARTBEAT, json=beat).status_code == 404


def test_a_session_is_finished_once(sandbox: Sandbox, alice: httpx.Client, bob: httpx.Client) -> None:
    session_id = alice.post(CREATE, json=NEW).json()["session_id"]
    path = f"/api/v1/sessions/{session_id}/finish"
    assert bob.post(path, json={"reason": {"type": "success"}}).status_code == 404
    for body in ({}, {"reason": "success"}, {"reason": {"type": "tired"}}, []):
        assert alice.post(path, json=body).status_code == 422
    for reason in ("errored", "success"):
        done = alice.post(path, json={"reason": {"type": reason}, "detail": "So it is."})
        assert (done.status_code, done.content) == (204, b"")
    (found,) = alice.post("/api/v1/sessions/search", json={"session_id": session_id}).json()["sessions"]
    assert found["status"] == {
        "type": "client_finished",
        "reason": {"type": "errored"},
        "detail": "So it is.",
    }
    assert alice.post(HEARTBEAT, json={"session_id": session_id}).status_code == 410


def test_the_rest_is_answered(sandbox: Sandbox, alice: httpx.Client) -> None:
    assert alice.post("/api/v1/client/dynamic_config", json={"sdk_version": "0.38.0"}).json() == {}
    assert alice.post("/api/v1/telemetry", json={"events": []}).json() == {"status": "accepted"}
    key = alice.get("/api/v1/auth/apikey/me").json()
    assert key["details"]["user_details"] == {"email": "alice@example.com"}


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", CREATE, b"", 422),
        ("POST", CREATE, b"[]", 422),
        ("POST", CREATE, b"{", 400),
        ("POST", CREATE, b'{"display_name":1}', 422),
        ("POST", CREATE, b'{"user_metadata":[]}', 422),
        ("POST", CREATE, b'{"project_id":"no-such-thing"}', 404),
        ("POST", CREATE, b'{"project_id":[]}', 422),
        ("POST", HEARTBEAT, b'{"session_id":"no-such-thing"}', 404),
        ("GET", CREATE, None, 405),
        ("POST", "/api/v1/sessions/no-such-thing/finish", b'{"reason":{"type":"success"}}', 404),
        ("GET", "/api/v1/sessions/session-id/finish", None, 405),
        ("DELETE", "/api/v1/auth/apikey/me", None, 405),
        ("POST", "/api/v1/create_model", b"{}", 404),
    ],
)
def test_refusals(raw_request, method: str, path: str, body: bytes | None, status: int) -> None:
    answered, headers, _ = raw_request(method, path, body)
    assert answered == status
    assert headers["x-request-id"]


def test_they_need_a_credential(start, connect) -> None:
    sandbox = start(token_exchange="required")
    assert connect(sandbox, "tml-wrong").post(CREATE, json=NEW).status_code == 401
    client = connect(sandbox)
    assert client.post(CREATE, json=NEW).status_code == 401
    assert client.get("/api/v1/auth/apikey/me").status_code == 200
    token = client.post("/api/v1/auth/token", json={}).json()["jwt"]
    assert connect(sandbox, token).post(CREATE, json=NEW).status_code == 200
