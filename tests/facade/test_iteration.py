"""The `iter_…` methods over a real socket, against the sandbox and against odd servers."""

from __future__ import annotations

import asyncio
import gc
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import chain, islice, product
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tinker_rest import (
    APIResponseValidationError,
    BadRequestError,
    ClientClosedError,
    InternalServerError,
    InvalidArgumentError,
    RestClient,
)
from tinker_rest.types import AccessibleSearchOwner, Checkpoint, SessionSearchRequest
from tinker_rest_sandbox import Sandbox

from .many_checkpoints import PER_RUN, add_many
from .recording_server import (
    Answer,
    Held,
    RecordedRequest,
    RecordingServer,
    client_of,
    never_answer,
    reply,
    wait_until,
)

MANY = 10_000


def everything(client: RestClient) -> list[str]:
    """What the listing holds, in one page, without the code under test."""
    page = client.list_user_checkpoints(limit=1000).result(30)
    assert len(page.checkpoints) < 1000
    return [one.tinker_path for one in page.checkpoints]


async def collected(items: Any) -> list[Any]:
    return [one async for one in items]


def offsets(server: RecordingServer) -> list[int]:
    return [int(parse_qs(urlsplit(one.target).query)["offset"][0]) for one in server.requests]


def listing_of(count: int, total: Any = ..., cap: int = 10**9) -> Callable[[RecordedRequest], Answer]:
    """A server with so many checkpoints that gives `cap` of them at most, and tells this total."""
    return lambda request: page_of([str(number) for number in range(count)], request, total=total, cap=cap)


def page_of(names: list[str], request: RecordedRequest, *, total: Any = ..., cap: int = 10**9) -> bytes:
    query = parse_qs(urlsplit(request.target).query)
    limit, offset = int(query["limit"][0]), int(query["offset"][0])
    some = names[offset:][: min(limit, cap)]
    body: dict[str, Any] = {"checkpoints": [checkpoint(name) for name in some]}
    if total is not None:
        body["cursor"] = {"offset": offset, "limit": limit, "total_count": len(names) if total is ... else total}
    return reply(body=body)


def checkpoint(name: str) -> dict[str, str]:
    path = f"tinker://r/weights/{name}"
    return {"checkpoint_id": f"weights/{name}", "checkpoint_type": "training", "tinker_path": path}


def names_of(checkpoints: list[Checkpoint]) -> list[str]:
    return [one.tinker_path.rpartition("/")[2] for one in checkpoints]


def numbers(count: int) -> list[str]:
    return [str(number) for number in range(count)]


# --- the sandbox


def test_ten_thousand_checkpoints(sandbox: Sandbox) -> None:
    added = add_many(sandbox, MANY)
    with sandbox.client() as client:
        before = [one.tinker_path for one in client.iter_user_checkpoints(page_size=1000)]
        assert len(before) == len(set(before)) > MANY
        assert [path for path in before if "/many-" in path] == added
        asynchronous = asyncio.run(collected(client.iter_user_checkpoints()))
        assert [one.tinker_path for one in asynchronous] == before
        last_run = added[-1].split("/")[2]
        assert [one.training_run_id for one in asynchronous if f"//{last_run}/" in one.tinker_path] == [
            last_run
        ] * PER_RUN


@pytest.mark.parametrize("is_async", [False, True])
def test_deleting_each_one_skips_none(sandbox: Sandbox, is_async: bool) -> None:
    added = set(add_many(sandbox, 100))
    with sandbox.client() as client:
        items = client.iter_user_checkpoints(page_size=20)

        async def delete_all() -> None:
            async for one in items:
                await client.delete_checkpoint_from_tinker_path(one.tinker_path)

        if is_async:
            asyncio.run(delete_all())
        else:
            for one in items:
                client.delete_checkpoint_from_tinker_path(one.tinker_path).result(30)
        assert everything(client) == []
        deleted = [one.target for one in sandbox.requests if one.method == "DELETE"]
        assert len(deleted) == len(set(deleted)) > len(added)


