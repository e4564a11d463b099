"""Which checkpoints a selection means."""

from __future__ import annotations

import asyncio
import pickle
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from tinker_rest import Checkpoint, CheckpointSelection, InvalidArgumentError, NotFoundError, RestClient
from tinker_rest_sandbox import Sandbox

from .recording_server import RecordingServer, client_of, reply

NOW = datetime(2026, 7, 13, 12, tzinfo=UTC)
RUN = "5f2d7413-8a3c-4e1b-9d60-2b7c1f0e9a55:train:0"
FIVE_DAYS_AGO_IN_TOKYO = (NOW - timedelta(days=5)).astimezone(timezone(timedelta(hours=9)))
KIND = {"training": "weights", "sampler": "sampler_weights", "external": "external_weights"}


def checkpoint(
    name: str,
    *,
    run: str = RUN,
    checkpoint_type: str = "training",
    days: float | None = 0,
    size: int | None = 10**9,
    expires_in_days: float | None = None,
    public: bool = False,
    base_model: str | None = None,
    metadata: dict[str, Any] | None = None,
) -> Checkpoint:
    """A checkpoint that was saved so many days ago."""
    kind = KIND.get(checkpoint_type, checkpoint_type)
    return Checkpoint(
        checkpoint_id=f"{kind}/{name}",
        checkpoint_type=checkpoint_type,
        tinker_path=f"tinker://{run}/{kind}/{name}",
        time=None if days is None else NOW - timedelta(days=days),
        size_bytes=size,
        public=public,
        expires_at=None if expires_in_days is None else NOW + timedelta(days=expires_in_days),
        base_model=base_model,
        user_metadata=metadata,
    )


def selected(checkpoints: list[Checkpoint], **given: Any) -> list[str]:
    meant = CheckpointSelection(**given).apply(checkpoints, now=NOW)
    return [one.tinker_path.rpartition("/")[2] for one in meant]


def path_of(name: str) -> str:
    return f"tinker://{RUN}/weights/{name}"


SOME = [
    checkpoint("new", days=0),
    checkpoint("old", days=30, size=3 * 10**9, base_model="Qwen/Qwen3-8B", metadata={"team": "a", "tags": ["x"]}),
    checkpoint("older", days=60, size=2 * 10**9, expires_in_days=1, base_model="m", metadata={"team": "a"}),
    checkpoint("sampler", checkpoint_type="sampler", days=40, expires_in_days=3),
    checkpoint("public", days=50, public=True),
    checkpoint("unknown", days=None, size=None),
    checkpoint("other", run="other-run", checkpoint_type="fused", days=5),
]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, ["new", "old", "older", "sampler", "unknown", "other"]),
        ({"include_public": True}, ["new", "old", "older", "sampler", "public", "unknown", "other"]),
        ({"training_run_ids": ["other-run"]}, ["other"]),
        ({"training_run_ids": []}, []),
        ({"training_run_ids": {RUN, "other-run"}, "checkpoint_type": "fused"}, ["other"]),
        ({"checkpoint_type": "sampler"}, ["sampler"]),
        ({"name": "ol*"}, ["old", "older"]),
        ({"name": "OL*"}, []),
        ({"name": "?ld"}, ["old"]),
        ({"name": "sampler_weights/*"}, ["sampler"]),
        ({"name": "weights/o*"}, ["old", "older"]),
        ({"older_than": timedelta(days=30)}, ["old", "older", "sampler"]),
        ({"older_than": timedelta(days=30, seconds=1)}, ["older", "sampler"]),
        ({"before": NOW - timedelta(days=30)}, ["older", "sampler"]),
        ({"after": NOW - timedelta(days=30)}, ["new", "old", "other"]),
        ({"after": NOW - timedelta(days=50), "before": FIVE_DAYS_AGO_IN_TOKYO}, ["old", "sampler"]),
        ({"larger_than": 10**9}, ["old", "older"]),
        ({"larger_than": 0}, ["new", "old", "older", "sampler", "other"]),
        ({"no_ttl": True}, ["new", "old", "unknown", "other"]),
        ({"expiring_within": timedelta(days=1)}, ["older"]),
        ({"expiring_within": timedelta(days=3)}, ["older", "sampler"]),
        ({"sort": "size", "limit": 3}, ["old", "older", "new"]),
        ({"sort": "size"}, ["old", "older", "new", "sampler", "other", "unknown"]),
        ({"sort": "time"}, ["new", "other", "old", "sampler", "older", "unknown"]),
        ({"limit": 2}, ["new", "old"]),
        ({"base_models": ["Qwen/Qwen3-8B"]}, ["old"]),
        ({"base_models": ["m", "Qwen/Qwen3-8B"]}, ["old", "older"]),
        ({"base_models": []}, []),
        ({"user_metadata": {"team": "a"}}, ["old", "older"]),
        ({"user_metadata": {"team": "a", "tags": ["x"]}}, ["old"]),
        ({"user_metadata": {"team": "b"}}, []),
        ({"user_metadata": {"team": None}}, []),
        ({"exclude": [path_of("new"), path_of("older"), path_of("nobody")], "limit": 2}, ["old", "sampler"]),
        ({"exclude": []}, ["new", "old", "older", "sampler", "unknown", "other"]),
    ],
)  # fmt: skip
def test_each_filter(given: dict[str, Any], expected: list[str]) -> None:
    assert selected(SOME, **given) == expected


