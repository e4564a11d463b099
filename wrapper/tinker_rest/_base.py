"""What every client is: options, a core that clients may share, and a way to start calls."""

from __future__ import annotations

import concurrent.futures
import logging
import pickle
import weakref
from collections.abc import Callable, Mapping
from functools import partial
from types import ModuleType, TracebackType
from typing import Any, Self, TypeVar

from attrs import NOTHING, evolve

from tinker_rest import _workers
from tinker_rest._auth.authenticator import Authenticator
from tinker_rest._auth.credentials import find_credential
from tinker_rest._call import Call, Operation
from tinker_rest._lazy import types
from tinker_rest._requests import Server
from tinker_rest._retry import DEFAULT_POLICY, CallOptions, Policy, RetryEvent
from tinker_rest._settings import check_headers, public_headers, resolve_base_url
from tinker_rest._transport import Connections, Transport
from tinker_rest._work import Work
from tinker_rest._workers import Room
from tinker_rest.errors import ClientClosedError, CredentialsError, InvalidArgumentError
from tinker_rest.futures import APIFuture

T = TypeVar("T")

MAX_SENDS = 128
MAX_DOWNLOADS = 16

_log = logging.getLogger("tinker_rest")


class ClientCore(Server):
    """What clients of one server share: its address, the credential, the connections and the calls in flight."""

    def __init__(
        self,
        base_url: str | None,
        api_key: str | None,
        default_headers: Mapping[str, str] | None,
        transport: Transport | None,
    ) -> None:
        """Check the arguments; nothing is sent. Raises CredentialsError and InvalidArgumentError."""
        address = resolve_base_url(base_url)
        self._credential = find_credential(api_key)
        self._default_headers = check_headers(default_headers)
        if transport is not None and not callable(getattr(transport, "handle_request", None)):
            raise InvalidArgumentError("transport must have a method handle_request, as httpx transports do")
        self._transport = transport
        replaced = {name.lower() for name in self._default_headers}
        kept = {name: value for name, value in public_headers().items() if name.lower() not in replaced}
        super().__init__(address, {**kept, **self._default_headers}, Connections(), Room(MAX_SENDS))
        self._sends_key = "x-api-key" not in replaced
        self.is_closed = False
        self._renew()
        _workers.register(self)

    def _renew(self) -> None:
        """Make all that belongs to this process."""
        self.calls: set[APIFuture[Any]] = set()
        self.connections = Connections(self._transport)
        self.room = Room(MAX_SENDS)
        self.downloads = Room(MAX_DOWNLOADS)
        # Not bound to this object: a cycle would keep a client that nobody uses, with its connections.
        new_server = partial(_server_with, self.base_url, self.headers, self.connections)
        self.keys = self.authenticator = Authenticator(self._credential, new_server) if self._sends_key else None
        self._finalizer = weakref.finalize(self, self.connections.close)
        self._finalizer.atexit = False

    def begin(self, task: Call[T] | Work[T]) -> APIFuture[T]:
        """Start a call or composed work, unless the client was closed meanwhile."""
        if self.is_closed:
            task.fail(ClientClosedError("the client was closed before the call ended"))
        return task.begin()

    def refuse_closed(self) -> None:
        """Raise ClientClosedError after `close`."""
        if self.is_closed:
            raise ClientClosedError("this client is closed; make a new one")

    def close(self) -> None:
        """End the calls in flight with ClientClosedError and close the connections. May be called twice."""
        if self.is_closed:
            return
        self.is_closed = True
        calls = [call for call in list(self.calls) if not call.done()]
        if calls:
            _log.warning("calls in flight when their client was closed: %d", len(calls))
        for call in calls:
            call._end(error=ClientClosedError("the client was closed before the call ended"))
        self._close_connections()

    def _close_connections(self) -> None:
        if self.authenticator is not None:
            self.authenticator.close()
        self.connections.close()

    def end_at_exit(self) -> None:
        """Cancel the calls in flight and close the connections."""
        for call in list(self.calls):
            call.cancel()
        self._close_connections()

    def renew_in_child(self) -> None:
        """Make everything new after a fork; what is the parent's is left alone."""
        self._finalizer.detach()
        _workers.keep_for_parent(self.connections, self.calls, self.room, self.downloads, self.authenticator)
        self._renew()

    def __repr__(self) -> str:
        """The server's address; never the key."""
        return f"{type(self).__name__}(base_url={self.base_url!r})"

    def __copy__(self) -> ClientCore:
        """Copies of a client share its connections."""
        return self

    def __deepcopy__(self, memo: object) -> ClientCore:
        """Copies of a client share its connections."""
        return self

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """Pickle how to make it again; the credential, connections and calls stay here."""
        if self._default_headers or self._transport is not None:
            raise pickle.PicklingError(
                "default_headers, which may hold secrets, and transport are not pickled; make the client where it "
                "is used"
            )
        return ClientCore, (self.base_url, None, None, None)


