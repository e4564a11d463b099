"""Each fault that a server or the network can have, what we make of it, and what the official SDK makes of it.

All calls run at once, over one client. `pytest -s` prints the table.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from tinker_rest import APIConnectionError, APIError, APIFuture, APIStatusError, RestClient, TinkerError

from .misbehaving_server import SDK, SLOW_SECONDS, MisbehavingServer, unused_port
from .recording_server import RecordingServer, client_of

DEADLINE = 9.0  # more than three attempts and the delays between them, even on a busy machine
RETRIES = 2
ATTEMPT_SECONDS = 2.0
assert SLOW_SECONDS < ATTEMPT_SECONDS < DEADLINE
MANY = RETRIES + 1

# Fault, our outcome, the least and the most requests, and what the error's text holds.
# fmt: off
OURS: list[tuple[str, str, int, int, str]] = [
    ("400", "BadRequestError", 1, 1, "400 Bad Request: nope 400"),
    ("401", "AuthenticationError", 1, 1, "TINKER_API_KEY"),
    ("402", "BillingError", 1, 1, "Settle the account's billing"),
    ("403", "PermissionDeniedError", 1, 1, "403 Forbidden: nope 403"),
    ("404", "NotFoundError", 1, 1, "404 Not Found: nope 404"),
    ("409", "ConflictError", 1, 1, "409 Conflict: nope 409"),
    ("422", "UnprocessableEntityError", 1, 1, "422 Unprocessable Entity: nope 422"),
    ("425", "APIStatusError", 2, MANY, "425 Too Early: nope 425"),
    ("429", "RateLimitError", 2, MANY, "429 Too Many Requests: nope 429"),
    ("500", "InternalServerError", 2, MANY, "500 Internal Server Error: nope 500"),
    ("501", "InternalServerError", 1, 1, "the server does not offer this operation"),
    ("502", "InternalServerError", 2, MANY, "502 Bad Gateway: nope 502"),
    ("503", "InternalServerError", 2, MANY, "503 Service Unavailable: nope 503"),
    ("520", "InternalServerError", 2, MANY, "520: nope 520"),
    ("429-ra", "OK", 2, 2, ""),
    ("429-radate", "OK", 2, 2, ""),
    ("429-ra120", "RateLimitError", 1, 1, "come back later"),
    ("503-then-200", "OK", 3, 3, ""),
    ("502-html", "InternalServerError", 2, MANY, "502 Bad Gateway: the response is a web page"),
    ("500-steady", "InternalServerError", 2, MANY, "500 Internal Server Error: nope 500"),
    ("reset-then-ok", "OK", 2, 2, ""),
    ("always-closed", "APIConnectionError", 2, MANY + 1, "no response"),  # a kept connection costs no retry
    ("refused", "APIConnectionError", 0, 0, "no response: no connection to 127.0.0.1"),
    ("truncated", "APIConnectionError", 2, MANY, "no response"),
    ("no-http", "APIConnectionError", 2, MANY, "no response"),
    ("endless-header", "APIConnectionError", 2, MANY, "no response"),
    ("time-out", "APITimeoutError", 2, MANY, "still waiting for the response after"),
    ("slow", "OK", 1, 1, ""),
    ("badjson", "APIResponseValidationError", 1, 1, "the response cannot be read"),
    ("html200", "APIResponseValidationError", 1, 1, "text/html"),
    ("html200-delete", "APIResponseValidationError", 1, 1, "expected an empty response or JSON"),
    ("bad-gzip", "APIResponseValidationError", 1, 1, "the response cannot be read"),
    ("gzip", "OK", 1, 1, ""),
    ("missing", "APIResponseValidationError", 1, 1, "TrainingRun.base_model must be a string"),
    ("nulls", "APIResponseValidationError", 1, 1, "TrainingRun.base_model must be a string, not null"),
    ("list", "APIResponseValidationError", 1, 1, "TrainingRun must be an object"),
    ("null-body", "APIResponseValidationError", 1, 1, "TrainingRun must be an object, not null"),
    ("empty-body", "APIResponseValidationError", 1, 1, "the response cannot be read"),
    ("enum", "OK", 1, 1, ""),
    ("naive", "OK", 1, 1, ""),
    ("425-archive", "OK", 3, 3, ""),
    ("redirect", "APIStatusError", 1, 1, "302: redirect to 127.0.0.1 not followed"),
    ("redirect-delete", "APIStatusError", 1, 1, "307: redirect to 127.0.0.1 not followed"),
    ("redirect-publish", "APIStatusError", 1, 1, "308: redirect to 127.0.0.1 not followed"),
    ("redirect-same", "APIStatusError", 1, 1, "301: redirect to another path not followed"),
]
# fmt: on
# Where we send more than the SDK does, and why that is not worse.
MORE_PATIENT = {
    "425": "425 Too Early asks for a repetition, within the deadline",
    "425-archive": "the archive is waited for, and comes",
}
CALLS: dict[str, Callable[[RestClient, str], APIFuture[Any]]] = {
    "409": lambda client, run: client.publish_checkpoint(run, "weights/1"),
    "425-archive": lambda client, run: client.get_checkpoint_archive_url(run, "weights/1"),
    "html200-delete": lambda client, run: client.delete_checkpoint(run, "weights/1"),
    "redirect-delete": lambda client, run: client.delete_checkpoint(run, "weights/1"),
    "redirect-publish": lambda client, run: client.publish_checkpoint(run, "weights/1"),
}


@dataclass
class Outcome:
    """How a call ended: its result or error, after how long, and how many requests it took."""

    result: Any
    error: BaseException | None
    seconds: float
    requests: int

    @property
    def name(self) -> str:
        return "OK" if self.error is None else type(self.error).__name__


@dataclass
class Run:
    """What became of all calls."""

    outcomes: dict[str, Outcome]
    other_origin: RecordingServer


def note_end(ended: list[float], begin: float, _: object) -> None:
    ended.append(time.monotonic() - begin)


def call_all(client: RestClient, client_of_nobody: RestClient) -> dict[str, tuple[APIFuture[Any], list[float]]]:
    """Start every call; each comes with a list that will hold how long it took."""
    started: dict[str, tuple[APIFuture[Any], list[float]]] = {}
    for fault, *_ in OURS:
        call = CALLS.get(fault, RestClient.get_training_run)
        ended: list[float] = []
        begin = time.monotonic()
        future = call(client_of_nobody if fault == "refused" else client, f"f-{fault}")
        future.add_done_callback(partial(note_end, ended, begin))
        started[fault] = (future, ended)
    return started


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    options: dict[str, Any] = {"timeout": DEADLINE, "attempt_timeout": ATTEMPT_SECONDS, "max_retries": RETRIES}
    nobody = f"http://127.0.0.1:{unused_port()}"
    with (
        RecordingServer() as other,
        MisbehavingServer(other.base_url) as server,
        client_of(server, **options) as client,
        client_of(server, base_url=nobody, **options) as client_of_nobody,
    ):
        outcomes = {}
        for fault, (future, ended) in call_all(client, client_of_nobody).items():
            error = future.exception(timeout=DEADLINE + 20)
            result = None if error else future.result()
            outcomes[fault] = Outcome(result, error, ended[0], server.count[fault])
        yield Run(outcomes, other)


@pytest.mark.parametrize(("fault", "outcome", "least", "most", "text"), OURS, ids=[row[0] for row in OURS])
def test_fault(run: Run, fault: str, outcome: str, least: int, most: int, text: str) -> None:
    ours = run.outcomes[fault]
    assert ours.name == outcome, ours.error
    assert least <= ours.requests <= most
    assert ours.seconds < DEADLINE + 2
    if ours.error is not None:
        check_error(ours, text)
        assert isinstance(ours.error, APIStatusError) == (fault[:3].isdigit() or fault.startswith("redirect"))
        if isinstance(ours.error, APIStatusError) and fault[:3].isdigit():
            assert ours.error.status_code == int(fault[:3])


def check_error(ours: Outcome, text: str) -> None:
    error = ours.error
    assert isinstance(error, TinkerError)
    assert isinstance(error, APIError)
    assert text in str(error)
    assert error.message in str(error)
    operations = ("get_training_run", "publish_checkpoint", "delete_checkpoint")
    assert error.operation_id in operations
    assert str(error).startswith(f"{error.operation_id} failed: ")
    assert f"request_id {error.request_id}" in str(error)
    assert error.attempts == ours.requests or (ours.requests == 0 and 1 <= error.attempts <= MANY)
    tries = "1 attempt" if error.attempts == 1 else f"{error.attempts} attempts"
    assert f"{tries}, {error.elapsed:.1f} s)" in str(error)
    assert 0 <= error.elapsed <= ours.seconds + 0.01


@pytest.mark.parametrize("fault", list(SDK))
def test_it_is_not_worse_than_the_sdk(run: Run, fault: str) -> None:
    ours = run.outcomes[fault]
    seconds, requests, outcome, _, requests_of_0_18, outcome_of_0_18 = SDK[fault]
    if "OK" in (outcome, outcome_of_0_18):
        assert ours.name == "OK"
    if fault not in MORE_PATIENT:
        assert all(ours.requests <= int(most) for most in (requests, requests_of_0_18) if most != "-")
    if seconds != "-" and float(seconds) >= 20:  # slow is scaled down, the others end at our deadline
        assert ours.seconds < float(seconds)
    if ours.name != "OK":
        assert isinstance(ours.error, TinkerError)


def test_unknown_values_and_fields_are_kept(run: Run) -> None:
    training_run = run.outcomes["enum"].result
    assert training_run.additional_properties == {"new_field": 1}
    assert training_run.last_checkpoint.checkpoint_type == "quantum"
    assert type(training_run.last_checkpoint.checkpoint_type) is str
    assert training_run.last_checkpoint.training_run_id == "f-enum"
    assert training_run.last_checkpoint.additional_properties == {"new": [1]}


def test_a_time_without_a_zone_is_utc(run: Run) -> None:
    expected = datetime(2026, 7, 13, 10, 0, 0, 123456, tzinfo=UTC)
    assert run.outcomes["naive"].result.last_request_time == expected


def test_redirects_are_not_followed_and_the_key_stays(run: Run) -> None:
    assert run.other_origin.requests == []
    for fault in ("redirect", "redirect-delete", "redirect-publish"):
        error = run.outcomes[fault].error
        assert isinstance(error, APIStatusError)
        assert error.headers["location"] == f"{run.other_origin.base_url}/stolen?…"
        assert "secret" not in f"{error} {error!r} {error.response!r}"
    assert run.outcomes["425-archive"].result.url == f"{run.other_origin.base_url}/stolen?signature=secret"


def test_retry_after_is_obeyed_or_ends_the_call(run: Run) -> None:
    assert run.outcomes["429-ra"].seconds > 1.95  # timers may be a little early
    assert run.outcomes["429-radate"].seconds >= 1.9  # an HTTP date has whole seconds
    too_long = run.outcomes["429-ra120"]
    assert isinstance(too_long.error, APIStatusError)
    assert too_long.error.retry_after == 120
    assert too_long.seconds < DEADLINE / 2


def test_every_fault_without_an_answer_is_a_connection_error(run: Run) -> None:
    for fault in ("always-closed", "refused", "truncated", "no-http", "endless-header", "time-out"):
        assert isinstance(run.outcomes[fault].error, APIConnectionError)


def test_every_fault_of_the_sdks_table_has_a_row() -> None:
    assert set(SDK) - {row[0] for row in OURS} == set()
    assert len({row[0] for row in OURS}) == len(OURS)


def test_print_table(run: Run) -> None:
    lines = [
        f"{'fault':16}{'SDK 0.38.0':27}{'req':>4}{'s':>7}  {'SDK 0.18.2':27}{'req':>4}{'s':>7}  "
        f"{'tinker_rest':27}{'req':>4}{'s':>7}"
    ]
    for fault, ours in run.outcomes.items():
        seconds, requests, outcome, older_seconds, older_requests, older = SDK.get(fault, ["-"] * 6)
        lines.append(
            f"{fault:16}{outcome:27}{requests:>4}{seconds:>7}  {older:27}{older_requests:>4}{older_seconds:>7}  "
            f"{ours.name:27}{ours.requests:>4}{ours.seconds:>7.1f}"
        )
    print("\n" + "\n".join(lines))
    print(f"Ours with timeout={DEADLINE}, attempt_timeout={ATTEMPT_SECONDS}, max_retries={RETRIES}.")
    assert len(lines) == len(OURS) + 1
