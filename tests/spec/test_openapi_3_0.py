"""generated/openapi-3.0.yaml: that it is OpenAPI 3.0, says what openapi.yaml says, and that nothing is lost in silence."""

from __future__ import annotations

import copy
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from checkout import ROOT, SPEC, Json
from openapi_schema_validator import OAS30Validator, OAS31Validator

sys.path.append(str(ROOT / "scripts"))  # where the converter is; it is no part of the package
from openapi_3_0 import downgraded
from spec_lint.document import Document

SPEC_3_0 = ROOT / "generated" / "openapi-3.0.yaml"
SOURCE = Document(SPEC.read_text())
COPY = Document(SPEC_3_0.read_text())
UNIONS = [name for name, schema in SOURCE.components("schemas") if schema.get("x-extensible-union")]


def schemas(thing: Any) -> Iterator[Json]:
    """Every schema of a description, and not what stands in examples."""
    if isinstance(thing, list):
        for one in thing:
            yield from schemas(one)
    elif isinstance(thing, dict):
        for key, value in thing.items():
            if key in {"schema", "items", "additionalProperties"} and isinstance(value, dict):
                yield value
            if key in {"schemas", "properties"}:
                yield from value.values()
            if key in {"allOf", "anyOf", "oneOf"}:
                yield from value
            if key not in {"example", "examples"}:
                yield from schemas(value)


def bodies(document: Document) -> dict[tuple[str, str], tuple[Json, Any]]:
    """The schema and the value of each example of a body."""
    return {
        (place, name): (media["schema"], document.resolve(example)["value"])
        for place, media in document.bodies()
        for name, example in media["examples"].items()
    }


def test_a_stock_validator_takes_it() -> None:
    from openapi_spec_validator import OpenAPIV30SpecValidator  # which takes a while to import

    assert COPY.root["openapi"] == "3.0.3"
    assert list(OpenAPIV30SpecValidator(COPY.root).iter_errors()) == []


def test_nothing_of_3_1_is_left() -> None:
    found = list(schemas(COPY.root))
    assert len(found) > 300
    for schema in found:
        assert not {"const", "examples"} & set(schema), schema
        assert isinstance(schema.get("type", ""), str), schema
        assert schema.get("type") != "null", schema
        assert "$ref" not in schema or set(schema) == {"$ref"}, schema
    assert "summary" not in COPY.root["info"]


def test_it_has_the_same_operations_parameters_and_answers() -> None:
    for (place, one), (same_place, other) in zip(SOURCE.operations(), COPY.operations(), strict=True):
        assert place == same_place
        for key in ("operationId", "tags", "summary", "description", "parameters", "requestBody"):
            assert one.get(key) == other.get(key)
        assert list(one["responses"]) == list(other["responses"])
    for kind in ("parameters", "headers", "responses", "examples", "links", "securitySchemes"):
        assert COPY.root["components"][kind].keys() == SOURCE.root["components"][kind].keys()


def test_it_has_the_same_schemas_properties_and_texts() -> None:
    copied = dict(COPY.components("schemas"))
    for name, schema in SOURCE.components("schemas"):
        assert copied[name]["description"] == schema["description"]
        assert copied[name].get("required") == schema.get("required")
        assert copied[name].get("discriminator") == schema.get("discriminator")
        properties = copied[name].get("properties", {})
        assert properties.keys() == schema.get("properties", {}).keys()
        for key, one in schema.get("properties", {}).items():
            for same in ("description", "format", "minimum", "maximum", "default", "x-secret"):
                assert properties[key].get(same) == one.get(same), f"{name}.{key}"
    assert copied.keys() - dict(SOURCE.components("schemas")).keys() == {
        "FileUrlsValue",
        "MetadataFilterValue",
        "UploadHeadersValue",
        *(f"Other{name}" for name in UNIONS),
    }


@pytest.mark.parametrize("name", UNIONS)
def test_a_union_of_a_response_takes_a_member_of_a_newer_server(name: str) -> None:
    """Clients in Java and Rust would fail on the whole response otherwise."""
    union = COPY.root["components"]["schemas"][name]
    choices = [{**one, "components": COPY.root["components"]} for one in union["oneOf"]]
    newer = {"type": "of-a-newer-server", "colour": "blue"}
    assert [OAS30Validator(one).is_valid(newer) for one in choices] == [*[False] * (len(choices) - 1), True]
    for known in union["discriminator"]["mapping"]:
        assert not OAS30Validator(choices[-1]).is_valid({"type": known})


