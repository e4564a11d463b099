"""Runs the command: in this process, which is many times quicker, or in one of its own, as users do."""

from __future__ import annotations

import contextlib
import fcntl
import io
import logging
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TextIO
from unittest import mock

from tinker_rest_cli import main
from tinker_rest_sandbox import Sandbox

COMMAND = Path(sys.executable).with_name("tinker-rest")

Run = Callable[..., subprocess.CompletedProcess[str]]


def environment(sandbox: Sandbox | None = None, **more: str | None) -> dict[str, str]:
    """That of a user of a server and of nobody's settings; None takes a variable out."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "LC_ALL", "SYSTEMROOT")}
    given = {"HOME": "/nonexistent", "TERM": "xterm-256color"}
    if sandbox is not None:
        given |= {"TINKER_BASE_URL": sandbox.base_url, "TINKER_API_KEY": sandbox.api_key}
    return {name: value for name, value in (kept | given | more).items() if value is not None}


def in_this_process(
    arguments: Sequence[str],
    variables: dict[str, str],
    folder: Path,
    stdin: TextIO,
    stdout: TextIO,
    stderr: TextIO,
) -> int:
    """Run the command as in a process that has just begun, and undo what it changes of this one."""
    logger = logging.getLogger("tinker_rest")
    handlers, level = [*logger.handlers], logger.level
    try:
        with (
            warnings.catch_warnings(),
            mock.patch.dict(os.environ, variables, clear=True),
            mock.patch.multiple(sys, stdin=stdin, stdout=stdout, stderr=stderr),
            contextlib.chdir(folder),
        ):
            warnings.simplefilter("default")  # pytest makes errors of them
            return main(arguments)
    finally:
        logger.handlers[:] = handlers
        logger.setLevel(level)


def run_here(
    arguments: Sequence[str], variables: dict[str, str], folder: Path, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run the command in this process, without a terminal."""
    written = [io.BytesIO(), io.BytesIO()]
    streams = [io.TextIOWrapper(one, encoding="utf-8") for one in (io.BytesIO(stdin.encode()), *written)]
    status = in_this_process(arguments, variables, folder, *streams)
    for stream in streams:
        stream.flush()
    out, error = (one.getvalue().decode() for one in written)
    return subprocess.CompletedProcess(arguments, status, out, error)


def run_process(
    arguments: Sequence[str], variables: dict[str, str], folder: Path, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run the installed command in a process of its own, without a terminal."""
    return subprocess.run(
        [COMMAND, *arguments], env=variables, cwd=folder, input=stdin,
        capture_output=True, text=True, encoding="utf-8", timeout=100, check=False,
    )  # fmt: skip


def in_a_terminal(
    arguments: Sequence[str],
    *,
    width: int,
    variables: dict[str, str],
    outputs: tuple[int, ...] = (1, 2),
    typed: str = "",
    own_process: bool = False,
) -> tuple[int, str, str]:
    """Run the command in a terminal of some columns.

    Returns its exit status, what the terminal got, and what went where no terminal is; `outputs` are those of
    stdout (1) and stderr (2) that are the terminal, and `typed` is what is typed there.
    """
    with _terminal(width, typed) as (terminal, got):
        if own_process:
            streams = [terminal if number in outputs else subprocess.PIPE for number in (1, 2)]
            done = subprocess.run(
                [COMMAND, *arguments], env=variables, stdin=terminal, stdout=streams[0], stderr=streams[1],
                timeout=100, check=False,
            )  # fmt: skip
            status, other = done.returncode, done.stdout or done.stderr or b""
        else:
            status, other = _here_in_a_terminal(arguments, variables, terminal, outputs)
    return status, b"".join(got).decode().replace("\r\n", "\n"), other.decode()


@contextlib.contextmanager
def taking_interrupts() -> Iterator[None]:
    """Processes begun in the block take interrupts, also where a shell script runs the tests in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def _terminal(width: int, typed: str) -> Iterator[tuple[int, list[bytes]]]:
    """The descriptor of a terminal, and what that got, which is whole after the block."""
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    os.write(controller, typed.encode())
    got: list[bytes] = []

    def read() -> None:
        with contextlib.suppress(OSError):  # the other end is closed
            while chunk := os.read(controller, 65536):
                got.append(chunk)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield terminal, got
    finally:
        os.close(terminal)
        reader.join()
        os.close(controller)


def _here_in_a_terminal(
    arguments: Sequence[str], variables: dict[str, str], terminal: int, outputs: tuple[int, ...]
) -> tuple[int, bytes]:
    def stream(mode: str) -> TextIO:
        return open(terminal, mode, buffering=1, encoding="utf-8", closefd=False)

    other = io.BytesIO()
    elsewhere = io.TextIOWrapper(other, encoding="utf-8")
    before = os.dup(0)
    os.dup2(terminal, 0)  # where rich looks for the width
    try:
        with stream("r") as stdin, stream("w") as shown:
            stdout, stderr = (shown if number in outputs else elsewhere for number in (1, 2))
            status = in_this_process(arguments, variables, Path.cwd(), stdin, stdout, stderr)
    finally:
        os.dup2(before, 0)
        os.close(before)
    elsewhere.flush()
    return status, other.getvalue()
