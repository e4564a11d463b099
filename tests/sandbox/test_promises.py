"""The sandbox does what openapi.yaml promises: it sends every property, and every parameter changes something.

New operations, fields and parameters are covered automatically, with values from the description. The tables have
what the description cannot say; each row that is no longer needed fails.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

import tinker_rest_sandbox
from tinker_rest_sandbox import Sandbox
from tinker_rest_sandbox._handlers import HANDLERS
from tinker_rest_sandbox._spec import Spec
from tinker_rest_sandbox._store import Store

from .example_requests import SPEC, Request, as_shown, described, example_request, sandbox_of_the_moment
from .promises import FIRST_ERROR, Arrange, Promises
from .test_examples import ARRANGED, examples, send_files

THIS = "tests/sandbox/test_promises.py"
PACKAGE = Path(tinker_rest_sandbox.__file__).parent

# By operation and parameter or field: values that have an effect, if those of the description have none.
VALUES: dict[tuple[str, str], list[Any]] = {
    ("copy_weights", "X-Tinker-Weights-Access-Token"): ["weights-token-for-tests"],
    ("get_billing_usage", "starting_on"): ["2026-07-12T09:00:00Z"],  # part of it was invoiced
}
# Parameters and fields that need not change anything, and why.
NO_EFFECT = {
    ("get_client_config", "sdk_version"): "clients of all versions authenticate alike",
    ("external_weights_upload_start", "lora_config.seed"): "no response shows the seed of an adapter",
}
# Properties, headers and listed values that need not be sent, and why; without an operation, by none.
NOT_SENT = {
    ("list_checkpoints", "CheckpointsListResponse.cursor"): "the list of one run is never paged",
    ("", "ApiError.message"): "servers send this or `detail`",
    ("", "KnownCredentialSource=credential_cmd"): "the sandbox's users have API keys",
}
# Columns of schema.sql that the methods of _additions.py need not set, and why.
NOT_ADDED = {"upload_id": "only unfinished uploads have one"}


def after_a_download(sandbox: Sandbox, request: Request) -> httpx.Response:
    assert example_request("get_checkpoint_archive_url").send(sandbox).is_redirect
    return request.send(sandbox)


def finish_upload(sandbox: Sandbox, started: httpx.Response) -> httpx.Response:
    send_files(started)
    request = example_request("external_weights_upload_finish")
    request.body["upload_id"] = started.json()["upload_id"]
    return request.send(sandbox)


# Other ways to send an example request, in addition to those in ARRANGED of test_examples.py.
WAYS: dict[str, Arrange] = {"get_audit_log": after_a_download}
# What finishes the work that a response begins, so that its effects can be seen.
COMPLETED = {"external_weights_upload_start": finish_upload}


def promises_of(
    sandbox: Sandbox, spec: Spec = SPEC, values: Any = VALUES, ways: Any = WAYS, completed: Any = COMPLETED
) -> Promises:
    found: dict[str, list[tuple[str, Arrange]]] = {name: [("", way)] for name, way in ways.items()}
    for one in examples(spec):
        if one.status < FIRST_ERROR:
            way = ARRANGED.get((one.operation, one.name or f"{one.status}"), as_shown)
            found.setdefault(one.operation, []).insert(0, (one.name, way))
    return Promises(sandbox, spec, found, values, completed)


@pytest.fixture(scope="module")
def promises() -> Iterator[Promises]:
    with sandbox_of_the_moment(archive_build_seconds=0) as sandbox:
        yield promises_of(sandbox)


def never_sent(promises: Promises, operation: str) -> Iterator[str]:
    """A sentence for each property that no response of an operation has."""
    if operation not in HANDLERS:
        (tag,) = described(operation, promises.spec)["tags"]
        yield (
            f"{operation}: the sandbox lacks it; write it in the module of _handlers/ for {tag}; "
            f"`scripts/scaffold {operation}` prints it"
        )
        return
    excepted = frozenset(part for of, part in NOT_SENT if of == operation)
    for part in sorted(promises.never_sent(operation, excepted)):
        place = "" if part.startswith("header ") else f"in {file_of(promises.spec, part)} "
        yield (
            f"{operation}: the sandbox never sends {part}; add it {place}for {handler(operation)}, "
            f"and values other than null to _seed.py. If it need not be sent, add to NOT_SENT in {THIS}:\n"
            f'    ("{operation}", "{part}"): "why",'
        )
    for part in excepted & promises.sent(operation) | excepted - promises.promised(operation):
        yield f'remove ("{operation}", "{part}") from NOT_SENT in {THIS}'


def without_effect(promises: Promises, operation: str) -> Iterator[str]:
    """A sentence for each parameter or field of an operation that does nothing."""
    seen = dict(promises.without_effect(operation)) if operation in HANDLERS else {}
    for label, what in seen.items():
        if (operation, label) not in NO_EFFECT:
            yield (
                f"{operation}: the parameter or field {label} {what}; use it in {handler(operation)}. "
                f"If other values or another request show its effect, add to VALUES or WAYS in {THIS}:\n"
                f'    ("{operation}", "{label}"): [value, another],\n'
                f'    "{operation}": function_that_sends_it,\n'
                f"If nothing can show its effect, add to NO_EFFECT:\n"
                f'    ("{operation}", "{label}"): "why",'
            )
    for label in {label for of, label in NO_EFFECT if of == operation} - seen.keys():
        yield f'remove ("{operation}", "{label}") from NO_EFFECT in {THIS}'


def never_listed(promises: Promises) -> Iterator[str]:
    """A sentence for each value of an enumeration in a response that no operation sends."""
    of_any = {part for of, part in NOT_SENT if not of}
    operations = promises.spec.operations.keys() & HANDLERS.keys()
    promised = set().union(*(promises.promised(one) for one in operations))
    sent = set().union(*(promises.sent(one) for one in operations))
    for part in sorted(part for part in promised - sent - of_any if "=" in part):
        yield f"the sandbox never sends {part}; add it to _seed.py, or to NOT_SENT in {THIS}"
    for part in of_any & sent:
        yield f'remove ("", "{part}") from NOT_SENT in {THIS}'


def handler(operation: str) -> str:
    function = HANDLERS[operation]
    file = Path(inspect.getfile(function)).relative_to(PACKAGE.parent)
    return f"{function.__name__} (wrapper/{file.as_posix()}:{inspect.getsourcelines(function)[1]})"


def file_of(spec: Spec, part: str) -> str:
    """The file of the sandbox that mentions most properties of a schema, which is where it is made."""
    names = spec.document["components"]["schemas"][part.partition(".")[0]]["properties"]
    texts = {file: file.read_text() for file in sorted(PACKAGE.rglob("*.py"))}
    file = max(texts, key=lambda file: sum(f'"{name}"' in texts[file] for name in names))
    return f"wrapper/{file.relative_to(PACKAGE.parent).as_posix()}"


def check(sentences: Iterator[str]) -> None:
    if found := list(sentences):
        pytest.fail("\n".join(found), pytrace=False)


@pytest.mark.parametrize("operation", SPEC.operations)
def test_every_property_is_sent(promises: Promises, operation: str) -> None:
    check(never_sent(promises, operation))


@pytest.mark.parametrize("operation", SPEC.operations)
def test_every_parameter_and_field_changes_something(promises: Promises, operation: str) -> None:
    check(without_effect(promises, operation))


def test_every_listed_value_is_sent(promises: Promises) -> None:
    check(never_listed(promises))


def test_errors_have_every_property(promises: Promises) -> None:
    errors = {one.name: one for one in examples() if one.status >= FIRST_ERROR and one.name in ARRANGED}
    sent: set[str] = set()
    for one in errors.values():
        promises.sandbox.reset()
        answer = ARRANGED[one.name](promises.sandbox, example_request(one.operation, one.name))
        sent |= promises.parts_of(one.operation, answer)
    promised = set().union(*(promises.promised(one, errors=True) for one in SPEC.operations))
    of_any = {part for of, part in NOT_SENT if not of}
    check(f"no error of the sandbox has {part}" for part in sorted(promised - sent - of_any))
    promised |= set().union(*(promises.promised(one) for one in SPEC.operations))
    check(f'remove ("", "{part}") from NOT_SENT in {THIS}' for part in of_any & sent | of_any - promised)


@pytest.mark.parametrize(
    "row", [*VALUES, *WAYS, *COMPLETED], ids=lambda row: row if isinstance(row, str) else ".".join(row)
)
def test_no_row_is_out_of_date(promises: Promises, row: Any) -> None:
    tables: list[Mapping[Any, Any]] = [
        {key: value for key, value in table.items() if key != row} for table in (VALUES, WAYS, COMPLETED)
    ]
    operation = row if isinstance(row, str) else row[0]
    without = promises_of(promises.sandbox, SPEC, *tables)
    lacking = (label for label, _ in without.without_effect(operation) if (operation, label) not in NO_EFFECT)
    assert next(lacking, None) or [*never_sent(without, operation)], f"remove the row {row}"


def test_every_row_is_of_an_operation() -> None:
    named = {operation for operation, _ in (*VALUES, *NO_EFFECT, *NOT_SENT)} | WAYS.keys() | COMPLETED.keys()
    assert named - SPEC.operations.keys() == {""}


def test_additions_set_every_column(monkeypatch: pytest.MonkeyPatch) -> None:
    written: dict[str, set[str]] = {}
    insert = Store.insert

    def watched(store: Store, table: str, rows: Any) -> None:
        columns = {row["name"] for row in store.rows(f"SELECT name FROM pragma_table_info('{table}')")}
        written[table] = columns - NOT_ADDED.keys() - {key for row in rows for key in row}
        insert(store, table, rows)

    with sandbox_of_the_moment() as sandbox:
        monkeypatch.setattr(Store, "insert", watched)
        sandbox.add_sampler()
        sandbox.add_checkpoint()
    assert {"sessions", "runs", "checkpoints", "samplers"} <= written.keys()
    forgotten = {table: columns for table, columns in written.items() if columns}
    check(
        f"_additions.py sets no {table}.{column}; add an argument, or add {column} to NOT_ADDED in {THIS}"
        for table, columns in forgotten.items()
        for column in sorted(columns)
    )
