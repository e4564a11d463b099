"""What only the description has is named, with the place in the sandbox where it belongs."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tinker_rest_sandbox._spec import Spec

from .example_requests import SPEC, sandbox_of_the_moment
from .test_promises import never_listed, never_sent, promises_of, without_effect

TEXT = {"type": ["string", "null"], "description": "New.", "examples": ["new"]}
IN_QUERY = {
    "name": "planted",
    "in": "query",
    "required": False,
    "schema": TEXT,
    "examples": {"one": {"value": "new"}},
}
EXPIRES = {"Expires": {"$ref": "#/components/headers/ArchiveExpires"}}
TEAMS = {"get": {"operationId": "list_teams", "tags": ["administration"], "responses": {}}}
# What is added to the description and not to the sandbox: where, what, the operation that lacks it, and the start
# of the sentence that names it. The operation is empty if it is no single one.
PLANTED: list[tuple[tuple[str, ...], Any, str, str]] = [
    (
        ("components", "schemas", "TrainingRun", "properties"), {"planted": TEXT}, "list_training_runs",
        "list_training_runs: the sandbox never sends TrainingRun.planted; add it in "
        "wrapper/tinker_rest_sandbox/_representations.py for list_training_runs "
        "(wrapper/tinker_rest_sandbox/_handlers/training_runs.py:",
    ),
    (
        ("components", "schemas", "DimuonOptimizerConfig", "properties"), {"planted": TEXT},
        "get_weights_info_by_tinker_path",
        "get_weights_info_by_tinker_path: the sandbox never sends DimuonOptimizerConfig.planted",
    ),
    (
        ("components", "schemas", "SessionFailedRequestReason", "properties"),
        {"planted": TEXT}, "search_sessions",
        "search_sessions: the sandbox never sends SessionFailedRequestReason.planted",
    ),
    (
        ("components", "responses", "AuditLogRedirect", "headers"), EXPIRES, "get_audit_log",
        "get_audit_log: the sandbox never sends header Expires; add it for get_audit_log (wrapper/",
    ),
    (
        ("paths", "/api/v1/training_runs/{training_run_id}/checkpoints", "get", "parameters"),
        IN_QUERY, "list_checkpoints",
        "list_checkpoints: the parameter or field planted changes nothing: responses are the same "
        "without it, with 'new', with 'no-such-thing', with None; use it in list_checkpoints (wrapper/",
    ),
    (
        ("components", "schemas", "SetCheckpointTtlRequest", "properties"),
        {"planted": TEXT}, "set_checkpoint_ttl",
        "set_checkpoint_ttl: the parameter or field planted changes nothing",
    ),
    (
        ("components", "schemas", "LoraConfig", "properties"), {"planted": TEXT}, "external_weights_upload_start",
        "external_weights_upload_start: the parameter or field lora_config.planted changes nothing",
    ),
    (
        ("components", "schemas", "ClientFinishedSessionStatusQuery", "properties"),
        {"planted": TEXT}, "search_sessions",
        "search_sessions: the parameter or field statuses.planted changes nothing",
    ),
    (
        ("components", "schemas", "AccessScope", "enum"), "planted", "get_session",
        "get_session: the parameter or field access_scope does the same with 'owned' as with 'planted'",
    ),
    (
        ("components", "schemas", "CheckpointKind", "enum"), "planted", "delete_checkpoint",
        "delete_checkpoint: the parameter or field checkpoint_kind is always refused with 'planted'",
    ),
    (
        ("components", "schemas", "KnownCheckpointType", "enum"), "planted", "",
        "the sandbox never sends KnownCheckpointType=planted",
    ),
    (
        ("paths",), {"/api/v1/teams": TEAMS}, "list_teams",
        "list_teams: the sandbox lacks it; write it in the module of _handlers/ for administration",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("place", "new", "operation", "sentence"), PLANTED, ids=["/".join(place) for place, *_ in PLANTED]
)
def test_what_the_sandbox_does_not_do_is_named(
    place: tuple[str, ...], new: Any, operation: str, sentence: str
) -> None:
    document = copy.deepcopy(dict(SPEC.document))
    changed: Any = document
    for step in place:
        changed = changed[step]
    if isinstance(changed, list):
        changed.append(new)
    else:
        changed |= new
    spec = Spec(document)
    with sandbox_of_the_moment(archive_build_seconds=0, spec=spec) as sandbox:
        promises = promises_of(sandbox, spec)
        if operation:
            found = [*never_sent(promises, operation), *without_effect(promises, operation)]
        else:
            found = [*never_listed(promises)]
    assert [one for one in found if one.startswith(sentence)], found
