"""Opening sockets: look-ups, several addresses at once, and nothing left behind."""

from __future__ import annotations

import asyncio
import gc
import random
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tinker_rest import APIConnectionError, RestClient, _transport

from .recording_server import KEY, TRAINING_RUN, RecordingServer, client_of, reply, wait_until

REAL_LOOK_UP = socket.getaddrinfo


class Names:
    """Answers look-ups of names that end in `.test`; the others are the system's."""

    def __init__(self, *addresses: tuple[str, int]) -> None:
        self.addresses = addresses
        self.asked: list[str] = []
        self.seconds = 0.0

    def __call__(self, host: Any, port: Any, *rest: Any, **options: Any) -> Any:
        if not str(host).endswith(".test"):
            return REAL_LOOK_UP(host, port, *rest, **options)
        if options.get("flags", 0) & socket.AI_NUMERICHOST:
            raise socket.gaierror(socket.EAI_NONAME, "not numeric")
        self.asked.append(str(host))
        time.sleep(self.seconds)
        return [REAL_LOOK_UP(address, port, type=socket.SOCK_STREAM)[0] for address, port in self.addresses]


@pytest.fixture
def full() -> Iterator[tuple[str, int]]:
    """An address that takes no connection and refuses none, as a network that swallows packets does."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.2", 0))
        listening.listen(0)
        fillers = []
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(listening.getsockname())
            fillers.append(filler)
        time.sleep(0.05)
        yield listening.getsockname()
        for filler in fillers:
            filler.close()


def address_of(server: RecordingServer) -> tuple[str, int]:
    host, port = server.base_url.removeprefix("http://").split(":")
    return host, int(port)


def test_an_address_that_swallows_packets_does_not_hold_up_the_others(
    server: RecordingServer, monkeypatch: pytest.MonkeyPatch, full: tuple[str, int]
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", Names(full, address_of(server)))
    with RestClient(base_url="http://dual.test", api_key=KEY, attempt_timeout=5, max_retries=0) as client:
        assert client.get_training_run("r").result(10).base_model == "b"
    assert server.requests[0].header("Host") == "dual.test"


def test_an_address_that_refuses_is_passed_over_at_once(
    server: RecordingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", Names(("127.0.0.1", 9), ("127.0.0.1", 9), address_of(server)))
    with RestClient(base_url="http://dual.test", api_key=KEY, max_retries=0) as client:
        assert client.get_training_run("r").result(10).base_model == "b"


def test_where_no_address_answers_the_last_fault_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", Names(("127.0.0.1", 9), ("127.0.0.2", 9)))
    with RestClient(base_url="http://dual.test", api_key=KEY, max_retries=0) as client:
        error = client.get_training_run("r").exception(10)
    assert isinstance(error, APIConnectionError)
    assert "no connection to dual.test: [Errno 111]" in str(error)


def test_after_a_slow_connect_only_ipv4_is_dialed(
    server: RecordingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a network that swallows IPv6, where each connection would take as long again."""
    sources: list[object] = []
    connect = socket.create_connection

    def note_source(address: Any, timeout: Any, source_address: Any = None) -> socket.socket:
        sources.append(source_address)
        return connect(address, timeout, source_address=source_address)

    monkeypatch.setattr(_transport, "SLOW_CONNECT_SECONDS", 0)
    monkeypatch.setattr(socket, "create_connection", note_source)
    server.answer = lambda _: reply(body=TRAINING_RUN, Connection="close")
    with RestClient(base_url=server.base_url.replace("127.0.0.1", "localhost"), api_key=KEY) as client:
        for _ in range(2):
            assert client.get_training_run("r").result(10).base_model == "b"
    assert sources == [None, ("0.0.0.0", 0)]


def test_a_hanging_look_up_holds_up_neither_the_deadline_nor_the_exit(monkeypatch: pytest.MonkeyPatch) -> None:
    names = Names(("127.0.0.1", 9))
    names.seconds = 2
    monkeypatch.setattr(socket, "getaddrinfo", names)
    with RestClient(base_url="http://slow.test", api_key=KEY, timeout=0.2) as client:
        error = client.get_training_run("r").exception(1)
        assert "still connecting after 0.2 s (timeout)" in str(error)
    threads = [thread for thread in threading.enumerate() if thread.name == "tinker-rest"]
    assert threads
    assert all(thread.daemon for thread in threads)


@pytest.mark.parametrize(
    "address", ["http://api..example.com", f"http://{'a' * 64}.example.com", "http://.example.com"]
)
def test_a_name_that_is_none_is_an_error_of_ours(address: str) -> None:
    with RestClient(base_url=address, api_key=KEY) as client:
        error = client.get_training_run("r").exception(10)
    assert isinstance(error, APIConnectionError)
    assert "check base_url or TINKER_BASE_URL" in str(error)
    assert error.attempts == 1


def test_a_name_beyond_ascii_is_looked_up_as_it_is_sent(
    server: RecordingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = Names(address_of(server))
    monkeypatch.setattr(socket, "getaddrinfo", names)
    with RestClient(base_url="http://straße.test", api_key=KEY) as client:
        client.get_training_run("r").result(10)
    assert names.asked == ["xn--strae-oqa.test"]
    assert server.requests[0].header("Host") == "xn--strae-oqa.test"


def test_the_zone_of_an_ipv6_address_may_be_encoded() -> None:
    for zone, plain in (("%25lo", "%lo"), ("%lo", "%lo"), ("%25", "%25")):  # the last is the interface number 25
        with RestClient(base_url=f"http://[fe80::1{zone}]:8000/x", api_key=KEY) as client:
            assert client.base_url == f"http://[fe80::1{plain}]:8000/x"


@pytest.mark.skipif(not socket.has_ipv6, reason="this system has no IPv6")
def test_ipv6() -> None:
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        body = b'{"sessions": ["s"]}'
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        await writer.drain()
        writer.close()

    async def use() -> None:
        try:
            listening = await asyncio.start_server(answer, "::1", 0)
        except OSError:  # switched off on this machine
            return
        async with listening:
            port = listening.sockets[0].getsockname()[1]
            async with RestClient(base_url=f"http://[::1]:{port}", api_key=KEY, max_retries=0) as client:
                assert (await client.list_sessions()).sessions == ["s"]

    asyncio.run(use())


def test_cancelling_loses_no_socket(server: RecordingServer) -> None:
    """Whatever is lost is told by a ResourceWarning, which is an error here."""
    moments = random.Random(7)
    for _ in range(150):
        client = client_of(server)
        futures = [client.get_training_run("r") for _ in range(3)]
        until = time.perf_counter() + moments.random() * 0.003
        while time.perf_counter() < until:
            pass
        for future in futures:
            future.cancel()
        client.close()
    gc.collect()
    wait_until(lambda: not server.open_now)
