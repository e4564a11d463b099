"""`tinker-rest doctor`: what it finds where something is wrong, one thing after the other, over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import gc
import io
import json
import re
import signal
import socket
import ssl
import subprocess
import threading
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
import trustme
from facade.recording_server import (
    KEY,
    RecordedRequest,
    RecordingServer,
    never_answer,
    reply,
    smallest_answer,
    token,
    wait_until,
)

from tinker_rest_sandbox import Sandbox

from .running import COMMAND, Run, environment, in_a_terminal

NAMES = ["versions", "address", "key", "server", "access", "operations", "latency", "clock"]
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


class Diagnosis:
    """What the command says in JSON."""

    def __init__(self, done: subprocess.CompletedProcess[str]) -> None:
        assert done.stderr == ""
        self.output = done.stdout
        self.whole = json.loads(done.stdout)
        self.status = done.returncode
        assert self.status == self.whole["exit_status"]
        self.findings = {one["name"]: one for one in self.whole["findings"]}
        assert [*self.findings] == NAMES  # also if something failed
        assert all(one["remedy"] for one in self.whole["findings"] if one["result"] in ("warn", "fail"))
        assert KEY not in self.output

    def of(self, level: str) -> list[str]:
        return [name for name, one in self.findings.items() if one["result"] == level]

    def __getitem__(self, name: str) -> str:
        """What a finding says and advises."""
        return f"{self.findings[name]['text']} > {self.findings[name]['remedy']}"


@pytest.fixture
def diagnose(run: Run) -> Any:
    """Runs the command; variables as for `run`."""

    def begin(base_url: str, options: str = "", **variables: str | None) -> Diagnosis:
        given: dict[str, Any] = {"TINKER_API_KEY": KEY, **variables}
        done = run(f"doctor -f json {options}", TINKER_BASE_URL=base_url, **given)
        if base_url.startswith("https:"):
            # TLS may still be saying goodbye when asyncio ends, which the end of a process does not mind.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ResourceWarning)
                gc.collect()
        return Diagnosis(done)

    return begin


@pytest.fixture
def server() -> Iterator[RecordingServer]:
    with RecordingServer() as running:
        yield running


# All is well


def test_all_is_well_on_one_screen_and_nothing_is_changed(seeded: Sandbox) -> None:
    status, shown, _ = in_a_terminal(["doctor"], width=80, variables=environment(seeded))
    lines = ESCAPE.sub("", shown).splitlines()
    assert (status, lines[-1]) == (0, "All is well.")
    assert len(lines) <= 24
    assert all(len(line) <= 80 for line in lines)
    assert [line[6:18].split()[0] for line in lines[:-1] if line[6] != " "] == NAMES
    assert {line[:4] for line in lines[:-1]} <= {"ok  ", "    "}
    assert "offered: training runs, checkpoints, sessions, models, billing" in " ".join(shown.split())
    assert "\x1b[32mok" in shown
    posts = [request.operation_id for request in seeded.requests if request.method != "GET"]
    assert {*posts} == {"get_client_config"}  # which any call with a key that the server does not know begins with
    assert seeded.api_key not in shown


def test_formats(run: Run) -> None:
    whole = json.loads(run("doctor -f json").stdout)
    assert [*whole] == ["findings", "total_count", "exit_status", "failures", "warnings"]
    assert {*whole["findings"][0]} == {"name", "result", "text", "remedy"}
    assert (whole["exit_status"], whole["failures"], whole["warnings"]) == (0, 0, 1)  # the scenario's clock
    assert [json.loads(line)["name"] for line in run("doctor -f jsonl").stdout.splitlines()] == NAMES
    assert [row["name"] for row in csv.DictReader(io.StringIO(run("doctor -f csv").stdout))] == NAMES
    assert run("doctor -q").stdout == "clock\n"
    assert "\x1b" not in run("doctor").stdout
    assert run("doctor", TINKER_API_KEY="tml-wrong").stdout.endswith("\n1 failure and 1 warning.\n")
    assert run("doctor -q", TINKER_API_KEY="tml-wrong").stdout == "access\nclock\n"


# The key


def test_no_key(account: Sandbox, diagnose: Any) -> None:
    found = diagnose(account.base_url, TINKER_API_KEY=None)
    assert (found.status, found.of("fail")) == (3, ["key"])
    assert found["key"].startswith("no API key found > Run `tinker-rest auth login` or set TINKER_API_KEY")
    assert "https://tinker.thinkingmachines.ai/keys" in found["key"]
    assert found["server"].startswith("responds like a Tinker server")
    assert found["access"].startswith("the server requires a key")
    assert found.findings["clock"]["result"] == "warn"  # that of the scenario


def test_a_wrong_key_changes_nothing_either(seeded: Sandbox, diagnose: Any) -> None:
    found = diagnose(seeded.base_url, TINKER_API_KEY="tml-wrong-key-of-somebody")
    assert (found.status, found.of("fail")) == (3, ["access"])
    assert found["access"].startswith("401 Unauthorized")
    assert "belongs to this server" in found["access"]
    assert found.of("skip") == ["operations"]
    # It was asked whether it wants tokens, as before any call; that is all.
    assert {request.operation_id for request in seeded.requests if request.method != "GET"} == {
        "get_client_config"
    }
    assert "somebody" not in found.output


@pytest.mark.parametrize(
    "key",
    [f"'{KEY}'", f'"{KEY}"', f"{KEY}\u2019", f"Bearer {KEY}", f"X-API-Key: {KEY}", f" {KEY}", f"{KEY}\n",
     f"{KEY[:9]} {KEY[9:]}", "sk-of-another-service"],
)  # fmt: skip
def test_keys_that_look_wrong(server: RecordingServer, diagnose: Any, key: str) -> None:
    found = diagnose(server.base_url, TINKER_API_KEY=key)
    assert (found.status, found.of("fail")) == (3, ["key"])
    assert "must begin with 'tml-'" in found["key"]
    assert "without quotes, spaces, line breaks or 'Bearer '" in found["key"]
    assert "another-service" not in found.output
    assert KEY[9:] not in found.output
    assert {request.header("X-API-Key") for request in server.requests} == {"tml-none"}


def test_where_the_key_is_from(server: RecordingServer, diagnose: Any, tmp_path: Path) -> None:
    stored = tmp_path / ".tinker" / "credentials.json"
    stored.parent.mkdir()
    stored.write_text(json.dumps({"default": "a", "keys": {"a": {"key": KEY}}}))
    stored.chmod(0o600)
    home = str(tmp_path)
    found = diagnose(server.base_url, TINKER_API_KEY=None, HOME=home)
    assert (found.status, found.of("warn")) == (0, [])
    assert found["key"].startswith("from ~/.tinker/credentials.json")
    stored.chmod(0o644)
    found = diagnose(server.base_url, TINKER_API_KEY=None, HOME=home)
    assert (found.status, found.of("warn")) == (0, ["key"])
    assert "open to other users (mode 644) > run chmod 600" in found["key"]
    assert diagnose(server.base_url, HOME=home)["key"].startswith("from TINKER_API_KEY")
    found = diagnose(server.base_url, TINKER_API_KEY="sk-1", TINKER_CREDENTIAL_CMD=f"echo {KEY}")
    assert found.of("warn") == ["key"]
    assert "from TINKER_CREDENTIAL_CMD, but TINKER_API_KEY must begin" in found["key"]
    stored.write_text("{")
    assert diagnose(server.base_url, TINKER_API_KEY=None, HOME=home).status == 3


def test_commands_and_tokens(account: Sandbox, diagnose: Any) -> None:
    found = diagnose(account.base_url, TINKER_API_KEY=None, TINKER_CREDENTIAL_CMD="exit 3")
    assert (found.status, found.of("fail")) == (3, ["access"])
    assert "exited with status 3" in found["access"]
    command = "exec sleep 60"
    found = diagnose(account.base_url, "--timeout 0.3", TINKER_API_KEY=None, TINKER_CREDENTIAL_CMD=command)
    assert (found.status, found.of("fail")) == (6, ["access"])
    assert "still waiting for the credential after 0.3 s" in found["access"]
    found = diagnose(account.base_url, TINKER_API_KEY=token(exp=1))
    assert (found.status, "expired JSON Web Token" in found["key"]) == (3, True)


# The way


def test_an_unknown_host(diagnose: Any) -> None:
    found = diagnose("https://no-such-host.invalid")
    assert (found.status, found.of("fail")) == (6, ["server"])
    assert "no connection to no-such-host.invalid: " in found["server"]
    assert "the spelling of the address" in found["server"]
    assert found.of("skip") == NAMES[4:]


def test_a_closed_port(diagnose: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as once:
        port = once.getsockname()[1]
    found = diagnose(f"http://127.0.0.1:{port}")
    assert (found.status, found.of("fail")) == (6, ["server"])
    assert re.search("no connection to 127.0.0.1:\\d+: .* refused > Check the port", found["server"])


def test_an_address_that_is_none(diagnose: Any) -> None:
    for address in ("nonsense", "https://user:secret@host", "ftp://host"):
        found = diagnose(address)
        assert (found.status, found.of("fail")) == (2, ["address"])
        assert "Correct TINKER_BASE_URL" in found["address"]
        assert "secret" not in found.output
    found = diagnose("http://198.51.100.1", "--timeout 0.2 --base-url nonsense")
    assert "Correct --base-url" in found["address"]


def test_a_host_that_does_not_answer(diagnose: Any) -> None:
    with socket.socket() as deaf, contextlib.ExitStack() as waiting:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        for _ in range(4):  # as many as it lets wait, and more: it takes no notice of the next one
            one = waiting.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(deaf.getsockname())
        found = diagnose(f"http://127.0.0.1:{deaf.getsockname()[1]}", "--timeout 0.5")
    assert (found.status, found.of("fail")) == (6, ["server"])
    assert "still connecting after 0.5 s" in found["server"]
    assert "firewalls" in found["server"]


def test_an_address_by_which_the_key_can_be_read(diagnose: Any) -> None:
    found = diagnose("http://no-such-host.invalid")
    assert (found.status, found.of("warn")) == (6, ["address"])
    assert "the key is sent unencrypted > Use https" in found["address"]


def tls_server(certificate: trustme.LeafCert) -> RecordingServer:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return RecordingServer(tls=context)


def test_tls(diagnose: Any, tmp_path: Path) -> None:
    authority = trustme.CA(organization_name="Wonderland Authority")
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    trusting = {"SSL_CERT_FILE": str(tmp_path / "ca.pem")}
    with tls_server(authority.issue_cert("localhost")) as server:
        found = diagnose(server.base_url, **trusting)
        assert (found.status, found.of("fail"), found.of("warn")) == (0, [], [])
        asked = len(server.requests)
        found = diagnose(server.base_url)
        assert (found.status, found.of("fail")) == (6, ["server"])
        assert "unable to get local issuer certificate" in found["server"]
        assert "set SSL_CERT_FILE to" in found["server"]
        assert len(server.requests) == asked
        found = diagnose(server.base_url.replace("localhost", "127.0.0.1"), **trusting)
        assert (found.status, "certificate is not valid for '127.0.0.1'" in found["server"]) == (6, True)
        found = diagnose(server.base_url.replace("https", "http"))
        assert (found.status, found.of("fail")) == (6, ["server"])
        assert "the address begins with https://" in found["server"]


def test_a_certificate_that_has_expired(diagnose: Any, tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    now = datetime.now(UTC)
    times = {"not_before": now - timedelta(days=90), "not_after": now - timedelta(days=1)}
    with tls_server(authority.issue_cert("localhost", **times)) as server:
        found = diagnose(server.base_url, SSL_CERT_FILE=str(tmp_path / "ca.pem"))
    assert (found.status, found.of("fail")) == (6, ["server"])
    assert "certificate has expired" in found["server"]
    assert "this machine's clock" in found["server"]


def test_certificates_that_cannot_be_read(account: Sandbox, diagnose: Any) -> None:
    address = account.base_url.replace("http:", "https:")
    for missing in ("/nonexistent.pem", __file__):
        found = diagnose(address, SSL_CERT_FILE=missing)
        assert (found.status, found.of("fail")) == (6, ["server"])
        assert "cannot read the certificates in SSL_CERT_FILE or SSL_CERT_DIR" in found["server"]
    found = diagnose(address)
    assert (found.status, found.of("fail")) == (6, ["server"])
    assert "without TLS begins with http://" in found["server"]


# Proxies. The recording server is one: requests to it have whole addresses as their targets.


def as_proxy(request: RecordedRequest) -> bytes:
    return smallest_answer(RecordedRequest(request.method, "/" + request.target, request.headers, request.body))


def test_a_proxy(diagnose: Any) -> None:
    with RecordingServer(as_proxy) as proxy:
        address = proxy.base_url.removeprefix("http://")
        found = diagnose("http://api.invalid", HTTP_PROXY=f"http://user:secret@{address}")
        assert (found.status, found.of("fail")) == (0, [])
        assert "secret" not in found.output
        assert all(line.startswith("GET http://api.invalid/api/v1/") for line in proxy.lines)
        count = len(proxy.requests)
        found = diagnose("http://api.invalid", HTTP_PROXY=proxy.base_url, NO_PROXY="api.invalid")
        assert (found.status, found.of("fail")) == (6, ["server"])
        assert len(proxy.requests) == count


def test_a_proxy_that_does_not_answer(diagnose: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as once:
        port = once.getsockname()[1]
    found = diagnose("https://api.invalid", ALL_PROXY=f"http://u:secret@127.0.0.1:{port}")
    assert (found.status, found.of("fail")) == (6, ["server"])
    assert f"no connection through the proxy 127.0.0.1:{port}: " in found["server"]
    assert "Fix or unset HTTP_PROXY, HTTPS_PROXY or ALL_PROXY" in found["server"]
    assert "secret" not in found.output
    for odd in ("ftp://127.0.0.1:1", "socks5://127.0.0.1:1"):
        found = diagnose("https://api.invalid", HTTPS_PROXY=odd)
        assert (found.status, found.of("fail")) == (6, ["server"])
        assert "cannot use the proxy in HTTP_PROXY, HTTPS_PROXY or ALL_PROXY" in found["server"]
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections, and says nothing
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        for scheme in ("http", "https"):
            found = diagnose(f"{scheme}://api.invalid", "--timeout 0.4", HTTP_PROXY=address, HTTPS_PROXY=address)
            assert (found.status, found.of("fail")) == (6, ["server"])


def test_tls_through_a_proxy(diagnose: Any, tmp_path: Path) -> None:
    authority = trustme.CA(organization_name="Wonderland Authority")
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with tls_server(authority.issue_cert("localhost")) as server, Tunnel() as proxy:
        found = diagnose(server.base_url, HTTPS_PROXY=proxy, SSL_CERT_FILE=str(tmp_path / "ca.pem"))
        assert (found.status, found.of("fail")) == (0, [])
        assert {request.method for request in server.requests} == {"GET"}
        found = diagnose(server.base_url, HTTPS_PROXY=proxy)
        assert (found.status, found.of("fail")) == (6, ["server"])
        assert "set SSL_CERT_FILE to" in found["server"]


class Tunnel:
    """A proxy that connects to whatever it is asked for; `with` gives its address."""

    def __enter__(self) -> str:
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.run_until_complete(self._end())
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # closed transports say so to the loop once more

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            host, _, port = head.split()[1].rpartition(":")
            from_there, to_there = await asyncio.open_connection(host, int(port))
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await asyncio.gather(self._pipe(reader, to_there), self._pipe(from_there, writer))
        writer.close()

    async def _pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        finally:
            writer.close()


# The server


def test_a_clock_that_is_off(diagnose: Any) -> None:
    for minutes, said in ((-10, "10min ahead of the server's"), (60 * 24 * 3, "3d behind the server's")):
        date = format_datetime(datetime.now(UTC) + timedelta(minutes=minutes), usegmt=True)
        header = f"\r\nDate: {date}\r\n".encode()

        def dated(request: RecordedRequest, header: bytes = header) -> bytes:
            answer = smallest_answer(request)
            if request.header("X-API-Key") == "tml-none":
                answer = reply(401, {"detail": "no such key"})
            return answer.replace(b"\r\n", header, 1)

        with RecordingServer(dated) as server:
            found = diagnose(server.base_url)
        assert (found.status, found.of("warn")) == (0, ["clock"])
        assert said in found["clock"]
        assert "Set the clock" in found["clock"]


def test_a_server_that_tells_no_time(server: RecordingServer, diagnose: Any) -> None:
    found = diagnose(server.base_url)
    assert (found.status, found.of("skip")) == (0, ["clock"])


def test_a_web_site(server: RecordingServer, diagnose: Any) -> None:
    for status in (200, 502):
        server.answer = lambda _, status=status: reply(status, "<html>Welcome</html>", "text/html")
        found = diagnose(server.base_url)
        assert found.of("fail") == ["server"]
        assert found.of("skip") == ["access", "operations", "latency", "clock"]
        assert found.status == (1 if status == 200 else 6)
        if status == 200:
            assert "not a Tinker server: " in found["server"]
            assert "Check TINKER_BASE_URL" in found["server"]


def test_a_wrong_path(account: Sandbox, diagnose: Any) -> None:
    for path in ("/wrong", "/api/v1", "/docs"):
        found = diagnose(account.base_url + path, TINKER_API_KEY=account.api_key)
        assert (found.status, found.of("fail")) == (1, ["server"])
        assert "does not offer this operation" in found["server"]
        assert "must not include /api/v1" in found["server"]


def test_a_redirect(server: RecordingServer, diagnose: Any) -> None:
    server.answer = lambda _: reply(301, Location="https://www.example.com/login?token=secret")
    found = diagnose(server.base_url)
    assert (found.status, found.of("fail")) == (1, ["server"])
    assert "redirect to www.example.com" in found["server"]
    assert "secret" not in found.output


def test_a_compatible_server_that_lacks_a_part(server: RecordingServer, diagnose: Any) -> None:
    lacks = ("sessions", "capabilities", "billing")

    def answer(request: RecordedRequest) -> bytes:
        if any(word in request.target for word in lacks):
            return reply(404 if "sessions" in request.target else 405, {"detail": "Not Found"})
        return smallest_answer(request)

    server.answer = answer
    found = diagnose(server.base_url)
    assert (found.status, found.of("warn")) == (0, ["operations"])
    assert found["operations"].startswith("offered: training runs, checkpoints; not offered: sessions, models, ")
    lacks = ("billing",)
    found = diagnose(server.base_url)
    assert (found.status, found.of("warn")) == (0, [])


def test_what_is_for_administrators(account: Sandbox, diagnose: Any) -> None:
    found = diagnose(account.base_url, TINKER_API_KEY=account.other_api_key)
    assert (found.status, found.of("warn")) == (0, ["clock"])
    assert "not for this key: billing" in found["operations"]


@pytest.mark.parametrize(("status", "exit_status"), [(402, 1), (403, 3)])
def test_what_a_key_may_not(server: RecordingServer, diagnose: Any, status: int, exit_status: int) -> None:
    server.answer = lambda _: reply(status, {"detail": "no"})
    found = diagnose(server.base_url)
    assert (found.status, found.of("fail")) == (exit_status, ["access"])


def test_a_key_is_proven_by_a_call_that_needs_one(server: RecordingServer, diagnose: Any) -> None:
    """Models may be open to everyone, and so may be the whole server."""

    def models_alone(request: RecordedRequest) -> bytes:
        is_open = "capabilities" in request.target
        return smallest_answer(request) if is_open else reply(401, {"detail": "no such key"})

    server.answer = models_alone
    found = diagnose(server.base_url)
    assert (found.status, found.of("fail")) == (3, ["access"])
    assert "no such key" in found["access"]
    server.answer = smallest_answer
    assert "yours is not verified" in diagnose(server.base_url)["access"]


@pytest.mark.parametrize("missing", [404, 405])
def test_a_key_is_proven_on_a_server_that_offers_little(
    server: RecordingServer, diagnose: Any, missing: int
) -> None:
    accepted: set[str | None] = set()

    def models_with_a_key(request: RecordedRequest) -> bytes:
        if "capabilities" not in request.target:
            return reply(missing, {"detail": "Not Found"})
        is_known = request.header("X-API-Key") in accepted
        return smallest_answer(request) if is_known else reply(401, {"detail": "no such key"})

    server.answer = models_with_a_key
    found = diagnose(server.base_url)
    assert (found.status, found.of("fail")) == (3, ["access"])
    assert "no such key" in found["access"]
    accepted.update(request.header("X-API-Key") for request in server.requests)
    accepted.discard("tml-none")
    assert diagnose(server.base_url)["access"].startswith("the server accepts the key")


def test_a_server_that_fails(server: RecordingServer, diagnose: Any) -> None:
    server.answer = lambda _: reply(503, {"detail": "Back soon."}, Retry_After="1")
    found = diagnose(server.base_url)
    assert (found.status, found.of("fail")) == (6, ["server"])
    assert "503 Service Unavailable: Back soon." in found["server"]

    def some(request: RecordedRequest) -> bytes:
        return reply(500, {"detail": "x"}) if "sessions" in request.target else smallest_answer(request)

    server.answer = some
    found = diagnose(server.base_url)
    assert (found.status, found.of("warn")) == (0, ["operations"])
    assert "failed: sessions (500)" in found["operations"]


def test_a_server_that_never_answers(server: RecordingServer, diagnose: Any) -> None:
    server.answer = lambda _: never_answer
    found = diagnose(server.base_url, "--timeout 0.5")
    assert (found.status, found.of("fail")) == (6, ["server"])
    assert "still waiting for the response after 0.5 s" in found["server"]
    assert len(server.requests) == 1


@pytest.mark.long
def test_a_slow_server(seeded: Sandbox, diagnose: Any) -> None:
    seeded.faults.add(delay=1.2, times=None)
    found = diagnose(seeded.base_url, TINKER_API_KEY=seeded.api_key)
    assert (found.status, found.of("warn")) == (0, ["latency"])
    assert re.match(r"1,\d\d\d ms a call", found["latency"])


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_ends_it(server: RecordingServer, account: Sandbox) -> None:
    server.answer = lambda _: never_answer
    process = subprocess.Popen(
        [COMMAND, "doctor"],
        env=environment(account, TINKER_BASE_URL=server.base_url),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    wait_until(lambda: server.requests, seconds=60)
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=60)
    assert (process.returncode, error) == (130, "tinker-rest: interrupted\n")
    assert out.splitlines()[-1].startswith("ok    key ")


def test_it_goes_on_after_failures_and_tells_the_first(run: Run) -> None:
    done = run("doctor", TINKER_BASE_URL="http://no-such-host.invalid", TINKER_API_KEY="'tml-x'")
    assert done.returncode == 3  # of the key, which was looked at first
    lines = done.stdout.splitlines()
    assert lines[-1] == "2 failures and 1 warning."
    assert [line.split()[1] for line in lines if line.startswith("fail")] == ["key", "server"]
    assert sum(line.lstrip().startswith("> ") for line in lines) == 3
