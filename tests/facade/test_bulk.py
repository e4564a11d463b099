"""The same change to many checkpoints."""

from __future__ import annotations

import asyncio
import concurrent.futures
import pickle
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from tinker_rest import (
    AuthenticationError,
    BulkError,
    BulkProgress,
    Checkpoint,
    CheckpointSelection,
    ClientClosedError,
    InternalServerError,
    InvalidArgumentError,
    NotFoundError,
    PermissionDeniedError,
    RestClient,
)
from tinker_rest_sandbox import Sandbox

from .many_checkpoints import add_many, paths_left
from .recording_server import (
    Held,
    RecordedRequest,
    RecordingServer,
    client_of,
    in_turn,
    lose_answer,
    reply,
    wait_until,
)

PATHS = [f"tinker://5f2d7413:train:0/weights/{number:04}" for number in range(40)]


def operations(sandbox: Sandbox) -> Counter[str | None]:
    return Counter(request.operation_id for request in sandbox.requests)


@pytest.mark.long
def test_many_pages_of_checkpoints_are_deleted(sandbox: Sandbox, rest: RestClient) -> None:
    paths = add_many(sandbox, 1_200)  # three pages of the listing
    before = paths_left(sandbox)
    result = rest.delete_checkpoints(CheckpointSelection(name="many-*")).result()
    assert [one.status for one in result.outcomes] == ["done"] * 1_200
    assert {one.tinker_path for one in result.outcomes} == set(paths)
    assert paths_left(sandbox) == before - set(paths)
    assert result.failures == []
    assert repr(result) == "<BulkResult 1200 done>"
    result.raise_for_failures()
    again = rest.delete_checkpoints(paths[:200]).result()
    assert again.failures == again.outcomes
    assert Counter(one.status for one in again.outcomes) == {"not_found": 200}
    assert isinstance(again.outcomes[0].error, NotFoundError)
    with pytest.raises(
        BulkError, match=r"200 of 200 checkpoints were not changed \(200 not_found\): .*404 Not Found"
    ):
        again.raise_for_failures()
    missing = rest.delete_checkpoints(paths[:200], missing_ok=True).result()
    assert Counter(one.status for one in missing.outcomes) == {"already_done": 200}
    missing.raise_for_failures()


def test_no_more_are_in_flight_than_allowed(server: RecordingServer) -> None:
    """The server holds its answers until as many have come as may be in flight, and then sees no other."""
    held: list[Held] = []

    def hold(_: object) -> Held:
        held.append(Held(reply(204, Connection="close")))
        return held[-1]

    server.answer = hold
    with client_of(server) as client:
        future = client.delete_checkpoints(PATHS, concurrency=7)
        most = 0
        for released in range(len(PATHS)):
            expected = min(len(PATHS), released + 7)
            wait_until(lambda expected=expected: len(held) >= expected)
            most = max(most, len(held) - released)
            held[released].release()
        assert [one.status for one in future.result().outcomes] == ["done"] * len(PATHS)
        assert [one.tinker_path for one in future.result().outcomes] == PATHS
    assert most == server.most_open == 7


@pytest.mark.usefixtures("no_jitter")
def test_passing_faults_are_passed(sandbox: Sandbox, rest: RestClient) -> None:
    paths = add_many(sandbox, 300)
    for fault in (
        {"status": 429, "retry_after": 0, "times": 10, "after": 10},
        {"status": 503, "retry_after": 0, "times": 10, "after": 20},
        {"drop": True, "when": "after", "times": 5, "after": 30},  # the work was done, its answer lost
        {"drop": True, "times": 5, "after": 40},
        {"status": 502, "body": "<html>", "times": 5},
    ):
        sandbox.faults.add(match="delete_checkpoint", **fault)  # type: ignore[arg-type]
    patient = rest.with_options(max_retries=35)  # one deletion may meet all faults
    result = patient.delete_checkpoints(paths).result()
    assert Counter(one.status for one in result.outcomes) == {"done": 300}
    assert not set(paths) & paths_left(sandbox)
    assert all(fault.is_spent for fault in sandbox.faults)


