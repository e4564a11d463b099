"""The future that every call returns, and the work behind it."""

from __future__ import annotations

import concurrent.futures
import contextlib
import contextvars
import inspect
import warnings
from collections.abc import Callable, Coroutine, Generator
from datetime import timedelta
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar

from tinker_rest._workers import Clock, call_back, here, in_callback, in_seconds
from tinker_rest.errors import TinkerError

E = TypeVar("E", bound=BaseException)
S = TypeVar("S")
T = TypeVar("T")
P = ParamSpec("P")


class APIFuture(concurrent.futures.Future[T]):
    """The result of a call that has been started already.

    It is a `concurrent.futures.Future` that you can also await in any asyncio event loop. Cancelling it, or the
    task that awaits it, cancels the request. Give `asyncio.ensure_future(future)` to functions of asyncio that
    take tasks only, such as `asyncio.wait`.
    """

    def __init__(self, name: str = "a call") -> None:
        """Futures are made by the methods of a client."""
        super().__init__()
        self._name = name
        self._started = Clock.now()
        self._ended: float | None = None
        self._process = here()
        self._stop: Callable[[], object] | None = None  # stops the work
        self._to_announce = [True]  # its cancellation; emptied by the first thread that does

    def result(self, timeout: float | timedelta | None = None) -> T:
        """Wait for the result and return it.

        Args:
            timeout: How many seconds to wait, or a timedelta; None, the default, waits until the call ends.

        Raises:
            TimeoutError: The time is up; the call continues.
            concurrent.futures.CancelledError: The call was cancelled.
            RuntimeError: You called it in a callback of a future or an `on_retry` hook, or in the child of a fork.
            TinkerError: The call failed.
        """
        self._refuse_deadlock()
        return super().result(in_seconds(timeout))

    def exception(self, timeout: float | timedelta | None = None) -> BaseException | None:
        """Wait for the call to end and return what it raised, or None. Raises as `result` does."""
        self._refuse_deadlock()
        return super().exception(in_seconds(timeout))

    async def result_async(self, timeout: float | timedelta | None = None) -> T:  # noqa: ASYNC109 - the name users know
        """Wait for the result without blocking the event loop; after the `timeout`, cancel the request."""
        import asyncio  # slow to import; awaiting has loaded it already

        async with asyncio.timeout(in_seconds(timeout)):
            return await self

    def future(self) -> concurrent.futures.Future[T]:
        """The same call as a plain `concurrent.futures.Future`: this very object."""
        return self

    async def coroutine(self) -> T:
        """The same call as a coroutine, for functions that only take coroutines."""
        return await self

    if not TYPE_CHECKING:  # else type checkers would accept every name, and loops over futures

        def __getattr__(self, name):
            """Explain that the result has it."""
            message = f"a future has no attribute {name!r}: call .result() on it, or await it, for the result"
            raise AttributeError(message, name=name, obj=self)

        def __iter__(self, *_):
            """Explain that the result may have items."""
            raise TypeError("a future has no items: call .result() on it, or await it, for the result")

        __aiter__ = __len__ = __getitem__ = __iter__

        def __bool__(self):
            return True

    def __await__(self) -> Generator[Any, None, T]:
        """Wait for the result in an asyncio event loop."""
        import asyncio

        self._refuse_other_process()
        return asyncio.wrap_future(self).__await__()

    def add_done_callback(self, fn: Callable[[concurrent.futures.Future[T]], object]) -> None:
        """Call a function with this future when the call ends, in the thread that carried it out.

        It must not wait for another call: start that call and use its result elsewhere.

        Raises:
            TypeError: It is a callback of `asyncio.wait`, which would wait forever.
        """
        if getattr(fn, "__module__", "") == "asyncio.tasks":
            raise TypeError(
                "asyncio.wait() takes tasks: give it asyncio.ensure_future(future) instead of a future"
            )
        super().add_done_callback(partial(call_back, "a callback of a future failed; the calls continue", fn))

    def cancel(self) -> bool:
        """Cancel the call and its request. Returns False if it had ended already."""
        ended = Clock.now()
        if not super().cancel():
            return False
        self._ended = self._ended or ended
        with contextlib.suppress(IndexError):  # another thread was faster
            self._to_announce.pop()
            # Wakes concurrent.futures.wait() and as_completed(), which look for this step.
            self.set_running_or_notify_cancel()
            self._give_up()
        return True

    def _end(self, result: Any = None, error: BaseException | None = None) -> None:
        """End with a result or an error, unless it has ended, and stop the work."""
        ended = Clock.now()
        with contextlib.suppress(concurrent.futures.InvalidStateError):
            self.set_result(result) if error is None else self.set_exception(error)
            self._ended = ended
        self._give_up()

    def __repr__(self) -> str:
        seconds = (self._ended or Clock.now()) - self._started
        error = super().exception() if self.done() and not self.cancelled() else None
        if not self.done():
            state = "pending for"
        elif error is not None:
            state = f"failed with {type(error).__name__} after"
        else:
            state = "cancelled after" if self.cancelled() else "finished after"
        return f"<APIFuture of {self._name}, {state} {seconds:.1f} s: call .result() or await it>"

    def _give_up(self) -> None:
        stop, self._stop = self._stop, None
        if stop is not None and self._process is here():
            stop()

    def _can_end(self) -> bool:
        return self.done() or (self._process is here() and not here().is_exiting)

    def _refuse_other_process(self) -> None:
        if not self._can_end():
            raise RuntimeError(
                "this call will not end here: it started before the process was forked, or the interpreter is "
                "exiting. Make the call again"
            )

    def _refuse_deadlock(self) -> None:
        self._refuse_other_process()
        if in_callback() and not self.done():
            raise RuntimeError(
                "blocking here would wait for itself: callbacks of futures and the on_retry hook run in the "
                "thread of their call. Start the call here and use its result elsewhere"
            )


