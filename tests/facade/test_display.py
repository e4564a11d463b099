"""What a REPL, a notebook and an error show of futures, iterators and results."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tinker_rest import APIFuture, CheckpointSelection, InvalidArgumentError, NotFoundError, RestClient

from .recording_server import RecordingServer, client_of, never_answer, reply, wait_until


@pytest.fixture
def client(server: RecordingServer) -> Iterator[RestClient]:
    with client_of(server) as made:
        yield made


def loop_over(future: Any) -> None:
    for _ in future:
        pass


def unpack(future: Any) -> None:
    _first, _second = future


async def loop_async(future: Any) -> None:
    async for _ in future:
        pass


@pytest.mark.parametrize(
    "use",
    [
        lambda future: future.training_runs,
        loop_over,
        unpack,
        len,
        list,
        lambda future: future[0],
        lambda future: asyncio.run(loop_async(future)),
    ],
)
def test_a_forgotten_result_is_named(client: RestClient, use: Callable[[Any], object]) -> None:
    future = client.list_training_runs()
    with pytest.raises((AttributeError, TypeError), match=r"call \.result\(\) or await it first"):
        use(future)
    assert future.result(10).training_runs == []


def test_a_future_stays_what_it_was(client: RestClient) -> None:
    future = client.list_training_runs()
    assert future
    assert not hasattr(future, "training_runs")
    assert getattr(future, "training_runs", None) is None
    with pytest.raises(InvalidArgumentError, match=r"not <APIFuture of list_training_runs"):
        client.delete_checkpoints(future)  # type: ignore[arg-type]


def test_the_repr_of_a_future_says_how_it_is(server: RecordingServer, client: RestClient) -> None:
    future = client.list_training_runs()
    future.result(10)
    wait_until(lambda: "finished after 0." in repr(future))
    assert repr(future).startswith("<APIFuture of list_training_runs, finished after 0.")
    assert repr(future).endswith(" s: call .result() or await it>")
    server.answer = lambda _: reply(404, {"detail": "no such run: secret"})
    failed = client.get_training_run("r")
    assert isinstance(failed.exception(10), NotFoundError)
    assert "<APIFuture of get_training_run, failed with NotFoundError after " in repr(failed)
    assert "secret" not in repr(failed)
    server.answer = lambda _: never_answer
    pending = client.get_session("s")
    assert "<APIFuture of get_session, pending for " in repr(pending)
    pending.cancel()
    assert "<APIFuture of get_session, cancelled after " in repr(pending)


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("select_checkpoints", lambda client: client.select_checkpoints(CheckpointSelection())),
        ("delete_checkpoints", lambda client: client.delete_checkpoints([])),
        ("set_checkpoints_ttl", lambda client: client.set_checkpoints_ttl([], None)),
        ("whoami", lambda client: client.whoami()),
        ("export_session_trace", lambda client: client.export_session_trace("s")),
    ],
)
def test_work_of_many_calls_is_named_too(
    server: RecordingServer, client: RestClient, name: str, start: Callable[[RestClient], APIFuture[object]]
) -> None:
    server.answer = lambda _: reply(404)
    future = start(client)
    assert f"<APIFuture of {name}, " in repr(future)
    future.exception(10)
