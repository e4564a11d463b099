"""What clients share: the server's address, the key, the connections and the calls in flight."""

import asyncio
import concurrent.futures
import logging
import os
import pickle
import threading
import weakref
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from tinker_rest.authentication.authenticator import Authenticator
from tinker_rest.authentication.credentials import Credential, FixedCredential, find_credential
from tinker_rest.calling.background_loop import BackgroundLoop, background_loop
from tinker_rest.calling.calls import Carried
from tinker_rest.calling.sending import Sender
from tinker_rest.errors import ClientClosedError
from tinker_rest.futures import APIFuture
from tinker_rest.network.base_url import resolve_base_url
from tinker_rest.network.default_headers import check_headers, public_headers

T = TypeVar("T")

_log = logging.getLogger("tinker_rest")

_CLOSE_SECONDS = 5.0


_holders: "weakref.WeakSet[ClientHolder]" = weakref.WeakSet()


class ClientHolder:
    """A server's address, the key to it, and the connections that all clients made from it share.

    Args:
        base_url: The server's address. Default: the environment variable `TINKER_BASE_URL`, else production.
        api_key: The API key. Default: the environment variable `TINKER_API_KEY`, else what the command in
            `TINKER_CREDENTIAL_CMD` prints, else the stored default of `~/.tinker/credentials.json`.
        default_headers: Headers to send with every request, such as another authentication that a
            compatible server wants.
        pickle_credentials: Whether a pickle of this holds the API key and `default_headers`. By default it
            does not, and whoever unpickles it has the key in `TINKER_API_KEY`.

    Raises:
        CredentialsError: There is no API key, or one that cannot be right.
        InvalidArgumentError: The address or a header is not valid.
    """

    def __init__(
        self,
        base_url: str | None = None,
        api_key: str | None = None,
        *,
        default_headers: Mapping[str, str] | None = None,
        pickle_credentials: bool = False,
    ) -> None:
        """Check the arguments; nothing is sent."""
        self.base_url = resolve_base_url(base_url)
        self._credential = find_credential(api_key)
        self._default_headers = check_headers(default_headers)
        self._pickle_credentials = pickle_credentials
        self.closed = False
        # The handler of a signal, or a finalizer, may use the client while the same thread begins a call.
        self._lock = threading.RLock()
        _holders.add(self)
        self._calls: set[APIFuture[Any]] = set()
        self._connections: _Connections | None = None
        replaced = {name.lower() for name in self._default_headers}
        kept = {name: value for name, value in public_headers().items() if name.lower() not in replaced}
        self._headers = {**kept, **self._default_headers}
        self._sends_credential = "x-api-key" not in replaced

    def submit(self, call: Carried[T]) -> APIFuture[T]:
        """Start a call at once. Raises ClientClosedError after `close`."""
        background = background_loop()
        future: APIFuture[T] = APIFuture(background)
        with self._lock:
            if self.closed:
                raise ClientClosedError("this client is closed; make a new one")
            connections = self._connections
            if connections is None or connections.background is not background:  # the first call, or after a fork
                credential = self._credential if self._sends_credential else None
                connections = self._connections = _Connections(
                    background, self.base_url, self._headers, credential
                )
                weakref.finalize(self, connections.close_soon).atexit = False
                self._calls = set()
            calls = self._calls
            calls.add(future)
        future.add_done_callback(calls.discard)
        future.begin(lambda: self._carry(call, connections.sender))
        return future

    async def _carry(self, call: Carried[T], sender: Sender) -> T:
        # Being a method, it keeps this object, and so the connections, until the call ends.
        return await call.run(sender)

    def calls_in_flight(self) -> list[APIFuture[Any]]:
        """The calls of all clients that share this, as far as they are known here."""
        return list(self._calls)

    def close(self) -> None:
        """End the calls in flight with ClientClosedError and close the connections. May be called twice."""
        with self._lock:
            if self.closed:
                return
            self.closed = True
        connections = self._connections
        if connections is None or not connections.background.is_running():
            return
        if calls := self.calls_in_flight():
            _log.warning("calls in flight when their client was closed: %d", len(calls))
        for call in calls:
            call.abort(ClientClosedError("the client was closed before the call ended"))
        if connections.background.is_current_thread():
            connections.close_soon()
        else:
            done = asyncio.run_coroutine_threadsafe(connections.aclose(), connections.background.loop)
            concurrent.futures.wait([done], timeout=_CLOSE_SECONDS)

    def __repr__(self) -> str:
        """The server's address; never the key."""
        return f"{type(self).__name__}(base_url={self.base_url!r}, api_key='…')"

    def __copy__(self) -> "ClientHolder":
        """Copies of a client share its connections."""
        return self

    def __deepcopy__(self, memo: object) -> "ClientHolder":
        """Copies of a client share its connections."""
        return self

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """Pickle how to make it again; connections and calls stay here."""
        if self._default_headers and not self._pickle_credentials:
            raise pickle.PicklingError(
                "default_headers may hold secrets; make the client with pickle_credentials=True to have them, and "
                "the API key, in its pickle"
            )
        key = None
        if self._pickle_credentials and isinstance(self._credential, FixedCredential):
            key = self._credential.value
        return _make_holder, (self.base_url, key, self._default_headers, self._pickle_credentials)


def _make_holder(
    base_url: str, api_key: str | None, default_headers: dict[str, str], pickle_credentials: bool
) -> ClientHolder:
    return ClientHolder(base_url, api_key, default_headers=default_headers, pickle_credentials=pickle_credentials)


def _free_locks_in_child() -> None:
    for holder in list(_holders):
        holder._lock = threading.RLock()  # another thread of the parent may have held it


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_free_locks_in_child)


class _Connections:
    """The connections of one holder on one loop. Made and closed on the loop's thread."""

    def __init__(
        self, background: BackgroundLoop, base_url: str, headers: dict[str, str], credential: Credential | None
    ) -> None:
        self.background = background
        self._base_url = base_url
        self._headers = headers
        self._credential = credential
        self._sender: Sender | None = None

    @property
    def sender(self) -> Sender:
        if self._sender is None:
            authenticator = None if self._credential is None else Authenticator(self._credential, self._with_key)
            self._sender = Sender(self._base_url, self._headers, authenticator)
            self.background.at_stop.add(self.aclose)
        return self._sender

    def _with_key(self, key: str) -> Sender:
        return Sender(self._base_url, {**self._headers, "X-API-Key": key})

    async def aclose(self) -> None:
        try:
            await asyncio.sleep(0)  # cancelled calls give their connections back first
        finally:  # also where the interpreter exits meanwhile
            self.background.at_stop.discard(self.aclose)
            if self._sender is not None:
                await self._sender.aclose()

    def close_soon(self) -> None:
        if self.background.is_running():
            self.background.call_soon(lambda: self.background.loop.create_task(self.aclose()))
