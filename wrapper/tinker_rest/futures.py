"""The future that every call returns."""

from __future__ import annotations

import concurrent.futures
import contextlib
import inspect
from collections.abc import Callable, Coroutine, Generator
from functools import partial
from types import FunctionType
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from tinker_rest._deprecation import deprecated
from tinker_rest._workers import calling_back, here, in_callback

S = TypeVar("S")
T = TypeVar("T")
P = ParamSpec("P")


class APIFuture(concurrent.futures.Future[T]):
    """The result of a call that has been started already.

    It is a `concurrent.futures.Future` that you can also await in any asyncio event loop. Cancelling it, or the
    task that awaits it, cancels the request. Give `asyncio.ensure_future(future)` to functions of asyncio that
    take tasks only, such as `asyncio.wait`.
    """

    def __init__(self) -> None:
        """Futures are made by the methods of a client."""
        super().__init__()
        self._process = here()
        self._stop: Callable[[], object] | None = None  # gives up what is under way
        self._to_announce = [True]  # that it was cancelled; emptied by the first thread that does

    def result(self, timeout: float | None = None) -> T:
        """Wait for the result and return it.

        Args:
            timeout: How many seconds to wait; None, the default, waits until the call ends.

        Raises:
            TimeoutError: The time is over; the call goes on.
            concurrent.futures.CancelledError: The call was cancelled.
            RuntimeError: You called it in a callback of a future or an `on_retry` hook, or in the child of a fork.
            TinkerError: The call failed.
        """
        self._refuse_deadlock()
        return super().result(timeout)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Wait for the call to end and return what it raised, or None. Raises as `result` does."""
        self._refuse_deadlock()
        return super().exception(timeout)

    async def result_async(self, timeout: float | None = None) -> T:  # noqa: ASYNC109 - the name users know
        """Wait for the result without blocking the event loop; after `timeout` seconds, cancel the request."""
        import asyncio  # which takes a while, and awaiting has imported it

        async with asyncio.timeout(timeout):
            return await self

    def future(self) -> concurrent.futures.Future[T]:
        """The same call as a plain `concurrent.futures.Future`: this very object."""
        return self

    async def coroutine(self) -> T:
        """The same call as a coroutine, for functions that take no other awaitable."""
        return await self

    if not TYPE_CHECKING:  # else type checkers would accept every name, and loops over futures

        def __getattr__(self, name):
            """Explain that the result has it."""
            message = f"a future has no attribute {name!r}: call .result() on it, or await it, for the result"
            raise AttributeError(message, name=name, obj=self)

        def __iter__(self, *_):
            """Explain that the result may have items."""
            raise TypeError("a future has no items: call .result() on it, or await it, for the result")

        __getitem__ = __iter__

    def __await__(self) -> Generator[Any, None, T]:
        """Wait for the result in an asyncio event loop."""
        import asyncio

        self._refuse_other_process()
        return asyncio.wrap_future(self).__await__()

    def add_done_callback(self, fn: Callable[[concurrent.futures.Future[T]], object]) -> None:
        """Call a function with this future when the call ends, in the thread that carried it out.

        It must not wait for another call: start that call and use its result elsewhere.

        Raises:
            TypeError: The function is one of `asyncio.wait`, which would wait forever.
        """
        if getattr(fn, "__module__", "") == "asyncio.tasks":
            raise TypeError(
                "asyncio.wait() takes tasks: give it asyncio.ensure_future(future) instead of a future"
            )
        super().add_done_callback(partial(_call_back, fn))

    def cancel(self) -> bool:
        """Cancel the call and its request. Returns False if it had ended already."""
        if not super().cancel():
            return False
        with contextlib.suppress(IndexError):  # another thread was first
            self._to_announce.pop()
            # Wakes concurrent.futures.wait() and as_completed(), which look for this step.
            self.set_running_or_notify_cancel()
            self._give_up()
        return True

    def _end(self, result: Any = None, error: BaseException | None = None) -> None:
        """End with a result or an error, unless it has ended, and give up what is under way."""
        with contextlib.suppress(concurrent.futures.InvalidStateError):
            self.set_result(result) if error is None else self.set_exception(error)
        self._give_up()

    def _give_up(self) -> None:
        stop, self._stop = self._stop, None
        if stop is not None and self._process is here():
            stop()

    def _can_end(self) -> bool:
        return self.done() or (self._process is here() and not here().is_exiting)

    def _refuse_other_process(self) -> None:
        if not self._can_end():
            raise RuntimeError(
                "this call will not end here: it was begun before the process was forked, or the interpreter is "
                "exiting. Make the call again"
            )

    def _refuse_deadlock(self) -> None:
        self._refuse_other_process()
        if in_callback() and not self.done():
            raise RuntimeError(
                "blocking here would wait for itself: callbacks of futures and the on_retry hook run in the "
                "thread of their call. Start the call here and use its result elsewhere"
            )


def _call_back(function: Callable[[Any], object], future: object) -> None:
    # SystemExit, for one, would keep the others from being called, such as those that wake tasks of asyncio.
    with calling_back("a callback of a future failed; the calls go on"):
        function(future)


def async_variant(
    method: Callable[Concatenate[S, P], APIFuture[T]],
) -> Callable[Concatenate[S, P], Coroutine[object, object, T]]:  # with Any, mypy loses the types in gather()
    """The `_async` form of a method: the same arguments, and the result instead of a future of it.

    If the method is deprecated, so is its form.
    """
    message: str | None = getattr(method, "__deprecated__", None)
    called = method if message is None else inspect.unwrap(method)  # which warns by itself

    async def variant(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await called(self, *args, **kwargs)

    # Its globals are the method's, for typing.get_type_hints to find the names.
    variant = FunctionType(variant.__code__, inspect.unwrap(method).__globals__, closure=variant.__closure__)
    signature = inspect.signature(method)
    result = str(signature.return_annotation).removeprefix("APIFuture[").removesuffix("]")
    variant.__signature__ = signature.replace(return_annotation=result)  # type: ignore[attr-defined]
    variant.__name__ = f"{method.__name__}_async"
    variant.__qualname__ = f"{method.__qualname__}_async"
    variant.__module__ = method.__module__
    variant.__annotations__ = {**method.__annotations__, "return": result}
    variant.__doc__ = f"The same as `{method.__name__}`, as a coroutine.\n\n{inspect.getdoc(method)}"
    return variant if message is None else deprecated(message)(variant)
