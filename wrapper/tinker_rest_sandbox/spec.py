"""Reads openapi.yaml: its operations, and validators for their requests and responses."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

from .responses import ResponseChecker, SpecViolation
from .routing import Match, RoutingTable, Segment

__all__ = ["Fault", "Operation", "Spec", "SpecViolation", "check_response", "description_text", "load_spec"]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
LONGEST_MESSAGE = 300

_TEMPLATE_PARAMETER = re.compile(r"\{(?P<name>[^{}]+)\}")
_INTEGER = re.compile(r"-?[0-9]{1,300}", re.ASCII)


@dataclass(frozen=True)
class Fault:
    """One place of a request that is not as the description wants it.

    Attributes:
        loc: The way to the place, such as `("query", "limit")`.
        msg: What is wrong, for people.
        type: The JSON Schema keyword that failed.
    """

    loc: tuple[str | int, ...]
    msg: str
    type: str

    def as_json(self) -> dict[str, Any]:
        """The fault as an item of an error's `detail`."""
        return {"loc": list(self.loc), "msg": self.msg, "type": self.type}


@dataclass(frozen=True)
class Parameter:
    """A parameter of an operation, its schema resolved."""

    name: str
    location: str
    schema: Mapping[str, Any]
    is_required: bool

    def read(self, text: str) -> str | int:
        """The value that a text stands for; a text that is no number is left for the validator."""
        if self.schema.get("type") == "integer" and _INTEGER.fullmatch(text):
            return int(text)
        return text


class Operation:
    """One operation of the description.

    Attributes:
        operation_id: Its `operationId`.
        method: The HTTP method in capitals.
        path: The path template.
        parameters: All its parameters.
        takes_body: Whether it has a request body.
    """

    def __init__(self, spec: Spec, method: str, path: str, description: Mapping[str, Any]) -> None:
        self.operation_id = str(description.get("operationId") or f"{method} {path}")
        self.method = method.upper()
        self.path = path
        self.parameters = tuple(
            Parameter(p["name"], p["in"], spec.resolve(p["schema"]), bool(p.get("required")))
            for p in map(spec.resolve, description.get("parameters", ()))
        )
        request_body = spec.resolve(description.get("requestBody", {}))
        self.takes_body = bool(request_body)
        self._body_schema = spec.resolve(
            request_body.get("content", {}).get("application/json", {}).get("schema", {})
        )
        self._body_is_required = bool(request_body.get("required"))
        self._spec = spec

    @functools.cached_property
    def _validator(self) -> jsonschema_rs.Draft202012Validator:
        # Compiled when the operation is first called: all at once would double the time of a start.
        return self._spec.validator(self._request_schema(self._body_is_required))

    def _request_schema(self, body_is_required: bool) -> dict[str, Any]:
        places: dict[str, Any] = {"body": self._body_schema} if self.takes_body else {}
        for location in ("path", "query", "header"):
            here = [p for p in self.parameters if p.location == location]
            places[location] = {
                "type": "object",
                "properties": {p.name: p.schema for p in here},
                "required": [p.name for p in here if p.is_required],
            }
        return {"type": "object", "properties": places, "required": ["body"] if body_is_required else []}

    @property
    def segments(self) -> Iterator[Segment]:
        """The segments of the path template."""
        values = {p.name: p.schema.get("enum") for p in self.parameters if p.location == "path"}
        for text in self.path.split("/")[1:]:
            parameter = _TEMPLATE_PARAMETER.fullmatch(text)
            if parameter is None:
                yield Segment(text, is_parameter=False)
                continue
            listed = values[parameter["name"]]
            known = None if listed is None else frozenset(str(value).encode() for value in listed)
            yield Segment(parameter["name"], is_parameter=True, values=known)

    def read(self, location: str, texts: Mapping[str, str]) -> dict[str, Any]:
        """The values of the parameters in one place.

        Args:
            location: `query` or `header`.
            texts: What the request holds there, by name; the names of headers in small letters.

        Returns:
            The values by the parameters' names, defaults filled in.
        """
        values: dict[str, Any] = {}
        for parameter in self.parameters:
            if parameter.location != location:
                continue
            name = parameter.name.lower() if location == "header" else parameter.name
            if name in texts:
                values[parameter.name] = parameter.read(texts[name])
            elif "default" in parameter.schema:
                values[parameter.name] = parameter.schema["default"]
        return values

    def faults(self, request: Mapping[str, Any]) -> list[Fault]:
        """What is wrong with a request.

        Args:
            request: Its `path`, `query`, `header` and, if there is one, `body`.
        """
        if self._validator.is_valid(dict(request)):
            return []
        return [_fault(error) for error in self._validator.iter_errors(dict(request))]

    def range_sentence(self, faults: Iterable[Fault]) -> str | None:
        """A sentence about numbers of the body that are out of range, or None if that is not all."""
        sentences: list[str] = []
        for fault in faults:
            if fault.loc[0] != "body" or fault.type not in {"minimum", "maximum"} or len(fault.loc) != 2:
                return None
            schema = self._body_schema["properties"][fault.loc[1]]
            null = ", or null" if "null" in schema["type"] else ""
            sentences.append(f"{fault.loc[1]} must be between {schema['minimum']} and {schema['maximum']}{null}.")
        return " ".join(sentences) or None


