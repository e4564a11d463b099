"""Downloads that end early: cancelled, killed, refused by the disk; and what is gone on with afterwards."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import pickle
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tinker_rest import ClientClosedError, DownloadError, DownloadProgress, RestClient, verify_download
from tinker_rest_sandbox import Sandbox

from .recording_server import wait_until

# So that an archive takes seconds, and a test can do something meanwhile.
SLOW = 400_000


@pytest.fixture
def slow(sandbox: Sandbox, big: str) -> str:
    """A tinker path whose archive is sent slowly."""
    sandbox.faults.add(host="storage", bytes_per_second=SLOW, times=None)
    return big


def part_of(dest: Path) -> Path:
    return dest.with_name(dest.name + ".part") / "archive"


def has_begun(dest: Path) -> Callable[[], bool]:
    return lambda: part_of(dest).exists() and part_of(dest).stat().st_size > 100_000


def goes_on(sandbox: Sandbox, path: str, dest: Path) -> None:
    """A part is there and nothing under the final name; the same call goes on with it."""
    assert not dest.exists()
    assert part_of(dest).stat().st_size > 100_000
    sandbox.faults.clear()
    with sandbox.client() as client:
        result = client.download_checkpoint(path, dest).result(30)
    assert result.resumed_from > 100_000
    assert result.verified_by == "sha-256"
    assert result.size_bytes == dest.stat().st_size
    assert {one.name for one in dest.parent.iterdir()} == {dest.name, f"{dest.name}.manifest.json"}
    assert verify_download(dest) == {}


# In this process


@pytest.mark.core_install
def test_cancelling_leaves_a_part(sandbox: Sandbox, slow: str, tmp_path: Path) -> None:
    dest = tmp_path / "a"
    with sandbox.client() as client:
        call = client.download_checkpoint(slow, dest)
        wait_until(has_begun(dest))
        assert call.cancel()
    goes_on(sandbox, slow, dest)


def test_cancelling_a_task_leaves_a_part(sandbox: Sandbox, slow: str, tmp_path: Path) -> None:
    dest = tmp_path / "a"

    async def main() -> None:
        async with sandbox.client() as client:
            task = asyncio.create_task(client.download_checkpoint_async(slow, dest))
            await asyncio.to_thread(wait_until, has_begun(dest))
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(main())
    goes_on(sandbox, slow, dest)


@pytest.mark.core_install
def test_closing_the_client_leaves_a_part(sandbox: Sandbox, slow: str, tmp_path: Path) -> None:
    dest = tmp_path / "a"
    client = sandbox.client()
    call = client.download_checkpoint(slow, dest)
    wait_until(has_begun(dest))
    client.close()
    with pytest.raises(ClientClosedError):
        call.result(5)
    goes_on(sandbox, slow, dest)


def test_cancelling_while_the_archive_is_built(sandbox: Sandbox, big: str, tmp_path: Path) -> None:
    sandbox.faults.add(status=503, retry_after=30, times=None)
    with sandbox.client() as client:
        call = client.download_checkpoint(big, tmp_path / "a")
        wait_until(lambda: len(sandbox.requests) == 1)
        call.cancel()
    wait_until(lambda: not list(tmp_path.iterdir()))


def test_other_calls_go_on_beside_a_download(sandbox: Sandbox, slow: str, tmp_path: Path) -> None:
    with sandbox.client() as client:
        call = client.download_checkpoint(slow, tmp_path / "a")
        wait_until(has_begun(tmp_path / "a"))
        assert client.list_sessions().result(5).sessions
        assert not call.done()
        call.cancel()


def test_two_downloads_to_one_place(sandbox: Sandbox, slow: str, tmp_path: Path) -> None:
    dest = tmp_path / "a"
    with sandbox.client() as client:
        first = client.download_checkpoint(slow, dest)
        wait_until(has_begun(dest))
        sandbox.faults.clear()
        with sandbox.client() as other, pytest.raises(DownloadError, match="another download is under way to"):
            other.download_checkpoint(slow, dest, extract=False).result(30)
        assert first.result(30).verified_by == "sha-256"


def test_what_another_call_has_finished_meanwhile_is_taken(sandbox: Sandbox, slow: str, tmp_path: Path) -> None:
    dest = tmp_path / "a"
    with sandbox.client() as client:
        first = client.download_checkpoint(slow, dest)
        wait_until(lambda: has_begun(dest)() and part_of(dest).stat().st_size > 700_000)
        second = client.download_checkpoint(slow, dest)
        assert (first.result(30).already_present, second.result(30).already_present) == (False, True)
    assert sorted(os.listdir(tmp_path)) == ["a", "a.manifest.json"]


# Other processes

CODE = """
import sys, time
from tinker_rest import RestClient, TinkerError
base_url, key, path, dest = sys.argv[1:]
client = RestClient(base_url=base_url, api_key=key)
call = client.download_checkpoint(path, dest)
"""


def start(sandbox: Sandbox, path: str, dest: Path, code: str) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-W",
        "error",
        "-c",
        CODE + code,
        sandbox.base_url,
        sandbox.api_key,
        path,
        str(dest),
    ]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_process_that_is_killed_leaves_a_part(
    sandbox: Sandbox, slow: str, tmp_path: Path, number: signal.Signals
) -> None:
    dest = tmp_path / "a"
    # Whoever runs the tests in the background ignores SIGINT.
    code = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\ncall.result()"
    with start(sandbox, slow, dest, code) as process:
        wait_until(has_begun(dest), 30)
        process.send_signal(number)
        _, errors = process.communicate(timeout=20)
    assert process.returncode != 0
    assert ("KeyboardInterrupt" in errors) == (number == signal.SIGINT)
    goes_on(sandbox, slow, dest)


def test_a_script_that_ends_leaves_a_part(sandbox: Sandbox, slow: str, tmp_path: Path) -> None:
    dest = tmp_path / "a"
    code = "from pathlib import Path\npart = Path(dest + '.part') / 'archive'\n"
    code += "while not (part.exists() and part.stat().st_size > 100_000): time.sleep(0.01)"
    with start(sandbox, slow, dest, code) as process:
        output = process.communicate(timeout=60)
    assert (output, process.returncode) == (("", ""), 0)
    goes_on(sandbox, slow, dest)


def test_two_processes_to_one_place(sandbox: Sandbox, slow: str, tmp_path: Path) -> None:
    dest = tmp_path / "a"
    with start(sandbox, slow, dest, "print(call.result().verified_by)") as process:
        wait_until(has_begun(dest), 30)
        with sandbox.client() as client, pytest.raises(DownloadError, match="another download is under way"):
            client.download_checkpoint(slow, dest).result(30)
        assert process.communicate(timeout=60) == ("sha-256\n", "")


def test_a_disk_that_is_full(sandbox: Sandbox, big: str, tmp_path: Path) -> None:
    dest = tmp_path / "a"
    code = """
