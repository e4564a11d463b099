"""What errors say, what they never show, and what they keep, also from one process to another."""

from __future__ import annotations

import base64
import inspect
import json
import logging
import multiprocessing
import pickle
import textwrap
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from typing import Any
from urllib.parse import quote

import httpx
import pytest

import tinker_rest
from tinker_rest import APIError, APIStatusError, ClientClosedError, RestClient, RetryEvent, TinkerError, errors
from tinker_rest._redaction import redact, summarize
from tinker_rest_api import models

from .described_calls import described_call, operations
from .misbehaving_server import unused_port
from .recording_server import (
    KEY,
    Answer,
    RecordedRequest,
    RecordingServer,
    client_of,
    in_turn,
    lose_answer,
    never_answer,
    reply,
)

SIGNED = "https://storage.example/archive.tar.gz?X-Signature=deadbeef&X-Expires=900"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2VjcmV0LXNpZ25hdHVyZQ"
TRACEBACK = 'Traceback (most recent call last):\n  File "/srv/app.py", line 1, in run\nKeyError: "run-1"\n'
DEEP = [('{"detail":' * depth) + '"deep"' + ("}" * depth) for depth in (50, 900, 5000)]
AT_ONCE = {"Retry_After": "0"}

# fmt: off
# An answer, whether it means that the server has no such operation, and what the message holds.
UNSUPPORTED: list[tuple[bytes, bool, str]] = [
    (reply(404, {"detail": "Not Found"}), True, "does not offer this operation"),
    (reply(404, {"message": "no Route"}), True, "does not offer this operation"),
    (reply(404, {}), True, "does not offer this operation"),
    (reply(404, "Not Found"), True, "does not offer this operation"),
    (reply(404), True, "does not offer this operation"),
    (reply(404, "404 page not found\n"), True, "does not offer this operation"),
    (reply(404, "<!doctype html><title>404</title>", "text/html"), True, "does not offer this operation"),
    (reply(405, {"detail": "Method Not Allowed"}), True, "405 Method Not Allowed: the server does not"),
    (reply(405), True, "does not offer this operation"),
    (reply(501, {"detail": "not in this version"}), True, "not in this version"),
    (reply(404, {"detail": "Training run r not found"}), False, "404 Not Found: Training run r not found"),
    (reply(404, {"detail": "no such checkpoint"}), False, "404 Not Found: no such checkpoint"),
    (reply(404, {"error": "run does not exist"}), False, "404 Not Found: run does not exist"),
    (reply(404, {"detail": "Not found."}), False, "404 Not Found: Not found."),  # of an id, in some frameworks
    (reply(404, "checkpoint 1 does not exist"), False, "404 Not Found: checkpoint 1 does not exist"),
    (reply(404, ["no such run"]), False, "404 Not Found: no such run"),
    (reply(403, {"detail": "Not Found"}), False, "403 Forbidden: Not Found"),
    (reply(422, {"detail": "Not Found"}), False, "422 Unprocessable Entity: Not Found"),
]
# The shapes that servers give their errors, and what the message makes of them.
SHAPES: list[tuple[bytes, str]] = [
    (reply(400, {"detail": "nope"}), "400 Bad Request: nope"),
    (reply(422, {"detail": [{"loc": ["a", 0], "msg": "x"}, {"msg": "y"}]}), "422 Unprocessable Entity: a.0: x; y"),
    (reply(422, {"detail": ["one", "two"]}), "422 Unprocessable Entity: one; two"),
    (reply(400, {"detail": {"message": "inner"}}), "400 Bad Request: inner"),
    (reply(400, {"error": "e"}), "400 Bad Request: e"),
    (reply(400, {"error": {"message": "m", "code": 7}}), "400 Bad Request: m"),
    (reply(400, {"status": "error", "code": 400, "message": "twinkled"}), "400 Bad Request: twinkled"),
    (reply(400, {"title": "Problem", "status": 400}, "application/problem+json"), "400 Bad Request: Problem"),
    (reply(400, {"unknown": ["x"]}), '400 Bad Request: {"unknown": ["x"]}'),
    (reply(400, ["a", {"msg": "b"}]), "400 Bad Request: a; b"),
    (reply(400, "plain\n  text\t1"), "400 Bad Request: plain text 1"),
    (reply(404, {"detail": "run-id  was not found"}), "404 Not Found: run-id  was not found"),
    (reply(400, "a." * 500_000), "400 Bad Request: " + ("a." * 150)[:299] + "…"),
    (reply(400, b"\xff\xfe\x00"), "400 Bad Request: \ufffd\ufffd\x00"),
    (reply(400, "one\u2028two\x85three"), "400 Bad Request: one two three"),
    (reply(400, "null", "application/json"), "400 Bad Request"),
    (reply(400, {}), "400 Bad Request"),
    (reply(400), "400 Bad Request"),
    (reply(400, TRACEBACK), '400 Bad Request: KeyError: "run-1"'),
    (reply(400, {"detail": TRACEBACK}), '400 Bad Request: KeyError: "run-1"'),
    (reply(400, {"detail": "x" * 5000}), "400 Bad Request: " + "x" * 299 + "…"),
    (reply(420, {"detail": "calm"}), "420: calm"),
    (reply(402, {"detail": "x."}), "402 Payment Required: x. Settle the account's billing, then call again."),
]
# An answer that shows secrets. The key itself is what the client sent.
TELLTALES: list[tuple[bytes, str]] = [
    (reply(401, {"detail": f"unknown key {KEY}"}), "unknown key tml-…"),
    (reply(401, f"unknown key '{KEY}' at {SIGNED}"), "unknown key 'tml-…' at https://storage.example/archive.tar.gz?…"),
    (reply(400, {"detail": [{"loc": ["header", KEY], "msg": f"{SIGNED}."}]}), "header.tml-…"),
    (reply(400, {"X-API-Key": KEY, "url": SIGNED}), "https://storage.example/archive.tar.gz?…"),
    (reply(400, {"detail": f"Bearer {JWT}"}), "Bearer …"),
    (reply(400, {"detail": f"sent {JWT}"}), "sent eyJ…"),
    (reply(400, {"detail": f"https://user:{KEY}@host/"}), "https://…@host/"),
    (reply(400, f"cut {'x' * 285} {KEY}"), "cut"),
    (reply(400, {"detail": f"sent key_{KEY}.x:y+z/w=="}), "sent key_tml-…"),
    (reply(400, {"detail": "sent Bearer secret-0123456789"}), "sent Bearer …"),
    (reply(400, {"detail": "Bearer token is missing; the basic plan"}), "Bearer token is missing; the basic plan"),
    (reply(500, {"detail": KEY}, **AT_ONCE), "tml-…"),
    (reply(500, {"detail": "x"}, X_Request_Id=KEY, **AT_ONCE), "500 Internal Server Error: x"),
    (reply(302, Location=f"{SIGNED}&key={KEY}"), "redirect to storage.example"),
    (reply(302, Location=f"http://[{KEY}"), "redirect to another path"),
    (reply(200, f"<p>{KEY} {SIGNED}", "text/html"), "cannot be read"),
    (reply(200, {"training_run_id": KEY, "base_model": {"x": SIGNED}, "is_lora": True}), "TrainingRun.base_model"),
    (reply(200, {"training_run_id": "r", "base_model": "b", "is_lora": KEY}), "TrainingRun.is_lora"),
    (reply(200, "{}", f"text/{KEY}"), "TrainingRun.training_run_id"),
]
SIGNATURE = "5f1e9a7dcafe0badc0ffee1234567890fedcba98765432100f1e2d3c4b5a6978"
S3_URL = f"https://b.s3.example/a?X-Amz-Date=1&X-Amz-Security-Token=Fwo{SIGNATURE}%3D&X-Amz-Signature={SIGNATURE}"


