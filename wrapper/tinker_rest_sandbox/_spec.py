"""Reads openapi.yaml: its operations, and validators for their requests and responses."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml
from attrs import frozen

from tinker_rest_sandbox._routing import Match, RoutingTable, Segment

WITHOUT_BODY = frozenset({204, 304})
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
MAX_MESSAGE_LENGTH = 300

_TEMPLATE_PARAMETER = re.compile(r"\{(?P<name>[^{}]+)\}")
_INTEGER = re.compile(r"-?[0-9]{1,300}", re.ASCII)


class SpecViolation(AssertionError):  # noqa: N818 - a clear name
    """A response does not match the description."""


@frozen
class ValidationIssue:
    """A wrong part of a request, such as `("query", "limit")`, and the JSON Schema keyword that failed."""

    loc: tuple[str | int, ...]
    msg: str
    type: str


@frozen
class Parameter:
    """A parameter of an operation, with its schema resolved."""

    name: str
    location: str
    schema: Mapping[str, Any]
    is_required: bool

    def read(self, text: str) -> str | int:
        """Parse a text; one that is not a number is left for the validator."""
        if self.schema.get("type") == "integer" and _INTEGER.fullmatch(text):
            return int(text)
        return text


class Operation:
    """One operation of the description."""

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
        # Compiled at the first call: compiling all at once would double the startup time.
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
        """The values of the parameters in the query or headers, with defaults filled in.

        The texts are by name; header names are in lowercase.
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

    def issues(self, request: Mapping[str, Any]) -> list[ValidationIssue]:
        """The errors in the `path`, `query`, `header` and `body` of a request."""
        return [_issue(error) for error in self._validator.iter_errors(dict(request))]

    def range_sentence(self, issues: Iterable[ValidationIssue]) -> str | None:
        """A sentence about numbers in the body that are out of range, or None if there are other errors."""
        sentences: list[str] = []
        for issue in issues:
            if issue.loc[0] != "body" or issue.type not in {"minimum", "maximum"} or len(issue.loc) != 2:
                return None
            schema = self._body_schema["properties"][issue.loc[1]]
            null = ", or null" if "null" in schema["type"] else ""
            sentences.append(f"{issue.loc[1]} must be between {schema['minimum']} and {schema['maximum']}{null}.")
        return " ".join(sentences) or None


class Spec:
    """An OpenAPI 3.1 description whose schemas are all in `components/schemas`."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.operations: dict[str, Operation] = {}
        self._routes: RoutingTable[Operation] = RoutingTable()
        self._responses: dict[str, Mapping[str, Any]] = {}
        self._checkers: dict[tuple[str, int], _ResponseChecker] = {}
        for path, item in document["paths"].items():
            for method in METHODS:
                if method in item:
                    self._add(Operation(self, method, path, item[method]), item[method])

    def _add(self, operation: Operation, description: Mapping[str, Any]) -> None:
        if operation.operation_id in self.operations:
            raise ValueError(f"Two operations are named {operation.operation_id}.")
        self.operations[operation.operation_id] = operation
        self._routes.add(operation.method, operation.segments, operation)
        self._responses[operation.operation_id] = description["responses"]

    def resolve(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        """The object that a `$ref` points to, or the node itself.

        Keywords next to the `$ref`, such as a description, win over the object's.
        """
        if "$ref" not in node:
            return node
        target: Any = self.document
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step.replace("~1", "/").replace("~0", "~")]
        return {**self.resolve(target), **{key: value for key, value in node.items() if key != "$ref"}}

    def validator(self, schema: Mapping[str, Any]) -> jsonschema_rs.Draft202012Validator:
        """A compiled validator that checks formats and knows the schemas in `components`."""
        whole = {**schema, "components": {"schemas": self.document["components"]["schemas"]}}
        return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)

    def find(self, raw_path: bytes, method: str) -> Match[Operation] | None:
        """The path of a request, or None; see `RoutingTable.find`."""
        return self._routes.find(raw_path, method)

    def check_response(self, operation_id: str, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Check a response against the description; see the function of the same name."""
        described = self._responses[operation_id].get(str(status))
        if described is None:
            raise SpecViolation(f"{operation_id}: the status {status} is not described.")
        checker = self._checkers.get((operation_id, status))
        if checker is None:
            checker = self._checkers[operation_id, status] = _ResponseChecker(self.resolve(described), self)
        try:
            checker.check(status, {name.lower(): value for name, value in headers.items()}, body)
        except SpecViolation as violation:
            raise SpecViolation(f"{operation_id}, status {status}: {violation}") from None


