"""What the schemas of the description contain, and values that they allow."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from tinker_rest_sandbox._spec import Spec

Json = Mapping[str, Any]
EVERYTHING = object()  # in place of a value: everything that a schema allows
UNKNOWN = "no-such-thing"


class Schemas:
    """The schemas of a description."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec

    def parts(
        self, schema: Json, value: Any = EVERYTHING, name: str = "", not_within: frozenset[str] = frozenset()
    ) -> Iterator[str]:
        """The properties (`Checkpoint.time`) and listed values (`KnownCheckpointType=sampler`) of a schema.

        With a value, only those that it has, and that are neither null nor empty. Leaves out what is inside the
        properties `not_within`.
        """
        if value is None or value in ([], {}):
            return
        if "$ref" in schema:
            name, schema = schema["$ref"].rpartition("/")[2], self.spec.resolve(schema)
        for listed in schema.get("enum", ()):
            if value in (EVERYTHING, listed):
                yield f"{name}={listed}"
        for member in self._members(schema, value):
            yield from self.parts(member, value, name, not_within)
        inner: list[tuple[Json, Any]] = []
        properties = schema.get("properties", {}) if value is EVERYTHING or isinstance(value, dict) else {}
        for field, of_field in properties.items():
            held = EVERYTHING if value is EVERYTHING else value.get(field)
            if held is not None and held not in ([], {}):
                yield f"{name}.{field}"
                inner += [(of_field, held)] if f"{name}.{field}" not in not_within else []
        if "items" in schema and (value is EVERYTHING or isinstance(value, list)):
            inner += [(schema["items"], one) for one in ([EVERYTHING] if value is EVERYTHING else value)]
        of_others = schema.get("additionalProperties")
        if isinstance(of_others, Mapping) and (value is EVERYTHING or isinstance(value, dict)):
            inner += [(of_others, one) for one in ([EVERYTHING] if value is EVERYTHING else value.values())]
        for of_inner, held in inner:
            yield from self.parts(of_inner, held, name, not_within)

    def _members(self, schema: Json, value: Any = EVERYTHING) -> list[Json]:
        """The members of a union that a value may be."""
        union = schema.get("discriminator")
        if union is None or value is EVERYTHING:
            return [*schema.get("oneOf", ()), *schema.get("anyOf", ())]
        tag = value.get(union["propertyName"]) if isinstance(value, dict) else None
        return [{"$ref": union["mapping"][tag]}] if tag in union["mapping"] else []

    def values(self, schema: Json) -> list[Any]:
        """Some values that a schema allows; those in the description come first."""
        schema = self.spec.resolve(schema)
        kinds = schema.get("type", ())
        kinds = [kinds] if isinstance(kinds, str) else kinds
        found = [*schema.get("enum", ()), *schema.get("examples", ())]
        if "const" in schema:
            found.append(schema["const"])
        for member in self._members(schema):
            found += self.values(member)
        if "boolean" in kinds:
            found += [True, False]
        if "integer" in kinds or "number" in kinds:
            found += [one + 1 for one in found if isinstance(one, int | float)]
            found += [schema[bound] for bound in ("minimum", "maximum") if bound in schema]
        if "string" in kinds and "enum" not in schema:
            found += [*itertools.chain(*(near(one) for one in found)), UNKNOWN]
        if "array" in kinds:
            found += [[], *([one] for one in self.values(schema["items"]))]
        if "object" in kinds:
            found.append(self.smallest(schema))
            if isinstance(schema.get("additionalProperties"), Mapping):
                found += [{UNKNOWN: one} for one in self.values(schema["additionalProperties"])[:1]]
        if "null" in kinds:
            found.append(None)
        allowed = self.spec.validator(schema).is_valid
        return [one for number, one in enumerate(found) if allowed(one) and one not in found[:number]]

    def smallest(self, schema: Json) -> dict[str, Any]:
        """An object with its required properties only."""
        properties = schema.get("properties", {})
        return {name: self.values(properties[name])[0] for name in schema.get("required", ())}

    def choices(self, schema: Json) -> list[Any]:
        """A value for each member of an enumeration or of a union of objects; none for other schemas."""
        schema = self.spec.resolve(schema)
        if "discriminator" in schema:
            return [self.smallest(self.spec.resolve(member)) for member in self._members(schema)]
        if schema.get("type") == "array":
            return [[one] for one in self.choices(schema["items"])]
        members = [self.choices(member) for member in self._members(schema)]
        return [*schema.get("enum", ()), *itertools.chain(*members)]

    def within(self, schema: Json, label: str) -> Iterator[tuple[str, list[Any], list[Any]]]:
        """Each field within a value: its label, with values and choices for the whole value."""
        schema = self.spec.resolve(schema)
        for member in self._members(schema):
            yield from self.within(member, label)
        for inner, values, choices in self.within(schema["items"], label) if "items" in schema else ():
            yield inner, [[one] for one in values], [[one] for one in choices]
        least = self.smallest(schema)
        for name, of_field in schema.get("properties", {}).items():
            if "const" not in self.spec.resolve(of_field):  # the tag of a union is one of its choices
                without = [] if name in schema.get("required", ()) else [least]
                own = (f"{label}.{name}", self.values(of_field), self.choices(of_field))
                for inner, values, choices in (own, *self.within(of_field, f"{label}.{name}")):
                    with_values, with_choices = (
                        [{**least, name: one} for one in some] for some in (values, choices)
                    )
                    yield inner, without + with_values, with_choices


def near(text: Any) -> Iterator[str]:
    """Days before a day, and hours around a time."""
    if isinstance(text, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        for days in (1, 2):
            yield f"{date.fromisoformat(text) - timedelta(days)}"
    elif isinstance(text, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT.*Z", text):
        for hours in (-1, 1):
            yield f"{datetime.fromisoformat(text) + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}"
