"""Shows the operations of the description as HTML."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from documentation.http_prose import block, breakable, code, document, line, link, paragraphs, text
from documentation.http_schemas import Schema, anchor_of, limits_of, schema_body, type_of, wanted

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_TONES = {"get": "cool", "delete": "bad", "post": "good", "put": "warning", "patch": "warning"}
# Error bodies depend on the status alone, so their examples are not repeated for every operation.
_FIRST_ERROR = 300


class Operation(NamedTuple):
    """One operation of the description."""

    method: str
    path: str
    description: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Its `operationId`, also used as its anchor."""
        return str(self.description.get("operationId") or f"{self.method} {self.path}")

    @property
    def tag(self) -> str:
        """Its group."""
        return str((self.description.get("tags") or ["other"])[0])

    @property
    def title(self) -> str:
        """Its summary."""
        return str(self.description.get("summary", self.name))


class Reference:
    """The parts of a reference as HTML, for pages that provide the headings.

    Args:
        description: An OpenAPI 3.1 document.
        base_url: The server that the examples call.
        page_of_tag: Returns the page with the operations of a tag.
        page_of_schemas: The page with the schemas.
        page_of_viewer: The page with Swagger UI.
    """

    def __init__(
        self,
        description: Mapping[str, Any],
        base_url: str,
        *,
        page_of_tag: Callable[[str], str],
        page_of_schemas: str,
        page_of_viewer: str,
    ) -> None:
        self.info: Mapping[str, Any] = description["info"]
        self.schemas: Mapping[str, Schema] = description.get("components", {}).get("schemas", {})
        self._description = description
        self._base_url = base_url
        self._viewer = page_of_viewer
        operations = [
            Operation(method, path, item[method])
            for path, item in description["paths"].items()
            for method in METHODS
            if method in item
        ]
        self._tags: Mapping[str, Any] = {tag["name"]: tag for tag in description.get("tags", ())}
        self.by_tag: dict[str, list[Operation]] = {tag: [] for tag in self._tags}
        for operation in operations:
            self.by_tag.setdefault(operation.tag, []).append(operation)
        self.by_tag = {tag: those for tag, those in self.by_tag.items() if those}
        self._places = {one.name: f"{page_of_tag(one.tag)}#{one.name}" for one in operations}
        self._places.update({name: f"{page_of_schemas}#{anchor_of(name)}" for name in self.schemas})

    def introduction(self) -> str:
        """The introduction of the description."""
        return paragraphs(self.info.get("description", ""), self._places)

    def tag_text(self, tag: str) -> str:
        """The description of a tag."""
        return paragraphs(self._tags.get(tag, {}).get("description", ""), self._places)

    def tag_title(self, tag: str) -> str:
        """The heading of a tag."""
        return str(self._tags.get(tag, {}).get("x-displayName", tag))

    def schema_body(self, name: str) -> str:
        """A named schema without its heading."""
        return schema_body(self.schemas[name], self._places)

    def operation_body(self, operation: Operation) -> str:
        """An operation without its heading."""
        return "".join(self._operation(operation))

    def _operation(self, operation: Operation) -> Iterator[str]:
        described = operation.description
        tone = _TONES.get(operation.method, "cool")
        is_experimental = described.get("x-stability-level", "stable") != "stable"
        badge = ' <span class="badge warning">experimental</span>' if is_experimental else ""
        yield (
            f'<p class="address"><span class="badge {tone}">{operation.method.upper()}</span> '
            f'{code(operation.path)} <span class="limits">{breakable(operation.name)}</span>{badge}</p>'
        )
        yield paragraphs(described.get("description", ""), self._places)
        parameters = [self._resolved(parameter) for parameter in described.get("parameters", ())]
        body = self._resolved(described.get("requestBody", {}))
        yield f"<h4>Request</h4>{block(self._curl(operation, parameters, body))}"
        yield f"<p>{link(f'{self._viewer}#/{operation.tag}/{operation.name}', 'Try it out')}</p>"
        if parameters:
            yield "<h4>Parameters</h4>"
            yield "".join(self._parameters(parameters))
        if body:
            yield "".join(self._body(body))
        yield "<h4>Responses</h4>"
        yield "".join(self._answers(described["responses"]))

    def _parameters(self, parameters: list[Mapping[str, Any]]) -> Iterator[str]:
        yield (
            '<table><thead><tr><th scope="col">Name</th><th scope="col">In</th><th scope="col">Type</th>'
            '<th scope="col">Meaning</th></tr></thead><tbody>'
        )
        for parameter in parameters:
            name, schema = parameter["name"], parameter["schema"]
            example = _example(parameter)
            shown = "" if example is None else f'<p class="limits">for example {code(example)}</p>'
            told = paragraphs(parameter.get("description", ""), self._places)
            yield (
                f"<tr><td>{code(name)}{wanted(bool(parameter.get('required')))}</td><td>{text(parameter['in'])}</td>"
                f"<td>{type_of(schema, self._places)}</td><td>{told}"
                f"{limits_of(schema)}{shown}</td></tr>"
            )
        yield "</tbody></table>"

    def _body(self, body: Mapping[str, Any]) -> Iterator[str]:
        for media_type, content in body["content"].items():
            yield f"<h4>Body{wanted(bool(body.get('required')))}</h4>"
            told = line(body.get("description", ""), self._places)
            yield f"<p>{type_of(content['schema'], self._places)} as {code(media_type)}. {told}</p>"
            yield from self._examples(content)

    def _answers(self, responses: Mapping[str, Any]) -> Iterator[str]:
        yield (
            '<table><thead><tr><th scope="col">Status</th><th scope="col">Body</th>'
            '<th scope="col">Meaning</th></tr></thead><tbody>'
        )
        examples: list[str] = []
        links: list[str] = []
        for status, reference in responses.items():
            response = self._resolved(reference)
            contents = response.get("content", {})
            bodies = " or ".join(type_of(content.get("schema", {}), self._places) for content in contents.values())
            headers = ", ".join(code(name) for name in response.get("headers", {}))
            told = f'<p class="limits">headers {headers}</p>' if headers else ""
            yield (
                f"<tr><td>{code(status)}</td><td>{bodies or 'none'}</td>"
                f"<td><p>{line(response.get('description', ''), self._places)}</p>{told}</td></tr>"
            )
            links += [self._link(self._resolved(way)) for way in response.get("links", {}).values()]
            if status.isdigit() and int(status) < _FIRST_ERROR:
                examples += [part for content in contents.values() for part in self._examples(content)]
        yield "</tbody></table>"
        if links:
            yield f"<h4>Next</h4><ul>{''.join(links)}</ul>"
        yield from examples

    def _link(self, way: Mapping[str, Any]) -> str:
        told = line(way.get("description", ""), self._places)
        return f"<li>{link(self._places[way['operationId']], way['operationId'])}: {told}</li>"

    def _examples(self, content: Mapping[str, Any]) -> Iterator[str]:
        if "example" in content:
            yield f"<h4>Example</h4>{document(content['example'])}"
        for name, reference in content.get("examples", {}).items():
            example = self._resolved(reference)
            yield f"<h4>Example: {text(example.get('summary', name.replace('_', ' ')))}</h4>"
            yield document(example.get("value"))

    def _curl(self, operation: Operation, parameters: list[Mapping[str, Any]], body: Mapping[str, Any]) -> str:
        path = operation.path
        query: dict[str, str] = {}
        for parameter in parameters:
            value = str(_example(parameter))
            if parameter["in"] == "path":
                path = path.replace(f"{{{parameter['name']}}}", quote(value, safe=":"))
            elif parameter["in"] == "query" and parameter.get("required"):
                query[parameter["name"]] = value
        url = self._base_url + path + (f"?{urlencode(query, safe=':')}" if query else "")
        method = "" if operation.method == "get" else f"-X {operation.method.upper()} "
        words = [f'curl {method}-H "X-API-Key: $TINKER_API_KEY"']
        for media_type, content in body.get("content", {}).items():
            examples = [self._resolved(example) for example in content.get("examples", {}).values()]
            sent = examples[0].get("value") if examples else content.get("example", {})
            words.append(f"-H {shlex.quote(f'Content-Type: {media_type}')}")
            words.append(f"-d {shlex.quote(json.dumps(sent, ensure_ascii=False))}")
        return " \\\n  ".join([*words, shlex.quote(url)])

    def _resolved(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        if "$ref" not in node:
            return node
        target: Any = self._description
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        return self._resolved(target)


def _example(parameter: Mapping[str, Any]) -> Any:
    examples = list(parameter.get("examples", {}).values())
    return examples[0].get("value") if examples else parameter.get("example")
