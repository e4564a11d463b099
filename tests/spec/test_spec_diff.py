"""scripts/spec-diff: each kind of break fails unless the version says so, and what is safe passes."""

from __future__ import annotations

import copy
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from checkout import ROOT, Json, copy_of_checkout, description

sys.path.append(str(ROOT / "scripts"))  # where the comparison is; it is no part of the package
from spec_diff import changes as rules
from spec_diff import oasdiff
from spec_diff.changes import Change, Kind, changes
from spec_diff.versions import version_problems

DESCRIPTION = description()
Edit = Callable[[Json], object]

pytestmark = pytest.mark.scripts(
    "tests/spec", "scripts/spec-diff", "scripts/spec_diff", "openapi.yaml", "generated/api-changelog.md"
)


@pytest.fixture(autouse=True)
def needs_go() -> None:
    if not oasdiff.can_be_built():
        assert not os.environ.get("CI"), oasdiff.NO_GO
        pytest.skip("there is no Go here; CI has it")


def operation(document: Json, name: str) -> Json:
    for path in document["paths"].values():
        for one in path.values():
            if one["operationId"] == name:
                return one  # type: ignore[no-any-return]
    raise LookupError(name)


def schema(document: Json, name: str) -> Json:
    return document["components"]["schemas"][name]  # type: ignore[no-any-return]


def field(document: Json, of: str, name: str) -> Json:
    return schema(document, of)["properties"][name]  # type: ignore[no-any-return]


def parameter(name: str, *, required: bool, place: str = "query") -> Json:
    kind = {"type": "string", "maxLength": 9}
    return {"name": name, "in": place, "required": required, "description": "New.", "schema": kind}


def deprecate(document: Json, name: str, sunset: str) -> None:
    operation(document, name).update({"deprecated": True, "x-sunset": sunset})


def add_field(document: Json, of: str, name: str, *, required: bool) -> None:
    schema(document, of)["properties"][name] = {"type": "string", "description": "New."}
    if required:
        schema(document, of)["required"].append(name)


def remove_field(document: Json, of: str, name: str) -> None:
    del schema(document, of)["properties"][name]
    if name in schema(document, of).get("required", []):
        schema(document, of)["required"].remove(name)


def rename_schema(document: Json) -> Json:
    return json.loads(json.dumps(document).replace("GetSamplerResponse", "SamplerResponse"))  # type: ignore[no-any-return]


def copy_operation(document: Json) -> None:
    load = copy.deepcopy(operation(document, "get_sampler")) | {"operationId": "get_sampler_load"}
    document["paths"]["/api/v1/samplers/{sampler_id}/load"] = {"get": load}


def add_optimizer(document: Json) -> None:
    tag = {"type": "string", "const": "sgd", "description": "Names the optimizer."}
    new = {"type": "object", "description": "SGD.", "required": ["type"], "properties": {"type": tag}}
    document["components"]["schemas"]["SgdOptimizerConfig"] = new
    reference = "#/components/schemas/SgdOptimizerConfig"
    schema(document, "OptimizerConfig")["oneOf"].append({"$ref": reference})
    schema(document, "OptimizerConfig")["discriminator"]["mapping"]["sgd"] = reference


def another_security(document: Json) -> None:
    scheme = {"type": "apiKey", "in": "header", "name": "X-Other", "description": "Another key."}
    document["components"]["securitySchemes"]["Other"] = scheme
    operation(document, "get_sampler")["security"] = [{"Other": []}]


