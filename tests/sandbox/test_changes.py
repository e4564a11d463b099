"""Publishing, deleting, times to live, and repeated requests."""

from __future__ import annotations

from datetime import datetime, timedelta

import httpx
import pytest

from tinker_rest_sandbox import Clock, Sandbox

CHECKPOINTS = "/api/v1/training_runs/run-id/checkpoints"
FORMS = [f"{CHECKPOINTS}/weights/0001", f"{CHECKPOINTS}/checkpoint-123", f"{CHECKPOINTS}/weights/checkpoint-123"]


def listed(client: httpx.Client, form: str) -> dict | None:
    name = form.rsplit("/", 1)[-1]
    path = f"tinker://run-id/weights/{name}"
    checkpoints = client.get(CHECKPOINTS).json()["checkpoints"]
    return next((c for c in checkpoints if c["tinker_path"] == path), None)


@pytest.mark.parametrize("form", FORMS)
def test_publish_and_unpublish(sandbox: Sandbox, alice: httpx.Client, bob: httpx.Client, form: str) -> None:
    assert alice.delete(f"{form}/publish").status_code == 409
    published = alice.post(f"{form}/publish")
    assert (published.status_code, published.content) == (204, b"")
    again = alice.post(f"{form}/publish")
    assert again.status_code == 409
    assert "already public" in again.json()["detail"]
    assert listed(alice, form)["public"]
    assert listed(bob, form) == listed(alice, form)

    assert alice.delete(f"{form}/publish").status_code == 204
    assert not listed(alice, form)["public"]
    assert bob.get(CHECKPOINTS).status_code == 404


@pytest.mark.parametrize("form", FORMS)
def test_delete(sandbox: Sandbox, alice: httpx.Client, form: str) -> None:
    total = alice.get("/api/v1/checkpoints").json()["cursor"]["total_count"]
    response = alice.delete(form)
    assert (response.status_code, response.content) == (204, b"")
    assert "content-type" not in response.headers
    assert alice.delete(form).status_code == 404
    assert alice.get(f"{form}/archive").status_code == 404
    assert listed(alice, form) is None
    assert alice.get("/api/v1/checkpoints").json()["cursor"]["total_count"] == total - 1


def test_deleting_one_leaves_the_other_of_the_same_name(sandbox: Sandbox, alice: httpx.Client) -> None:
    assert alice.delete(f"{CHECKPOINTS}/weights/0001").status_code == 204
    assert alice.delete(f"{CHECKPOINTS}/sampler_weights/0001").status_code == 204


@pytest.mark.parametrize("form", FORMS)
def test_others_may_read_a_public_checkpoint_and_not_change_it(
    sandbox: Sandbox, alice: httpx.Client, bob: httpx.Client, form: str
) -> None:
    alice.post(f"{form}/publish")
    assert bob.delete(form).status_code == 403
    assert bob.post(f"{form}/publish").status_code == 403
    assert bob.delete(f"{form}/publish").status_code == 403
    forbidden = bob.put(f"{form}/ttl", json={"ttl_seconds": None})
    assert (forbidden.status_code, type(forbidden.json()["detail"])) == (403, str)
    assert bob.get(f"{form}/archive").status_code == 503
    body = {"tinker_path": listed(alice, form)["tinker_path"]}
    assert bob.post("/api/v1/weights_info", json=body).status_code == 200


@pytest.mark.parametrize("form", FORMS)
def test_time_to_live(sandbox: Sandbox, alice: httpx.Client, form: str) -> None:
    before = sandbox.clock.now()
    assert alice.put(f"{form}/ttl", json={"ttl_seconds": 3600}).status_code == 204
    expires = datetime.fromisoformat(listed(alice, form)["expires_at"])
    hour = timedelta(hours=1)
    assert before + hour <= expires <= sandbox.clock.now() + hour

    sandbox.clock.advance(3500)
    assert listed(alice, form) is not None
    sandbox.clock.advance(101)
    assert listed(alice, form) is None
    assert alice.delete(form).status_code == 404


def test_null_removes_the_expiry(sandbox: Sandbox, alice: httpx.Client) -> None:
    form = FORMS[0]
    alice.put(f"{form}/ttl", json={"ttl_seconds": 3600})
    assert alice.put(f"{form}/ttl", json={"ttl_seconds": None}).status_code == 204
    assert listed(alice, form)["expires_at"] is None
    sandbox.clock.advance(10_000)
    assert listed(alice, form) is not None


