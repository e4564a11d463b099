"""How long calls wait, how often they ask, and whom they tell meanwhile."""

from __future__ import annotations

import asyncio
import logging
import re
import threading
import time
from datetime import timedelta
from email.utils import formatdate

import pytest

from tinker_rest import (
    APIConnectionError,
    APIError,
    APIFuture,
    APIStatusError,
    APITimeoutError,
    InternalServerError,
    InvalidArgumentError,
    NotFoundError,
    RateLimitError,
    RestClient,
    RetryEvent,
    ServiceClient,
    _call,
    _core,
    _workers,
)

from .recording_server import (
    KEY,
    SIGNED_URL,
    TRAINING_RUN,
    Answer,
    Held,
    RecordedRequest,
    RecordingServer,
    client_of,
    in_turn,
    never_answer,
    reply,
    wait_until,
)

AT_ONCE = {"Retry_After": "0"}
BUSY = reply(503, {"detail": "busy"}, **AT_ONCE)
GOOD = reply(body=TRAINING_RUN)
BUILDING = reply(503, {"detail": "The archive is being built."}, **AT_ONCE)
TOO_EARLY = reply(425, {"detail": "pending"}, **AT_ONCE)
REDIRECT = reply(302, Location=SIGNED_URL)


@pytest.mark.usefixtures("no_jitter")
def test_max_retries_counts_repetitions(server: RecordingServer) -> None:
    server.answer = lambda _: BUSY
    with client_of(server, max_retries=3) as client:
        error = client.get_training_run("r").exception(10)
        assert isinstance(error, InternalServerError)
        assert (error.attempts, len(server.requests)) == (4, 4)
        server.requests.clear()
        assert client.with_options(max_retries=0).get_training_run("r").exception(10)
        assert len(server.requests) == 1
        server.answer = in_turn([BUSY] * 11 + [GOOD])
        assert client.with_options(max_retries=None).get_training_run("r").result(10)


@pytest.mark.core_install
def test_an_attempt_without_an_answer_ends(server: RecordingServer) -> None:
    server.answer = lambda _: never_answer
    with client_of(server, attempt_timeout=0.1, max_retries=0) as client:
        error = client.get_training_run("r").exception(10)
    assert isinstance(error, APITimeoutError)
    assert isinstance(error, APIConnectionError)
    assert "still waiting for the response after 0.1 s (attempt_timeout) (request_id" in str(error)
    assert error.attempts == len(server.requests) == 1


def test_the_deadline_ends_the_call(server: RecordingServer) -> None:
    server.answer = lambda _: never_answer
    with client_of(server, timeout=1, attempt_timeout=None) as client:
        error = client.get_training_run("r").exception(10)
        assert isinstance(error, APITimeoutError)
        assert 0.9 < error.elapsed < 5  # timers may be a little early
        assert "still waiting for the response after 1 s (timeout) (request_id" in str(error)
        server.answer = in_turn([BUSY, never_answer])
        error = client.get_training_run("r").exception(10)
    assert isinstance(error, APITimeoutError)
    assert "after 1 s (timeout); the last error was: 503 Service Unavailable: busy (request_id" in str(error)
    assert error.attempts == 2


def test_options_belong_to_a_client_and_not_to_the_one_it_was_made_from(server: RecordingServer) -> None:
    server.answer = lambda _: BUSY
    with client_of(server, max_retries=2) as client:
        hasty = client.with_options(max_retries=0)
        assert hasty.with_options(timeout=5).get_training_run("r").exception(10)
        assert len(server.requests) == 1
        client.get_training_run("r").exception(10)
        assert len(server.requests) == 4
    server.requests.clear()
    with ServiceClient(base_url=server.base_url, api_key=KEY, max_retries=1) as service:
        service.create_rest_client().get_training_run("r").exception(10)
        RestClient(service.holder, max_retries=0).get_training_run("r").exception(10)
    assert len(server.requests) == 3


@pytest.mark.parametrize("name", ["timeout", "attempt_timeout"])
@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf"), "5", True, timedelta(0), timedelta(-1)])
def test_senseless_times_are_refused(name: str, value: object) -> None:
    shown = repr(value.total_seconds() if isinstance(value, timedelta) else value)
    with pytest.raises(
        InvalidArgumentError, match=rf"{name} must be a number of seconds above 0.*not {re.escape(shown)}"
    ):
        RestClient(base_url="http://127.0.0.1:9", api_key=KEY, **{name: value})  # type: ignore[arg-type]
    with (
        RestClient(base_url="http://127.0.0.1:9", api_key=KEY) as client,
        pytest.raises(InvalidArgumentError, match=name),
    ):
        client.with_options(**{name: value})  # type: ignore[arg-type]


