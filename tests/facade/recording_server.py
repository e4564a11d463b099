"""A small HTTP/1.1 server on a real socket that keeps every request as it came and answers as it is told."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import ssl
import threading
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

from tinker_rest import RestClient

from .described_calls import example_answer

KEY = "tml-recorded-key-0123456789"


@dataclass(frozen=True)
class RecordedRequest:
    """A request: the raw target byte for byte, headers in the order and case they came in."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def line(self) -> str:
        return f"{self.method} {self.target}"

    def header(self, name: str) -> str | None:
        """The value of a header that came once; None if it did not come."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        assert len(values) < 2, f"{name} came {len(values)} times"
        return values[0] if values else None


# What to do with a connection, byte by byte; it is closed afterwards, which a whole answer has to announce.
Behaviour = Callable[[asyncio.StreamWriter], Awaitable[None]]
Answer = bytes | Behaviour
AnswerFunction = Callable[[RecordedRequest], Answer]


def reply(status: int = 200, body: object = None, media_type: str = "", **headers: str) -> bytes:
    """A whole answer. The body is text, bytes, JSON of anything else, or nothing for None.

    Underscores in the names of headers stand for dashes.
    """
    content, default_type = b"", ""
    if isinstance(body, bytes):
        content, default_type = body, "application/octet-stream"
    elif isinstance(body, str):
        content, default_type = body.encode(), "text/plain; charset=utf-8"
    elif body is not None:
        content, default_type = json.dumps(body).encode(), "application/json"
    lines = [f"HTTP/1.1 {status} {_phrase(status)}"]
    if media_type or default_type:
        lines.append(f"Content-Type: {media_type or default_type}")
    if status != 204:
        lines.append(f"Content-Length: {len(content)}")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + content


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def token(**claims: object) -> str:
    """A JSON Web Token with these claims and a signature that nobody checks."""
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256"}, claims)]
    return ".".join([*(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts), "c2ln"])


IDENTITY = {"sub": "tml:organization_user:u-1", "org_id": "o-1", "email": "ada@example.com"}
TRAINING_RUN = {"training_run_id": "r", "base_model": "b", "is_lora": True}
CURSOR = {"offset": 0, "limit": 1, "total_count": 0}
SIGNED_URL = "https://storage.example/archive.tar.gz?signature=secret-signature"
# The smallest right answer to an operation, by its method and path; to others the answer is the example of the
# description.
_SMALLEST_ANSWERS: tuple[tuple[str, bytes], ...] = (
    (r"GET .*/archive", reply(302, Location=SIGNED_URL, Expires="Mon, 13 Jul 2026 10:15:00 GMT")),
    (r"GET .*/checkpoints", reply(body={"checkpoints": []})),
    (r"GET .*/training_runs", reply(body={"training_runs": [], "cursor": CURSOR})),
    (r"GET .*/training_runs/[^/]+", reply(body=TRAINING_RUN)),
    (r"GET .*/sessions", reply(body={"sessions": []})),
    (r"GET .*/sessions/[^/]+", reply(body={"training_run_ids": [], "sampler_ids": []})),
    (r"GET .*/samplers/[^/]+", reply(body={"sampler_id": "s", "base_model": "b"})),
    (r"POST .*/weights_info", reply(body={"base_model": "b", "is_lora": True})),
    (r"(POST|DELETE) .*/publish|DELETE .*/checkpoints/.+|PUT .*/(ttl|project)", reply(204)),
    (r"GET .*/get_server_capabilities", reply(body={"supported_models": []})),
    (r"GET .*/external_weights_urls", reply(body={"urls": {"a": SIGNED_URL}, "expires": "2026-07-13T10:15:00Z"})),
    (r"POST .*/copy_weights", reply(body={"tinker_path": "tinker://c/weights/1"})),
    (r"GET .*/trace_export", reply(body={"status": "ready", "url": SIGNED_URL})),
    (r"POST .*/sessions/search", reply(body={"sessions": []})),
    (r"POST .*/auth/token", reply(body={"jwt": token(iat=0, exp=3600, **IDENTITY)})),
    (r"GET .*/audit", reply(body={"entries": []})),
    (r"GET .*/(events|checkpoints/current)", reply(body={"data": []})),
)


def smallest_answer(request: RecordedRequest) -> bytes:
    """A right answer to whatever is asked; 404 for what no server offers."""
    line = request.line.partition("?")[0]
    for pattern, answer in _SMALLEST_ANSWERS:
        if re.fullmatch(pattern, line):
            return answer
    example = example_answer(line)
    return reply(*example) if example is not None else reply(404, {"detail": "Not Found"})


def in_turn(answers: Iterable[Answer]) -> AnswerFunction:
    """Gives one answer after the other; asking for more than there are is an error of the test."""
    remaining = iter(answers)
    return lambda _: next(remaining, reply(599, "the test has no more answers"))


async def lose_answer(writer: asyncio.StreamWriter) -> None:
    """Read the request, then reset the connection."""
    writer.transport.abort()


async def never_answer(_: asyncio.StreamWriter) -> None:
    """Leave the client waiting until it goes away or the server ends."""
    await asyncio.sleep(3600)


class Held:
    """An answer that is given when `release` is called, from any thread."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
        self._released = threading.Event()

    def release(self) -> None:
        self._released.set()

    async def __call__(self, writer: asyncio.StreamWriter) -> None:
        while not self._released.is_set():  # noqa: ASYNC110 - it is set by another thread
            await asyncio.sleep(0.005)
        writer.write(self._answer)
        await writer.drain()