class Spec:
    """An OpenAPI 3.1 description whose schemas are all in `components/schemas`.

    Args:
        document: The description.

    Raises:
        ValueError: If two operations have the same id.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.operations: dict[str, Operation] = {}
        self._routes: RoutingTable[Operation] = RoutingTable()
        self._checkers: dict[str, ResponseChecker] = {}
        for path, item in document["paths"].items():
            for method in METHODS:
                if method in item:
                    self._add(Operation(self, method, path, item[method]), item[method])

    def _add(self, operation: Operation, description: Mapping[str, Any]) -> None:
        if operation.operation_id in self.operations:
            raise ValueError(f"Two operations are named {operation.operation_id}.")
        self.operations[operation.operation_id] = operation
        self._routes.add(operation.method, operation.segments, operation)
        self._checkers[operation.operation_id] = ResponseChecker(
            operation.operation_id, description["responses"], self
        )

    def resolve(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        """The object that a `$ref` points to, or the node itself.

        A use-site's own keywords, such as a description, win over those of the object.
        """
        if "$ref" not in node:
            return node
        target: Any = self.document
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step.replace("~1", "/").replace("~0", "~")]
        return {**self.resolve(target), **{key: value for key, value in node.items() if key != "$ref"}}

    def validator(self, schema: Mapping[str, Any]) -> jsonschema_rs.Draft202012Validator:
        """A compiled validator that checks formats and knows the schemas of `components`."""
        whole = {**schema, "components": {"schemas": self.document["components"]["schemas"]}}
        return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)

    def find(self, raw_path: bytes, method: str) -> Match[Operation] | None:
        """The path that a request asks for, or None where there is none; see `RoutingTable.find`."""
        return self._routes.find(raw_path, method)

    def check_response(self, operation_id: str, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Check an answer against the description.

        Args:
            operation_id: The operation that was called.
            status: The HTTP status.
            headers: The headers of the answer.
            body: The body as it was received.

        Raises:
            SpecViolation: If the description does not allow the answer.
            KeyError: If there is no such operation.
        """
        self._checkers[operation_id].check(status, headers, body)


@functools.lru_cache(maxsize=1)
def load_spec() -> Spec:
    """Read openapi.yaml; see `description_text`."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return Spec(yaml.load(description_text(), Loader=loader))  # noqa: S506 - both are safe loaders


def description_text() -> str:
    """The text of openapi.yaml, from the installed package or else from the source tree.

    Raises:
        FileNotFoundError: If it is in neither.
    """
    packaged = resources.files("tinker_rest_api") / "openapi.yaml"
    source = Path(__file__).resolve().parents[2] / "openapi.yaml"
    return packaged.read_text("utf-8") if packaged.is_file() else source.read_text("utf-8")


def check_response(operation_id: str, status: int, headers: Mapping[str, str], body: bytes) -> None:
    """Check an answer against openapi.yaml; see `Spec.check_response`."""
    load_spec().check_response(operation_id, status, headers, body)


def _fault(error: jsonschema_rs.ValidationError) -> Fault:
    loc = tuple(error.instance_path)
    if isinstance(error.kind, jsonschema_rs.ValidationErrorKind.Required):
        loc = (*loc, error.kind.property)
    message = error.message
    if len(message) > LONGEST_MESSAGE:  # the rule stands at the end, behind the value
        half = LONGEST_MESSAGE // 2
        message = f"{message[: half - 1]}…{message[-half:]}"
    return Fault(loc, message, error.kind.name)
