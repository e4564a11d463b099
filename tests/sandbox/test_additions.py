"""What is added to a sandbox from Python, and how it goes back to its beginning."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tinker_rest import AuthenticationError, NotFoundError, PermissionDeniedError, RestClient
from tinker_rest.types import SessionSearchRequest
from tinker_rest_sandbox import Clock, Sandbox

PATH = "tinker://run-id/weights/0001"


@pytest.fixture
def empty(start: Callable[..., Sandbox]) -> Sandbox:
    return start(seed=False)


def test_everything_has_a_default(empty: Sandbox) -> None:
    assert set(empty.counts().values()) == {0}
    checkpoint = empty.add_checkpoint()
    assert checkpoint.tinker_path == f"tinker://{checkpoint.training_run_id}/weights/0001"
    assert empty.counts() == {"sessions": 1, "training_runs": 1, "checkpoints": 1, "samplers": 0}
    second = empty.add_checkpoint(training_run_id=checkpoint.training_run_id)
    assert second.checkpoint_id == "weights/0002"
    run = empty.add_training_run()
    another = empty.add_training_run(session_id=run.session_id)
    assert another.training_run_id == f"{run.session_id}:train:1"
    sampler = empty.add_sampler(session_id=run.session_id)
    assert sampler.sampler_id == f"{run.session_id}:sample:0"
    session, user, project = empty.add_session(), empty.add_user(), empty.add_project()
    assert (user.name, user.api_key, project.project_id) == ("user-3", "tml-sandbox-user-3", "project-3")
    with empty.client() as client:
        assert session.session_id in client.list_sessions().result().sessions
        listed = client.list_user_checkpoints().result().checkpoints
        assert {one.tinker_path for one in listed} == {checkpoint.tinker_path, second.tinker_path}
        assert client.get_sampler(sampler.sampler_id).result().base_model == "Qwen/Qwen3-8B"
        assert client.get_checkpoint_archive_url_from_tinker_path(second.tinker_path).result().url


def test_every_field_arrives(start: Callable[..., Sandbox]) -> None:
    now = datetime(2026, 7, 13, 9, tzinfo=UTC)
    sandbox = start(seed=False, frozen_at=now)
    sandbox.add_project(project_id="project-evals")
    sandbox.add_session(
        session_id="s", display_name="Nightly", user_metadata={"team": "evals"}, project_id="project-evals",
        created_at=now - timedelta(days=2), status={"type": "client_finished", "reason": {"type": "success"}},
    )  # fmt: skip
    sandbox.add_training_run(
        training_run_id="r", session_id="s", base_model="some/model", lora_rank=None, corrupted=True,
        user_metadata={"a": "b"}, last_request_at="2026-07-12T00:00:00Z",
    )  # fmt: skip
    sandbox.add_checkpoint(
        training_run_id="r", kind="sampler_weights", name="final", size_bytes=7, public=True, ttl_seconds=60,
        user_metadata={"c": "d"}, created_at="2026-07-12T12:00:00+02:00",
    )  # fmt: skip
    sandbox.add_sampler(sampler_id="x", session_id="s", model_path="tinker://r/sampler_weights/final")
    with sandbox.client() as client:
        run = client.get_training_run("r").result()
        assert (run.base_model, run.is_lora, run.lora_rank, run.corrupted) == ("some/model", False, None, True)
        assert run.last_request_time == datetime(2026, 7, 12, 10, tzinfo=UTC)
        (checkpoint,) = client.list_checkpoints("r").result().checkpoints
        assert (checkpoint.size_bytes, checkpoint.public) == (7, True)
        assert checkpoint.expires_at == now + timedelta(seconds=60)
        assert checkpoint.time == run.last_request_time
        (found,) = client.search_sessions(SessionSearchRequest(project_ids=["project-evals"])).result().sessions
        assert (found.display_name, found.created_at) == ("Nightly", now - timedelta(days=2))
        assert found.status is not None
        assert found.status.type == "client_finished"
        assert client.get_sampler("x").result().base_model == "some/model"
        assert client.list_training_runs(project_id="project-evals").result().training_runs == [run]


def test_times_at_the_ends_of_the_calendar_can_be_told_of(start: Callable[..., Sandbox]) -> None:
    sandbox = start()
    first, last = "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"
    session = sandbox.add_session(session_id="old", created_at=first)
    sandbox.add_checkpoint(created_at=first, expires_at=last)
    sandbox.add_checkpoint(created_at=last)
    sandbox.add_training_run(session_id=session.session_id, last_request_at=first)
    assert sandbox.counts()["checkpoints"] > 2
    sandbox.clock.set(datetime(9000, 1, 1, tzinfo=UTC) - timedelta(seconds=60))
    with sandbox.client() as client:
        listed = client.list_user_checkpoints(limit=1000).result().checkpoints
        assert (listed[0].time.year, listed[-1].time.year, listed[-1].expires_at.year) == (9999, 1, 9999)
        client.set_checkpoint_ttl_from_tinker_path(listed[0].tinker_path, 10 * 365 * 86400).result()
        assert client.get_checkpoint_archive_url_from_tinker_path(listed[0].tinker_path).result()
        assert httpx.get(client.export_session_trace("old").result()).status_code == 200
    assert httpx.get(f"{sandbox.base_url}/__sandbox__/page?sessions=999").status_code == 200
    for too_far in (120, 1e300, float("inf"), float("nan")):
        with pytest.raises(ValueError, match="beyond 9000"):
            sandbox.clock.advance(too_far)
    with pytest.raises(ValueError, match="from 1970 to 9000"):
        Clock(datetime(9999, 1, 1, tzinfo=UTC))


def test_another_user_gets_a_key(empty: Sandbox) -> None:
    empty.add_user(name="carol", administrator=True, email="carol@example.org")
    mine = empty.add_checkpoint()
    hers = empty.add_checkpoint(user="carol", public=True, size_bytes=None)
    assert hers.user == "carol"
    with empty.client("carol") as carol, empty.admin_client("carol") as admin, empty.client() as alice:
        assert carol.whoami().result().email == "carol@example.org"
        assert [c.tinker_path for c in carol.list_user_checkpoints().result().checkpoints] == [hers.tinker_path]
        assert alice.get_weights_info_by_tinker_path(hers.tinker_path).result()
        with pytest.raises(NotFoundError):
            carol.get_weights_info_by_tinker_path(mine.tinker_path).result()
        rows = admin.get_current_checkpoint_storage_usage().result().data
        assert {row.user_email: row.size_bytes for row in rows} == {
            "alice@example.com": 100_000_000,
            "carol@example.org": 0,
        }
    with empty.admin_client("bob") as bob, pytest.raises(PermissionDeniedError):
        bob.get_current_checkpoint_storage_usage().result()
    assert [user.name for user in empty.users] == ["alice", "bob", "carol"]
    assert "tml-" not in repr(empty.users)


@pytest.mark.parametrize(
    ("method", "values", "named"),
    [
        ("add_user", {"name": "alice"}, "alice"),
        ("add_user", {"name": "a/b"}, "a/b"),
        ("add_user", {"api_key": "secret"}, "tml-"),
        ("add_user", {"api_key": "tml-sandbox-bob"}, "bob"),
        ("add_user", {"administrator": "yes"}, "yes"),
        ("add_project", {"project_id": "project-archive"}, "project-archive"),
        ("add_project", {"project_id": ""}, "''"),
        ("add_session", {"session_id": "session-id"}, "session-id"),
        ("add_session", {"user": "dave"}, "dave"),
        ("add_session", {"project_id": "project-x"}, "project-x"),
        ("add_session", {"status": "sleeping"}, "sleeping"),
        ("add_session", {"status": {"type": "failed"}}, "failed"),
        ("add_session", {"status": 5}, "5"),
        ("add_session", {"user_metadata": "team"}, "team"),
        ("add_session", {"user_metadata": {"a": object}}, "object"),
        ("add_session", {"created_at": datetime(2026, 7, 13)}, "time zone"),
        ("add_session", {"created_at": "yesterday"}, "yesterday"),
        ("add_training_run", {"training_run_id": "run-id"}, "run-id"),
        ("add_training_run", {"training_run_id": ".."}, "'..'"),
        ("add_training_run", {"session_id": "none"}, "none"),
        ("add_training_run", {"session_id": "session-id", "user": "bob"}, "bob"),
        ("add_training_run", {"lora_rank": 0}, "0"),
        ("add_training_run", {"base_model": ""}, "''"),
        ("add_checkpoint", {"training_run_id": "run-id", "name": "0001"}, "named '0001'."),
        ("add_checkpoint", {"training_run_id": "none"}, "none"),
        ("add_checkpoint", {"training_run_id": "run-id", "user": "bob"}, "bob"),
        ("add_checkpoint", {"kind": "other"}, "other"),
        ("add_checkpoint", {"size_bytes": -1}, "-1"),
        ("add_checkpoint", {"size_bytes": 1.5}, "1.5"),
        ("add_checkpoint", {"public": 1}, "1"),
        ("add_checkpoint", {"ttl_seconds": 0}, "0"),
        ("add_checkpoint", {"ttl_seconds": 2**60}, str(2**60)),
        ("add_checkpoint", {"expires_at": "2020-01-01T00:00:00Z"}, "2020"),
        ("add_checkpoint", {"expires_at": "2030-01-01T00:00:00Z", "ttl_seconds": 5}, "not both"),
        ("add_sampler", {"sampler_id": "session-id:sample:0"}, "session-id:sample:0"),
        ("add_sampler", {"model_path": "tinker://run-id/weights/none"}, "none"),
        ("add_sampler", {"model_path": 5}, "5"),
        ("add_sampler", {"user": 5}, "5"),
    ],
)
def test_wrong_values_are_refused_and_change_nothing(
    method: str, values: dict[str, Any], named: str, shared_sandbox: Sandbox
) -> None:
    before = (shared_sandbox.counts(), shared_sandbox.users, shared_sandbox.projects)
    with pytest.raises(ValueError, match=re.escape(named)):
        getattr(shared_sandbox, method)(**values)
    assert (shared_sandbox.counts(), shared_sandbox.users, shared_sandbox.projects) == before


def test_users_and_clients_must_exist(shared_sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="dave"):
        shared_sandbox.client("dave")


def test_adding_works_before_the_start_and_between_stop_and_start() -> None:
    sandbox = Sandbox(seed=False)
    try:
        first = sandbox.add_checkpoint()
        with pytest.raises(RuntimeError, match="start"):
            sandbox.reset()
        sandbox.start()
        sandbox.stop()
        second = sandbox.add_checkpoint()
        sandbox.start()
        with sandbox.client() as client:
            listed = client.list_user_checkpoints().result().checkpoints
        assert {one.tinker_path for one in listed} == {first.tinker_path, second.tinker_path}
        sandbox.reset()
        assert sandbox.counts()["checkpoints"] == 1
    finally:
        sandbox.close()
    with pytest.raises(RuntimeError, match="start"):
        sandbox.reset()


def test_what_was_added_stays_in_a_file(tmp_path: Path) -> None:
    for _ in range(2):
        with Sandbox(seed=False, db=tmp_path / "state.sqlite") as sandbox:
            if len(sandbox.users) == 2:
                sandbox.add_user(name="carol", administrator=True)
                sandbox.add_project(project_id="project-x")
                checkpoint = sandbox.add_checkpoint(user="carol")
            assert sandbox.projects[-1] == "project-x"
            with sandbox.client("carol") as carol:
                assert carol.list_user_checkpoints().result().checkpoints[0].tinker_path == checkpoint.tinker_path


def test_many_threads_may_add(empty: Sandbox) -> None:
    threads = [threading.Thread(target=lambda: [empty.add_checkpoint() for _ in range(10)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert empty.counts()["checkpoints"] == 80


# Going back


def test_reset_goes_back_to_the_start(start: Callable[..., Sandbox]) -> None:
    sandbox = start(token_exchange="required")
    sandbox.faults.add(status=503, retry_after=0, match="list_sessions")
    before, ports = sandbox.counts(), (sandbox.base_url, sandbox.storage_url)
    with sandbox.client() as client:
        archive = client.get_checkpoint_archive_url_from_tinker_path(PATH).result().url
        assert httpx.get(archive, headers={"X-API-Key": "tml-real"}).status_code == 200
        client.delete_checkpoint_from_tinker_path(PATH).result()
        sandbox.add_user(name="carol")
        sandbox.clock.advance(86400)
        sandbox.faults.add(drop=True)
        assert sandbox.requests_with_credentials
        sandbox.reset()
        assert (sandbox.counts(), len(sandbox.users)) == (before, 2)
        assert (len(sandbox.requests), len(sandbox.storage_requests)) == (0, 0)
        assert sandbox.requests_with_credentials == []
        assert abs(sandbox.clock.now() - datetime.now(UTC)) < timedelta(seconds=60)
        assert [(fault.hits, fault.rule.match) for fault in sandbox.faults] == []
        assert (sandbox.base_url, sandbox.storage_url) == ports
        assert client.get_weights_info_by_tinker_path(PATH).result()
        with pytest.raises(AuthenticationError):
            _list_with_key(sandbox, "tml-sandbox-carol")


def _list_with_key(sandbox: Sandbox, key: str) -> None:
    with RestClient(base_url=sandbox.base_url, api_key=key) as client:
        client.list_sessions().result()


def test_reset_brings_back_the_faults_of_before_the_start() -> None:
    sandbox = Sandbox()
    sandbox.faults.add(status=503, retry_after=0, match="list_sessions")
    with sandbox, sandbox.client() as client:
        for _ in range(2):
            client.list_sessions().result()
            assert [request.fault for request in sandbox.requests] == ["fault-1", None]
            sandbox.faults.clear()
            sandbox.reset()


def test_reset_forgets_kept_answers_and_files(start: Callable[..., Sandbox]) -> None:
    sandbox = start(seed=False)
    contents = []
    for rank in (8, 16):
        sandbox.reset()
        checkpoint = sandbox.add_checkpoint(
            training_run_id=sandbox.add_training_run(training_run_id="r", lora_rank=rank).training_run_id
        )
        with sandbox.client() as client:
            url = client.get_checkpoint_archive_url_from_tinker_path(checkpoint.tinker_path).result().url
        contents.append(httpx.get(url))
    assert len(contents[0].content) < len(contents[1].content)
    assert contents[0].headers["etag"] != contents[1].headers["etag"]
    headers = {"X-API-Key": sandbox.api_key, "X-Idempotency-Key": "k"}
    publish = f"{sandbox.base_url}/api/v1/training_runs/r/checkpoints/weights/0001/publish"
    assert httpx.post(publish, headers=headers).status_code == 204
    sandbox.reset()
    assert httpx.post(publish, headers=headers).status_code == 404


def test_reset_of_a_file_and_of_a_stopped_sandbox(tmp_path: Path) -> None:
    with Sandbox(db=tmp_path / "state.sqlite") as sandbox:
        before = sandbox.counts()
        sandbox.add_checkpoint()
        sandbox.stop()
        sandbox.reset()
        assert sandbox.counts() == before
    with Sandbox(db=tmp_path / "state.sqlite") as again:
        assert again.counts() == before


def test_async_with_blocks_no_loop() -> None:
    async def main() -> int:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                await asyncio.sleep(0.001)
                ticks += 1

        ticking = asyncio.create_task(tick())
        async with Sandbox() as sandbox:
            while_starting = ticks
            async with sandbox.client() as client:
                assert (await client.list_sessions()).sessions
        ticking.cancel()
        return while_starting

    assert asyncio.run(main()) > 1


def test_a_clock_can_be_set() -> None:
    clock = Clock(datetime(2026, 7, 13, tzinfo=UTC), frozen=True)
    clock.set(datetime(2026, 7, 14, tzinfo=UTC))
    assert clock.now() == datetime(2026, 7, 14, tzinfo=UTC)
    for wrong, named in (
        (datetime(2026, 7, 13, tzinfo=UTC), "back"),
        (datetime(2027, 1, 1), "zone"),
    ):
        with pytest.raises(ValueError, match=named):
            clock.set(wrong)
    for seconds in (1e12, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="beyond 9000"):
            clock.advance(seconds)
    assert clock.now() == datetime(2026, 7, 14, tzinfo=UTC)