def test_expired_checkpoints_are_in_no_listing(sandbox: Sandbox, alice: httpx.Client) -> None:
    expiring = [c for c in alice.get("/api/v1/checkpoints?limit=1000").json()["checkpoints"] if c["expires_at"]]
    total = alice.get("/api/v1/checkpoints").json()["cursor"]["total_count"]
    assert expiring
    sandbox.clock.advance(100 * 24 * 3600)
    page = alice.get("/api/v1/checkpoints?limit=1000").json()
    assert page["cursor"]["total_count"] == total - len(expiring)
    assert not any(c["expires_at"] for c in page["checkpoints"])


def test_same_key_repeats_the_first_answer(sandbox: Sandbox, alice: httpx.Client, bob: httpx.Client) -> None:
    form = FORMS[0]
    once = {"X-Idempotency-Key": "key-1"}
    for _ in range(3):
        assert alice.post(f"{form}/publish", headers=once).status_code == 204
    assert alice.post(f"{form}/publish", headers={"X-Idempotency-Key": "key-2"}).status_code == 409
    # Another method or path is another request; another caller's key is another key.
    assert alice.delete(f"{form}/publish", headers=once).status_code == 204
    assert bob.post(f"{form}/publish", headers=once).status_code == 404
    for _ in range(3):
        assert alice.delete(form, headers=once).status_code == 204
    assert alice.delete(form).status_code == 404


def test_a_repeated_refusal_is_the_same(sandbox: Sandbox, alice: httpx.Client) -> None:
    once = {"X-Idempotency-Key": "key"}
    first = alice.delete(f"{FORMS[0]}/publish", headers=once)
    alice.post(f"{FORMS[0]}/publish")
    again = alice.delete(f"{FORMS[0]}/publish", headers=once)
    assert (first.status_code, again.status_code) == (409, 409)
    assert first.content == again.content
    assert first.headers["x-request-id"] != again.headers["x-request-id"]


def test_same_key_with_another_body_is_another_request(sandbox: Sandbox, alice: httpx.Client) -> None:
    once = {"X-Idempotency-Key": "key"}
    for seconds in (None, 3600, None):
        response = alice.put(f"{FORMS[0]}/ttl", json={"ttl_seconds": seconds}, headers=once)
        assert response.status_code == 204
    # The third repeats the first, so it changes nothing.
    assert listed(alice, FORMS[0])["expires_at"] is not None


def test_answers_are_kept_for_a_day(sandbox: Sandbox, alice: httpx.Client) -> None:
    once = {"X-Idempotency-Key": "key"}
    alice.post(f"{FORMS[0]}/publish", headers=once)
    sandbox.clock.advance(24 * 3600 - 60)
    assert alice.post(f"{FORMS[0]}/publish", headers=once).status_code == 204
    sandbox.clock.advance(61)
    assert alice.post(f"{FORMS[0]}/publish", headers=once).status_code == 409


def test_invalid_requests_use_up_no_key(sandbox: Sandbox, alice: httpx.Client) -> None:
    once = {"X-Idempotency-Key": "key"}
    assert alice.put(f"{FORMS[0]}/ttl", json={"ttl_seconds": 1}, headers=once).status_code == 400
    assert alice.put(f"{FORMS[0]}/ttl", json={"ttl_seconds": 3600}, headers=once).status_code == 204


@pytest.mark.parametrize("form", ["0001", "weights", "sampler_weights"])
def test_a_bare_id_is_not_the_name_of_another_checkpoint(sandbox: Sandbox, alice: httpx.Client, form: str) -> None:
    assert alice.post(f"{CHECKPOINTS}/{form}/publish").status_code in {404, 405}
    assert alice.delete(f"{CHECKPOINTS}/{form}").status_code == 404


def test_clock() -> None:
    start = datetime.fromisoformat("2026-07-13T10:00:00Z")
    frozen = Clock(start, frozen=True)
    assert frozen.now() == start
    frozen.advance(0.5)
    assert frozen.now() == start + timedelta(seconds=0.5)
    assert timedelta(0) <= Clock(start).now() - start < timedelta(seconds=5)
    with pytest.raises(ValueError, match="moved back"):
        frozen.advance(-1)
    with pytest.raises(ValueError, match="time zone"):
        Clock(datetime(2026, 7, 13))


def test_a_clock_can_be_given() -> None:
    clock = Clock(datetime.fromisoformat("2030-01-01T00:00:00Z"), frozen=True)
    with (
        Sandbox(clock=clock, validate_responses=True) as sandbox,
        httpx.Client(base_url=sandbox.base_url, headers={"X-API-Key": sandbox.api_key}) as client,
    ):
        client.put(f"{FORMS[0]}/ttl", json={"ttl_seconds": 86400})
        assert listed(client, FORMS[0])["expires_at"] == "2030-01-02T00:00:00Z"
