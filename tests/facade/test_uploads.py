"""Searching checkpoints and uploading external weights, against the sandbox and against odd servers."""

from __future__ import annotations

import concurrent.futures
import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from tinker_rest import (
    InvalidArgumentError,
    LoraConfig,
    NotFoundError,
    PermissionDeniedError,
    RestClient,
    UploadError,
    UploadProgress,
)
from tinker_rest.types import (
    AccessibleSearchOwner,
    CheckpointSearchRequest,
    UserSearchOwner,
)
from tinker_rest_sandbox import Sandbox

from .recording_server import RecordedRequest, RecordingServer, client_of, reply

MODEL = "Qwen/Qwen3-8B"
CONFIG, TENSORS = "adapter_config.json", "adapter_model.safetensors"
PATH = "tinker://run-1/external_weights/0001"
UPLOAD_ID = "tinker://u/" + 1000 * "x"  # a server may choose any


@pytest.fixture
def adapter(tmp_path: Path) -> Path:
    """A folder with an adapter of rank 8."""
    folder = tmp_path / "adapter"
    folder.mkdir()
    (folder / CONFIG).write_text(json.dumps({"r": 8}))
    (folder / TENSORS).write_bytes(os.urandom(1_000_000))
    return folder


def upload(client: RestClient, folder: Path, **options: Any) -> str:
    return client.upload_external_weights(
        folder, base_model=MODEL, lora_config=LoraConfig(rank=8), **options
    ).result(30)


def test_what_is_uploaded_can_be_listed_and_downloaded(
    sandbox: Sandbox, rest: RestClient, adapter: Path, tmp_path: Path
) -> None:
    (adapter / "README.md").write_text("not wanted by the server")
    told: list[UploadProgress] = []
    path = upload(rest, adapter, destination_project_id="project-archive", progress=told.append)
    size = sum((adapter / name).stat().st_size for name in (CONFIG, TENSORS))
    (listed,) = [one for one in rest.list_user_checkpoints().result().checkpoints if one.tinker_path == path]
    assert (listed.checkpoint_type, listed.base_model, listed.size_bytes) == ("external", MODEL, size)
    info = rest.get_weights_info_by_tinker_path(path).result()
    assert (info.base_model, info.lora_rank) == (MODEL, 8)
    folder = rest.download_checkpoint(path, tmp_path / "back").result().path
    assert {one.name: one.read_bytes() for one in folder.iterdir() if one.name in (CONFIG, TENSORS)} == {
        name: (adapter / name).read_bytes() for name in (CONFIG, TENSORS)
    }
    assert told[0] == UploadProgress(0, size)
    assert told[-1] == UploadProgress(size, size)
    assert sandbox.requests_with_credentials == []


def test_a_file_that_fails_is_sent_again(sandbox: Sandbox, rest: RestClient, adapter: Path) -> None:
    sandbox.faults.add(status=503, host="storage", retry_after=0)
    sandbox.faults.add(drop=True, host="storage")
    upload(rest, adapter)
    assert [one.method for one in sandbox.storage_requests] == ["PUT"] * 4
    assert [one.operation_id for one in sandbox.requests] == [
        "external_weights_upload_start",
        "external_weights_upload_finish",
    ]


def test_an_upload_starts_anew_when_its_urls_expire(sandbox: Sandbox, rest: RestClient, adapter: Path) -> None:
    sandbox.faults.add(status=403, host="storage", match="/uploads/*/adapter_model.safetensors")
    upload(rest, adapter)
    started = [one.operation_id for one in sandbox.requests]
    assert started == ["external_weights_upload_start"] * 2 + ["external_weights_upload_finish"]


def test_an_error_says_what_was_uploaded(sandbox: Sandbox, rest: RestClient, adapter: Path) -> None:
    sandbox.faults.add(status=403, host="storage", match="/uploads/*/adapter_model.safetensors", times=None)
    with pytest.raises(UploadError, match=f"[01] of 2 files were uploaded, but not .*{TENSORS}") as caught:
        upload(rest, adapter)
    assert "signature=" not in repr(caught.value) + str(caught.value) + repr(caught.value.__cause__)
    assert "external_weights_upload_finish" not in [one.operation_id for one in sandbox.requests]


def test_signed_urls_are_in_no_repr(sandbox: Sandbox, rest: RestClient) -> None:
    started = rest.external_weights_upload_start(MODEL, LoraConfig(rank=8)).result()
    assert "signature=" in started.urls[TENSORS].url
    assert "signature=" not in repr(started) + repr(started.urls)


def test_a_finished_upload_is_gone(rest: RestClient, adapter: Path, sandbox: Sandbox) -> None:
    upload(rest, adapter)
    upload_id = json.loads(sandbox.requests[-1].body)["upload_id"]
    with pytest.raises(NotFoundError):
        rest.external_weights_upload_finish(upload_id).result()


