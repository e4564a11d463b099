"""How everything that holds connections is closed."""

from types import TracebackType
from typing import Self

from tinker_rest.errors import ClientClosedError
from tinker_rest.holder import ClientHolder


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

    def __enter__(self) -> Self:
        """Use it in a `with` block.

        At the end of the block the calls in flight are waited for, each until its own deadline, and what was
        made here is closed. Where the block ends with an exception, nothing is waited for.
        """
        self._refuse_closed()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for the calls in flight, then close."""
        try:
            if error is None:
                self.holder.wait()
        finally:
            self.close()

    async def __aenter__(self) -> Self:
        """Use it in an `async with` block, which ends as a `with` block does and blocks no event loop."""
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for the calls in flight, then close."""
        try:
            if error is None:
                await self.holder.wait_async()
        finally:
            self.close()