def test_a_server_that_bears_few_requests_a_second_is_not_overrun(server: RecordingServer) -> None:
    """All calls of a client pause after a 429, or sixteen would knock for each that gets in."""
    admitted: list[float] = []

    def admit_ten_a_second(_: object) -> bytes:
        now = time.monotonic()
        if len(admitted) >= 10 and now - admitted[-10] < 1:
            return reply(429, {"detail": "slow down"}, Retry_After="0.5")
        admitted.append(now)
        return reply(204)

    server.answer = admit_ten_a_second
    with client_of(server) as client:
        result = client.delete_checkpoints(PATHS).result()
    assert result.failures == []
    assert len(server.requests) < 4 * len(PATHS)


def test_the_failure_of_one_stops_nothing(sandbox: Sandbox, rest: RestClient) -> None:
    mine = add_many(sandbox, 6)
    public = sandbox.add_checkpoint(user="bob", public=True).tinker_path
    private = sandbox.add_checkpoint(user="bob").tinker_path
    paths = [mine[0], public, mine[1], private, *mine[2:], "tinker://no-such-run/weights/1"]
    sandbox.faults.add(status=500, match=lambda request: request.target.endswith(mine[3][-9:]), times=None)
    impatient = rest.with_options(max_retries=0)
    result = impatient.delete_checkpoints(paths).result()
    statuses = {one.tinker_path: one.status for one in result.outcomes}
    assert list(statuses) == paths
    assert statuses == {
        **dict.fromkeys(mine, "done"),
        public: "failed",
        # The server does not say whether a private checkpoint of somebody else exists.
        private: "not_found",
        mine[3]: "failed",
        "tinker://no-such-run/weights/1": "not_found",
    }
    forbidden, _, faulty, _ = result.failures
    assert isinstance(forbidden.error, PermissionDeniedError)
    assert isinstance(faulty.error, InternalServerError)
    why = r"4 of 9 checkpoints were not changed \(2 failed, 2 not_found\): tinker://.*403 Forbidden"
    with pytest.raises(BulkError, match=why) as caught:
        result.raise_for_failures()
    copy = pickle.loads(pickle.dumps(caught.value))
    assert str(copy) == str(caught.value)
    assert [one.status for one in copy.result.outcomes] == [one.status for one in result.outcomes]
    sandbox.faults.clear()
    again = impatient.delete_checkpoints(paths).result()
    assert [one.tinker_path for one in again.outcomes if one.status == "failed"] == [public]
    assert sandbox.violations == []


