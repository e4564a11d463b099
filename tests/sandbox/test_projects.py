"""Sessions that move into projects, and the traces of sessions."""

from __future__ import annotations

import time

import httpx
import pytest

from tinker_rest_sandbox import Sandbox

PROJECT, TRACE = "/api/v1/sessions/session-id/project", "/api/v1/sessions/session-id/trace_export"
INTO_ARCHIVE = {"project_id": "project-archive"}


def runs_of(client: httpx.Client, project_id: str) -> set[str]:
    params = {"limit": 1000, "project_id": project_id}
    runs = client.get("/api/v1/training_runs", params=params).json()["training_runs"]
    return {run["training_run_id"] for run in runs}


def session_of_bob(alice: httpx.Client) -> str:
    """One that alice may read."""
    own = alice.get("/api/v1/sessions?limit=1000").json()["sessions"]
    accessible = alice.get("/api/v1/sessions?limit=1000&access_scope=accessible").json()["sessions"]
    return next(session_id for session_id in accessible if session_id not in own)


def test_runs_follow_their_session(sandbox: Sandbox, alice: httpx.Client) -> None:
    assert {"run-id", "session-id:train:0"} <= runs_of(alice, "project-research")
    for _ in range(2):
        moved = alice.put(PROJECT, json=INTO_ARCHIVE)
        assert (moved.status_code, moved.content) == (204, b"")
    assert {"run-id", "session-id:train:0"} <= runs_of(alice, "project-archive")
    assert not {"run-id", "session-id:train:0"} & runs_of(alice, "project-research")
    body = {"session_id": "session-id", "project_ids": ["project-archive"]}
    assert len(alice.post("/api/v1/sessions/search", json=body).json()["sessions"]) == 1


def test_who_may_not_move_a_session_and_where_to(sandbox: Sandbox, alice: httpx.Client, bob: httpx.Client) -> None:
    assert bob.put(PROJECT, json=INTO_ARCHIVE).status_code == 404
    readable = alice.put(f"/api/v1/sessions/{session_of_bob(alice)}/project", json=INTO_ARCHIVE)
    assert readable.status_code == 403
    unknown = alice.put(PROJECT, json={"project_id": "no-such-thing"})
    assert (unknown.status_code, "no-such-thing" in unknown.json()["detail"]) == (404, True)
    assert alice.put(PROJECT, json={"project_id": None}).status_code == 422
    assert alice.put(PROJECT, json={}).status_code == 422


def test_a_trace_is_built_and_downloaded(sandbox: Sandbox, alice: httpx.Client) -> None:
    first = alice.get(TRACE)
    assert first.json() == {"status": "pending"}
    assert first.headers["retry-after"] == "1"
    for _ in range(100):
        export = alice.get(TRACE).json()
        if export["status"] != "pending":
            break
        time.sleep(0.05)
    assert set(export) == {"status", "url"}
    assert export["url"].startswith(f"{sandbox.storage_url}/traces/session-id.pftrace?")
    trace = httpx.get(export["url"])
    assert (trace.status_code, trace.headers["content-type"]) == (200, "application/octet-stream")
    # Both runs and both samplers have a row; a packet begins with the tag of field 1.
    assert trace.content[0] == 0x0A
    for name in (b"run-id", b"session-id:train:0", b"session-id:sample:0", b"session-id:sample:1"):
        assert name in trace.content
    assert sandbox.requests_with_credentials == []
    sandbox.clock.advance(3590)
    assert httpx.get(export["url"]).status_code == 200
    sandbox.clock.advance(11)
    assert httpx.get(export["url"]).status_code == 403


def test_a_session_without_requests_has_no_trace(sandbox: Sandbox, alice: httpx.Client) -> None:
    session_id = alice.post("/api/v1/create_session", json={}).json()["session_id"]
    export = alice.get(f"/api/v1/sessions/{session_id}/trace_export")
    assert export.json() == {"status": "failed", "error": "The session has no requests."}


def test_traces_of_others_are_404(sandbox: Sandbox, alice: httpx.Client, bob: httpx.Client) -> None:
    assert bob.get(TRACE).status_code == 404
    assert alice.get(f"/api/v1/sessions/{session_of_bob(alice)}/trace_export").status_code == 404


@pytest.mark.parametrize("project_id", ["project-research", "project-archive"])
def test_an_empty_sandbox_has_the_projects(start, connect, project_id: str) -> None:
    client = connect(start(seed=False))
    session_id = client.post("/api/v1/create_session", json={}).json()["session_id"]
    moved = client.put(f"/api/v1/sessions/{session_id}/project", json={"project_id": project_id})
    assert moved.status_code == 204
