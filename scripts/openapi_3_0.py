"""Makes the OpenAPI 3.0 form of openapi.yaml, for generators that refuse 3.1.

A small converter of our own: those that there are need Node, which `scripts/regenerate` shall not, and pass on
what they do not know. This one knows what openapi.yaml uses, and refuses everything else by its place.
"""

from collections.abc import Callable
from typing import Any

import yaml

Json = dict[str, Any]
VERSION = "3.0.3"
# What means the same in a schema of both versions. `const`, lists of types, `examples` and keywords next to
# a `$ref` do not, and are written otherwise.
SAME_IN_SCHEMAS = frozenset(
    {
        "additionalProperties", "allOf", "anyOf", "default", "deprecated", "description", "discriminator", "enum",
        "externalDocs", "format", "items", "maxItems", "maxLength", "maxProperties", "maximum", "minItems",
        "minLength", "minProperties", "minimum", "multipleOf", "not", "oneOf", "pattern", "properties", "readOnly",
        "required", "title", "type", "uniqueItems", "writeOnly", "xml",
    }
)  # fmt: skip
PURPOSE = (
    "**This file** is only for code generators that need OpenAPI 3.0. To validate requests and responses, use\n"
    "`openapi.yaml`: 3.0 cannot say that a reference may be null, and here error details and open enumerations\n"
    "are any value or any string."
)
OPEN_UNION = "x-extensible-union"  # marks a union that newer servers may extend
# Fields of the whole document, of `info` and of `components` that 3.1 has added.
NEW_IN_DOCUMENT = frozenset({"jsonSchemaDialect", "webhooks"})
NEW_IN_COMPONENTS = frozenset({"pathItems"})


def downgraded(document: Json) -> Json:
    """A description of 3.0 that says what a description of 3.1 says.

    Raises:
        ValueError: If it uses what this converter does not know to write in 3.0.
    """
    if not str(document.get("openapi", "")).startswith("3.1."):
        raise ValueError(f"This is a description of OpenAPI {document.get('openapi')}, not 3.1.")
    _refuse(NEW_IN_DOCUMENT & set(document), "the description")
    _refuse(NEW_IN_COMPONENTS & set(document.get("components", {})), "components")
    converted = {**document, "openapi": VERSION, "info": _info(document["info"])}
    schemas = document.get("components", {}).get("schemas", {})
    for part in ("paths", "components"):
        converted[part] = _convert(document.get(part, {}), part, schemas)
    return converted


def as_yaml(document: Json) -> str:
    """A description as text, the same text for the same description."""
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, width=115, allow_unicode=True)


def _info(info: Json) -> Json:
    """`info` without the fields of 3.1, and with what the file is for: the summary becomes a paragraph."""
    _refuse({"identifier"} & set(info.get("license", {})), "info/license")
    old = {key: value for key, value in info.items() if key != "summary"}
    paragraphs = [info.get("summary"), PURPOSE, info.get("description")]
    return {**old, "description": "\n\n".join(text for text in paragraphs if text)}


def _convert(thing: Any, place: str, schemas: Json) -> Any:
    """A part of the description; examples, which are data, stay as they are."""
    if isinstance(thing, list):
        return [_convert(one, f"{place}/{number}", schemas) for number, one in enumerate(thing)]
    if not isinstance(thing, dict):
        return thing
    converted: Json = {}
    for key, value in thing.items():
        inner = f"{place}/{key}"
        if key in {"example", "examples", "links"}:
            converted[key] = value
        elif key == "schema":
            converted[key] = _schema(value, inner, schemas)
        elif inner == "components/schemas":
            named = _named_map_values(_open_unions(value))
            converted[key] = {name: _schema(one, f"{inner}/{name}", schemas) for name, one in named.items()}
        else:
            converted[key] = _convert(value, inner, schemas)
    return converted


def _open_unions(schemas: Json) -> Json:
    """A union that may grow gets a last choice for the tags of newer servers, which 3.1 needs no model for.

    Without it, the generators for Java and Rust fail on the whole response.
    """
    opened: Json = {}
    for name, schema in schemas.items():
        if schema.get(OPEN_UNION):
            tag, mapping = schema["discriminator"]["propertyName"], schema["discriminator"]["mapping"]
            text = {"description": "The type, which this document does not list.", "type": "string"}
            opened[f"Other{name}"] = {
                "type": "object",
                "description": f"A choice of `{name}` that a newer server adds.",
                "required": [tag],
                "properties": {tag: {**text, "not": {"enum": list(mapping)}}},
            }
            schema = {**schema, "oneOf": [*schema["oneOf"], {"$ref": f"#/components/schemas/Other{name}"}]}
        opened[name] = schema
    return opened


def _named_map_values(schemas: Json) -> Json:
    """Values of maps get a name, since openapi-generator warns of those that have none."""
    named: Json = {}
    for name, schema in schemas.items():
        values = schema.get("additionalProperties")
        if isinstance(values, dict) and "$ref" not in values:
            value_name = f"{name}Value"
            if value_name in schemas:
                raise ValueError(f"components/schemas/{value_name} is what the values of {name} would be called.")
            named[value_name] = {"description": f"A value of `{name}`.", **values}
            schema = {**schema, "additionalProperties": {"$ref": f"#/components/schemas/{value_name}"}}
        named[name] = schema
    return named


