"""Examines what the server answers to requests that read a little: whether it is one of Tinker, and its clock."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from tinker_rest.authentication.authenticator import Authenticator
from tinker_rest.authentication.credentials import Credential
from tinker_rest.calling.calls import Call
from tinker_rest.calling.options import CallOptions
from tinker_rest.calling.retries import parse_http_date
from tinker_rest.calling.sending import Sender
from tinker_rest.errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    CredentialsError,
    PermissionDeniedError,
    TinkerError,
)
from tinker_rest.network.base_url import PRODUCTION
from tinker_rest.network.default_headers import public_headers
from tinker_rest.network.transport import Answer
from tinker_rest_api.types import Operation
from tinker_rest_cli.doctor.findings import Finding, Patience, duration, failed, skipped
from tinker_rest_cli.failures import ExitStatus, explain
from tinker_rest_cli.texts import counted

CLOCK_SECONDS = 60.0  # from which difference on it is told
SLOW_SECONDS = 1.0
_SAMPLES = 3
_CHECK_ADDRESS = f"Check the address, TINKER_BASE_URL: it ends before /api/v1; production is {PRODUCTION}"


@dataclass
class Asked:
    """An operation that was asked for.

    Attributes:
        name: What it lists.
        operation: The operation.
        request: What was sent.
        value: What the server said; None where that is no success.
        error: Why there is none.
        seconds: How long it took.
        server_time: The server's time in seconds since 1970 and by our own clock the middle of the call.
    """

    name: str
    operation: Operation[..., Any]
    request: dict[str, Any]
    value: Any = None
    error: TinkerError | None = None
    seconds: float = 0.0
    server_time: tuple[float, float] | None = None

    @property
    def status(self) -> int | None:
        """The HTTP status of an error."""
        return self.error.status_code if isinstance(self.error, APIStatusError) else None

    @property
    def is_lacking(self) -> bool:
        """Whether the server seems not to have it."""
        return isinstance(self.error, APIStatusError) and self.error.operation_unsupported


def _operations() -> list[Asked]:
    """What is asked, all of it by GET: listings of one item, and what takes no arguments."""
    from tinker_rest_api.api.administration import get_current_checkpoint_storage_usage as storage
    from tinker_rest_api.api.checkpoints import list_user_checkpoints as checkpoints
    from tinker_rest_api.api.server import get_server_capabilities as capabilities
    from tinker_rest_api.api.sessions import list_sessions as sessions
    from tinker_rest_api.api.training_runs import list_training_runs as runs

    return [
        Asked("training runs", runs.OPERATION, runs.OPERATION.build_request(limit=1, offset=0)),
        Asked("checkpoints", checkpoints.OPERATION, checkpoints.OPERATION.build_request(limit=1, offset=0)),
        Asked("sessions", sessions.OPERATION, sessions.OPERATION.build_request(limit=1, offset=0)),
        Asked("models", capabilities.OPERATION, capabilities.OPERATION.build_request()),
        Asked("billing", storage.OPERATION, storage.OPERATION.build_request()),
    ]


async def examine_server(
    base_url: str, credential: Credential | None, patience: Patience
) -> AsyncIterator[Finding]:
    """Ask the server; without a credential, whether it is there."""
    headers = public_headers()

    def with_key(key: str) -> Sender:
        return Sender(base_url, {**headers, "X-API-Key": key})

    sender = Sender(base_url, headers, None if credential is None else Authenticator(credential, with_key))
    try:
        asked = await _ask_all(sender, patience)
        server = _server(asked, is_plain=base_url.startswith("http:"))
        yield server
        if server.level == "fail":
            for name in ("access", "operations"):
                yield skipped(name)
            yield skipped("clock") if isinstance(asked[0].error, APIConnectionError) else _clock(asked)
            yield skipped("latency")
            return
        access = _access(asked, has_key=credential is not None)
        yield access
        yield _offered(asked) if access.level == "ok" else skipped("operations")
        yield _clock(asked)
        yield await _latency(sender, asked, patience)
    finally:
        await sender.aclose()


async def _ask_all(sender: Sender, patience: Patience) -> list[Asked]:
    """Ask for the first, and where there is an answer for the others, all at once."""
    first, *others = _operations()
    await _ask(sender, first, patience.seconds)
    if isinstance(first.error, APIConnectionError | CredentialsError):
        return [first]
    seconds = patience.seconds
    await asyncio.gather(*(_ask(sender, one, seconds) for one in others))
    return [first, *others]


async def _ask(sender: Sender, asked: Asked, seconds: float) -> None:
    kept: list[Answer] = []

    def read(answer: Answer) -> Any:
        kept.append(answer)
        return asked.operation.read_success(answer)

    options = CallOptions(timeout=seconds, attempt_timeout=seconds, archive_timeout=seconds, max_retries=0)
    call = Call(asked.operation, asked.request, options, read=read)
    began, wall = time.monotonic(), time.time()
    try:
        asked.value = await call.run(sender)
    except TinkerError as error:
        asked.error = error
    asked.seconds = time.monotonic() - began
    date = kept[0].header("date") if kept else ""
    if isinstance(asked.error, APIStatusError | APIResponseValidationError):
        date = asked.error.headers.get("date", "")
    told = parse_http_date(date) if date else None
    if told is not None:
        asked.server_time = (told, wall + asked.seconds / 2)


def _said(error: TinkerError) -> str:
    return error.message if isinstance(error, APIError) else explain(error)[0]


def _server(asked: Sequence[Asked], *, is_plain: bool) -> Finding:
    if any(one.error is None or one.status in (401, 402, 403) for one in asked):
        return Finding("server", "ok", "answers as one of Tinker does")
    if isinstance(asked[0].error, CredentialsError):  # of a credential that no token is given for
        return Finding("server", "ok", "answers")
    if all(one.is_lacking for one in asked):
        text = f"answers {asked[0].status} to every operation: Tinker's API is not below this address"
        return failed("server", text, _CHECK_ADDRESS, ExitStatus.FAILED)
    error = next(one.error for one in asked if one.error is not None and not one.is_lacking)
    text, status = _said(error), explain(error)[1]
    remedy = "Check the network; where others reach the server, tell its operators"
    match error:
        case APIConnectionError() if is_plain and not isinstance(error, APITimeoutError):
            remedy = f"Where the server speaks TLS, the address begins with https://. {remedy}"
        case APITimeoutError():
            remedy = "The server, or a proxy before it, hangs: try again, with --timeout 30 for slow ones"
        case APIResponseValidationError():
            kind = error.headers.get("content-type", "no content type").partition(";")[0]
            text = f"answers, but not as one of Tinker: {error.status_code}, {kind}"
            remedy = f"A web site or a proxy's page. {_CHECK_ADDRESS}"
        case APIStatusError() if 300 <= error.status_code < 400:
            remedy = _CHECK_ADDRESS
        case APIStatusError():
            remedy = "Try again later; where it stays, tell the server's operators"
    return failed("server", text, remedy, status)


def _access(asked: Sequence[Asked], *, has_key: bool) -> Finding:
    for one in asked:
        if isinstance(one.error, CredentialsError):
            text, status = explain(one.error)
            return failed("access", text, "Get a new key or token", status)
    if any(one.error is None for one in asked):
        return Finding("access", "ok", "the server takes the key" if has_key else "the server asks for no key")
    if not has_key:
        return skipped("access", "the server wants a key")
    error = next(one.error for one in asked if one.status in (401, 402, 403))
    assert isinstance(error, APIStatusError)  # noqa: S101 - for the type checker
    said = error.message.partition(". Check the API key")[0].partition(". Settle")[0]
    remedy = {
        401: "Give a key of this server: a wrong or revoked one, or one of another server, is refused",
        402: "Settle the account's billing",
    }.get(error.status_code, "It takes another key or role")
    return failed("access", f"refused: {said}", remedy, explain(error)[1], {"status_code": error.status_code})


def _offered(asked: Sequence[Asked]) -> Finding:
    works, lacks, refused, broken = [], [], [], []
    facts: dict[str, Any] = {}
    for one in asked:
        facts[one.operation.operation_id] = "ok" if one.error is None else (one.status or "no answer")
        if one.error is None:
            works.append(_counted(one))
        elif one.is_lacking or one.status == 404:
            lacks.append(one.name)
        elif isinstance(one.error, PermissionDeniedError):
            refused.append(one.name)
        else:
            broken.append(f"{one.name} ({one.status or type(one.error).__name__})")
    text = ", ".join(works)
    text += f"; not for this key: {', '.join(refused)}" if refused else ""
    text += f"; not offered: {', '.join(lacks)}" if lacks else ""
    text += f"; failed: {', '.join(broken)}" if broken else ""
    if broken:
        return Finding("operations", "warn", text, "Try again later; -vv shows what is answered", facts=facts)
    if [name for name in lacks if name != "billing"]:
        remedy = "Use only what the server has: compatible servers lack a part of the API"
        return Finding("operations", "warn", text, remedy, facts=facts)
    return Finding("operations", "ok", text, facts=facts)


def _counted(asked: Asked) -> str:
    cursor = getattr(asked.value, "cursor", None)
    if cursor is not None and cursor.total_count:
        return counted(cursor.total_count, asked.name.removesuffix("s"))
    if asked.name == "models" and asked.value.supported_models:
        return counted(len(asked.value.supported_models), "model")
    return asked.name


def _clock(asked: Sequence[Asked]) -> Finding:
    differences = [ours - theirs for theirs, ours in (one.server_time for one in asked if one.server_time)]
    if not differences:
        return skipped("clock", "the server does not tell the time")
    # The header is in whole seconds, so what it says is half a second late on average.
    difference = statistics.median(differences) - 0.5
    facts = {"seconds_ahead": round(difference, 1)}
    if abs(difference) < CLOCK_SECONDS:
        return Finding("clock", "ok", f"within {max(2, round(abs(difference)))} s of the server's", facts=facts)
    way = "ahead of" if difference > 0 else "behind"
    minutes = counted(round(abs(difference) / 60), "minute")
    remedy = "Set the clock (NTP): ages and expiries are counted wrongly, and tokens may be refused"
    return Finding("clock", "warn", f"{minutes} {way} the server's", remedy, facts=facts)


async def _latency(sender: Sender, asked: Sequence[Asked], patience: Patience) -> Finding:
    first = asked[0]
    times = [first.seconds]
    while first.seconds < SLOW_SECONDS and len(times) <= _SAMPLES:
        again = Asked(first.name, first.operation, first.request)
        await _ask(sender, again, min(patience.seconds, 2 * SLOW_SECONDS))
        times.append(again.seconds)
    typical = statistics.median(times[1:] or times)
    text = f"{duration(typical)} a call; the first took {duration(first.seconds)}"
    facts = {"seconds": round(typical, 4), "first_seconds": round(first.seconds, 4)}
    if typical < SLOW_SECONDS:
        return Finding("latency", "ok", text, facts=facts)
    return Finding(
        "latency",
        "warn",
        text,
        "The server or the way to it is slow; --timeout gives calls more time",
        facts=facts,
    )
