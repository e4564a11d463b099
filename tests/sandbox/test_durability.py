"""What was answered is kept: by two processes that share a database, and by one that is killed."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tinker_rest import APIFuture
from tinker_rest_sandbox import Sandbox

CHANGES = 200


@contextmanager
def served(database: Path) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    """A sandbox in a process of its own, and a client of it."""
    command = [sys.executable, "-m", "tinker_rest_sandbox", "--port", "0", "--empty", "--db", str(database)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TINKER_")}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            lines = [process.stdout.readline() for _ in range(6)]
            url, key = (line.partition("=")[2].strip() for line in lines[2:4])
            with httpx.Client(base_url=url, headers={"X-API-Key": key}, trust_env=False, timeout=30) as client:
                yield process, client
        finally:
            process.kill()


def add(client: httpx.Client, thing: str, **fields: Any) -> dict[str, Any]:
    response = client.post(f"/__sandbox__/{thing}", json=fields)
    assert response.status_code == 201, response.text
    return response.json()


def names(client: httpx.Client) -> list[str]:
    listed = client.get("/api/v1/checkpoints?limit=1000").json()["checkpoints"]
    return sorted(checkpoint["tinker_path"] for checkpoint in listed)


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[tuple[httpx.Client, httpx.Client]]:
    """The clients of two processes that begin with one new file at the same moment."""
    with ExitStack() as stack, ThreadPoolExecutor() as pool:
        both = [served(tmp_path / "state.sqlite") for _ in range(2)]
        started = list(pool.map(lambda one: one.__enter__(), both))
        for one in both:
            stack.push(one.__exit__)
        yield started[0][1], started[1][1]


def test_two_processes_see_what_the_other_does(shared: tuple[httpx.Client, httpx.Client]) -> None:
    here, there = shared
    carol = add(here, "users", name="carol")
    add(here, "projects", project_id="project-shared")
    run = "/api/v1/training_runs/r/checkpoints/weights/0001"
    add(there, "training_runs", training_run_id="r", user="carol")
    add(here, "checkpoints", training_run_id="r")
    as_carol = {"X-API-Key": carol["api_key"]}
    assert there.post(f"{run}/publish", headers=as_carol).status_code == 204
    assert here.post(f"{run}/publish", headers=as_carol).status_code == 409
    for client in shared:
        assert client.get("/api/v1/training_runs/r/checkpoints").json()["checkpoints"][0]["public"] is True
    assert there.delete(run, headers=as_carol).status_code == 204
    assert here.delete(run, headers=as_carol).status_code == 404
    add(there, "users", name="dave")
    assert [user["name"] for user in here.get("/__sandbox__/").json()["users"]] == [
        "alice",
        "bob",
        "carol",
        "dave",
    ]


@pytest.mark.long
def test_no_change_of_two_processes_is_lost(shared: tuple[httpx.Client, httpx.Client]) -> None:
    add(shared[0], "training_runs", training_run_id="r")
    for number in range(CHANGES):
        add(shared[number % 2], "checkpoints", training_run_id="r", name=f"{number:04}")
    paths = [f"/api/v1/training_runs/r/checkpoints/weights/{number:04}" for number in range(CHANGES)]

    def change(number: int) -> list[int]:
        # Each process changes every checkpoint at the same time as the other: one must win, and one be told so.
        answers = [client.post(f"{paths[number]}/publish") for client in random.sample(shared, 2)]
        client = shared[number % 2]
        copied = client.post(
            "/api/v1/copy_weights",
            json={
                "source_path": f"tinker://r/weights/{number:04}",
                "destination_project_id": "project-research",
            },
        )
        added = client.post("/__sandbox__/checkpoints", json={"training_run_id": "r", "kind": "sampler_weights"})
        return [*sorted(answer.status_code for answer in answers), copied.status_code, added.status_code]

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(change, range(CHANGES))) == [[204, 409, 200, 201]] * CHANGES
    for client in shared:
        assert len(names(client)) == 3 * CHANGES
        checkpoints = client.get("/api/v1/training_runs/r/checkpoints").json()["checkpoints"]
        assert sum(checkpoint["public"] for checkpoint in checkpoints) == CHANGES
    assert names(shared[0]) == names(shared[1])


def test_kill_9_amid_changes_loses_none_that_was_answered(tmp_path: Path) -> None:
    database = tmp_path / "state.sqlite"
    kept: set[str] = set()
    deleted: set[str] = set()
    with served(database) as (process, client):
        add(client, "training_runs", training_run_id="r")
        enough = threading.Event()

        def change(first: int) -> None:
            for number in range(first, 10**6, 8):
                name = f"{number:06}"
                path = f"/api/v1/training_runs/r/checkpoints/weights/{name}"
                try:
                    add(client, "checkpoints", training_run_id="r", name=name)
                    kept.add(name)
                    if number % 2:
                        kept.discard(name)  # while it is asked for, nobody knows
                        assert client.delete(path).status_code == 204
                        deleted.add(name)
                except httpx.TransportError:
                    return
                if len(kept) + 2 * len(deleted) >= 500:
                    enough.set()

        with ThreadPoolExecutor(8) as pool:
            workers = [pool.submit(change, first) for first in range(8)]
            assert enough.wait(60)
            process.send_signal(signal.SIGKILL)
            process.wait(10)
        for worker in workers:
            worker.result()
    with Sandbox(db=database, seed=False) as sandbox, sandbox.client() as again:
        found = {one.checkpoint_id.rpartition("/")[2] for one in again.list_checkpoints("r").result().checkpoints}
    assert len(kept) + 2 * len(deleted) >= 500
    assert kept <= found
    assert not deleted & found
    # Of each of the eight threads one change may have been made and not answered.
    assert len(found - kept) <= 8
    with sqlite3.connect(database) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_a_damaged_database_is_refused_at_the_start(tmp_path: Path) -> None:
    database = tmp_path / "state.sqlite"
    with Sandbox(db=database):
        pass
    size = database.stat().st_size
    with database.open("r+b") as file:
        file.seek(size // 2 // 4096 * 4096)
        file.write(bytes(8 * 4096))
    with pytest.raises(sqlite3.DatabaseError, match=r"it is damaged|malformed"):
        Sandbox(db=database).start()


def test_a_full_disk_is_reported(tmp_path: Path) -> None:
    with Sandbox(db=tmp_path / "state.sqlite") as sandbox, sandbox.client() as client:
        assert sandbox._state is not None
        sandbox._state.store._connection.execute("PRAGMA max_page_count = 1")
        impatient = client.with_options(max_retries=0)
        changes = [impatient.set_checkpoint_ttl("run-id", "weights/0001", 3600 + number) for number in range(500)]
        messages = {str(error) for error in map(APIFuture.exception, changes) if error is not None}
    assert any("The sandbox's database failed: database or disk is full" in message for message in messages)
