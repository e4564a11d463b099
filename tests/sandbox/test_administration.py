"""Usage, storage and the audit log: what administrators look up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tinker_rest_sandbox import Sandbox

USAGE, STORAGE = "/api/v1/billing/usage/events", "/api/v1/billing/usage/checkpoints/current"
AUDIT = "/api/v1/audit"
NOW = datetime(2026, 7, 13, 10, 30, tzinfo=UTC)
CHECKPOINT = "/api/v1/training_runs/run-id/checkpoints/weights/0001"
ALICE = "tml:organization_user:user-1"


@pytest.fixture
def frozen(start) -> Sandbox:
    return start(frozen_at=NOW)


@pytest.fixture
def admin(frozen: Sandbox, connect) -> httpx.Client:
    return connect(frozen)


def window(start: datetime, end: datetime) -> dict[str, str]:
    return {"starting_on": start.isoformat(), "ending_before": end.isoformat()}


LAST_DAYS = window(datetime(2026, 7, 9, tzinfo=UTC), datetime(2026, 7, 14, tzinfo=UTC))


def test_only_administrators(frozen: Sandbox, connect) -> None:
    bob = connect(frozen, frozen.other_api_key)
    for path, query in ((USAGE, LAST_DAYS), (STORAGE, {}), (AUDIT, {}), (AUDIT, {"day": "2026-07-01"})):
        refused = bob.get(path, params=query)
        assert refused.status_code == 403
        assert "administrator" in refused.json()["detail"]


# Usage


def test_usage_of_every_kind(admin: httpx.Client) -> None:
    usage = admin.get(USAGE, params=LAST_DAYS).json()
    events = usage["data"]
    assert {e["event_info"]["type"] for e in events} == {
        "training",
        "sampling_prefill",
        "sampling_sample",
        "checkpoint",
        "storage",
    }
    assert {e["event_info"].get("cached") for e in events} == {None, True, False}
    assert {e["event_info"].get("free") for e in events} == {None, True, False}
    keys = [(e["bucket_start"], -e["event_info"].get("token_count", 0)) for e in events]
    assert keys == sorted(keys)
    for event in events:
        begin, end = (datetime.fromisoformat(event[name]) for name in ("bucket_start", "bucket_end"))
        assert end - begin == timedelta(hours=1)
        assert (begin.minute, end <= NOW - timedelta(hours=2)) == (0, True)
    named = {e["session_id"] for e in events if e["session_id"] is not None}
    assert set(usage["sessions"]) == named
    assert usage["sessions"]["session-id"] == {"user_metadata": {"team": "research"}}
    assert usage["cost_data_through"] == "2026-07-13T00:00:00Z"


def test_costs_follow_from_rates(admin: httpx.Client) -> None:
    usage = admin.get(USAGE, params=LAST_DAYS).json()["data"]
    for event in usage:
        info, cost = event["event_info"], event["estimated_cost_usd"]
        if info["type"] == "storage":
            rate = event["effective_rate_usd_per_gigabyte_month"]
            assert cost == pytest.approx(rate * info["gigabyte_hours"] / 720)
            assert (cost == 0) is info["free"]
            assert event["session_id"] is None
        elif info["type"] == "checkpoint":
            assert (cost, info["count"] > 0) == (None, True)
        else:
            rate = event["effective_rate_usd_per_million_tokens"]
            assert cost == pytest.approx(rate * info["token_count"] / 1e6)
            assert (event["user_id"], event["user_name"]) == (ALICE, "Alice")


def test_a_model_without_a_price_has_no_cost(admin: httpx.Client) -> None:
    unpriced = []
    for weeks in range(2, 18, 2):
        start = NOW.replace(minute=0) - timedelta(weeks=weeks)
        data = admin.get(USAGE, params=window(start, start + timedelta(days=14))).json()["data"]
        unpriced += [e for e in data if e["base_model"] == "openai/gpt-oss-20b"]
    assert unpriced
    assert all(e["estimated_cost_usd"] is None for e in unpriced)


def test_usage_is_the_same_every_time_and_follows_the_project(start, connect) -> None:
    first, second = (connect(start(frozen_at=NOW)) for _ in range(2))
    assert first.get(USAGE, params=LAST_DAYS).json() == second.get(USAGE, params=LAST_DAYS).json()
    first.put("/api/v1/sessions/session-id/project", json={"project_id": "project-archive"})
    events = first.get(USAGE, params=LAST_DAYS).json()["data"]
    assert {e["project_id"] for e in events if e["session_id"] == "session-id"} == {"project-archive"}


def test_the_end_of_the_time_does_not_belong_to_it(admin: httpx.Client) -> None:
    start = datetime(2026, 7, 12, 10, tzinfo=UTC)
    hour = timedelta(hours=1)
    one, two, both = (
        admin.get(USAGE, params=window(a, b)).json()["data"]
        for a, b in ((start, start + hour), (start + hour, start + 2 * hour), (start, start + 2 * hour))
    )
    assert one + two == both
    assert len(one) > 2
    today = admin.get(USAGE, params=window(NOW.replace(hour=0, minute=0), NOW.replace(minute=0))).json()
    assert today["cost_data_through"] is None


@pytest.mark.parametrize(
    ("query", "status"),
    [
        (window(NOW, NOW + timedelta(hours=1)), 400),
        (window(NOW.replace(hour=11, minute=0), NOW.replace(hour=12, minute=0)), 400),
        (window(NOW.replace(minute=0), NOW.replace(minute=0)), 400),
        (window(NOW.replace(minute=0), NOW.replace(hour=9, minute=0)), 400),
        (window(NOW.replace(day=1, hour=0, minute=0), NOW.replace(day=15, hour=1, minute=0)), 400),
        ({"starting_on": "2026-07-01T00:00:00Z"}, 422),
        ({"starting_on": "2026-07-01", "ending_before": "2026-07-02"}, 422),
        (window(NOW.replace(day=1, hour=0, minute=0), NOW.replace(day=15, hour=0, minute=0)), 200),
        ({"starting_on": "2026-07-01T02:00:00+02:00", "ending_before": "2026-07-01t01:00:00z"}, 200),
    ],
)
def test_times_that_can_be_asked_for(admin: httpx.Client, query: dict[str, str], status: int) -> None:
    response = admin.get(USAGE, params=query)
    assert response.status_code == status, response.text


# Storage


def test_storage_is_what_the_checkpoints_take_up(frozen: Sandbox, admin: httpx.Client, connect) -> None:
    checkpoints = []
    for client in (admin, connect(frozen, frozen.other_api_key)):
        checkpoints += client.get("/api/v1/checkpoints?limit=1000").json()["checkpoints"]
    usage = admin.get(STORAGE).json()
    items = usage["data"]
    assert sum(item["checkpoint_count"] for item in items) == len(checkpoints)
    assert sum(item["size_bytes"] for item in items) == sum(c["size_bytes"] for c in checkpoints)
    assert {item["user_email"] for item in items} == {"alice@example.com", "bob@example.com"}
    for item in items:
        assert item["size_gigabytes"] == item["size_bytes"] / 1e9
        rate = usage["effective_rate_usd_per_gigabyte_month"]
        assert item["estimated_monthly_cost_usd"] == pytest.approx(rate * item["size_gigabytes"])
    one = admin.get(STORAGE, params={"project_id": "project-archive"}).json()["data"]
    assert one == [item for item in items if item["project_id"] == "project-archive"]
    assert one
    assert admin.get(STORAGE, params={"project_id": "no-such-thing"}).json()["data"] == []
    admin.post(
        "/api/v1/copy_weights",
        json={"source_path": "tinker://run-id/weights/0001", "destination_project_id": "project-archive"},
    )
    more = admin.get(STORAGE, params={"project_id": "project-archive"}).json()["data"]
    assert sum(i["checkpoint_count"] for i in more) == sum(i["checkpoint_count"] for i in one) + 1


def stored_by_hour(admin: httpx.Client, start: datetime, hours: int) -> list[float]:
    data = admin.get(USAGE, params=window(start, start + timedelta(hours=hours))).json()["data"]
    stored = dict.fromkeys((start + timedelta(hours=hour) for hour in range(hours)), 0.0)
    for event in data:
        if event["event_info"]["type"] == "storage":
            stored[datetime.fromisoformat(event["bucket_start"])] += event["event_info"]["gigabyte_hours"]
    return [round(gigabytes, 6) for gigabytes in stored.values()]


def test_storage_is_billed_for_as_long_as_it_was_used(start, connect) -> None:
    sandbox = start(seed=False, frozen_at=NOW)
    admin = connect(sandbox)
    kept = sandbox.add_checkpoint(size_bytes=120 * 10**9)
    run_id = kept.training_run_id
    sandbox.add_checkpoint(training_run_id=run_id, size_bytes=10**9, ttl_seconds=3600)
    sandbox.add_checkpoint(training_run_id=run_id, size_bytes=None)
    deleted = sandbox.add_checkpoint(training_run_id=run_id, size_bytes=5 * 10**9)
    assert [item["size_bytes"] for item in admin.get(STORAGE).json()["data"]] == [126 * 10**9]
    sandbox.clock.advance(2 * 3600)
    assert admin.delete(f"/api/v1/training_runs/{run_id}/checkpoints/{deleted.checkpoint_id}").status_code == 204
    assert [item["size_bytes"] for item in admin.get(STORAGE).json()["data"]] == [120 * 10**9]
    sandbox.clock.advance(4 * 3600)
    # It was 10:30: one expired at 11:30, the other was deleted at 12:30.
    first = NOW.replace(hour=9, minute=0)
    assert stored_by_hour(admin, first, 5) == [0, 126, 126, 125, 120]
    sandbox.reset()
    sandbox.clock.advance(6 * 3600)
    assert stored_by_hour(admin, first, 5) == [0] * 5


def test_what_is_added_is_used_but_nobodys_work(start, connect) -> None:
    sandbox = start(seed=False, frozen_at=NOW)
    admin = connect(sandbox)
    run = sandbox.add_training_run(base_model="mine/unheard-of", user="bob")
    for minute in (0, 5, 65):
        created = NOW - timedelta(hours=4) + timedelta(minutes=minute)
        sandbox.add_checkpoint(training_run_id=run.training_run_id, created_at=created)
    data = admin.get(USAGE, params=LAST_DAYS).json()["data"]
    saved = [event for event in data if event["event_info"]["type"] == "checkpoint"]
    assert [(event["bucket_start"], event["event_info"]["count"]) for event in saved] == [
        ("2026-07-13T06:00:00Z", 2),
        ("2026-07-13T07:00:00Z", 1),
    ]
    assert {(event["base_model"], event["user_name"], event["estimated_cost_usd"]) for event in saved} == {
        ("mine/unheard-of", "Bob", None)
    }
    assert admin.get(AUDIT).json() == {"entries": []}


def test_an_empty_sandbox_has_used_nothing(start, connect) -> None:
    client = connect(start(seed=False, frozen_at=NOW))
    assert client.get(STORAGE).json()["data"] == []
    assert client.get(USAGE, params=LAST_DAYS).json()["data"] == []
    assert client.get(AUDIT).json() == {"entries": []}


# The audit log


def test_changes_are_told_of(frozen: Sandbox, admin: httpx.Client) -> None:
    before = admin.get(AUDIT).json()["entries"]
    address = {"model_id": "run-id", "tinker_path": "tinker://run-id/weights/0001"}
    admin.post(f"{CHECKPOINT}/publish")
    admin.post(f"{CHECKPOINT}/publish")  # refused, so not in the log
    admin.delete(f"{CHECKPOINT}/publish")
    admin.put(f"{CHECKPOINT}/ttl", json={"ttl_seconds": 3600})
    body = {"source_path": address["tinker_path"], "destination_project_id": "project-archive"}
    copy = admin.post("/api/v1/copy_weights", json=body).json()["tinker_path"]
    admin.delete(CHECKPOINT)
    admin.put("/api/v1/sessions/session-id/project", json={"project_id": "project-archive"})

    entries = admin.get(AUDIT).json()["entries"][len(before) :]
    assert [entry["event"] for entry in entries] == [
        "checkpoint_published",
        "checkpoint_unpublished",
        "checkpoint_ttl_set",
        "checkpoint_copied",
        "checkpoint_deleted",
        "session_project_assigned",
    ]
    assert all(entry["timestamp"] == "2026-07-13T10:30:00Z" for entry in entries)
    published, _, ttl_set, copied, _, assigned = entries
    assert published["event_details"] == {"actor": ALICE, **address}
    assert {name: published[name] for name in address} == address
    assert ttl_set["event_details"]["ttl_seconds"] == 3600
    assert (copied["tinker_path"], copied["event_details"]["source_path"]) == (copy, address["tinker_path"])
    assert assigned["event_details"] == {
        "actor": ALICE,
        "session_id": "session-id",
        "project_id": "project-archive",
    }
    assert (assigned["model_id"], assigned["tinker_path"]) == (None, None)


def test_downloads_are_told_of(frozen: Sandbox, admin: httpx.Client, connect) -> None:
    day = {"event_type": "checkpoints"}
    before = len(admin.get(AUDIT, params=day).json()["entries"])
    assert admin.get(f"{CHECKPOINT}/archive").status_code == 302
    imported = "/api/v1/training_runs/5f2d7413-8a3c-4e1b-9d60-2b7c1f0e9a55:train:0/checkpoints/external_weights"
    assert admin.get(f"{imported}/imported/external_weights_urls").status_code == 200
    bob = connect(frozen, frozen.other_api_key)
    assert bob.get(f"{CHECKPOINT}/archive").status_code == 404
    admin.post(f"{CHECKPOINT}/publish")
    assert bob.get(f"{CHECKPOINT}/archive").status_code == 302
    first, second, _, third = admin.get(AUDIT, params=day).json()["entries"][before:]
    assert (first["event"], first["purpose"]) == ("checkpoint_read", "archive_download")
    assert first["tinker_path"] == "tinker://run-id/weights/0001"
    assert first["event_details"]["actor"] == ALICE
    assert (second["event"], second["purpose"]) == ("checkpoint_read", "external_weights_download")
    assert third["event_details"]["actor"] == "tml:organization_user:user-2"


def test_a_repeated_change_is_told_of_once(frozen: Sandbox, admin: httpx.Client) -> None:
    before = len(admin.get(AUDIT).json()["entries"])
    for _ in range(2):
        admin.post(f"{CHECKPOINT}/publish", headers={"X-Idempotency-Key": "key"})
    assert len(admin.get(AUDIT).json()["entries"]) == before + 1


def test_kinds_of_things(frozen: Sandbox, admin: httpx.Client) -> None:
    admin.post(f"{CHECKPOINT}/publish")
    kinds = {
        kind: [
            e["event"].partition("_")[0] for e in admin.get(AUDIT, params={"event_type": kind}).json()["entries"]
        ]
        for kind in ("all", "checkpoints", "projects", "teams", "organizations")
    }
    assert set(kinds["checkpoints"]) == {"checkpoint"}
    assert set(kinds["projects"]) == {"project"}
    parts = [kinds[kind] for kind in kinds if kind != "all"]
    assert sorted(kinds["all"]) == sorted(event for part in parts for event in part)
    assert admin.get(AUDIT, params={"event_type": "cats"}).status_code == 422
    assert admin.get(AUDIT, params={"day": "2026-13-01"}).status_code == 422
    assert admin.get(AUDIT, params={"day": "0000-01-01"}).status_code == 400


def test_a_day_that_is_over_is_kept_elsewhere(frozen: Sandbox, admin: httpx.Client) -> None:
    admin.post(f"{CHECKPOINT}/publish")
    today = admin.get(AUDIT, params={"day": "2026-07-13"})
    assert today.status_code == 200
    assert admin.get(AUDIT, params={"day": "2026-07-14"}).json() == {"entries": []}
    frozen.clock.advance(24 * 3600)
    redirect = admin.get(AUDIT, params={"day": "2026-07-13"})
    assert (redirect.status_code, redirect.content) == (302, b"")
    location = redirect.headers["location"]
    assert location.startswith(f"{frozen.storage_url}/audit/all/2026-07-13.json?")
    kept = httpx.get(location)
    assert kept.headers["content-type"] == "application/json"
    assert kept.json() == today.json()
    assert frozen.requests_with_credentials == []
    assert httpx.get(location.replace("07-13.json", "07-12.json")).status_code == 403

    following = admin.get(AUDIT, params={"day": "2026-07-12", "event_type": "teams"}, follow_redirects=True)
    assert {entry["event"] for entry in following.json()["entries"]} == {"team_member_added"}
    assert frozen.requests_with_credentials == ["/audit/teams/2026-07-12.json"]


def test_every_day_of_the_last_two_weeks_has_entries(frozen: Sandbox, admin: httpx.Client) -> None:
    for days in range(1, 14):
        day = (NOW - timedelta(days=days)).date().isoformat()
        log = httpx.get(admin.get(AUDIT, params={"day": day}).headers["location"]).json()["entries"]
        assert log
        times = [entry["timestamp"] for entry in log]
        assert times == sorted(times)
        assert all(time.startswith(day) for time in times)


def test_reads_tell_their_purpose(frozen: Sandbox, admin: httpx.Client) -> None:
    url = admin.get(AUDIT, params={"day": "2026-07-12", "event_type": "checkpoints"}).headers["location"]
    reads = [e for e in httpx.get(url).json()["entries"] if e["event"] == "checkpoint_read"]
    assert reads
    assert {entry["purpose"] for entry in reads} == {"archive_download"}