def each(character: str) -> Callable[[str], str]:
    """A spelling that writes each character by its number."""
    return lambda text: "".join(character.format(ord(one)) for one in text)


def percent(text: str) -> str:
    return quote(text, safe="")


# How servers and proxies between may write what they were sent.
SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "percent-encoded": percent,
    "percent-encoded twice": lambda text: percent(percent(text)),
    "percent-encoded three times": lambda text: percent(percent(percent(text))),
    "every character percent-encoded": each("%{:02x}"),
    "every character percent-encoded, in capitals": each("%{:02X}"),
    "JSON": json.dumps,
    "JSON in JSON": lambda text: json.dumps(json.dumps(json.dumps(text))),
    "escapes of JSON": each("\\u{:04x}"),
    "escapes of Python": each("\\x{:02x}"),
    "numbers of HTML": each("&#{};"),
    "hexadecimal numbers of HTML": each("&#x{:X};"),
    "UTF-16": each("{:c}\0"),
    "in color": lambda text: f"\x1b[31m{text}\x1b[0m",
    "in capitals": str.upper,
    "wrapped": lambda text: "\n".join(textwrap.wrap(text, 76)),
    "wrapped and indented": lambda text: "\r\n    ".join(textwrap.wrap(text, 60)),
    "wrapped in JSON": lambda text: "\\n".join(textwrap.wrap(text, 40)),
    "hexadecimal": lambda text: text.encode().hex(),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 with a name": lambda text: base64.b64encode(f"ada:{text}".encode()).decode(),
    "base64 with a longer name": lambda text: base64.b64encode(f"grace:{text}".encode()).decode(),
}
# How a signature stands outside of a URL with a scheme.
SIGNED_TEXTS = [
    f"/a?X-Amz-Signature={SIGNATURE}", f"GET /a?x=1&sig={SIGNATURE}%3D HTTP/1.1", f"//h/a?Signature={SIGNATURE}",
    f"X-Amz-Signature: {SIGNATURE}", f"X-Amz-Security-Token : {SIGNATURE}", f"SignatureProvided {SIGNATURE}",
    f"{{'X-Amz-Signature': ['{SIGNATURE}']}}", f"[(b'x-goog-signature', b'{SIGNATURE}')]", f"sig = {SIGNATURE}",
    json.dumps({"signature": SIGNATURE}), json.dumps(json.dumps({"signature": SIGNATURE})),
    f"https://h/a b?X-Amz-Signature= {SIGNATURE}", f"https://h/a?X-Amz-Signature= {SIGNATURE}",
    f"https://h/a\"b'c?x&X-Amz-Signature={SIGNATURE}",
    f"GET https://h/a?X-Amz-Signature={SIGNATURE[:-11]}\n{SIGNATURE[-11:]} failed",
    f"<SignatureProvided>{SIGNATURE}</SignatureProvided>", f"https%3A%2F%2Fh%2Fa%3FX-Amz-Signature%3D{SIGNATURE}",
]  # fmt: skip
# A first answer, the answer to the repetition, the method, and how the call ends.
GONE, TAKEN = reply(404, {"detail": "no such checkpoint"}), reply(409, {"detail": "already public"})
UNSURE, NOT_BEGUN, PAGE = reply(500, **AT_ONCE), reply(503, **AT_ONCE), "<html>"
REPETITIONS: list[tuple[str, list[Answer], str]] = [
    ("delete_checkpoint", [lose_answer, GONE], "done"),
    ("delete_checkpoint", [never_answer, GONE], "done"),
    ("delete_checkpoint", [UNSURE, GONE], "done"),
    ("delete_checkpoint", [reply(502, **AT_ONCE), NOT_BEGUN, GONE], "done"),
    ("delete_checkpoint", [lose_answer, reply(204)], "done"),
    ("delete_checkpoint", [GONE], "NotFoundError"),
    ("delete_checkpoint", [NOT_BEGUN, GONE], "NotFoundError"),
    ("delete_checkpoint", [reply(429, **AT_ONCE), GONE], "NotFoundError"),
    ("delete_checkpoint", [lose_answer, TAKEN], "ConflictError"),
    ("delete_checkpoint", [lose_answer, reply(403)], "PermissionDeniedError"),
    ("delete_checkpoint", [lose_answer, reply(404, PAGE, "text/HTML")], "NotFoundError"),
    ("delete_checkpoint", [lose_answer, reply(404, {"detail": "Not Found"})], "NotFoundError"),
    ("delete_checkpoint", [lose_answer, reply(404)], "NotFoundError"),
    ("delete_checkpoint", [lose_answer, reply(404, "404 page not found")], "NotFoundError"),
    ("publish_checkpoint", [lose_answer, reply(409, PAGE, "text/html")], "ConflictError"),
    ("publish_checkpoint", [lose_answer, TAKEN], "done"),
    ("publish_checkpoint", [never_answer, TAKEN], "done"),
    ("publish_checkpoint", [UNSURE, TAKEN], "done"),
    ("publish_checkpoint", [TAKEN], "ConflictError"),
    ("publish_checkpoint", [NOT_BEGUN, TAKEN], "ConflictError"),
    ("publish_checkpoint", [lose_answer, GONE], "NotFoundError"),
    ("unpublish_checkpoint", [lose_answer, TAKEN], "done"),
    ("unpublish_checkpoint", [TAKEN], "ConflictError"),
    ("unpublish_checkpoint", [lose_answer, GONE], "NotFoundError"),
]
# fmt: on