BREAKS: dict[str, Edit] = {
    "an operation is removed": lambda d: d["paths"].pop("/api/v1/samplers/{sampler_id}"),
    "an operation moves to another path": lambda d: d["paths"].update(
        {"/api/v2/copy_weights": d["paths"].pop("/api/v1/copy_weights")}
    ),
    "an operation has another id": lambda d: operation(d, "get_sampler").update(operationId="read_sampler"),
    "an operation has another tag": lambda d: operation(d, "get_sampler").update(tags=["server"]),
    "a schema has another name": rename_schema,
    "a required field of a response is removed": lambda d: remove_field(d, "TrainingRun", "is_lora"),
    "an optional field of a response is removed": lambda d: remove_field(d, "TrainingRun", "lora_rank"),
    "a field of a response may be left out": lambda d: schema(d, "TrainingRun")["required"].remove("is_lora"),
    "a field of a response may be null": lambda d: field(d, "TrainingRun", "base_model").update(
        type=["string", "null"]
    ),
    "an object of a response may be null": lambda d: schema(d, "TrainingRunsResponse")["properties"].update(
        cursor={"oneOf": [{"$ref": "#/components/schemas/Cursor"}, {"type": "null"}], "description": "The place."}
    ),
    "a field of a response has another type": lambda d: field(d, "Checkpoint", "size_bytes").update(
        type=["string", "null"]
    ),
    "a time of a response is any text": lambda d: field(d, "Checkpoint", "time").pop("format"),
    "the items of a list have another type": lambda d: field(d, "ListSessionsResponse", "sessions").update(
        items={"type": "integer"}
    ),
    "a known value of a response is removed": lambda d: schema(d, "KnownCheckpointType")["enum"].remove(
        "external"
    ),
    "a default of a response is another": lambda d: field(d, "Checkpoint", "public").update(default=True),
    "a tag is another": lambda d: field(d, "DimuonOptimizerConfig", "type").update(const="muon"),
    "a tag is not mapped": lambda d: schema(d, "OptimizerConfig")["discriminator"]["mapping"].pop("dimuon"),
    "204 is removed": lambda d: operation(d, "delete_checkpoint")["responses"].pop("204"),
    "a redirect is removed": lambda d: operation(d, "get_checkpoint_archive_url")["responses"].pop("302"),
    "a header of a response is removed": lambda d: d["components"]["responses"]["ArchiveRedirect"]["headers"].pop(
        "Location"
    ),
    "a required parameter is new": lambda d: operation(d, "list_sessions")["parameters"].append(
        parameter("team", required=True)
    ),
    "a required header is new": lambda d: operation(d, "list_sessions")["parameters"].append(
        parameter("X-Team", required=True, place="header")
    ),
    "a parameter is removed": lambda d: operation(d, "list_training_runs")["parameters"].remove(
        {"$ref": "#/components/parameters/ProjectIdFilter"}
    ),
    "a parameter is required": lambda d: d["components"]["parameters"]["ProjectIdFilter"].update(required=True),
    "a parameter loses a value": lambda d: schema(d, "CheckpointKind")["enum"].remove("external_weights"),
    "a parameter has another default": lambda d: schema(d, "AccessScope").update(default="accessible"),
    "a required field of a request is new": lambda d: add_field(
        d, "AssignSessionProjectRequest", "reason", required=True
    ),
    "a field of a request is required": lambda d: schema(d, "CopyWeightsRequest")["required"].append(
        "ttl_seconds"
    ),
    "a field of a request is removed": lambda d: remove_field(d, "CopyWeightsRequest", "ttl_seconds"),
    "a field of a request has another type": lambda d: field(d, "SetCheckpointTtlRequest", "ttl_seconds").update(
        type=["string", "null"]
    ),
    "a field of a request may not be null": lambda d: field(d, "SetCheckpointTtlRequest", "ttl_seconds").update(
        type="integer"
    ),
    "a bound is narrower": lambda d: field(d, "SetCheckpointTtlRequest", "ttl_seconds").update(minimum=7200),
    "a text must be shorter": lambda d: field(d, "CopyWeightsRequest", "source_path").update(maxLength=99),
    "another key is wanted": another_security,
    "the key has another header": lambda d: d["components"]["securitySchemes"]["ApiKey"].update(name="X-Key"),
    "a server is removed": lambda d: d["servers"].pop(0),
}
ADDITIONS: dict[str, Edit] = {
    "an operation is new": copy_operation,
    "an optional field of a response is new": lambda d: add_field(d, "Checkpoint", "colour", required=False),
    "a required field of a response is new": lambda d: add_field(d, "Checkpoint", "colour", required=True),
    "an open enumeration of responses has a new value": lambda d: schema(d, "KnownCheckpointType")["enum"].append(
        "merged"
    ),
    "an open union of responses has a new choice": add_optimizer,
    "a field of a response is always there": lambda d: schema(d, "TrainingRun")["required"].append("corrupted"),
    "an error is documented": lambda d: operation(d, "list_training_runs")["responses"].update(
        {"404": {"$ref": "#/components/responses/NotFound"}}
    ),
    "an optional field of a request is new": lambda d: add_field(d, "CopyWeightsRequest", "note", required=False),
    "an optional parameter is new": lambda d: operation(d, "list_sessions")["parameters"].append(
        parameter("team", required=False)
    ),
    "a parameter has a new value": lambda d: schema(d, "AccessScope")["enum"].append("all"),
    "a bound is wider": lambda d: field(d, "SetCheckpointTtlRequest", "ttl_seconds").update(minimum=60),
    "an operation is deprecated": lambda d: deprecate(d, "get_sampler", "2099-12-31"),
}
WORDS: dict[str, Edit] = {
    "an operation is described otherwise": lambda d: operation(d, "get_sampler").update(summary="Read a sampler"),
    "an example is another": lambda d: d["components"]["examples"]["UserCheckpoints"].update(summary="A page"),
    "a server is new": lambda d: d["servers"].append({"url": "https://tinker.example", "description": "Another"}),
}


