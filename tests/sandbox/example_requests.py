"""Requests as openapi.yaml shows them: with the first example of each parameter and of the body."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from tinker_rest_sandbox import Clock, Sandbox
from tinker_rest_sandbox._handlers import HANDLERS
from tinker_rest_sandbox._spec import Spec, load_spec

SPEC = load_spec()
# Those with a handler; test_promises.py names the others.
OPERATIONS = [name for name in SPEC.operations if name in HANDLERS]
# When the examples were taken.
MOMENT = datetime(2026, 7, 14, 9, 48, 12, 345678, UTC)
REQUEST_ID = SPEC.document["components"]["headers"]["RequestId"]["example"]


@dataclass
class Request:
    """A request that can be changed before it is sent."""

    operation: str
    method: str
    template: str
    path: dict[str, str]
    query: dict[str, Any]
    headers: dict[str, str]
    body: Any = None

    def to(self, base_url: str) -> httpx.Request:
        """The request to a server, without a key."""
        url = base_url + self.template.format_map(self.path)
        return httpx.Request(self.method, url, params=self.query or None, headers=self.headers, json=self.body)

    def send(self, sandbox: Sandbox) -> httpx.Response:
        """Send it with the first user's key, unless its headers have another."""
        request = self.to(sandbox.base_url)
        request.headers.setdefault("X-API-Key", sandbox.api_key)
        with httpx.Client(trust_env=False) as client:
            return client.send(request)


# Sends a request, after whatever has to happen first.
Arrange = Callable[[Sandbox, Request], httpx.Response]


def as_shown(sandbox: Sandbox, request: Request) -> httpx.Response:
    """Send a request, with nothing before it."""
    return request.send(sandbox)


def described(operation: str, spec: Spec = SPEC) -> Mapping[str, Any]:
    """What the description has of an operation."""
    found = spec.operations[operation]
    item: Mapping[str, Any] = spec.document["paths"][found.path][found.method.lower()]
    return item


def parameters(operation: str, spec: Spec = SPEC) -> list[Mapping[str, Any]]:
    """The parameters of an operation."""
    return [spec.resolve(one) for one in described(operation, spec).get("parameters", [])]


def body(operation: str, spec: Spec = SPEC) -> Mapping[str, Any]:
    """The schema and the examples of an operation's body; empty without one."""
    content = spec.resolve(described(operation, spec).get("requestBody", {})).get("content", {})
    return content.get("application/json", {})  # type: ignore[no-any-return]


def values(examples: Mapping[str, Any], spec: Spec = SPEC) -> dict[str, Any]:
    """The values of examples by their names."""
    return {name: spec.resolve(example)["value"] for name, example in examples.items()}


def example_request(operation: str, name: str = "", spec: Spec = SPEC) -> Request:
    """The example request of an operation: the one that belongs to the example response of that name."""
    headers = {"X-Request-Id": REQUEST_ID, "X-Idempotency-Key": "one"}  # any request may carry them
    found = spec.operations[operation]
    request = Request(operation, found.method, found.path, {}, {}, headers)
    places = {"path": request.path, "query": request.query, "header": request.headers}
    for parameter in parameters(operation, spec):
        places[parameter["in"]][parameter["name"]] = next(iter(values(parameter["examples"], spec).values()))
    if found.takes_body:
        bodies = values(body(operation, spec)["examples"], spec)
        request.body = copy.deepcopy(bodies.get(name, next(iter(bodies.values()))))
    return request


def sandbox_of_the_moment(**options: Any) -> Sandbox:
    """A sandbox whose clock stands still at the moment of the examples."""
    return Sandbox(clock=Clock(MOMENT, frozen=True), validate_responses=True, **options)