def fail(server: RecordingServer, *answers: Answer, **options: Any) -> Any:
    """The error of a call that gets these answers."""
    server.answer = in_turn(answers)
    with client_of(server, **{"max_retries": 0, **options}) as client:
        error = client.get_training_run("run-1").exception()
    assert isinstance(error, APIError)
    return error


def is_summarize(text: str) -> bool:
    return len(text.splitlines()) == 1


@pytest.mark.parametrize(("answer", "unsupported", "text"), UNSUPPORTED)
def test_operation_unsupported(server: RecordingServer, answer: bytes, unsupported: bool, text: str) -> None:
    error = fail(server, answer, max_retries=5)
    assert error.operation_unsupported is unsupported
    assert text in str(error)
    assert ("does not offer this operation" in error.message) is unsupported
    assert len(server.requests) == error.attempts == 1


@pytest.mark.parametrize("status", [400, 403, 404, 405, 410, 501, 402, 500])
@pytest.mark.parametrize("checkpoint_id", ["weights/0001", "bare-id"])
def test_a_refused_archive_points_to_external_weights(
    server: RecordingServer, status: int, checkpoint_id: str
) -> None:
    server.answer = in_turn([reply(status, {"detail": "Archives are gone."})])
    with client_of(server, max_retries=0) as client:
        error = client.get_checkpoint_archive_url("run-1", checkpoint_id).exception()
    assert isinstance(error, APIStatusError)
    assert ("download external weights instead" in error.message) is (status not in (402, 500))
    assert "external weights" not in fail(server, reply(status, {"detail": "Archives are gone."})).message