def test_the_newest_of_each_run_and_kind_are_kept_whatever_else_is_given() -> None:
    checkpoints = [
        checkpoint("a-3", days=10),
        checkpoint("a-2", days=20),
        checkpoint("a-1", days=30),
        checkpoint("s-2", checkpoint_type="sampler", days=40),
        checkpoint("s-1", checkpoint_type="sampler", days=50),
        checkpoint("b-1", run="other-run", days=90),
    ]
    assert selected(checkpoints, keep_latest=1) == ["a-2", "a-1", "s-1"]
    assert selected(checkpoints, keep_latest=2) == ["a-1"]
    # The newest of those older than 15 days is a-2, which is not kept for that; and s-2 is not lost for its name.
    assert selected(checkpoints, keep_latest=1, older_than=timedelta(days=15)) == ["a-2", "a-1", "s-1"]
    assert selected(checkpoints, keep_latest=1, name="*-2") == ["a-2"]
    assert selected(checkpoints, keep_latest=9) == []
    assert selected(checkpoints, keep_latest=1, exclude=[path_of("a-3"), path_of("a-1")]) == ["a-2", "s-1"]


def test_public_checkpoints_count_among_the_newest() -> None:
    assert selected([checkpoint("new", public=True), checkpoint("old", days=1)], keep_latest=1) == ["old"]


def test_what_may_be_the_newest_is_kept() -> None:
    unknown = [checkpoint("x", days=None), checkpoint("new"), checkpoint("old", days=1)]
    assert selected(unknown, keep_latest=1) == ["old"]
    without_a_run = [
        Checkpoint(checkpoint_id="1", checkpoint_type="training", tinker_path="x", time=NOW),
        Checkpoint(checkpoint_id="2", checkpoint_type="training", tinker_path="y", time=NOW),
    ]
    assert selected(without_a_run, keep_latest=1) == []


def test_of_equal_times_all_are_kept() -> None:
    """Some servers have whole seconds and list the oldest first: which of these is the newest is not known."""
    same_second = [checkpoint("a", days=1), checkpoint("b", days=1), checkpoint("c", days=1)]
    assert selected(same_second, keep_latest=1) == []
    older = [checkpoint("new"), *same_second, checkpoint("old", days=2)]
    assert selected(older, keep_latest=1) == ["a", "b", "c", "old"]
    assert selected(older, keep_latest=2) == ["old"]
    assert selected(older[::-1], keep_latest=3) == ["old"]


