"""What stands behind a future, and ends it once."""

from __future__ import annotations

import concurrent.futures
import contextlib
import contextvars
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from tinker_rest import _workers
from tinker_rest.errors import TinkerError
from tinker_rest.futures import APIFuture

T = TypeVar("T")


class Task(Generic[T]):
    """Carries out what its future stands for. Whichever thread ends the future first decides how it ends."""

    def __init__(self, noted_in: tuple[set[APIFuture[Any]], ...]) -> None:
        """Make the future, which these sets hold until it ends.

        Raises:
            RuntimeError: The interpreter exits.
        """
        if _workers.here().is_exiting:
            raise RuntimeError(_workers.EXITING)
        future: APIFuture[T] = APIFuture()
        future._behind = self
        self._open = [future]
        self._unstarted = [future]
        self._noted_in = noted_in
        self._context = contextvars.copy_context()  # where tracing finds the caller
        for calls in noted_in:
            calls.add(future)

    def begin(self) -> APIFuture[T]:
        """Start the work, and return its future."""
        future = self._unstarted.pop()  # it may have ended meanwhile
        self.start()
        return future

    def start(self) -> None:
        """Start the work."""
        raise NotImplementedError

    def stop(self) -> None:
        """Give up what is under way, since the future has ended."""
        raise NotImplementedError

    def is_ended(self) -> bool:
        """Whether the future has ended."""
        return not self._open

    def finish(self, result: T) -> None:
        """End the future with a result, unless it has ended."""
        self._settle(lambda future: future.set_result(result))

    def fail(self, error: BaseException) -> None:
        """End the future with an error, unless it has ended."""
        if isinstance(error, TinkerError):
            # Where in this package it was made helps nobody, and would tie the frames in a cycle.
            error = error.with_traceback(None)
        self._settle(lambda future: future.set_exception(error))

    def abandon(self) -> None:
        """Give up, since the future was cancelled."""
        self._take()
        self.stop()

    def end_with(self, error: BaseException) -> None:
        """End the future with an error, and give up what is under way."""
        self.fail(error)
        self.stop()

    def _settle(self, end: Callable[[APIFuture[T]], None]) -> None:
        future = self._take()
        if future is not None:
            with (
                _workers.calling_back("a callback of a future failed; the calls go on"),
                contextlib.suppress(concurrent.futures.InvalidStateError),  # cancelled at the same moment
            ):
                end(future)

    def _take(self) -> APIFuture[T] | None:
        try:
            future = self._open.pop()
        except IndexError:
            return None
        future._behind = None
        for calls in self._noted_in:
            calls.discard(future)
        return future

    def _in_context(self, function: Callable[..., object], *args: object) -> None:
        try:
            # A copy each time, since a thread that was given up may still be in the last one.
            self._context.copy().run(function, *args)
        except BaseException as error:  # such as of a logging handler; nothing else would end the future
            self.fail(error)