def prepared_server(server: RecordingServer, names: tuple[str, ...] = (CONFIG, TENSORS)) -> None:
    """A server that sends each URL as a string, as the first ones did."""

    def answer(request: RecordedRequest) -> bytes:
        if request.method == "PUT":
            return reply(200)
        if request.target.endswith("start"):
            urls = {name: f"{server.base_url}/{name}?signature=abc" for name in names}
            return reply(body={"upload_id": UPLOAD_ID, "urls": urls, "expires": "2027-01-01T00:00:00Z"})
        return reply(body={"tinker_path": PATH})

    server.answer = answer


def test_urls_that_are_strings(server: RecordingServer, adapter: Path) -> None:
    prepared_server(server)
    with client_of(server) as client:
        assert upload(client, adapter) == PATH
    sent = {one.target: one for one in server.requests if one.method == "PUT"}
    assert sent[f"/{TENSORS}?signature=abc"].body == (adapter / TENSORS).read_bytes()
    for one in sent.values():
        assert one.header("content-length") == str(len(one.body))
        assert one.header("x-api-key") is None
    assert json.loads(server.requests[-1].body) == {"upload_id": UPLOAD_ID}


def test_files_that_the_server_wants_and_are_not_there(server: RecordingServer, adapter: Path) -> None:
    prepared_server(server, (CONFIG, "vocabulary.json"))
    with (
        client_of(server) as client,
        pytest.raises(UploadError, match=r"nothing was uploaded: the server also requires vocabulary\.json"),
    ):
        upload(client, adapter)
    assert [one.method for one in server.requests] == ["POST"]


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (lambda folder: (folder / CONFIG).write_text('{"r": 16}'), "rank must be 16"),
        (lambda folder: (folder / CONFIG).write_text("{"), "must be the configuration of a LoRA adapter"),
        (lambda folder: [one.unlink() for one in folder.iterdir()], "contains none"),
        (lambda folder: folder.rename(folder.with_name("elsewhere")), "must be a folder"),
    ],
)
def test_a_folder_without_an_adapter_is_refused_before_anything_is_sent(
    server: RecordingServer, adapter: Path, spoil: Any, named: str
) -> None:
    spoil(adapter)
    with client_of(server) as client, pytest.raises(InvalidArgumentError, match=named):
        upload(client, adapter)
    assert server.requests == []


def test_a_file_that_is_gone_when_it_is_sent(server: RecordingServer, adapter: Path) -> None:
    prepared_server(server)
    answer = server.answer

    def remove_and_answer(request: RecordedRequest) -> Any:
        (adapter / TENSORS).unlink(missing_ok=True)
        return answer(request)

    server.answer = remove_and_answer
    with client_of(server) as client, pytest.raises(UploadError, match=f"0 of 2 files were uploaded.*{TENSORS}"):
        upload(client, adapter)
    assert not server.requests[-1].target.endswith("finish")


def test_cancelling_ends_an_upload(sandbox: Sandbox, rest: RestClient, adapter: Path) -> None:
    sandbox.faults.add(delay=30, host="storage", times=None)
    is_sending = threading.Event()
    future = rest.upload_external_weights(
        adapter, base_model=MODEL, lora_config=LoraConfig(rank=8), progress=lambda _: is_sending.set()
    )
    assert is_sending.wait(10)
    future.cancel()
    with pytest.raises(concurrent.futures.CancelledError):
        future.result(10)
    assert "external_weights_upload_finish" not in [one.operation_id for one in sandbox.requests]


def test_each_condition_of_a_search(sandbox: Sandbox, rest: RestClient) -> None:
    model = "meta-llama/Llama-3.2-1B"
    session = sandbox.add_session(project_id="project-archive").session_id
    run = sandbox.add_training_run(session_id=session, base_model=model).training_run_id
    path = sandbox.add_checkpoint(
        training_run_id=run, kind="sampler_weights", user_metadata={"best": "yes"}
    ).tinker_path
    other = sandbox.add_checkpoint(training_run_id=run).tinker_path

    def found(**conditions: Any) -> list[str]:
        request = CheckpointSearchRequest(limit=7, **conditions)
        return [one.tinker_path for one in rest.iter_checkpoint_search(request)]

    assert {path, other} <= set(found(base_models=[model], project_ids=["project-archive"]))
    assert path not in found(base_models=[MODEL]) + found(project_ids=["project-research"])
    assert found(user_metadata={"best": "yes"}) == [path]
    assert path in found(checkpoint_type="sampler")
    assert other not in found(checkpoint_type="sampler")
    assert found(base_models=[]) == []
    mine, everyone = found(), found(owner=AccessibleSearchOwner())
    assert set(mine) < set(everyone)
    assert set(mine) <= {one.tinker_path for one in rest.iter_user_checkpoints()}
    bob = next(user for user in sandbox.users if user.name == "bob")
    assert set(found(owner=UserSearchOwner(owner_urns=[bob.urn]))) == set(everyone) - set(mine)
    with pytest.raises(PermissionDeniedError, match="project-of-others"):
        found(project_ids=["project-of-others"])