def test_others_may_delete_at_the_same_time(sandbox: Sandbox, rest: RestClient) -> None:
    paths = add_many(sandbox, 400)
    code = (
        "import sys; from tinker_rest import RestClient\n"
        "with RestClient() as client: print(client.delete_checkpoints(sys.stdin.read().split()).result())"
    )
    environment = {"TINKER_BASE_URL": sandbox.base_url, "TINKER_API_KEY": sandbox.api_key}
    with subprocess.Popen(
        [sys.executable, "-c", code], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdin is not None
        other.stdin.write("\n".join(reversed(paths)))
        other.stdin.close()
        wait_until(lambda: operations(sandbox)["delete_checkpoint"])
        result = rest.delete_checkpoints(CheckpointSelection(name="many-*"), concurrency=4).result()
        assert other.stdout is not None
        said = other.stdout.read()
    result.raise_for_failures()
    assert other.returncode == 0
    assert "failed" not in said
    assert not set(paths) & paths_left(sandbox)
    assert operations(sandbox)["delete_checkpoint"] > 400  # both asked for some of them


def test_publishing_and_expiring(sandbox: Sandbox, rest: RestClient) -> None:
    paths = add_many(sandbox, 30)
    rest.publish_checkpoint_from_tinker_path(paths[3]).result()
    selection = CheckpointSelection(name="many-*", include_public=True)
    published = rest.publish_checkpoints(selection).result()
    assert Counter(one.status for one in published.outcomes) == {"done": 29, "already_done": 1}
    assert all(one.public for one in rest.select_checkpoints(selection).result())
    assert rest.select_checkpoints(CheckpointSelection(name="many-*")).result() == []
    # A selection leaves public ones alone; whoever names them means them.
    assert rest.delete_checkpoints(CheckpointSelection(name="many-*")).result().outcomes == []
    assert [one.status for one in rest.set_checkpoints_ttl(paths, 86400).result().outcomes] == ["done"] * 30
    assert len(rest.select_checkpoints(selection).result()) == 30
    expiring = CheckpointSelection(name="many-*", include_public=True, expiring_within=timedelta(days=1, hours=1))
    assert len(rest.select_checkpoints(expiring).result()) == 30
    assert rest.set_checkpoints_ttl(expiring, None).result().failures == []
    assert rest.select_checkpoints(expiring).result() == []
    private = asyncio.run(rest.unpublish_checkpoints_async(selection))
    assert Counter(one.status for one in private.outcomes) == {"done": 30}
    assert rest.unpublish_checkpoints(paths).result().outcomes[29].status == "already_done"
    gone = rest.set_checkpoints_ttl(["tinker://no-such-run/weights/1"], 3600).result()
    assert isinstance(gone.failures[0].error, NotFoundError)
    assert [one.status for one in asyncio.run(rest.publish_checkpoints_async([])).outcomes] == []


def test_duplicates_are_sent_once(server: RecordingServer) -> None:
    one = Checkpoint(checkpoint_id="weights/0000", checkpoint_type="training", tinker_path=PATHS[0])
    with client_of(server) as client:
        for given in ([PATHS[0], one, PATHS[1], PATHS[0]], iter([PATHS[0], one, PATHS[1], PATHS[0]])):
            server.requests.clear()
            result = client.delete_checkpoints(given).result()
            assert [outcome.tinker_path for outcome in result.outcomes] == PATHS[:2]
            assert len(server.requests) == 2


def test_an_iterator_may_use_the_client_itself(sandbox: Sandbox, rest: RestClient) -> None:
    paths = add_many(sandbox, 60)

    def many() -> Iterator[Checkpoint]:
        for run in {path.split("/")[2] for path in paths}:
            yield from rest.list_checkpoints(run).result().checkpoints

    result = rest.delete_checkpoints(many()).result()
    assert {one.tinker_path for one in result.outcomes} == set(paths)
    assert {one.status for one in result.outcomes} == {"done"}


def test_nothing_is_sent_if_an_iterator_fails(server: RecordingServer) -> None:
    def failing() -> Iterator[str]:
        yield from PATHS[:5]
        raise LookupError("no more to be had")

    with client_of(server) as client:
        with pytest.raises(LookupError, match="no more to be had"):
            client.delete_checkpoints(failing())
        with pytest.raises(InvalidArgumentError, match="tinker_path must look like"):
            client.delete_checkpoints(iter([*PATHS, "tinker://x"]))
    assert server.requests == []


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (PATHS[0], "checkpoints must be a list of tinker paths"),
        (
            Checkpoint(checkpoint_id="weights/1", checkpoint_type="training", tinker_path=PATHS[0]),
            "checkpoints must be a list of tinker paths",
        ),
        (None, "checkpoints must be a list of tinker paths"),
        ([*PATHS, "tinker://run/weights"], "tinker_path must look like tinker://RUN_ID/weights/NAME"),
        ([*PATHS, "weights/1"], "tinker_path must look like"),
        ([*PATHS, "tinker://run/weights/.."], "the name in tinker_path must be an id"),
        ([*PATHS, 7], "tinker_path must look like .*, not 7"),
        (
            [Checkpoint(checkpoint_id="..", checkpoint_type="training", tinker_path="twinkle://run/weights/1")],
            "checkpoint_id",
        ),
        (
            [Checkpoint(checkpoint_id="1", checkpoint_type="training", tinker_path="no path")],
            "the run ID of a checkpoint must be an id .*, not ''",
        ),
        (CheckpointSelection(), r"CheckpointSelection\(name='\*'\)"),
        (CheckpointSelection(include_public=True), "without any filter"),
    ],
)
def test_nothing_is_half_done(server: RecordingServer, given: Any, why: str) -> None:
    with client_of(server) as client:
        for method in (client.delete_checkpoints, client.publish_checkpoints):
            with pytest.raises(InvalidArgumentError, match=why):
                method(given)
        with pytest.raises(InvalidArgumentError, match=why):
            client.set_checkpoints_ttl(given, 3600)
    assert server.requests == []


