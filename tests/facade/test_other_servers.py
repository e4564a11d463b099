"""Tinker-compatible servers differ from the description in many ways; a client survives each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from tinker_rest import APIResponseValidationError, APIStatusError, NotFoundError, RestClient
from tinker_rest.types import Checkpoint

from .recording_server import (
    KEY,
    RecordedRequest,
    RecordingServer,
    client_of,
    in_turn,
    reply,
    smallest_answer,
)

NOON = datetime(2026, 7, 13, 12, tzinfo=UTC)
PATH = "tinker://run-1/weights/0001"
SMALLEST: dict[str, Any] = {"checkpoint_id": "0001", "checkpoint_type": "training", "tinker_path": PATH}


@pytest.fixture
def client(server: RecordingServer) -> Iterator[RestClient]:
    with client_of(server, max_retries=0) as made:
        yield made


# What a server sends for a checkpoint, and what of it the user sees.
# fmt: off
CHECKPOINTS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("only four fields", {"time": "2026-07-13T12:00:00Z"}, {
        "checkpoint_id": "0001", "time": NOON, "training_run_id": "run-1", "size_bytes": None, "public": False,
        "expires_at": None, "user_metadata": None}),
    ("no time at all", {}, {"time": None}),
    ("a time without a zone", {"time": "2026-07-13T12:00:00.5"}, {"time": NOON.replace(microsecond=500000)}),
    ("a time as seconds", {"time": NOON.timestamp(), "expires_at": None}, {"time": NOON, "expires_at": None}),
    ("a time of another zone", {"time": "2026-07-13T14:00:00+02:00"}, {"time": NOON}),
    ("nanoseconds", {"time": "2026-07-13T12:00:00.000001999Z"}, {"time": NOON.replace(microsecond=1)}),
    ("another scheme", {"tinker_path": "twinkle://run-2/weights/1"}, {"training_run_id": "run-2"}),
    ("a path without a kind", {"tinker_path": "tinker://run-3/checkpoints/x"}, {"training_run_id": "run-3"}),
    ("a run id with colons", {"tinker_path": "tinker://5f:train:0/weights/1"}, {"training_run_id": "5f:train:0"}),
    ("no path to speak of", {"tinker_path": "/data/x"}, {"training_run_id": None, "tinker_path": "/data/x"}),
    ("the run id is sent", {"training_run_id": "run-9"}, {"training_run_id": "run-9"}),
    ("more fields", {"path": "/x", "lora_alpha": 32}, {"additional_properties": {"path": "/x", "lora_alpha": 32}}),
    ("a type of next year", {"checkpoint_type": "hologram"}, {"checkpoint_type": "hologram"}),
    ("nulls wherever it may be", {"size_bytes": None, "public": None, "user_metadata": None}, {
        "size_bytes": None, "public": False, "user_metadata": None}),
]
# fmt: on


@pytest.mark.core_install
@pytest.mark.parametrize(("name", "sent", "seen"), CHECKPOINTS, ids=[row[0] for row in CHECKPOINTS])
def test_checkpoints(
    server: RecordingServer, client: RestClient, name: str, sent: dict[str, Any], seen: dict[str, Any]
) -> None:
    checkpoint = {**SMALLEST, **sent}
    run = {"training_run_id": "r", "base_model": "b", "is_lora": True, "last_checkpoint": checkpoint}
    pages: list[tuple[Callable[[], Checkpoint | None], object]] = [
        (lambda: client.list_checkpoints("r").result(10).checkpoints[0], {"checkpoints": [checkpoint]}),
        (lambda: client.list_user_checkpoints().result(10).checkpoints[0], {"checkpoints": [checkpoint]}),
        (lambda: client.get_training_run("r").result(10).last_checkpoint, run),
    ]
    for call, body in pages:
        server.answer = lambda _, body=body: reply(body=body)  # type: ignore[misc]
        result = call()
        assert result is not None
        assert {field: getattr(result, field) for field in seen} == seen
        assert "UNSET" not in repr(result)
        if result.time is not None:
            assert result.time.tzinfo is UTC


def test_both_kinds_may_share_a_bare_id(server: RecordingServer, client: RestClient) -> None:
    other = {**SMALLEST, "checkpoint_type": "sampler", "tinker_path": "tinker://run-1/sampler_weights/0001"}
    server.answer = lambda request: (
        reply(body={"checkpoints": [SMALLEST, other]}) if request.method == "GET" else reply(204)
    )
    for checkpoint in client.list_checkpoints("run-1").result(10).checkpoints:
        client.delete_checkpoint_from_tinker_path(checkpoint.tinker_path).result(10)
    assert [line.rpartition("checkpoints/")[2] for line in server.lines[1:]] == [
        "weights/0001",
        "sampler_weights/0001",
    ]


def test_headers_may_be_sent_twice(server: RecordingServer, client: RestClient) -> None:
    location, pause = "Location: https://storage.example/a?s=1\r\n", "Retry-After: 0\r\n"
    server.answer = in_turn(
        [
            f"HTTP/1.1 425 Too Early\r\nContent-Length: 0\r\n{pause * 2}\r\n".encode(),
            f"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n{location * 2}\r\n".encode(),
        ]
    )
    archive = client.get_checkpoint_archive_url("r", "weights/1").result(10)
    assert archive.url == "https://storage.example/a?s=1"


@pytest.mark.usefixtures("no_jitter")
def test_another_form_of_the_request_is_no_retry(server: RecordingServer, client: RestClient) -> None:
    server.answer = in_turn([reply(404), reply(500), reply(302, Location="https://storage.example/a")])
    archive = client.with_options(max_retries=1).get_checkpoint_archive_url("r", "sampler_weights/1").result(10)
    assert archive.url == "https://storage.example/a"


@pytest.mark.parametrize("cursor", [{}, {"cursor": None}, {"cursor": {"offset": 0, "limit": 9, "total_count": 0}}])
def test_a_cursor_may_be_there_null_or_absent(
    server: RecordingServer, client: RestClient, cursor: dict[str, Any]
) -> None:
    server.answer = lambda _: reply(body={"checkpoints": [SMALLEST], **cursor})
    page = client.list_checkpoints("r").result(10)
    assert (page.cursor is None) == (cursor.get("cursor") is None)
    if page.cursor is not None:
        assert page.cursor.total_count == 0


def test_weights_of_a_run_without_lora(server: RecordingServer, client: RestClient) -> None:
    server.answer = lambda _: reply(body={"base_model": "b", "is_lora": False, "lora_rank": 0})
    info = client.get_weights_info_by_tinker_path(PATH).result(10)
    assert (info.is_lora, info.lora_rank, info.train_mlp) == (False, 0, None)


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("https://storage.example/a?s=1", "https://storage.example/a?s=1"),
        ("/files/a.tar.gz", "{server}/files/a.tar.gz"),
        ("//other.example/a", "http://other.example/a"),
    ],
)
def test_an_archive_may_be_on_the_same_server(
    server: RecordingServer, client: RestClient, location: str, url: str
) -> None:
    server.answer = lambda _: reply(302, Location=location)
    archive = client.get_checkpoint_archive_url("r", "weights/1").result(10)
    assert archive.url == url.format(server=server.base_url)
    assert archive.expires_at == archive.expires
    assert 14 * 60 < (archive.expires_at - datetime.now(UTC)).total_seconds() <= 15 * 60
    assert "s=1" not in repr(archive)


@pytest.mark.parametrize(
    "answer",
    [
        reply(302, Location="file:///srv/archives/a.tar.gz"),
        reply(302, Location="ftp://storage.example/a"),
        reply(302, Location="http://[broken"),
        reply(302),
        reply(200, b"\x1f\x8b\x08\x00 a whole archive", "application/gzip"),
        reply(200, {"url": "https://storage.example/a"}),
    ],
)
def test_what_is_no_address_of_an_archive_is_an_error(
    server: RecordingServer, client: RestClient, answer: bytes
) -> None:
    server.answer = lambda _: answer
    error = client.get_checkpoint_archive_url("r", "weights/1").exception(10)
    assert isinstance(error, APIResponseValidationError)
    assert "redirect" in error.message
    assert len(server.requests) == 1


@pytest.mark.parametrize("expires", ["Mon, 13 Jul 2026 12:00:00 GMT", "Mon, 13 Jul 2026 14:00:00 +0200"])
def test_the_expiry_of_an_archive_is_utc(server: RecordingServer, client: RestClient, expires: str) -> None:
    server.answer = lambda _: reply(302, Location="https://storage.example/a", Expires=expires)
    archive = client.get_checkpoint_archive_url("r", "weights/1").result(10)
    assert archive.expires_at == NOON
    assert archive.expires_at.tzinfo is UTC


@pytest.mark.parametrize("expires", ["0", "soon", "", "Mon, 99 Jul 2026 12:00:00 GMT"])
def test_an_expiry_that_cannot_be_read_is_as_if_absent(
    server: RecordingServer, client: RestClient, expires: str
) -> None:
    server.answer = lambda _: reply(302, Location="https://storage.example/a", Expires=expires)
    archive = client.get_checkpoint_archive_url("r", "weights/1").result(10)
    assert archive.expires_at > datetime.now(UTC)


def test_a_server_that_lacks_most_operations_says_so_for_each(server: RecordingServer, client: RestClient) -> None:
    def few(request: RecordedRequest) -> bytes:
        if request.method == "GET" and "/training_runs" in request.target and "archive" not in request.target:
            return smallest_answer(request)
        return reply(405 if request.method != "GET" else 404, {"detail": "Not Found"})

    server.answer = few
    assert client.get_training_run_by_tinker_path(PATH).result(10)
    for call in (
        client.list_user_checkpoints(),
        client.list_sessions(),
        client.get_sampler("s"),
        client.publish_checkpoint_from_tinker_path(PATH),
        client.set_checkpoint_ttl_from_tinker_path(PATH, None),
        client.get_checkpoint_archive_url_from_tinker_path(PATH),
    ):
        error = call.exception(10)
        assert isinstance(error, APIStatusError)
        assert error.operation_unsupported
        assert "the server does not offer this operation" in str(error)
    server.answer = lambda _: reply(404, {"detail": "Checkpoint weights/0001 was not found."})
    missing = client.delete_checkpoint_from_tinker_path(PATH).exception(10)
    assert isinstance(missing, NotFoundError)
    assert not missing.operation_unsupported


def test_other_ways_to_say_who_one_is(server: RecordingServer) -> None:
    headers = {"Authorization": f"Bearer {KEY}"}
    with client_of(server, default_headers=headers) as client:
        client.list_sessions().result(10)
    sent = server.requests[0]
    assert sent.header("X-API-Key") == KEY
    assert sent.header("Authorization") == f"Bearer {KEY}"
    assert sent.header("X-Request-Id")


def test_an_unknown_run_with_an_empty_list(server: RecordingServer, client: RestClient) -> None:
    assert client.list_checkpoints("nobody").result(10).checkpoints == []


@pytest.mark.parametrize(
    "answer",
    [
        reply(422, {"detail": "Invalid checkpoint_id"}),
        reply(404, {"detail": "Checkpoint weights/0001/publish not found"}),
        reply(404, {"status": "error", "code": 404, "message": "no checkpoint 0001/publish"}),
    ],
)
def test_a_server_may_take_publish_for_a_part_of_the_id(
    server: RecordingServer, client: RestClient, answer: bytes
) -> None:
    server.answer = lambda _: answer
    for call in (
        client.publish_checkpoint_from_tinker_path(PATH),
        client.unpublish_checkpoint_from_tinker_path(PATH),
        client.unpublish_checkpoint("run-1", "0001"),
    ):
        error = call.exception(10)
        assert isinstance(error, APIStatusError)
        assert error.operation_unsupported
        assert "the server may not offer this operation: " in str(error)
    outcomes = client.unpublish_checkpoints([f"{PATH}-{number}" for number in range(40)], concurrency=1).result()
    assert [one.status for one in outcomes.outcomes] == ["failed"] * 5 + ["skipped"] * 35
    other = client.delete_checkpoint("run-1", "weights/publish").exception(10)
    assert isinstance(other, APIStatusError)
    assert not other.operation_unsupported


@pytest.mark.parametrize("end", ["ttl", "archive"])
def test_a_server_may_take_other_ends_for_a_part_of_the_id(
    server: RecordingServer, client: RestClient, end: str
) -> None:
    server.answer = lambda _: reply(404, {"detail": f"Checkpoint weights/0001/{end} not found"})
    expiring = partial(client.set_checkpoint_ttl, ttl_seconds=None)
    call: Callable[..., Any] = expiring if end == "ttl" else client.get_checkpoint_archive_url
    error = call("run-1", "weights/0001").exception(10)
    assert isinstance(error, NotFoundError)
    assert error.operation_unsupported
    server.answer = lambda _: reply(404, {"detail": f"Checkpoint weights/{end}-1 not found"})
    error = call("run-1", f"weights/{end}-1").exception(10)
    assert isinstance(error, NotFoundError)
    assert not error.operation_unsupported


@pytest.mark.parametrize(
    "answer",
    [
        reply(404, {"detail": "Checkpoint weights/0001 was not found."}),
        reply(422, {"detail": "External weights cannot be published."}),
        reply(403),
    ],
)
def test_a_checkpoint_that_cannot_be_published_is_no_missing_operation(
    server: RecordingServer, client: RestClient, answer: bytes
) -> None:
    server.answer = lambda _: answer
    error = client.publish_checkpoint_from_tinker_path(PATH).exception(10)
    assert isinstance(error, APIStatusError)
    assert not error.operation_unsupported
