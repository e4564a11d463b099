"""The rules of our own for openapi.yaml, each a small function that yields what breaks it."""

import datetime
import re
from collections.abc import Callable, Iterator
from typing import Any

from openapi_schema_validator import OAS31Validator

from spec_lint.document import Document, Json, inline_schemas, properties

Rule = Callable[[Document], Iterator[str]]
RULES: dict[str, Rule] = {}
LARGEST = 2**53 - 1  # what a number of JavaScript holds exactly
ERRORS_OF_ALL = ("400", "401", "402", "422", "429", "500", "503")
# How servers that do not offer an operation answer; each comes with the others.
ERRORS_OF_SOME_SERVERS = {"404", "405", "501"}
# What a number may be, in words of its description. A new unit is added here.
UNITS = (
    "second", "bytes", "utc", "tokens", "us dollars", "gigabytes", "hours", "number of", "rank", "seed",
    "version",
)  # fmt: skip

DATES = {"date", "date-time"}  # generators make objects of them, which have no length

# What clients may send with every request: as a parameter it would stand in every generated signature.
HEADERS_OF_ALL = {"x-request-id", "x-idempotency-key"}

# For each rule, the places that need not follow it, as its message names them, and why
EXCEPTIONS = {
    "closed-requests": {"components/schemas/FinishReasonType": "newer servers add reasons to search for"},
    "pagination": {
        "paths//api/v1/training_runs/{training_run_id}/checkpoints/get": "it returns all checkpoints of a run"
    },
}
WRITTEN_IN = "scripts/spec_lint/rules.py"


def rule(function: Rule) -> Rule:
    """Register a rule under its name."""
    RULES[function.__name__.replace("_", "-")] = function
    return function


def findings(text: str) -> list[str]:
    """What breaks our rules, a line for each finding, which names its rule and the table of exceptions."""
    try:
        document = Document(text)
    except ValueError as error:
        return [f"{error} [duplicate-key, no exceptions]"]
    lines = []
    for name, check in RULES.items():
        found = [(line.partition(": ")[0], line) for line in check(document)]
        excepted = EXCEPTIONS.get(name, {})
        kept = [line for place, line in found if place not in excepted]
        kept += [f"{place}: no longer needs an exception" for place in excepted.keys() - dict(found).keys()]
        lines += [f"{line} [{name}, exceptions: EXCEPTIONS in {WRITTEN_IN}]" for line in kept]
    return lines


@rule
def operation_id(document: Document) -> Iterator[str]:
    """Each operation has an id in snake_case that no other has."""
    seen: set[str] = set()
    for place, operation in document.operations():
        name = operation.get("operationId", "")
        if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", str(name)):
            yield f"{place}: operationId must be in snake_case, not {name!r}"
        if name in seen:
            yield f"{place}: operationId {name!r} is used twice"
        seen.add(name)


@rule
def one_tag(document: Document) -> Iterator[str]:
    """Each operation has one tag, which has a name for people."""
    declared = {tag["name"]: tag for tag in document.root.get("tags", [])}
    for name, tag in declared.items():
        if not tag.get("x-displayName"):
            yield f"tags/{name}: has no x-displayName"
    for place, operation in document.operations():
        tags = operation.get("tags", [])
        if len(tags) != 1 or not set(tags) <= declared.keys():
            yield f"{place}: must have one of the declared tags, not {tags}"
        if operation.get("operationId", "").endswith("_by_bare_id") != (tags == ["other_servers"]):
            yield f"{place}: operations by bare ID, and no others, have the tag other_servers"


@rule
def responses(document: Document) -> Iterator[str]:
    """Each operation lists a success and the errors that any call can get; errors are shared components."""
    for place, operation in document.operations():
        answers = operation.get("responses", {})
        if not any(str(status)[0] in "23" for status in answers):
            yield f"{place}: has no success"
        of_things = ["404"] if "{" in place else []
        for needed in [*ERRORS_OF_ALL, *of_things]:
            if needed not in answers:
                yield f"{place}: has no response {needed!r}"
        if {"405", "501"} & answers.keys() and not answers.keys() >= ERRORS_OF_SOME_SERVERS:
            yield f"{place}: needs all of {', '.join(sorted(ERRORS_OF_SOME_SERVERS))}, or neither 405 nor 501"
        for status, answer in answers.items():
            if not re.fullmatch("[1-5][0-9][0-9]", str(status)):  # some generators take it for a success too
                yield f"{place}: {status} must be a single status"
            if str(status)[0] not in "23" and "$ref" not in answer:
                yield f"{place}: the response {status} must be a component"


