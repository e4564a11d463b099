"""The search for sessions: each condition, pages, and whose sessions are found."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

SEARCH = "/api/v1/sessions/search"
ALICE, BOB = "tml:organization_user:user-1", "tml:organization_user:user-2"
EXAMPLE = "5f2d7413-8a3c-4e1b-9d60-2b7c1f0e9a55"


def found(client: httpx.Client, **conditions: Any) -> list[dict[str, Any]]:
    response = client.post(SEARCH, json={"limit": 200, **conditions})
    assert response.status_code == 200, response.text
    assert response.json()["next_cursor"] is None
    return response.json()["sessions"]


def status(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, **more}


def is_finished(session: dict[str, Any], *reasons: str) -> bool:
    state = session["status"] or {"type": None}
    return state["type"] == "client_finished" and state["reason"]["type"] in reasons


def in_status(session: dict[str, Any], *kinds: str) -> bool:
    return session["status"] is not None and session["status"]["type"] in kinds


CONDITIONS = [
    ({}, lambda _: True),
    ({"session_id": EXAMPLE}, lambda s: s["session_id"] == EXAMPLE),
    ({"session_id": EXAMPLE[:-1]}, lambda _: False),
    ({"display_name": "nightly"}, lambda s: s["display_name"] == "nightly"),
    ({"display_name": "NIGHT"}, lambda s: s["display_name"] == "nightly"),
    ({"display_name": "examples  REF"}, lambda s: s["display_name"] == "reference examples"),
    ({"display_name": "reference nightly"}, lambda _: False),
    ({"display_name": "sft-"}, lambda s: (s["display_name"] or "").startswith("sft-")),
    ({"display_name": "%"}, lambda _: False),
    (
        {"session_id": EXAMPLE, "display_name": "reference"},
        lambda s: s["session_id"] == EXAMPLE or s["display_name"] == "reference examples",
    ),
    ({"session_id": None, "display_name": None}, lambda _: True),
    ({"user_metadata": {}}, lambda _: True),
    ({"user_metadata": {"team": "research"}}, lambda s: s["user_metadata"] == {"team": "research"}),
    ({"user_metadata": {"team": "Research"}}, lambda _: False),
    ({"user_metadata": {"team": "research", "x": "1"}}, lambda _: False),
    ({"project_ids": None}, lambda _: True),
    ({"project_ids": []}, lambda _: False),
    ({"project_ids": ["project-archive"]}, lambda s: s["project_id"] == "project-archive"),
    ({"project_ids": ["project-archive", "project-research"]}, lambda _: True),
    ({"statuses": None}, lambda _: True),
    ({"statuses": [status("active")]}, lambda s: in_status(s, "active")),
    ({"statuses": [status("cancelled")]}, lambda s: in_status(s, "cancelled")),
    ({"statuses": [status("failed"), status("active")]}, lambda s: in_status(s, "failed", "active")),
    ({"statuses": [status("client_finished")]}, lambda s: in_status(s, "client_finished")),
    (
        {"statuses": [status("client_finished", reasons=["errored", "interrupted"])]},
        lambda s: is_finished(s, "errored", "interrupted"),
    ),
    ({"statuses": [status("client_finished", reasons=["bored"])]}, lambda _: False),
    (
        {"statuses": [status("failed")], "display_name": "night", "user_metadata": {"team": "research"}},
        lambda s: in_status(s, "failed") and s["display_name"] == "nightly",
    ),
]


@pytest.mark.parametrize(("conditions", "fits"), CONDITIONS)
def test_conditions(reader: httpx.Client, conditions: dict[str, Any], fits) -> None:
    every = found(reader)
    assert len(every) > 20
    assert found(reader, **conditions) == [session for session in every if fits(session)]


def test_the_seed_has_sessions_of_every_status(reader: httpx.Client) -> None:
    statuses = [session["status"] for session in found(reader)]
    assert None in statuses
    known = [state for state in statuses if state is not None]
    assert {state["type"] for state in known} == {"active", "cancelled", "failed", "client_finished"}
    reasons = {(state["type"], state["reason"]["type"]) for state in known if "reason" in state}
    assert reasons == {
        *(("failed", reason) for reason in ("request", "training_run", "sampling_session")),
        *(("client_finished", reason) for reason in ("success", "errored", "interrupted")),
    }
    assert {state["category"] for state in known if state["type"] == "failed"} == {"user", "internal"}


def test_owners(sandbox, alice: httpx.Client, bob: httpx.Client) -> None:
    own, accessible = found(alice, owner={"type": "own"}), found(alice, owner={"type": "accessible"})
    assert own == found(alice)
    assert {session["owner"] for session in own} == {ALICE}
    assert {session["owner"] for session in accessible} == {ALICE, BOB}
    of_bob = found(alice, owner={"type": "user", "owner_urns": [BOB, "tml:organization_user:nobody"]})
    assert of_bob == [session for session in accessible if session["owner"] == BOB]
    # Of others only what has something public, and its checkpoints are counted as far as they can be read.
    assert 0 < len(of_bob) < len(found(bob))
    assert all(session["checkpoints_count"] > 0 for session in of_bob)
    seen_by_bob = {session["session_id"]: session["checkpoints_count"] for session in found(bob)}
    assert all(session["checkpoints_count"] < seen_by_bob[session["session_id"]] for session in of_bob)
    assert found(alice, owner={"type": "user", "owner_urns": [ALICE]}) == own


def test_a_session_is_told_of_in_full(reader: httpx.Client) -> None:
    (session,) = found(reader, session_id=EXAMPLE)
    path = f"/api/v1/training_runs/{EXAMPLE}:train:0/checkpoints"
    checkpoints = reader.get(path).json()["checkpoints"]
    assert session["status"]["reason"] == {"type": "training_run", "training_run_id": f"{EXAMPLE}:train:0"}
    assert (session["project_id"], session["display_name"]) == ("project-research", "nightly")
    assert session["checkpoints_count"] == len(checkpoints)
    assert session["checkpoint_storage_bytes"] == sum(c["size_bytes"] for c in checkpoints)


def test_newest_first_in_pages(reader: httpx.Client) -> None:
    every = found(reader, owner={"type": "accessible"})
    assert every == sorted(every, key=lambda s: (s["created_at"], s["session_id"]), reverse=True)
    cursor, paged = None, []
    while True:
        body = {"owner": {"type": "accessible"}, "limit": 7, "cursor": cursor}
        page = reader.post(SEARCH, json=body).json()
        paged += page["sessions"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
        assert len(page["sessions"]) == 7
        last = page["sessions"][-1]
        assert cursor == {"last_created_at": last["created_at"], "last_session_id": last["session_id"]}
    assert paged == every


def test_without_a_limit_a_page_has_fifty(start, connect) -> None:
    client = connect(start(seed=False))
    for number in range(51):
        client.post("/api/v1/create_session", json={"display_name": f"n {number}"})
    page = client.post(SEARCH, json={}).json()
    assert len(page["sessions"]) == 50
    assert page["next_cursor"] is not None
    exactly = client.post(SEARCH, json={"limit": 51.0}).json()
    assert (len(exactly["sessions"]), exactly["next_cursor"]) == (51, None)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"project_ids": ["project-research", "no-such-thing"]}, 403),
        ({"limit": 0}, 400),
        ({"limit": 201}, 400),
        ({"limit": "many"}, 422),
        ({"display_name": ""}, 422),
        ({"statuses": []}, 422),
        ({"statuses": [{"type": "sleeping"}]}, 422),
        ({"statuses": [{"type": "client_finished", "reasons": []}]}, 422),
        ({"owner": {"type": "user", "owner_urns": []}}, 422),
        ({"owner": {"type": "nobody"}}, 422),
        ({"user_metadata": {"team": 1}}, 422),
        ({"cursor": {"last_created_at": "yesterday", "last_session_id": "x"}}, 422),
        ({"cursor": {"last_created_at": "0001-01-01T00:00:00+23:59", "last_session_id": "x"}}, 400),
        ({"cursor": {"last_session_id": "x"}}, 422),
    ],
)
def test_refusals(reader: httpx.Client, body: dict[str, Any], expected: int) -> None:
    response = reader.post(SEARCH, json=body)
    assert response.status_code == expected, response.text
    if expected == 403:
        assert "no-such-thing" in response.json()["detail"]