def test_what_is_listed_twice_counts_once() -> None:
    twice = [checkpoint("new"), checkpoint("new"), checkpoint("old", days=1), checkpoint("oldest", days=2)]
    assert selected(twice, keep_latest=2) == ["oldest"]
    assert selected(twice) == ["new", "old", "oldest"]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"training_run_ids": RUN}, "training_run_ids must be a list of ids"),
        ({"training_run_ids": ["a", ""]}, "each of training_run_ids must be an id"),
        ({"training_run_ids": [7]}, "each of training_run_ids must be an id .*, not 7"),
        ({"checkpoint_type": ""}, "checkpoint_type must be a string that is not empty"),
        ({"name": " "}, "name must be a string that is not empty"),
        ({"older_than": 30}, r"older_than must be a datetime.timedelta of 0 or more.*not 30"),
        ({"older_than": timedelta(days=-1)}, "older_than must be a datetime.timedelta of 0 or more"),
        ({"expiring_within": "2d"}, "expiring_within must be a datetime.timedelta"),
        ({"before": datetime(2026, 1, 1)}, "before must be a datetime with a time zone"),
        ({"after": "2026-01-01"}, "after must be a datetime with a time zone"),
        ({"after": NOW.date()}, "after must be a datetime with a time zone"),
        ({"after": NOW, "before": NOW}, "before must be later than after"),
        ({"larger_than": -1}, "larger_than must be a whole number of bytes"),
        ({"larger_than": 1.5}, "larger_than must be a whole number of bytes"),
        ({"keep_latest": 0}, "keep_latest must be a whole number of checkpoints, 1 or more"),
        ({"keep_latest": True}, "keep_latest must be a whole number"),
        ({"no_ttl": 1}, "no_ttl must be True or False"),
        ({"include_public": "no"}, "include_public must be True or False"),
        ({"no_ttl": True, "expiring_within": timedelta(1)}, "no_ttl and expiring_within contradict each other"),
        ({"sort": "name"}, "sort must be 'size' or 'time', or None, not 'name'"),
        ({"project_ids": "p"}, "project_ids must be a list of ids"),
        ({"project_ids": ["p", ""]}, "each of project_ids must be an id"),
        ({"base_models": "Qwen/Qwen3-8B"}, "base_models must be a list of ids"),
        ({"user_metadata": {}}, "user_metadata must be a dict of at least one key"),
        ({"user_metadata": ["team"]}, "user_metadata must be a dict"),
        ({"exclude": path_of("new")}, "exclude must be a list of tinker paths"),
        ({"exclude": ["weights/0001"]}, "exclude must be a list of tinker paths"),
        ({"exclude": None}, "exclude must be a list of tinker paths"),
        ({"limit": 0}, "limit must be a whole number of checkpoints, 1 or more"),
    ],
)
def test_what_cannot_be_right_is_refused_at_once(given: dict[str, Any], why: str) -> None:
    with pytest.raises(InvalidArgumentError, match=why):
        CheckpointSelection(**given)


def test_it_is_a_plain_value() -> None:
    one = CheckpointSelection(training_run_ids=["a"], older_than=timedelta(hours=1), before=NOW, limit=2)
    assert one == CheckpointSelection(training_run_ids=("a",), older_than=timedelta(hours=1), before=NOW, limit=2)
    assert pickle.loads(pickle.dumps(one)) == one
    assert hash(one) == hash(pickle.loads(pickle.dumps(one)))
    with pytest.raises(AttributeError):
        one.limit = 3  # type: ignore[misc]
    assert CheckpointSelection().is_everything
    assert CheckpointSelection(include_public=True, sort="size").is_everything
    assert not CheckpointSelection(name="*").is_everything
    assert CheckpointSelection(exclude=[]).is_everything
    metadata = {"team": "a"}
    one = CheckpointSelection(user_metadata=metadata, project_ids=["p"], exclude=[path_of("a")], base_models=["m"])
    assert hash(one) == hash(pickle.loads(pickle.dumps(one)))
    assert not one.is_everything
    metadata["team"] = "b"
    assert one.user_metadata == {"team": "a"}
    with pytest.raises(InvalidArgumentError, match="use select_checkpoints for project_ids"):
        one.apply([])


def test_all_pages_are_read(sandbox: Sandbox, rest: RestClient) -> None:
    run = sandbox.add_training_run().training_run_id
    paths = {sandbox.add_checkpoint(training_run_id=run, name=f"keep-{one}").tinker_path for one in range(230)}
    meant = rest.select_checkpoints(CheckpointSelection(name="keep-*")).result()
    assert {one.tinker_path for one in meant} == paths
    assert {one.training_run_id for one in meant} == {run}
    assert {request.operation_id for request in sandbox.requests} == {"list_user_checkpoints"}


async def read_async(rest: RestClient, selection: CheckpointSelection) -> list[str]:
    return [one.tinker_path for one in await rest.select_checkpoints_async(selection)]


def test_runs_that_are_named_are_read_alone(sandbox: Sandbox, rest: RestClient) -> None:
    paths = [sandbox.add_checkpoint(name="x") for _ in range(3)]
    runs = [one.training_run_id for one in paths]
    selection = CheckpointSelection(training_run_ids=[runs[2], runs[0], runs[2]])
    meant = rest.select_checkpoints(selection).result()
    assert [one.training_run_id for one in meant] == [runs[2], runs[0]]
    assert [request.operation_id for request in sandbox.requests] == ["list_checkpoints"] * 2
    sandbox.requests.clear()
    assert rest.select_checkpoints(CheckpointSelection(training_run_ids=[])).result() == []
    assert len(sandbox.requests) == 0
    with pytest.raises(NotFoundError, match="no-such-run"):
        # No others: the failure would cancel them, and the server might log them during the next test.
        rest.select_checkpoints(CheckpointSelection(training_run_ids=["no-such-run"])).result()
    with pytest.raises(InvalidArgumentError, match="selection must be a CheckpointSelection, not 'x'"):
        rest.select_checkpoints("x")  # type: ignore[arg-type]