@pytest.mark.core_install
@pytest.mark.parametrize(("answer", "message"), SHAPES)
def test_shapes_of_errors(server: RecordingServer, answer: bytes, message: str) -> None:
    error = fail(server, answer)
    assert error.message == message
    assert is_summarize(str(error))
    assert str(error).startswith(f"get_training_run failed: {message} (request_id req-")


@pytest.mark.core_install
@pytest.mark.parametrize("body", [*DEEP, "[" * 100_000, "1" * 5000, "1e999999", "NaN", '"\\ud800"'])
@pytest.mark.parametrize("status", [200, 400])
def test_strange_json_is_an_error_of_ours(server: RecordingServer, status: int, body: str) -> None:
    error = fail(server, reply(status, body, "application/json"))
    assert error.status_code == status
    assert is_summarize(str(error))


@pytest.mark.parametrize(("answer", "text"), TELLTALES)
def test_secrets_are_never_shown(
    server: RecordingServer, caplog: pytest.LogCaptureFixture, answer: bytes, text: str
) -> None:
    caplog.set_level(logging.DEBUG)
    events: list[RetryEvent] = []
    error = fail(server, answer, answer, max_retries=1, on_retry=events.append)
    assert text in str(error)
    assert is_summarize(str(error))
    shown = f"{error}\n{error!r}\n{error.response!r}\n{error.message}\n{events}\n{caplog.text}"
    for secret in (KEY, KEY[4:14], "X-Signature", "deadbeef", JWT[4:], "secret"):
        assert secret not in shown


@pytest.mark.parametrize("spelling", list(SPELLINGS))
def test_secrets_are_not_shown_in_any_spelling(server: RecordingServer, spelling: str) -> None:
    spell = SPELLINGS[spelling]
    for secret, hidden in ((KEY, KEY), (KEY[4:], KEY), (f"unknown key {KEY}", KEY), (S3_URL, SIGNATURE)):
        if hidden == SIGNATURE and spelling in ("hexadecimal", "base64 with a name", "base64 with a longer name"):
            continue  # nothing tells it from other text
        shown = str(fail(server, reply(400, f"{spell(secret)} ends".encode(), "text/plain"))).lower()
        assert spell(secret)[-30:-6].lower() not in shown
        for start in range(4, len(hidden) - 11, 6):
            part = hidden[start : start + 12]
            assert part.lower() not in shown
            assert spell(part).strip('"').lower() not in shown


