"""Traces from storages that break off, compress, redirect, or send something else."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme
from facade.recording_server import Answer, RecordedRequest, RecordingServer, reply, smallest_answer

from .running import Run

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n"
TRACE = b"\x0a\x02trace"


def with_trace(answer: Answer, address: Callable[[], str]) -> Callable[[RecordedRequest], Answer]:
    """Name this address as the trace's, and answer so to whoever asks for that."""

    def answer_to(request: RecordedRequest) -> Answer:
        if request.target == "/trace":
            return answer
        ready = {"status": "ready", "url": f"{address()}/trace"}
        return reply(body=ready) if "trace_export" in request.target else smallest_answer(request)

    return answer_to


def then_hang_up(content: bytes) -> Answer:
    async def send(writer: asyncio.StreamWriter) -> None:
        writer.write(content)
        await writer.drain()

    return send


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (then_hang_up(HEAD + b"\r\n" + TRACE), "does not send the length of the trace, so it may be cut off"),
        (then_hang_up(HEAD + b"Content-Length: 9\r\n\r\n" + TRACE), "the download broke off"),
        (then_hang_up(HEAD + b"Transfer-Encoding: chunked\r\n\r\n7\r\n" + TRACE), "the download broke off"),
        (reply(body="<p>Log in</p>", media_type="text/HTML"), "sent a web page instead of the trace"),
        (reply(body=TRACE, Content_Encoding="gzip"), "sends the trace compressed"),
        (reply(302, Location="/trace"), "the download broke off"),
    ],
)
@pytest.mark.parametrize("target", [[], ["-o", "-"]])
def test_what_may_be_no_whole_trace_is_not_saved(
    run: Run, tmp_path: Path, answer: Answer, words: str, target: list[str]
) -> None:
    with RecordingServer() as server:
        server.answer = with_trace(answer, lambda: server.base_url)
        done = run(["session", "export-trace", "s", *target], TINKER_BASE_URL=server.base_url)
    assert (done.returncode, words in done.stderr) == (6, True), done.stderr
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("content", [
    HEAD + b"Content-Length: 7\r\n\r\n" + TRACE,
    HEAD + b"Transfer-Encoding: chunked\r\n\r\n7\r\n" + TRACE + b"\r\n0\r\n\r\n",
])  # fmt: skip
def test_a_whole_trace_is_saved_as_it_comes(run: Run, tmp_path: Path, content: bytes) -> None:
    with RecordingServer() as server:
        server.answer = with_trace(content, lambda: server.base_url)
        done = run("session export-trace s -q", TINKER_BASE_URL=server.base_url)
        assert server.requests[-1].header("Accept-Encoding") == "identity"
    assert (done.returncode, (tmp_path / "s.pftrace").read_bytes()) == (0, TRACE)


def test_a_redirect_from_https_to_http_is_not_followed(run: Run, tmp_path: Path) -> None:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with RecordingServer() as plain, RecordingServer(tls=context) as server:
        plain.answer = lambda _: reply(body=TRACE)
        server.answer = with_trace(reply(302, Location=f"{plain.base_url}/trace"), lambda: server.base_url)
        done = run(
            "session export-trace s", TINKER_BASE_URL=server.base_url, SSL_CERT_FILE=str(tmp_path / "ca.pem")
        )
    assert (done.returncode, "from https to http" in done.stderr) == (6, True), done.stderr
    assert (plain.requests, [file.name for file in tmp_path.iterdir()]) == ([], ["ca.pem"])
