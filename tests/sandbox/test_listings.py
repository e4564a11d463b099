"""Pages, their order, and whose things they show."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from tinker_rest_sandbox import Sandbox

LISTS = {
    "/api/v1/training_runs": "training_runs",
    "/api/v1/checkpoints": "checkpoints",
    "/api/v1/sessions": "sessions",
}


def pages(client: httpx.Client, path: str, limit: int, scope: str = "owned") -> list:
    items: list = []
    while True:
        query = {"limit": limit, "offset": len(items), "access_scope": scope}
        page = client.get(path, params=query).json()[LISTS[path]]
        assert len(page) <= limit
        if not page:
            return items
        items += page


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("limit", [1, 7, 1000])
def test_pages_hold_everything_once(reader: httpx.Client, path: str, limit: int) -> None:
    if (path, limit) == ("/api/v1/checkpoints", 1):
        limit = 13
    items = pages(reader, path, limit)
    keys = [str(item) for item in items]
    assert len(keys) == len(set(keys))
    assert items == reader.get(path, params={"limit": 1000}).json()[LISTS[path]]


@pytest.mark.parametrize(("path", "limit"), [(path, 20) for path in LISTS] + [("/api/v1/checkpoints", 100)])
def test_default_page(reader: httpx.Client, path: str, limit: int) -> None:
    page = reader.get(path).json()
    expected = 100 if path == "/api/v1/checkpoints" else limit
    assert len(page[LISTS[path]]) == expected
    if "cursor" in page:
        assert (page["cursor"]["offset"], page["cursor"]["limit"]) == (0, expected)


@pytest.mark.parametrize("path", ["/api/v1/training_runs", "/api/v1/checkpoints"])
def test_beyond_the_end_is_an_empty_page_with_the_total(reader: httpx.Client, path: str) -> None:
    total = reader.get(path).json()["cursor"]["total_count"]
    page = reader.get(path, params={"offset": 9007199254740991}).json()
    assert page[LISTS[path]] == []
    assert page["cursor"] == {
        "offset": 9007199254740991,
        "limit": page["cursor"]["limit"],
        "total_count": total,
    }


def test_newest_comes_first(reader: httpx.Client) -> None:
    runs = [run["last_request_time"] for run in pages(reader, "/api/v1/training_runs", 1000)]
    checkpoints = [c["time"] for c in pages(reader, "/api/v1/checkpoints", 1000)]
    assert runs == sorted(runs, reverse=True)
    assert checkpoints == sorted(checkpoints, reverse=True)


def test_seed_looks_real(reader: httpx.Client) -> None:
    checkpoints = pages(reader, "/api/v1/checkpoints", 1000)
    assert len(checkpoints) >= 300
    assert {c["checkpoint_type"] for c in checkpoints} == {"training", "sampler", "external"}
    assert any(c["public"] for c in checkpoints)
    assert any(c["expires_at"] for c in checkpoints)
    assert all(10**8 <= c["size_bytes"] <= 12 * 10**9 for c in checkpoints)
    assert len({c["tinker_path"] for c in checkpoints}) == len(checkpoints)


def test_a_runs_last_checkpoints_are_the_newest_of_their_kind(reader: httpx.Client) -> None:
    for run in pages(reader, "/api/v1/training_runs", 1000)[:10]:
        path = f"/api/v1/training_runs/{run['training_run_id']}/checkpoints"
        listed = reader.get(path).json()["checkpoints"]
        for field, kind in (("last_checkpoint", "training"), ("last_sampler_checkpoint", "sampler")):
            assert run[field] == next((c for c in listed if c["checkpoint_type"] == kind), None)


def test_owned_and_accessible(sandbox: Sandbox, alice: httpx.Client, bob: httpx.Client) -> None:
    for path in ("/api/v1/training_runs", "/api/v1/sessions"):
        owned = [str(item) for item in pages(alice, path, 1000)]
        accessible = [str(item) for item in pages(alice, path, 1000, "accessible")]
        assert set(owned) < set(accessible)
        assert len(pages(bob, path, 1000)) > 0
    runs = alice.get("/api/v1/training_runs?limit=1000&access_scope=accessible").json()
    assert runs["cursor"]["total_count"] == len(runs["training_runs"])
    assert {run["model_owner"] for run in runs["training_runs"]} == {"alice", "bob"}


def test_what_others_published_can_be_read_and_not_the_rest(
    sandbox: Sandbox, alice: httpx.Client, bob: httpx.Client
) -> None:
    runs = alice.get("/api/v1/training_runs?limit=1000&access_scope=accessible").json()["training_runs"]
    run_id = next(run["training_run_id"] for run in runs if run["model_owner"] == "bob")
    path = f"/api/v1/training_runs/{run_id}"
    assert alice.get(path).status_code == 404
    seen = alice.get(path, params={"access_scope": "accessible"})
    assert seen.status_code == 200
    assert seen.json()["last_checkpoint"] is None
    assert seen.json()["last_sampler_checkpoint"]["public"]
    listed = alice.get(f"{path}/checkpoints").json()["checkpoints"]
    assert listed
    assert all(c["public"] for c in listed)
    assert len(bob.get(f"{path}/checkpoints").json()["checkpoints"]) > len(listed)

    session_id = run_id.partition(":")[0]
    assert alice.get(f"/api/v1/sessions/{session_id}").status_code == 404
    session = alice.get(f"/api/v1/sessions/{session_id}?access_scope=accessible").json()
    assert run_id in session["training_run_ids"]
    assert len(session["sampler_ids"]) <= len(bob.get(f"/api/v1/sessions/{session_id}").json()["sampler_ids"])


def test_runs_of_a_project(reader: httpx.Client) -> None:
    path = "/api/v1/training_runs"
    every = {run["training_run_id"] for run in pages(reader, path, 1000)}
    found: set[str] = set()
    for project_id in ("project-research", "project-archive"):
        page = reader.get(path, params={"limit": 1000, "project_id": project_id}).json()
        ids = {run["training_run_id"] for run in page["training_runs"]}
        assert page["cursor"]["total_count"] == len(ids) > 5
        assert not ids & found
        found |= ids
        others = {"limit": 1000, "project_id": project_id, "access_scope": "accessible"}
        assert len(reader.get(path, params=others).json()["training_runs"]) > len(ids)
    assert found < every  # some are in no project
    nothing = reader.get(path, params={"project_id": "no-such-thing"}).json()
    assert (nothing["training_runs"], nothing["cursor"]["total_count"]) == ([], 0)


def test_private_things_of_others_are_404(sandbox: Sandbox, alice: httpx.Client, bob: httpx.Client) -> None:
    run = "/api/v1/training_runs/run-id"
    assert bob.get(run, params={"access_scope": "accessible"}).status_code == 404
    assert bob.get(f"{run}/checkpoints").status_code == 404
    assert bob.get("/api/v1/sessions/session-id?access_scope=accessible").status_code == 404
    assert bob.get("/api/v1/samplers/session-id:sample:0").status_code == 404
    assert bob.get("/api/v1/samplers/session-id:sample:1").status_code == 404
    assert bob.get(f"{run}/checkpoints/weights/0001/archive").status_code == 404
    assert bob.delete(f"{run}/checkpoints/weights/0001").status_code == 404
    assert bob.post(f"{run}/checkpoints/weights/0001/publish").status_code == 404
    body = {"tinker_path": "tinker://run-id/weights/0001"}
    assert bob.post("/api/v1/weights_info", json=body).status_code == 404


def test_empty_sandbox_has_users_and_nothing_else(
    start: Callable[..., Sandbox], connect: Callable[..., httpx.Client]
) -> None:
    sandbox = start(seed=False)
    client = connect(sandbox, sandbox.other_api_key)
    for path, name in LISTS.items():
        response = client.get(path)
        assert response.status_code == 200
        assert response.json()[name] == []
