"""Archives: waiting, the redirect, the download, and credentials that leak."""

from __future__ import annotations

import io
import json
import struct
import tarfile
from datetime import timedelta
from email.utils import parsedate_to_datetime

import httpx
import pytest

from tinker_rest_sandbox import Sandbox

RUN = "/api/v1/training_runs/run-id/checkpoints"
ARCHIVE = f"{RUN}/weights/0001/archive"


@pytest.fixture
def url(sandbox: Sandbox, alice: httpx.Client, wait_for_archive) -> str:
    return wait_for_archive(alice, ARCHIVE).headers["location"]


def test_wait_then_redirect(sandbox: Sandbox, alice: httpx.Client, wait_for_archive) -> None:
    first = alice.get(ARCHIVE)
    assert (first.status_code, first.headers["retry-after"]) == (503, "1")
    assert first.json() == {"detail": "The archive is being built."}
    redirect = wait_for_archive(alice, ARCHIVE)
    assert (redirect.status_code, redirect.content) == (302, b"")
    location = httpx.URL(redirect.headers["location"])
    assert (location.host, location.port) != (
        httpx.URL(sandbox.base_url).host,
        httpx.URL(sandbox.base_url).port,
    )
    assert str(location).startswith(sandbox.storage_url)
    assert set(location.params) == {"expires", "signature"}
    assert redirect.headers["expires"].endswith(" GMT")
    left = parsedate_to_datetime(redirect.headers["expires"]) - sandbox.clock.now()
    assert timedelta(minutes=14, seconds=50) < left <= timedelta(minutes=15)


def test_other_servers_say_425_meanwhile(start, connect) -> None:
    sandbox = start(archive_building_status=425, archive_build_seconds=0.5)
    first = connect(sandbox).get(f"{RUN}/checkpoint-123/archive")
    assert (first.status_code, first.headers["retry-after"]) == (425, "1")
    assert first.json() == {"detail": "The archive is being built."}
    told: list[str] = []
    # No retries, but to wait for an archive is none.
    with sandbox.client(max_retries=0, on_retry=lambda event: told.append(event.reason)) as client:
        archive = client.get_checkpoint_archive_url("run-id", "weights/0001").result()
    assert told == ["425 Too Early: The archive is being built."]
    assert httpx.get(archive.url).status_code == 200
    asked = [request.target.rsplit("/", 2)[-2:] for request in sandbox.requests]
    assert asked == [["checkpoint-123", "archive"], ["0001", "archive"], ["0001", "archive"]]
    with pytest.raises(ValueError, match="503 or 425, not 404"):
        Sandbox(archive_building_status=404)  # type: ignore[arg-type]


def test_bare_id_has_the_same_archive(sandbox: Sandbox, alice: httpx.Client, wait_for_archive) -> None:
    bare = wait_for_archive(alice, f"{RUN}/checkpoint-123/archive")
    two_parts = alice.get(f"{RUN}/weights/checkpoint-123/archive")
    assert bare.status_code == two_parts.status_code == 302
    paths = {httpx.URL(response.headers["location"]).path for response in (bare, two_parts)}
    assert paths == {"/archives/run-id/weights/checkpoint-123.tar.gz"}


def test_build_time_can_be_nothing(reader: httpx.Client) -> None:
    assert reader.get(ARCHIVE).status_code == 302


def test_download_and_unpack(sandbox: Sandbox, alice: httpx.Client, url: str) -> None:
    response = httpx.get(url)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/gzip"
    assert int(response.headers["content-length"]) == len(response.content)
    assert response.headers["etag"].startswith('"')
    with tarfile.open(fileobj=io.BytesIO(response.content), mode="r:gz") as archive:
        files = {name: archive.extractfile(name).read() for name in archive.getnames()}
    assert set(files) == {"README.md", "adapter_config.json", "adapter_model.safetensors"}
    config = json.loads(files["adapter_config.json"])
    run = alice.get("/api/v1/training_runs/run-id").json()
    assert (config["r"], config["base_model_name_or_path"]) == (run["lora_rank"], run["base_model"])
    tensors = files["adapter_model.safetensors"]
    (length,) = struct.unpack("<Q", tensors[:8])
    (tensor,) = json.loads(tensors[8 : 8 + length]).values()
    assert tensor["data_offsets"] == [0, len(tensors) - 8 - length]
    assert sandbox.requests_with_credentials == []


def test_archives_are_the_same_every_time_and_differ_by_checkpoint(
    shared_sandbox: Sandbox, reader: httpx.Client, url: str
) -> None:
    elsewhere = reader.get(ARCHIVE).headers["location"]
    other = reader.get(f"{RUN}/weights/checkpoint-001/archive").headers["location"]
    assert httpx.get(url).content == httpx.get(elsewhere).content
    assert httpx.get(url).content != httpx.get(other).content