def test_arguments_that_cannot_be_right(server: RecordingServer) -> None:
    async def coming() -> Any:
        yield PATHS[0]

    client = client_of(server)
    refused: list[tuple[dict[str, Any], str]] = [
        ({"concurrency": 0}, "concurrency must be a whole number from 1 to 128"),
        ({"concurrency": 129}, "concurrency must be a whole number from 1 to 128"),
        ({"concurrency": True}, "concurrency must be a whole number from 1 to 128"),
        ({"progress": 5}, "progress must be callable or None"),
        ({"log": 5}, "log must be a file that can be written"),
        ({"log": ""}, "log must be a file that can be written"),
    ]
    for given, why in refused:
        with pytest.raises(InvalidArgumentError, match=why):
            client.unpublish_checkpoints(PATHS, **given)
    with pytest.raises(InvalidArgumentError, match="ttl_seconds must be from 3600"):
        client.set_checkpoints_ttl(PATHS, 60)
    with pytest.raises(InvalidArgumentError, match="include_public=True here"):
        client.unpublish_checkpoints(CheckpointSelection(name="*"))
    with pytest.raises(InvalidArgumentError, match="checkpoints must be a list of tinker paths"):
        client.delete_checkpoints(coming())
    client.close()
    with pytest.raises(ClientClosedError):
        client.delete_checkpoints(PATHS)
    assert server.requests == []


def test_checkpoints_of_servers_with_other_paths(server: RecordingServer) -> None:
    twinkle = Checkpoint(
        checkpoint_id="weights/1", checkpoint_type="training", tinker_path="twinkle://run-1/weights/1"
    )
    hatchery = Checkpoint(
        checkpoint_id="x",
        checkpoint_type="training",
        tinker_path="tinker://run-2/checkpoints/x",
        training_run_id="run-2",
    )
    with client_of(server) as client:
        result = client.delete_checkpoints([twinkle, hatchery]).result()
    assert [one.tinker_path for one in result.outcomes] == [twinkle.tinker_path, hatchery.tinker_path]
    assert sorted(server.lines) == [
        "DELETE /api/v1/training_runs/run-1/checkpoints/weights/1",
        "DELETE /api/v1/training_runs/run-2/checkpoints/x",
    ]


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (reply(404, {"detail": "Checkpoint weights/1 was not found."}), "not_found"),
        (reply(410, {"detail": "It has expired."}), "failed"),
        (reply(409, {"detail": "It is in use."}), "failed"),
        (reply(200, {"deleted": True}), "done"),
        (reply(200, "null", "application/json"), "done"),
    ],
)
def test_what_counts_as_done(server: RecordingServer, answer: bytes, status: str) -> None:
    server.answer = lambda _: answer
    with client_of(server) as client:
        result = client.delete_checkpoints(PATHS[:20]).result()
    assert {one.status for one in result.outcomes} == {status}
    assert len(server.requests) == 20


