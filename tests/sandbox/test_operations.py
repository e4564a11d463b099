"""Every operation of the description, called with each kind of mistake, and the answers of some of them."""

from __future__ import annotations

import re

import httpx
import pytest

from tinker_rest_sandbox import Sandbox, check_response
from tinker_rest_sandbox._spec import Operation

from .example_requests import OPERATIONS, SPEC, described, example_request


@pytest.mark.parametrize("name", OPERATIONS)
def test_without_a_key_is_401(shared_sandbox: Sandbox, name: str) -> None:
    request = example_request(name).to(shared_sandbox.base_url)
    with httpx.Client(trust_env=False) as client:
        missing = client.send(request)
        request.headers["X-API-Key"] = "tml-wrong"
        wrong = client.send(request)
    assert (missing.status_code, wrong.status_code) == (401, 401)
    assert "X-API-Key" in missing.json()["detail"]
    assert wrong.json() == {"detail": "Invalid API key."}
    check_response(name, 401, wrong.headers, wrong.content)


@pytest.mark.parametrize("name", [name for name in OPERATIONS if "{" in SPEC.operations[name].path])
def test_unknown_id_is_404_that_names_it(shared_sandbox: Sandbox, reader: httpx.Client, name: str) -> None:
    operation = SPEC.operations[name]
    request = example_request(name).to(shared_sandbox.base_url)
    last = [p for p in operation.parameters if p.location == "path"][-1].name
    path = operation.path.replace(f"{{{last}}}", "no-such-thing")
    path = path.replace("{training_run_id}", "run-id").replace("{checkpoint_kind}", "weights")
    headers = {**request.headers, "X-Idempotency-Key": f"unknown-{name}"}
    response = reader.request(operation.method, path, content=request.content, headers=headers)
    assert response.status_code == 404
    assert "no-such-thing" in response.json()["detail"]
    check_response(name, 404, response.headers, response.content)


def places_of(operation: Operation) -> list[tuple[str, str]]:
    """What of a request may be wrong: the last parameter of each kind, and the body."""
    last = {p.location: p.name for p in operation.parameters}
    return [*last.items(), *([("body", "")] if operation.takes_body else [])]


WRONG = [(name, place) for name in OPERATIONS for place in places_of(SPEC.operations[name])]


def test_all_operations_that_take_anything_can_be_called_wrongly() -> None:
    takes = {name for name in OPERATIONS if described(name).keys() & {"parameters", "requestBody"}}
    assert {name for name, _ in WRONG} == takes > {"get_sampler", "search_sessions"}


@pytest.mark.parametrize(("name", "place"), WRONG, ids=lambda one: one if isinstance(one, str) else "-".join(one))
def test_an_invalid_parameter_is_422(
    shared_sandbox: Sandbox, reader: httpx.Client, name: str, place: tuple[str, str]
) -> None:
    operation = SPEC.operations[name]
    location, parameter = place
    wrong = "x" * 9000  # longer than any may be
    request = example_request(name).to(shared_sandbox.base_url)
    content = b"[]" if location == "body" else request.content
    url = request.url
    if location == "query":
        url = url.copy_set_param(parameter, wrong)
    elif location == "path":
        before, _, after = operation.path.partition(f"{{{parameter}}}")
        before = re.sub(r"{checkpoint_kind}", "weights", before)
        before = re.sub(r"{\w+}", "run-id", before)
        url = url.copy_with(path=f"{before}{wrong}{after}")
    headers = request.headers
    headers["X-API-Key"] = shared_sandbox.api_key
    headers.pop("Content-Length", None)
    if location == "header":
        headers[parameter] = wrong
    response = reader.request(request.method, url, content=content, headers=headers)
    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == [part for part in place if part]
    check_response(name, 422, response.headers, response.content)


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_id_that_is_too_long_is_replaced(shared_sandbox: Sandbox, reader: httpx.Client, name: str) -> None:
    request = example_request(name).to(shared_sandbox.base_url)
    request.headers["X-API-Key"] = "tml-wrong"
    request.headers["X-Request-Id"] = "x" * 256
    assert reader.send(request).headers["x-request-id"].startswith("req-")


