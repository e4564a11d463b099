"""Connections: how many, how long they live, TLS, proxies, and what may come over them."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gzip
import json
import logging
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme

from tinker_rest import (
    APIConnectionError,
    APIResponseValidationError,
    APIStatusError,
    InvalidArgumentError,
    NotFoundError,
    RestClient,
    _http,
    _transport,
)

from .recording_server import (
    KEY,
    SIGNED_URL,
    TRAINING_RUN,
    Behaviour,
    RecordedRequest,
    RecordingServer,
    client_of,
    in_turn,
    lose_answer,
    never_answer,
    reply,
    smallest_answer,
    wait_until,
)

GOOD = reply(body=TRAINING_RUN)
PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def test_calls_in_a_row_share_a_connection(server: RecordingServer) -> None:
    with client_of(server) as client:
        for _ in range(20):
            client.get_training_run("r").result(10)
    assert (server.connections, len(server.requests)) == (1, 20)


def test_nothing_is_sent_but_the_users_own_call(server: RecordingServer) -> None:
    with client_of(server) as client:
        repr(client)
    assert server.connections == 0
    with client_of(server) as client:
        client.list_sessions().result(10)
    assert len(server.requests) == 1


@pytest.mark.core_install
def test_closing_hangs_up(server: RecordingServer) -> None:
    client = client_of(server)
    for future in [client.get_training_run("r") for _ in range(5)]:
        future.result(10)
    client.close()
    wait_until(lambda: not server.open_now)


def test_a_client_that_nobody_keeps_hangs_up(server: RecordingServer) -> None:
    client = client_of(server)
    client.get_training_run("r").result(10)
    del client
    wait_until(lambda: not server.open_now)


def test_an_idle_connection_is_not_used_for_ever(server: RecordingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_transport, "MAX_IDLE_CONNECTION_SECONDS", 0.05)
    with client_of(server) as client:
        client.get_training_run("r").result(10)
        time.sleep(0.1)
        client.get_training_run("r").result(10)
    assert server.connections == 2


def test_connections_are_closed_once_they_are_idle(
    server: RecordingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_transport, "MAX_IDLE_CONNECTION_SECONDS", 0.2)
    with client_of(server) as client:
        for future in [client.get_training_run("r") for _ in range(30)]:
            future.result(10)
        for _ in range(10):  # the one that is used stays, and keeps none of the others
            client.get_training_run("r").result(10)
            time.sleep(0.05)
        wait_until(lambda: server.open_now <= 1)
        wait_until(lambda: server.open_now == 0)


async def hang_up(_: asyncio.StreamWriter) -> None:
    """Close the connection without an answer."""


FAREWELL = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize("farewell", [b"", FAREWELL])
def test_a_connection_that_the_server_closed_is_not_used_again(server: RecordingServer, farewell: bytes) -> None:
    async def answer_and_hang_up(writer: asyncio.StreamWriter) -> None:
        writer.write(GOOD)
        await writer.drain()
        await asyncio.sleep(0.02)
        writer.write(farewell)

    server.answer = lambda _: answer_and_hang_up
    with client_of(server, max_retries=0) as client:
        for _ in range(3):
            client.get_training_run("r").result(10)
            wait_until(lambda: not server.open_now)
            time.sleep(0.05)  # what the server sent last is on its way to the client
    assert server.connections == 3


@pytest.mark.parametrize("lose", [lose_answer, hang_up])
def test_a_kept_connection_that_is_closed_as_it_is_used_costs_no_retry(
    server: RecordingServer, lose: Behaviour
) -> None:
    server.answer = in_turn([GOOD, lose, reply(404, {"detail": "no such checkpoint"}), GOOD, lose, lose])
    with client_of(server, max_retries=0) as client:
        client.get_training_run("r").result(10)
        client.delete_checkpoint("r", "weights/1").result(10)  # that the answer was lost is remembered
        client.get_training_run("r").result(10)
        error = client.get_training_run("r").exception(10)
    assert isinstance(error, APIConnectionError)
    assert error.attempts == 2
    assert len(server.requests) == 6


def test_a_connection_that_was_closed_gives_way_to_a_new_one_and_not_to_another_that_was_idle(
    server: RecordingServer,
) -> None:
    with client_of(server, max_retries=0) as client:
        with contextlib.ExitStack() as both:
            for _ in range(2):
                exchange = both.enter_context(_transport.Exchange(client._core.connections))
                exchange.send(httpx.Request("GET", server.base_url, extensions={"timeout": {}})).read()
        server.answer = in_turn([lose_answer, GOOD])
        assert client.get_training_run("r").result(10)
        assert server.connections == 3


# An answer in an unusual form, which is a right one all the same.
BODY = json.dumps(TRAINING_RUN).encode()
FORMS = {
    "chunked": b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    + b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (BODY[:7], BODY[7:]))
    + b"0\r\nX-Trailer: 1\r\n\r\n",
    "until closed": b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + BODY,
    "http 1.0": b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + BODY,
    "early hints": b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + GOOD,
    "to be closed": GOOD.replace(b"Content-Type", b"Connection: close\r\nContent-Type"),
    "no media type": b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY,
    "gzip": reply(200, gzip.compress(BODY), "application/json", Content_Encoding="gzip"),
    "gzip in two members": reply(
        200, gzip.compress(BODY[:9]) + gzip.compress(BODY[9:]), "application/json", Content_Encoding="gzip"
    ),
    "capitals": GOOD.replace(b"application/json", b"Application/JSON; Charset=UTF-8"),
}


@pytest.mark.core_install
@pytest.mark.parametrize("form", list(FORMS))
def test_unusual_forms_of_answers_are_read(server: RecordingServer, form: str) -> None:
    async def answer_and_hang_up(writer: asyncio.StreamWriter) -> None:
        for start in range(0, len(FORMS[form]), 50):
            writer.write(FORMS[form][start : start + 50])
            await writer.drain()
            await asyncio.sleep(0.001)

    server.answer = lambda _: answer_and_hang_up
    with client_of(server, max_retries=0) as client:
        for number in (1, 2):
            assert client.get_training_run("r").result(10).training_run_id == "r"
            wait_until(lambda: not server.open_now)
            time.sleep(0.02)  # that the server hung up is on its way to the client
            assert server.connections == number


@pytest.mark.parametrize(("status", "body"), [(204, b""), (200, b""), (200, b"null"), (200, b'{"deleted": true}')])
@pytest.mark.parametrize("media_type", ["", "application/json"])
def test_the_answer_to_a_change_may_hold_anything(
    server: RecordingServer, status: int, body: bytes, media_type: str
) -> None:
    server.answer = lambda _: reply(status, body, media_type)
    with client_of(server, max_retries=0) as client:
        for _ in range(2):
            client.delete_checkpoint("r", "weights/1").result(10)
    assert (server.connections, len(server.requests)) == (1, 2)


@pytest.mark.core_install
def test_a_body_after_204_is_not_taken_for_the_next_answer(server: RecordingServer) -> None:
    server.answer = lambda _: reply(204, Content_Length="4") + b"null"
    with client_of(server, max_retries=0) as client:
        for _ in range(4):
            assert client.delete_checkpoint("r", "weights/1").result(10) is None
    assert len(server.requests) == 4


def test_an_endless_answer_is_not_read_to_its_end(server: RecordingServer) -> None:
    async def endless(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    server.answer = lambda _: endless
    with client_of(server, max_retries=0, attempt_timeout=20) as client:
        error = client.get_training_run("r").exception(30)
    assert isinstance(error, APIResponseValidationError)
    assert len(error.response.content) < 2 * _http.MAX_OTHER_BYTES
    wait_until(lambda: not server.open_now)


def test_a_small_answer_that_unpacks_to_a_huge_one(server: RecordingServer) -> None:
    bomb = gzip.compress(b" " * 2**26, 9)
    assert len(bomb) < 2**19
    server.answer = lambda _: reply(200, bomb, "text/html", Content_Encoding="gzip")
    with client_of(server, max_retries=0) as client:
        error = client.get_training_run("r").exception(30)
    assert isinstance(error, APIResponseValidationError)
    assert len(error.response.content) == _http.MAX_OTHER_BYTES + 1


def test_an_answer_whose_checksum_is_missing_cannot_be_read(server: RecordingServer) -> None:
    server.answer = lambda _: reply(200, gzip.compress(BODY)[:-8], "application/json", Content_Encoding="gzip")
    with client_of(server) as client:
        error = client.get_training_run("r").exception(10)
    assert isinstance(error, APIResponseValidationError)
    assert error.attempts == 1


@pytest.mark.parametrize("number", [2**63, 2**64 - 1, 2**64, -(2**63) - 1, 10**30])
def test_long_integers_are_exact(server: RecordingServer, number: int) -> None:
    server.answer = lambda _: reply(body={**TRAINING_RUN, "user_metadata": {"number": number}})
    with client_of(server) as client:
        assert client.get_training_run("r").result(10).user_metadata == {"number": number}


@pytest.mark.core_install
def test_what_is_no_number_is_none(server: RecordingServer) -> None:
    metadata = '{"a": NaN, "b": Infinity, "c": -Infinity, "d": 1.5}'
    body = f'{{"training_run_id": "r", "base_model": "b", "is_lora": true, "user_metadata": {metadata}}}'
    server.answer = lambda _: reply(200, body, "application/json")
    with client_of(server) as client:
        found = client.get_training_run("r").result(10).user_metadata
    assert found == {"a": None, "b": None, "c": None, "d": 1.5}


def test_long_headers_in_several_parts(server: RecordingServer) -> None:
    async def answer(writer: asyncio.StreamWriter) -> None:
        whole = GOOD.replace(b"Content-Type", b"X-Long: %s\r\nContent-Type" % (b"a" * 60_000))
        for start in range(0, len(whole), 10_000):
            writer.write(whole[start : start + 10_000])
            await writer.drain()
            await asyncio.sleep(0.002)

    server.answer = lambda _: answer
    with client_of(server, max_retries=0) as client:
        assert client.get_training_run("r").result(10).base_model == "b"


@pytest.mark.usefixtures("no_jitter")
@pytest.mark.core_install
def test_nobody_listens() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{bound.getsockname()[1]}"
        with RestClient(base_url=address, api_key=KEY, max_retries=1) as client:
            error = client.get_training_run("r").exception(30)
    assert isinstance(error, APIConnectionError)
    assert "no connection to 127.0.0.1" in str(error)
    assert error.attempts == 2


@pytest.mark.usefixtures("no_jitter")
@pytest.mark.parametrize(
    ("code", "attempts", "text"),
    [(socket.EAI_NONAME, 1, "; check base_url or TINKER_BASE_URL"), (socket.EAI_AGAIN, 3, "for a moment")],
)
def test_a_host_without_an_address(monkeypatch: pytest.MonkeyPatch, code: int, attempts: int, text: str) -> None:
    def no_address(*_: object, **__: object) -> None:
        raise socket.gaierror(code, "no address for a moment")

    monkeypatch.setattr(socket, "getaddrinfo", no_address)
    with RestClient(base_url="http://nobody.example", api_key=KEY, max_retries=2) as client:
        error = client.get_training_run("r").exception(30)
    assert isinstance(error, APIConnectionError)
    assert "no connection to nobody.example" in str(error)
    assert text in str(error)
    assert error.attempts == attempts


@pytest.mark.parametrize("header", ["Content-Length", "content-type", "X-Request-Id", "x-idempotency-key"])
def test_headers_that_each_request_has_of_its_own_are_refused(header: str) -> None:
    with pytest.raises(InvalidArgumentError, match=f"default_headers cannot set '{header}'"):
        RestClient(base_url="http://h", api_key=KEY, default_headers={header: "5"})


@pytest.mark.parametrize("header", ["a b", "", "a:b", "ü", "a\n", 5])
def test_headers_that_cannot_be_sent_are_refused(header: object) -> None:
    with pytest.raises(InvalidArgumentError, match="default_headers has an invalid header name"):
        RestClient(base_url="http://h", api_key=KEY, default_headers={header: "x"})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    "value", ["tml-secret\n", "tml-secret\r\nX: y", " tml-secret", "tml-secrét", None, b"tml-secret"]
)
def test_values_that_cannot_be_sent_are_refused_and_not_shown(value: object) -> None:
    with pytest.raises(InvalidArgumentError, match=r"default_headers\['X-Other'\] must be") as caught:
        RestClient(base_url="http://h", api_key=KEY, default_headers={"X-Other": value})  # type: ignore[dict-item]
    assert "secr" not in str(caught.value)


def test_default_headers_are_sent_and_win(server: RecordingServer) -> None:
    headers = {"Authorization": "Bearer abc", "user-agent": "mine/1", "x-api-key": "tml-another-key"}
    with client_of(server, default_headers=headers) as client:
        client.get_training_run("r").result(10)
    sent = server.requests[0]
    assert sent.header("Authorization") == "Bearer abc"
    assert sent.header("User-Agent") == "mine/1"
    assert sent.header("X-API-Key") == "tml-another-key"
    assert "abc" not in repr(client)


# TLS

AUTHORITY = trustme.CA()


@pytest.fixture
def tls_server() -> Iterator[RecordingServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert("localhost").configure_cert(context)
    with RecordingServer(tls=context) as running:
        yield running


@pytest.mark.core_install
def test_tls_with_the_authority_that_the_environment_names(
    tls_server: RecordingServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    AUTHORITY.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with client_of(tls_server) as client:
        for future in [client.get_training_run("r") for _ in range(10)]:
            assert future.result(10).training_run_id == "r"
        assert client.get_training_run("r").result(10)
    assert len(tls_server.requests) == 11
    wait_until(lambda: not tls_server.open_now)


@pytest.mark.core_install
def test_tls_with_an_authority_that_nobody_knows(tls_server: RecordingServer) -> None:
    with client_of(tls_server) as client:
        error = client.get_training_run("r").exception(10)
    assert isinstance(error, APIConnectionError)
    assert "certificate verify failed" in str(error)
    assert error.attempts == 1
    assert tls_server.requests == []


def test_tls_with_a_certificate_of_another_host(
    tls_server: RecordingServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    AUTHORITY.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    address = tls_server.base_url.replace("localhost", "127.0.0.1")
    with client_of(tls_server, base_url=address, max_retries=0) as client:
        error = client.get_training_run("r").exception(10)
    assert isinstance(error, APIConnectionError)
    assert tls_server.requests == []


@pytest.mark.usefixtures("no_jitter")
def test_a_deletion_that_was_never_sent_is_not_taken_as_done(
    tls_server: RecordingServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    AUTHORITY.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    tls_server.answer = lambda _: reply(404, {"detail": "no such checkpoint"})
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections, and shakes no hands
        addresses = iter([silent.getsockname()])
        connect = socket.create_connection

        def connect_to_silent_first(address: tuple[str, int], *rest: Any, **options: Any) -> socket.socket:
            return connect(next(addresses, address), *rest, **options)

        monkeypatch.setattr(socket, "create_connection", connect_to_silent_first)
        with client_of(tls_server, attempt_timeout=1) as client:
            error = client.delete_checkpoint("r", "weights/1").exception(10)
    assert isinstance(error, NotFoundError)
    assert error.attempts == 2
    assert len(tls_server.requests) == 1


# Proxies. The recording server is one: requests to it have whole addresses as their targets.


def as_proxy(request: RecordedRequest) -> bytes:
    return smallest_answer(RecordedRequest(request.method, "/" + request.target, request.headers, request.body))


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "ALL_PROXY"])
def test_a_proxy_is_taken_from_the_environment(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with RecordingServer(as_proxy) as proxy:
        monkeypatch.setenv(name, proxy.base_url)
        with client_of(proxy, base_url="http://api.invalid:8000/prefix") as client:
            futures = [client.get_training_run("a:b") for _ in range(20)]
            assert all(future.result(10).training_run_id == "r" for future in futures)
    assert set(proxy.lines) == {"GET http://api.invalid:8000/prefix/api/v1/training_runs/a:b?access_scope=owned"}
    assert proxy.requests[0].header("X-API-Key") == KEY


@pytest.mark.parametrize(
    ("variable", "value", "base_url", "text"),
    [
        ("ALL_PROXY", "socks5://127.0.0.1:1080", "http://h", "cannot use the proxy in HTTP_PROXY"),
        ("HTTP_PROXY", "foo:bar:baz", "http://h", "cannot use the proxy in HTTP_PROXY, HTTPS_PROXY or ALL_PROXY"),
        ("HTTPS_PROXY", "ftp://u:secret@x:1", "https://h", "cannot use the proxy in HTTP_PROXY"),
        ("SSL_CERT_FILE", "/nonexistent.pem", "https://h", "cannot read the certificates in SSL_CERT_FILE"),
        ("SSL_CERT_FILE", __file__, "https://h", "cannot read the certificates in SSL_CERT_FILE"),
        ("SSLKEYLOGFILE", "/nonexistent/keys", "https://h", "cannot write to the file in SSLKEYLOGFILE"),
    ],
)
def test_settings_of_the_environment_that_cannot_be_used(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, base_url: str, text: str
) -> None:
    monkeypatch.setenv(variable, value)
    with RestClient(base_url=base_url, api_key=KEY) as client:
        for _ in range(2):
            error = client.list_sessions().exception(10)
            assert isinstance(error, APIConnectionError)
            assert text in str(error)
            assert "secret" not in str(error)
            assert error.attempts == 1


@pytest.mark.usefixtures("no_jitter")
def test_a_proxy_that_is_down_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://user:secret@127.0.0.1:9")
    error = RestClient(base_url="http://h", api_key=KEY, max_retries=1).list_sessions().exception(10)
    assert isinstance(error, APIConnectionError)  # also if nobody keeps the client
    assert "no connection through the proxy 127.0.0.1:9: " in str(error)
    assert "secret" not in str(error)
    assert error.attempts == 2


@pytest.mark.usefixtures("no_jitter")
def test_a_proxy_that_refuses_did_not_send_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [
        reply(503, {"detail": "no"}, Connection="close"),  # to the request to connect
        reply(503, {"detail": "no"}, Connection="close"),
    ]
    with RecordingServer(in_turn(answers)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.base_url)
        with client_of(proxy, base_url="https://api.invalid", max_retries=1) as client:
            error = client.delete_checkpoint("r", "weights/1").exception(10)
    assert isinstance(error, APIConnectionError)
    assert "no connection through the proxy 127.0.0.1:" in str(error)
    assert {request.method for request in proxy.requests} == {"CONNECT"}
    assert all(request.header("X-API-Key") is None for request in proxy.requests)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_wants_a_password_is_asked_once(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    with RecordingServer(lambda _: reply(407, Connection="close")) as proxy:
        monkeypatch.setenv(f"{scheme}_proxy", proxy.base_url)
        with client_of(proxy, base_url=f"{scheme}://api.invalid") as client:
            error = client.list_sessions().exception(10)
    assert isinstance(error, APIConnectionError if scheme == "https" else APIStatusError)
    assert "407" in str(error)
    assert "user and password" in str(error)
    assert error.attempts == len(proxy.requests) == 1


def test_no_signed_url_is_logged_behind_a_proxy(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with RecordingServer(as_proxy) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.base_url)
        with client_of(proxy, base_url="http://api.invalid") as client:
            archive = client.get_checkpoint_archive_url("r", "weights/1").result(10)
    assert archive.url == SIGNED_URL
    assert "receive_response_headers.complete" in caplog.text
    assert "secret-signature" not in caplog.text
    assert KEY not in caplog.text


@pytest.mark.parametrize(
    "entries",
    ["example.com,127.0.0.1", "localhost,::1/128,127.0.0.1", "127.0.0.0/8", "ä.test, [::1], 127.0.0.1/32"],
)
def test_hosts_that_need_no_proxy(server: RecordingServer, monkeypatch: pytest.MonkeyPatch, entries: str) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", entries)
    with client_of(server, max_retries=0) as client:
        assert client.get_training_run("r").result(10)


# An entry of NO_PROXY, a base_url, and whether requests to it use no proxy.
ENTRIES = [
    ("*", "http://h.test", True), (" * ", "http://h.test", True), ("a.test,*", "http://h.test", True),
    (",,h.test,,", "http://h.test", True), ("h.test.", "http://h.test", True), ("H.test", "http://h.TEST", True),
    ("h.test", "http://gh.test", False), ("h.test:80", "http://h.test", True),
    (".test", "http://h.test", True), ("*.test", "http://h.test", True), ("*.h.test", "http://g-h.test", False),
    ("h.test:81", "http://h.test", False), (".0.0.1", "http://127.0.0.1", True), ("", "http://h", False),
    ("::1", "http://[::1]", True), ("[::1]:80", "http://[::1]", True), ("[::1]:81", "http://[::1]", False),
    ("2001:db8::/32", "http://[2001:db8::5]", True), ("2001:db8::/32", "http://[2001:db9::5]", False),
    ("10.0.0.0/33,10.0.0.0/8", "http://10.1.2.3", True), ("127.*", "http://127.0.0.1", False),
]  # fmt: skip


@pytest.mark.parametrize(("entry", "base_url", "is_direct"), ENTRIES)
def test_entries_of_no_proxy(monkeypatch: pytest.MonkeyPatch, entry: str, base_url: str, is_direct: bool) -> None:
    dialed: list[str] = []

    def refuse(address: tuple[str, int], *_: object, **__: object) -> None:
        dialed.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setenv("HTTP_PROXY", " http://proxy.test:3128 ")
    monkeypatch.setenv("NO_PROXY", entry)
    with RestClient(base_url=base_url, api_key=KEY, max_retries=0) as client:
        assert isinstance(client.list_sessions().exception(10), APIConnectionError)
    assert dialed == [httpx.URL(base_url).host if is_direct else "proxy.test"]


@pytest.mark.core_install
def test_faults_behind_a_proxy_are_the_same_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    with RecordingServer(as_proxy) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.base_url)
        with client_of(proxy, base_url="http://api.invalid", max_retries=1) as client:
            proxy.answer = in_turn([reply(502, "<html>", "text/html", Retry_After="0"), GOOD])
            assert client.get_training_run("r").result(10)
            proxy.answer = lambda _: never_answer
            error = client.with_options(attempt_timeout=0.2).get_training_run("r").exception(10)
            assert isinstance(error, APIConnectionError)
            assert error.attempts == 2
            future = client.get_training_run("r")
            wait_until(lambda: len(proxy.requests) == 5)
            future.cancel()
            wait_until(lambda: proxy.abandoned == 3)
            proxy.answer = lambda _: reply(302, Location="http://other.invalid/")
            assert "not followed" in str(client.get_training_run("r").exception(10))
            proxy.answer = lambda _: reply(200, b"no gzip", "application/json", Content_Encoding="gzip")
            assert isinstance(client.get_training_run("r").exception(10), APIResponseValidationError)


# What the user gives as `transport=`


def test_a_mock_transport_carries_the_calls() -> None:
    seen: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(503) if len(seen) == 1 else httpx.Response(200, json=TRAINING_RUN)

    mock = httpx.MockTransport(handle)
    with RestClient(base_url="http://nobody.invalid", api_key=KEY, transport=mock) as client:
        assert client.get_training_run("a:b").result(10).base_model == "b"
    assert str(seen[0].url) == "http://nobody.invalid/api/v1/training_runs/a:b?access_scope=owned"
    assert seen[1].headers["X-API-Key"] == KEY


def test_a_transport_of_httpx_is_left_open(server: RecordingServer) -> None:
    with httpx.HTTPTransport() as transport:
        for _ in range(2):
            with client_of(server, transport=transport) as client:
                client.delete_checkpoint("r", "weights/1").result(10)
        assert server.connections == server.open_now == 1


@pytest.mark.parametrize(
    ("raised", "attempts"),
    [(httpx.ConnectError("x"), 2), (httpx.ReadTimeout("x"), 2), (httpx.TimeoutException("no such mock"), 1)],
)
def test_what_a_transport_raises_is_an_error_of_ours(raised: httpx.TransportError, attempts: int) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise raised

    with RestClient(
        base_url="http://h", api_key=KEY, max_retries=1, transport=httpx.MockTransport(fail)
    ) as client:
        error = client.list_sessions().exception(10)
    assert isinstance(error, APIConnectionError)
    assert error.attempts == attempts


def test_what_is_no_transport_is_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="transport must have a method handle_request"):
        RestClient(base_url="http://h", api_key=KEY, transport=object())  # type: ignore[arg-type]


def test_idle_connections_of_all_clients_give_way_if_too_many_files_are_open(
    server: RecordingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = socket.create_connection

    def limited(*args: Any, **given: Any) -> socket.socket:
        if server.open_now:
            raise OSError(errno.EMFILE, "Too many open files")
        return connect(*args, **given)

    monkeypatch.setattr(socket, "create_connection", limited)
    with client_of(server) as idle, client_of(server, max_retries=5) as client:
        idle.list_sessions().result(10)
        assert client.list_sessions().result(20)
