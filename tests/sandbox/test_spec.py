"""The description itself, and how the sandbox is held to it."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tinker_rest_sandbox import Sandbox, SpecViolation, check_response
from tinker_rest_sandbox._handlers import HANDLERS
from tinker_rest_sandbox._responses import json_response
from tinker_rest_sandbox._spec import Spec, load_spec

SPEC = load_spec()
JSON = {"Content-Type": "application/json"}


def examples() -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Every example of a parameter, header or body, and the schema it belongs to."""

    def walk(node: Any, place: str) -> Iterator[tuple[str, dict[str, Any], Any]]:
        if isinstance(node, list):
            for number, item in enumerate(node):
                yield from walk(item, f"{place}/{number}")
        if not isinstance(node, dict):
            return
        if "schema" in node:
            for name, reference in node.get("examples", {}).items():
                yield f"{place}/{name}", node["schema"], SPEC.resolve(reference)["value"]
            if "example" in node:
                yield f"{place}/example", node["schema"], node["example"]
        for key, item in node.items():
            if place != "/components" or key != "schemas":
                yield from walk(item, f"{place}/{key}")

    yield from walk(SPEC.document, "")


@pytest.mark.parametrize(("schema", "value"), [pytest.param(s, v, id=i) for i, s, v in examples()])
def test_examples_are_valid(schema: dict[str, Any], value: Any) -> None:
    errors = [error.message for error in SPEC.validator(schema).iter_errors(value)]
    assert errors == []


def changed_document() -> dict[str, Any]:
    return copy.deepcopy(dict(SPEC.document))


def test_every_operation_has_a_handler() -> None:
    missing = sorted(SPEC.operations.keys() - HANDLERS.keys())
    assert not missing, (
        f"openapi.yaml has operations without a handler: {missing}; `scripts/scaffold NAME` prints one"
    )


def test_every_handler_has_an_operation() -> None:
    assert set(HANDLERS) <= set(SPEC.operations)


def test_an_operation_without_a_handler_is_501() -> None:
    document = changed_document()
    document["paths"]["/api/v1/teams"] = {"get": {"operationId": "list_teams", "responses": {}}}
    with Sandbox(spec=Spec(document), validate_responses=True) as sandbox:
        response = httpx.get(f"{sandbox.base_url}/api/v1/teams", headers={"X-API-Key": sandbox.api_key})
    assert response.status_code == 501
    assert "list_teams" in response.json()["detail"]


def test_no_two_operations_share_an_id() -> None:
    document = changed_document()
    document["paths"]["/api/v1/other"] = {"get": document["paths"]["/api/v1/sessions"]["get"]}
    with pytest.raises(ValueError, match="list_sessions"):
        Spec(document)


def test_validation_follows_the_description() -> None:
    document = changed_document()
    document["components"]["parameters"]["SessionsLimit"]["schema"]["maximum"] = 5
    with Sandbox(spec=Spec(document)) as sandbox:
        headers = {"X-API-Key": sandbox.api_key}
        response = httpx.get(f"{sandbox.base_url}/api/v1/sessions?limit=6", headers=headers)
    assert response.status_code == 422


@pytest.mark.parametrize(
    ("status", "headers", "body", "message"),
    [
        (200, JSON, b'{"sessions":[1]}', r"\['sessions'\]\[0\]"),
        (200, JSON, b"{}", "sessions"),
        (200, JSON, b"{", "not JSON"),
        (200, {"Content-Type": "text/html"}, b"{}", "text/html"),
        (200, {}, b"{}", "none"),
        (404, JSON, b"[]", "status 404"),
    ],
)
def test_violations_are_told(status: int, headers: dict[str, str], body: bytes, message: str) -> None:
    with pytest.raises(SpecViolation, match=message):
        check_response("list_sessions", status, headers, body)


def test_more_violations_are_told() -> None:
    with pytest.raises(SpecViolation, match="Location is missing"):
        check_response("get_checkpoint_archive_url", 302, {}, b"")
    with pytest.raises(SpecViolation, match="Location"):
        check_response("get_checkpoint_archive_url", 302, {"Location": "/relative path"}, b"")
    with pytest.raises(SpecViolation, match="body"):
        check_response("delete_checkpoint", 204, {}, b"x")
    page = {
        "checkpoints": [{"checkpoint_id": "a", "checkpoint_type": "new", "tinker_path": "tinker://a/weights/b"}]
    }
    check_response("list_checkpoints", 200, JSON, json.dumps(page).encode())
    page["checkpoints"][0]["time"] = "yesterday"
    with pytest.raises(SpecViolation, match="date-time"):
        check_response("list_checkpoints", 200, JSON, json.dumps(page).encode())


def test_an_answer_that_is_not_described_is_500(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(HANDLERS, "list_sessions", lambda *_: json_response(200, {"sessions": [1]}))
    with Sandbox(validate_responses=True) as sandbox:
        headers = {"X-API-Key": sandbox.api_key}
        response = httpx.get(f"{sandbox.base_url}/api/v1/sessions", headers=headers)
        assert response.status_code == 500
        assert "list_sessions" in response.json()["detail"]
        assert len(sandbox.violations) == 1