def edited(edit: Edit, document: Json = DESCRIPTION) -> Json:
    """The description after an edit, which may change it or return another."""
    changed = copy.deepcopy(document)
    returned = edit(changed)
    result: Json = returned if edit is rename_schema else changed  # type: ignore[assignment]
    assert result != document
    return result


def found_between(before: Json, after: Json, folder: Path) -> list[Change]:
    for name, document in (("before", before), ("after", after)):
        (folder / f"{name}.yaml").write_text(json.dumps(document))  # which is YAML too
    with mock.patch.object(rules, "read_document", lambda spec: json.loads(spec.read_bytes())):  # is quicker
        return changes(folder / "before.yaml", folder / "after.yaml")


def problems(before: str, now: str, found: list[Change]) -> list[str]:
    return version_problems(before, now, found, edited=True, released=True)


@pytest.mark.parametrize("name", BREAKS)
def test_a_break_needs_a_version_that_says_so(name: str, tmp_path: Path) -> None:
    found = found_between(DESCRIPTION, edited(BREAKS[name]), tmp_path)
    assert max(one.kind for one in found) is Kind.BREAK, found
    for before, too_low, enough in (("0.1.0", "0.1.1", "0.2.0"), ("1.2.3", "1.3.0", "2.0.0")):
        for version in (before, too_low):
            assert [line for line in problems(before, version, found) if "something breaks" in line]
        assert problems(before, enough, found) == []
    assert version_problems("0.1.0", "0.1.0", found, edited=True, released=False)


@pytest.mark.parametrize("name", ADDITIONS)
def test_an_addition_is_no_break(name: str, tmp_path: Path) -> None:
    found = found_between(DESCRIPTION, edited(ADDITIONS[name]), tmp_path)
    assert {one.kind for one in found} == {Kind.ADDITION}
    assert problems("0.1.0", "0.1.1", found) == []
    assert problems("1.2.3", "1.3.0", found) == []
    for before, too_low in (("0.1.0", "0.1.0"), ("1.2.3", "1.2.4")):
        assert [line for line in problems(before, too_low, found) if "something was added" in line]
    assert version_problems("0.1.0", "0.1.0", found, edited=True, released=False) == []


@pytest.mark.parametrize("name", WORDS)
def test_words_need_a_new_version_after_a_release(name: str, tmp_path: Path) -> None:
    assert found_between(DESCRIPTION, edited(WORDS[name]), tmp_path) == []
    assert "the text differs" in problems("0.1.0", "0.1.0", [])[0]
    assert problems("0.1.0", "0.1.1", []) == []


def test_versions_are_three_numbers_and_do_not_go_down() -> None:
    assert "lower" in problems("0.2.0", "0.1.9", [])[0]
    assert "1.2.3" in problems("0.2.0", "0.3", [])[0]
    assert version_problems("0.2.0", "0.2.0", [], edited=False, released=True) == []


def test_what_is_deprecated_stays_until_its_day_and_is_a_break_then(tmp_path: Path) -> None:
    remove = BREAKS["an operation is removed"]
    early = edited(lambda d: deprecate(d, "get_sampler", "2099-12-31"))
    (found,) = found_between(early, edited(remove, early), tmp_path)
    assert found.kind is Kind.BROKEN_PROMISE
    assert "announced" in problems("0.1.0", "9.0.0", [found])[0]
    late = edited(lambda d: deprecate(d, "get_sampler", "2001-12-31"))
    (found,) = found_between(late, edited(remove, late), tmp_path)
    assert found.kind is Kind.BREAK
    earlier = edited(lambda d: operation(d, "get_sampler").update({"x-sunset": "2098-12-31"}), early)
    assert found_between(early, earlier, tmp_path)[0].kind is Kind.BROKEN_PROMISE


def test_a_change_is_told_once_with_the_operations_that_it_is_seen_in(tmp_path: Path) -> None:
    (found,) = found_between(
        DESCRIPTION, edited(ADDITIONS["an open enumeration of responses has a new value"]), tmp_path
    )
    assert set(found.operations) > {"get_training_run", "list_checkpoints"}
    assert "`merged`" in str(found)


