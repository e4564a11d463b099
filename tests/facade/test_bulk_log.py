"""The log of a change to many checkpoints, with which another run skips what is done."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tinker_rest import CheckpointSelection, InvalidArgumentError, RestClient
from tinker_rest_sandbox import Sandbox

from .many_checkpoints import add_many, paths_left
from .recording_server import Held, RecordingServer, client_of, in_turn, reply, wait_until

PATHS = [f"tinker://5f2d7413:train:0/weights/{number:04}" for number in range(40)]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log.jsonl"


def entries(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines()]


def logged(log: Path) -> set[str]:
    """What the whole lines of the log say is done."""
    lines = log.read_bytes().split(b"\n")[:-1] if log.exists() else []
    found = [json.loads(line) for line in lines if line.endswith(b"}")]
    return {one["tinker_path"] for one in found if one["status"] in ("done", "already_done")}


def deleted(server: RecordingServer | Sandbox) -> Counter[str]:
    """How often each checkpoint was asked to be deleted."""
    found = [request for request in server.requests if request.method == "DELETE"]
    parts = [request.target.split("/") for request in found]
    return Counter(f"tinker://{part[4].replace('%3A', ':')}/{part[6]}/{part[7]}" for part in parts)


def test_each_outcome_is_a_line(server: RecordingServer, log: Path) -> None:
    server.answer = in_turn(
        [reply(204), reply(409), reply(404, {"detail": "unknown checkpoint"}), reply(403, {"detail": "no"})]
    )
    with client_of(server) as client:
        client.publish_checkpoints(PATHS[:4], concurrency=1, log=log).result()
    lines = entries(log)
    assert [(one["tinker_path"], one["status"]) for one in lines] == list(
        zip(PATHS, ["done", "already_done", "not_found", "failed"], strict=False)
    )
    assert {(one["action"], one["base_url"]) for one in lines} == {("publish_checkpoint", server.base_url)}
    assert lines[0]["error"] is None
    assert "403 Forbidden: no" in lines[3]["error"]
    assert all(one["time"] for one in lines)


def test_what_is_done_is_not_sent_again_and_what_failed_is(server: RecordingServer, log: Path) -> None:
    server.answer = in_turn([reply(204), reply(500), *[reply(204)] * 3])
    with client_of(server, max_retries=0) as client:
        first = client.delete_checkpoints(PATHS[:3], concurrency=1, log=str(log)).result()
        assert [one.tinker_path for one in first.failures] == [PATHS[1]]
        second = client.delete_checkpoints(PATHS[:4], concurrency=1, log=log).result()
    assert deleted(server) == {PATHS[0]: 1, PATHS[1]: 2, PATHS[2]: 1, PATHS[3]: 1}
    assert [(one.tinker_path, one.status) for one in second.outcomes] == [
        (PATHS[0], "already_done"),
        (PATHS[1], "done"),
        (PATHS[2], "already_done"),
        (PATHS[3], "done"),
    ]
    assert len(entries(log)) == 5  # what was done before is not logged again


CODE = """
import sys
from tinker_rest import RestClient
with RestClient() as client:
    print(client.delete_checkpoints(sys.stdin.read().split(), log=sys.argv[1]).result())