def test_times_may_be_timedeltas(server: RecordingServer) -> None:
    held = Held(reply(body=TRAINING_RUN))
    server.answer = lambda _: held
    with client_of(server, timeout=timedelta(seconds=0.2), max_retries=0) as client:
        assert "after 0.2 s (timeout)" in str(client.get_training_run("r").exception(timedelta(seconds=10)))
        patient = client.with_options(timeout=timedelta(minutes=1), attempt_timeout=timedelta(seconds=0.1))
        assert "after 0.1 s (attempt_timeout)" in str(patient.get_training_run("r").exception(10))
        future = client.with_options(timeout=timedelta(minutes=1)).get_training_run("r")
        with pytest.raises(TimeoutError):
            future.result(timedelta(milliseconds=10))
        held.release()
        assert future.result(timedelta(seconds=10)).base_model == "b"
        server.answer = lambda _: reply(503, Retry_After="1000")
        unlimited = client.with_options(timeout=None)
        with pytest.raises(APIStatusError, match=r"no time for another attempt \(timeout 5 s\)"):
            unlimited.get_checkpoint_archive_url("r", "weights/1", timeout=timedelta(seconds=5)).result(10)
        with pytest.raises(InvalidArgumentError, match="archive_timeout must be a number of seconds"):
            client.download_checkpoint("tinker://r/weights/1", "x", archive_timeout=timedelta(0))


@pytest.mark.parametrize(("name", "value"), [("max_retries", -1), ("max_retries", 1.5), ("on_retry", "print")])
def test_other_senseless_options_are_refused(name: str, value: object) -> None:
    with pytest.raises(InvalidArgumentError, match=f"{name} must be .*{value!r}"):
        RestClient(base_url="http://127.0.0.1:9", api_key=KEY, **{name: value})  # type: ignore[arg-type]


def test_the_hook_is_told_of_every_wait(server: RecordingServer) -> None:
    events: list[RetryEvent] = []
    server.answer = in_turn([BUSY, reply(429, {"detail": "slow"}, Retry_After="0.2"), GOOD])
    with client_of(server, on_retry=events.append, timeout=30) as client:
        client.get_training_run("r").result(10)
    assert [event.attempt for event in events] == [1, 2]
    assert [event.reason for event in events] == [
        "503 Service Unavailable: busy",
        "429 Too Many Requests: slow",
    ]
    assert {event.operation_id for event in events} == {"get_training_run"}
    assert {event.request_id for event in events} == {server.requests[0].header("X-Request-Id")}
    assert 0 <= events[0].delay <= 0.05
    assert 0.2 <= events[1].delay <= 0.3
    assert 0 < events[0].elapsed < events[1].elapsed
    assert events[0].remaining is not None
    assert 20 < events[0].remaining < 30


@pytest.mark.parametrize("raised", [ZeroDivisionError, SystemExit, KeyboardInterrupt])
def test_a_hook_that_fails_changes_nothing(
    server: RecordingServer, caplog: pytest.LogCaptureFixture, raised: type[BaseException]
) -> None:
    def fail(_: RetryEvent) -> None:
        raise raised

    server.answer = in_turn([BUSY, GOOD])
    with client_of(server, on_retry=fail) as client:
        assert client.get_training_run("r").result(10)
    assert "the on_retry hook failed" in caplog.text
    assert raised.__name__ in caplog.text


def test_a_hook_that_blocks_is_told_so(server: RecordingServer, caplog: pytest.LogCaptureFixture) -> None:
    others: list[APIFuture[object]] = []
    answers = in_turn([BUSY, GOOD])
    server.answer = lambda request: never_answer if "/sessions" in request.target else answers(request)

    def wait_for_another(_: RetryEvent) -> None:
        others.append(client.list_sessions())  # type: ignore[arg-type]
        others[0].result()

    with client_of(server, on_retry=wait_for_another) as client:
        assert client.get_training_run("r").result(10)
        assert others[0].cancel()
    assert "blocking here would wait for itself" in caplog.text


