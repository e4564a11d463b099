"""What every client is: options, a holder of connections, and a way to make calls over it."""

from collections.abc import Callable, Mapping
from typing import Any, Self, TypeVar

from attrs import evolve

from tinker_rest.calling.calls import Call, Carried
from tinker_rest.calling.closing import ClosesHolder
from tinker_rest.calling.holder import ClientHolder
from tinker_rest.calling.options import CallOptions
from tinker_rest.calling.retries import RetryEvent
from tinker_rest.errors import InvalidArgumentError
from tinker_rest.futures import APIFuture
from tinker_rest.network.transport import Answer
from tinker_rest_api.types import Operation

T = TypeVar("T")


class _Unchanged:
    """Stands for an option that is left as it is."""

    def __repr__(self) -> str:
        return "<unchanged>"


_UNCHANGED: Any = _Unchanged()


class CallingClient(ClosesHolder):
    """A client without methods for operations; `RestClient` says what the arguments mean."""

    def __init__(
        self,
        holder: ClientHolder | None = None,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        default_headers: Mapping[str, str] | None = None,
        pickle_credentials: bool = False,
        timeout: float | None = 60.0,
        attempt_timeout: float | None = 30.0,
        archive_timeout: float | None = 900.0,
        max_retries: int | None = 10,
        on_retry: Callable[[RetryEvent], None] | None = None,
    ) -> None:
        """Check the arguments; nothing is sent."""
        self._options = CallOptions(timeout, attempt_timeout, archive_timeout, max_retries, on_retry)
        self._owns_holder = holder is None
        self._calls: set[APIFuture[Any]] = set()
        # Calls are noted in the set of this client, and in that of the client that it was made from.
        self._noted_in: tuple[set[APIFuture[Any]], ...] = (self._calls,)
        if holder is None:
            holder = ClientHolder(
                base_url, api_key, default_headers=default_headers, pickle_credentials=pickle_credentials
            )
        elif not isinstance(holder, ClientHolder):
            raise InvalidArgumentError(
                f"holder must be the holder of a tinker_rest.ServiceClient, not {type(holder).__name__}; "
                "an address and a key are given as base_url= and api_key="
            )
        elif base_url or api_key or default_headers:
            raise InvalidArgumentError("holder has an address and a key; give either it or base_url and api_key")
        self.holder = holder

    def with_options(
        self,
        *,
        timeout: float | None = _UNCHANGED,
        attempt_timeout: float | None = _UNCHANGED,
        archive_timeout: float | None = _UNCHANGED,
        max_retries: int | None = _UNCHANGED,
        on_retry: Callable[[RetryEvent], None] | None = _UNCHANGED,
    ) -> Self:
        """The same client with other options, for one call or many. It shares the connections.

        The arguments are those of the class; what is not given stays as it is. Raises InvalidArgumentError, and
        ClientClosedError after `close`.
        """
        given: dict[str, Any] = {
            "timeout": timeout,
            "attempt_timeout": attempt_timeout,
            "archive_timeout": archive_timeout,
            "max_retries": max_retries,
            "on_retry": on_retry,
        }
        self._refuse_closed()
        changed = type(self)(self.holder)
        self._share_with(changed)
        changed._options = evolve(
            self._options, **{name: value for name, value in given.items() if value is not _UNCHANGED}
        )
        return changed

    def __repr__(self) -> str:
        """The server's address; never the key."""
        return f"{type(self).__name__}(base_url={self.holder.base_url!r})"

    def _share_with(self, other: "CallingClient") -> None:
        """Give another client of the same holder the options of this one, and note its calls here too."""
        other._options = self._options
        other._noted_in = (other._calls, *self._noted_in)

    def _call(
        self, operation: Operation[..., Any], request: dict[str, Any], read: Callable[[Answer], T]
    ) -> APIFuture[T]:
        return self._submit(self._prepare(operation, request, read))

    def _prepare(
        self,
        operation: Operation[..., Any],
        request: dict[str, Any],
        read: Callable[[Answer], T],
        **judging: Any,
    ) -> Call[T]:
        return Call(operation, request, self._options, read=read, **judging)

    def _submit(self, call: Carried[T]) -> APIFuture[T]:
        self._refuse_closed()
        future = self.holder.submit(call)
        for calls in self._noted_in:
            calls.add(future)
            future.add_done_callback(calls.discard)
        return future

    def _calls_in_flight(self) -> list[APIFuture[Any]]:
        return list(self._calls)

    def __getstate__(self) -> dict[str, Any]:
        """Calls stay with this client and in this process."""
        calls: set[APIFuture[Any]] = set()
        return {**self.__dict__, "_calls": calls, "_noted_in": (calls,)}