def test_every_rule_is_of_an_id_that_oasdiff_has() -> None:
    known = oasdiff.known_ids()
    for pattern in (*rules.BREAKS_TO_US, *rules.ADDITIONS_TO_US, rules.BROKEN_PROMISES.pattern):
        assert [name for name in known if re.fullmatch(pattern, name)], pattern


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what the command reads and writes, which uses the environment of these tests."""
    oasdiff.known_ids()  # so that it is built
    shutil.copytree(ROOT / ".venv-go", tmp_path / ".venv-go")
    return copy_of_checkout(tmp_path)


def spec_diff(checkout: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "scripts/spec-diff", *arguments]
    everything = {**os.environ, **environment}
    return subprocess.run(command, cwd=checkout, env=everything, capture_output=True, text=True, check=False)


def rewrite(checkout: Path, *pairs: tuple[str, str]) -> None:
    text = (checkout / "openapi.yaml").read_text()
    for before, after in pairs:
        assert before in text
        text = text.replace(before, after, 1)
    (checkout / "openapi.yaml").write_text(text)


def test_the_command_from_an_edit_to_the_next_release(checkout: Path) -> None:
    """Make sure of a release to begin with, break the API, and release that."""
    version = DESCRIPTION["info"]["version"]
    facts = checkout / "scripts" / "spec_diff" / "last-release.json"
    if json.loads(facts.read_text())["date"] is None:
        assert spec_diff(checkout, "--start-from-here").returncode == 0
        done = spec_diff(checkout, "--release", "2026-12-31")
        assert done.returncode == 0, done.stderr
    released = json.loads(facts.read_text())
    assert "released already" in spec_diff(checkout, "--release", "2027-01-31").stderr
    assert "was released" in spec_diff(checkout, "--start-from-here").stderr
    changelog = checkout / "generated" / "api-changelog.md"
    first = changelog.read_text()
    assert f"## {version} ({released['date']})\n\nSHA-256 of `openapi.yaml`: `{released['sha256']}`" in first

    rewrite(checkout, ("operationId: get_sampler\n", "operationId: read_sampler\n"))
    failed = spec_diff(checkout)
    assert failed.returncode == 1
    assert "break: API operation id `get_sampler` removed" in failed.stdout
    assert f"something breaks, and info.version is still {version}" in failed.stderr
    major, minor, _ = map(int, version.split("."))
    bumped = f"{major + 1}.0.0" if major else f"0.{minor + 1}.0"
    rewrite(checkout, (f"  version: {version}\n", f"  version: {bumped}\n"))
    failed = spec_diff(checkout)
    assert failed.returncode == 1
    assert "Run scripts/spec-diff --write" in failed.stderr
    assert spec_diff(checkout, "--write").returncode == 0
    assert spec_diff(checkout).returncode == 0
    written = changelog.read_text()
    assert f"## {bumped} (not released)\n\n### Breaks\n\n- " in written
    assert "`read_sampler`" in written
    assert written.endswith(first[first.index(f"## {version} (") :])

    changelog.write_text(written.replace("### Breaks", "### Nothing much"))
    assert spec_diff(checkout).returncode == 1
    changelog.write_text(written)
    assert spec_diff(checkout, "--release", "2027-01-31").returncode == 0
    assert spec_diff(checkout).returncode == 0
    assert re.findall(r"^## (\S+) \((\S+)\)$", changelog.read_text(), re.MULTILINE)[:2] == [
        (bumped, "2027-01-31"),
        (version, released["date"]),
    ]
    changelog.write_text(changelog.read_text().replace(json.loads(facts.read_text())["sha256"], "0" * 64))
    assert "must begin with the last release" in spec_diff(checkout).stderr


def test_what_is_kept_of_the_last_release_cannot_be_edited(checkout: Path) -> None:
    with (checkout / "scripts" / "spec_diff" / "last-release.yaml").open("a") as file:
        file.write("# by hand\n")
    failed = spec_diff(checkout)
    assert failed.returncode == 1
    assert "last-release.yaml was edited" in failed.stderr


def test_without_go_it_says_what_was_not_done_and_fails_in_ci(checkout: Path) -> None:
    shutil.rmtree(checkout / ".venv-go")
    for ci, status in (("", 0), ("true", 1)):
        done = spec_diff(checkout, PATH="/nowhere", CI=ci)
        assert done.returncode == status
        assert "there is no Go here" in done.stdout + done.stderr
    assert spec_diff(checkout, "--write", PATH="/nowhere", CI="").returncode == 1


def test_the_description_of_now_passes() -> None:
    command: list[Any] = [sys.executable, ROOT / "scripts" / "spec-diff"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