def without_frames(error: E) -> E:
    """Drop the frames of this package, which help nobody and would form a reference cycle."""
    if isinstance(error, TinkerError):
        error.__context__ = error.__traceback__ = None
    return error


class Task(Generic[T]):
    """Does the work behind a future. The first thread to end the future decides how it ends.

    Args:
        name: What the future's repr names: the method or operation.
        noted_in: The sets that hold the future until it ends.
    """

    def __init__(self, name: str, noted_in: tuple[set[APIFuture[Any]], ...]) -> None:
        if here().is_exiting:
            raise RuntimeError("the interpreter is exiting; no new call can be made")
        self.future: APIFuture[T] = APIFuture(name)
        self.future._stop = self.stop
        self._context = contextvars.copy_context()  # lets tracing find the caller
        for calls in noted_in:
            calls.add(self.future)
            concurrent.futures.Future.add_done_callback(self.future, calls.discard)  # it cannot fail

    def begin(self) -> APIFuture[T]:
        """Start the work, and return its future."""
        try:
            self.start()
        except BaseException:  # such as Ctrl-C: nobody gets the future
            self.future.cancel()
            raise
        return self.future

    def start(self) -> None:
        """Do the work, or have another thread do it."""

    def stop(self) -> None:
        """Stop the work, since the future has ended."""

    def fail(self, error: BaseException) -> None:
        """End the future with an error, unless it has ended."""
        self.future._end(error=without_frames(error))

    def _in_context(self, function: Callable[..., object], *args: object) -> None:
        try:
            # Copy it each time, since an abandoned thread may still be using the last copy.
            self._context.copy().run(function, *args)
        except BaseException as error:  # such as from a logging handler; nothing else would end the future
            self.fail(error)


if TYPE_CHECKING:
    from typing_extensions import deprecated as deprecated
else:

    def deprecated(message, *, category=DeprecationWarning):
        """Make a function warn when it is called, as `warnings.deprecated` of Python 3.13 does."""

        def mark(function):
            @wraps(function)
            def warning(*args, **kwargs):
                warnings.warn(message, category, stacklevel=2)
                return function(*args, **kwargs)

            warning.__deprecated__, warning.category = message, category
            return warning

        return mark


def async_variant(
    method: Callable[Concatenate[S, P], APIFuture[T]],
) -> Callable[Concatenate[S, P], Coroutine[object, object, T]]:  # with Any, mypy loses the types in gather()
    """The `_async` form of a method: the same arguments, and the result instead of a future of it.

    If the method is deprecated, so is its form.
    """
    message: str | None = getattr(method, "__deprecated__", None)
    called = method if message is None else inspect.unwrap(method)

    @wraps(method)  # lets typing.get_type_hints find the names too
    async def variant(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        if message is not None:
            warnings.warn(message, method.category, stacklevel=2)  # type: ignore[attr-defined]
        return await called(self, *args, **kwargs)

    signature = inspect.signature(method)
    result = str(signature.return_annotation).removeprefix("APIFuture[").removesuffix("]")
    variant.__signature__ = signature.replace(return_annotation=result)  # type: ignore[attr-defined]
    variant.__name__ = f"{method.__name__}_async"
    variant.__qualname__ = f"{method.__qualname__}_async"
    variant.__annotations__ = {**method.__annotations__, "return": result}
    variant.__doc__ = f"The same as `{method.__name__}`, as a coroutine.\n\n{inspect.getdoc(method)}"
    return variant