def test_every_example_is_right_in_both_forms() -> None:
    """Null and absent fields, constants, open enumerations and unions are all in one example or another."""
    document = Document(SPEC_3_0.read_text())
    for schema in schemas(document.root):
        # Generators read a nullable `allOf` as null or the rest. By the letter of 3.0.3, and so for this validator,
        # each part of it would have to be nullable too.
        if schema.get("nullable") and "allOf" in schema:
            schema["anyOf"] = [*schema.pop("allOf"), {"nullable": True, "enum": [None]}]
    assert len(bodies(document)) > 40
    for key, (schema, value) in bodies(document).items():
        validator = OAS30Validator({**schema, "components": document.root["components"]})
        errors = [error.message for error in validator.iter_errors(value)]
        assert errors == [], key


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SetCheckpointTtlRequest", {}),
        ("SetCheckpointTtlRequest", {"ttl_seconds": 60}),
        ("SetCheckpointTtlRequest", {"ttl_seconds": "3600"}),
        ("AdamOptimizerConfig", {"type": "dimuon"}),
        ("SearchOwner", {"type": "everybody"}),
        ("FileUrls", {"model": None}),
        ("Cursor", None),
        ("CheckpointsListResponse", {"checkpoints": [], "cursor": {"offset": 0}}),
    ],
)
def test_what_is_wrong_is_wrong_in_both_forms(name: str, value: Any) -> None:
    for document, kind in ((SOURCE, OAS31Validator), (COPY, OAS30Validator)):
        schema = {"$ref": f"#/components/schemas/{name}", "components": document.root["components"]}
        assert list(kind(schema).iter_errors(value)) != []


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        (("webhooks",), {}, "webhooks"),
        (("info", "license", "identifier"), "MIT", "identifier"),
        (("components", "pathItems"), {}, "pathItems"),
        (("components", "schemas", "Cursor", "patternProperties"), {}, "components/schemas/Cursor"),
        (("components", "schemas", "Cursor", "type"), ["object", "string"], "several types"),
        (("components", "schemas", "Cursor", "type"), "null", "null alone"),
        (("components", "schemas", "Cursor", "properties", "limit"), True, "Cursor/limit"),
        (("components", "schemas", "Cursor", "oneOf"), [{"type": "string"}, {"type": "null"}], "only a single"),
        (("components", "schemas", "FileUrlsValue"), {"type": "string"}, "FileUrlsValue"),
        (("components", "schemas", "AccessScope", "type"), ["string", "null"], "the enum"),
        (("openapi",), "3.2.0", "not 3.1"),
    ],
)
def test_what_the_converter_does_not_know_it_refuses(path: tuple[str, ...], value: Any, told: str) -> None:
    root: Json = copy.deepcopy(SOURCE.root)
    place: Any = root
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(ValueError, match=told):
        downgraded(root)


def test_an_answer_without_a_body_may_be_200_or_204() -> None:
    """Servers differ in it, and a generated client takes what is declared for a success."""
    empty = 0
    for place, operation in SOURCE.operations():
        answers = {status: SOURCE.resolve(answer) for status, answer in operation["responses"].items()}
        successes = {status for status, answer in answers.items() if status[0] == "2" and "content" not in answer}
        if successes:
            empty += 1
            assert successes == {"200", "204"}, place
    assert empty >= 8


def test_a_redirect_declares_what_is_read_from_it() -> None:
    """A generator knows by the declared `Location` that the redirect is the answer, and is not to be followed."""
    for name, _ in SOURCE.components("responses"):
        if name.endswith("Redirect"):
            headers = SOURCE.root["components"]["responses"][name]["headers"]
            assert "Location" in headers
            assert name != "ArchiveRedirect" or "Expires" in headers
    found = [one for _, operation in SOURCE.operations() if (one := operation["responses"].get("302"))]
    assert len(found) == 3


def test_every_integer_fits_a_number_of_javascript() -> None:
    typed = [(schema, schema.get("type", ())) for schema in schemas(SOURCE.root)]
    found = [schema for schema, types in typed if "integer" in types and "string" not in types]
    assert len(found) > 15
    for schema in found:
        assert 0 <= schema["minimum"] <= schema["maximum"] <= 2**53 - 1