class _ResponseChecker:
    """One response in the description, compiled when it is first used."""

    def __init__(self, description: Mapping[str, Any], spec: Spec) -> None:
        self._headers: list[tuple[str, bool, jsonschema_rs.Draft202012Validator]] = []
        for name, reference in description.get("headers", {}).items():
            header = spec.resolve(reference)
            validator = spec.validator(header["schema"])
            self._headers.append((name, bool(header.get("required")), validator))
        self._content = {
            media_type: spec.validator(content.get("schema", {}))
            for media_type, content in description.get("content", {}).items()
        }

    def check(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        if status in WITHOUT_BODY and body:
            raise SpecViolation("a body is not allowed here.")
        for name, is_required, validator in self._headers:
            value = headers.get(name.lower())
            if value is None and is_required:
                raise SpecViolation(f"the header {name} is missing.")
            if value is not None:
                _validate(validator, value, f"the header {name}")
        if self._content:
            self._check_body(headers.get("content-type", ""), body)

    def _check_body(self, content_type: str, body: bytes) -> None:
        media_type = content_type.partition(";")[0].strip().lower()
        if media_type not in self._content:
            raise SpecViolation(f"the media type {media_type or '(none)'} is not described.")
        try:
            document = json.loads(body)
        except ValueError as error:
            raise SpecViolation(f"the body is not JSON: {error}.") from None
        _validate(self._content[media_type], document, "the body")


@functools.lru_cache(maxsize=1)
def load_spec() -> Spec:
    """Read openapi.yaml; see `description_text`."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return Spec(yaml.load(description_text(), Loader=loader))  # noqa: S506 - both are safe loaders


def description_text() -> str:
    """The text of openapi.yaml, from the installed package or the source tree."""
    packaged = resources.files("tinker_rest_api") / "openapi.yaml"
    source = Path(__file__).resolve().parents[2] / "openapi.yaml"
    return packaged.read_text("utf-8") if packaged.is_file() else source.read_text("utf-8")


def check_response(operation_id: str, status: int, headers: Mapping[str, str], body: bytes) -> None:
    """Check a response against openapi.yaml.

    Args:
        operation_id: The operation that was called.
        status: The HTTP status.
        headers: The headers of the response.
        body: The body as received.

    Raises:
        SpecViolation: The response does not match the description.
        KeyError: The operation does not exist.
    """
    load_spec().check_response(operation_id, status, headers, body)


def _issue(error: jsonschema_rs.ValidationError) -> ValidationIssue:
    loc = tuple(error.instance_path)
    if isinstance(error.kind, jsonschema_rs.ValidationErrorKind.Required):
        loc = (*loc, error.kind.property)
    message = error.message
    if len(message) > MAX_MESSAGE_LENGTH:  # the rule is at the end, after the value
        half = MAX_MESSAGE_LENGTH // 2
        message = f"{message[: half - 1]}…{message[-half:]}"
    return ValidationIssue(loc, message, error.kind.name)


def _validate(validator: jsonschema_rs.Draft202012Validator, instance: Any, place: str) -> None:
    error = next(iter(validator.iter_errors(instance)), None)
    if error is not None:
        way = "".join(f"[{step!r}]" for step in error.instance_path)
        raise SpecViolation(f"{place}{way}: {error.message}")
