"""`ServiceClient` as programs for the official SDK use it."""

from __future__ import annotations

import asyncio
import copy
import pickle

import pytest

from tinker_rest import ClientClosedError, ServiceClient
from tinker_rest_sandbox import Sandbox

from .recording_server import KEY, RecordingServer, reply


@pytest.fixture
def service(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> ServiceClient:
    monkeypatch.setenv("TINKER_BASE_URL", sandbox.base_url)
    monkeypatch.setenv("TINKER_API_KEY", sandbox.api_key)
    return ServiceClient({"team": "research"}, "project-archive", display_name="evaluation")


def test_the_console_is_named(server: RecordingServer) -> None:
    with ServiceClient(base_url=server.base_url, api_key=KEY) as service:
        assert service.get_console_url() == "https://tinker.thinkingmachines.ai/sessions"
    assert server.requests == []


def test_capabilities_are_the_answer_itself(service: ServiceClient) -> None:
    assert service.get_server_capabilities().supported_models
    assert asyncio.run(service.get_server_capabilities_async()).supported_models


def test_weights_are_copied_into_the_project(sandbox: Sandbox, service: ServiceClient) -> None:
    copied = service.copy_weights("tinker://run-id/weights/0001", ttl_seconds=7200).result()
    with sandbox.client() as client:
        run = client.get_training_run_by_tinker_path(copied).result()
        runs = client.list_training_runs(project_id="project-archive").result().training_runs
    assert run.training_run_id in {one.training_run_id for one in runs}


@pytest.mark.parametrize("how", ["with_options", "copy", "pickle"])
def test_copies_keep_the_project(sandbox: Sandbox, service: ServiceClient, how: str) -> None:
    ways = {
        "with_options": lambda: service.with_options(max_retries=1),
        "copy": lambda: copy.copy(service),
        "pickle": lambda: pickle.loads(pickle.dumps(service)),
    }
    with ways[how]() as other:
        assert other.copy_weights("tinker://run-id/weights/0001").result().startswith("tinker://")


def test_closing_takes_a_status_and_can_be_awaited(service: ServiceClient) -> None:
    rest = service.create_rest_client()

    async def close() -> None:
        await service.close("success", "all done")

    asyncio.run(close())
    assert service.close("interrupted").result() is None
    with pytest.raises(ClientClosedError):
        rest.list_sessions()


def test_headers_have_the_name_of_the_sdk(server: RecordingServer) -> None:
    server.answer = lambda _: reply(body={"supported_models": []})
    headers = {"X-Team": "research"}
    with ServiceClient(base_url=server.base_url, api_key=KEY, default_headers_overrides=headers) as service:
        service.get_server_capabilities()
    assert server.requests[0].header("X-Team") == "research"