def test_weights_info_tells_what_is_needed_to_load(reader: httpx.Client) -> None:
    info = reader.post("/api/v1/weights_info", json={"tinker_path": "tinker://run-id/weights/0001"})
    run = reader.get("/api/v1/training_runs/run-id").json()
    assert info.status_code == 200
    assert info.json()["base_model"] == run["base_model"]
    assert info.json()["lora_rank"] == run["lora_rank"]
    assert set(info.json()) >= {"is_lora", "train_unembed", "train_mlp", "train_attn"}
    assert info.json()["optimizer_config"] == {"type": "adamw"}


def test_weights_info_tells_of_each_optimizer(reader: httpx.Client) -> None:
    runs = reader.get("/api/v1/training_runs?limit=1000").json()["training_runs"]
    configs = []
    for run in runs:
        path = run["last_checkpoint"]["tinker_path"]
        configs.append(reader.post("/api/v1/weights_info", json={"tinker_path": path}).json()["optimizer_config"])
    assert {config["type"] for config in configs} == {"adamw", "dimuon"}
    assert {config["version"] for config in configs if config["type"] == "dimuon"} == {1, 2}


def test_capabilities_tell_of_every_model_in_use(reader: httpx.Client) -> None:
    models = reader.get("/api/v1/get_server_capabilities").json()["supported_models"]
    runs = reader.get("/api/v1/training_runs?limit=1000").json()["training_runs"]
    trainable = {model["model_name"] for model in models if model["trainable"]}
    assert {run["base_model"] for run in runs} <= trainable
    assert any(not model["trainable"] and model["sampleable"] for model in models)
    assert all(model["max_context_length"] >= 32_768 for model in models)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("tinker://run-id/weights/none", 404),
        ("tinker://no-run/weights/0001", 404),
        ("tinker://run-id/other/0001", 400),
        ("tinker://run-id/weights/", 400),
        ("tinker:///weights/0001", 400),
        ("tinker://run-id/weights/0001/more", 400),
        ("https://run-id/weights/0001", 400),
        ("", 422),
    ],
)
def test_weights_info_refuses_other_paths(reader: httpx.Client, path: str, status: int) -> None:
    response = reader.post("/api/v1/weights_info", json={"tinker_path": path})
    assert response.status_code == status


def test_reference_examples_run_in_their_order(sandbox: Sandbox, alice: httpx.Client) -> None:
    checkpoint = "/api/v1/training_runs/run-id/checkpoints/weights/0001"
    steps = [
        ("GET", "/api/v1/training_runs/run-id?access_scope=owned", 200),
        ("GET", "/api/v1/training_runs/run-id/checkpoints", 200),
        ("GET", "/api/v1/training_runs?limit=50&offset=0&access_scope=owned", 200),
        ("GET", "/api/v1/training_runs?limit=50&offset=50&access_scope=owned", 200),
        ("GET", "/api/v1/training_runs/run-id/checkpoints/checkpoint-123/archive", 503),
        ("POST", f"{checkpoint}/publish", 204),
        ("DELETE", f"{checkpoint}/publish", 204),
        ("PUT", f"{checkpoint}/ttl", 204),
        ("GET", "/api/v1/checkpoints?limit=50&offset=0", 200),
        ("GET", "/api/v1/checkpoints?limit=50&offset=50", 200),
        ("GET", "/api/v1/sessions/session-id?access_scope=owned", 200),
        ("GET", "/api/v1/sessions?limit=50&offset=0&access_scope=owned", 200),
        ("GET", "/api/v1/sessions?limit=50&offset=50&access_scope=owned", 200),
        ("GET", "/api/v1/samplers/session-id:sample:0", 200),
        ("DELETE", checkpoint, 204),
    ]
    for method, path, status in steps:
        body = {"ttl_seconds": 86400} if method == "PUT" else None
        assert alice.request(method, path, json=body).status_code == status, path
    types = {
        c["checkpoint_type"] for c in alice.get("/api/v1/training_runs/run-id/checkpoints").json()["checkpoints"]
    }
    assert types == {"training", "sampler"}
    session = alice.get("/api/v1/sessions/session-id").json()
    assert session["training_run_ids"]
    assert session["sampler_ids"]
