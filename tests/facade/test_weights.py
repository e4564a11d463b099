"""Weights: copies that are made once, secrets that are shown nowhere, and optimizers of newer servers."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

import pytest

from tinker_rest import APIResponseValidationError, InvalidArgumentError, NotFoundError, RestClient
from tinker_rest.types import AdamOptimizerConfig, DimuonOptimizerConfig, UnknownVariant

from .recording_server import SIGNED_URL, RecordingServer, client_of, in_turn, lose_answer, reply

SOURCE, COPY = "tinker://r/weights/1", "tinker://c/weights/1"
TOKEN = "weights-access-token"
COPIED = reply(body={"tinker_path": COPY})


def test_a_copy_has_one_key_over_all_repetitions(server: RecordingServer) -> None:
    server.answer = in_turn(
        [lose_answer, reply(500, Retry_After="0"), reply(429, Retry_After="0"), COPIED, COPIED]
    )
    with client_of(server) as client:
        assert client.copy_weights(SOURCE, "p").result(10) == COPY
        client.copy_weights(SOURCE, "p").result(10)
    keys = [request.header("X-Idempotency-Key") for request in server.requests]
    assert len(set(keys[:4])) == 1
    assert keys[4] not in (None, keys[0])


def test_the_access_token_is_a_header_and_nothing_else(
    server: RecordingServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.answer = in_turn([COPIED, reply(404, {"detail": f"{TOKEN} opens nothing"})])
    with caplog.at_level(logging.DEBUG), client_of(server) as client:
        call = client.copy_weights(SOURCE, "p", weights_access_token=TOKEN)
        call.result(10)
        with pytest.raises(NotFoundError) as caught:
            client.copy_weights(SOURCE, "p", weights_access_token=TOKEN).result(10)
    request = server.requests[0]
    assert request.header("X-Tinker-Weights-Access-Token") == TOKEN
    assert TOKEN not in request.line + request.body.decode()
    assert TOKEN not in caplog.text + repr(call) + str(caught.value) + repr(caught.value)


def test_without_an_access_token_there_is_no_header(server: RecordingServer) -> None:
    with client_of(server) as client:
        client.copy_weights(SOURCE, "p").result(10)
    assert server.requests[0].header("X-Tinker-Weights-Access-Token") is None


@pytest.mark.parametrize("bad", ["", "two words", "zwei\nzeilen", "schlüssel", 5, b"bytes"])
def test_an_access_token_that_cannot_be_sent_is_not_shown(server: RecordingServer, bad: Any) -> None:
    with client_of(server) as client, pytest.raises(InvalidArgumentError, match="weights_access_token") as caught:
        client.copy_weights(SOURCE, "p", weights_access_token=bad)
    assert "words" not in str(caught.value)
    assert server.requests == []


def test_the_project_may_come_from_the_environment(
    server: RecordingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with client_of(server) as client:
        for value in (None, ""):
            if value is not None:
                monkeypatch.setenv("TINKER_PROJECT_ID", value)
            with pytest.raises(InvalidArgumentError, match=r"destination_project_id.*TINKER_PROJECT_ID"):
                client.copy_weights(SOURCE)
        monkeypatch.setenv("TINKER_PROJECT_ID", "project-of-the-environment")
        client.copy_weights(SOURCE).result(10)
        client.copy_weights(SOURCE, "project-of-the-argument").result(10)
    assert b'"destination_project_id":"project-of-the-environment"' in server.requests[0].body
    assert b'"destination_project_id":"project-of-the-argument"' in server.requests[1].body


def test_signed_urls_are_not_shown(server: RecordingServer) -> None:
    with client_of(server) as client:
        result = client.get_external_weights_urls("tinker://r/external_weights/1").result(10)
    assert result.urls == {"a": SIGNED_URL}
    assert result.expires == datetime(2026, 7, 13, 10, 15, tzinfo=UTC)
    assert "secret" not in repr(result) + str(result)


def test_urls_of_a_wrong_type_are_named(server: RecordingServer) -> None:
    server.answer = lambda _: reply(body={"urls": {"a": 5}, "expires": "2026-07-13T10:15:00Z"})
    with (
        client_of(server) as client,
        pytest.raises(APIResponseValidationError, match=r"FileUrls\.a must be a string"),
    ):
        client.get_external_weights_urls("tinker://r/external_weights/1").result(10)


@pytest.mark.parametrize(
    ("config", "model"),
    [(None, AdamOptimizerConfig()), ({"type": "adamw"}, AdamOptimizerConfig()),
     ({"type": "dimuon", "version": 1}, DimuonOptimizerConfig()),
     ({"type": "dimuon", "version": 2}, DimuonOptimizerConfig(version=2)),
     ({"type": "lion", "beta": 0.9}, UnknownVariant("lion", {"beta": 0.9}))],
)  # fmt: skip
def test_each_optimizer(server: RecordingServer, config: Any, model: Any) -> None:
    server.answer = lambda _: reply(body={"base_model": "b", "is_lora": True, "optimizer_config": config})
    with client_of(server) as client:
        info = client.get_weights_info_by_tinker_path(SOURCE).result(10)
    assert info.optimizer_config == model
    assert info.optimizer_config.type == (config or {"type": "adamw"})["type"]  # type: ignore[union-attr]


def test_clients_of_old_servers_see_adamw(server: RecordingServer) -> None:
    with RestClient(base_url=server.base_url, api_key="tml-0123456789abcdef") as client:
        assert client.get_weights_info_by_tinker_path(SOURCE).result(10).optimizer_config == AdamOptimizerConfig()
