"""What clients share to carry out their calls; loaded when the first client is created."""

from __future__ import annotations

import logging
import math
import weakref
from collections.abc import Callable, Mapping
from typing import Any

from tinker_rest import _workers
from tinker_rest._auth import Authenticator, find_credential
from tinker_rest._call import Call
from tinker_rest._http import PUBLIC_HEADERS, Server, check_headers
from tinker_rest._transport import Connections, Transport
from tinker_rest._urls import resolve_base_url
from tinker_rest._work import Work
from tinker_rest._workers import Limiter
from tinker_rest.errors import ClientClosedError, InvalidArgumentError
from tinker_rest.futures import APIFuture, Task

__all__ = ["Call", "ClientCore", "Task", "Transport", "Work"]

MAX_CLIENT_SENDS = 128
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
        self.base_url = resolve_base_url(base_url)
        self._credential = find_credential(api_key)
        self._default_headers = check_headers(default_headers)
        if transport is not None and not callable(getattr(transport, "handle_request", None)):
            raise InvalidArgumentError("transport must have a method handle_request, as httpx transports do")
        self._transport = transport
        replaced = {name.lower() for name in self._default_headers}
        kept = {name: value for name, value in PUBLIC_HEADERS.items() if name.lower() not in replaced}
        self.headers = {**kept, **self._default_headers}
        self.is_closed = False
        self._renew()
        _workers.register(self)

    def _renew(self) -> None:
        """Create everything that belongs to this process."""
        limiter = Limiter(MAX_CLIENT_SENDS, _workers.here().sends)
        super().__init__(self.base_url, self.headers, Connections(self._transport), limiter)
        self.calls: set[APIFuture[Any]] = set()
        self.downloads = Limiter(MAX_DOWNLOADS)
        self.other_work = Limiter(math.inf)
        # Calls for keys need no slot, so the calls that wait for the key cannot hold them up.
        plain = Server(self.base_url, self.headers, self.connections, Limiter(math.inf))
        has_key = any(name.lower() == "x-api-key" for name in self._default_headers)
        self.keys = self.authenticator = None if has_key else Authenticator(self._credential, plain)
        self._finalizer = weakref.finalize(self, self.connections.close)
        self._finalizer.atexit = False

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

    def end_at_exit(self) -> None:
        for call in list(self.calls):
            call.cancel()
        self._close_connections()

    def _close_connections(self) -> None:
        if self.authenticator is not None:
            self.authenticator.close()
        self.connections.close()

    def renew_in_child(self) -> None:
        """Recreate everything after a fork, and leave the parent's objects alone."""
        self._finalizer.detach()
        _workers.of_parents.append(vars(self).copy())
        self._renew()

    def __copy__(self, *_: object) -> ClientCore:
        return self  # copies of a client share its connections

    __deepcopy__ = __copy__

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """Pickle how to recreate it, without the credential, connections and calls."""
        if self._default_headers or self._transport is not None:
            import pickle  # slow to import; pickling has loaded it already

            raise pickle.PicklingError(
                "clients with a transport, or with default_headers, which may contain secrets, cannot be pickled; "
                "create the client in the process that uses it"
            )
        return ClientCore, (self.base_url, None, None, None)
