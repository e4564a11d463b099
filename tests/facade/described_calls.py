"""What the description's examples say of an operation: how its method is called, what is sent and what comes back.

So a new operation needs no row in the tables of these tests, unless its method takes other arguments than it has.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Collection, Iterator
from datetime import date, datetime
from typing import Any, NamedTuple
from urllib.parse import quote, quote_plus

from checkout import Json, description
from sandbox.example_requests import body as body_of
from sandbox.example_requests import example_request, parameters

from tinker_rest import types

DESCRIPTION = description()
SEGMENT = "!$&'()*+,;=:@"  # what a segment of a path holds as it is


class DescribedCall(NamedTuple):
    """A call of an operation's method by its example: a row of `WIRE` in test_wire.py."""

    name: str
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]
    line: str
    body: bytes


def resolve(node: Json) -> Json:
    """What a reference refers to, or the node itself."""
    while "$ref" in node:
        target: Any = DESCRIPTION
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


def operations() -> Iterator[tuple[str, str, Json]]:
    """Method, path and operation of all that is not done by clients themselves."""
    for path, item in DESCRIPTION["paths"].items():
        for method, operation in item.items():
            if operation["tags"] != ["authentication"]:
                yield method.upper(), path, operation


def described_call(name: str) -> DescribedCall:
    """The call of an operation's method with the first examples of its parameters and fields, by their names."""
    request = example_request(name)
    given = request.path | request.query
    schemas = {one["name"]: one["schema"] for one in parameters(name) if one["name"] in given}
    arguments = {key: as_argument(schema, given[key]) for key, schema in schemas.items()}
    body = b""
    if request.body is not None:
        fields = resolve(body_of(name)["schema"]).get("properties", {})
        arguments |= {key: as_argument(fields.get(key, {}), one) for key, one in request.body.items()}
        body = json.dumps(request.body, separators=(",", ":")).encode()
    path = request.template.format_map({key: quote(one, safe=SEGMENT) for key, one in request.path.items()})
    query = "&".join(f"{key}={quote_plus(str(one))}" for key, one in request.query.items())
    return DescribedCall(name, (), arguments, f"{request.method} {path}{'?' if query else ''}{query}", body)


def as_argument(schema: Json, value: Any) -> Any:
    """An example as callers give it: a model, a day or a time in place of its JSON."""
    target = resolve(schema)
    if "$ref" in schema and "properties" in target:
        return getattr(types, schema["$ref"].rpartition("/")[2]).from_dict(value)
    read = {"date": date.fromisoformat, "date-time": datetime.fromisoformat}.get(target.get("format", ""))
    return value if read is None else read(value)


def described_calls(clients: Collection[type]) -> list[DescribedCall]:
    """The calls of all operations whose methods take what the operations have."""
    calls = []
    for _, _, operation in operations():
        name = operation["operationId"]
        method = next((getattr(client, name) for client in clients if hasattr(client, name)), None)
        if method is not None:
            call = described_call(name)
            taken = dict(inspect.signature(method).parameters)
            del taken["self"]
            needed = {one.name for one in taken.values() if one.default is inspect.Parameter.empty}
            if needed <= call.keywords.keys() <= taken.keys():
                calls.append(call)
    return calls


def example_answer(line: str) -> tuple[int, Any] | None:
    """The status and the body of the answer that the description shows to a request line, or None for none."""
    for method, path, operation in operations():
        pattern = re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(path))
        if re.fullmatch(f"{method} .*{pattern}", line):
            status = min(operation["responses"])
            content = resolve(operation["responses"][status]).get("content", {}).get("application/json")
            return int(status), resolve(next(iter(content["examples"].values())))["value"] if content else None
    return None