def test_deleting_every_page_of_ten_thousand_skips_none(sandbox: Sandbox) -> None:
    add_many(sandbox, MANY)
    assert sandbox._state is not None
    store = sandbox._state.store
    with sandbox.client() as client:
        given: list[str] = []
        for page in client.iter_user_checkpoints(page_size=300).pages():
            given += [one.tinker_path for one in page]
            with store.transaction():
                for one in page:
                    kind, _, name = one.checkpoint_id.partition("/")
                    row = (
                        store.checkpoint(str(one.training_run_id), kind, name)
                        if name
                        else store.checkpoint_by_bare_id(str(one.training_run_id), kind)
                    )
                    assert row is not None
                    store.delete_checkpoint(row, datetime.now(UTC))
        assert len(given) == len(set(given)) > MANY
        assert everything(client) == []


def test_what_another_client_deletes_makes_nothing_be_skipped(sandbox: Sandbox) -> None:
    added = add_many(sandbox, 2000)
    with sandbox.client() as client, sandbox.client() as other:
        given: list[str] = []
        gone: set[str] = set()
        for number, one in enumerate(client.iter_user_checkpoints(page_size=100)):
            given.append(one.tinker_path)
            if number in (150, 700, 1200):  # of what was given and of what was not
                some = [path for path in added[number - 150 : number + 150 : 2] if path not in gone]
                for future in [other.delete_checkpoint_from_tinker_path(path) for path in some]:
                    future.result(30)
                gone.update(some)
        assert len(given) == len(set(given))
        assert set(added) - gone <= set(given)


def test_what_appears_meanwhile_repeats_and_skips_nothing(sandbox: Sandbox) -> None:
    with sandbox.client() as client:
        before = everything(client)
        given: list[str] = []
        for number, one in enumerate(client.iter_user_checkpoints(page_size=10)):
            given.append(one.tinker_path)
            for _ in range(50 if number == 20 else 1):  # more than a page at once, too
                sandbox.add_checkpoint()
        assert len(given) == len(set(given))
        assert set(before) <= set(given)


def test_a_run_that_is_used_meanwhile_is_not_missed(sandbox: Sandbox) -> None:
    with sandbox.client() as client:
        runs = [run.training_run_id for run in client.list_training_runs(limit=1000).result(30).training_runs]
        given: list[str] = []
        for run in client.iter_training_runs(page_size=5):
            given.append(run.training_run_id)
            if len(given) == 1:  # its moment of use is now, so it is the first from now on
                sandbox.clock.advance(60)
                sandbox.add_checkpoint(training_run_id=runs[-1])
        assert len(given) == len(set(given))
        assert set(given) == set(runs)


def test_runs_of_a_project_and_scopes(sandbox: Sandbox) -> None:
    with sandbox.client() as client, sandbox.client("bob") as bob:
        of_project = client.list_training_runs(limit=1000, project_id="project-archive").result(30).training_runs
        assert list(client.iter_training_runs(page_size=2, project_id="project-archive")) == of_project
        accessible = bob.list_sessions(limit=1000, access_scope="accessible").result(30).sessions
        assert list(bob.iter_sessions(page_size=3, access_scope="accessible")) == accessible
        assert (
            asyncio.run(collected(client.iter_sessions(max_items=4)))
            == client.list_sessions(4).result(30).sessions
        )
        scopes = {parse_qs(urlsplit(one.target).query).get("access_scope", [""])[0] for one in sandbox.requests}
        assert scopes == {"owned", "accessible"}


def test_all_that_a_search_finds(sandbox: Sandbox) -> None:
    with sandbox.client() as client:
        request = SessionSearchRequest(owner=AccessibleSearchOwner(), limit=200)
        expected = client.search_sessions(request).result(30)
        assert expected.next_cursor is None
        items = client.iter_session_search(request.model_copy(update={"limit": 3}))
        assert list(items) == asyncio.run(collected(items)) == expected.sessions
        pages = list(client.iter_session_search(request, page_size=4, max_items=6).pages())
        assert [len(page) for page in pages] == [4, 2]
        assert list(chain(*pages)) == expected.sessions[:6]


# --- laziness, limits and looking ahead


def test_nothing_is_sent_before_the_first_item_is_asked_for(server: RecordingServer) -> None:
    server.answer = listing_of(5)
    with client_of(server) as client:
        items = client.iter_user_checkpoints()
        walk, pages = iter(items), items.pages()
        assert repr(items) == (
            "<Paginator of iter_user_checkpoints: use it in a for or async for loop, or call list()>"
        )
        assert iter(pages) is pages
        aiter(items)
        assert server.requests == []
        assert names_of([next(walk)]) == ["0"]
        assert names_of(list(items)) == numbers(5)  # each loop begins anew
        assert names_of(list(walk)) == numbers(5)[1:]
        assert list(walk) == []