def test_a_run_without_lora_has_no_adapter(reader: httpx.Client) -> None:
    runs = reader.get("/api/v1/training_runs?limit=1000").json()["training_runs"]
    run = next(run for run in runs if not run["is_lora"])
    assert run["lora_rank"] is None
    name = run["last_checkpoint"]["checkpoint_id"]
    path = f"/api/v1/training_runs/{run['training_run_id']}/checkpoints/{name}/archive"
    content = httpx.get(reader.get(path).headers["location"]).content
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
        assert set(archive.getnames()) == {"README.md", "config.json", "model.safetensors"}


def test_archives_of_any_rank_are_small(start, connect) -> None:
    sandbox = start()
    reader = connect(sandbox)
    with pytest.raises(ValueError, match="lora_rank"):
        sandbox.add_training_run(lora_rank=2**31)
    run = sandbox.add_training_run(lora_rank=2**31 - 1)
    checkpoint = sandbox.add_checkpoint(training_run_id=run.training_run_id, size_bytes=2**53 - 1)
    assert reader.get("/api/v1/training_runs").status_code == 200
    path = f"/api/v1/training_runs/{run.training_run_id}/checkpoints/{checkpoint.checkpoint_id}/archive"
    assert len(httpx.get(reader.get(path).headers["location"]).content) < 2**20


def test_ranges(url: str) -> None:
    whole = httpx.get(url)
    part = httpx.get(url, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, whole.content[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(whole.content)}"
    rest = httpx.get(url, headers={"Range": "bytes=500-", "If-Range": whole.headers["etag"]})
    assert (rest.status_code, rest.content) == (206, whole.content[500:])
    changed = httpx.get(url, headers={"Range": "bytes=500-", "If-Range": '"other"'})
    assert (changed.status_code, changed.content) == (200, whole.content)
    beyond = httpx.get(url, headers={"Range": "bytes=99999999-"})
    assert beyond.status_code == 416
    head = httpx.head(url)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(whole.content))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("signature=", "signature=0"),
        ("expires=", "expires=9"),
        ("weights/0001", "weights/checkpoint-001"),
        ("?expires", "?x"),
        ("signature=", "signature=%C3%BC"),
    ],
)
def test_tampered_url_is_403(url: str, old: str, new: str) -> None:
    response = httpx.get(url.replace(old, new))
    assert (response.status_code, response.json()) == (403, {"detail": "The signature is wrong."})


def test_url_without_a_signature_is_403(url: str) -> None:
    assert httpx.get(url.partition("?")[0]).status_code == 403


def test_url_expires(sandbox: Sandbox, url: str) -> None:
    sandbox.clock.advance(14 * 60)
    assert httpx.get(url).status_code == 200
    sandbox.clock.advance(61)
    response = httpx.get(url)
    assert (response.status_code, response.json()) == (403, {"detail": "The URL has expired."})


def test_archive_of_a_deleted_checkpoint_is_404(sandbox: Sandbox, alice: httpx.Client, url: str) -> None:
    assert httpx.get(url).status_code == 200
    alice.delete(f"{RUN}/weights/0001")
    assert httpx.get(url).status_code == 404


def test_storage_has_no_api_and_the_api_no_storage(sandbox: Sandbox, url: str) -> None:
    assert httpx.get(f"{sandbox.storage_url}/api/v1/training_runs").status_code == 403
    assert httpx.get(url.replace(sandbox.storage_url, sandbox.base_url)).status_code == 404
    assert httpx.post(url).status_code == 405


@pytest.mark.parametrize("header", ["X-API-Key", "Authorization"])
def test_leaked_credentials_are_noticed(sandbox: Sandbox, url: str, header: str) -> None:
    httpx.get(url, headers={header: sandbox.api_key})
    assert sandbox.requests_with_credentials == ["/archives/run-id/weights/0001.tar.gz"]
    assert sandbox.api_key not in repr(sandbox.requests_with_credentials)
    assert len(sandbox.storage_requests) == 1
    assert sandbox.storage_requests[0].target in url


def test_following_the_redirect_with_the_key_is_noticed(sandbox: Sandbox, url: str) -> None:
    # httpx drops Authorization at another origin, but not a header that it does not know.
    headers = {"X-API-Key": sandbox.api_key}
    response = httpx.get(sandbox.base_url + ARCHIVE, headers=headers, follow_redirects=True)
    assert response.status_code == 200
    assert len(sandbox.requests_with_credentials) == 1