@rule
def described(document: Document) -> Iterator[str]:
    """Everything has a description, and each operation a summary."""
    for place, operation in document.operations():
        if not operation.get("summary"):
            yield f"{place}: has no summary"
        if not operation.get("description"):
            yield f"{place}: has no description"
    for place, operation in document.operations():
        if not operation.get("requestBody", {"description": "none"}).get("description"):
            yield f"{place}: the body has no description"
    for kind in ("parameters", "headers", "responses", "schemas", "securitySchemes"):
        for name, component in document.components(kind):
            if not component.get("description"):
                yield f"components/{kind}/{name}: has no description"
    for place, one, _ in properties(document):
        if not one.get("description"):
            yield f"{place}: has no description"


@rule
def own_headers(document: Document) -> Iterator[str]:
    """Headers that any request may carry are described in `info`, not as parameters."""
    for name, parameter in document.components("parameters"):
        if parameter.get("in") == "header" and str(parameter.get("name")).lower() in HEADERS_OF_ALL:
            yield f"components/parameters/{name}: any request may carry it; describe it in info.description"


@rule
def examples(document: Document) -> Iterator[str]:
    """Parameters, headers, properties and bodies show an example, bodies a named one."""
    for kind in ("parameters", "headers"):
        for name, component in document.components(kind):
            if "example" not in component and not component.get("examples"):
                yield f"components/{kind}/{name}: has no example"
    for place, media in document.bodies():
        if not media.get("examples"):
            yield f"{place}: has no named examples"
    for place, one, _ in properties(document):
        # Constants are their own example; those of objects and enumerations are in the bodies.
        is_plain = "type" in one and "const" not in one and "$ref" not in one.get("items", {})
        if is_plain and not one.get("examples"):
            yield f"{place}: has no examples"


@rule
def examples_are_right(document: Document) -> Iterator[str]:
    """Each example is what its schema says."""
    for place, media in document.bodies():
        for name, example in media.get("examples", {}).items():
            yield from _mismatch(
                document, f"{place}/{name}", media["schema"], document.resolve(example).get("value")
            )
    for place, one, _ in properties(document):
        for example in one.get("examples", []):
            yield from _mismatch(document, place, one, example)
    for name, parameter in document.components("parameters"):
        for example in parameter.get("examples", {}).values():
            yield from _mismatch(document, f"components/parameters/{name}", parameter["schema"], example["value"])


def _mismatch(document: Document, place: str, schema: Json, value: object) -> Iterator[str]:
    validator = OAS31Validator({**schema, "components": document.root["components"]})
    for error in validator.iter_errors(value):
        yield f"{place}: the example is not as described: {error.message}"


@rule
def no_inline_schema(document: Document) -> Iterator[str]:
    """Objects, enumerations and unions are named: each generator makes up another name for one that is not."""
    yield from inline_schemas(document)


@rule
def no_inline_parameter(document: Document) -> Iterator[str]:
    """Parameters are components of each operation, so that the other rules see them."""
    for place, operation in document.operations():
        for parameter in operation.get("parameters", []):
            if "$ref" not in parameter:
                yield f"{place}: {parameter.get('name')} must be a component"
    for path, item in document.root.get("paths", {}).items():
        if "parameters" in item:
            yield f"paths/{path}: parameters belong to operations"


@rule
def inline_bodies(document: Document) -> Iterator[str]:
    """Request bodies are described in their operation: some generators send shared ones without a media type."""
    for place, operation in document.operations():
        if "$ref" in operation.get("requestBody", {}):
            yield f"{place}: describe the body here, not as a component"


@rule
def open_enumerations(document: Document) -> Iterator[str]:
    """What a response may hold is open: no closed enumeration, and no object that forbids other fields."""
    for name, schema in document.schemas_in_responses():
        if schema.get("additionalProperties") is False:
            yield f"components/schemas/{name}: forbids the fields of newer servers"
        if "enum" in schema or "const" in schema:
            yield f"components/schemas/{name}: a newer server's value must be allowed besides the known ones"