def test_an_iteration_knows_how_many_there_are_on_the_server(server: RecordingServer) -> None:
    server.answer = listing_of(50)
    with client_of(server) as client:
        items = client.iter_user_checkpoints(max_items=3)
        walk, pages = iter(items), items.pages()
        assert walk.total_count is pages.total_count is None
        next(walk), next(pages)
        assert walk.total_count == pages.total_count == 50


@pytest.mark.parametrize(("most", "asked"), [(1, ["limit=1&offset=0"]), (3, ["limit=3&offset=0"])])
def test_no_more_is_asked_for_than_max_items(server: RecordingServer, most: int, asked: list[str]) -> None:
    server.answer = listing_of(50)
    with client_of(server) as client:
        assert names_of(list(client.iter_user_checkpoints(max_items=most))) == numbers(most)
    assert [line.partition("?")[2] for line in server.lines] == asked


def test_limits_of_more_than_a_page(server: RecordingServer) -> None:
    server.answer = listing_of(50)
    with client_of(server) as client:
        pages = list(client.iter_user_checkpoints(page_size=10, max_items=25).pages())
    assert [names_of(page) for page in pages] == [numbers(25)[:10], numbers(25)[10:19], numbers(25)[19:]]
    # Pages that are fetched ahead are sent at once, in any order.
    assert {line.partition("?")[2] for line in server.lines} == {
        "limit=10&offset=0", "limit=10&offset=9", "limit=7&offset=18",
    }  # fmt: skip


def test_the_network_works_while_the_consumer_does(server: RecordingServer) -> None:
    listing = listing_of(1000)

    def answer(request: RecordedRequest) -> Answer:
        async def with_others(writer: asyncio.StreamWriter) -> None:
            while len(server.requests) == 2:  # noqa: ASYNC110 - the second is answered once the third has come
                await asyncio.sleep(0.005)
            writer.write(listing(request))
            await writer.drain()

        return with_others

    server.answer = answer
    with client_of(server) as client:
        walk = iter(client.iter_user_checkpoints(page_size=10))
        assert names_of(list(islice(walk, 100))) == numbers(100)
        wait_until(lambda: len(server.requests) >= 11 + 8)  # without any further item being asked for
        assert max(offsets(server)) <= 11 * 9 + 8 * 9  # and no more than that


def test_without_a_count_two_pages_are_read_ahead(server: RecordingServer) -> None:
    server.answer = listing_of(1000, total=None)
    with client_of(server) as client:
        walk = iter(client.iter_user_checkpoints(page_size=10))
        assert names_of(list(islice(walk, 91))) == numbers(91)
        wait_until(lambda: max(offsets(server)) == 12 * 9 - 9)
        assert names_of(list(walk)) == numbers(1000)[91:]


@pytest.mark.parametrize(
    "bad",
    [
        {"page_size": 0},
        {"page_size": True},
        {"page_size": "5"},
        {"max_items": 0},
        {"max_items": -1},
        {"max_items": 1.5},
    ],
)
def test_bad_arguments_are_refused_at_the_call(server: RecordingServer, bad: dict[str, Any]) -> None:
    with client_of(server) as client:
        for method in (client.iter_training_runs, client.iter_user_checkpoints, client.iter_sessions):
            with pytest.raises(InvalidArgumentError, match=next(iter(bad))):
                method(**bad)
        with pytest.raises(InvalidArgumentError, match=next(iter(bad))):
            client.iter_session_search(SessionSearchRequest(), **bad)
        with pytest.raises(InvalidArgumentError, match="page_size"):
            client.iter_session_search(SessionSearchRequest(), page_size=201)
        with pytest.raises(InvalidArgumentError, match="access_scope"):
            client.iter_sessions(access_scope="all")  # type: ignore[arg-type]
        with pytest.raises(InvalidArgumentError, match="project_id"):
            client.iter_training_runs(project_id="")
    with pytest.raises(ClientClosedError):
        client.iter_sessions()
    assert server.requests == []


# --- odd servers


