"""What `tinker-rest doctor` checks: this machine, the way to the server (without the key), and its answers."""

from __future__ import annotations

import base64
import json
import os
import platform
import ssl
import time
import urllib.request
import warnings
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.util import find_spec
from ipaddress import ip_address, ip_network
from pathlib import Path
from socket import gaierror
from subprocess import DEVNULL, PIPE, TimeoutExpired, run
from threading import Thread
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
from attrs import define, evolve, field, frozen

from tinker_rest import SPEC_SHA256, SPEC_VERSION, AdminClient, RestClient, __version__, errors
from tinker_rest_cli.failures import ExitStatus, explain
from tinker_rest_cli.formatting import counted

T = TypeVar("T")

SECONDS = 5.0  # for a step
SLOW_SECONDS = 1.0
CLOCK_SECONDS = 60.0  # a smaller difference is no fault
MIN_DAYS = 14  # that a certificate should be valid
KEY, COMMAND, STORED = "TINKER_API_KEY", "TINKER_CREDENTIAL_CMD", "~/.tinker/credentials.json"
WAY = ("proxy", "name", "connection", "TLS")
SERVER = ("server", "access", "operations", "clock", "latency")
OPERATIONS = {
    "training runs": "list_training_runs",
    "checkpoints": "list_user_checkpoints",
    "sessions": "list_sessions",
    "models": "get_server_capabilities",
    "billing": "get_current_checkpoint_storage_usage",
}
CHECK_ADDRESS = "Check the address, TINKER_BASE_URL: it ends before /api/v1"


@frozen
class Finding:
    """The result of a check: `ok`, `warn`, `fail`, or `skip` if it could not be made or does not apply."""

    name: str
    level: str
    text: str
    remedy: str = ""
    status: ExitStatus = ExitStatus.NETWORK  # of commands that meet this failure
    facts: Mapping[str, Any] = field(factory=dict)  # for programs


def examine(base_url: str | None, seconds: float) -> Iterator[Finding]:
    """Check everything, except for what needs something that failed; each step has some seconds."""
    fast = [name for name in ("orjson",) if find_spec(name)]
    python = platform.python_version()
    versions = {"tinker_rest": __version__, "spec": SPEC_VERSION, "spec_sha256": SPEC_SHA256, "python": python}
    text = f"tinker-rest {__version__}, API {SPEC_VERSION}, Python {python}, {', '.join(fast) or 'no [fast]'}"
    yield Finding("versions", "ok", text, facts={**versions, "httpx": httpx.__version__, "fast": fast})
    address, url = _check_address(base_url)
    yield address
    key = _check_key(seconds)
    yield key
    if url is None:
        yield from map(_skipped, (*WAY, *SERVER))
        return
    way = _check_way(httpx.URL(url), seconds)
    yield from way.findings
    if any(finding.level == "fail" for finding in way.findings):
        yield from map(_skipped, SERVER)
    else:
        yield from _check_server(url, way, seconds, has_key=key.level != "fail")


def _skipped(name: str, why: str = "skipped: an earlier check failed") -> Finding:
    return Finding(name, "skip", why)