def _server_with(base_url: str, headers: dict[str, str], connections: Connections, key: str) -> Server:
    """What carries the requests of an exchange of the credential, with places of their own."""
    return Server(base_url, {**headers, "X-API-Key": key}, connections, Room(MAX_SENDS))


_UNCHANGED: Any = NOTHING


class BaseClient:
    """A client without methods for operations; `RestClient` describes the arguments."""

    def __init__(
        self,
        holder: ClientCore | None = None,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        default_headers: Mapping[str, str] | None = None,
        timeout: float | None = 60.0,
        attempt_timeout: float | None = 30.0,
        max_retries: int | None = 10,
        on_retry: Callable[[RetryEvent], None] | None = None,
        transport: Transport | None = None,
    ) -> None:
        """Check the arguments; nothing is sent."""
        self._options = CallOptions(timeout, attempt_timeout, max_retries, on_retry)
        self._owns_core = holder is None
        self._is_closed = False
        self._calls: set[APIFuture[Any]] = set()
        # Calls are noted in the set of this client, and in that of the client that it was made from.
        self._noted_in: tuple[set[APIFuture[Any]], ...] = (self._calls,)
        if holder is None:
            self._core = ClientCore(base_url, api_key, default_headers, transport)
        elif not isinstance(holder, ClientCore):
            raise InvalidArgumentError(
                f"holder must be the holder of a tinker_rest.ServiceClient, not {type(holder).__name__}; "
                "an address and a key are given as base_url= and api_key="
            )
        elif base_url or api_key or default_headers or transport:
            raise InvalidArgumentError("holder has an address and a key; give either it or base_url and api_key")
        else:
            self._core = holder

    @property
    def holder(self) -> ClientCore:
        """What this client shares with others: pass it as the first argument of a client."""
        return self._core

    @property
    def base_url(self) -> str:
        """The server's address, without a slash at the end."""
        return self._core.base_url

    @property
    def _base_url(self) -> str:
        return self._core.base_url

    def _copy(self, made: BaseClient) -> None:
        """Give another client of the same core the options of this one, and note its calls here too."""
        made._options = self._options
        made._noted_in = (made._calls, *self._noted_in)

    def with_options(
        self,
        *,
        timeout: float | None = _UNCHANGED,
        attempt_timeout: float | None = _UNCHANGED,
        max_retries: int | None = _UNCHANGED,
        on_retry: Callable[[RetryEvent], None] | None = _UNCHANGED,
    ) -> Self:
        """The same client with other options, for one call or many. It shares the connections.

        The arguments are those of the class; options that are not given stay as they are.

        Raises:
            InvalidArgumentError: An option is not valid.
            ClientClosedError: The client is closed.
        """
        given: dict[str, Any] = {
            "timeout": timeout,
            "attempt_timeout": attempt_timeout,
            "max_retries": max_retries,
            "on_retry": on_retry,
        }
        self._refuse_closed()
        changed = type(self)(self._core)
        self._copy(changed)
        changed._options = evolve(
            self._options, **{name: value for name, value in given.items() if value is not _UNCHANGED}
        )
        return changed

    def close(self) -> None:
        """End the calls in flight with ClientClosedError and close the connections.

        Whether the server carries out a change that was in flight is unknown. You may call it more than once. A
        client that was made from a holder leaves calls and connections to the client whose holder it is.
        """
        self._is_closed = True
        if self._owns_core:
            self._core.close()

    def _refuse_closed(self) -> None:
        if self._is_closed:
            raise ClientClosedError("this client is closed; make a new one")
        self._core.refuse_closed()

    def _calls_in_flight(self) -> list[APIFuture[Any]]:
        # Those of the parent do not end in the child of a fork.
        return [call for call in list(self._calls) if call._can_end()]

    def __enter__(self) -> Self:
        """Use it in a `with` block.

        At its end, the block waits for the calls in flight, each until its own deadline, and closes the client; a
        call that begins meanwhile, such as in a callback, may be ended. If the block ends with an exception, or
        is left in a callback of a future, it waits for nothing.
        """
        self._refuse_closed()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for the calls in flight, then close."""
        try:
            if error is None and not _workers.in_callback():
                concurrent.futures.wait(self._calls_in_flight())
        finally:
            self.close()

    async def __aenter__(self) -> Self:
        """Use it in an `async with` block, which ends as a `with` block does and blocks no event loop."""
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for the calls in flight, then close. Cancelling the wait cancels the calls."""
        import asyncio  # which takes a while, and a coroutine has imported it

        try:
            if error is None:
                await asyncio.gather(*self._calls_in_flight(), return_exceptions=True)
        finally:
            self.close()

    def __repr__(self) -> str:
        """The server's address; never the key."""
        return f"{type(self).__name__}(base_url={self._core.base_url!r})"

    def __getstate__(self) -> dict[str, Any]:
        """Calls stay with this client and in this process."""
        calls: set[APIFuture[Any]] = set()
        return {**self.__dict__, "_calls": calls, "_noted_in": (calls,)}

    # For the mixins of `_methods`

    def _submit(
        self,
        operation: ModuleType,
        *args: Any,
        policy: Policy = DEFAULT_POLICY,
        read: Callable[[Any], T] | None = None,
        fallback: tuple[ModuleType, tuple[Any, ...]] | None = None,
        **kwargs: Any,
    ) -> APIFuture[T]:
        """Start one call and return its future at once.

        A worker runs `operation.sync_detailed(*args, client=…, **kwargs)`.

        Args:
            operation: The generated endpoint module; its last name is the operationId.
            *args: Arguments of its `sync_detailed`.
            policy: How answers are judged.
            read: Makes the result of the generated `Response`; without it, the result is `parsed`. ValueError,
                KeyError, TypeError and AttributeError that it raises become APIResponseValidationError.
            fallback: Another operation and its arguments, called within the same deadline if the server answers
                404 or 405; if that gets 404 or 405 too, the error of the first is raised.
            **kwargs: Keyword arguments of `sync_detailed`.

        Raises:
            ClientClosedError: The client is closed.
        """
        self._refuse_closed()
        core = self._core
        first = Operation(operation, args, kwargs)
        second = None if fallback is None else Operation(*fallback, {})
        noted_in = (*self._noted_in, core.calls)
        return core.begin(Call(core, first, self._options, policy, read, second, noted_in))

    def _run(self, function: Callable[[Work[T]], T], *, limit_downloads: bool = False) -> APIFuture[T]:
        """Start composed work (a bulk change, a download, a trace export) in a thread of its own.

        The thread takes no place among the 128 sends. All in it is plain blocking code that starts calls, waits
        and loops by way of the `Work` that it is given.

        Args:
            function: What to do. The future raises what it raises.
            limit_downloads: Whether at most 16 of these run at once for the clients that share a core.

        Raises:
            ClientClosedError: The client is closed.
        """
        self._refuse_closed()
        core = self._core
        room = core.downloads if limit_downloads else None
        return core.begin(Work(core, self._options, function, room, (*self._noted_in, core.calls)))

    def _identify(self, work: Work[types.WhoamiResponse]) -> types.WhoamiResponse:
        """Read who the caller is from a token."""
        authenticator = self._core.authenticator
        if authenticator is None:
            raise CredentialsError("default_headers hold an X-API-Key, which is not exchanged for a token")
        return authenticator.identify(work)