class RecordingServer:
    """Serves in a thread of its own, in a `with` block.

    Args:
        answer: Makes the answer to each request.
        tls: How to serve https; None for http.

    Attributes:
        answer: May be replaced at any time.
        requests: What came, in order.
        connections: How many connections were made.
        open_now: How many are open.
        most_open: The maximum number open at once.
        abandoned: How many requests the client gave up while it was due an answer.
    """

    def __init__(self, answer: AnswerFunction = smallest_answer, *, tls: ssl.SSLContext | None = None) -> None:
        self.answer = answer
        self.requests: list[RecordedRequest] = []
        self.base_url = ""
        self.connections = 0
        self.open_now = 0
        self.most_open = 0
        self.abandoned = 0
        self._tls = tls
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="recording-server", daemon=True)

    @property
    def lines(self) -> list[str]:
        """Method and raw target of each request."""
        return [request.line for request in self.requests]

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        starting = asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls, backlog=1024)
        server = self._loop.run_until_complete(starting)
        scheme, host = ("https", "localhost") if self._tls else ("http", "127.0.0.1")
        self.base_url = f"{scheme}://{host}:{server.sockets[0].getsockname()[1]}"
        self._ready.set()
        self._loop.run_forever()
        self._loop.run_until_complete(self._shut_down(server))
        self._loop.close()

    async def _shut_down(self, server: asyncio.Server) -> None:
        server.close()
        await asyncio.sleep(0)  # connections that were just accepted begin
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # closed transports say so to the loop once more

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open_now += 1
        self.most_open = max(self.most_open, self.open_now)
        try:
            while await self._serve_one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client went away, or the server ends
        finally:
            self.open_now -= 1
            writer.close()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; returns whether the connection stays open."""
        request = await _read_request(reader)
        self.requests.append(request)
        answer = self.answer(request)
        if isinstance(answer, bytes):
            writer.write(answer)
            await writer.drain()
            return True
        behaving = asyncio.ensure_future(answer(writer))
        hung_up = asyncio.ensure_future(reader.read(1))
        try:
            await asyncio.wait({behaving, hung_up}, return_when=asyncio.FIRST_COMPLETED)
            self.abandoned += not behaving.done()
        finally:
            behaving.cancel()
            hung_up.cancel()
            await asyncio.gather(behaving, hung_up, return_exceptions=True)
        return False


async def _read_request(reader: asyncio.StreamReader) -> RecordedRequest:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *others = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    method, target, version = first.split(" ")
    assert version == "HTTP/1.1"
    headers = tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in others))
    length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
    return RecordedRequest(method, target, headers, await reader.readexactly(length))


def wait_until(is_so: Callable[[], object], seconds: float = 10) -> None:
    """Wait for something that another thread does; fail if it does not."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)


def client_of(server: RecordingServer, **options: Any) -> RestClient:
    """A client of this server, whatever the environment says."""
    return RestClient(**{"base_url": server.base_url, "api_key": KEY, **options})