def _schema(schema: Any, place: str, schemas: Json) -> Json:
    if not isinstance(schema, dict):
        raise ValueError(f"{place}: a schema of {schema!r} cannot be said in OpenAPI {VERSION}.")  # noqa: TRY004
    steps: list[Callable[[Json, str], Json]] = [_reference, _null_type, _nullable_choice, _constant, _example]
    for step in steps:
        schema = step(schema, place)
    schema = _typed_null(_text_or_list(_open_enumeration(schema, schemas)), schemas)
    unknown = (
        {key for key in schema if not key.startswith("x-")} - SAME_IN_SCHEMAS - {"$ref", "nullable", "example"}
    )
    _refuse(unknown, place)
    converted = dict(schema)
    for key in ("allOf", "anyOf", "oneOf"):
        if key in schema:
            converted[key] = [_schema(one, f"{place}/{key}", schemas) for one in schema[key]]
    for key in ("items", "not"):
        if key in schema:
            converted[key] = _schema(schema[key], f"{place}/{key}", schemas)
    if isinstance(schema.get("additionalProperties"), dict):
        converted["additionalProperties"] = _schema(schema["additionalProperties"], place, schemas)
    if "properties" in schema:
        properties = schema["properties"].items()
        converted["properties"] = {name: _schema(one, f"{place}/{name}", schemas) for name, one in properties}
    return converted


def _reference(schema: Json, _: str) -> Json:
    """Keywords next to a `$ref` are ignored in 3.0, so the reference goes into an `allOf`."""
    if "$ref" not in schema or len(schema) == 1:
        return schema
    return {"allOf": [{"$ref": schema["$ref"]}], **{key: value for key, value in schema.items() if key != "$ref"}}


def _null_type(schema: Json, place: str) -> Json:
    """`type: [string, 'null']` becomes `type: string, nullable: true`; a string or a number, any value."""
    types = schema.get("type")
    if types == "null":
        raise ValueError(f"{place}: null alone cannot be said in OpenAPI {VERSION}.")
    if not isinstance(types, list):
        return schema
    others = [one for one in types if one != "null"]
    if set(others) == {"string", "integer"}:
        return {key: value for key, value in schema.items() if key != "type"}
    if len(others) != 1:
        raise ValueError(f"{place}: several types, {types}, cannot be said in OpenAPI {VERSION}.")
    if "enum" in schema and None not in schema["enum"]:
        raise ValueError(f"{place}: null is allowed by the type, and not by the enum.")
    single = {key: others[0] if key == "type" else value for key, value in schema.items()}
    return {**single, "nullable": True} if "null" in types else single


def _nullable_choice(schema: Json, place: str) -> Json:
    """`oneOf: [$ref, {type: 'null'}]` becomes a nullable `allOf`, which is how 3.0 says it."""
    for key in ("oneOf", "anyOf"):
        choices = schema.get(key, [])
        if {"type": "null"} not in choices:
            continue
        others = [one for one in choices if one != {"type": "null"}]
        if len(others) != 1 or set(others[0]) != {"$ref"}:
            raise ValueError(f"{place}: only a single $ref may be null, not {others}.")
        rest = {name: value for name, value in schema.items() if name != key}
        return {"nullable": True, "allOf": others, **rest}
    return schema


def _typed_null(schema: Json, schemas: Json) -> Json:
    """`nullable` needs a type next to it; that of the reference does not count."""
    if not schema.get("nullable") or "type" in schema:
        return schema
    named = schemas[schema["allOf"][0]["$ref"].rpartition("/")[2]]
    return {"type": named.get("type", "object"), **schema}


def _open_enumeration(schema: Json, schemas: Json) -> Json:
    """An open enumeration becomes the string that it is, its known values an extension.

    Any string fits both forms. Of the choice, Go's generator makes raw JSON, Rust's a type that cannot be decoded,
    and Java's warns.
    """
    choices = schema.get("anyOf", [])
    if len(choices) != 2 or choices[1] != {"type": "string"} or set(choices[0]) != {"$ref"}:
        return schema
    known = schemas[choices[0]["$ref"].rpartition("/")[2]]
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    return {"type": "string", **rest, "x-extensible-enum": known["enum"]}


def _text_or_list(schema: Json) -> Json:
    """A string or a list becomes any value.

    Of the choice, Go's generator makes raw JSON, and those for Java and Rust refuse an error of another form.
    """
    types = [one.get("type") for one in schema.get("anyOf", [])]
    return {key: value for key, value in schema.items() if key != "anyOf" or types != ["string", "array"]}


def _constant(schema: Json, _: str) -> Json:
    """`const` becomes an enumeration of one value."""
    return {
        ("enum" if key == "const" else key): ([value] if key == "const" else value)
        for key, value in schema.items()
    }


def _example(schema: Json, _: str) -> Json:
    """Of the examples of a schema, 3.0 has room for one."""
    if "examples" not in schema:
        return schema
    rest = {key: value for key, value in schema.items() if key != "examples"}
    return {**rest, "example": schema["examples"][0]} if schema["examples"] else rest


def _refuse(unknown: set[str] | frozenset[str], place: str) -> None:
    if unknown:
        raise ValueError(f"{place}: {sorted(unknown)} cannot be said in OpenAPI {VERSION}.")


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as such, lists set in, and no anchors, which some readers do not know."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def text(self, data: str) -> yaml.ScalarNode:
        return self.represent_scalar("tag:yaml.org,2002:str", data, style="|" if "\n" in data else None)


_Dumper.add_representer(str, _Dumper.text)
