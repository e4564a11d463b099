"""The generated client by itself, on a real server."""

import asyncio
import subprocess
import sys

import pytest

from tinker_rest_api.api.checkpoints import get_checkpoint_archive_url, list_user_checkpoints, set_checkpoint_ttl
from tinker_rest_api.api.training_runs import get_training_run
from tinker_rest_api.client import AuthenticatedClient
from tinker_rest_api.models import ApiError, CheckpointKind, SetCheckpointTtlRequest, TrainingRun, ValidationIssue
from tinker_rest_api.types import Response
from tinker_rest_sandbox import Sandbox


def client_of(sandbox: Sandbox) -> AuthenticatedClient:
    return AuthenticatedClient(sandbox.base_url, token=sandbox.api_key, prefix="", auth_header_name="X-API-Key")


def test_sync_and_async_functions(sandbox: Sandbox) -> None:
    with client_of(sandbox) as client:
        run = get_training_run.sync("run-id", client=client)
        assert isinstance(run, TrainingRun)
        assert run.training_run_id == "run-id"
        missing = get_training_run.sync_detailed("nobody", client=client)
        assert missing.status_code == 404
        assert isinstance(missing.parsed, ApiError)
        done = set_checkpoint_ttl.sync_detailed(
            "run-id", CheckpointKind.WEIGHTS, "0001", client=client, body=SetCheckpointTtlRequest(ttl_seconds=None)
        )
        assert done.status_code == 204

    async def in_a_loop() -> object:
        async with client_of(sandbox) as client:
            return await list_user_checkpoints.asyncio(client=client, limit=3)

    page = asyncio.run(in_a_loop())
    assert len(getattr(page, "checkpoints", [])) == 3


def test_the_archive_is_not_followed(sandbox: Sandbox) -> None:
    with client_of(sandbox) as client:
        answer: Response[object] = get_checkpoint_archive_url.sync_detailed(
            "run-id", CheckpointKind.WEIGHTS, "0001", client=client
        )
    assert answer.status_code in (302, 503)
    assert not sandbox.requests_with_credentials


def test_the_detail_of_an_error_is_a_sentence_or_a_list_of_issues() -> None:
    assert ApiError.from_dict({"detail": "No."}).detail == "No."
    issue = {"loc": ["body", "urls", 0], "msg": "Field required", "type": "missing", "input": {}}
    assert ApiError.from_dict({"detail": [issue]}).detail == [ValidationIssue.from_dict(issue)]


@pytest.mark.parametrize("detail", [{"code": 7}, ["No."], [{"loc": "body"}], 7])
def test_a_detail_of_another_form_is_kept_as_it_came(detail: object) -> None:
    error = ApiError.from_dict({"detail": detail})
    assert error.detail == detail
    assert error.to_dict() == {"detail": detail}


def test_a_model_needs_no_http_library() -> None:
    code = "import sys; from tinker_rest_api.models import Checkpoint; assert 'httpx' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
