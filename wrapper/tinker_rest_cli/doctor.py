"""The checks of `tinker-rest doctor`: this machine, the connection (without the key), and the responses."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Iterator, Mapping
from email.utils import parsedate_to_datetime
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from attrs import frozen

from tinker_rest import SPEC_VERSION, AdminClient, APIFuture, RestClient, __version__, errors
from tinker_rest_cli.credentials import key_in_use
from tinker_rest_cli.failures import GET_KEY, NO_KEY, ExitStatus, explain
from tinker_rest_cli.formatting import span

SLOW_SECONDS = 1.0
CLOCK_SECONDS = 60.0  # smaller differences are fine
OPERATIONS = {
    "training runs": "list_training_runs",
    "checkpoints": "list_user_checkpoints",
    "sessions": "list_sessions",
    "models": "get_server_capabilities",
    "billing": "get_current_checkpoint_storage_usage",
}
# By the message of a failed connection; the first match counts.
REMEDIES = {
    "CERTIFICATE_VERIFY_FAILED": "Check the address and this machine's clock; if your company or its proxy issued"
    " the certificate, set SSL_CERT_FILE to the PEM file of that authority",
    "SSL_CERT_FILE": "Point SSL_CERT_FILE or SSL_CERT_DIR to certificates in PEM form, or unset it",
    "[SSL": "Check firewalls and the port; the address of a server without TLS begins with http://",
    "the proxy ": "Fix or unset HTTP_PROXY, HTTPS_PROXY or ALL_PROXY; hosts in NO_PROXY are reached directly",
    "check base_url": "Check the network and its name server, and the spelling of the address",
    "": "Check the port, firewalls, and that the server is running; with TLS, the address begins with https://;"
    " if you need a proxy, set HTTPS_PROXY",
}
REFUSED = (errors.AuthenticationError, errors.BillingError, errors.PermissionDeniedError, errors.CredentialsError)


@frozen
class Finding:
    """The result of a check: `ok`, `warn`, `fail`, or `skip` if it could not run or does not apply."""

    name: str
    result: str
    text: str
    remedy: str | None = None
    status: ExitStatus = ExitStatus.NETWORK  # of commands that fail for this reason


def examine(options: dict[str, Any]) -> Iterator[Finding]:
    """Check everything possible with these client options; the `timeout` is for each step."""
    fast = "with" if find_spec("orjson") else "without"
    text = f"tinker-rest {__version__} {fast} [fast], API {SPEC_VERSION}, Python {platform.python_version()}"
    yield Finding("versions", "ok", text)
    address = _check_address(options["base_url"])
    yield address
    key = _check_key()
    yield key
    if address.result == "fail":
        yield from map(_skipped, ("server", "access", "operations", "latency", "clock"))
        return
    with RestClient(**options, api_key="tml-none") as client:
        error = _error_of(client.list_training_runs, limit=1)
        if _is_missing(error):  # some compatible servers have no runs
            error = _error_of(client.get_server_capabilities)
    now = time.time()
    server = _check_server(error)
    yield server
    if server.result == "fail":
        yield from map(_skipped, ("access", "operations", "latency", "clock"))
        return
    if key.result == "fail":
        yield _skipped("access", "the server requires no key" if error is None else "the server requires a key")
        yield from map(_skipped, ("operations", "latency"))
    else:
        yield from _check_answers(options, is_open=error is None)
    yield _check_clock(getattr(error, "headers", {}), now)


def _skipped(name: str, why: str = "skipped: an earlier check failed") -> Finding:
    return Finding(name, "skip", why)


def _error_of(method: Callable[..., APIFuture[Any]], **given: Any) -> errors.TinkerError | None:
    try:
        method(**given).result()
    except errors.TinkerError as error:
        return error
    return None


def _check_address(base_url: str | None) -> Finding:
    source = "TINKER_BASE_URL" if os.environ.get("TINKER_BASE_URL") else "default"
    source = source if base_url is None else "--base-url"
    try:
        with RestClient(base_url=base_url, api_key="tml-none") as client:  # sends nothing
            url = urlsplit(client.base_url)
    except errors.InvalidArgumentError as error:
        remedy = f"Correct {source}; without it, production is used"
        return Finding("address", "fail", str(error), remedy, ExitStatus.USAGE)
    text = f"{url.geturl()}, from {source}"
    if url.scheme == "http" and not (url.hostname or "").startswith(("127.", "localhost", "::1")):
        remedy = "Use https, unless you trust the network"
        return Finding("address", "warn", f"{text}: the key is sent unencrypted", remedy)
    return Finding("address", "ok", text)


def _check_key() -> Finding:
    try:
        source, note = key_in_use()
    except errors.CredentialsError as error:
        if str(error).startswith(NO_KEY):
            return Finding("key", "fail", NO_KEY, GET_KEY, ExitStatus.CREDENTIALS)
        remedy = "Use only the key itself: tml-…, without quotes or 'Bearer '"
        return Finding("key", "fail", str(error), remedy, ExitStatus.CREDENTIALS)
    note, _, remedy = note.partition(": ")
    if note:
        return Finding("key", "warn", f"from {source}, but {note}", remedy or "Fix or unset it")
    return Finding("key", "ok", f"from {source}")


def _check_server(error: errors.TinkerError | None) -> Finding:
    """Judge the response to a call with a fake key, which servers refuse."""
    if error is None or isinstance(error, REFUSED):
        return Finding("server", "ok", "responds like a Tinker server")
    text = getattr(error, "message", str(error))
    if isinstance(error, errors.InternalServerError | errors.RateLimitError):
        return Finding("server", "fail", text, "Try again later; if it persists, contact the server's operators")
    if isinstance(error, errors.APIResponseError):
        remedy = "Check TINKER_BASE_URL, which must not include /api/v1; a proxy may also have sent its own page"
        return Finding("server", "fail", f"not a Tinker server: {text}", remedy, ExitStatus.FAILED)
    return Finding("server", "fail", text, next(remedy for said, remedy in REMEDIES.items() if said in text))


def _check_answers(options: Mapping[str, Any], *, is_open: bool) -> Iterator[Finding]:
    answers: dict[str, errors.TinkerError | None] = {}
    times: list[float] = []
    with RestClient(**options) as client, AdminClient(**options) as admin:
        for name, method in OPERATIONS.items():
            began = time.monotonic()
            given = {"limit": 1} if method.startswith("list") else {}
            answers[name] = _error_of(getattr(admin if name == "billing" else client, method), **given)
            times.append(time.monotonic() - began)
    # The first operation that the server offers shows whether it accepts the key.
    error = next((one for one in answers.values() if not _is_missing(one)), None)
    if error is None:
        unproven = "the server accepts any key, so yours is not verified"
        yield Finding("access", "ok", unproven if is_open else "the server accepts the key")
        yield _operations(answers)
    else:
        text, status = explain(error)
        yield Finding("access", "fail", text, f"Check that the key belongs to this server. {GET_KEY}", status)
        yield _skipped("operations")
    text = f"{min(times) * 1000:,.0f} ms a call; the first took {times[0] * 1000:,.0f} ms"
    remedy = None if min(times) < SLOW_SECONDS else "The server or network is slow; --timeout gives it more time"
    yield Finding("latency", "warn" if remedy else "ok", text, remedy)


def _is_missing(error: errors.TinkerError | None) -> bool:
    return isinstance(error, errors.NotFoundError) or getattr(error, "operation_unsupported", False)


def _operations(answers: Mapping[str, errors.TinkerError | None]) -> Finding:
    groups: dict[str, list[str]] = {"offered": [], "not for this key": [], "not offered": [], "failed": []}
    for name, error in answers.items():
        if error is None:
            groups["offered"].append(name)
        elif isinstance(error, errors.PermissionDeniedError):
            groups["not for this key"].append(name)
        elif _is_missing(error):
            groups["not offered"].append(name)
        else:
            groups["failed"].append(f"{name} ({getattr(error, 'status_code', 'no response')})")
    text = "; ".join(f"{kind}: {', '.join(names)}" for kind, names in groups.items() if names)
    if groups["failed"]:
        return Finding("operations", "warn", text, "Try again later; -vv shows the responses")
    if {*groups["not offered"]} - {"billing"}:
        remedy = "Use only what the server offers: compatible servers lack parts of the API"
        return Finding("operations", "warn", text, remedy)
    return Finding("operations", "ok", text)


def _check_clock(headers: Mapping[str, str], now: float) -> Finding:
    try:
        # The header has whole seconds, so it is half a second late on average.
        ahead = now - parsedate_to_datetime(headers["date"]).timestamp() - 0.5
    except (KeyError, ValueError):
        return Finding("clock", "skip", "the server does not send the time")
    if abs(ahead) < CLOCK_SECONDS:
        return Finding("clock", "ok", f"within {max(2, round(abs(ahead)))} s of the server's")
    text = f"{span(abs(ahead) + 1)} {'ahead of' if ahead > 0 else 'behind'} the server's"
    remedy = "Set the clock (NTP): until then, ages and expiries are wrong, and tokens may be refused"
    return Finding("clock", "warn", text, remedy)
