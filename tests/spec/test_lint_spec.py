"""scripts/lint-spec: that the description passes, and that every rule can fail."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from checkout import ROOT, SPEC, with_deprecated_sampler

sys.path.append(str(ROOT / "scripts"))  # where the rules are; they are no part of the package
from spec_lint.rules import EXCEPTIONS, RULES, findings

TEXT = SPEC.read_text()
IN_OUR_TABLE = "exceptions: EXCEPTIONS in scripts/spec_lint/rules.py]"
CURSOR = "#/components/schemas/Cursor"

pytestmark = pytest.mark.scripts("tests/spec", "scripts/lint-spec", "scripts/spec_lint", "openapi.yaml")

# rule, what stands in the description, what a careless edit makes of it
MUTANTS = [
    ("operation-id", "operationId: get_sampler\n", "operationId: getSampler\n"),
    ("operation-id", "operationId: get_sampler\n", "operationId: get_session\n"),
    ("operation-id", "      operationId: get_sampler\n", ""),
    ("one-tag", "tags: [samplers]", "tags: [samplers, sessions]"),
    ("one-tag", "tags: [samplers]", "tags: [sampling]"),
    ("one-tag", "tags: [samplers]", "tags: [other_servers]"),
    ("one-tag", "tags: [other_servers]", "tags: [checkpoints]"),
    ("one-tag", "    x-displayName: Samplers\n", ""),
    ("responses", "        '401': {$ref: '#/components/responses/Unauthorized'}\n", ""),
    ("responses", "        '500': {$ref: '#/components/responses/InternalServerError'}\n", ""),
    ("responses", "        '501': {$ref: '#/components/responses/NotImplemented'}\n", ""),
    ("responses", "        '503': {$ref", "        default: {$ref: '#/components/responses/NotFound'}\n        '503': {$ref"),
    ("responses", "        '503': {$ref", "        5XX: {$ref: '#/components/responses/NotFound'}\n        '503': {$ref"),
    ("responses", "        '429': {$ref: '#/components/responses/TooManyRequests'}\n", ""),
    ("responses", "        '404': {$ref: '#/components/responses/NotFound'}\n", ""),
    ("responses", "{$ref: '#/components/responses/BadRequest'}", "{description: Wrong.}"),
    ("described", "      summary: Get a sampler\n", ""),
    ("described", "          description: The number of items before the page.\n", ""),
    ("described", "      description: The maximum number of session IDs to return.\n", ""),
    ("own-headers", "      name: X-Tinker-Weights-Access-Token\n", "      name: X-Request-Id\n"),
    ("examples", "      examples:\n        page_of_two: {value: 2}\n", ""),
    ("examples", "      example: '1'\n", ""),
    ("examples", "          examples: [nightly]\n", ""),
    ("examples", "          examples:\n            being_built: {$ref: '#/components/examples/ArchiveBeingBuilt'}\n", ""),
    ("examples-are-right", "value: {ttl_seconds: 86400}", "value: {ttl_seconds: 60}"),
    ("examples-are-right", "          examples: [86400]\n", "          examples: [60]\n"),
    ("examples-are-right", "page_of_two: {value: 2}", "page_of_two: {value: 5000}"),
    (
        "no-inline-schema",
        "          items: {$ref: '#/components/schemas/Checkpoint'}",
        "          items: {type: object, properties: {id: {type: string}}}",
    ),
    ("no-inline-schema", "schema: {$ref: '#/components/schemas/TrainingRun'}", "schema: {type: object}"),
    ("no-inline-schema", "type: [string, 'null']\n          description: The name that", "enum: [a, b]\n          description: The name that"),
    (
        "open-enumerations",
        "      anyOf:\n        - $ref: '#/components/schemas/KnownCheckpointType'\n        - type: string\n",
        "      anyOf:\n        - $ref: '#/components/schemas/KnownCheckpointType'\n",
    ),
    (
        "open-enumerations",
        "      description: A page's position in the list.\n",
        "      description: A page's position in the list.\n      additionalProperties: false\n",
    ),
    (
        "open-enumerations",
        "      anyOf:\n        - $ref: '#/components/schemas/KnownTraceExportStatus'\n        - type: string\n",
        "      type: string\n      enum: [pending, ready, failed]\n",
    ),
    ("open-unions", "      x-extensible-union: true\n", ""),
    ("open-unions", "      description: A status to search for", "      x-extensible-union: true\n      description: A status to search for"),
    (
        "closed-requests",
        "      enum: [owned, accessible]\n      default: owned\n",
        "      anyOf:\n        - type: string\n        - type: string\n",
    ),
    ("closed-requests", "          items: {$ref: '#/components/schemas/FinishReasonType'}", "          items: {type: string}"),
    ("closed-requests", "        project_id:\n          type: string\n          minLength: 1\n          maxLength: 512\n", "        project_id:\n          $ref: '#/components/schemas/TraceExportStatus'\n"),
    ("no-inline-parameter", "        - $ref: '#/components/parameters/SamplerId'\n", "        - {name: sampler_id, in: path, required: true, schema: {type: string}}\n"),
    ("inline-bodies", "      requestBody:\n", "      requestBody:\n        $ref: '#/components/requestBodies/Nothing'\n"),
    ("described", "        description: The checkpoint to copy, and where to.\n", ""),
    ("no-inline-parameter", "  /api/v1/samplers/{sampler_id}:\n", "  /api/v1/samplers/{sampler_id}:\n    parameters: []\n"),
    ("pagination", "        - $ref: '#/components/parameters/SessionsLimit'\n", ""),
    ("pagination", "        - $ref: '#/components/parameters/SessionsLimit'\n        - $ref: '#/components/parameters/Offset'\n", "        - $ref: '#/components/parameters/SessionsLimit'\n"),
    ("pagination", "minimum: 1, maximum: 1000, default: 20}", "minimum: 1, maximum: 1000}"),
    ("pagination", "minimum: 1, maximum: 1000, default: 20}", "minimum: 1, default: 20}"),
    ("pagination", "minimum: 0, maximum: 9007199254740991, default: 0}", "minimum: 0, maximum: 9007199254740991}"),
    ("pagination", "          maximum: 200\n          default: 50\n", "          maximum: 200\n"),
    ("tagged-unions", "          dimuon: '#/components/schemas/DimuonOptimizerConfig'\n", ""),
    ("tagged-unions", "          const: dimuon\n", ""),
    (
        "tagged-unions",
        "      discriminator:\n        propertyName: type\n        mapping:\n          adamw: '#/components/schemas/AdamOptimizerConfig'\n"
        "          dimuon: '#/components/schemas/DimuonOptimizerConfig'\n",
        "",
    ),
    ("secrets", "          x-secret: true\n", ""),
    ("secrets", "The ID of the sampler.\n", "The ID of the sampler, which is a secret.\n"),
    ("bounded", "          maximum: 9007199254740991\n", "          maximum: 9223372036854775807\n"),
    ("bounded", "          maximum: 2147483647\n", ""),
    ("bounded", "schema: {type: string, minLength: 1, maxLength: 512}", "schema: {type: string, minLength: 1}"),
    ("bounded", "schema: {type: string, format: date}", "schema: {type: string, format: date, maxLength: 10}"),
    ("default-in-bounds", "maximum: 1000, default: 20}", "maximum: 1000, default: 0}"),
    ("default-in-bounds", "enum: [owned, accessible]\n      default: owned", "enum: [owned, accessible]\n      default: mine"),
    ("units", "When the checkpoint was saved, in UTC.", "When the checkpoint was saved."),
    ("units", "The size in bytes, if known.", "The size, if known."),
    ("units", "The number of seconds from now until the checkpoint expires", "When the checkpoint expires"),
    ("units", "The day in UTC.", "The day."),
    ("units", "The maximum context length in tokens.", "The maximum context length."),
    ("units", "The estimated cost in US dollars.", "The estimated cost."),
    ("no-nullable", "          type: boolean\n          default: false\n", "          type: boolean\n          nullable: true\n"),
    ("secured", "security:\n  - ApiKey: []\n", ""),
    ("secured", "      operationId: get_sampler\n", "      operationId: get_sampler\n      security: []\n"),
    ("already-done", "      x-already-done-status: 404\n", ""),
    ("already-done", "      x-already-done-status: null\n", ""),
    ("already-done", "      x-already-done-status: 404\n", "      x-already-done-status: 410\n"),
    ("already-done", "      operationId: search_sessions\n      x-already-done-status: null\n", "      operationId: search_sessions\n      x-already-done-status: 404\n"),
    ("already-done", "      operationId: get_sampler\n", "      operationId: get_sampler\n      x-already-done-status: null\n"),
    ("deprecations", "      operationId: get_sampler\n", "      operationId: get_sampler\n      deprecated: true\n"),
    ("deprecations", "      operationId: get_sampler\n", "      operationId: get_sampler\n      x-sunset: '2027-12-31'\n"),
    ("duplicate-key", "      operationId: get_sampler\n", "      operationId: get_sampler\n      operationId: other\n"),
]  # fmt: skip

# The same for an operation that is deprecated as it should be
DEPRECATION_MUTANTS = [
    ("2026-12-31'", "2028-01-01'"),
    ("x-sunset: '2027-12-31'", "x-sunset: soon"),
    ("x-replacement: get_session", "x-replacement: get_nothing"),
    ("x-replacement: get_session", "x-replacement: get_sampler"),
    ("x-replacement: get_session", "x-replacement: null"),
    ("gone after 2027-12-31", "gone some day"),
    ("use `get_session` instead", "do something else"),
]

# What the linters of others must notice: what stands in the description, what a careless edit makes of it, and the
# linter, the place and the rule that must be told.
OF_STRUCTURE = (f"$ref: '{CURSOR}'", "$ref: '#/components/schemas/Nothing'")
OF_STYLE = [
    (
        "    UserMetadata:\n",
        "    Unused:\n      type: string\n      description: Nobody's.\n    UserMetadata:\n",
        r":{line}:\d+ warning oas3-unused-component .*\[spectral, exceptions: spectral.yaml in scripts/spec_lint\]",
    ),
    ("Tinker's production server.", "Production", r":{line}:\d+ warning docs-description .*\[spectral, "),
    (
        "      required: [sessions]\n",
        "      required: [sessions, nothing]\n",
        r"title=no-required-schema-properties-undefined,.*,line={line},.*\[redocly, exceptions: redocly.yaml in scripts/spec_lint\]",
    ),
]


def test_the_description_keeps_all_rules() -> None:
    assert findings(TEXT) == []


@pytest.mark.parametrize(("rule", "before", "after"), MUTANTS)
def test_every_rule_can_fail(rule: str, before: str, after: str) -> None:
    assert before in TEXT
    found = findings(TEXT.replace(before, after))
    assert [line for line in found if f" [{rule}, " in line and line.endswith((IN_OUR_TABLE, "no exceptions]"))], (
        found
    )


def test_a_deprecation_as_it_should_be_keeps_all_rules() -> None:
    assert findings(with_deprecated_sampler()) == []


@pytest.mark.parametrize(("before", "after"), DEPRECATION_MUTANTS)
def test_what_is_deprecated_has_dates_and_a_replacement(before: str, after: str) -> None:
    text = with_deprecated_sampler()
    assert before in text
    assert [line for line in findings(text.replace(before, after)) if " [deprecations, " in line]


@pytest.mark.parametrize("rule", sorted(EXCEPTIONS))
def test_an_exception_is_used_and_has_a_reason(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    excepted = EXCEPTIONS[rule]
    assert all(excepted.values())
    monkeypatch.delitem(EXCEPTIONS, rule)
    assert {line.partition(": ")[0] for line in findings(TEXT)} == excepted.keys()
    monkeypatch.setitem(EXCEPTIONS, rule, {**excepted, "paths/nowhere": "it was there once"})
    (line,) = findings(TEXT)
    assert line.startswith(f"paths/nowhere: no longer needs an exception [{rule}, ")


@pytest.mark.parametrize("rule", sorted(RULES))
def test_every_rule_has_a_mutant(rule: str) -> None:
    assert rule in {name for name, _, _ in MUTANTS}
    assert RULES[rule].__doc__


def lint(spec: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "scripts" / "lint-spec"), "--spec", str(spec)]
    everything = {**os.environ, **environment}
    return subprocess.run(command, env=everything, capture_output=True, text=True, check=False)


def needs_node() -> None:
    if shutil.which("node") is None and not os.environ.get("CI"):
        pytest.skip("there is no Node here; CI has it")


def test_what_is_no_description_fails(tmp_path: Path) -> None:
    """That the description itself passes is for scripts/test, which runs the command on it."""
    before, after = OF_STRUCTURE
    assert before in TEXT
    spec = tmp_path / "openapi.yaml"
    spec.write_text(TEXT.replace(before, after))
    done = lint(spec)
    assert done.returncode == 1
    assert "[openapi-spec-validator]" in done.stdout
    assert re.search(r"\d+ findings", done.stderr)


@pytest.mark.long
def test_the_linters_of_others_tell_each_fault_and_its_place(tmp_path: Path) -> None:
    """All faults stand in one description, since to start these linters takes long."""
    needs_node()
    text = TEXT
    for before, after, _ in OF_STYLE:
        assert before in text
        text = text.replace(before, after)
    spec = tmp_path / "openapi.yaml"
    spec.write_text(text)
    done = lint(spec)
    assert done.returncode == 1
    for _, after, told in OF_STYLE:
        line = text.partition(after)[0].count("\n") + 1
        assert re.search(told.format(line=line), done.stdout), (told, done.stdout)
    assert re.search(r"\d+ findings", done.stderr)


def test_without_node_a_person_gets_a_message_and_ci_fails(tmp_path: Path) -> None:
    done = lint(SPEC, PATH=str(tmp_path), CI="")
    assert done.returncode == 0
    assert "no Node here" in done.stdout
    failed = lint(SPEC, PATH=str(tmp_path), CI="true")
    assert failed.returncode == 1
    assert "CI must have it" in failed.stdout
