"""Runs ASGI apps on sockets, with uvicorn, in its own thread."""

import asyncio
import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from email.utils import format_datetime
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from tinker_rest_sandbox._clock import Clock
from tinker_rest_sandbox._injection import TRANSPORT

START_TIMEOUT_SECONDS = 10
KEEP_ALIVE_SECONDS = 60
SHUTDOWN_SECONDS = 2


def open_socket(host: str, port: int) -> socket.socket:
    """Listen on a port; 0 for any free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.create_server((host, port), family=family, backlog=2048)
    # Connections inherit it; asyncio only sets it on its own sockets. Without it, a response of two packets waits
    # 40 ms for an acknowledgment.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


class Listener:
    """Serves each app on its socket until it is stopped, then closes the sockets.

    The `Date` of responses is the time of the given clock.
    """

    def __init__(self, apps: Mapping[socket.socket, ASGIApp], clock: Clock) -> None:
        self._sockets = list(apps)
        by_port = {listening.getsockname()[1]: app for listening, app in apps.items()}

        async def app_of_port(scope: Scope, receive: Receive, send: Send) -> None:
            async def send_with_date(message: Message) -> None:
                if message["type"] == "http.response.start":
                    date = format_datetime(clock.now(), usegmt=True).encode()
                    message["headers"] = [*message["headers"], (b"date", date)]
                await send(message)

            await by_port[scope["server"][1]](scope, receive, send_with_date)

        config = uvicorn.Config(
            app_of_port,
            access_log=False,
            date_header=False,
            http=_protocol_that_tells_its_transport(),
            lifespan="off",
            log_config=None,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            ws="none",
        )
        self._server = _Server(config)
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="tinker-rest-sandbox", daemon=True)

    def start(self) -> None:
        """Start serving, and wait until the server accepts requests."""
        self._thread.start()
        started = self._server.ready.wait(START_TIMEOUT_SECONDS)
        if not started or self._failure is not None:
            self.stop()
            raise RuntimeError("The sandbox could not be started.") from self._failure

    def stop(self) -> None:
        """Finish the requests in flight, close the sockets and end the thread."""
        self._server.stop()
        self._thread.join()
        for listening in self._sockets:
            listening.close()

    def _run(self) -> None:
        try:
            asyncio.run(self._server.serve(self._sockets))
        except BaseException as failure:  # start() raises it in the caller's thread
            self._failure = failure
        finally:
            self._server.ready.set()


class _Server(uvicorn.Server):
    """Starts and stops at once: uvicorn's own loop checks only ten times a second whether to exit."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """End `main_loop`. Called from another thread, at any time."""
        self.should_exit = True
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has already ended
                self._loop.call_soon_threadsafe(self._stopping.set)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        self.ready.set()

    async def main_loop(self) -> None:
        await self._stopping.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close idle connections and wait for requests in flight, as uvicorn does, without its pauses."""
        for server in self.servers:
            server.close()
        state = self.server_state
        for connection in [*state.connections]:
            connection.shutdown()
        try:
            async with asyncio.timeout(SHUTDOWN_SECONDS):
                while state.connections or state.tasks:  # noqa: ASYNC110 - uvicorn signals neither
                    await asyncio.sleep(0.001)
        except TimeoutError:
            for task in state.tasks:
                task.cancel()


def _protocol_that_tells_its_transport() -> type[asyncio.Protocol]:
    """Uvicorn's protocol, with the transport of its connection in the `state` of its requests' scopes."""

    def connection_made(self: Any, transport: asyncio.BaseTransport) -> None:
        self.app_state = {**self.app_state, TRANSPORT: transport}
        AutoHTTPProtocol.connection_made(self, transport)

    def say_nothing(self: Any) -> None:
        """Java's client offers HTTP/2 with its requests; that needs no warning."""

    methods = {"connection_made": connection_made, "_unsupported_upgrade_warning": say_nothing}
    return type("TellingProtocol", (AutoHTTPProtocol,), methods)
