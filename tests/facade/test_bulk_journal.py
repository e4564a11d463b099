"""The journal of a change to many checkpoints, with which an interrupted one goes on."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tinker_rest import CheckpointSelection, InvalidArgumentError, RestClient
from tinker_rest.bulk.journal import read_journal
from tinker_rest_sandbox import Sandbox

from .many_checkpoints import add_many, paths_left
from .recording_server import Held, RecordingServer, client_of, in_turn, reply, wait_until

T = TypeVar("T")

PATHS = [f"tinker://5f2d7413:train:0/weights/{number:04}" for number in range(40)]


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


def entries(journal: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in journal.read_text().splitlines()]


def recorded(journal: Path) -> set[str]:
    """What the whole lines of the journal say is done."""
    lines = journal.read_bytes().split(b"\n")[:-1] if journal.exists() else []
    found = [json.loads(line) for line in lines]
    return {one["tinker_path"] for one in found if one.get("status") in ("done", "already_done")}


def deleted(server: RecordingServer | Sandbox) -> Counter[str]:
    """How often each checkpoint was asked to be deleted."""
    found = [request for request in server.requests if request.method == "DELETE"]
    parts = [request.target.split("/") for request in found]
    return Counter(f"tinker://{part[4].replace('%3A', ':')}/{part[6]}/{part[7]}" for part in parts)


def test_it_tells_what_was_done(server: RecordingServer, journal: Path) -> None:
    server.answer = in_turn(
        [reply(204), reply(404, {"detail": "unknown checkpoint"}), reply(403, {"detail": "no"})]
    )
    with client_of(server) as client:
        client.delete_checkpoints(PATHS[:3], concurrency=1, journal=journal).result()
    header, plan, *others = entries(journal)
    assert header["action"] == "delete_checkpoints"
    assert header["base_url"] == server.base_url
    assert plan == {"plan": PATHS[:3]}
    assert [(one["tinker_path"], one["status"]) for one in others] == [
        (PATHS[0], "done"),
        (PATHS[1], "already_done"),
        (PATHS[2], "failed"),
    ]
    assert "403 Forbidden: no" in others[2]["error"]
    content = read_journal(journal)
    assert content.plan == PATHS[:3]
    assert content.statuses == dict(zip(PATHS[:3], ["done", "already_done", "failed"], strict=True))
    assert content.header is not None
    assert content.header.action == "delete_checkpoints"


def test_what_is_done_is_not_sent_again_and_what_failed_is(server: RecordingServer, journal: Path) -> None:
    server.answer = in_turn([reply(204), reply(500), *[reply(204)] * 3])
    with client_of(server, max_retries=0) as client:
        first = client.delete_checkpoints(iter(PATHS[:3]), concurrency=1, journal=str(journal)).result()
        assert [one.tinker_path for one in first.failed] == [PATHS[1]]
        second = client.delete_checkpoints(PATHS[:4], concurrency=1, journal=journal).result()
    assert deleted(server) == {PATHS[0]: 1, PATHS[1]: 2, PATHS[2]: 1, PATHS[3]: 1}
    assert [(one.tinker_path, one.status, one.from_journal) for one in second.outcomes] == [
        (PATHS[0], "done", True),
        (PATHS[1], "done", False),
        (PATHS[2], "done", True),
        (PATHS[3], "done", False),
    ]


CODE = """
import sys
from tinker_rest import CheckpointSelection, RestClient
with RestClient() as client:
    selection = CheckpointSelection(name="many-*", sort="time", limit=200)
    print(client.delete_checkpoints(selection, journal=sys.argv[1]).result())
