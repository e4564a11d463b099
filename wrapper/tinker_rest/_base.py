"""The base of all clients: options, a core that clients can share, and a way to start calls."""

from __future__ import annotations

import concurrent.futures
import copy
from collections.abc import Callable, Mapping
from datetime import timedelta
from types import ModuleType
from typing import TYPE_CHECKING, Any, Self, TypedDict, TypeVar

from attrs import NOTHING, evolve

from tinker_rest._lazy import LazyModule, types
from tinker_rest._retry import CallOptions, RetryEvent
from tinker_rest._workers import in_callback
from tinker_rest.errors import ClientClosedError, CredentialsError, InvalidArgumentError
from tinker_rest.futures import APIFuture

if TYPE_CHECKING:
    from tinker_rest import _core
else:
    _core = LazyModule("tinker_rest._core")

T = TypeVar("T")

_UNCHANGED: Any = NOTHING


class ClientOptions(TypedDict, total=False):
    """The arguments that every client takes by name."""

    base_url: str | None
    api_key: str | None
    default_headers: Mapping[str, str] | None
    timeout: float | timedelta | None
    attempt_timeout: float | timedelta | None
    max_retries: int | None
    on_retry: Callable[[RetryEvent], None] | None
    transport: _core.Transport | None


class BaseClient:
    """A client without methods for operations; `RestClient` describes the arguments."""

    def __init__(
        self,
        holder: _core.ClientCore | None = None,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        default_headers: Mapping[str, str] | None = None,
        timeout: float | timedelta | None = 60.0,
        attempt_timeout: float | timedelta | None = 30.0,
        max_retries: int | None = 10,
        on_retry: Callable[[RetryEvent], None] | None = None,
        transport: _core.Transport | None = None,
    ) -> None:
        self._options = CallOptions(timeout, attempt_timeout, max_retries, on_retry)
        self._owns_core = holder is None
        self._is_closed = False
        # This client's calls in flight, then those of the clients that it was derived from.
        self._noted_in: tuple[set[APIFuture[Any]], ...] = (set(),)
        if holder is None:
            self._core = _core.ClientCore(base_url, api_key, default_headers, transport)
        elif not isinstance(holder, _core.ClientCore):
            raise InvalidArgumentError(
                f"holder must be the holder of a tinker_rest.ServiceClient, not {type(holder).__name__}; "
                "pass an address and a key as base_url= and api_key="
            )
        elif any(given is not None for given in (base_url, api_key, default_headers, transport)):
            raise InvalidArgumentError("holder already has an address and a key; do not pass base_url or api_key")
        else:
            self._core = holder

    @property
    def holder(self) -> _core.ClientCore:
        """What this client shares with others: pass it as the first argument of another client."""
        return self._core

    @property
    def base_url(self) -> str:
        """The server's address, without a slash at the end."""
        return self._core.base_url

    def with_options(
        self,
        *,
        timeout: float | timedelta | None = _UNCHANGED,
        attempt_timeout: float | timedelta | None = _UNCHANGED,
        max_retries: int | None = _UNCHANGED,
        on_retry: Callable[[RetryEvent], None] | None = _UNCHANGED,
    ) -> Self:
        """The same client with other options, for one call or many. It shares the connections.

        The arguments are those of the class; options that are not given stay as they are.

        Raises:
            InvalidArgumentError: An option is not valid.
            ClientClosedError: The client is closed.
        """
        names = ("timeout", "attempt_timeout", "max_retries", "on_retry")
        options: tuple[Any, ...] = (timeout, attempt_timeout, max_retries, on_retry)
        self._refuse_closed()
        changed = copy.copy(self)
        changed._owns_core = False
        changed._noted_in = (set(), *self._noted_in)  # its calls are tracked here too
        given = {name: value for name, value in zip(names, options, strict=True) if value is not _UNCHANGED}
        changed._options = evolve(self._options, **given)
        return changed

    def close(self) -> None:
        """End the calls in flight with ClientClosedError and close the connections.

        Whether the server carries out a change that was in flight is unknown. You may call it more than once. If
        the client was created from a holder, its calls and connections stay with the holder's client.
        """
        self._is_closed = True
        if self._owns_core:
            self._core.close()

    def _refuse_closed(self) -> None:
        if self._is_closed or self._core.is_closed:
            raise ClientClosedError("this client is closed; make a new one")

    def _calls_in_flight(self) -> list[APIFuture[Any]]:
        # After a fork, calls of the parent never end in the child.
        return [call for call in list(self._noted_in[0]) if call._can_end()]

    def __enter__(self) -> Self:
        """Use the client in a `with` block.

        At its end, the block waits for the calls in flight, each until its own deadline, and closes the client;
        this may end calls that start during the wait, such as in a callback. The block does not wait if it ends
        with an exception or in a callback of a future.
        """
        self._refuse_closed()
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Wait for the calls in flight, then close."""
        try:
            if error is None and not in_callback():
                concurrent.futures.wait(self._calls_in_flight())
        finally:
            self.close()

    async def __aenter__(self) -> Self:
        """Use the client in an `async with` block: like a `with` block, but it does not block the event loop."""
        return self.__enter__()

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Wait for the calls in flight, then close. Cancelling the wait cancels the calls."""
        import asyncio  # slow to import; coroutines have loaded it already

        try:
            if error is None:
                await asyncio.gather(*self._calls_in_flight(), return_exceptions=True)
        finally:
            self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self._core.base_url!r})"

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the calls in flight, which stay with this client and process."""
        return {**self.__dict__, "_noted_in": (set(),)}

    # For the mixins of `_methods`

    def _submit(
        self, operation: ModuleType, *args: Any, read: Callable[[Any], T] | None = None, **given: Any
    ) -> APIFuture[T]:
        """Start one call and return its future at once; see `Call` for the arguments."""
        return self._begin(_core.Call, operation, *args, read=read, **given)

    def _run(self, name: str, job: Callable[[_core.Work[T]], T], *, limit_downloads: bool = False) -> APIFuture[T]:
        """Start composed work, by the name of its method, in its own thread, which does not count as a send.

        The job is plain blocking code that starts calls and waits through its `Work`. With
        `limit_downloads`, at most 16 of these run at once for the clients that share a core.
        """
        core = self._core
        limiter = core.downloads if limit_downloads else core.other_work
        return self._begin(_core.Work, job, limiter, name)

    def _begin(self, kind: Callable[..., _core.Task[T]], *args: Any, **given: Any) -> APIFuture[T]:
        self._refuse_closed()
        core = self._core
        task = kind(core, self._options, (*self._noted_in, core.calls), *args, **given)
        if core.is_closed:  # meanwhile
            task.fail(ClientClosedError("the client was closed before the call ended"))
        return task.begin()

    def _identify(self, work: _core.Work[types.WhoamiResponse]) -> types.WhoamiResponse:
        """Read who the caller is from a token."""
        authenticator = self._core.authenticator
        if authenticator is None:
            raise CredentialsError("default_headers contain an X-API-Key, which is not exchanged for a token")
        return authenticator.identify(work)
