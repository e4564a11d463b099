"""scripts/conformance: that its table holds, and that each comparison can fail. No SDK is needed here."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from checkout import ROOT

import tinker_rest

sys.path.append(str(ROOT / "scripts"))  # where the comparison is; it is no part of the package
from differential import command_line, driver
from differential.calls import Row
from differential.cases import CHANGES, FAULTS, MADE, READS, Case, cases_for
from differential.command_line import differences_of_our_command, rows_of_missing_commands
from differential.commands import COMMANDS, Command
from differential.comparison import (
    ABSENT,
    Difference,
    differences_of_calls,
    differences_of_outputs,
    differences_of_prints,
)
from differential.coverage import faults_of_methods, only_in_ours
from differential.known_differences import Known
from differential.names import differences_of_names
from differential.recording_sandbox import recording_sandbox
from differential.report import Report

NAMEABLE = frozenset({"TinkerError", "APIStatusError", "NotFoundError", "ConflictError", "ValueError"})
TABLE = [*READS, *CHANGES, *FAULTS]

pytestmark = pytest.mark.scripts(
    "tests/package", "scripts/conformance", "scripts/differential", "openapi.yaml", "wrapper"
)


class Client:
    """Stands for our client."""

    def list_sessions(self, limit: int = 20, offset: int = 0) -> None: ...
    async def list_sessions_async(self, limit: int = 20, offset: int = 0) -> None: ...


class NewerSdk(Client):
    def reboot(self, now: bool) -> None: ...


class OtherName(Client):
    def list_sessions(self, count: int = 20, offset: int = 0) -> None: ...  # type: ignore[override]


class OtherOrder(Client):
    def list_sessions(self, offset: int = 0, limit: int = 20) -> None: ...


class OtherDefault(Client):
    def list_sessions(self, limit: int = 50, offset: int = 0) -> None: ...


class OtherKind(Client):
    def list_sessions(self, limit: int = 20, *, offset: int = 0) -> None: ...  # type: ignore[override]


class OneMore(Client):
    def list_sessions(self, limit: int = 20, offset: int = 0, project: str | None = None) -> None: ...


class NoCoroutine(Client):
    def list_sessions_async(self, limit: int = 20, offset: int = 0) -> None: ...  # type: ignore[override]


def faults(sdk: type, ours: type, called: Any = ("list_sessions", "list_sessions_async")) -> dict[str, list[str]]:
    methods = [{"RestClient": driver.methods_of(one)} for one in (sdk, ours)]
    named = faults_of_methods(*methods, {("RestClient", name) for name in called})
    return {name: found for name, found in named if found}


def test_a_method_that_only_the_sdk_has_is_named() -> None:
    assert faults(NewerSdk, Client) == {
        "RestClient.reboot": ["there is no such method", "no row of cases.py calls it"]
    }


def test_a_client_that_only_the_sdk_has_is_named_by_its_methods() -> None:
    sdk = {"AdminClient": driver.methods_of(Client)}
    assert {name for name, _ in faults_of_methods(sdk, {}, [])} == {
        "AdminClient.list_sessions",
        "AdminClient.list_sessions_async",
    }


def test_a_method_that_no_row_calls_is_named() -> None:
    assert faults(Client, Client, ["list_sessions"]) == {
        "RestClient.list_sessions_async": ["no row of cases.py calls it"]
    }


@pytest.mark.parametrize("sdk", [OtherName, OtherOrder, OtherDefault, OtherKind, OneMore])
def test_other_arguments_are_named(sdk: type) -> None:
    (found,) = faults(sdk, Client).values()
    assert found[0].startswith("takes (")


def test_we_may_take_more_at_the_end_but_not_need_it() -> None:
    class NeedsMore(Client):
        def list_sessions(self, limit: int = 20, offset: int = 0, *, project: str) -> None: ...

    assert faults(Client, OneMore) == {}
    assert "needs more" in str(faults(Client, NeedsMore))


def test_a_coroutine_and_a_function_are_not_the_same() -> None:
    assert "coroutine" in str(faults(Client, NoCoroutine))


@pytest.mark.parametrize("case", TABLE, ids=str)
def test_each_row_is_a_call_of_a_method_that_we_have(case: Case) -> None:
    assert hasattr(getattr(tinker_rest, case.client), case.method)


def test_rows_are_left_out_where_the_sdk_has_no_such_method_or_argument() -> None:
    methods = {"RestClient": {"list_training_runs", "list_sessions", "list_sessions_async"}}
    old, new = ([str(case) for case in cases_for(version, methods)] for version in ("0.18.2", "0.38.0"))
    assert "RestClient.list_sessions_async(limit=2, offset=1, access_scope='accessible')" in old
    assert not [name for name in old if "project_id" in name or "AdminClient" in name]
    assert "RestClient.list_training_runs(limit=5, project_id='project-research')" in new
    assert set(old) < set(new)
    assert {str(case) for case in MADE} <= set(new)


def parameters_of(text: str) -> list[list[str | None]]:
    """The parameters of a class that is made with these."""
    made: dict[str, Any] = {}
    exec(f"class Made:\n    def __init__(self, {text}): ...", made)
    return driver.parameters_of(made["Made"])


# What the SDK's class is made with, what ours is, and what must be said.
MADE_WITH: list[tuple[str, str, str]] = [
    ("request, message='no'", "request, message='no'", ""),
    ("request, message='no'", "request=None, message='no', *, attempts=0", ""),
    ("_holder=None, *, api_key=None", "holder=None, *, api_key=None, timeout=60", ""),
    ("*, name, id=None", "id=None, name='', more=1", ""),
    ("name=None, *, api_key=None, **kwargs", "name=None, **options", ""),
    ("request, message='no'", "message, request=None", "takes no request at place 1"),
    ("request, message='no'", "message, request=None", "takes no message at place 2"),
    ("message, *, body", "message", "takes no body="),
    ("message, body", "message, *, body=None", "takes no body at place 2"),
    ("limit=20", "limit=50", "has limit=50, not 20"),
    ("limit=20", "limit", "has limit=None, not 20"),
    ("limit=20", "limit=20, *, owner", "needs owner="),
]


@pytest.mark.parametrize(("sdk", "ours", "said"), MADE_WITH)
def test_a_class_is_made_with_the_arguments_of_the_sdk(sdk: str, ours: str, said: str) -> None:
    names = [{"Made": {"parameters": parameters_of(one)}} for one in (sdk, ours)]
    ((name, found),) = differences_of_names(*names, NAMEABLE)
    assert name == "tinker.Made"
    assert said in str(found[0].ours) if said else not found


def test_other_exceptions_and_lacking_names_are_named() -> None:
    error = {"caught_by": ["NotFoundError", "APIStatusError", "TinkerError"], "attributes": ["body", "message"]}
    ours: dict[str, dict[str, Any]] = {
        "Equal": {**error, "caught_by": [*error["caught_by"], "APIResponseError"]},
        "Uncaught": {**error, "caught_by": ["NotFoundError", "TinkerError"]},
        "Caught": {**error, "caught_by": [*error["caught_by"], "ValueError"]},
        "Bare": {**error, "attributes": ["message"]},
        "Lacking": {"missing": "module 'tinker_rest' has no attribute 'Lacking'; it is elsewhere"},
    }
    found = dict(differences_of_names(dict.fromkeys(ours, error), ours, NAMEABLE))
    places = {name.removeprefix("tinker."): [one.place for one in some] for name, some in found.items()}
    assert places.pop("Equal") == []
    assert places == {
        "Uncaught": ["caught by"], "Caught": ["caught by"], "Bare": ["attributes"], "Lacking": ["name"],
    }  # fmt: skip
    assert "it is elsewhere" in str(found["tinker.Lacking"][0])


def test_the_driver_describes_names() -> None:
    names = ["NotFoundError", "RestClient", "types.Checkpoint", "types.checkpoint", "TrainingClient"]
    described = driver.describe(tinker_rest, names)["names"]
    assert described["NotFoundError"]["caught_by"][0] == "NotFoundError"
    assert {"message", "status_code", "response"} <= set(described["NotFoundError"]["attributes"])
    assert ["base_url", "KEYWORD_ONLY", "None"] in described["RestClient"]["parameters"]
    assert "missing" in described["types.checkpoint"]
    assert "official SDK" in described["TrainingClient"]["missing"]
    assert "types.Checkpoint" in driver.public_names(tinker_rest)


def test_exceptions_that_a_program_makes_are_met_as_it_meets_them(monkeypatch: pytest.MonkeyPatch) -> None:
    given = tinker_rest.errors.APIRequest("GET", "https://host/path")
    monkeypatch.setitem(driver.MADE, "request", given)
    met = [driver.plain(tinker_rest.APIConnectionError(one)) for one in (given, tinker_rest.errors.NO_REQUEST)]
    fields = {
        "message": "Connection error.",
        "body": None,
        "str": "Connection error.",
        "args": ["Connection error."],
    }
    assert met[0] == {"type": "APIConnectionError", "fields": {**fields, "request": True}}
    assert met[1]["fields"]["request"] == "another"


def request(line: str = "GET /a", body: str = "", key: str | None = None, **headers: str) -> dict[str, Any]:
    return {"line": line, "body": body, "headers": headers, "idempotency key": key}


def raised(*caught_by: str, status: int | None = None, raised_by: str = "result") -> dict[str, Any]:
    facts: dict[str, Any] = {"caught_by": list(caught_by), "raised_by": raised_by}
    return {"exception": facts if status is None else {**facts, "status": status}}


def gave(kind: str = "Page", **fields: Any) -> dict[str, Any]:
    return {"requests": [request()], "result": {"type": kind, "fields": fields}}


GAVE = gave(items=[1, 2], next=None)
NOT_FOUND = ("NotFoundError", "APIStatusError", "TinkerError")
FAILED: dict[str, Any] = {"requests": [request()], **raised(*NOT_FOUND, status=404)}
REFUSED: dict[str, Any] = {"requests": [], **raised("ValueError", raised_by="call")}
KEYED = [request(key="one"), request(key="one")]
# What the SDK did, what we did, and the places that must be named.
COMPARED: list[tuple[dict[str, Any], dict[str, Any], list[str]]] = [
    (GAVE, GAVE, []),
    (FAILED, FAILED, []),
    (GAVE, {**GAVE, "requests": [request("GET /b")]}, ["request.line"]),
    (GAVE, {**GAVE, "requests": [request("POST /a")]}, ["request.line"]),
    (GAVE, {**GAVE, "requests": [request(body="{}")]}, ["request.body"]),
    (GAVE, {**GAVE, "requests": [request(accept="text/html")]}, ["request.headers.accept"]),
    (GAVE, {**GAVE, "requests": []}, ["requests"]),
    (GAVE, {**GAVE, "requests": [request(), request("GET /b")]}, ["requests"]),
    (GAVE, {**GAVE, "requests": [request(), request()]}, ["retries"]),
    ({**GAVE, "requests": KEYED}, {**GAVE, "requests": KEYED}, []),
    ({**GAVE, "requests": KEYED}, {**GAVE, "requests": [request(key="1"), request(key="2")]}, ["idempotency key"]),
    (GAVE, {**GAVE, "result": None}, ["result"]),
    (GAVE, gave("List", items=[1, 2], next=None), ["result.type"]),
    (GAVE, gave(next=None, items=[1, 2]), ["result.fields (order)"]),
    (GAVE, gave(items=[1], next=None), ["result.fields.items (length)"]),
    (GAVE, gave(items=[3, 4], next=None), ["result.fields.items[]"]),
    (GAVE, gave(items=[1, 2]), ["result.fields.next"]),
    (GAVE, gave(items=[True, 2], next=None), ["result.fields.items[]"]),
    (GAVE, FAILED, ["outcome"]),
    (FAILED, GAVE, ["outcome"]),
    (FAILED, {**FAILED, **raised("ConflictError", "APIStatusError", "TinkerError", status=404)}, ["exception"]),
    (FAILED, {**FAILED, **raised("APIStatusError", "TinkerError", status=404)}, ["exception"]),
    (FAILED, {**FAILED, **raised(*NOT_FOUND, status=410)}, ["exception.status"]),
    (FAILED, {**FAILED, **raised(*NOT_FOUND)}, ["exception.status"]),
    (REFUSED, {**REFUSED, **raised("InvalidArgumentError", "TinkerError", "ValueError", raised_by="call")}, []),
    (REFUSED, {**REFUSED, **raised("ValueError")}, ["exception.raised_by"]),
    (REFUSED, {**REFUSED, **raised("TinkerError", raised_by="call")}, ["exception"]),
]  # fmt: skip


@pytest.mark.parametrize(("sdk", "ours", "places"), COMPARED)
def test_a_difference_is_named_by_its_place(sdk: dict[str, Any], ours: dict[str, Any], places: list[str]) -> None:
    found = differences_of_calls(sdk, ours, nameable=NAMEABLE, counts_repetitions=True)
    assert [one.place for one in found] == places


def test_a_repetition_is_none_where_it_does_not_count() -> None:
    patient = {**FAILED, "requests": [request()] * 66}
    assert differences_of_calls(patient, FAILED, nameable=NAMEABLE, counts_repetitions=False) == []


PRINTED: dict[str, Any] = {
    "exit code": 0, "stdout": {"text": "a\nb\n"}, "stderr": {"text": ""}, "files": {}, "requests": [],
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"exit code": 1}, "exit code"),
        ({"stdout": {"text": "a\nc\n"}}, "stdout"),
        ({"stdout": {"text": "a\n"}}, "stdout (lines)"),
        ({"stderr": {"text": "Error: no\n"}}, "stderr (lines)"),
        ({"files": {"trace": "digest"}}, "files.trace"),
        ({"requests": [request()]}, "requests"),
    ],
)
def test_other_output_is_named_by_its_place(changed: dict[str, Any], place: str) -> None:
    assert differences_of_outputs(PRINTED, PRINTED) == []
    assert [one.place for one in differences_of_outputs(PRINTED, {**PRINTED, **changed})] == [place]


# What the SDK's command printed, what ours did, and the places that must be named.
PRINTS: list[tuple[Any, Any, list[str]]] = [
    ({"runs": [{"id": 1}]}, {"runs": [{"id": 1, "more": 2}], "total_count": 1}, []),
    ({"runs": [{"id": 1}]}, {"items": [{"id": 1}]}, ["stdout.runs"]),
    ({"runs": [{"id": 1}]}, {"runs": [{"id": "1"}]}, ["stdout.runs[].id"]),
    ({"runs": [{"id": 1}]}, {"runs": [{"ID": 1}]}, ["stdout.runs[].id"]),
    ({"runs": [1, 2]}, {"runs": [1]}, ["stdout.runs (length)"]),
    ({"runs": []}, "no JSON", ["stdout"]),
]


@pytest.mark.parametrize(("sdk", "ours", "places"), PRINTS)
def test_our_command_prints_at_least_what_the_sdks_does(sdk: Any, ours: Any, places: list[str]) -> None:
    assert [one.place for one in differences_of_prints(sdk, ours)] == places


def printed(text: str, exit_code: int = 0) -> dict[str, Any]:
    return {**PRINTED, "exit code": exit_code, "stdout": command_line.read(text)}


@pytest.mark.parametrize(
    ("arguments", "ours", "places"),
    [
        ("-f json run list", printed('{"a": 1}\n'), []),
        ("-f json run list", printed('{"b": 1}\n'), ["stdout.a"]),
        ("-f json run list", printed("a\n"), ["stdout"]),
        ("-f json run list", printed('{"a": 1}\n', 5), ["exit code"]),
        ("billing usage --csv -", printed("x,a,b\n0,1,rank 2\n"), ["stdout.rows[].b"]),
        ("billing usage --csv -", printed("b,a\n2,1\n"), ["stdout.columns[][]"]),
        ("billing usage --csv -", printed("a\n1\n"), ["stdout.columns[] (length)", "stdout.rows[].b"]),
        ("run list", printed("a table\n"), []),
    ],
)
def test_other_json_csv_and_exit_codes_of_our_command_are_named(
    arguments: str, ours: dict[str, Any], places: list[str]
) -> None:
    sdk = printed("a,b\n1,2\n" if "csv" in arguments else '{"a": 1}\n' if "json" in arguments else "its table\n")
    assert [one.place for one in differences_of_our_command(Command(arguments), sdk, ours)] == places


def test_a_command_that_is_not_run_or_whose_json_is_not_compared_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command_line, "COMMANDS", [*COMMANDS, Command("run rename run-id")])
    rows = rows_of_missing_commands(
        "0.38.0", ["run list", "run rename", "run delete", "auth login", "auth status"]
    )
    named = {row.name: [str(one) for one in row.differences] for row in rows if row.differences}
    assert named == {
        "command run rename": ["command: SDK prints JSON, ours no row of commands.py compares it"],
        "command run delete": ["command: SDK has it, ours no row of commands.py runs it"],
    }


ENTRY = Known(("RestClient.get_*('a?b')",), ("request.*",), "GET /a*", "A fault of the SDK's.", version="0.18.*")
DIFFERENCE = Difference("request.line", "GET /a", "GET /a%3Fb")


@pytest.mark.parametrize(
    ("version", "name", "difference", "is_well"),
    [
        ("0.18.2", "RestClient.get_session('a?b')", DIFFERENCE, True),
        ("0.38.0", "RestClient.get_session('a?b')", DIFFERENCE, False),
        ("0.18.2", "RestClient.get_session('axb')", DIFFERENCE, False),
        ("0.18.2", "RestClient.get_session('a?b')", dataclasses.replace(DIFFERENCE, place="result"), False),
        ("0.18.2", "RestClient.get_session('a?b')", dataclasses.replace(DIFFERENCE, sdk="GET /b"), False),
    ],
)
def test_an_entry_excuses_only_what_it_tells_of(
    version: str, name: str, difference: Difference, is_well: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    report = Report([ENTRY])
    report.add([Row(version, name, [difference])])
    assert report.conclude([version], is_whole=False) == is_well
    printed = capsys.readouterr().out
    assert ("DIFFERS in" in printed) != is_well
    assert (ENTRY.reason in printed) == is_well


FIELD = Difference("result.fields.items[].sha256", ABSENT, "ab")


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        ([FIELD], "only ours: result.fields.items[].sha256"),
        ([Difference("method", ABSENT, "has it")], "only ours: method"),
        ([Difference("result.fields.sha256", "ab", ABSENT)], "DIFFERS in result.fields.sha256"),
        ([FIELD, Difference("result.fields.id", 1, 2)], "DIFFERS in result.fields.id"),
        ([Difference("request.headers.x-more", ABSENT, "1")], "DIFFERS in request.headers.x-more"),
    ],
)
def test_what_only_we_have_is_shown_and_is_no_fault(
    found: list[Difference], verdict: str, capsys: pytest.CaptureFixture[str]
) -> None:
    report = Report([])
    report.add([Row("0.38.0", "a row", found)])
    assert report.conclude(["0.38.0"], is_whole=True) == ("DIFFERS" not in verdict)
    assert f"a row  {verdict}\n" in capsys.readouterr().out


def test_methods_and_arguments_that_only_we_have_are_named() -> None:
    methods = [{"RestClient": driver.methods_of(one)} for one in (Client, OneMore, NewerSdk)]
    assert list(only_in_ours(methods[0], methods[0])) == []
    assert list(only_in_ours(methods[0], methods[1])) == [("RestClient.list_sessions", "takes (project=None)")]
    assert list(only_in_ours(methods[0], methods[2])) == [("RestClient.reboot", "has it, with (now)")]


def test_an_entry_that_excuses_nothing_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    report = Report([ENTRY])
    report.add([Row("0.18.2", "RestClient.get_session('a?b')", [])])
    assert not report.conclude(["0.18.2"], is_whole=True)
    assert "OUT OF DATE" in capsys.readouterr().out
    assert report.conclude(["0.38.0"], is_whole=True)  # the entry is about another version
    assert report.conclude(["0.18.2"], is_whole=False)


def asked(number: int, call: str, is_async: bool = False) -> dict[str, Any]:
    method = call.partition("(")[0]
    return {
        "id": str(number), "client": "RestClient", "method": method, "call": call, "is_async": is_async,
        "is_impatient": False,
    }  # fmt: skip


def test_calls_are_made_and_their_requests_told_apart() -> None:
    calls = [
        asked(0, "get_session('session-id')"),
        asked(1, "get_session_async('session-id')", is_async=True),
        asked(2, "get_session('no-such-session')"),
        asked(3, "get_session('')"),
        asked(4, "set_checkpoint_ttl_from_tinker_path('tinker://run-id/weights/0001', 3600)"),
    ]
    with recording_sandbox(datetime(2026, 7, 13, tzinfo=UTC), {"4": ("503 after 0",)}) as recording:
        server = {"TINKER_BASE_URL": recording.sandbox.base_url, "TINKER_API_KEY": recording.sandbox.api_key}
        done = subprocess.run(
            [sys.executable, driver.__file__, "tinker_rest"],
            input=json.dumps(calls), env={**os.environ, **server}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        requests = recording.requests()
        recording.check()
    outcomes = json.loads(done.stdout)
    assert outcomes["0"]["result"]["type"] == "GetSessionResponse"
    assert outcomes["0"] == outcomes["1"]
    assert outcomes["2"]["exception"]["caught_by"][0] == "NotFoundError"
    assert outcomes["2"]["exception"]["status"] == 404
    assert outcomes["3"]["exception"]["raised_by"] == "call"
    assert "ValueError" in outcomes["3"]["exception"]["caught_by"]
    assert outcomes["4"] == {"result": None, "json": None}
    assert [len(requests[str(number)]) for number in range(5)] == [1, 1, 1, 0, 2]
    assert requests["0"] == requests["1"]
    assert len({one["idempotency key"] for one in requests["4"]}) == 1
    assert recording.sandbox.api_key not in str(requests)