"""


def start(sandbox: Sandbox, journal: Path) -> subprocess.Popen[bytes]:
    environment = {"TINKER_BASE_URL": sandbox.base_url, "TINKER_API_KEY": sandbox.api_key}
    return subprocess.Popen(
        [sys.executable, "-c", CODE, str(journal)], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def test_a_killed_process_is_gone_on_with(sandbox: Sandbox, rest: RestClient, journal: Path) -> None:
    """Kill it twice at work, and let it end; the limit of the selection holds for all runs together."""
    paths = add_many(sandbox, 300)
    for least in (40, 100):
        # However late it is killed, it is not done by then.
        sandbox.faults.add(match="delete_checkpoint", delay=60, times=None, after=80)
        with start(sandbox, journal) as running:
            wait_until(lambda least=least: len(recorded(journal)) >= least, 30)
            running.send_signal(signal.SIGKILL)
        sandbox.faults.clear()
        assert running.returncode == -signal.SIGKILL
        assert len(recorded(journal)) < 200
        with journal.open("ab") as file:
            file.write(b'{"tinker_path": "tinker://torn')
    done = recorded(journal)
    sandbox.requests.clear()
    with start(sandbox, journal) as last:
        said, complained = last.communicate()
    assert complained == b""
    assert not done & set(deleted(sandbox))
    assert recorded(journal) == set(paths[:200])
    assert set(paths) & paths_left(sandbox) == set(paths[200:])
    assert Counter(one["status"] for one in entries(journal) if "status" in one).total() == 200
    assert b"failed" not in said
    # To run it once more changes nothing, although there are others that the selection would mean.
    sandbox.requests.clear()
    selection = CheckpointSelection(name="many-*", sort="time", limit=200)
    again = rest.delete_checkpoints(selection, journal=journal).result()
    assert all(one.from_journal for one in again.outcomes)
    assert len(again.succeeded) == 200
    assert len(sandbox.requests) == 0


def test_a_cancelled_change_is_gone_on_with(server: RecordingServer, journal: Path) -> None:
    held = Held(reply(204))
    server.answer = lambda _: reply(204) if len(server.requests) <= 10 else held
    client = client_of(server)
    future = client.delete_checkpoints(PATHS, concurrency=5, journal=journal)
    wait_until(lambda: len(server.requests) == 15)
    future.cancel()
    wait_until(lambda: server.abandoned == 5)
    assert len(recorded(journal)) == 10
    server.answer = lambda _: reply(204)
    result = once_it_is_free(lambda: client.delete_checkpoints(PATHS, journal=journal)).result()
    assert len(result.succeeded) == 40
    assert Counter(deleted(server).values()) == {1: 35, 2: 5}  # those that were in flight
    client.close()


def once_it_is_free(begin: Callable[[], T]) -> T:
    """Begin with a journal that a change which was cancelled a moment ago may still be closing."""
    begun: list[T] = []

    def is_begun() -> bool:
        with contextlib.suppress(InvalidArgumentError):
            begun.append(begin())
        return bool(begun)

    wait_until(is_begun)
    return begun[0]


def test_another_change_is_refused(server: RecordingServer, journal: Path) -> None:
    with RecordingServer() as other, client_of(server) as client, client_of(other) as elsewhere:
        client.set_checkpoints_ttl(PATHS[:1], 86400, journal=journal).result()
        refused = {
            "the action is 'set_checkpoints_ttl', not 'delete_checkpoints'": lambda: client.delete_checkpoints(
                PATHS, journal=journal
            ),
            "ttl_seconds is 86400, not 3600": lambda: client.set_checkpoints_ttl(PATHS, 3600, journal=journal),
            "ttl_seconds is 86400, not None": lambda: client.set_checkpoints_ttl(PATHS, None, journal=journal),
            "the server is": lambda: elsewhere.set_checkpoints_ttl(PATHS, 86400, journal=journal),
            "the selection is None": lambda: client.set_checkpoints_ttl(
                CheckpointSelection(name="*"), 86400, journal=journal
            ),
        }
        before = journal.read_bytes()
        for why, begin in refused.items():
            with pytest.raises(InvalidArgumentError, match=f"journal must be of the same change.*{why}"):
                begin()
        assert other.requests == []
    assert len(server.requests) == 1
    assert journal.read_bytes() == before


@pytest.mark.parametrize(
    "content", [b"hello", b"hello\n", b'{"a": 1}\n', b'{"journal": "something else"}\n', b"\x00\xff"]
)
def test_other_files_are_left_alone(server: RecordingServer, journal: Path, content: bytes) -> None:
    journal.write_bytes(content)
    with client_of(server) as client, pytest.raises(InvalidArgumentError, match="is something else"):
        client.delete_checkpoints(PATHS, journal=journal)
    assert journal.read_bytes() == content
    assert server.requests == []


def test_a_journal_of_a_later_version_is_refused(server: RecordingServer, journal: Path) -> None:
    journal.write_text('{"journal": "tinker-rest bulk", "version": 2}\n')
    with client_of(server) as client, pytest.raises(InvalidArgumentError, match=r"of version 1.*is of version 2"):
        client.delete_checkpoints(PATHS, journal=journal)


@pytest.mark.parametrize(
    "torn", [b"", b"{", b'{"journal": "tinker-rest b', b'{"journal": "tinker-rest bulk", "vers']
)
def test_a_torn_beginning_is_begun_again(server: RecordingServer, journal: Path, torn: bytes) -> None:
    journal.write_bytes(torn)
    with client_of(server) as client:
        client.delete_checkpoints(PATHS[:2], journal=journal).result()
    assert recorded(journal) == set(PATHS[:2])


def test_damaged_lines_are_done_again(server: RecordingServer, journal: Path) -> None:
    with client_of(server) as client:
        client.delete_checkpoints(PATHS[:3], concurrency=1, journal=journal).result()
        lines = journal.read_bytes().splitlines(keepends=True)
        journal.write_bytes(b"".join([*lines[:2], b"\x00\x00\n", b"[]\n", *lines[3:]]))
        client.delete_checkpoints(PATHS[:3], journal=journal).result()
    assert deleted(server) == {PATHS[0]: 2, PATHS[1]: 1, PATHS[2]: 1}


def test_files_that_cannot_be_written(server: RecordingServer, tmp_path: Path) -> None:
    with client_of(server) as client:
        for path in (tmp_path, tmp_path / "missing" / "journal"):
            with pytest.raises(InvalidArgumentError, match="journal must be a file that can be written"):
                client.delete_checkpoints(PATHS, journal=path)
    assert server.requests == []


def test_one_run_at_a_time(server: RecordingServer, journal: Path) -> None:
    held = Held(reply(204))
    server.answer = lambda _: held
    code = (
        "import sys; from tinker_rest import RestClient\n"
        "client = RestClient(base_url=sys.argv[1], api_key='tml-other')\n"
        "client.delete_checkpoints(['tinker://run/weights/1'], journal=sys.argv[2])"
    )
    client = client_of(server)
    future = client.delete_checkpoints(PATHS, concurrency=2, journal=journal)
    wait_until(lambda: len(server.requests) == 2)
    with pytest.raises(InvalidArgumentError, match="another run is writing"):
        client.delete_checkpoints(PATHS, journal=journal)
    command = [sys.executable, "-c", code, server.base_url, str(journal)]
    other = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "InvalidArgumentError: journal must not be in use; another run is writing" in other.stderr
    assert read_journal(journal).plan == PATHS  # reading is no matter
    future.cancel()
    wait_until(lambda: server.abandoned == 2)
    server.answer = lambda _: reply(204)
    wait_until(lambda: is_free(client, journal))
    assert len(server.requests) == 2
    client.close()


def is_free(client: RestClient, journal: Path) -> bool:
    try:
        return client.delete_checkpoints([], journal=journal).result().outcomes == []
    except InvalidArgumentError:
        return False


def test_a_call_that_never_begins_leaves_the_journal_free(server: RecordingServer, journal: Path) -> None:
    with client_of(server) as client:
        for _ in range(20):
            with contextlib.suppress(InvalidArgumentError):  # one that had begun is still ending
                client.delete_checkpoints(PATHS, journal=journal).cancel()
        wait_until(lambda: is_free(client, journal))


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no device here that is always full")
def test_nothing_more_is_begun_where_the_journal_cannot_be_written(
    server: RecordingServer, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full after the first outcomes."""
    from tinker_rest.bulk.journal import Journal

    write = Journal._write

    def write_until_full(self: Journal, entry: dict[str, Any]) -> None:
        if len(recorded(journal)) == 3:
            with open("/dev/full", "wb", buffering=0) as full:
                full.write(b"x")
        write(self, entry)

    monkeypatch.setattr(Journal, "_write", write_until_full)
    with client_of(server) as client, pytest.raises(OSError, match="No space left"):
        client.delete_checkpoints(PATHS, concurrency=1, journal=journal).result()
    assert len(server.requests) == 4


