"""How everything that holds connections is closed."""

import asyncio
import concurrent.futures
from types import TracebackType
from typing import Any, Self

from tinker_rest.calling.background_loop import background_loop
from tinker_rest.calling.holder import ClientHolder
from tinker_rest.errors import ClientClosedError
from tinker_rest.futures import APIFuture


class ClosesHolder:
    """Something in whose `with` or `async with` block a holder of connections is used."""

    holder: ClientHolder
    _owns_holder = True
    _closed = False

    def close(self) -> None:
        """End the calls in flight with ClientClosedError and close the connections.

        Whether the server carries out a change that was in flight is unknown. May be called more than once. A
        client that was made from a holder leaves calls and connections to whoever made the holder.
        """
        self._closed = True
        if self._owns_holder:
            self.holder.close()

    def _refuse_closed(self) -> None:
        if self._closed or self.holder.closed:
            raise ClientClosedError("this client is closed; make a new one")

    def _calls_in_flight(self) -> list[APIFuture[Any]]:
        return self.holder.calls_in_flight()

    def _calls_to_wait_for(self) -> list[APIFuture[Any]]:
        # Those of the parent do not end in the child of a fork.
        return [call for call in self._calls_in_flight() if call.can_end]

    def __enter__(self) -> Self:
        """Use it in a `with` block.

        The calls that are in flight at the end of the block are waited for, each until its own deadline, and what
        was made here is closed; a call that begins meanwhile, such as in a callback, may be ended. Where the block
        ends with an exception, or on the thread that makes the calls, nothing is waited for.
        """
        self._refuse_closed()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for the calls in flight, then close."""
        try:
            if error is None and not background_loop().is_current_thread():
                concurrent.futures.wait(self._calls_to_wait_for())
        finally:
            self.close()

    async def __aenter__(self) -> Self:
        """Use it in an `async with` block, which ends as a `with` block does and blocks no event loop."""
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for the calls in flight, then close. Cancelling the wait cancels the calls."""
        try:
            if error is None:
                await asyncio.gather(*self._calls_to_wait_for(), return_exceptions=True)
        finally:
            self.close()