"""


def start(sandbox: Sandbox, log: Path, paths: list[str]) -> subprocess.Popen[str]:
    environment = {"TINKER_BASE_URL": sandbox.base_url, "TINKER_API_KEY": sandbox.api_key}
    pipe = subprocess.PIPE
    running = subprocess.Popen(
        [sys.executable, "-c", CODE, str(log)], env=environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True
    )
    assert running.stdin is not None
    running.stdin.write("\n".join(paths))
    running.stdin.flush()
    running.stdin.close()
    running.stdin = None
    return running


def test_a_killed_process_is_gone_on_with(sandbox: Sandbox, log: Path) -> None:
    """Kill it twice at work, and let it end."""
    paths = add_many(sandbox, 1000)
    before = paths_left(sandbox)
    for least in (100, 400):
        with start(sandbox, log, paths) as running:
            wait_until(lambda least=least: len(logged(log)) >= least, 60)
            running.send_signal(signal.SIGKILL)
        assert running.returncode == -signal.SIGKILL
        assert len(logged(log)) < 1000
        with log.open("ab") as file:
            file.write(b'{"action": "delete_checkpoint", "tinker_path": "tinker://torn')
    done = logged(log)
    sandbox.requests.clear()
    with start(sandbox, log, paths) as last:
        said, complained = last.communicate()
    assert complained == ""
    assert not done & set(deleted(sandbox))
    # Those that were in flight when it was killed may be gone: the server does not know them any more.
    assert len(deleted(sandbox)) == 1000 - len(done)
    assert paths_left(sandbox) == before - set(paths)
    assert "failed" not in said


def test_running_a_selection_again_goes_on_without_a_log(sandbox: Sandbox, rest: RestClient) -> None:
    paths = add_many(sandbox, 6)
    selection = CheckpointSelection(name="many-*")
    sandbox.faults.add(status=402, match="delete_checkpoint", after=1)
    first = rest.delete_checkpoints(selection, concurrency=1).result()
    assert [one.status for one in first.outcomes] == ["done", "failed", *["skipped"] * 4]
    rest.publish_checkpoint_from_tinker_path(paths[2]).result()  # so it is protected by now
    again = rest.delete_checkpoints(selection).result()
    assert {one.status for one in again.outcomes} == {"done"}
    assert set(paths) & paths_left(sandbox) == {paths[2]}


def test_a_cancelled_change_is_gone_on_with(server: RecordingServer, log: Path) -> None:
    held = Held(reply(204))
    server.answer = lambda _: reply(204) if len(server.requests) <= 10 else held
    client = client_of(server)
    future = client.delete_checkpoints(PATHS, concurrency=5, log=log)
    wait_until(lambda: len(server.requests) == 15)
    future.cancel()
    wait_until(lambda: server.abandoned == 5)
    assert len(logged(log)) == 10
    server.answer = lambda _: reply(204)
    result = client.delete_checkpoints(PATHS, log=log).result()
    assert result.failures == []
    assert len(result.outcomes) == 40
    assert Counter(deleted(server).values()) == {1: 35, 2: 5}  # those that were in flight
    client.close()


def test_lines_of_another_change_say_nothing(server: RecordingServer, log: Path) -> None:
    with RecordingServer() as other, client_of(server) as client, client_of(other) as elsewhere:
        changes = [
            lambda: client.set_checkpoints_ttl(PATHS[:1], 86400, log=log),
            lambda: client.set_checkpoints_ttl(PATHS[:1], 3600, log=log),
            lambda: client.set_checkpoints_ttl(PATHS[:1], None, log=log),
            lambda: elsewhere.set_checkpoints_ttl(PATHS[:1], None, log=log),
            lambda: client.publish_checkpoints(PATHS[:1], log=log),
            lambda: client.unpublish_checkpoints(PATHS[:1], log=log),
            lambda: client.publish_checkpoints(PATHS[:1], log=log),  # it was undone since
        ]
        for begin in changes:
            assert begin().result().outcomes[0].status == "done"
        assert changes[-1]().result().outcomes[0].status == "already_done"
        assert len(other.requests) == 1
    assert len(server.requests) == 6


@pytest.mark.parametrize("content", [b"hello", b"hello\n", b'{"a": 1}\n', b"\x00\xff", b"\n"])
def test_other_files_are_left_alone(server: RecordingServer, log: Path, content: bytes) -> None:
    log.write_bytes(content)
    with client_of(server) as client, pytest.raises(InvalidArgumentError, match="the log of an earlier run"):
        client.delete_checkpoints(PATHS, log=log)
    assert log.read_bytes() == content
    assert server.requests == []


@pytest.mark.parametrize("torn", [b"", b'{"action": "delete_che', b'{"action": "delete_checkpoint", "tin'])
def test_a_torn_beginning_is_begun_again(server: RecordingServer, log: Path, torn: bytes) -> None:
    log.write_bytes(torn)
    with client_of(server) as client:
        client.delete_checkpoints(PATHS[:2], log=log).result()
    assert logged(log) == set(PATHS[:2])


def test_damaged_lines_are_done_again(server: RecordingServer, log: Path) -> None:
    with client_of(server) as client:
        client.delete_checkpoints(PATHS[:3], concurrency=1, log=log).result()
        lines = log.read_bytes().splitlines(keepends=True)
        log.write_bytes(b"".join([lines[1], b"\x00\x00\n", b"[]\n", lines[2]]))
        client.delete_checkpoints(PATHS[:3], log=log).result()
    assert deleted(server) == {PATHS[0]: 2, PATHS[1]: 1, PATHS[2]: 1}


def test_files_that_cannot_be_written(server: RecordingServer, tmp_path: Path) -> None:
    with client_of(server) as client:
        for path in (tmp_path, tmp_path / "missing" / "log"):
            with pytest.raises(InvalidArgumentError, match="log must be a file that can be written"):
                client.delete_checkpoints(PATHS, log=path)
    assert server.requests == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device here is always full")
def test_nothing_more_is_begun_if_the_log_cannot_be_written(server: RecordingServer, tmp_path: Path) -> None:
    """The disk is full after the first outcomes."""
    log = tmp_path / "log"

    def answer(_: object) -> bytes:
        if len(server.requests) == 4:
            log.unlink()
            log.symlink_to("/dev/full")
        return reply(204)

    server.answer = answer
    with client_of(server) as client, pytest.raises(OSError, match="No space left") as caught:
        client.delete_checkpoints(PATHS, concurrency=1, log=log).result()
    assert str(log) in str(caught.value)
    assert len(server.requests) == 4


def test_what_is_listed_as_undone_is_done_again(sandbox: Sandbox, rest: RestClient, log: Path) -> None:
    """The log is of another day: since then the checkpoint was saved, published or made to expire by others."""
    run = sandbox.add_training_run().training_run_id
    path = sandbox.add_checkpoint(training_run_id=run, name="final").tinker_path
    selection = CheckpointSelection(training_run_ids=[run], include_public=True)
    changes: list[tuple[Callable[[], Any], Callable[[], Any]]] = [
        (
            lambda: rest.publish_checkpoints(selection, log=log),
            lambda: rest.unpublish_checkpoint_from_tinker_path(path).result(),
        ),
        (
            lambda: rest.unpublish_checkpoints(selection, log=log),
            lambda: rest.publish_checkpoint_from_tinker_path(path).result(),
        ),
        (
            lambda: rest.set_checkpoints_ttl(selection, 86400, log=log),
            lambda: rest.set_checkpoint_ttl_from_tinker_path(path, None).result(),
        ),
        (
            lambda: rest.delete_checkpoints(selection, log=log),
            lambda: sandbox.add_checkpoint(training_run_id=run, name="final"),
        ),
    ]
    for change, undo in changes:
        assert [one.status for one in change().result().outcomes] == ["done"]
        undo()
        assert [one.status for one in change().result().outcomes] == ["done"]
    assert path not in paths_left(sandbox)


def test_a_change_that_is_listed_as_done_is_not_sent_again(sandbox: Sandbox, rest: RestClient, log: Path) -> None:
    run = sandbox.add_training_run().training_run_id
    sandbox.add_checkpoint(training_run_id=run, name="final")
    selection = CheckpointSelection(training_run_ids=[run], include_public=True)
    for _ in range(2):
        published = rest.publish_checkpoints(selection, log=log).result()
        expiring = rest.set_checkpoints_ttl(selection, 86400, log=log.with_suffix(".ttl")).result()
    assert [one.status for one in published.outcomes + expiring.outcomes] == ["already_done"] * 2
    sent = Counter(request.operation_id for request in sandbox.requests)
    assert (sent["publish_checkpoint"], sent["set_checkpoint_ttl"]) == (1, 1)


def test_of_a_file_that_is_no_log_little_is_read(server: RecordingServer, log: Path) -> None:
    """More than fits into memory; devices such as /dev/zero have no end at all."""
    log.touch()
    os.truncate(log, 2**42)  # without taking room on the disk
    with client_of(server) as client, pytest.raises(InvalidArgumentError, match="the log of an earlier run"):
        client.delete_checkpoints(PATHS, log=log)
    assert server.requests == []