def test_an_iterator_is_gone_on_with(server: RecordingServer, journal: Path) -> None:
    def coming(end: int) -> Iterator[str]:
        yield from PATHS[:end]
        if end < 40:
            raise LookupError

    with client_of(server) as client:
        with pytest.raises(LookupError):
            client.publish_checkpoints(coming(15), journal=journal).result()
        assert read_journal(journal).plan is None
        result = client.publish_checkpoints(coming(40), journal=journal).result()
    assert Counter(one.from_journal for one in result.outcomes) == {True: 15, False: 25}
    assert len(server.requests) == 40


def interrupted(client: RestClient, sandbox: Sandbox, selection: CheckpointSelection, journal: Path) -> None:
    """Delete what is selected, until the account is blocked after the first one."""
    sandbox.faults.add(status=402, match="delete_checkpoint", after=1)
    result = client.delete_checkpoints(selection, concurrency=1, journal=journal).result()
    assert [one.status for one in result.outcomes] == [
        "done",
        "failed",
        *["cancelled"] * (len(result.outcomes) - 2),
    ]


def test_what_is_protected_meanwhile_is_left_alone(sandbox: Sandbox, rest: RestClient, journal: Path) -> None:
    paths = add_many(sandbox, 6)
    selection = CheckpointSelection(name="many-*", sort="time", limit=5)
    interrupted(rest, sandbox, selection, journal)
    rest.publish_checkpoint_from_tinker_path(paths[2]).result()
    rest.delete_checkpoint_from_tinker_path(paths[3]).result()
    again = rest.delete_checkpoints(selection, journal=journal).result()
    assert {one.tinker_path: one.status for one in again.outcomes} == {
        paths[0]: "done", paths[1]: "done", paths[3]: "already_done", paths[4]: "done",
    }  # fmt: skip
    assert set(paths) & paths_left(sandbox) == {paths[2], paths[5]}


@pytest.mark.parametrize(("earlier", "is_same"), [(7200, True), (7200 - 30, True), (10800, False), (None, False)])
def test_a_ttl_is_the_same_that_ends_at_the_same_moment(
    server: RecordingServer, journal: Path, earlier: int | None, is_same: bool
) -> None:
    """As `tomorrow 9:00` does, which is fewer seconds an hour later."""
    server.answer = lambda _request: reply(body={})
    with client_of(server) as client:
        client.set_checkpoints_ttl(PATHS[:1], earlier, journal=journal).result()
        header, *rest = journal.read_text().splitlines()
        begun = json.loads(header)
        begun["started_at"] = (datetime.fromisoformat(begun["started_at"]) - timedelta(hours=1)).isoformat()
        journal.write_text("\n".join([json.dumps(begun), *rest]) + "\n")
        if is_same:
            result = client.set_checkpoints_ttl(PATHS[:1], 3600, journal=journal).result()
            assert result.outcomes[0].from_journal
        else:
            with pytest.raises(InvalidArgumentError, match="ttl_seconds"):
                client.set_checkpoints_ttl(PATHS[:1], 3600, journal=journal)