@pytest.mark.parametrize("text", SIGNED_TEXTS)
def test_signatures_are_not_shown_outside_of_urls(server: RecordingServer, text: str) -> None:
    error = fail(server, reply(400, text, X_Amz_Security_Token=SIGNATURE))
    assert SIGNATURE[:8] not in f"{error} {error.headers}"
    assert SIGNATURE[-8:] not in f"{error} {error.headers}"


@pytest.mark.parametrize(
    "text",
    [
        "the signature is not valid for 2026-07-13", "credential: unknown", "run a%2Fb%20c was not found",
        "Signature mismatch: expected 5 parts", r"C:\new\x41 &amp; html-page", "tinker://run-1/weights/0001",
    ],
)  # fmt: skip
def test_texts_without_secrets_are_shown_as_they_are(server: RecordingServer, text: str) -> None:
    assert fail(server, reply(400, text)).message == f"400 Bad Request: {text}"


def test_a_short_key_hides_no_words(server: RecordingServer) -> None:
    error = fail(
        server,
        reply(400, "the latest test of prod: tml-test"),
        api_key="tml-test",
        default_headers={"X-Key": "prod"},
    )
    assert error.message == "400 Bad Request: the latest test of prod: tml-…"


def test_secrets_in_default_headers_are_not_shown(server: RecordingServer) -> None:
    headers = {"Authorization": "Bearer of-somebody", "X-Auth-Token": "mine~1234", "X-Team": "blue"}
    error = fail(server, reply(400, "of-somebody, mine~1234, blue"), default_headers=headers)
    assert error.message == "400 Bad Request: …, …, blue"


def test_long_headers_and_texts_take_no_time_that_grows_with_their_square(server: RecordingServer) -> None:
    """At 1.6 s for 10 kB, growing with the square, as it once was, this would take forever."""
    odd = ["a." * 45_000, "a-" * 45_000, "http://" * 12_000, "tml-" * 22_000, "bearer " * 12_000]
    odd += ["sig" + "=1" * 40_000, "http://h?x" + " " * 80_000, "\\" * 90_000, "&#" * 40_000, "%25" * 20_000]
    for text in odd:
        assert fail(server, reply(404, text, X_Odd=text)).headers["x-odd"]
        assert len(redact(text * 10)) < 3000


@pytest.mark.parametrize("before", ["", "x " * 985, "\n" * 1980, "x\n" * 985])
def test_a_secret_at_the_edge_of_what_is_shown(before: str) -> None:
    for secret in ("https://user:PASSWORD@host/", f"key {KEY}", "https://host/?signature=PASSWORD"):
        shown = redact(before + secret) + summarize(before + secret)
        assert "PASS" not in shown
        assert KEY[4:] not in shown


@pytest.mark.core_install
def test_attributes(server: RecordingServer) -> None:
    headers = {"X-Request-Id": "srv-7", "Retry-After": "120", "Set-Cookie": "session=secret"}
    error = fail(server, reply(429, {"detail": "slow"}, **headers), max_retries=5)
    assert type(error) is tinker_rest.RateLimitError
    assert (error.status_code, error.retry_after, error.attempts) == (429, 120, 1)
    assert error.message.startswith("429 Too Many Requests: slow; the server asked to wait 120 s")
    assert error.body == {"detail": "slow"}
    assert error.request_id == server.requests[0].header("X-Request-Id")
    assert error.server_request_id == "srv-7"
    assert "server's request_id srv-7" in str(error)
    assert (error.operation_id, error.operation_unsupported) == ("get_training_run", False)
    assert error.headers["content-type"] == "application/json"
    assert "set-cookie" not in error.headers
    assert 0 <= error.elapsed < 10
    assert (error.response.status_code, error.response.headers) == (429, error.headers)
    assert error.response.json() == {"detail": "slow"}
    assert error.response.text == error.response.content.decode() == '{"detail": "slow"}'