def test_a_long_call_is_not_silent(
    server: RecordingServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_call, "FIRST_REPORT_SECONDS", 0.1)
    monkeypatch.setattr(_call, "REPORT_SECONDS", 0.1)
    caplog.set_level(logging.INFO, "tinker_rest")
    held = Held(GOOD)
    server.answer = in_turn([reply(503, {"detail": "busy"}, Retry_After="0.6"), held])
    with client_of(server, timeout=50) as client:
        future = client.get_training_run("r")
        wait_until(lambda: "attempt 2, waiting for the response" in caplog.text)
        held.release()
        future.result(10)
    lines = [record.getMessage() for record in caplog.records]
    request_id = server.requests[0].header("X-Request-Id")
    for said in (
        rf"get_training_run \({request_id}\): still going after \d s: attempt 1, waiting for 0\.[67].* "
        r"after 503 Service Unavailable: busy; (50|4\d) s left",
        r".* attempt 2, waiting for the response; (50|4\d) s left",
    ):
        assert any(re.match(said, line) for line in lines), lines
    assert all(record.levelno == logging.INFO for record in caplog.records)
    assert KEY not in caplog.text
    count = len(caplog.records)
    time.sleep(0.25)
    assert len(caplog.records) == count  # nothing is said of a call that has ended


