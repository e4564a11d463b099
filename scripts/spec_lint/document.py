"""An API description to look things up in."""

from collections.abc import Iterable, Iterator
from typing import Any

import yaml

Json = dict[str, Any]
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # the fast one, if it is there
    """Rejects a key that appears twice in a mapping; YAML would keep the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise ValueError(f"line {node.start_mark.line + 1}: the key {key!r} stands twice")
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


class Document:
    """A whole description. Raises ValueError for a duplicate key."""

    def __init__(self, text: str) -> None:
        self.root: Json = yaml.load(text, Loader=_Loader)

    def resolve(self, thing: Json) -> Json:
        """What a reference refers to, or the thing itself."""
        while "$ref" in thing:
            found: Any = self.root
            for step in thing["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            thing = found
        return thing

    def components(self, kind: str) -> Iterator[tuple[str, Json]]:
        """The components of a kind by their names."""
        yield from self.root.get("components", {}).get(kind, {}).items()

    def operations(self) -> Iterator[tuple[str, Json]]:
        """The operations, each with its place."""
        for path, item in self.root.get("paths", {}).items():
            for method in METHODS:
                if method in item:
                    yield f"paths/{path}/{method}", item[method]

    def bodies(self) -> Iterator[tuple[str, Json]]:
        """The bodies of requests and responses, each with its place."""
        holders = [(f"components/responses/{name}", one) for name, one in self.components("responses")]
        for place, operation in self.operations():
            holders += [(f"{place}/responses/{status}", one) for status, one in operation["responses"].items()]
            if "requestBody" in operation:
                holders.append((f"{place}/requestBody", operation["requestBody"]))
        for place, holder in holders:
            for media_type, media in holder.get("content", {}).items():
                yield f"{place}/{media_type}", media

    def schemas_in_responses(self) -> Iterator[tuple[str, Json]]:
        """The named schemas that a response may hold; not those of an open choice, which is open as a whole."""
        yield from self._named(media["schema"] for place, media in self.bodies() if "/responses/" in place)

    def schemas_in_requests(self) -> Iterator[tuple[str, Json]]:
        """The named schemas that a request may hold."""
        bodies = [media["schema"] for place, media in self.bodies() if "/requestBody/" in place]
        yield from self._named([*bodies, *(one.get("schema", {}) for _, one in self.components("parameters"))])

    def _named(self, schemas: Iterable[Json]) -> Iterator[tuple[str, Json]]:
        waiting = list(schemas)
        seen: set[str] = set()
        while waiting:
            schema = waiting.pop()
            if "$ref" in schema:
                name = schema["$ref"].rpartition("/")[2]
                if name in seen:
                    continue
                seen.add(name)
                schema = self.resolve(schema)
                yield name, schema
            choices = schema.get("anyOf", [])
            if {"type": "string"} not in choices:
                waiting += [*choices, *schema.get("oneOf", []), *schema.get("allOf", [])]
            waiting += schema.get("properties", {}).values()
            waiting += [
                schema[key] for key in ("items", "additionalProperties") if isinstance(schema.get(key), dict)
            ]

    def all_mappings(self) -> Iterator[tuple[str, Json]]:
        """Every mapping of the document with its place."""
        waiting: list[tuple[str, Any]] = [("", self.root)]
        while waiting:
            place, thing = waiting.pop()
            if isinstance(thing, dict):
                yield place, thing
                waiting += [(f"{place}/{key}", value) for key, value in thing.items()]
            elif isinstance(thing, list):
                waiting += [(f"{place}/{number}", value) for number, value in enumerate(thing)]


def properties(document: Document) -> Iterator[tuple[str, Json, str]]:
    """The properties of all named schemas: place, schema, name."""
    for schema_name, schema in document.components("schemas"):
        for name, one in schema.get("properties", {}).items():
            yield f"components/schemas/{schema_name}/{name}", one, name


def inline_schemas(document: Document) -> Iterator[str]:
    """The places of objects, enumerations and unions without a name."""
    for place, media in document.bodies():
        if "$ref" not in media.get("schema", {}):
            yield f"{place}: the schema must be a named one"
    for kind in ("parameters", "headers"):
        for name, one in document.components(kind):
            if not _is_plain(one.get("schema", {})):
                yield f"components/{kind}/{name}: the schema must be a named one or a plain type"
    for place, one, _ in properties(document):
        if not _is_plain(one) and not _is_nullable_reference(one):
            yield f"{place}: the schema must be a named one or a plain type"
    for name, schema in document.components("schemas"):
        for choice in [*schema.get("anyOf", []), *schema.get("oneOf", []), *schema.get("allOf", [])]:
            if choice != {"type": "null"} and not _is_plain(choice):
                yield f"components/schemas/{name}: each choice must be a named schema or a plain type"
        if "items" in schema and not _is_plain(schema["items"]):
            yield f"components/schemas/{name}: items must be a named schema or a plain type"


def _is_plain(schema: Json) -> bool:
    if "$ref" in schema:
        return True
    if schema.get("type") == "array":
        return _is_plain(schema.get("items", {})) and schema.get("items", {}).get("type") != "array"
    return (
        "type" in schema and schema["type"] != "object" and not {"enum", "anyOf", "oneOf", "allOf"} & set(schema)
    )


def _is_nullable_reference(schema: Json) -> bool:
    choices = schema.get("oneOf", [])
    return len(choices) == 2 and "$ref" in choices[0] and choices[1] == {"type": "null"}
