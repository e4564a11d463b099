"""Copies of checkpoints, and the files of external weights."""

from __future__ import annotations

import io
import json
import tarfile
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from tinker_rest_sandbox import Sandbox

COPY = "/api/v1/copy_weights"
SOURCE = "tinker://run-id/weights/0001"
EXAMPLE = "5f2d7413-8a3c-4e1b-9d60-2b7c1f0e9a55:train:0"
TOKEN = "X-Tinker-Weights-Access-Token"


def body(source: str = SOURCE, project_id: str = "project-archive", **more: Any) -> dict[str, Any]:
    return {"source_path": source, "destination_project_id": project_id, **more}


def path_of(tinker_path: str) -> str:
    run_id, _, rest = tinker_path.removeprefix("tinker://").partition("/")
    return f"/api/v1/training_runs/{run_id}/checkpoints/{rest}"


def urls_path(name: str) -> str:
    return f"/api/v1/training_runs/{EXAMPLE}/checkpoints/external_weights/{name}/external_weights_urls"


def files_of(client: httpx.Client, tinker_path: str) -> dict[str, bytes]:
    url = client.get(f"{path_of(tinker_path)}/archive").headers["location"]
    with tarfile.open(fileobj=io.BytesIO(httpx.get(url).content), mode="r:gz") as archive:
        return {name: archive.extractfile(name).read() for name in archive.getnames()}


def test_a_copy_is_a_checkpoint_of_a_new_run_in_the_project(start, connect) -> None:
    sandbox = start()
    alice = connect(sandbox)
    total = alice.get("/api/v1/checkpoints").json()["cursor"]["total_count"]
    response = alice.post(COPY, json=body(ttl_seconds=7200))
    assert response.status_code == 200
    address = response.json()["tinker_path"]
    run_id, kind, name = address.removeprefix("tinker://").split("/")
    assert (run_id.endswith(":train:0"), kind, name) == (True, "weights", "0001")

    params = {"project_id": "project-archive", "limit": 1000}
    runs = alice.get("/api/v1/training_runs", params=params).json()["training_runs"]
    assert runs[0]["training_run_id"] == run_id
    (copy,) = alice.get(f"/api/v1/training_runs/{run_id}/checkpoints").json()["checkpoints"]
    assert runs[0]["last_checkpoint"] == copy
    left = datetime.fromisoformat(copy["expires_at"]) - sandbox.clock.now()
    assert timedelta(seconds=7190) < left <= timedelta(seconds=7200)
    assert alice.get("/api/v1/checkpoints").json()["cursor"]["total_count"] == total + 1
    infos = [alice.post("/api/v1/weights_info", json={"tinker_path": one}).json() for one in (SOURCE, address)]
    assert infos[0] == infos[1]

    original, copied = files_of(alice, SOURCE), files_of(alice, address)
    assert original.pop("README.md") != copied.pop("README.md")
    assert original == copied
    again = alice.post(COPY, json=body(address)).json()["tinker_path"]
    assert files_of(alice, again)["adapter_model.safetensors"] == original["adapter_model.safetensors"]
    sandbox.clock.advance(7300)
    assert alice.delete(path_of(address)).status_code == 404
    assert alice.delete(path_of(SOURCE)).status_code == 204
    assert files_of(alice, again)["adapter_model.safetensors"] == original["adapter_model.safetensors"]


def test_the_expiry_and_the_public_are_not_copied(
    sandbox: Sandbox, alice: httpx.Client, bob: httpx.Client
) -> None:
    source = f"tinker://{EXAMPLE}/sampler_weights/0001"  # public, and it expires
    address = bob.post(COPY, json=body(source)).json()["tinker_path"]
    run_id = address.removeprefix("tinker://").partition("/")[0]
    (copy,) = bob.get(f"/api/v1/training_runs/{run_id}/checkpoints").json()["checkpoints"]
    assert (copy["public"], copy["expires_at"], copy["checkpoint_type"]) == (False, None, "sampler")
    assert bob.get(f"/api/v1/training_runs/{run_id}").json()["model_owner"] == "bob"
    assert alice.get(f"/api/v1/training_runs/{run_id}/checkpoints").status_code == 404


def test_with_a_token_anything_can_be_copied(sandbox: Sandbox, bob: httpx.Client) -> None:
    assert sandbox.weights_access_token == "weights-token-for-tests"
    for token, status in ((None, 404), ("wrong", 404), (sandbox.weights_access_token, 200)):
        headers = {} if token is None else {TOKEN: token}
        assert bob.post(COPY, json=body(), headers=headers).status_code == status
    assert sandbox.weights_access_token not in repr(sandbox.requests)