def test_the_runs_of_projects_are_listed_first(sandbox: Sandbox, rest: RestClient) -> None:
    def saved(project: str) -> Checkpoint:
        session = sandbox.add_session(project_id=project).session_id
        run = sandbox.add_training_run(session_id=session)
        return sandbox.add_checkpoint(training_run_id=run.training_run_id)

    sandbox.add_project(project_id="p")
    sandbox.add_project(project_id="q")
    of_p = [saved("p") for _ in range(3)]
    of_q = saved("q")
    saved("project-research")
    sandbox.requests.clear()
    meant = rest.select_checkpoints(CheckpointSelection(project_ids=["p", "q", "p"])).result()
    assert {one.tinker_path for one in meant} == {one.tinker_path for one in [*of_p, of_q]}
    asked = [request.operation_id for request in sandbox.requests]
    assert asked.count("list_checkpoints") == 4
    assert set(asked) == {"list_checkpoints", "list_training_runs"}
    runs = [of_p[0].training_run_id, of_q.training_run_id]
    meant = rest.select_checkpoints(CheckpointSelection(project_ids=["p"], training_run_ids=runs)).result()
    assert [one.tinker_path for one in meant] == [of_p[0].tinker_path]
    assert rest.select_checkpoints(CheckpointSelection(project_ids=[])).result() == []
    but_one = CheckpointSelection(project_ids=["p"], exclude=[of_p[0].tinker_path])
    result = rest.delete_checkpoints(but_one).result()
    assert {one.tinker_path for one in result.outcomes} == {one.tinker_path for one in of_p[1:]}


def test_the_latest_checkpoint_of_a_run(sandbox: Sandbox, rest: RestClient) -> None:
    run = sandbox.add_training_run().training_run_id
    with pytest.raises(NotFoundError, match=f"^training run {run} has no checkpoint$"):
        rest.latest_checkpoint(run).result()
    ages = {"old": 3, "new": 1, "middle": 2}
    paths = {
        name: sandbox.add_checkpoint(
            training_run_id=run, name=name, created_at=datetime.now(UTC) - timedelta(hours=hours)
        ).tinker_path
        for name, hours in ages.items()
    }
    sampler = sandbox.add_checkpoint(training_run_id=run, kind="sampler_weights", public=True)
    sandbox.requests.clear()
    latest = rest.latest_checkpoint(run, "training").result()
    assert latest.tinker_path == paths["new"]
    assert latest.training_run_id == run
    assert rest.latest_checkpoint(run).result().tinker_path == sampler.tinker_path
    assert [request.operation_id for request in sandbox.requests] == ["list_checkpoints"] * 2
    with pytest.raises(NotFoundError, match="has no checkpoint of type 'external'") as caught:
        rest.latest_checkpoint(run, "external").result()
    assert caught.value.status_code == 404
    with pytest.raises(NotFoundError, match="no-such-run"):
        rest.latest_checkpoint("no-such-run").result()
    with pytest.raises(InvalidArgumentError, match="checkpoint_type must be a string"):
        rest.latest_checkpoint(run, 5)  # type: ignore[arg-type]
    assert asyncio.run(rest.latest_checkpoint_async(run, checkpoint_type="sampler")).checkpoint_type == "sampler"


def test_the_latest_checkpoint_is_found_by_its_time(server: RecordingServer) -> None:
    listed = [
        checkpoint("unknown", days=None),
        checkpoint("old", days=2),
        checkpoint("new"),
        checkpoint("middle", days=1),
    ]
    server.answer = lambda _: reply(body={"checkpoints": [one.to_dict() for one in listed]})
    with client_of(server) as client:
        assert client.latest_checkpoint(RUN).result(10).tinker_path == path_of("new")
        listed[1:] = []
        assert client.latest_checkpoint(RUN).result(10).tinker_path == path_of("unknown")


def test_reading_awaits_in_any_loop(sandbox: Sandbox, rest: RestClient) -> None:
    path = sandbox.add_checkpoint(name="only").tinker_path
    assert asyncio.run(read_async(rest, CheckpointSelection(name="only"))) == [path]
