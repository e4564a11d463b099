"""Every example of openapi.yaml is what the sandbox answers to the example request, word for word.

The example request of an operation has the first example of each of its parameters and of its body; where an
example of the body has the name of that of the response, the two belong together. The examples were taken from a
sandbox in which it is `MOMENT` of example_requests.py, and here it is that moment again, so that times, ids, sizes
and costs are the same. Signatures and hosts of signed URLs and tokens are compared by their form. What is sent and
received is also valid for openapi-core, by both forms of the description.

Examples that are not the answer to the example request alone are in two tables: `ARRANGED` has those with another
request, or after something else has happened, and `FAULTS` those that only a fault of the sandbox produces.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import httpx
import pytest
import yaml
from openapi_core_validator import FORMS, NULL_OF_A_REFERENCE, objections

from tinker_rest_sandbox import Sandbox
from tinker_rest_sandbox._app import TOKEN_OPERATIONS
from tinker_rest_sandbox._requests import MAX_BODY_BYTES
from tinker_rest_sandbox._spec import Spec

from .example_requests import (
    OPERATIONS,
    SPEC,
    Arrange,
    Request,
    as_shown,
    described,
    example_request,
    sandbox_of_the_moment,
    values,
)

THIS = "tests/sandbox/test_examples.py"
ABSENT = "nothing"
FEW = 5  # differences that are all shown
BODIES_OF_OTHER_SERVERS = "200"  # beside a 204: some servers send one, which means nothing
LONG = 60


class Example(NamedTuple):
    """An answer that the description shows: to which operation, with which status, name, body and headers."""

    operation: str
    status: int
    name: str
    body: Any
    headers: dict[str, str]

    @property
    def may_be_a_fault(self) -> bool:
        return self.name in FAULTS_OF_SOME and IN_THESE_WORDS.get(self.name) != self.operation


def examples(spec: Spec = SPEC) -> Iterator[Example]:
    for operation in spec.operations:
        responses = {status: spec.resolve(one) for status, one in described(operation, spec)["responses"].items()}
        for status, response in responses.items():
            if status == BODIES_OF_OTHER_SERVERS and "content" not in response:
                continue
            headers = {name: spec.resolve(one)["example"] for name, one in response.get("headers", {}).items()}
            media = response.get("content", {}).get("application/json", {"examples": {"": {"value": None}}})
            for name, body in values(media["examples"], spec).items():
                yield Example(operation, int(status), name, body, headers)


EXAMPLES = [example for example in examples() if example.operation in OPERATIONS]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with sandbox_of_the_moment(archive_build_seconds=0) as running:
        yield running


# What happens before the request, or differs in it. Each function returns the answer.


def after(operation: str) -> Callable[[Sandbox, Request], httpx.Response]:
    def ask(sandbox: Sandbox, request: Request) -> httpx.Response:
        assert example_request(operation).send(sandbox).status_code == 204
        return request.send(sandbox)

    return ask


def of_yesterday(sandbox: Sandbox, request: Request) -> httpx.Response:
    request.query["day"] = "2026-07-13"
    return request.send(sandbox)


def while_building(sandbox: Sandbox, request: Request) -> httpx.Response:
    with sandbox_of_the_moment(archive_build_seconds=LONG, archive_building_status=425) as building:
        return request.send(building)


def of_an_empty_session(sandbox: Sandbox, request: Request) -> httpx.Response:
    request.path["session_id"] = sandbox.add_session().session_id
    return request.send(sandbox)


def send_files(started: httpx.Response) -> None:
    for file in started.json()["urls"].values():
        assert httpx.put(file["url"], content=b"{}", headers=file["headers"]).status_code == 200


def after_the_files(sandbox: Sandbox, request: Request) -> httpx.Response:
    send_files(example_request("external_weights_upload_start").send(sandbox))
    return request.send(sandbox)


def unreadable(sandbox: Sandbox, request: Request) -> httpx.Response:
    if request.body is not None and "ttl_seconds" in request.body:
        request.body["ttl_seconds"] = 60
        return request.send(sandbox)
    url = f"{sandbox.base_url}{request.template.format_map(request.path)}?unreadable=%FF"
    return httpx.request(request.method, url, headers={"X-API-Key": sandbox.api_key, **request.headers})


def with_another_key(sandbox: Sandbox, request: Request) -> httpx.Response:
    request.headers["X-API-Key"] = "tml-of-nobody"
    return request.send(sandbox)


def with_an_old_token(sandbox: Sandbox, request: Request) -> httpx.Response:
    request.headers["X-API-Key"] = example_request("exchange_credential").send(sandbox).json()["jwt"]
    sandbox.clock.advance(3600)
    return request.send(sandbox)


def of_something_unknown(sandbox: Sandbox, request: Request) -> httpx.Response:
    body = request.body or {}
    if request.path:
        name = "checkpoint_name" if "checkpoint_name" in request.path else list(request.path)[-1]
        request.path[name] = "9999"
    elif request.operation in TOKEN_OPERATIONS:
        with sandbox_of_the_moment(token_exchange="disabled") as without_tokens:
            return request.send(without_tokens)
    for name in {"source_path", "tinker_path"} & body.keys():
        body[name] = "tinker://run-id/weights/9999"
    return request.send(sandbox)


def of_somebody_else(sandbox: Sandbox, request: Request) -> httpx.Response:
    if request.operation in {"search_checkpoints", "search_sessions"}:
        request.body["project_ids"] = ["project-of-others"]
        return request.send(sandbox)
    if "checkpoint_kind" in request.path:
        request.path["checkpoint_kind"] = "sampler_weights"  # which is public
    elif "checkpoint_id" in request.path:
        assert example_request("publish_checkpoint_by_bare_id").send(sandbox).status_code == 204
    request.headers["X-API-Key"] = sandbox.other_api_key
    return request.send(sandbox)


def once_more(sandbox: Sandbox, request: Request) -> httpx.Response:
    request.send(sandbox)
    request.headers["X-Idempotency-Key"] = "another"
    return request.send(sandbox)


def of_a_wrong_type(sandbox: Sandbox, request: Request) -> httpx.Response:
    if "limit" in request.query:
        request.query["limit"] = "many"
    elif request.body is not None:
        request.body = []
    else:
        places = request.query or request.path  # neither is in a request that cannot be wrong
        places |= dict.fromkeys(list(places)[-1:], "x" * 513)
    return request.send(sandbox)


def as_plain_text(sandbox: Sandbox, request: Request) -> httpx.Response:
    request.headers["Content-Type"] = "text/plain"
    return request.send(sandbox)


def with_a_huge_body(sandbox: Sandbox, request: Request) -> httpx.Response:
    request.body = "x" * MAX_BODY_BYTES
    return request.send(sandbox)


def differences(sent: Any, shown: Any, place: str = "") -> list[str]:
    """A line for each place where an answer and its example differ."""
    if isinstance(sent, dict) and isinstance(shown, dict):
        pairs = [(f"{place}.{key}".lstrip("."), key) for key in {**shown, **sent}]
        found = [differences(sent.get(key, ABSENT), shown.get(key, ABSENT), at) for at, key in pairs]
    elif isinstance(sent, list) and isinstance(shown, list) and len(sent) == len(shown):
        found = [differences(*both, f"{place}[{at}]") for at, both in enumerate(zip(sent, shown, strict=True))]
    else:
        return [] if sent == shown else [f"    {place}: sent {sent!r}, shown {shown!r}"]
    return [line for lines in found for line in lines]


# By the operation and the name of the example, or for every operation by the name alone.
ARRANGED: dict[tuple[str, str] | str, Arrange] = {
    ("unpublish_checkpoint", "204"): after("publish_checkpoint"),
    ("unpublish_checkpoint_by_bare_id", "204"): after("publish_checkpoint_by_bare_id"),
    ("get_audit_log", "one_entry"): after("publish_checkpoint"),
    ("get_audit_log", "302"): of_yesterday,
    ("export_session_trace", "pending"): while_building,
    ("export_session_trace", "failed"): of_an_empty_session,
    ("external_weights_upload_finish", "finished"): after_the_files,
    "ttl_too_short": unreadable,
    "wrong_key": with_another_key,
    "expired_token": with_an_old_token,
    "no_such_thing": of_something_unknown,
    "not_the_owner": of_somebody_else,
    "already_public": once_more,
    "not_an_integer": of_a_wrong_type,
    "not_json": as_plain_text,
    "too_large": with_a_huge_body,
    "being_built": while_building,
}
# What only a fault produces, for every operation or for those where nothing can be missing, forbidden or wrong.
FAULTS = {"blocked", "slow_down", "unavailable", "internal", "other_method", "not_implemented"}
FAULTS_OF_SOME = {"no_such_thing", "not_the_owner", "not_an_integer"}
# Examples of errors are shared by operations, whose sentences differ: here they are those of the example.
IN_THESE_WORDS = {
    "ttl_too_short": "set_checkpoint_ttl",
    "no_such_thing": "delete_checkpoint",
    "not_the_owner": "delete_checkpoint",
    "already_public": "publish_checkpoint",
    "not_an_integer": "list_training_runs",
}


def asked(sandbox: Sandbox, example: Example) -> tuple[Request, httpx.Response]:
    """The request that an example belongs to, and the sandbox's answer to it."""
    request = example_request(example.operation, example.name)
    arrange = ARRANGED.get((example.operation, example.name or f"{example.status}")) or ARRANGED.get(example.name)
    answer = None if example.name in FAULTS else (arrange or as_shown)(sandbox, request)
    if answer is None or (answer.status_code != example.status and example.may_be_a_fault):
        request = example_request(example.operation, example.name)
        after = "1" if "Retry-After" in example.headers else None
        sandbox.faults.add(status=example.status, match=example.operation, retry_after=after, **example.body)
        answer = request.send(sandbox)
    return request, answer


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: f"{one.operation}-{one.status}-{one.name}")
def test_the_sandbox_answers_the_example(sandbox: Sandbox, example: Example) -> None:
    sandbox.reset()
    request, answer = asked(sandbox, example)
    key = (example.operation, example.name or f"{example.status}")
    row = f'    {key}: after("OPERATION"),'
    assert answer.status_code == example.status, (
        f"{answer.text}: if something has to happen first, add a function for it to ARRANGED in {THIS}:\n{row}"
    )
    assert objections("3.1", answer) == []
    assert [line for line in objections("3.0", answer) if not NULL_OF_A_REFERENCE.search(line)] == []
    if example.body is None:
        assert answer.content == b""
    elif IN_THESE_WORDS.get(example.name, example.operation) == example.operation:
        if found := differences(comparable(answer.json()), comparable(example.body)):
            lines = [f"{example.operation} does not answer its example {example.name} of openapi.yaml:", *found]
            if len(found) > FEW:
                answered = yaml.safe_dump({"value": answer.json()}, sort_keys=False, width=1000)
                lines = [*lines[: FEW + 1], f"    and {len(found) - FEW} more. The sandbox answers:", answered]
            pytest.fail("\n".join(lines), pytrace=False)
    else:
        assert shape(answer.json()) == shape(example.body)
    for name, value in example.headers.items():
        if name == "X-Request-Id":
            assert answer.headers[name] == request.headers[name] == value
        elif name in answer.headers:
            assert place(comparable(answer.headers[name])) == place(comparable(value))
        else:
            assert name not in {"Location", "Expires"}
            assert name != "Retry-After" or example.name in {"ready", "failed"}
            assert name != "WWW-Authenticate" or example.name != "expired_token"
    assert sandbox.violations == []