def _limited(seconds: float, work: Callable[[], T]) -> T:
    """What a function returns. Raises TimeoutError after some time; the thread of a hanging call stays behind."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    Thread(target=run, daemon=True).start()
    return future.result(seconds)


def _check_address(base_url: str | None) -> tuple[Finding, str | None]:
    source = "TINKER_BASE_URL" if os.environ.get("TINKER_BASE_URL") else "default"
    source = source if base_url is None else "--base-url"
    try:
        with RestClient(base_url=base_url, api_key="tml-none") as client:  # sends nothing
            address = client.base_url
    except errors.InvalidArgumentError as error:
        remedy = f"Correct {source}; without it, production is used"
        return Finding("address", "fail", str(error), remedy, ExitStatus.USAGE), None
    found = Finding("address", "ok", f"{address}, from {source}", facts={"base_url": address, "source": source})
    url = httpx.URL(address)
    if url.scheme == "http" and url.host != "::1" and not url.host.startswith(("127.", "localhost")):
        text = f"{found.text}: the key is sent unencrypted"
        found = evolve(found, level="warn", text=text, remedy="Use https, unless the network is yours alone")
    return found, address


def _check_key(seconds: float) -> Finding:
    try:
        with warnings.catch_warnings(record=True) as notes:
            warnings.simplefilter("always")
            RestClient(base_url="http://localhost").close()  # finds the key, and sends nothing
        note, _, remedy = str(notes[0].message).partition(": ") if notes else ("", "", "")
        source, key = _find_key(seconds, is_refused=KEY in note)
        claims = _claims(key)
        expiry = claims["exp"] if isinstance(claims.get("exp"), int) else 2**40
        if expiry < time.time():
            raise errors.CredentialsError(f"the JSON Web Token from {source} has expired")  # noqa: TRY301
    except errors.CredentialsError as error:
        remedy = f"Set {KEY} to the key and nothing else: tml-…, without quotes or 'Bearer '"
        return Finding("key", "fail", explain(error)[0], remedy, ExitStatus.CREDENTIALS)
    except (TimeoutError, TimeoutExpired):
        text = f"the command in {COMMAND} did not end within {seconds:g} s"
        return Finding("key", "fail", text, "Run it to see what it waits for", ExitStatus.CREDENTIALS)
    end = f" until {datetime.fromtimestamp(expiry, UTC):%Y-%m-%d %H:%M} UTC" if expiry < 2**35 else ""
    kind = f"a JSON Web Token of {claims.get('email', 'nobody')}{end}" if claims else "an API key"
    text = f"{kind}, {'printed by the command in' if source == COMMAND else 'from'} {source}"
    found = Finding("key", "ok", text, facts={"source": source, "is_token": bool(claims)})
    remedy = remedy or "Correct it or unset it"
    return evolve(found, level="warn", text=f"{text}; but {note}", remedy=remedy) if note else found


def _find_key(seconds: float, *, is_refused: bool) -> tuple[str, str]:
    """Where a client takes its key from, and the key."""
    key, command = os.environ.get(KEY), os.environ.get(COMMAND)
    if key and not is_refused:
        return KEY, key
    if not command:
        stored = json.loads(Path(STORED).expanduser().read_bytes())
        return STORED, stored["keys"][stored["default"]]["key"]
    options: dict[str, Any] = {"shell": True, "stdin": DEVNULL, "stdout": PIPE, "stderr": DEVNULL}  # as clients do
    done = _limited(seconds, lambda: run(command, timeout=seconds, **options))  # noqa: S603
    if done.returncode:
        raise errors.CredentialsError(f"the command in {COMMAND} ended with exit status {done.returncode}")
    return COMMAND, done.stdout.decode("utf-8", "replace").strip()


def _claims(key: str) -> dict[str, Any]:
    """What a JSON Web Token says; nothing for another key."""
    try:
        payload = key.split(".")[1]
        return dict(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))))
    except (IndexError, ValueError, TypeError):
        return {}


@define
class Way:
    """The way to a server, and its response to a request without the key."""

    findings: list[Finding]
    response: httpx.Response | None = None
    error: Exception | None = None
    clock_difference: float | None = None


def _check_way(url: httpx.URL, seconds: float) -> Way:
    source, proxy = _proxy_of(url)
    shown = proxy.rpartition("@")[2].rpartition("//")[2]  # without user and password
    none = f"none: NO_PROXY excludes the server from {source}" if source else "none"
    left = ("skip", "left to the proxy") if proxy else None
    found = [
        Finding("proxy", "ok", f"{shown}, from {source}" if proxy else none),
        Finding("name", *(left or ("ok", f"{url.host} is known"))),
        Finding("connection", *(left or ("ok", f"to port {url.port or url.scheme}"))),
        _skipped("TLS", "none, since the address is http"),
    ]
    way = Way(found)
    try:
        _limited(3 * seconds, lambda: _send(way, url, proxy, seconds))
    except (httpx.HTTPError, ImportError, ValueError, OSError) as error:
        way.error = error
        failure = _failure(error, url, source, shown)
        if failure is not None:
            number = WAY.index(failure.name)
            found[number:] = [failure, *map(_skipped, WAY[number + 1 :])]
        if isinstance(error, FileNotFoundError | ssl.SSLError):  # of the certificates; nothing was sent
            found[1:3] = map(_skipped, WAY[1:3])
    return way


def _send(way: Way, url: httpx.URL, proxy: str, seconds: float) -> None:
    context = httpx.create_ssl_context() if url.scheme == "https" else False
    target = f"{str(url).rstrip('/')}/api/v1/training_runs?limit=1&offset=0"
    with (
        httpx.Client(verify=context, proxy=proxy or None, trust_env=False, timeout=seconds) as client,
        client.stream("GET", target, headers={"Accept": "application/json"}) as response,
    ):
        with suppress(KeyError, ValueError):
            # The header has whole seconds, so it is half a second late on average.
            way.clock_difference = time.time() - parsedate_to_datetime(response.headers["date"]).timestamp() - 0.5
        if url.scheme == "https":
            way.findings[3] = _certified(response.extensions["network_stream"].get_extra_info("ssl_object"))
        response.read()
    way.response = response


def _failure(error: Exception, url: httpx.URL, source: str, proxy: str) -> Finding | None:
    """The finding for an error; None if the server was reached."""
    causes: list[BaseException] = [error]
    while cause := causes[-1].__cause__ or causes[-1].__context__:
        causes.append(cause)
    root = causes[-1]
    is_late = any(isinstance(cause, httpx.TimeoutException | TimeoutError) for cause in causes)
    why = "it refuses connections" if isinstance(root, ConnectionRefusedError) else getattr(root, "strerror", "")
    why = "no answer in time" if is_late else errors.redact(why or str(root) or type(root).__name__)
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _refused(cause.verify_message)
    if isinstance(error, FileNotFoundError | ssl.SSLError) and (name := _certificates()):
        remedy = f"Point {name} to certificates in PEM form, or unset it"
        return Finding("TLS", "fail", f"the certificates in {name} cannot be read: {why}", remedy)
    connecting = (httpx.ConnectError, httpx.ConnectTimeout)
    is_answered = isinstance(error, httpx.HTTPError) and not isinstance(error, connecting)
    if any(isinstance(cause, ssl.SSLError) for cause in causes) or (url.scheme == "https" and is_answered):
        remedy = "Check firewalls and the port; the address of a server without TLS begins with http://"
        return Finding("TLS", "fail", f"none: {why}", remedy)
    if is_answered:
        return None
    if proxy:
        what = "does not answer" if isinstance(error, httpx.TransportError) else "cannot be used"
        remedy = f"Correct or unset {source}; hosts in NO_PROXY are reached directly"
        return Finding("proxy", "fail", f"{proxy}, from {source}, {what}: {why}", remedy)
    if isinstance(root, gaierror | UnicodeError):
        remedy = "Check the network and its name server, and the spelling of the address"
        return Finding("name", "fail", f"{url.host} is not known: {why}", remedy)
    remedy = "Check the port in the address, whether the server runs, and firewalls"
    remedy = "A firewall may block it; if only a proxy leads out, set HTTPS_PROXY" if is_late else remedy
    return Finding("connection", "fail", f"none to {url.host} port {url.port or url.scheme}: {why}", remedy)


def _certificates() -> str:
    """The variable that names the trusted certificates; empty for none."""
    return next((name for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if os.environ.get(name)), "")


def _proxy_of(url: httpx.URL) -> tuple[str, str]:
    """What names a proxy for a URL, and the proxy unless NO_PROXY excludes the host; empty for none."""
    proxies = urllib.request.getproxies()
    kind = url.scheme if proxies.get(url.scheme) else "all"
    if not proxies.get(kind):
        return "", ""
    source = next((one for one in (f"{kind}_proxy", f"{kind.upper()}_PROXY") if os.environ.get(one)), "the system")
    is_bypassed = urllib.request.proxy_bypass(url.netloc.decode("ascii"))
    for entry in proxies.get("no", "").split(","):
        with suppress(ValueError):  # a name; urllib knows names, but no networks
            is_bypassed = is_bypassed or ip_address(url.host) in ip_network(entry.strip(" []"), strict=False)
    return source, "" if is_bypassed else proxies[kind]


def _certified(session: ssl.SSLObject) -> Finding:
    certificate: Any = session.getpeercert()
    names = {key: value for part in certificate.get("issuer", ()) for key, value in part}
    issuer = names.get("organizationName") or names.get("commonName") or "an unnamed authority"
    end = datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)
    days = (end - datetime.now(UTC)).days
    text = f"{session.version()}, certificate of {issuer} until {end:%Y-%m-%d} ({counted(days, 'day')})"
    text += f", checked with {_certificates()}" if _certificates() else ""
    remedy = "Ask the server's operators to renew the certificate" if days < MIN_DAYS else ""
    return Finding("TLS", "warn" if remedy else "ok", text, remedy)


def _refused(said: str) -> Finding:
    if "expired" in said or "not yet valid" in said:
        remedy = "Check this machine's clock; if it is right, the server's operators must renew the certificate"
    elif "mismatch" in said.lower() or "not valid for" in said:
        remedy = "Check the address: the certificate is of another name"
    else:
        remedy = "If your company or its proxy issued it, let SSL_CERT_FILE name the PEM file of that authority"
    return Finding("TLS", "fail", f"the certificate is not trusted: {said}", remedy)


def _check_server(url: str, way: Way, seconds: float, *, has_key: bool) -> Iterator[Finding]:
    answers: dict[str, Any] = {}  # results and errors
    times: list[float] = []
    options: dict[str, Any] = {"base_url": url, "timeout": seconds, "max_retries": 0}
    if has_key and way.response is not None:
        with RestClient(**options) as client, AdminClient(**options) as admin:
            for name, method in OPERATIONS.items():
                began = time.monotonic()
                try:
                    given = {"limit": 1} if method.startswith("list") else {}
                    answers[name] = getattr(admin if name == "billing" else client, method)(**given).result()
                except errors.TinkerError as error:
                    answers[name] = error
                times.append(time.monotonic() - began)
    server = _server(way, answers)
    yield server
    access = _access(way, answers) if server.level == "ok" else _skipped("access")
    yield access
    yield _operations(answers) if access.level == "ok" else _skipped("operations")
    yield _clock(way.clock_difference)
    if server.level != "ok" or not times:
        yield _skipped("latency")
        return
    text = f"{min(times) * 1000:,.0f} ms a call; the first took {times[0] * 1000:,.0f} ms"
    remedy = "" if min(times) < SLOW_SECONDS else "The server or the network is slow; --timeout gives it more time"
    yield Finding("latency", "warn" if remedy else "ok", text, remedy, facts={"seconds": round(min(times), 4)})


def _server(way: Way, answers: Mapping[str, Any]) -> Finding:
    response = way.response
    if response is None:
        remedy = "Try again, with --timeout 30 for a slow server; if it has TLS, the address begins with https://"
        is_late = isinstance(way.error, httpx.TimeoutException | TimeoutError)
        return Finding("server", "fail", "no answer in time" if is_late else f"no answer: {way.error}", remedy)
    status, kind = response.status_code, response.headers.get("content-type", "no content type").partition(";")[0]
    failures = [answer for answer in answers.values() if isinstance(answer, errors.TinkerError)]
    if len(failures) < len(answers) or (kind == "application/json" and status in (200, 401, 402, 403)):
        return Finding("server", "ok", "answers as one of Tinker does")
    if status >= 500 or status == 429:
        text = explain(failures[0])[0] if failures else f"answers {status}"
        return Finding("server", "fail", text, "Try again later; if it persists, tell the server's operators")
    text = f"answers, but not as one of Tinker: {status}, {kind}"
    if response.has_redirect_location:
        text = f"answers with a redirect to {urlsplit(response.headers['location']).hostname or 'another path'}"
    elif kind == "application/json":
        text = f"answers {status} to every operation: Tinker's API is not below this address"
    return Finding("server", "fail", text, f"It may be a proxy's page. {CHECK_ADDRESS}", ExitStatus.FAILED)


def _access(way: Way, answers: Mapping[str, Any]) -> Finding:
    wants_key = way.response is not None and way.response.status_code in (401, 403)
    if not answers:
        return _skipped("access", "the server wants a key" if wants_key else "the server asks for no key")
    for name in ("training runs", "checkpoints", "sessions"):  # others may be open to everyone
        answer = answers[name]
        if not isinstance(answer, errors.TinkerError):
            unproven = "the server answers without a key too, so yours is not proven"
            return Finding("access", "ok", "the server takes the key" if wants_key else unproven)
        text, exit_status = explain(answer)
        status = getattr(answer, "status_code", 401 if isinstance(answer, errors.CredentialsError) else 0)
        if status in (401, 402, 403):
            remedies = {
                401: "Use a key of this server: a wrong or revoked one, or one of another server, is refused",
                402: "Settle the account's billing",
                403: "This needs a different key or role",
            }
            text = f"refused: {getattr(answer, 'message', text)}"
            return Finding("access", "fail", text, remedies[status], exit_status)
    return Finding("access", "ok", "no call that needs a key was answered, so yours is not proven")


def _operations(answers: Mapping[str, Any]) -> Finding:
    groups: dict[str, list[str]] = {"": [], "not for this key": [], "not offered": [], "failed": []}
    facts: dict[str, Any] = {}
    for name, answer in answers.items():
        is_error, status = isinstance(answer, errors.TinkerError), getattr(answer, "status_code", "no answer")
        facts[OPERATIONS[name]] = status if is_error else "ok"
        if status == 403:
            groups["not for this key"].append(name)
        elif status == 404 or getattr(answer, "operation_unsupported", False):
            groups["not offered"].append(name)
        elif is_error:
            groups["failed"].append(f"{name} ({status})")
        else:
            cursor, models = getattr(answer, "cursor", None), getattr(answer, "supported_models", None)
            count = cursor.total_count if cursor else len(models or ())
            groups[""].append(counted(count, name.removesuffix("s")) if count else name)
    text = "; ".join(f"{kind}: {', '.join(names)}".removeprefix(": ") for kind, names in groups.items() if names)
    remedy = "Try again later; -vv shows the answers" if groups["failed"] else ""
    if not remedy and {*groups["not offered"]} - {"billing"}:
        remedy = "Use only what the server offers: compatible servers lack a part of the API"
    return Finding("operations", "warn" if remedy else "ok", text, remedy, facts=facts)


def _clock(difference: float | None) -> Finding:
    if difference is None:
        return _skipped("clock", "the server does not tell the time")
    text, remedy = f"within {max(2, round(abs(difference)))} s of the server's", ""
    if abs(difference) >= CLOCK_SECONDS:
        minutes = counted(round(abs(difference) / 60), "minute")
        text = f"{minutes} {'ahead of' if difference > 0 else 'behind'} the server's"
        remedy = "Set the clock (NTP): ages and expiries are counted wrongly, and tokens may be refused"
    facts = {"seconds_ahead": round(difference, 1)}
    return Finding("clock", "warn" if remedy else "ok", text, remedy, facts=facts)