def test_what_was_listed_and_is_gone_is_done(server: RecordingServer) -> None:
    """A path may have a typo or be somebody else's; a checkpoint was there a moment ago."""
    unknown = reply(404, {"detail": "Checkpoint weights/1 was not found."})
    page = {
        "checkpoints": [{"checkpoint_id": "weights/0000", "checkpoint_type": "training", "tinker_path": PATHS[0]}]
    }
    server.answer = lambda request: reply(body=page) if request.method == "GET" else unknown
    with client_of(server) as client:
        for given in (
            CheckpointSelection(name="*"),
            [Checkpoint(checkpoint_id="weights/0000", checkpoint_type="training", tinker_path=PATHS[0])],
        ):
            assert [one.status for one in client.delete_checkpoints(given).result().outcomes] == ["already_done"]
            assert [one.status for one in client.set_checkpoints_ttl(given, None).result().outcomes] == [
                "not_found"
            ]


def test_a_404_after_a_lost_answer_is_done(server: RecordingServer) -> None:
    server.answer = in_turn([lose_answer, reply(404, {"detail": "Checkpoint weights/0 was not found."})])
    with client_of(server) as client:
        assert client.delete_checkpoints(PATHS[:1]).result().outcomes[0].status == "done"


@pytest.mark.parametrize(
    "answer",
    [
        reply(404, {"detail": "Not Found"}),
        reply(404, "<html>proxy</html>", "text/html"),
        reply(405, {"detail": "Method Not Allowed"}),
    ],
)
def test_a_server_without_the_operation_is_not_asked_for_all(server: RecordingServer, answer: bytes) -> None:
    server.answer = lambda _: answer
    with client_of(server) as client:
        result = client.delete_checkpoints(PATHS, concurrency=4).result()
    counts = Counter(one.status for one in result.outcomes)
    assert 5 <= counts["failed"] == len(server.requests) <= 8
    assert counts["skipped"] == 40 - counts["failed"]
    assert "does not offer this operation" in str(result.failures[0].error)