def in_both(*lines: str) -> dict[str, list[str]]:
    return {form: list(lines) for form in FORMS}


LION = {"type": "lion"}
WEIGHTS = {"base_model": "Qwen/Qwen3-8B", "is_lora": True}
# Answers that only a fault produces: the operation, the status, the body, and what openapi-core objects to.
ODD_ANSWERS: list[tuple[str, int, dict[str, Any], dict[str, list[str]]]] = [
    ("get_sampler", 200, {"sampler_id": "s", "base_model": 5}, in_both("base_model: 5 is not of type 'string'")),
    ("get_sampler", 418, {"detail": "No tea."}, in_both("ResponseNotFound: Unknown response http status: 418")),
    (
        "get_weights_info_by_tinker_path", 200,
        WEIGHTS | {"optimizer_config": {"type": "dimuon", "version": 2}},
        in_both(),
    ),
    # A member of a union that a newer server adds. Generated clients accept it; validators reject it.
    (
        "get_weights_info_by_tinker_path", 200, WEIGHTS | {"optimizer_config": LION},
        {
            "3.1": [f"optimizer_config: {LION} is not valid under any of the given schemas"],
            "3.0": [f"optimizer_config: {LION} reference '#/components/schemas/lion' could not be resolved"],
        },
    ),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "status", "body", "expected"), ODD_ANSWERS)