@pytest.mark.core_install
@pytest.mark.parametrize(("answer", "body"), [(reply(400), None), (reply(400, "text"), "text")])
def test_a_body_that_is_no_json(server: RecordingServer, answer: bytes, body: object) -> None:
    error = fail(server, answer)
    assert error.body == body
    assert (error.server_request_id, error.retry_after) == (None, None)


@pytest.mark.usefixtures("no_jitter")
@pytest.mark.parametrize(("method", "answers", "end"), REPETITIONS)
def test_a_change_whose_answer_was_lost(
    server: RecordingServer, method: str, answers: list[Answer], end: str
) -> None:
    server.answer = in_turn(answers)
    seconds = 1 if never_answer in answers else 20
    with client_of(server, attempt_timeout=seconds, max_retries=3) as client:
        future = getattr(client, method)("run-1", "weights/0001")
        error = future.exception()
        assert (type(error).__name__ if error else "done") == end
        assert error or future.result() is None
    assert len(server.requests) == len(answers)
    assert len({request.header("X-Idempotency-Key") for request in server.requests}) == 1


@pytest.mark.parametrize("status", [404, 409])
@pytest.mark.parametrize("name", [one["operationId"] for method, _, one in operations() if method != "GET"])
def test_the_description_says_what_proves_a_change_done(server: RecordingServer, name: str, status: int) -> None:
    """It holds for all methods, since none of them names the status."""
    operation = next(one for _, _, one in operations() if one["operationId"] == name)
    server.answer = in_turn([lose_answer, reply(status, {"detail": "such as it is"})])
    call = described_call(name)
    given = call.keywords
    if "requestBody" in operation:
        model = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        given["body"] = getattr(models, model).from_dict(json.loads(call.body))
    module = import_module(f"tinker_rest_api.api.{operation['tags'][0]}.{name}")
    given = {key: one for key, one in given.items() if key in inspect.signature(module.sync_detailed).parameters}
    with client_of(server, max_retries=3) as client:
        error = client._submit(module, **given).exception()
    assert getattr(error, "status_code", None) == (
        None if operation["x-already-done-status"] == status else status
    )
    assert len(server.requests) == 2


@pytest.mark.parametrize("has_echo", [True, False])
def test_an_answer_to_another_request_is_not_taken(server: RecordingServer, has_echo: bool) -> None:
    """A proxy that answers twice: the second answer, with or without the ID, is there when the next is sent."""

    def answer_twice(request: RecordedRequest) -> bytes:
        run = {"training_run_id": request.target.partition("?")[0][-1], "base_model": "b", "is_lora": True}
        first = reply(body=run, X_Request_Id=str(request.header("X-Request-Id")))
        return first + (first if has_echo else reply(body=run))

    server.answer = answer_twice
    with client_of(server) as client:
        found = [client.get_training_run(name).result().training_run_id for name in "ab"]
    assert found == ["a", "b"]


# What a child process does, in its own words: it makes a call for real and lets the error out.
CHILD = """
from tinker_rest import RestClient
with RestClient(base_url={url!r}, api_key={key!r}, max_retries=0, attempt_timeout={seconds}) as client:
    {call}
"""
GET = 'client.get_training_run("run-1").result()'
STATUSES = {400: "BadRequestError", 401: "AuthenticationError", 402: "BillingError", 403: "PermissionDeniedError"}
STATUSES |= {404: "NotFoundError", 405: "APIStatusError", 409: "ConflictError", 422: "UnprocessableEntityError"}
STATUSES |= {429: "RateLimitError", 500: "InternalServerError"}
IN_CHILD: list[tuple[str, Answer, str]] = [
    *((name, reply(status, {"detail": "n"}, X_Request_Id="srv-1"), GET) for status, name in STATUSES.items()),
    ("APIResponseValidationError", reply(body=[]), GET),
    ("APIConnectionError", lose_answer, GET),
    ("APITimeoutError", never_answer, GET),
    ("UploadError", b"", "from tinker_rest import UploadError; raise UploadError('bare')"),
    ("InvalidArgumentError", b"", 'client.get_training_run("")'),
    ("ClientClosedError", b"", "client.close(); client.list_sessions()"),
    ("CredentialsError", b"", 'RestClient(api_key="")'),
    ("APIError", b"", 'from tinker_rest import APIError; raise APIError("bare")'),
    (
        "SessionTraceExportError",
        b"",
        "from tinker_rest.errors import SessionTraceExportError as E; raise E('bare')",
    ),
    ("BulkError", b"", "from tinker_rest import BulkError, BulkResult; raise BulkError(BulkResult([]))"),
    ("DownloadError", b"", 'client.download_checkpoint("tinker://r/weights/1", "/dev/null/a").result()'),
    ("UploadError", b"", 'from tinker_rest import UploadError; raise UploadError("bare")'),
    ("TinkerError", b"", 'from tinker_rest import TinkerError; raise TinkerError("bare")'),
]