def test_a_short_call_is_silent(server: RecordingServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with client_of(server) as client:
        client.get_training_run("r").result(10)
    assert caplog.records == []


def test_the_log_tells_of_every_answer(server: RecordingServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "tinker_rest")
    server.answer = in_turn([BUSY, GOOD])
    with client_of(server) as client:
        client.get_training_run("r").result(10)
    lines = [record.getMessage().partition("): ")[2] for record in caplog.records]
    assert len(lines) == 3
    assert lines[0].startswith("503 after 0.")
    assert lines[0].endswith(" s, attempt 1")
    assert lines[1][:-3] == "attempt 1: 503 Service Unavailable: busy; retrying in 0.0"
    assert lines[2].startswith("200 after 0.")


def test_logging_is_off_until_it_is_turned_on(
    server: RecordingServer, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    logger = logging.getLogger("tinker_rest")
    assert [type(handler) for handler in logger.handlers] == [logging.NullHandler]
    assert logger.level == logging.NOTSET
    monkeypatch.setattr(logging.getLogger(), "handlers", [])  # pytest's own
    server.answer = in_turn([BUSY, GOOD])
    with client_of(server, on_retry=lambda _: 1 // 0) as client:
        client.get_training_run("r").result(10)
    assert capfd.readouterr() == ("", "")


# Archives


@pytest.mark.usefixtures("no_jitter")
@pytest.mark.parametrize("building", [BUILDING, TOO_EARLY])
def test_an_archive_is_waited_for_beyond_the_deadline_of_other_calls(
    server: RecordingServer, building: bytes
) -> None:
    server.answer = in_turn([building] * 6 + [REDIRECT])
    with client_of(server, timeout=0.5, max_retries=1) as client:
        client.get_checkpoint_archive_url("r", "weights/1").result(10)
        assert len(server.requests) == 7
        slow = building.replace(b"Retry-After: 0", b"Retry-After: 0.3")
        server.answer = in_turn([slow, slow, REDIRECT])
        archive = client.get_checkpoint_archive_url_from_tinker_path("tinker://r/weights/1").result(10)
    assert archive.url == SIGNED_URL


@pytest.mark.parametrize(("building", "error"), [(BUILDING, InternalServerError), (TOO_EARLY, APIStatusError)])
def test_waiting_for_an_archive_has_a_deadline_of_its_own(
    server: RecordingServer, building: bytes, error: type[APIStatusError]
) -> None:
    server.answer = lambda _: building.replace(b"Retry-After: 0", b"Retry-After: 0.4")
    with client_of(server) as client:
        raised = client.get_checkpoint_archive_url("r", "weights/1", timeout=1.5).exception(10)
    assert type(raised) is error
    assert 2 <= raised.attempts == len(server.requests) <= 4
    assert raised.retry_after == 0.4
    assert "asked to wait 0.4 s; no time for another attempt (timeout 1.5 s)" in raised.message
    assert raised.args == (raised.message,)
    assert raised.operation_id == "get_checkpoint_archive_url"


def test_another_fault_of_an_archive_is_no_building(server: RecordingServer) -> None:
    server.answer = lambda _: reply(500, {"detail": "broken"}, **AT_ONCE)
    with client_of(server, max_retries=1) as client:
        assert isinstance(client.get_checkpoint_archive_url("r", "weights/1").exception(10), InternalServerError)
    assert len(server.requests) == 2


def by_bare_name(known: list[Answer], unknown: bytes) -> RecordingServer:
    """A server that knows archives by their names alone."""
    answers = in_turn(known)

    def answer(request: RecordedRequest) -> Answer:
        return unknown if "/sampler_weights/1/" in request.target else answers(request)

    return RecordingServer(answer)


@pytest.mark.parametrize(
    "unknown", [reply(404, {"detail": "Not Found"}), reply(405), reply(404, {"detail": "no"})]
)
def test_an_archive_is_asked_for_once_more_by_its_bare_name(unknown: bytes) -> None:
    with by_bare_name([TOO_EARLY, REDIRECT], unknown) as server, client_of(server) as client:
        assert client.get_checkpoint_archive_url("r", "sampler_weights/1").result(10).url == SIGNED_URL
    assert [line.partition("/checkpoints/")[2] for line in server.lines] == [
        "sampler_weights/1/archive",
        "1/archive",
        "1/archive",
    ]


def test_weights_are_not_asked_for_by_their_bare_name_which_may_be_that_of_sampler_weights() -> None:
    def answer(request: RecordedRequest) -> Answer:
        return reply(404, {"detail": "no"}) if "/weights/1/" in request.target else REDIRECT

    with RecordingServer(answer) as server, client_of(server) as client:
        assert isinstance(client.get_checkpoint_archive_url("r", "weights/1").exception(10), NotFoundError)
    assert len(server.requests) == 1


def test_the_error_of_the_way_that_the_server_knows_is_raised() -> None:
    unknown = reply(404, {"detail": "checkpoint sampler_weights/1 was not found"})
    pending = reply(425, {"detail": "pending"}, Retry_After="9")
    with by_bare_name([pending] * 9, unknown) as server, client_of(server) as client:
        late = client.get_checkpoint_archive_url("r", "sampler_weights/1", timeout=0.3).exception(10)
        assert isinstance(late, APIStatusError)
        assert late.status_code == 425
    with by_bare_name([reply(404, {"detail": "1?"})], unknown) as server, client_of(server) as client:
        error = client.get_checkpoint_archive_url("r", "sampler_weights/1").exception(10)
        assert isinstance(error, NotFoundError)
        assert "checkpoint sampler_weights/1 was not found" in error.message
    with by_bare_name([reply(403, {"detail": "no"})], unknown) as server, client_of(server) as client:
        assert client.get_checkpoint_archive_url("r", "1").exception(10)
        assert len(server.requests) == 1


def test_both_ways_to_an_archive_share_one_deadline() -> None:
    slow = reply(404, {"detail": "no such checkpoint"}, Retry_After="0")

    async def late(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(1.5)
        writer.write(slow)
        await writer.drain()

    def answer(request: RecordedRequest) -> Answer:
        return late if "/sampler_weights/1/" in request.target else reply(500, **AT_ONCE)

    with RecordingServer(answer) as server, client_of(server, timeout=2, max_retries=None) as client:
        begin = time.monotonic()
        error = client.get_checkpoint_archive_url("r", "sampler_weights/1").exception(10)
        assert time.monotonic() - begin < 3.3  # it would be 3.5 s with a deadline for each
    assert isinstance(error, APIError)
    assert 1.5 < error.elapsed < 3.3


def test_a_server_that_asks_to_come_back_at_once_is_not_flooded(server: RecordingServer) -> None:
    yesterday = formatdate(time.time() - 86400, usegmt=True)
    for retry_after in ("0", yesterday):
        server.requests.clear()
        server.answer = lambda _, retry_after=retry_after: reply(425, Retry_After=retry_after)  # type: ignore[misc]
        with client_of(server) as client:
            assert client.get_checkpoint_archive_url("r", "1", timeout=0.8).exception(10)
        assert len(server.requests) < 60


# Many calls at once


@pytest.mark.core_install
def test_all_calls_are_under_way_at_once(server: RecordingServer) -> None:
    everyone = threading.Event()

    async def when_all_are_there(writer: asyncio.StreamWriter) -> None:
        while len(server.requests) < _core.MAX_CLIENT_SENDS:  # noqa: ASYNC110 - other connections add to it
            await asyncio.sleep(0.005)
        everyone.set()
        writer.write(GOOD)
        await writer.drain()

    server.answer = lambda _: when_all_are_there
    with client_of(server, attempt_timeout=20) as client:
        futures = [client.get_training_run(f"{number}") for number in range(_core.MAX_CLIENT_SENDS)]
        for future in futures:
            future.result(30)
    assert everyone.is_set()
    assert server.most_open == _core.MAX_CLIENT_SENDS


def test_more_calls_than_connections_queue(server: RecordingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_core, "MAX_CLIENT_SENDS", 8)
    with client_of(server) as client:
        futures = [client.get_training_run(f"{number}") for number in range(300)]
        for future in futures:
            future.result(30)
    assert len(server.requests) == 300
    assert 1 <= server.most_open <= 8
    assert server.connections <= 8


def test_waiting_for_a_connection_is_not_waiting_for_an_answer(
    server: RecordingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_core, "MAX_CLIENT_SENDS", 1)
    held = Held(reply(body=TRAINING_RUN, Connection="close"))
    server.answer = in_turn([held, reply(404, {"detail": "no such checkpoint"})])
    with client_of(server, attempt_timeout=5, timeout=20) as client:
        first = client.get_training_run("r")
        wait_until(lambda: server.requests)
        queued = client.with_options(attempt_timeout=0.5).delete_checkpoint("r", "weights/1")
        hasty = client.with_options(timeout=0.7).delete_checkpoint("r", "weights/1")
        error = hasty.exception(10)
        assert isinstance(error, APITimeoutError)
        assert error.attempts == 0
        assert "still waiting for a free connection after 0.7 s (timeout) (request_id" in str(error)
        cancelled = client.list_sessions()
        cancelled.cancel()
        assert not queued.done()
        held.release()
        assert first.result(10)
        assert isinstance(queued.exception(10), NotFoundError)  # nothing was sent before: it is not done already
    assert len(server.requests) == 2


def test_cancelling_many_calls_begins_none_of_those_that_wait(
    server: RecordingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_core, "MAX_CLIENT_SENDS", 4)
    server.answer = lambda _: never_answer
    with client_of(server) as client:
        futures = [client.delete_checkpoint("r", f"weights/{number}") for number in range(40)]
        wait_until(lambda: len(server.requests) == 4)
        for future in futures:
            future.cancel()
        server.answer = lambda _: GOOD
        assert client.get_training_run("r").result(10)
    assert len(server.requests) == 5


def test_all_clients_of_a_process_share_a_limit(server: RecordingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_workers.here(), "sends", _workers.Limiter(3))
    held = Held(GOOD)
    server.answer = lambda _: held
    with client_of(server) as one, client_of(server) as other:
        calls = [client.get_training_run("r") for _ in range(4) for client in (one, other)]
        wait_until(lambda: len(server.requests) == 3)
        assert calls[6].cancel()  # it waits for one of these three
        assert other.with_options(timeout=0.3).get_training_run("r").exception(10)
        assert len(server.requests) == 3
        held.release()
        assert all(call.result(10) for call in calls if not call.cancelled())
    assert len(server.requests) == 7


def test_a_pause_that_the_server_asks_for_is_kept_by_all_calls(server: RecordingServer) -> None:
    told = threading.Event()
    server.answer = in_turn([reply(429, {"detail": "slow down"}, Retry_After="2"), GOOD, GOOD])
    with client_of(server, on_retry=lambda _: told.set()) as client:
        first = client.get_training_run("r")
        assert told.wait(10)
        wait_until(lambda: client._core.not_before > 0)
        hasty = client.with_options(timeout=0.1).get_training_run("r").exception(10)
        assert isinstance(hasty, APITimeoutError)
        assert "as the server requested (429) after 0.1 s (timeout)" in hasty.message
        assert hasty.attempts == 0
        assert client.get_training_run("r").result(10)
        assert first.result(10)
    assert len(server.requests) == 3


def test_a_pause_holds_for_calls_that_are_queued(server: RecordingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_core, "MAX_CLIENT_SENDS", 1)
    times: list[float] = []

    def answer(_: RecordedRequest) -> bytes:
        times.append(time.monotonic())
        if len(times) == 1:
            return reply(429, {"detail": "slow down"}, Retry_After="1")
        # The second may be sent before the first answer is judged, but no others.
        wait_until(lambda: client._core.not_before > 0)
        return GOOD

    server.answer = answer
    with client_of(server) as client:
        calls = [client.get_training_run("r") for _ in range(5)]
        assert all(call.result(20) for call in calls)
    assert len([moment for moment in times if moment - times[0] < 0.95]) <= 2


def test_the_clock_of_the_deadlines_cannot_be_frozen(
    server: RecordingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answer = lambda _: never_answer
    with client_of(server, timeout=0.2) as client:
        monkeypatch.setattr(time, "monotonic", lambda: 0.0)
        try:
            assert isinstance(client.get_training_run("r").exception(10), APITimeoutError)
        finally:
            monkeypatch.undo()


def test_what_the_server_asks_for_is_waited_for(server: RecordingServer) -> None:
    server.answer = in_turn([reply(429, {"detail": "slow down"}, Retry_After="100")])
    with client_of(server, timeout=50) as client:
        error = client.get_training_run("r").exception(10)
    assert isinstance(error, RateLimitError)
    assert error.retry_after == 100
    assert error.message == (
        "429 Too Many Requests: slow down; the server asked to wait 100 s; no time for another "
        "attempt (timeout 50 s)"
    )
    assert len(server.requests) == 1
