"""The one kind of future that every call returns."""

import asyncio
import concurrent.futures
from collections.abc import Callable, Coroutine, Generator
from typing import Any, Concatenate, ParamSpec, TypeVar

from tinker_rest.background_loop import BackgroundLoop

S = TypeVar("S")
T = TypeVar("T")
P = ParamSpec("P")


class APIFuture(concurrent.futures.Future[T]):
    """The result of a call that has begun already.

    It is a `concurrent.futures.Future`, so `concurrent.futures.wait`, `as_completed`, `add_done_callback` and
    `cancel` work; and it can be awaited in any asyncio event loop. Cancelling it, or the task that awaits it,
    cancels the request. `result(timeout)` that times out leaves the call running; ask again later.
    """

    def __init__(self, background: BackgroundLoop) -> None:
        """Make a future that is fulfilled on the background loop."""
        super().__init__()
        self._background = background
        self._task: asyncio.Task[None] | None = None

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

    def cancel(self) -> bool:
        """Cancel the call and its request. Returns False where it had ended already."""
        with self._condition:
            first = not self.cancelled()
            if not super().cancel():
                return False
        if first:
            # Wakes concurrent.futures.wait() and as_completed(), which look for this step.
            self.set_running_or_notify_cancel()
            if self._task is not None:
                self._background.loop.call_soon_threadsafe(self._task.cancel)
        return True

    def _refuse_other_process(self) -> None:
        if not self.done() and not self._background.is_running():
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
        if not self.cancelled():
            self._task = self._background.loop.create_task(self._fulfil(work()))
            if self.cancelled():
                self._task.cancel()

    async def _fulfil(self, work: Coroutine[Any, Any, T]) -> None:
        try:
            result = await work
        except asyncio.CancelledError:
            self.cancel()
        except BaseException as error:
            self._settle(self.set_exception, error)
        else:
            self._settle(self.set_result, result)

    def _settle(self, settle: Callable[[Any], None], outcome: object) -> None:
        try:
            settle(outcome)
        except concurrent.futures.InvalidStateError:
            pass  # cancelled at the same moment
        finally:
            self._task = None


def async_variant(
    method: Callable[Concatenate[S, P], APIFuture[T]],
) -> Callable[Concatenate[S, P], Coroutine[Any, Any, T]]:
    """The `_async` form of a method: the same arguments, and the result instead of a future of it."""

    async def variant(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await method(self, *args, **kwargs)

    variant.__wrapped__ = method  # type: ignore[attr-defined]  # inspect.signature shows the arguments
    variant.__name__ = f"{method.__name__}_async"
    variant.__qualname__ = f"{method.__qualname__}_async"
    variant.__module__ = method.__module__
    variant.__doc__ = f"The same as `{method.__name__}`, as a coroutine that returns the result."
    return variant