def test_every_error_comes_through_a_process_pool(server: RecordingServer) -> None:
    # A fork of this process, which has threads, would be another test.
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        for name, answer, call in IN_CHILD:
            server.answer = in_turn([answer])
            seconds = 0.3 if answer is never_answer else 20
            code = CHILD.format(url=server.base_url, key=KEY, seconds=seconds, call=call)
            future = pool.submit(exec, code, {})
            error = future.exception()
            assert type(error).__name__ == name
            check_round_trip(error)


def check_round_trip(error: Any) -> None:
    again: Any = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert (str(again), repr(again), again.args) == (str(error), repr(error), error.args)
    assert vars(again).keys() == vars(error).keys()
    assert isinstance(again, TinkerError)
    if isinstance(error, APIError) and error.message != "bare":
        assert error.request.method == "GET"
        assert error.request.url.endswith("/api/v1/training_runs/run-1?access_scope=owned")
        assert error.operation_id == "get_training_run"
        assert error.attempts == vars(again)["attempts"] == 1
        assert error.request_id.startswith("req-")
        assert error.elapsed > 0
    if isinstance(error, APIStatusError):
        assert STATUSES[error.status_code] == type(error).__name__
        assert (error.body, error.server_request_id) == ({"detail": "n"}, "srv-1")
        assert error.response.json() == {"detail": "n"}
        assert vars(again)["response"] == error.response


def test_the_process_pool_saw_every_class() -> None:
    public = {name for name, one in vars(errors).items() if not name.startswith("_") and isinstance(one, type)}
    classes = {name for name in public if issubclass(getattr(errors, name), TinkerError)}
    assert classes - {name for name, *_ in IN_CHILD} == {"APIResponseError"}  # two others derive from it
    assert classes - set(tinker_rest.__all__) == set()


def test_after_close_no_call_is_made() -> None:
    client = RestClient(base_url=f"http://127.0.0.1:{unused_port()}", api_key=KEY)
    future = client.list_sessions()
    client.close()
    with pytest.raises(ClientClosedError):
        client.list_sessions()
    with pytest.raises((ClientClosedError, APIError)):
        future.result()


def test_errors_are_made_with_the_arguments_of_the_official_sdk() -> None:
    """As programs do in their own tests. The SDK's requests and responses are those of httpx."""
    request = httpx.Request("GET", "https://host/path")
    response = httpx.Response(429, request=request, json={"detail": "slow"}, headers={"X-Odd": "1"})
    made: list[Any] = [
        tinker_rest.APIError("no", request, body="text"),  # type: ignore[arg-type]
        tinker_rest.APIConnectionError(request=request),  # type: ignore[arg-type]
        tinker_rest.APIConnectionError(request, "no"),  # type: ignore[arg-type]
        tinker_rest.APITimeoutError(request=request),  # type: ignore[arg-type]
        tinker_rest.APIResponseValidationError(response, None),  # type: ignore[arg-type]
        tinker_rest.RateLimitError("no", response, {"detail": "slow"}),  # type: ignore[arg-type]
        tinker_rest.RateLimitError(message="no", response=response, body=None),  # type: ignore[arg-type]
    ]
    texts = ["no", "Connection error.", "no", "Request timed out.", made[4].message, "no", "no"]
    for error, text in zip(made, texts, strict=True):
        assert (str(error), error.message, error.args) == (text, text, (text,))
        assert error.request is request
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), again.args, again.body) == (type(error), error.args, error.body)
        assert again.request.url == request.url
    for error in made[4:]:
        assert (error.status_code, error.response, error.headers["x-odd"]) == (429, response, "1")
    assert (made[0].body, made[5].body) == ("text", {"detail": "slow"})
