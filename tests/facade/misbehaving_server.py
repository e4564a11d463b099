"""A server that misbehaves by name: the id of the training run in a request says how."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import socket
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from .recording_server import Answer, RecordedRequest, RecordingServer, lose_answer, never_answer, reply

# How long the server that is slow takes to answer.
SLOW_SECONDS = 1.0


def run_json(fault: str) -> dict[str, object]:
    return {"training_run_id": f"f-{fault}", "base_model": "b", "model_owner": "o", "is_lora": True}


async def truncated_answer(writer: asyncio.StreamWriter) -> None:
    writer.write(reply(body=run_json("truncated"))[:-10])
    await writer.drain()


async def slow_answer(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(SLOW_SECONDS)
    writer.write(reply(body=run_json("slow"), Connection="close"))  # else a call might use it just then
    await writer.drain()


async def no_http(writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
    await writer.drain()


async def endless_header(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    for _ in range(64):
        writer.write(b"a" * 65536)
        await writer.drain()


class MisbehavingServer(RecordingServer):
    """Misbehaves as the fault says that is named in the request: `f-429`, `f-truncated`, …

    Attributes:
        count: How many requests came for each fault.
    """

    def __init__(self, other_origin: str) -> None:
        """Take the address of another server, to which redirects go."""
        super().__init__(self._misbehave)
        self.count: Counter[str] = Counter()
        self._other_origin = other_origin

    def _misbehave(self, request: RecordedRequest) -> Answer:
        match = re.search(r"/f-([^/?]+)", request.target)
        assert match
        fault = match[1]
        self.count[fault] += 1
        return self._answer(fault, self.count[fault])

    def _answer(self, fault: str, turn: int) -> Answer:
        good = run_json(fault)
        text = json.dumps(good)
        if re.fullmatch(r"\d{3}(-steady)?", fault):
            return reply(int(fault[:3]), {"detail": f"nope {fault[:3]}"})
        faults: dict[str, Callable[[], Answer]] = {
            "429-ra": lambda: first_then(turn, reply(429, {"detail": "slow down"}, Retry_After="2"), good),
            "429-radate": lambda: first_then(turn, reply(429, {"detail": "x"}, Retry_After=in_seconds(3)), good),
            "429-ra120": lambda: reply(429, {"detail": "come back later"}, Retry_After="120"),
            "503-then-200": lambda: reply(503, {"detail": "busy"}) if turn < 3 else reply(body=good),
            "502-html": lambda: reply(502, "<html><h1>Bad Gateway</h1></html>", "text/html"),
            "reset-then-ok": lambda: first_then(turn, lose_answer, good),
            "always-closed": lambda: lose_answer,
            "truncated": lambda: truncated_answer,
            "no-http": lambda: no_http,
            "endless-header": lambda: endless_header,
            "badjson": lambda: reply(body=text[:50], media_type="application/json"),
            "html200": lambda: reply(body="<html>Log in</html>", media_type="text/html"),
            "html200-delete": lambda: reply(body="<html>Log in</html>", media_type="text/html; charset=utf-8"),
            "bad-gzip": lambda: reply(200, b"no gzip", "application/json", Content_Encoding="gzip"),
            "gzip": lambda: reply(200, gzip.compress(text.encode()), "application/json", Content_Encoding="gzip"),
            "missing": lambda: reply(body={"training_run_id": "x"}),
            "nulls": lambda: reply(body=good | {"base_model": None}),
            "list": lambda: reply(body=[good]),
            "null-body": lambda: reply(200, "null", "application/json"),
            "empty-body": lambda: reply(200, b"", "application/json"),
            "enum": lambda: reply(body=good | {"new_field": 1, "last_checkpoint": unknown_checkpoint()}),
            "naive": lambda: reply(body=good | {"last_request_time": "2026-07-13T10:00:00.123456"}),
            "slow": lambda: slow_answer,
            "time-out": lambda: never_answer,
            "425-archive": lambda: self._archive_after_425(turn),
            "redirect": lambda: self._redirect(302),
            "redirect-delete": lambda: self._redirect(307),
            "redirect-publish": lambda: self._redirect(308),
            "redirect-same": lambda: reply(301, Location="/api/v1/elsewhere"),
        }
        return faults[fault]()

    def _redirect(self, status: int) -> bytes:
        return reply(status, Location=f"{self._other_origin}/stolen?signature=secret")

    def _archive_after_425(self, turn: int) -> bytes:
        if turn < 3:
            return reply(425, {"detail": "still being built"}, Retry_After="0")
        return self._redirect(302)


def first_then(turn: int, first: Answer, good: object) -> Answer:
    return first if turn == 1 else reply(body=good)


def in_seconds(seconds: int) -> str:
    """An HTTP date, which has whole seconds: the next one after so many seconds."""
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


def unknown_checkpoint() -> dict[str, object]:
    path = "tinker://f-enum/quantum_weights/1"
    return {"checkpoint_id": "quantum_weights/1", "checkpoint_type": "quantum", "tinker_path": path, "new": [1]}


def unused_port() -> int:
    """A port at which nobody listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port


