"""Shows the schemas of the description as HTML."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from documentation.http_prose import code, document, line, link, paragraphs, text

Schema = Mapping[str, Any]

# The keywords of a range, and of what it is a range.
_RANGES = (
    ("minimum", "maximum", ""),
    ("minLength", "maxLength", " characters"),
    ("minItems", "maxItems", " items"),
)


def anchor_of(schema_name: str) -> str:
    """The anchor of a named schema."""
    return f"schema-{schema_name}"


def name_of(reference: str) -> str:
    """The last step of a `$ref`."""
    return reference.rpartition("/")[2]


def type_of(schema: Schema, places: Mapping[str, str]) -> str:
    """What kind of value a schema wants, with links to the schemas that it names."""
    if "$ref" in schema:
        name = name_of(schema["$ref"])
        return link(places[name], name)
    for choice in ("oneOf", "anyOf"):
        if choice in schema:
            return " or ".join(type_of(option, places) for option in schema[choice])
    if "allOf" in schema:
        return " and ".join(type_of(part, places) for part in schema["allOf"])
    if "const" in schema:
        return code(_written(schema["const"]))
    if "enum" in schema:
        return " or ".join(code(_written(value)) for value in schema["enum"])
    kinds = schema.get("type", "any value")
    shown = [kinds] if isinstance(kinds, str) else list(kinds)
    if "array" in shown:
        shown[shown.index("array")] = "array of"
        return text(" or ".join(kind for kind in shown if kind != "array of")) + (
            f"{' or ' if len(shown) > 1 else ''}array of {type_of(schema.get('items', {}), places)}"
        )
    if "object" in shown and isinstance(schema.get("additionalProperties"), dict):
        return f"object of {type_of(schema['additionalProperties'], places)}"
    form = f" ({schema['format']})" if "format" in schema else ""
    return text(" or ".join(shown) + form)


def limits_of(schema: Schema) -> str:
    """What else a schema asks of a value, or nothing."""
    told = [_range(schema.get(low), schema.get(high), unit) for low, high, unit in _RANGES]
    told += [f"{name} {code(_written(schema[name]))}" for name in ("pattern", "default") if name in schema]
    if schema.get("x-secret") or schema.get("format") == "password":
        told.append("secret")
    told = [each for each in told if each]
    return f'<p class="limits">{", ".join(told)}</p>' if told else ""


def wanted(is_required: bool) -> str:
    """The mark of what must not be left out."""
    return ' <span class="wanted">required</span>' if is_required else ""


def schema_body(schema: Schema, places: Mapping[str, str]) -> str:
    """The description, the fields and the example of a schema."""
    parts = [paragraphs(schema.get("description", ""), places), *_fields(schema, places)]
    if "example" in schema:
        parts.append(f"<h4>Example</h4>{document(schema['example'])}")
    return "".join(parts)


def _fields(schema: Schema, places: Mapping[str, str]) -> Iterator[str]:
    fields = schema.get("properties", {})
    if not fields:
        yield f"<p>{type_of(schema, places)}</p>{limits_of(schema)}"
        return
    required = schema.get("required", ())
    yield (
        '<table><thead><tr><th scope="col">Field</th><th scope="col">Type</th>'
        '<th scope="col">Meaning</th></tr></thead><tbody>'
    )
    for name, field in fields.items():
        described = line(field.get("description", ""), places)
        examples = "".join(
            f'<p class="limits">for example {code(_written(one))}</p>' for one in field.get("examples", ())
        )
        yield (
            f"<tr><td>{code(name)}{wanted(name in required)}</td><td>{type_of(field, places)}</td>"
            f"<td><p>{described}</p>{limits_of(field)}{examples}</td></tr>"
        )
    yield "</tbody></table>"


def _range(low: int | None, high: int | None, unit: str) -> str:
    if low is None and high is None:
        return ""
    if high is None:
        return f"{low:,}{unit} or more"
    return f"{low:,} to {high:,}{unit}" if low is not None else f"up to {high:,}{unit}"


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