def test_ages_are_measured_by_the_clock_of_the_server(
    server: RecordingServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Ours is hours ahead, so that everything looks old."""
    theirs = datetime(2026, 1, 1, 12, tzinfo=UTC)
    saved = [("new", theirs - timedelta(seconds=1)), ("old", theirs - timedelta(hours=2))]
    page = [
        {
            "checkpoint_id": f"weights/{name}",
            "checkpoint_type": "training",
            "tinker_path": f"tinker://r/weights/{name}",
            "time": time.isoformat(),
        }
        for name, time in saved
    ]
    date = format_datetime(theirs, usegmt=True)

    def answer(request: RecordedRequest) -> bytes:
        if request.method != "GET":
            return reply(204)
        is_later = "offset=" in request.target and "offset=0" not in request.target
        # A proxy may answer without the time.
        return reply(body={"checkpoints": page[1:]}) if is_later else reply(body={"checkpoints": page}, Date=date)

    server.answer = answer
    with client_of(server) as client:
        for runs in (None, ["r"]):
            selection = CheckpointSelection(older_than=timedelta(hours=1), training_run_ids=runs)
            meant = client.select_checkpoints(selection).result()
            deleted = client.delete_checkpoints(selection).result().outcomes
            assert [one.tinker_path for one in meant] == ["tinker://r/weights/old"]
            assert [one.tinker_path for one in deleted] == ["tinker://r/weights/old"]
    assert "clock differs from the server's" in caplog.text
    caplog.clear()
    with client_of(server) as client:
        client.select_checkpoints(CheckpointSelection(name="*")).result()
    assert caplog.text == ""  # no age was asked for


def test_nothing_more_is_sent_where_the_key_is_refused(server: RecordingServer) -> None:
    def refuse_from_the_fourth_on(request: RecordedRequest) -> bytes:
        if request.method == "POST":  # for a token in exchange for the key
            return reply(404, {"detail": "Not Found"})
        return reply(204) if len(server.requests) < 4 else reply(401, {"detail": "unknown key"})

    server.answer = refuse_from_the_fourth_on
    with client_of(server) as client:
        result = client.delete_checkpoints(PATHS, concurrency=1).result()
        assert [line.partition(" ")[0] for line in server.lines] == ["DELETE"] * 4 + ["POST"]
        assert [one.status for one in result.outcomes] == ["done"] * 3 + ["failed"] + ["skipped"] * 36
        assert isinstance(result.failures[0].error, AuthenticationError)
        with pytest.raises(BulkError, match="401 Unauthorized"):
            result.raise_for_failures()


def test_a_server_that_is_away_is_not_asked_for_ever(server: RecordingServer) -> None:
    server.answer = lambda _: lose_answer
    with client_of(server, max_retries=0) as client:
        result = client.delete_checkpoints(PATHS, concurrency=2).result()
    counts = Counter(one.status for one in result.outcomes)
    assert counts["failed"] in (5, 6)  # the sixth was in flight
    assert len(server.requests) == counts["failed"]
    assert counts["skipped"] == 40 - counts["failed"]


def test_faults_now_and_then_stop_nothing(server: RecordingServer) -> None:
    server.answer = in_turn([reply(503), reply(503), reply(503), reply(503), reply(204)] * 8)
    with client_of(server, max_retries=0) as client:
        result = client.delete_checkpoints(PATHS, concurrency=1).result()
    assert Counter(one.status for one in result.outcomes) == {"failed": 32, "done": 8}


def test_cancelling_ends_what_is_in_flight_and_begins_no_more(server: RecordingServer) -> None:
    held = Held(reply(204))
    server.answer = lambda _: held
    client = client_of(server)
    future = client.delete_checkpoints(PATHS, concurrency=5)
    wait_until(lambda: len(server.requests) == 5)
    assert future.cancel()
    with pytest.raises(concurrent.futures.CancelledError):
        future.result()
    wait_until(lambda: server.abandoned == 5)
    assert client.list_sessions  # the client itself goes on
    server.answer = lambda _: reply(204)
    assert client.delete_checkpoints(PATHS[:1]).result().outcomes[0].status == "done"
    assert len(server.requests) == 6
    client.close()


def test_closing_the_client_ends_it(server: RecordingServer) -> None:
    held = Held(reply(204))
    server.answer = lambda _: held
    client = client_of(server)
    future = client.delete_checkpoints(PATHS, concurrency=5)
    wait_until(lambda: len(server.requests) == 5)
    client.close()
    with pytest.raises(ClientClosedError):
        future.result()
    assert len(server.requests) == 5


def test_a_block_waits_for_it(server: RecordingServer) -> None:
    with client_of(server) as client:
        future = client.delete_checkpoints(PATHS)
    assert future.done()
    assert [one.status for one in future.result().outcomes] == ["done"] * len(PATHS)


def test_progress_is_told(server: RecordingServer, caplog: pytest.LogCaptureFixture) -> None:
    told: list[BulkProgress] = []
    threads: set[str] = set()

    def tell(progress: BulkProgress) -> None:
        told.append(progress)
        threads.add(threading.current_thread().name)
        if len(told) == 3:
            raise SystemExit("of no consequence")

    server.answer = in_turn([reply(204), reply(404, {"detail": "unknown checkpoint"}), reply(403), reply(204)])
    with client_of(server) as client:
        client.delete_checkpoints(PATHS[:4], concurrency=1, progress=tell).result()
    assert [(one.finished, one.total, one.latest.status) for one in told] == [
        (1, 4, "done"),
        (2, 4, "not_found"),
        (3, 4, "failed"),
        (4, 4, "done"),
    ]
    assert len(threads) == 1  # that of the change
    assert "the progress callback failed" in caplog.text
