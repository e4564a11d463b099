"""Futures: waiting for them, awaiting them, cancelling them, from threads, loops and callbacks."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import gc
import threading
import time
import weakref
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from tinker_rest import APIFuture, ClientClosedError, NotFoundError, RestClient, ServiceClient, _call
from tinker_rest._transport import Connections, Exchange
from tinker_rest._workers import here

from .recording_server import (
    KEY,
    TRAINING_RUN,
    Answer,
    Held,
    RecordedRequest,
    RecordingServer,
    client_of,
    lose_answer,
    never_answer,
    reply,
    smallest_answer,
    wait_until,
)


@pytest.fixture
def client(server: RecordingServer) -> Iterator[RestClient]:
    with client_of(server) as made:
        yield made


def pending(server: RecordingServer, client: RestClient) -> APIFuture[object]:
    """A call that the server has received and does not answer."""
    server.answer = lambda _: never_answer
    future = client.get_training_run("r")
    wait_until(lambda: server.requests)
    return future  # type: ignore[return-value]


def test_the_call_starts_before_anyone_waits(server: RecordingServer, client: RestClient) -> None:
    future = client.get_training_run("r")
    wait_until(lambda: server.requests)
    wait_until(future.done)
    assert future.result().training_run_id == "r"
    assert future.result() is future.result()
    assert len(server.requests) == 1


def test_it_is_a_concurrent_future(server: RecordingServer, client: RestClient) -> None:
    futures = [client.get_training_run(str(number)) for number in range(5)]
    assert all(isinstance(future, concurrent.futures.Future) for future in futures)
    done, not_done = concurrent.futures.wait(futures, timeout=10)
    assert (len(done), len(not_done)) == (5, 0)
    assert set(concurrent.futures.as_completed(futures, timeout=10)) == set(futures)
    called: list[object] = []
    futures[0].add_done_callback(called.append)
    assert called == [futures[0]]
    assert futures[0].future() is futures[0]
    assert futures[0].exception() is None
    server.answer = lambda _: reply(404, {"detail": "no such run"})
    failing = client.get_training_run("r")
    assert isinstance(failing.exception(timeout=10), NotFoundError)
    with pytest.raises(NotFoundError):
        failing.result()


def test_waiting_may_time_out_and_go_on_later(server: RecordingServer, client: RestClient) -> None:
    held = Held(reply(body=TRAINING_RUN))
    server.answer = lambda _: held
    future = client.get_training_run("r")
    with pytest.raises(TimeoutError):
        future.result(timeout=0.05)
    with pytest.raises(TimeoutError):
        future.exception(timeout=0.05)
    assert future.running() or not future.done()
    held.release()
    assert future.result(timeout=10).base_model == "b"
    assert len(server.requests) == 1


@pytest.mark.core_install
@pytest.mark.parametrize("debug", [False, True])
def test_it_can_be_awaited_in_any_loop(client: RestClient, debug: bool) -> None:
    future = client.get_training_run("r")

    async def use() -> None:
        assert (await future).training_run_id == "r"
        assert (await future).training_run_id == "r"
        assert (await client.get_training_run("s").result_async(timeout=10)).base_model == "b"
        assert (await asyncio.create_task(client.get_training_run("s").coroutine())).base_model == "b"
        assert (await asyncio.wait_for(client.get_training_run("s"), 10)).base_model == "b"
        assert (await asyncio.wait_for(client.get_training_run_async("s"), 10)).base_model == "b"
        pages = await asyncio.gather(*(client.list_sessions() for _ in range(10)), client.list_checkpoints("r"))
        assert len(pages) == 11
        # As in a notebook, whose cells run in a loop: waiting blocks that loop, and ends.
        assert client.get_training_run("t").result(timeout=10).base_model == "b"

    for _ in range(2):  # the second loop meets connections that the first one used
        asyncio.run(use(), debug=debug)


@pytest.mark.core_install
@pytest.mark.parametrize("way", ["cancel", "wait_for", "result_async", "task", "async_variant"])
def test_cancelling_cancels_the_request(server: RecordingServer, client: RestClient, way: str) -> None:
    future = pending(server, client)

    async def cancel() -> None:
        if way == "wait_for":
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(future, 0.05)
        elif way == "result_async":
            with pytest.raises(TimeoutError):
                await future.result_async(0.05)
        else:
            task = asyncio.ensure_future(
                client.list_sessions_async() if way == "async_variant" else future.coroutine()
            )
            await asyncio.sleep(0.05)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    if way == "cancel":
        assert future.cancel()
    else:
        asyncio.run(cancel())
    wait_until(lambda: server.abandoned == 1)
    if way != "async_variant":
        assert future.cancelled()
        assert future.done()
        with pytest.raises(concurrent.futures.CancelledError):
            future.result(timeout=1)
        assert concurrent.futures.wait([future], timeout=1).done == {future}
        assert future.cancel()
    future.cancel()
    server.answer = lambda _: reply(body=TRAINING_RUN)
    assert client.get_training_run("r").result(timeout=10).training_run_id == "r"


def test_what_has_ended_cannot_be_cancelled(client: RestClient) -> None:
    future = client.get_training_run("r")
    future.result(timeout=10)
    assert not future.cancel()
    assert not future.cancelled()


def test_a_retry_that_waits_can_be_cancelled(server: RecordingServer, client: RestClient) -> None:
    server.answer = lambda _: reply(503, {"detail": "busy"}, Retry_After="30")
    future = client.get_training_run("r")
    wait_until(lambda: server.requests)
    future.cancel()
    with pytest.raises(concurrent.futures.CancelledError):
        future.result(timeout=1)


@pytest.mark.core_install
def test_closing_the_client_ends_its_calls(server: RecordingServer, caplog: pytest.LogCaptureFixture) -> None:
    client = client_of(server)
    future = pending(server, client)

    async def wait() -> None:
        asyncio.get_running_loop().call_later(0.05, client.close)
        with pytest.raises(ClientClosedError, match="closed before the call ended"):
            await future

    asyncio.run(wait())
    client.close()
    with pytest.raises(ClientClosedError):
        future.result(timeout=1)
    assert not future.cancelled()
    wait_until(lambda: server.abandoned == 1)
    assert "calls in flight when their client was closed: 1" in caplog.text


@pytest.mark.parametrize("made_by", [RestClient, ServiceClient])
@pytest.mark.parametrize("is_async", [False, True])
def test_a_block_waits_for_its_calls(server: RecordingServer, made_by: type[RestClient], is_async: bool) -> None:
    held = Held(reply(204))
    server.answer = lambda _: held
    made = made_by(base_url=server.base_url, api_key=KEY)
    client = made.create_rest_client() if isinstance(made, ServiceClient) else made
    releasing = threading.Timer(0.2, held.release)
    futures: list[APIFuture[None]] = []

    async def use() -> None:
        async with made:
            releasing.start()
            futures.extend(client.delete_checkpoint("r", str(number)) for number in range(9))

    if is_async:
        asyncio.run(use())
    else:
        with made:
            releasing.start()
            futures.extend(client.delete_checkpoint("r", str(number)) for number in range(9))
    assert [future.result(timeout=0) for future in futures] == [None] * 9
    assert len(server.requests) == 9
    for enter in (made, client):
        with pytest.raises(ClientClosedError), enter:
            pass


@pytest.mark.parametrize("is_async", [False, True])
def test_a_block_waits_for_no_calls_of_others(server: RecordingServer, is_async: bool) -> None:
    held = Held(reply(204))
    server.answer = lambda request: held if request.method == "DELETE" else smallest_answer(request)
    with ServiceClient(base_url=server.base_url, api_key=KEY) as service:
        other = service.create_rest_client()
        deletion = other.delete_checkpoint("r", "weights/1")

        async def use(client: RestClient) -> None:
            async with client:
                await client.list_sessions()

        for client in (service.create_rest_client(), other.with_options(timeout=9)):
            if is_async:
                asyncio.run(asyncio.wait_for(use(client), 5))
            else:
                with client:
                    client.list_sessions().result(5)
        assert not deletion.done()
        held.release()
    assert deletion.result(timeout=0) is None


def test_a_block_waits_for_calls_with_other_options(server: RecordingServer) -> None:
    held = Held(reply(204))
    server.answer = lambda _: held
    with client_of(server) as client:
        threading.Timer(0.2, held.release).start()
        deletion = client.with_options(timeout=9).with_options(max_retries=1).delete_checkpoint("r", "weights/1")
    assert deletion.result(timeout=0) is None


def test_cancelling_a_block_cancels_its_own_calls_alone(server: RecordingServer) -> None:
    held = Held(reply(204))
    server.answer = lambda _: held
    with ServiceClient(base_url=server.base_url, api_key=KEY) as service:
        deletion = service.create_rest_client().delete_checkpoint("r", "weights/1")
        own: list[APIFuture[None]] = []

        async def use() -> None:
            async with service.create_rest_client() as client:
                own.append(client.delete_checkpoint("r", "weights/2"))

        async def give_up() -> None:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(use(), 0.1)

        asyncio.run(give_up())
        assert own[0].cancelled()
        assert not deletion.done()
        held.release()
    assert deletion.result(timeout=0) is None


def test_a_block_that_fails_waits_for_nothing(server: RecordingServer) -> None:
    server.answer = lambda _: never_answer
    futures: list[APIFuture[object]] = []

    def fail() -> None:
        with client_of(server) as client:
            futures.append(pending(server, client))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with pytest.raises(ClientClosedError):
        futures[0].result(timeout=1)


def test_asyncio_wait_is_refused_rather_than_to_hang(client: RestClient) -> None:
    async def use() -> None:
        with pytest.raises(TypeError, match=r"asyncio.ensure_future\(future\)"):
            await asyncio.wait([client.get_training_run("r")])  # type: ignore[type-var]
        done, _ = await asyncio.wait([asyncio.ensure_future(client.get_training_run("r"))], timeout=10)
        assert [task.result().base_model for task in done] == ["b"]

    asyncio.run(use())


def test_a_fault_of_our_own_reaches_the_future(client: RestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tinker_rest._call.Call.request", lambda *_, **__: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        client.get_training_run("r").result(timeout=10)


@pytest.mark.parametrize("method", ["result", "exception"])
def test_waiting_that_would_never_end_raises(server: RecordingServer, client: RestClient, method: str) -> None:
    outcomes: list[BaseException | None] = []
    called = threading.Event()

    def wait_for_another(_: object) -> None:
        try:
            getattr(client.get_training_run("other"), method)(timeout=10)
        except RuntimeError as error:
            outcomes.append(error)
        called.set()

    held = Held(reply(body=TRAINING_RUN))
    server.answer = lambda _: held
    client.get_training_run("r").add_done_callback(wait_for_another)
    held.release()
    assert called.wait(10)
    assert len(outcomes) == 1
    assert "blocking here would wait for itself" in str(outcomes[0])
    wait_until(lambda: len(server.requests) == 2)  # the other call goes on


def test_a_callback_may_read_its_own_future_and_begin_another(client: RestClient) -> None:
    ended: list[object] = []

    def begin_another(future: concurrent.futures.Future[Any]) -> None:
        future.result()
        client.list_sessions().add_done_callback(lambda other: ended.append(other.result()))

    client.get_training_run("r").add_done_callback(begin_another)
    wait_until(lambda: ended)


def test_callbacks_that_cancel_each_others_futures_end(server: RecordingServer, client: RestClient) -> None:
    """A lock that is held while callbacks run would be a deadlock here."""

    def cancel_slowly(another: APIFuture[Any], _: object) -> None:
        time.sleep(0.001)
        another.cancel()

    server.answer = lambda _: never_answer
    for _ in range(20):
        one, other = client.get_training_run("1"), client.get_training_run("2")
        for future, another in ((one, other), (other, one)):
            future.add_done_callback(partial(cancel_slowly, another))
        threads = [threading.Thread(target=future.cancel, daemon=True) for future in (one, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
            assert not thread.is_alive()
    server.answer = smallest_answer
    assert client.get_training_run("r").result(10)


@pytest.mark.core_install
@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, ZeroDivisionError])
def test_a_callback_that_fails_ends_no_other_call(
    server: RecordingServer, client: RestClient, caplog: pytest.LogCaptureFixture, error: type[BaseException]
) -> None:
    def fail(_: object) -> None:
        raise error

    held = Held(reply(body=TRAINING_RUN))
    server.answer = lambda _: held
    future = client.get_training_run("r")
    future.add_done_callback(fail)  # of a future that is done already, it would be called here
    held.release()
    assert future.result(10).base_model == "b"
    server.answer = smallest_answer
    assert client.get_training_run("r").result(10).base_model == "b"
    wait_until(lambda: error.__name__ in caplog.text)


def test_a_slow_callback_delays_no_other_call(server: RecordingServer, client: RestClient) -> None:
    going_on = threading.Event()
    held = Held(reply(body=TRAINING_RUN))
    server.answer = lambda _: held
    future = client.get_training_run("r")
    future.add_done_callback(lambda _: going_on.wait(10))
    held.release()
    future.result(10)
    try:
        for call in [client.get_training_run("r") for _ in range(200)]:
            assert call.result(10)
    finally:
        going_on.set()


def test_callbacks_see_the_context_of_the_call(server: RecordingServer, client: RestClient) -> None:
    name: contextvars.ContextVar[str] = contextvars.ContextVar("name", default="nobody's")
    seen: list[str] = []
    held = Held(reply(body=TRAINING_RUN))
    server.answer = lambda _: held
    name.set("the caller's")
    client.get_training_run("r").add_done_callback(lambda _: seen.append(name.get()))
    name.set("another")
    held.release()
    wait_until(lambda: seen)
    assert seen == ["the caller's"]


def test_a_call_that_nobody_holds_is_not_collected(server: RecordingServer, client: RestClient) -> None:
    held = Held(reply(body=TRAINING_RUN))
    server.answer = lambda _: held
    ended: list[object] = []
    endless = client.with_options(timeout=None, attempt_timeout=None)
    endless.get_training_run("r").add_done_callback(lambda future: ended.append(future.result()))
    wait_until(lambda: server.requests)
    for _ in range(3):
        gc.collect()
    held.release()
    wait_until(lambda: ended)


@pytest.mark.usefixtures("no_jitter")
@pytest.mark.parametrize("answer", [reply(404), reply(503), lose_answer, reply(401)])
def test_a_failed_call_leaves_no_cycle_for_the_collector(server: RecordingServer, answer: Answer) -> None:
    server.answer = lambda request: answer if "training_runs" in request.target else reply(404)
    client = client_of(server, max_retries=1)
    client.get_training_run("r").exception(10)  # whatever is made once is made
    gc.collect()
    gc.disable()
    try:
        made = weakref.ref(client.get_training_run("r"))
        wait_until(lambda: made() is None)
    finally:
        gc.enable()
        client.close()


def test_an_exchange_leaves_no_cycle_for_the_collector(
    client: RestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[weakref.ref[Exchange]] = []

    def note(connections: Connections) -> Exchange:
        exchange = Exchange(connections)
        made.append(weakref.ref(exchange))
        return exchange

    monkeypatch.setattr(_call, "Exchange", note)
    gc.collect()
    gc.disable()
    try:
        client.get_training_run("r").result(10)
        wait_until(lambda: made[0]() is None)
    finally:
        gc.enable()


def test_the_handler_of_a_signal_may_use_the_client(server: RecordingServer) -> None:
    with client_of(server) as client:
        core = client._core
        with here()._lock, core.limiter._lock, core.connections._lock:  # as if a signal came while a call begins
            future = client.get_training_run("r")
        assert future.result(10)
        with here()._lock, core.limiter._lock, core.connections._lock:
            client.close()


@pytest.mark.core_install
def test_many_threads_share_a_client(server: RecordingServer, client: RestClient) -> None:
    def use(number: int) -> str:
        return client.get_training_run(f"run-{number}").result(timeout=30).training_run_id

    def echo(request: RecordedRequest) -> bytes:
        run_id = request.target.rpartition("/")[2].partition("?")[0]
        return reply(body={**TRAINING_RUN, "training_run_id": run_id})

    server.answer = echo
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        results = list(pool.map(use, range(500)))
    assert results == [f"run-{number}" for number in range(500)]
    assert len(server.requests) == 500


def test_a_future_that_nobody_keeps_is_carried_out(server: RecordingServer, client: RestClient) -> None:
    for _ in range(20):
        client.delete_checkpoint("r", "weights/1")
    wait_until(lambda: len(server.requests) == 20)
    time.sleep(0.05)
    assert server.abandoned == 0


def test_a_forgotten_result_is_explained(client: RestClient) -> None:
    future: Any = client.list_training_runs()
    with pytest.raises(
        AttributeError, match=r"no attribute 'training_runs': call \.result\(\) on it, or await it"
    ):
        _ = future.training_runs
    for use in (list, lambda some: some[0]):
        with pytest.raises(TypeError, match=r"no items: call \.result\(\) on it, or await it"):
            use(future)
    assert future  # true as any object
    assert not hasattr(future, "training_runs")
    assert future.result().training_runs is not None
