"""Finds the addresses of a host and opens a socket to the one that answers first.

asyncio can do both, but: its look-ups fail once the main thread has ended, and hold up the interpreter's exit; it
loses sockets where opening them is cancelled; and uvloop tries one address after the other, for as long as the
system waits, where a network swallows IPv6.
"""

import asyncio
import contextlib
import itertools
import socket
import ssl
from collections.abc import AsyncIterator, Iterable
from typing import Any

import httpx

from tinker_rest.calling.daemon_threads import run_in_daemon_thread
from tinker_rest.network.transport import CONNECT_SECONDS, Hopeless

# How long an address has before the next one is tried beside it (RFC 8305).
NEXT_ADDRESS_SECONDS = 0.25

# What socket.getaddrinfo returns: family, type, protocol, canonical name, address.
AddressInfo = tuple[Any, Any, int, str, Any]


@contextlib.asynccontextmanager
async def dialled(host: str, advice: str) -> AsyncIterator[None]:
    """Limit the time in which a connection is made, and tell in one way why there is none.

    Args:
        host: The server's name.
        advice: What may be added where connecting will never succeed.

    Raises:
        httpx.TransportError: There may be a connection later.
        Hopeless: There will never be one.
    """
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            yield
    except TimeoutError as error:
        raise httpx.ConnectTimeout(f"no connection to {host} within {CONNECT_SECONDS:.0f} s") from error
    except (OSError, UnicodeError) as error:
        message = f"no connection to {host}: {error}"
        is_unknown = isinstance(error, socket.gaierror) and error.errno == socket.EAI_NONAME
        if is_unknown or isinstance(error, (ssl.SSLCertVerificationError, UnicodeError)):
            raise Hopeless(message + advice) from error
        raise httpx.ConnectError(message) from error


class Dialer:
    """Opens sockets to one host.

    Args:
        host: Its name in ASCII, or its address.
        port: The port.
    """

    def __init__(self, host: str, port: int) -> None:
        """Keep where to dial."""
        self._host = host
        self._port = port
        self._looking_up: asyncio.Future[list[AddressInfo]] | None = None

    async def dial(self) -> socket.socket:
        """Open a socket. Raises OSError, of which socket.gaierror is one, and UnicodeError for an odd name."""
        waiting = _alternating(await self.addresses())
        attempts: set[asyncio.Task[socket.socket]] = set()
        error: BaseException = OSError("the host has no address")
        try:
            while waiting or attempts:
                if waiting:
                    attempts.add(asyncio.ensure_future(_connect(waiting.pop(0))))
                patience = NEXT_ADDRESS_SECONDS if waiting else None
                done, _ = await asyncio.wait(attempts, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
                for attempt in done:
                    attempts.discard(attempt)
                    fault = attempt.exception()
                    if fault is None:
                        return attempt.result()
                    error = fault
            raise error
        finally:
            for attempt in attempts:
                attempt.cancel()
                attempt.add_done_callback(_close_unused)

    async def addresses(self) -> list[AddressInfo]:
        """Look up the host. Raises OSError, of which socket.gaierror is one, and UnicodeError for an odd name."""
        numeric = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
        try:
            return socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM, flags=numeric)
        except OSError:  # it is a name
            pass
        # Many connections may be opened at once; one look-up serves them all.
        if self._looking_up is None:
            self._looking_up = _look_up(self._host, self._port)
            self._looking_up.add_done_callback(self._forget_look_up)
        return await asyncio.shield(self._looking_up)

    def _forget_look_up(self, looked_up: asyncio.Future[list[AddressInfo]]) -> None:
        self._looking_up = None
        if not looked_up.cancelled():
            looked_up.exception()  # whoever asked may have gone


def _look_up(host: str, port: int) -> asyncio.Future[list[AddressInfo]]:
    """Look up a name in a thread of its own."""

    def ask() -> list[AddressInfo]:
        return list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))

    return run_in_daemon_thread("tinker-rest-look-up", ask)


def _alternating(addresses: Iterable[AddressInfo]) -> list[AddressInfo]:
    """The addresses with their families taking turns, the family of the first one first."""
    by_family: dict[Any, list[AddressInfo]] = {}
    for address in addresses:
        by_family.setdefault(address[0], []).append(address)
    turns = itertools.zip_longest(*by_family.values())
    return [address for turn in turns for address in turn if address is not None]


async def _connect(address: AddressInfo) -> socket.socket:
    family, kind, protocol, _, where = address
    opening = socket.socket(family, kind, protocol)
    try:
        opening.setblocking(False)
        await asyncio.get_running_loop().sock_connect(opening, where)
    except BaseException:
        opening.close()
        raise
    return opening


def _close_unused(attempt: asyncio.Task[socket.socket]) -> None:
    if not attempt.cancelled() and attempt.exception() is None:
        attempt.result().close()
