"""The one kind of future that every call returns."""

import asyncio
import concurrent.futures
import contextlib
import inspect
import logging
from collections.abc import Callable, Coroutine, Generator
from typing import Any, Concatenate, ParamSpec, TypeVar

from tinker_rest.calling.background_loop import BackgroundLoop
from tinker_rest.deprecation import deprecated
from tinker_rest.errors import APIError, DownloadError

_log = logging.getLogger("tinker_rest")

S = TypeVar("S")
T = TypeVar("T")
P = ParamSpec("P")


class APIFuture(concurrent.futures.Future[T]):
    """The result of a call that has begun already.

    It is a `concurrent.futures.Future`, so `concurrent.futures.wait`, `as_completed`, `add_done_callback` and
    `cancel` work; and it can be awaited in any asyncio event loop. Cancelling it, or the task that awaits it,
    cancels the request. `result(timeout)` that times out leaves the call running; ask again later. Functions of
    asyncio that take tasks alone, such as `asyncio.wait`, are given `asyncio.ensure_future(future)`.
    """

    def __init__(self, background: BackgroundLoop) -> None:
        """Make a future that is fulfilled on the background loop."""
        super().__init__()
        self._background = background
        self._task: asyncio.Task[None] | None = None
        self._to_announce = [True]  # that it was cancelled; emptied by whoever is first

    def result(self, timeout: float | None = None) -> T:
        """Wait for the result and return it.

        Args:
            timeout: For how many seconds to wait; None, the default, waits until the call ends.

        Raises:
            TimeoutError: The time is over; the call goes on.
            concurrent.futures.CancelledError: The call was cancelled.
            RuntimeError: Called where waiting would never end, such as in a callback of a future.
            TinkerError: The call failed.
        """
        self._refuse_deadlock()
        return super().result(timeout)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Wait for the call to end and return what it raised, or None. Raises as `result` does."""
        self._refuse_deadlock()
        return super().exception(timeout)

    async def result_async(self, timeout: float | None = None) -> T:  # noqa: ASYNC109 - the name users know
        """Wait for the result without blocking the event loop, and return it.

        Args:
            timeout: For how many seconds to wait; None, the default, waits until the call ends.

        Raises:
            TimeoutError: The time is over; the request was cancelled.
            TinkerError: The call failed.
        """
        async with asyncio.timeout(timeout):
            return await self

    def future(self) -> concurrent.futures.Future[T]:
        """The same call as a plain `concurrent.futures.Future`: this very object."""
        return self

    async def coroutine(self) -> T:
        """The same call as a coroutine, for functions that take no other awaitable."""
        return await self

    def __await__(self) -> Generator[Any, None, T]:
        """Wait for the result in an asyncio event loop."""
        self._refuse_other_process()
        return asyncio.wrap_future(self).__await__()

    def add_done_callback(self, fn: Callable[[concurrent.futures.Future[T]], object]) -> None:
        """Call a function with this future when the call ends, on the thread that makes the calls.

        The function must not block. Raises TypeError for those of `asyncio.wait`, which would wait for ever.
        """
        if getattr(fn, "__module__", "") == "asyncio.tasks":
            raise TypeError(
                "asyncio.wait() takes tasks: give it asyncio.ensure_future(future) instead of a future"
            )
        super().add_done_callback(fn)

    def cancel(self) -> bool:
        """Cancel the call and its request. Returns False where it had ended already."""
        if not super().cancel():
            return False
        with contextlib.suppress(IndexError):  # not the first to cancel it
            self._to_announce.pop()
            # Wakes concurrent.futures.wait() and as_completed(), which look for this step.
            self.set_running_or_notify_cancel()
            self._cancel_task()
        return True

    def abort(self, error: Exception) -> None:
        """End the call with this error and cancel its request, where it has not ended. Called by the client."""
        self._settle(self.set_exception, error)
        self._cancel_task()

    def _cancel_task(self) -> None:
        task = self._task
        if task is not None:
            self._background.loop.call_soon_threadsafe(task.cancel)

    @property
    def can_end(self) -> bool:
        """Whether the call has ended or will: not after a fork in the child, nor while the interpreter exits."""
        return self.done() or self._background.is_running()

    def _refuse_other_process(self) -> None:
        if not self.can_end:
            raise RuntimeError(
                "this call will not end here: it was begun before the process was forked, or the interpreter is "
                "exiting. Make the call again"
            )

    def _refuse_deadlock(self) -> None:
        self._refuse_other_process()
        if self._background.is_current_thread() and not self.done():
            raise RuntimeError(
                "blocking here would wait for itself: this code runs on the thread that makes the calls, as "
                "callbacks of futures and the on_retry hook do. Start the call here and use its result elsewhere"
            )

    def begin(self, work: Callable[[], Coroutine[Any, Any, T]]) -> None:
        """Start the work on the background loop. Called once, by the client."""
        self._background.call_soon(self._start, work)

    def _start(self, work: Callable[[], Coroutine[Any, Any, T]]) -> None:
        if not self.done():
            self._task = self._background.start(self._fulfil(work))
            if self.done():  # ended by another thread meanwhile
                self._task.cancel()

    async def _fulfil(self, work: Callable[[], Coroutine[Any, Any, T]]) -> None:
        try:
            result = await work()
        except asyncio.CancelledError:
            self._settle(lambda _: self.cancel(), None)
        except (APIError, DownloadError) as error:
            # Where in this package it was made helps nobody, and would tie the frames in a cycle.
            self._settle(self.set_exception, error.with_traceback(None))
        except BaseException as error:
            self._settle(self.set_exception, error)
        else:
            self._settle(self.set_result, result)
        finally:
            self._task = None

    def _settle(self, settle: Callable[[Any], object], outcome: object) -> None:
        try:
            settle(outcome)
        except concurrent.futures.InvalidStateError:
            pass  # ended at the same moment
        except BaseException:  # of a callback; SystemExit, for one, would end the thread of all calls
            _log.exception("a callback of a future failed; the calls go on")


def async_variant(
    method: Callable[Concatenate[S, P], APIFuture[T]],
) -> Callable[Concatenate[S, P], Coroutine[object, object, T]]:  # with Any, mypy loses the types in gather()
    """The `_async` form of a method: the same arguments, and the result instead of a future of it.

    Where the method is deprecated, so is its form.
    """
    message: str | None = getattr(method, "__deprecated__", None)
    called = method if message is None else inspect.unwrap(method)  # which warns by itself

    async def variant(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await called(self, *args, **kwargs)

    signature = inspect.signature(method)
    result = str(signature.return_annotation).removeprefix("APIFuture[").removesuffix("]")
    variant.__signature__ = signature.replace(return_annotation=result)  # type: ignore[attr-defined]
    variant.__name__ = f"{method.__name__}_async"
    variant.__qualname__ = f"{method.__qualname__}_async"
    variant.__module__ = method.__module__
    variant.__doc__ = f"The same as `{method.__name__}`, as a coroutine that returns the result."
    return variant if message is None else deprecated(message)(variant)
