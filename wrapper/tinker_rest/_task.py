"""What stands behind a future."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from tinker_rest._workers import EXITING, here
from tinker_rest.errors import TinkerError
from tinker_rest.futures import APIFuture

T = TypeVar("T")


class Task(Generic[T]):
    """Carries out what its future stands for. Whichever thread ends the future first decides how it ends.

    Args:
        noted_in: The sets that hold the future until it ends.

    Raises:
        RuntimeError: The interpreter exits.
    """

    def __init__(self, noted_in: tuple[set[APIFuture[Any]], ...]) -> None:
        if here().is_exiting:
            raise RuntimeError(EXITING)
        self.future: APIFuture[T] = APIFuture()
        self.future._stop = self.stop
        self._context = contextvars.copy_context()  # where tracing finds the caller
        for calls in noted_in:
            calls.add(self.future)
            self.future.add_done_callback(calls.discard)

    def begin(self) -> APIFuture[T]:
        """Start the work, and return its future."""
        try:
            self.start()
        except BaseException:  # such as Ctrl-C: nobody gets the future
            self.future.cancel()
            raise
        return self.future

    def start(self) -> None:
        raise NotImplementedError

    def stop(self) -> None:
        """Give up what is under way, since the future has ended."""
        raise NotImplementedError

    def is_ended(self) -> bool:
        return self.future.done()

    def finish(self, result: T) -> None:
        """End the future with a result, unless it has ended."""
        self.future._end(result)

    def fail(self, error: BaseException) -> None:
        """End the future with an error, unless it has ended."""
        if isinstance(error, TinkerError):
            # Where in this package it was made helps nobody, and would tie the frames in a cycle.
            error = error.with_traceback(None)
        self.future._end(error=error)

    def _in_context(self, function: Callable[..., object], *args: object) -> None:
        try:
            # A copy each time, since a thread that was given up may still be in the last one.
            self._context.copy().run(function, *args)
        except BaseException as error:  # such as of a logging handler; nothing else would end the future
            self.fail(error)