@pytest.mark.parametrize("total", [..., None, 0, 1, 10, 10**6])
def test_totals_and_caps_end_nothing_early(server: RecordingServer, total: Any) -> None:
    with client_of(server) as client:
        for count, cap in product((0, 1, 2, 10, 29, 100), (1, 2, 7, 10, 1000)):
            server.answer = listing_of(count, total, cap)
            given = names_of(list(client.iter_user_checkpoints(page_size=10)))
            assert given == numbers(count), f"{cap} of {count} at once"


@pytest.mark.parametrize("page_size", [1, 2, 3])
def test_the_smallest_pages(server: RecordingServer, page_size: int) -> None:
    server.answer = listing_of(10)
    with client_of(server) as client:
        assert names_of(list(client.iter_user_checkpoints(page_size=page_size))) == numbers(10)


def test_what_a_page_holds_twice_comes_once(server: RecordingServer) -> None:
    server.answer = lambda request: page_of(["0", "1", "1", "2", "0", "3"], request)
    with client_of(server) as client:
        assert names_of(list(client.iter_user_checkpoints())) == numbers(4)


def test_a_server_that_ignores_offsets_is_told_of(server: RecordingServer) -> None:
    first = numbers(10)
    server.answer = lambda _: page_of(first, RecordedRequest("GET", "/?limit=10&offset=0", (), b""))
    with client_of(server) as client:
        walk = iter(client.iter_user_checkpoints(page_size=10))
        assert names_of(list(islice(walk, 10))) == first
        with pytest.raises(APIResponseValidationError, match=r"ignores offsets, a larger page_size") as raised:
            next(walk)
        assert raised.value.operation_id == "list_user_checkpoints"
        # One that gives all it has, whatever it is asked for, is read to its end.
        assert names_of(list(client.iter_user_checkpoints(page_size=11))) == first
        assert names_of(list(client.iter_user_checkpoints(page_size=5))) == first


def test_answers_that_never_fit_end_with_an_error(server: RecordingServer) -> None:
    """A server that gives a page of the beginning, but not the same one, whatever it is asked for."""
    turn = iter(range(10**6))
    server.answer = lambda _: reply(body={"checkpoints": [checkpoint(str(next(turn) % 4)) for _ in range(3)]})
    with client_of(server) as client, pytest.raises(APIResponseValidationError, match="nothing new"):
        list(client.iter_user_checkpoints(page_size=3))
    assert len(server.requests) < 200


def search_answer(cursors: dict[str | None, Any]) -> Callable[[RecordedRequest], Answer]:
    """A server of searches: the cursor asked with names the page, and the cursor it gives."""

    def answer(request: RecordedRequest) -> Answer:
        found = re.search(rb'"last_session_id":\s*"(\w+)"', request.body)
        here = found[1].decode() if found else None
        sessions, following = cursors[here]
        body: dict[str, Any] = {"sessions": [session(name) for name in sessions]}
        if following:
            body["next_cursor"] = {"last_created_at": "2026-07-13T10:00:00Z", "last_session_id": following}
        return reply(body=body)

    return answer


def session(name: str) -> dict[str, Any]:
    owned = {"owner": "u", "project_id": "p", "checkpoints_count": 0}
    return {"session_id": name, "created_at": "2026-07-13T10:00:00Z", **owned}


def test_a_search_keeps_its_filters_and_goes_on_behind_an_empty_page(server: RecordingServer) -> None:
    server.answer = search_answer({None: (["a", "b"], "b"), "b": ([], "c"), "c": (["b", "d"], None)})
    with client_of(server) as client:
        request = SessionSearchRequest(display_name="nightly", user_metadata={"team": "x"}, limit=2)
        items = client.iter_session_search(request)
        request.display_name = "changed meanwhile"
        assert [one.session_id for one in items] == ["a", "b", "d"]
    for sent in server.requests:
        assert b'"display_name":"nightly"' in sent.body
        assert b'"user_metadata":{"team":"x"}' in sent.body
        assert b'"limit":2' in sent.body
    assert len(server.requests) == 3


@pytest.mark.parametrize("back_to", ["b", "a"])
def test_cursors_that_lead_back_end_with_an_error(server: RecordingServer, back_to: str) -> None:
    server.answer = search_answer({None: (["1"], "a"), "a": (["2"], "b"), "b": (["3"], back_to)})
    with client_of(server) as client:
        walk = iter(client.iter_session_search(SessionSearchRequest()))
        assert [one.session_id for one in islice(walk, 3)] == ["1", "2", "3"]
        with pytest.raises(APIResponseValidationError, match="nothing new"):
            next(walk)
    assert len(server.requests) < 200