@rule
def open_unions(document: Document) -> Iterator[str]:
    """Unions that a response may hold say that they may grow, for generators that need a choice for the rest."""
    in_responses = {name for name, _ in document.schemas_in_responses()}
    for name, schema in document.components("schemas"):
        if "discriminator" in schema and (name in in_responses) != bool(schema.get("x-extensible-union")):
            yield f"components/schemas/{name}: has x-extensible-union if a response may hold it, and only then"


@rule
def closed_requests(document: Document) -> Iterator[str]:
    """What a request may hold is closed: a client is told at once of a value that nobody knows."""
    for name, schema in document.schemas_in_requests():
        if {"type": "string"} in schema.get("anyOf", []):
            yield f"components/schemas/{name}: an enumeration in a request lists all of its values, not any string"


@rule
def pagination(document: Document) -> Iterator[str]:
    """A listing has a limit with bounds and a default, and an offset or a cursor to go on from."""
    for place, operation in document.operations():
        taken = {one["name"]: one for one in map(document.resolve, operation.get("parameters", []))}
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        fields = document.resolve(body.get("schema", {})).get("properties", {})
        name = operation.get("operationId", "")
        is_listing = name.startswith(("list_", "search_")) or "limit" in taken or "offset" in taken
        if not is_listing:
            continue
        schemas = {**{key: one.get("schema", {}) for key, one in taken.items()}, **fields}
        limit, offset = schemas.get("limit", {}), schemas.get("offset", {})
        if limit.get("minimum") != 1 or "maximum" not in limit or "default" not in limit:
            yield f"{place}: needs a limit with a minimum of 1, a maximum and a default"
        if "cursor" not in schemas and (offset.get("minimum"), offset.get("default")) != (0, 0):
            yield f"{place}: needs a cursor, or an offset with the minimum and the default 0"


@rule
def tagged_unions(document: Document) -> Iterator[str]:
    """A choice of objects has a discriminator, whose mapping names the constant tag of each of them."""
    for name, schema in document.components("schemas"):
        choices = [choice for choice in schema.get("oneOf", []) if "$ref" in choice]
        if not choices:
            continue
        place = f"components/schemas/{name}"
        tag = schema.get("discriminator", {}).get("propertyName")
        if not tag:
            yield f"{place}: a choice of objects needs a discriminator"
            continue
        mapping = schema["discriminator"].get("mapping", {})
        tags = {}
        for choice in choices:
            model = document.resolve(choice)
            if tag not in model.get("required", []) or "const" not in model.get("properties", {}).get(tag, {}):
                yield f"{place}: {choice['$ref']} must require a constant {tag!r}"
            else:
                tags[model["properties"][tag]["const"]] = choice["$ref"]
        if tags != mapping:
            yield f"{place}: the mapping must be {tags}"


@rule
def secrets(document: Document) -> Iterator[str]:
    """Anything that its description calls a secret is marked, so that generated code does not show it."""
    for place, one, _ in properties(document):
        text = one.get("description", "").lower()
        says_so = "secret" in text or "anyone who has" in text
        if says_so != bool(one.get("x-secret")):
            yield f"{place}: x-secret and the description must agree"


@rule
def bounded(document: Document) -> Iterator[str]:
    """Integers have bounds that fit every language, and strings in parameters have a longest length."""
    places = [(place, one) for place, one, _ in properties(document)]
    parameters = list(document.components("parameters"))
    places += [(f"components/parameters/{name}", one.get("schema", {})) for name, one in parameters]
    for place, schema in places:
        if "integer" in _types(schema) and not (
            "minimum" in schema and isinstance(schema.get("maximum"), int) and schema["maximum"] <= LARGEST
        ):
            yield f"{place}: an integer needs a minimum, and a maximum of at most {LARGEST}"
    for name, parameter in parameters:
        schema = parameter.get("schema", {})
        is_date = schema.get("format") in DATES
        if "string" in _types(schema) and is_date == ("maxLength" in schema):
            yield f"components/parameters/{name}: a string needs a maxLength, unless it is a date"


