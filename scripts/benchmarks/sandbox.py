"""Measures the sandbox: how soon it answers, how much, and how long it lists 100,000 checkpoints.

    python scripts/benchmarks/sandbox.py [--rounds N] [--checkpoints N] [--requests N]

It runs in the environment that it measures; scripts/bench --sandbox makes one. Prints a JSON object of figures.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from tinker_rest_sandbox._clock import to_microseconds
from tinker_rest_sandbox._seed import EXAMPLE_SESSION
from tinker_rest_sandbox._server import DEFAULT_API_KEY, Sandbox
from tinker_rest_sandbox._store import Store

RUN = f"/api/v1/training_runs/{EXAMPLE_SESSION}:train:0"
CHECKPOINTS_OF_A_RUN = 100
CONNECTIONS = 8
START_TIMEOUT_SECONDS = 30
PAGES_MEASURED = 15
MICROSECONDS = 1_000_000


class Connection:
    """A kept connection that costs as little time of its own as can be."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._answers: BinaryIO = self._socket.makefile("rb")

    def send(self, target: str) -> None:
        head = f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: {DEFAULT_API_KEY}\r\n\r\n"
        self._socket.sendall(head.encode())

    def receive(self) -> bytes:
        status = self._answers.readline()
        if b" 200 " not in status:
            raise RuntimeError(f"The sandbox answered {status!r}.")
        length = 0
        while (line := self._answers.readline()) != b"\r\n":
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        return self._answers.read(length)

    def close(self) -> None:
        self._answers.close()
        self._socket.close()


@contextmanager
def sandbox(*options: str) -> Iterator[int]:
    """A sandbox in its own process, on one core if the system lets us choose; yields its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    command = [sys.executable, "-m", "tinker_rest_sandbox", "--port", str(port), *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        if len(cores) > 1:
            os.sched_setaffinity(process.pid, {cores[-1]})
        try:
            wait_for_answer(port)
            yield port
        finally:
            process.terminate()


def wait_for_answer(port: int) -> None:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while True:
        try:
            connection = Connection(port)
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.002)
            continue
        connection.send(RUN)
        connection.receive()
        connection.close()
        return


def start_seconds() -> float:
    started = time.perf_counter()
    with sandbox():
        return time.perf_counter() - started


def restart_milliseconds() -> tuple[float, float]:
    """How long one more start and its close take in a process that has started a sandbox before."""
    began = time.perf_counter()
    running = Sandbox().start()
    started = time.perf_counter()
    running.close()
    return (started - began) * 1000, (time.perf_counter() - started) * 1000


def requests_per_second(port: int, count: int) -> float:
    connections = [Connection(port) for _ in range(CONNECTIONS)]
    started = time.perf_counter()
    for _ in range(count // CONNECTIONS):
        for connection in connections:
            connection.send(RUN)
        for connection in connections:
            connection.receive()
    seconds = time.perf_counter() - started
    for connection in connections:
        connection.close()
    return count // CONNECTIONS * CONNECTIONS / seconds


def fill(database: str, count: int) -> None:
    """Add checkpoints of the first user to a new database, a hundred of each run."""
    with Sandbox(db=database) as running:
        now = to_microseconds(running.clock.now())
    store = Store(database)
    run = store.run("run-id")
    assert run is not None
    ids = [f"bulk-{number}:train:0" for number in range(-(-count // CHECKPOINTS_OF_A_RUN))]
    with store.transaction():
        store.insert("runs", [{**dict(run), "run_id": run_id} for run_id in ids])
        store.insert(
            "checkpoints",
            [
                {
                    "run_id": ids[number // CHECKPOINTS_OF_A_RUN],
                    "kind": "weights",
                    "name": f"{number:06}",
                    "bare_id": None,
                    "owner": run["owner"],
                    "created": now - number * MICROSECONDS,
                    "size_bytes": 10**9 + number,
                    "public": 0,
                    "expires": None,
                    "user_metadata": None,
                    "copied_from": None,
                }
                for number in range(count)
            ],
        )
    store.close()


def page_milliseconds(port: int, target: str) -> float:
    connection = Connection(port)
    taken: list[float] = []
    for _ in range(PAGES_MEASURED):
        started = time.perf_counter()
        connection.send(target)
        connection.receive()
        taken.append((time.perf_counter() - started) * 1000)
    connection.close()
    return statistics.median(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--checkpoints", type=int, default=100_000)
    parser.add_argument("--requests", type=int, default=4000)
    options = parser.parse_args()
    start_seconds()  # compiles the modules
    figures = {
        "start to first answer, s": statistics.median(start_seconds() for _ in range(options.rounds)),
    }
    restart_milliseconds()
    starts, closes = zip(*(restart_milliseconds() for _ in range(options.rounds)), strict=True)
    figures["another start in a process, ms"] = statistics.median(starts)
    figures["close, ms"] = statistics.median(closes)
    with sandbox() as port:
        figures["a training run, answers/s on one core"] = statistics.median(
            requests_per_second(port, options.requests) for _ in range(options.rounds)
        )
    with tempfile.TemporaryDirectory() as folder:
        database = str(Path(folder) / "sandbox.db")
        fill(database, options.checkpoints)
        last = max(0, options.checkpoints - 100)
        with sandbox("--db", database) as port:
            for name, target in {
                "first page of 100 checkpoints, ms": "/api/v1/checkpoints?limit=100",
                "middle page of 100 checkpoints, ms": f"/api/v1/checkpoints?limit=100&offset={last // 2}",
                "last page of 100 checkpoints, ms": f"/api/v1/checkpoints?limit=100&offset={last}",
                "page of 20 training runs, ms": "/api/v1/training_runs?limit=20",
                "state for the page at /, last part of each list, ms": (
                    f"/__sandbox__/page?checkpoints={last}&runs={last}&sessions={last}"
                ),
            }.items():
                figures[name] = page_milliseconds(port, target)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