def test_empty_pages_for_ever_end_with_an_error(server: RecordingServer) -> None:
    cursors = {None: ([], "0"), **{str(number): ([], str(number + 1)) for number in range(300)}}
    server.answer = search_answer(cursors)
    with client_of(server) as client, pytest.raises(APIResponseValidationError, match="nothing new"):
        list(client.iter_session_search(SessionSearchRequest()))


# --- faults, and what happens when it is left


def test_an_error_is_raised_where_its_page_is_and_the_page_can_be_asked_for_again(server: RecordingServer) -> None:
    is_broken = True

    def answer(request: RecordedRequest) -> Answer:
        if is_broken and int(parse_qs(urlsplit(request.target).query)["offset"][0]) >= 27:
            return reply(500, {"detail": "broken"})
        return listing_of(60)(request)

    server.answer = answer
    with client_of(server) as client:
        walk = iter(client.with_options(max_retries=0).iter_user_checkpoints(page_size=10))
        assert names_of(list(islice(walk, 28))) == numbers(28)
        with pytest.raises(InternalServerError, match="broken") as raised:
            next(walk)
        assert raised.value.attempts == 1
        is_broken = False
        assert names_of(list(walk)) == numbers(60)[28:]
        server.answer = lambda _: reply(400, {"detail": "limit is too large"})
        with pytest.raises(BadRequestError, match="limit is too large"):
            list(client.iter_user_checkpoints(page_size=5000))


def test_faults_that_pass_are_repeated_page_by_page(sandbox: Sandbox) -> None:
    with sandbox.client() as client:
        expected = everything(client)
        sandbox.faults.add(status=503, retry_after=0, times=5, match="list_user_checkpoints")
        assert [one.tinker_path for one in client.iter_user_checkpoints(page_size=50)] == expected


def held_behind(first: int) -> tuple[Callable[[RecordedRequest], Answer], list[RecordedRequest]]:
    """A server that never answers what is asked for behind the first page."""
    held: list[RecordedRequest] = []

    def answer(request: RecordedRequest) -> Answer:
        if int(parse_qs(urlsplit(request.target).query)["offset"][0]) >= first:
            held.append(request)
            return never_answer
        return listing_of(1000)(request)

    return answer, held


def in_flight(client: RestClient) -> int:
    return len(client._calls_in_flight())


@pytest.mark.parametrize("how", ["break", "raise", "drop"])
def test_leaving_the_loop_cancels_what_is_in_flight(server: RecordingServer, how: str) -> None:
    server.answer, held = held_behind(5)
    with client_of(server) as client:
        walk: Any = iter(client.iter_user_checkpoints(page_size=10))
        next(walk)
        before = {thread.name for thread in threading.enumerate()}
        wait_until(lambda: held)
        if how == "drop":
            del walk
        else:
            del walk
            for _ in client.iter_user_checkpoints(page_size=10) if how == "break" else ():
                break
            if how == "raise":
                with pytest.raises(ZeroDivisionError):
                    [1 // 0 for _ in client.iter_user_checkpoints(page_size=10)]
        gc.collect()
        wait_until(lambda: in_flight(client) == 0)
        wait_until(lambda: server.abandoned == len(held))
        assert {thread.name for thread in threading.enumerate()} <= before  # none but the workers


def test_async_loops_that_are_left_leak_nothing(server: RecordingServer) -> None:
    server.answer, held = held_behind(5)

    async def leave(client: RestClient, how: str) -> None:
        async for _ in client.iter_user_checkpoints(page_size=10):
            if how == "break":
                break
            raise KeyError

    async def leave_all(client: RestClient) -> None:
        await leave(client, "break")
        with pytest.raises(KeyError):
            await leave(client, "raise")
        await asyncio.to_thread(wait_until, lambda: in_flight(client) == 0)
        before = len(held)
        waiting = asyncio.ensure_future(collected(client.iter_user_checkpoints(page_size=10)))
        await asyncio.to_thread(wait_until, lambda: len(held) > before)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        del waiting
        gc.collect()
        assert len(asyncio.all_tasks()) == 1

    with client_of(server) as client:
        asyncio.run(leave_all(client))
        wait_until(lambda: in_flight(client) == 0)


def test_a_wait_that_timed_out_goes_on_where_it_was(server: RecordingServer) -> None:
    gate = Held(reply(body={"checkpoints": []}))
    server.answer = lambda _: gate

    async def use(client: RestClient) -> list[str]:
        walk = aiter(client.iter_user_checkpoints(page_size=10))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(walk), 0.05)
        server.answer = listing_of(25)
        return names_of([one async for one in walk])

    with client_of(server) as client:
        assert asyncio.run(use(client)) == numbers(25)


