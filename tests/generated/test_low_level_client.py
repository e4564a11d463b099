"""The generated client by itself, on a real server."""

import asyncio

import httpx

from tinker_rest_api import AuthenticatedClient
from tinker_rest_api.api.checkpoints import get_checkpoint_archive_url, list_user_checkpoints, set_checkpoint_ttl
from tinker_rest_api.api.training_runs import get_training_run
from tinker_rest_api.models import CheckpointKind, Error, SetCheckpointTtlRequest, TrainingRun
from tinker_rest_api.types import Response
from tinker_rest_sandbox import Sandbox


def test_sync_and_async_functions(sandbox: Sandbox) -> None:
    with AuthenticatedClient(sandbox.base_url, token=sandbox.api_key) as client:
        run = get_training_run.sync("run-id", client=client)
        assert isinstance(run, TrainingRun)
        assert run.training_run_id == "run-id"
        missing = get_training_run.sync_detailed("nobody", client=client)
        assert missing.status_code == 404
        assert isinstance(missing.parsed, Error)
        done = set_checkpoint_ttl.sync_detailed(
            "run-id", CheckpointKind.WEIGHTS, "0001", client=client, body=SetCheckpointTtlRequest(ttl_seconds=None)
        )
        assert done.status_code == 204

    async def in_a_loop() -> object:
        async with AuthenticatedClient(sandbox.base_url, token=sandbox.api_key) as client:
            return await list_user_checkpoints.asyncio(client=client, limit=3)

    page = asyncio.run(in_a_loop())
    assert len(getattr(page, "checkpoints", [])) == 3


def test_the_archive_is_not_followed(sandbox: Sandbox) -> None:
    with AuthenticatedClient(sandbox.base_url, token=sandbox.api_key) as client:
        answer: Response[object] = get_checkpoint_archive_url.sync_detailed(
            "run-id", CheckpointKind.WEIGHTS, "0001", client=client
        )
    assert answer.status_code in (302, 503)
    assert not sandbox.leaked_keys


def test_the_key_is_in_no_repr() -> None:
    client = AuthenticatedClient("http://127.0.0.1:1", token="tml-canary", headers={"X-Other": "canary-2"})
    client.get_httpx_client().close()
    assert "canary" not in repr(client)


def test_an_unknown_status_is_no_python_error() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(520, json={"detail": "proxy"}))
    client = AuthenticatedClient("http://127.0.0.1:1", token="tml-x", httpx_args={"transport": transport})
    with client:
        answer = get_training_run.sync_detailed("run-id", client=client)
    assert answer.status_code == 520