@rule
def default_in_bounds(document: Document) -> Iterator[str]:
    """A default is a value that is allowed."""
    named = [(f"components/schemas/{name}", schema) for name, schema in document.components("schemas")]
    named += [(place, schema) for place, schema, _ in properties(document)]
    named += [(f"components/parameters/{name}", one["schema"]) for name, one in document.components("parameters")]
    for place, schema in named:
        if "default" in schema:
            yield from _mismatch(document, place, schema, schema["default"])


@rule
def units(document: Document) -> Iterator[str]:
    """Each number says what it counts; times say that they are UTC, sizes bytes and durations seconds."""
    described = [(place, one, one.get("description", ""), name) for place, one, name in properties(document)]
    for name, one in document.components("parameters"):
        place = f"components/parameters/{name}"
        described.append((place, one.get("schema", {}), one.get("description", ""), one["name"]))
    for place, schema, description, name in described:
        text = description.lower()
        for applies, unit in (
            (schema.get("format") in DATES, "utc"),
            (name.endswith("_bytes"), "bytes"),
            (name.endswith("_seconds"), "second"),
        ):
            if applies and unit not in text:
                yield f"{place}: the description must name the unit ({unit})"
        if {"integer", "number"} & set(_types(schema)) and not any(unit in text for unit in UNITS):
            yield f"{place}: the description must name the unit, one of UNITS: {', '.join(UNITS)}"


@rule
def no_nullable(document: Document) -> Iterator[str]:
    """`nullable` is of OpenAPI 3.0; here it means nothing."""
    for place, schema in document.all_mappings():
        if isinstance(schema.get("nullable"), bool):
            yield f"{place}: write a type of null instead of nullable"


@rule
def secured(document: Document) -> Iterator[str]:
    """Every operation needs a key."""
    if not document.root.get("security"):
        yield "security: there must be a scheme for all operations"
    for place, operation in document.operations():
        if operation.get("security") == []:
            yield f"{place}: must not be open to everyone"


@rule
def already_done(document: Document) -> Iterator[str]:
    """Each operation that may change something decides which status proves that a lost response was a success."""
    for place, operation in document.operations():
        answers = operation.get("responses", {})
        status = operation.get("x-already-done-status")
        has_result = any("content" in document.resolve(one) for key, one in answers.items() if str(key)[0] == "2")
        if place.endswith("/get"):
            if "x-already-done-status" in operation:
                yield f"{place}: changes nothing, so it has no x-already-done-status"
        elif "x-already-done-status" not in operation:
            yield (
                f"{place}: needs x-already-done-status: the status that proves, after a lost response, that the "
                "change was made (404 if it deletes, 409 if the server refuses a second time), or null for none"
            )
        elif status is not None and (str(status) not in answers or has_result):
            yield f"{place}: x-already-done-status must be a status that it lists, if it has no result, or null"


@rule
def deprecations(document: Document) -> Iterator[str]:
    """What is deprecated says since when, until when and what to use; to people with its first line."""
    operations = {operation.get("operationId"): operation for _, operation in document.operations()}
    for place, operation in document.operations():
        since, sunset = (str(operation.get(key)) for key in ("x-deprecated-since", "x-sunset"))
        instead = operation.get("x-replacement")
        if not operation.get("deprecated"):
            if {"x-deprecated-since", "x-sunset", "x-replacement"} & operation.keys():
                yield f"{place}: has dates or a replacement, and is not deprecated"
            continue
        if not (_is_day(since) and _is_day(sunset) and since < sunset):
            yield f"{place}: x-deprecated-since and x-sunset must be two days, such as '2026-12-31', in this order"
        if instead is not None and (instead not in operations or operations[instead].get("deprecated")):
            yield f"{place}: x-replacement must be the id of an operation that is not deprecated, or null"
        line = f"Deprecated since {since}, gone after {sunset}: " + (
            f"use `{instead}` instead." if instead else "nothing takes its place."
        )
        if operation.get("description", "").partition("\n")[0] != line:
            yield f"{place}: the description must begin with the line {line!r}"


def _is_day(text: str) -> bool:
    try:
        return datetime.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _types(schema: dict[str, Any]) -> list[str]:
    kinds = schema.get("type", [])
    return kinds if isinstance(kinds, list) else [kinds]