def test_closing_the_client_in_the_middle(server: RecordingServer) -> None:
    server.answer, held = held_behind(5)
    client = client_of(server)
    walk = iter(client.iter_user_checkpoints(page_size=10))
    assert names_of([next(walk)]) == ["0"]
    wait_until(lambda: held)
    client.close()
    assert names_of(list(islice(walk, 9))) == numbers(10)[1:]  # of the page that was there
    for _ in range(2):
        with pytest.raises(ClientClosedError):
            next(walk)


def test_ctrl_c_while_waiting_loses_nothing(server: RecordingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    from tinker_rest.futures import APIFuture

    server.answer = listing_of(30)
    with client_of(server) as client:
        walk = iter(client.iter_user_checkpoints(page_size=10))
        given = list(islice(walk, 10))
        with monkeypatch.context() as patch:

            def interrupted(*_: object) -> None:
                raise KeyboardInterrupt

            patch.setattr(APIFuture, "exception", interrupted)
            with pytest.raises(KeyboardInterrupt):
                next(walk)
        assert names_of(given + list(walk)) == numbers(30)


def test_threads_share_an_iterator(server: RecordingServer) -> None:
    server.answer = listing_of(2000)
    with client_of(server) as client, ThreadPoolExecutor(8) as threads:
        walk = iter(client.iter_user_checkpoints(page_size=20))
        shares = list(threads.map(lambda _: names_of(list(walk)), range(8)))
    assert sorted(chain(*shares), key=int) == numbers(2000)


def test_tasks_share_an_iterator_and_one_that_is_cancelled_disturbs_no_other(server: RecordingServer) -> None:
    gate = threading.Event()

    async def slow(writer: asyncio.StreamWriter, answer: bytes) -> None:
        while not gate.is_set():  # noqa: ASYNC110 - it is set by another thread
            await asyncio.sleep(0.005)
        writer.write(answer)
        await writer.drain()

    def answer(request: RecordedRequest) -> Answer:
        content = page_of(numbers(300), request)
        return lambda writer: slow(writer, content)

    server.answer = answer

    async def use(client: RestClient) -> list[str]:
        walk = aiter(client.iter_user_checkpoints(page_size=20))
        given: list[str] = []

        async def take() -> None:
            async for one in walk:
                given.extend(names_of([one]))

        tasks = [asyncio.ensure_future(take()) for _ in range(4)]
        await asyncio.to_thread(wait_until, lambda: server.requests)
        tasks[0].cancel()
        with pytest.raises(asyncio.CancelledError):
            await tasks[0]
        gate.set()
        await asyncio.gather(*tasks[1:])
        return given

    with client_of(server) as client:
        assert sorted(asyncio.run(use(client)), key=int) == numbers(300)


def test_waiting_on_the_thread_that_makes_the_calls_is_refused(server: RecordingServer) -> None:
    server.answer = listing_of(5)
    with client_of(server) as client:
        errors: list[BaseException] = []

        def use(_: object) -> None:
            try:
                list(client.iter_user_checkpoints())
            except RuntimeError as error:
                errors.append(error)

        future = client.list_user_checkpoints()
        future.add_done_callback(use)
        future.result(30)
        wait_until(lambda: errors)
        assert "wait for itself" in str(errors[0])


def test_only_ids_are_kept(server: RecordingServer) -> None:
    server.answer = listing_of(3000)
    with client_of(server) as client:
        for count, _ in enumerate(client.iter_user_checkpoints(page_size=100)):
            if count == 2950:
                gc.collect()
                alive = sum(isinstance(thing, Checkpoint) for thing in gc.get_objects())
                assert alive < 200
        assert count == 2999
