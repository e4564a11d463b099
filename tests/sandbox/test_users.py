"""What one user may see and change of another's: all made-up things are asked for by who does not own them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tinker_rest_sandbox import Sandbox

RUNS, SESSIONS = "/api/v1/training_runs", "/api/v1/sessions"
ACCESSIBLE = {"access_scope": "accessible"}


def everything(client: httpx.Client) -> dict[str, Any]:
    """What a user owns."""
    runs = client.get(RUNS, params={"limit": 1000}).json()["training_runs"]
    return {
        "runs": [run["training_run_id"] for run in runs],
        "checkpoints": client.get("/api/v1/checkpoints", params={"limit": 1000}).json()["checkpoints"],
        "sessions": client.get(SESSIONS, params={"limit": 1000}).json()["sessions"],
    }


def pairs(alice: httpx.Client, bob: httpx.Client) -> Iterator[tuple[httpx.Client, httpx.Client]]:
    yield alice, bob
    yield bob, alice


def test_no_private_checkpoint_is_told_of_or_changed(
    sandbox: Sandbox, alice: httpx.Client, bob: httpx.Client
) -> None:
    """Each is looked for and looked up; of those of a kind in one run, the first is asked for in all ways."""
    before = sandbox.counts()
    seen = {"private": 0, "public": 0}
    for owner, other in pairs(alice, bob):
        checkpoints = everything(owner)["checkpoints"]
        listed = {
            one["tinker_path"]
            for run_id in {checkpoint["training_run_id"] for checkpoint in checkpoints}
            for one in other.get(f"{RUNS}/{run_id}/checkpoints").json().get("checkpoints", [])
        }
        asked_for = set()
        for checkpoint in checkpoints:
            is_public = checkpoint["public"]
            path = {"tinker_path": checkpoint["tinker_path"]}
            assert (checkpoint["tinker_path"] in listed) is is_public
            reads = [other.post("/api/v1/weights_info", json=path)]
            assert (reads[0].status_code == 404) is not is_public
            run_id, name = checkpoint["training_run_id"], checkpoint["checkpoint_id"]
            kind = (run_id, name.rpartition("/")[0], checkpoint["checkpoint_type"], is_public)
            if kind in asked_for:
                continue
            asked_for.add(kind)
            place = f"{RUNS}/{run_id}/checkpoints/{name}"
            copy = {"source_path": path["tinker_path"], "destination_project_id": "project-archive"}
            reads.append(other.get(f"{place}/archive"))
            changes = [
                other.delete(place),
                other.post(f"{place}/publish"),
                other.delete(f"{place}/publish"),
                other.put(f"{place}/ttl", json={"ttl_seconds": None}),
            ]
            statuses = {response.status_code for response in reads}, {response.status_code for response in changes}
            if is_public:
                seen["public"] += 1
                assert statuses[0] <= {200, 302, 503}
                assert statuses[1] == {403}
            else:
                seen["private"] += 1
                reads.append(other.post("/api/v1/copy_weights", json=copy))
                assert {response.status_code for response in reads} | statuses[1] == {404}
                assert run_id not in [response.text for response in reads]
    assert min(seen.values()) > 5
    assert sandbox.counts() == before


def test_no_private_run_or_session_is_told_of(sandbox: Sandbox, alice: httpx.Client, bob: httpx.Client) -> None:
    seen = 0
    for owner, other in pairs(alice, bob):
        owned = everything(owner)
        public = {one["training_run_id"] for one in owned["checkpoints"] if one["public"]}
        readable = other.get(RUNS, params={"limit": 1000, **ACCESSIBLE}).json()["training_runs"]
        found = other.post(f"{SESSIONS}/search", json={"owner": {"type": "accessible"}, "limit": 200}).json()
        open_sessions = {run_id.partition(":")[0] for run_id in public}
        for run_id in owned["runs"]:
            statuses = {other.get(f"{RUNS}/{run_id}", params=query).status_code for query in ({}, ACCESSIBLE)}
            assert statuses == ({404, 200} if run_id in public else {404})
            assert (run_id in {run["training_run_id"] for run in readable}) is (run_id in public)
        for session_id in owned["sessions"]:
            asked = other.get(f"{SESSIONS}/{session_id}", params=ACCESSIBLE)
            is_open = session_id in open_sessions
            assert asked.status_code == (200 if is_open else 404)
            assert set(asked.json().get("training_run_ids", [])) <= public
            assert other.get(f"{SESSIONS}/{session_id}").status_code == 404
            assert other.get(f"{SESSIONS}/{session_id}/trace_export").status_code == 404
            moved = other.put(f"{SESSIONS}/{session_id}/project", json={"project_id": "project-archive"})
            assert moved.status_code == (403 if is_open else 404)
            assert is_open or session_id not in {one["session_id"] for one in found["sessions"]}
            seen += not is_open
    assert seen > 10


def test_samplers_of_others(sandbox: Sandbox, alice: httpx.Client, bob: httpx.Client) -> None:
    seen = {200: 0, 404: 0}
    for owner, other in pairs(alice, bob):
        owned = everything(owner)
        public = {one["tinker_path"] for one in owned["checkpoints"] if one["public"]}
        for session_id in owned["sessions"]:
            for sampler_id in owner.get(f"{SESSIONS}/{session_id}").json()["sampler_ids"]:
                served = owner.get(f"/api/v1/samplers/{sampler_id}").json()["model_path"]
                status = other.get(f"/api/v1/samplers/{sampler_id}").status_code
                assert status == (200 if served in public else 404)
                seen[status] += 1
    assert min(seen.values()) > 0


@pytest.mark.parametrize("key", ["", "tml-sandbox-ALICE", "tml-sandbox-alicex", "tml-sandbox-", "alice", "*"])
def test_a_key_that_is_not_exact_is_nobodys(shared_sandbox: Sandbox, key: str) -> None:
    assert httpx.get(shared_sandbox.base_url + RUNS, headers={"X-API-Key": key}).status_code == 401
