"""The installed command, run as users run it, on a server whose data never changes."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from checkout import ROOT

from tinker_rest.sandbox import Sandbox

COMMAND = Path(sys.executable).with_name("tinker-rest")
SCENARIO = ROOT / "tests" / "command_line" / "scenario.yaml"

SESSION_ID = "5f2d7413-8a3c-4e1b-9d60-2b7c1f0e9a55"
RUN_ID = f"{SESSION_ID}:train:0"

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="package")
def account() -> Iterator[Sandbox]:
    """A server with what `scenario.yaml` holds, for tests that change nothing."""
    with Sandbox(scenario=SCENARIO, validate_responses=True, archive_build_seconds=0) as running:
        with running.client() as client:  # so that the audit log has something
            client.publish_checkpoint_from_tinker_path(f"tinker://{RUN_ID}/weights/0001").result()
        yield running
        assert running.violations == []


def environment(sandbox: Sandbox | None = None, **more: str | None) -> dict[str, str]:
    """That of a user of a server and of nobody's settings; None takes a variable out."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "LC_ALL", "SYSTEMROOT")}
    given = {"HOME": "/nonexistent", "TERM": "xterm-256color"}
    if sandbox is not None:
        given |= {"TINKER_BASE_URL": sandbox.base_url, "TINKER_API_KEY": sandbox.api_key}
    return {name: value for name, value in (kept | given | more).items() if value is not None}


@pytest.fixture
def run(account: Sandbox, tmp_path: Path) -> Run:
    """Runs the command with these arguments, of which the one may hold several; None takes a variable out."""

    def begin(
        arguments: str | list[str], *, sandbox: Sandbox = account, stdin: str = "", **variables: str | None
    ) -> subprocess.CompletedProcess[str]:
        words = arguments.split() if isinstance(arguments, str) else arguments
        return subprocess.run(
            [COMMAND, *words], env=environment(sandbox, **variables), cwd=tmp_path, input=stdin,
            capture_output=True, text=True, encoding="utf-8", timeout=60, check=False,
        )  # fmt: skip

    return begin


@pytest.fixture
def run_here(
    account: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """As `run`, but in this process, which is faster: for what does not begin a process anew."""
    from tinker_rest.command_line import main

    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)  # the command has its own
    monkeypatch.chdir(tmp_path)

    def begin(arguments: str | list[str], *, sandbox: Sandbox = account) -> subprocess.CompletedProcess[str]:
        words = arguments.split() if isinstance(arguments, str) else arguments
        monkeypatch.setattr(os, "environ", environment(sandbox))
        capsys.readouterr()
        status = main(words)
        out, error = capsys.readouterr()
        return subprocess.CompletedProcess(words, status, out, error)

    return begin


def in_a_terminal(
    arguments: list[str],
    *,
    width: int,
    variables: dict[str, str],
    outputs: tuple[int, ...] = (1, 2),
    typed: str = "",
) -> tuple[int, str, str]:
    """Run the command in a terminal of some columns.

    Returns its exit status, what the terminal got, and what went where no terminal is; `outputs` are those of
    stdout (1) and stderr (2) that are the terminal, and `typed` is what is typed there.
    """
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    streams = [terminal if number in outputs else subprocess.PIPE for number in (1, 2)]
    process = subprocess.Popen(
        [COMMAND, *arguments], env=variables, stdin=terminal, stdout=streams[0], stderr=streams[1]
    )
    os.close(terminal)
    os.write(controller, typed.encode())
    chunks: list[bytes] = []

    def read() -> None:
        while True:
            try:
                chunk = os.read(controller, 65536)
            except OSError:  # the other end is closed
                return
            if not chunk:
                return
            chunks.append(chunk)

    reader = threading.Thread(target=read)
    reader.start()
    out, error = process.communicate(timeout=60)
    reader.join(60)
    os.close(controller)
    return process.returncode, b"".join(chunks).decode().replace("\r\n", "\n"), (out or error or b"").decode()
