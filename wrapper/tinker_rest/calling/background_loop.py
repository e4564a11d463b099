"""The one event loop, in a daemon thread of its own, on which all calls of the process run.

It starts with the first call. After a fork the child starts one of its own, since threads are not inherited.
At exit it is stopped, and calls in flight are cancelled.
"""

import asyncio
import atexit
import contextlib
import os
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

_EXIT_SECONDS = 2.0
_EXITING = "the interpreter is exiting; no new call can be made"


class BackgroundLoop:
    """An event loop in a thread."""

    def __init__(self) -> None:
        """Start the thread."""
        self.loop = _new_event_loop()
        self.at_stop: set[Callable[[], Awaitable[None]]] = set()
        # Event loops hold tasks weakly: without this, one that nobody else holds could be collected.
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopped = False
        self._process = os.getpid()
        self._thread = threading.Thread(target=self._run, name="tinker-rest", daemon=True)
        try:
            self._thread.start()
        except RuntimeError:  # from Python 3.12 on, once the main thread has ended
            self.loop.close()
            raise RuntimeError(_EXITING) from None

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_forever()
        finally:
            self._stopped = True
            self._cancel_all()
            self.loop.close()

    def _cancel_all(self) -> None:
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        if tasks:
            self.loop.run_until_complete(asyncio.wait(tasks, timeout=_EXIT_SECONDS))
        self.loop.run_until_complete(self._close())

    async def _close(self) -> None:
        for close in list(self.at_stop):
            await close()
        await self.loop.shutdown_asyncgens()
        await asyncio.sleep(0)  # closed connections say so to the loop once more

    def is_running(self) -> bool:
        """Whether calls are carried out: not after it was stopped, and not in the child of a fork."""
        return not self._stopped and self._process == os.getpid()

    def is_current_thread(self) -> bool:
        """Whether the caller runs on this loop's thread, where blocking would wait for itself."""
        return threading.get_ident() == self._thread.ident

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Begin a task, on this loop's thread."""
        task = self.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def call_soon(self, callback: Callable[..., Any], *arguments: Any) -> None:
        """Run a callback on the loop. Raises RuntimeError after the interpreter has begun to exit."""
        if self._stopped:
            raise RuntimeError(_EXITING)
        self.loop.call_soon_threadsafe(callback, *arguments)

    def stop(self) -> None:
        """Cancel everything and wait for the thread to end."""
        if not self._stopped:
            self._stopped = True
            with contextlib.suppress(RuntimeError):  # the loop has ended by itself
                self.loop.call_soon_threadsafe(self.loop.stop)
            if not self.is_current_thread():
                self._thread.join(_EXIT_SECONDS + 1)


def _new_event_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except (ImportError, RuntimeError):  # which importing it raises once the main thread has ended
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


_lock = threading.Lock()
_current: BackgroundLoop | None = None
_exiting = False
# Closing a loop that the parent of a fork still uses would disturb the parent, so it is kept and left alone.
_of_parents: list[BackgroundLoop] = []


def background_loop() -> BackgroundLoop:
    """The loop of this process; started where it is not running yet."""
    global _current
    current = _current
    if current is None or not (_exiting or current.is_running()):
        with _lock:
            current = _current
            if current is None or not (_exiting or current.is_running()):
                current = _current = BackgroundLoop()
    return current


def stop_at_exit() -> None:
    """Cancel the calls in flight, so that the interpreter can exit."""
    global _exiting
    _exiting = True
    if _current is not None:
        _current.stop()


def _forget_in_child() -> None:
    global _current, _lock
    _lock = threading.Lock()
    if _current is not None:
        _of_parents.append(_current)
        _current = None


atexit.register(stop_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)
