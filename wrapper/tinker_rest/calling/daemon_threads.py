"""Runs what blocks in a thread that neither an event loop nor the interpreter's exit waits for."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def run_in_daemon_thread(name: str, function: Callable[[], T]) -> asyncio.Future[T]:
    """Call a function in a thread of its own.

    Args:
        name: What the thread is called.
        function: What to call. What it raises is raised by the future.
    """
    loop = asyncio.get_running_loop()
    found: asyncio.Future[T] = loop.create_future()

    def settle(result: list[T], error: Exception | None) -> None:
        if found.done():
            return
        if error is None:
            found.set_result(result[0])
        else:
            found.set_exception(error)

    def call() -> None:
        result: list[T] = []
        error: Exception | None = None
        try:
            result.append(function())
        except Exception as fault:
            error = fault
        with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
            loop.call_soon_threadsafe(settle, result, error)

    try:
        threading.Thread(target=call, name=name, daemon=True).start()
    except RuntimeError:  # from Python 3.12 on no thread can be started once the main thread has ended
        call()
    return found