def test_one_key_makes_one_copy(sandbox: Sandbox, alice: httpx.Client) -> None:
    once = {"X-Idempotency-Key": "key"}
    copies = [alice.post(COPY, json=body(), headers=once).json()["tinker_path"] for _ in range(3)]
    assert len(set(copies)) == 1
    assert alice.post(COPY, json=body()).json()["tinker_path"] not in copies
    assert alice.post(COPY, json=body(), headers={"X-Idempotency-Key": "b"}).json()["tinker_path"] not in copies


def test_ids_are_the_same_every_time(start, connect) -> None:
    made = []
    for _ in range(2):
        client = connect(start())
        ids = [client.post("/api/v1/create_session", json={}).json()["session_id"]]
        ids += [client.post(COPY, json=body()).json()["tinker_path"] for _ in range(2)]
        made.append(ids)
    assert made[0] == made[1]
    assert len(set(made[0])) == 3


def test_ids_go_on_after_a_restart(tmp_path, connect) -> None:
    copies = set()
    for _ in range(2):
        with Sandbox(db=tmp_path / "state.sqlite") as sandbox:
            copies.add(connect(sandbox).post(COPY, json=body()).json()["tinker_path"])
    assert len(copies) == 2


@pytest.mark.parametrize(
    ("document", "status"),
    [
        (body("tinker://run-id/weights/none"), 404),
        (body("tinker://no-run/weights/0001"), 404),
        (body("tinker://run-id/other/0001"), 400),
        (body("run-id"), 400),
        (body(project_id="no-such-thing"), 404),
        (body(ttl_seconds=3599), 400),
        (body(ttl_seconds="3600"), 422),
        (body(ttl_seconds=None), 422),
        ({"source_path": SOURCE}, 422),
        (body(""), 422),
    ],
)
def test_refused_copies(reader: httpx.Client, document: dict[str, Any], status: int) -> None:
    assert reader.post(COPY, json=document).status_code == status


def test_external_weights_can_be_downloaded_file_by_file(sandbox: Sandbox, alice: httpx.Client) -> None:
    answer = alice.get(urls_path("imported")).json()
    assert set(answer["urls"]) == {"adapter_config.json", "adapter_model.safetensors"}
    left = datetime.fromisoformat(answer["expires"]) - sandbox.clock.now()
    assert timedelta(minutes=14, seconds=50) < left <= timedelta(minutes=15)
    downloaded = {}
    for name, url in answer["urls"].items():
        assert url.startswith(sandbox.storage_url)
        downloaded[name] = httpx.get(url)
        assert downloaded[name].status_code == 200
    config = downloaded["adapter_config.json"]
    assert (config.headers["content-type"], json.loads(config.content)["peft_type"]) == (
        "application/json",
        "LORA",
    )
    tensors = downloaded["adapter_model.safetensors"]
    part = httpx.get(answer["urls"]["adapter_model.safetensors"], headers={"Range": "bytes=8-15"})
    assert (part.status_code, part.content) == (206, tensors.content[8:16])
    assert sandbox.requests_with_credentials == []

    url = answer["urls"]["adapter_config.json"]
    assert httpx.get(url.replace("adapter_config.json", "other.json")).status_code == 403
    httpx.get(url, headers={TOKEN: sandbox.weights_access_token})
    assert sandbox.requests_with_credentials == [httpx.URL(url).path]
    alice.delete(f"/api/v1/training_runs/{EXAMPLE}/checkpoints/external_weights/imported")
    assert httpx.get(url).status_code == 404
    assert alice.get(urls_path("imported")).status_code == 404


def test_external_weights_of_others(sandbox: Sandbox, alice: httpx.Client, bob: httpx.Client) -> None:
    checkpoints = bob.get("/api/v1/checkpoints?limit=1000").json()["checkpoints"]
    (own,) = (c for c in checkpoints if c["checkpoint_type"] == "external")
    path = f"{path_of(own['tinker_path'])}/external_weights_urls"
    assert bob.get(path).status_code == 200
    assert alice.get(path).status_code == 404
    assert bob.post(f"{path_of(own['tinker_path'])}/publish").status_code == 204
    assert alice.get(path).status_code == 200