try:
    call.result()
except TinkerError as error:
    print(type(error).__name__, error.__cause__.errno, error, flush=True)
"""
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))\n"
    command = [sys.executable, "-c", limited + CODE + code, sandbox.base_url, sandbox.api_key, big, str(dest)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.startswith(f"DownloadError {errno.EFBIG} {dest} cannot be written: no room left")
    assert "resume with the same call" in done.stdout
    goes_on(sandbox, big, dest)


@contextmanager
def sandbox_process(folder: Path, ports: list[int]) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tinker_rest_sandbox", "--db", str(folder / "sandbox.db")]
    command += ["--port", str(ports[0]), "--storage-port", str(ports[1])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert "http://" in process.stdout.readline()
        try:
            yield process
        finally:
            process.kill()


def free_ports() -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def control(port: int, what: str, body: object) -> Any:
    request = urllib.request.Request(f"http://127.0.0.1:{port}/__sandbox__/{what}", json.dumps(body).encode())
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


@pytest.mark.long
def test_a_server_that_is_killed_and_comes_back(tmp_path: Path) -> None:
    ports, dest = free_ports(), tmp_path / "got" / "a"
    dest.parent.mkdir()
    told: list[DownloadProgress] = []
    client = RestClient(base_url=f"http://127.0.0.1:{ports[0]}", api_key="tml-sandbox-alice")
    with client:
        with sandbox_process(tmp_path, ports) as process:
            run = control(ports[0], "training_runs", {"lora_rank": 512})
            checkpoint = control(ports[0], "checkpoints", {"training_run_id": run["training_run_id"]})
            control(ports[0], "faults", {"host": "storage", "bytes_per_second": SLOW, "times": None})
            call = client.download_checkpoint(checkpoint["tinker_path"], dest, progress=told.append)
            wait_until(has_begun(dest), 30)
            process.kill()
            process.wait(10)
        time.sleep(0.5)  # some attempts find nobody
        assert not call.done()
        with sandbox_process(tmp_path, ports):  # which knows the old URLs no longer
            result = call.result(60)
    assert result.verified_by == "sha-256"
    done = [one.bytes_done for one in told]
    assert done == sorted(done)


# What the disk and the user's paths refuse


@pytest.mark.parametrize(
    ("dest", "message"),
    [
        ("file/a", "Not a directory"),
        ("file/b/a", "Not a directory"),
        ("folder", "exists and is not a file"),
        ("blocked", r"blocked\.part is in the way"),
        ("linked", r"linked\.part is in the way"),
        ("pipe", "pipe exists and is not a file"),
        ("dangling/a", "dangling cannot be written: File exists"),
    ],
)
def test_places_that_cannot_be(sandbox: Sandbox, big: str, tmp_path: Path, dest: str, message: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "blocked.part").write_text("")
    (tmp_path / "linked.part").symlink_to(tmp_path)
    (tmp_path / "dangling").symlink_to("nothing")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    name = big.removeprefix("tinker://").replace("/", "_").replace(":", "_") + ".tar.gz"
    (tmp_path / "folder" / name).mkdir()
    with sandbox.client() as client, pytest.raises(DownloadError, match=message):
        client.download_checkpoint(big, f"{tmp_path}/{dest}").result(30)
    assert len(sandbox.requests) == 0


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder that nobody can write to")
def test_a_folder_that_cannot_be_written_to(sandbox: Sandbox, big: str) -> None:
    with sandbox.client() as client, pytest.raises(DownloadError, match="cannot be written") as caught:
        client.download_checkpoint(big, "/proc/self/a").result(30)
    assert isinstance(caught.value.__cause__, OSError)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_a_disk_without_room_is_told_of_early(
    sandbox: Sandbox, big: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with sandbox.client() as client, pytest.raises(DownloadError, match=r"no room left .* 1,000 are free"):
        client.download_checkpoint(big, tmp_path / "a").result(30)
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_not_replaced_unasked(sandbox: Sandbox, big: str, tmp_path: Path) -> None:
    dest = tmp_path / "a"
    dest.write_text("mine")
    with sandbox.client() as client:
        with pytest.raises(DownloadError, match="exists and does not match this checkpoint"):
            client.download_checkpoint(big, dest).result(30)
        assert dest.read_text() == "mine"
        assert client.download_checkpoint(big, dest, overwrite=True).result(30).size_bytes > 1000
    assert sorted(os.listdir(tmp_path)) == ["a", "a.manifest.json"]


def test_a_file_that_was_made_meanwhile_is_not_replaced(sandbox: Sandbox, slow: str, tmp_path: Path) -> None:
    dest = tmp_path / "a"
    with sandbox.client() as client:
        call = client.download_checkpoint(slow, dest)
        wait_until(has_begun(dest))
        dest.write_text("mine")
        with pytest.raises(DownloadError, match="was created by another program during"):
            call.result(30)
    assert dest.read_text() == "mine"
