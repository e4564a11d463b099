"""What a REPL, a notebook and an error show of futures, iterators and results."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tinker_rest import (
    APIFuture,
    BulkResult,
    CheckpointSelection,
    InvalidArgumentError,
    NotFoundError,
    RestClient,
    types,
)
from tinker_rest_api._display import html_table
from tinker_rest_sandbox import Sandbox

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
    with pytest.raises((AttributeError, TypeError), match=r"call \.result\(\) on it, or await it"):
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


def test_a_long_page_has_a_short_repr(sandbox: Sandbox, rest: RestClient) -> None:
    page = rest.list_user_checkpoints(limit=50).result()
    assert "… 50 in all]" in repr(page)
    assert f"total_count={sandbox_total(rest)}" in repr(page)
    assert repr(page).count("Checkpoint(") == 3
    short = rest.list_user_checkpoints(limit=2).result()
    assert repr(short).count("Checkpoint(") == 2
    assert "in all" not in repr(short)
    ids = rest.list_sessions().result().sessions
    assert repr(rest.list_sessions().result()).startswith(f"ListSessionsResponse(sessions=['{ids[0]}', ")


def sandbox_total(rest: RestClient) -> int:
    cursor = rest.list_user_checkpoints(limit=1).result().cursor
    assert cursor is not None
    return cursor.total_count


def table_of(result: object) -> str:
    html = result._repr_html_()  # type: ignore[attr-defined]
    assert html.startswith("<table>")
    assert html.endswith("</table>")
    return str(html)


def test_notebooks_show_a_page_as_a_table(sandbox: Sandbox, rest: RestClient) -> None:
    sandbox.add_training_run(user_metadata={"note": "<script>alert('&')</script>"})
    page = rest.list_training_runs(limit=1).result()
    html = table_of(page)
    total = page.cursor.total_count
    assert f"<caption>1 of {total} training runs</caption>" in html
    assert "<td>note: &lt;script&gt;alert(&#x27;&amp;&#x27;)&lt;/script&gt;</td>" in html
    assert "<script>" not in html
    assert "<th>last_checkpoint</th>" not in html  # the run has none
    assert "<th>user_metadata</th>" in html
    page = rest.list_training_runs(limit=20).result()
    checkpoint = next(run.last_checkpoint for run in page.training_runs if run.last_checkpoint is not None)
    assert f"<td>{checkpoint.checkpoint_id}</td>" in table_of(page)


def test_tables_are_bounded(rest: RestClient) -> None:
    page = rest.list_user_checkpoints(limit=300).result()
    assert len(page.checkpoints) == 300
    html = table_of(page)
    assert " checkpoints (the first 100)</caption>" in html
    assert html.count("<tr>") == 1 + 100
    (long,) = page.checkpoints[:1]
    long.user_metadata = {"text": "x" * 10_000}
    assert len(table_of(types.CheckpointsListResponse(checkpoints=[long]))) < 2_000


def test_notebooks_show_storage_and_outcomes_as_tables(sandbox: Sandbox, rest: RestClient) -> None:
    with sandbox.admin_client() as admin:
        storage = admin.get_current_checkpoint_storage_usage().result()
    item = storage.data[0]
    assert f"<td>{item.size_bytes:,}</td>" in table_of(storage)
    assert f"<caption>{len(storage.data)} items</caption>" in table_of(storage)
    checkpoint = rest.list_user_checkpoints(limit=1).result().checkpoints[0]
    result = rest.set_checkpoints_ttl([checkpoint, "tinker://nobody/weights/1"], 7200).result()
    html = table_of(result)
    assert "<caption>1 not_found, 1 done</caption>" in html
    assert html.index("tinker://nobody") < html.index(checkpoint.tinker_path)
    assert "404 Not Found" in html


@pytest.mark.parametrize(
    "result",
    [
        types.CheckpointsListResponse(checkpoints=[]),
        BulkResult([]),
        types.WhoamiResponse(user_urn="u", org_urn="o"),
    ],
)
def test_what_is_no_list_has_no_table(result: Any) -> None:
    assert result._repr_html_() is None


def test_no_table_shows_a_secret() -> None:
    url = "https://storage.example/a?signature=secret-signature"
    archive = types.CheckpointArchiveUrlResponse(url=url, expires_at=datetime(2026, 7, 13, tzinfo=UTC))
    shown = html_table("uploads", [types.UploadUrl(url=url)]) + html_table("archives", [archive])
    assert "secret-signature" not in shown
    assert "https://storage.example/a?…" in shown