# What the official SDK did (FAULTS.md): seconds, requests, outcome of 0.38.0, then of 0.18.2. TimeoutError
# means that it was still trying after 100 s. A dash: not measured.
SDK_TABLE = """
400             0.2  1 BadRequestError              0.6  1 BadRequestError
401             0.2  1 AuthenticationError          0.6  1 AuthenticationError
402           100.0 20 TimeoutError                 0.6  1 APIStatusError
403             0.2  1 PermissionDeniedError        0.6  1 PermissionDeniedError
404             0.2  1 NotFoundError                0.6  1 NotFoundError
409           100.0 20 TimeoutError               100.0 20 TimeoutError
422             0.2  1 UnprocessableEntityError     0.6  1 UnprocessableEntityError
425             0.2  1 APIStatusError               0.6  1 APIStatusError
429           100.0 20 TimeoutError               100.0 19 TimeoutError
500           100.0 20 TimeoutError               100.0 19 TimeoutError
502           100.0 20 TimeoutError               100.0 20 TimeoutError
503           100.0 20 TimeoutError               100.0 20 TimeoutError
429-ra          2.1  2 OK                           2.6  2 OK
429-radate      2.8  2 OK                           3.0  2 OK
503-then-200    1.4  3 OK                           2.0  3 OK
502-html      100.0 20 TimeoutError               100.0 20 TimeoutError
520           100.0 20 TimeoutError               100.0 19 TimeoutError
reset-then-ok   0.5  2 OK                           1.0  2 OK
truncated     100.0 20 TimeoutError               100.0 20 TimeoutError
badjson         0.2  1 JSONDecodeError              0.6  1 JSONDecodeError
html200         0.1  1 APIResponseValidationError   0.6  1 APIResponseValidationError
missing         0.1  1 APIResponseValidationError   0.6  1 APIResponseValidationError
nulls           0.1  1 APIResponseValidationError   0.6  1 APIResponseValidationError
list            0.1  1 APIResponseValidationError   0.6  1 APIResponseValidationError
enum            0.1  1 APIResponseValidationError   0.6  1 APIResponseValidationError
naive           0.0  1 OK                           0.6  1 OK
slow           20.0  1 OK                          20.6  1 OK
500-steady    359.0 66 gives-up                   302.0 55 gives-up
always-closed 308.0 55 gives-up                       -  - -
refused       120.0  - constructor-blocks             -  - -
429-ra120         -  - header-ignored                 -  - -
425-archive       -  1 APIStatusError                 -  1 APIStatusError
time-out      120.0  - sent-again                     -  - -
null-body         -  1 returns-None                   -  - -
html200-delete    -  1 returns-None                   -  - -
redirect          -  - followed-with-key              -  - -
redirect-delete   -  - followed-with-key              -  - -
"""
SDK = {name: columns for name, *columns in map(str.split, SDK_TABLE.strip().splitlines())}
assert all(len(columns) == 6 for columns in SDK.values())