def test_what_another_validator_objects_to(
    operation: str, status: int, body: dict[str, Any], expected: dict[str, list[str]]
) -> None:
    with sandbox_of_the_moment() as sandbox:
        sandbox.faults.add(status=status, body=body)
        answer = example_request(operation, "").send(sandbox)
    assert {form: objections(form, answer) for form in FORMS} == expected


def test_nothing_in_the_tables_is_out_of_date() -> None:
    names = {example.name for example in EXAMPLES}
    both = {(example.operation, example.name or f"{example.status}") for example in EXAMPLES}
    assert {key for key in ARRANGED if isinstance(key, str)} <= names
    assert {key for key in ARRANGED if isinstance(key, tuple)} <= both
    assert names >= FAULTS | FAULTS_OF_SOME
    assert set(IN_THESE_WORDS.items()) <= {(name, operation) for operation, name in both}


def comparable(value: Any) -> Any:
    """A value without what is another every time: the host and the signature of a URL, a token."""
    if isinstance(value, dict):
        return {name: comparable(one) for name, one in value.items()}
    if isinstance(value, list):
        return [comparable(one) for one in value]
    if isinstance(value, float):
        return pytest.approx(value)
    if isinstance(value, str):
        value = re.sub(r"^https?://[^/]+/(.*[?&]signature=)\w+$", r"(storage)/\1(signature)", value)
        return re.sub(r"^eyJ[\w-]+\.[\w-]+\.[\w-]+$", "(token)", value)
    return value


def place(value: str) -> str:
    """A signed URL without the names of the file, since the operations with a redirect share its example."""
    return re.sub(r"^\(storage\)/(\w+)/[^?]+?(\.[a-z.]+)\?", r"(storage)/\1/…\2?", value)


def shape(value: Any) -> Any:
    """What a value is made of."""
    if isinstance(value, dict):
        return {name: shape(one) for name, one in value.items()}
    if isinstance(value, list):
        return [shape(one) for one in value][:1] if all(isinstance(one, dict) for one in value) else list
    return type(value)
