"""What each call puts on the wire, byte for byte, and what is refused before anything is sent."""

# ruff: noqa: E501 - in the tables a row is a line
from __future__ import annotations

import asyncio
import enum
import inspect
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tinker_rest import (
    AdminClient,
    CheckpointSelection,
    CredentialsError,
    InvalidArgumentError,
    RestClient,
    ServiceClient,
)
from tinker_rest.types import (
    AccessibleSearchOwner,
    ActiveSessionStatusQuery,
    CheckpointSearchCursor,
    CheckpointSearchRequest,
    ClientFinishedSessionStatusQuery,
    LoraConfig,
    SessionSearchCursor,
    SessionSearchRequest,
    UserSearchOwner,
)

from .described_calls import described_call, described_calls, operations
from .recording_server import KEY, RecordingServer, client_of, in_turn, lose_answer, reply

RUN = "5f2d7413-8a3c-4e1b-9d60-2b7c1f0e9a55:train:0"
SAMPLER = "5f2d7413-8a3c-4e1b-9d60-2b7c1f0e9a55:sample:0"
SESSION = "5f2d7413-8a3c-4e1b-9d60-2b7c1f0e9a55"
API = "/api/v1"
CHECKPOINTS = f"{API}/training_runs/{RUN}/checkpoints"
TRAINING, SAMPLING, EXTERNAL = (
    f"tinker://{RUN}/{name}" for name in ("weights/0001", "sampler_weights/0001", "external_weights/imported")
)
INFO = f"POST {API}/weights_info"
DAY, NO_TTL = b'{"ttl_seconds":86400}', b'{"ttl_seconds":null}'
ACCESSIBLE = {"access_scope": "accessible"}
COPY, SEARCH, PROJECT = (
    f"POST {API}/copy_weights",
    f"POST {API}/sessions/search",
    f"PUT {API}/sessions/{SESSION}/project",
)
USAGE = f"GET {API}/billing/usage"
MIDNIGHT, NEXT = "2026-07-13T00:00:00Z", "2026-07-14T00:00:00Z"
EVENTS = f"{USAGE}/events?starting_on=2026-07-13T00%3A00%3A00Z&ending_before=2026-07-14T00%3A00%3A00Z"
NIGHTLY = SessionSearchRequest(display_name="nightly", owner=AccessibleSearchOwner())
EVERYTHING = SessionSearchRequest(
    session_id="s", project_ids=["p"], user_metadata={"team": "x"}, owner=UserSearchOwner(owner_urns=["u"]),
    statuses=[ActiveSessionStatusQuery(), ClientFinishedSessionStatusQuery(reasons=["errored", "of_next_year"])],
    limit=200, cursor=SessionSearchCursor(last_created_at=datetime(2026, 7, 13, 9, 0, 0, 5, UTC), last_session_id="l"),
)  # fmt: skip
FOUND_BY_EVERYTHING = (
    b'{"session_id":"s","project_ids":["p"],"user_metadata":{"team":"x"},"owner":{"type":"user","owner_urns":["u"]},'
    b'"statuses":[{"type":"active"},{"type":"client_finished","reasons":["errored","of_next_year"]}],"limit":200,'
    b'"cursor":{"last_created_at":"2026-07-13T09:00:00.000005Z","last_session_id":"l"}}'
)


EVERY_CHECKPOINT = CheckpointSearchRequest(
    project_ids=["p"], user_metadata={"team": "x"}, checkpoint_type="sampler",
    owner=UserSearchOwner(owner_urns=["u"]), base_models=["m"], limit=200,
    cursor=CheckpointSearchCursor(last_created_at="2026-07-13T11:00:00.000000005+02:00", last_checkpoint_uuid="l"),
)  # fmt: skip
FOUND_BY_EVERY_CONDITION = (
    b'{"project_ids":["p"],"user_metadata":{"team":"x"},"checkpoint_type":"sampler",'
    b'"owner":{"type":"user","owner_urns":["u"]},"base_models":["m"],"limit":200,'
    b'"cursor":{"last_created_at":"2026-07-13T11:00:00.000000005+02:00","last_checkpoint_uuid":"l"}}'
)


class Id(str, enum.Enum):  # noqa: UP042 - of this kind, str() gives the name
    """Ids as a user may keep them."""

    MAIN = "run-1"
    SAVED = "weights/1"
    PATH = "tinker://run-1/weights/1"


class Index:
    """A number of another type, such as numpy's."""

    def __index__(self) -> int:
        return 5

    def __repr__(self) -> str:  # the same in every worker
        return "Index(5)"


# Method, arguments, request line, body: as the official SDK sends them (WIRE.md). Defaults come first.
# fmt: off
WIRE: list[tuple[str, tuple[Any, ...], dict[str, Any], str, bytes]] = [
    ("get_training_run", (RUN,), {}, f"GET {API}/training_runs/{RUN}?access_scope=owned", b""),
    ("get_training_run", (RUN,), ACCESSIBLE, f"GET {API}/training_runs/{RUN}?access_scope=accessible", b""),
    ("get_training_run_by_tinker_path", (TRAINING,), {}, f"GET {API}/training_runs/{RUN}?access_scope=owned", b""),
    ("get_training_run_by_tinker_path", (SAMPLING, "accessible"), {}, f"GET {API}/training_runs/{RUN}?access_scope=accessible", b""),
    ("get_weights_info_by_tinker_path", (TRAINING,), {}, INFO, b'{"tinker_path":"%s"}' % TRAINING.encode()),
    ("get_weights_info_by_tinker_path", (EXTERNAL,), {}, INFO, b'{"tinker_path":"%s"}' % EXTERNAL.encode()),
    ("get_weights_info_by_tinker_path", ("tinker://run-1/checkpoints/x",), {}, INFO, b'{"tinker_path":"tinker://run-1/checkpoints/x"}'),
    ("get_weights_info_by_tinker_path", ("twinkle://run-1/weights/1",), {}, INFO, b'{"tinker_path":"twinkle://run-1/weights/1"}'),
    ("get_training_run_by_tinker_path", ("twinkle://run-1/weights/1",), {}, f"GET {API}/training_runs/run-1?access_scope=owned", b""),
    ("get_training_run_by_tinker_path", ("tinker://run-1/checkpoints/x",), {}, f"GET {API}/training_runs/run-1?access_scope=owned", b""),
    ("list_training_runs", (), {}, f"GET {API}/training_runs?limit=20&offset=0&access_scope=owned", b""),
    ("list_training_runs", (50, 100), ACCESSIBLE, f"GET {API}/training_runs?limit=50&offset=100&access_scope=accessible", b""),
    ("list_checkpoints", (RUN,), {}, f"GET {CHECKPOINTS}", b""),
    ("get_checkpoint_archive_url", (RUN, "weights/0001"), {}, f"GET {CHECKPOINTS}/weights/0001/archive", b""),
    ("get_checkpoint_archive_url", (RUN, "checkpoint-123"), {}, f"GET {CHECKPOINTS}/checkpoint-123/archive", b""),
    ("get_checkpoint_archive_url_from_tinker_path", (SAMPLING,), {}, f"GET {CHECKPOINTS}/sampler_weights/0001/archive", b""),
    ("delete_checkpoint", (RUN, "sampler_weights/0001"), {}, f"DELETE {CHECKPOINTS}/sampler_weights/0001", b""),
    ("delete_checkpoint", (RUN, "checkpoint-123"), {}, f"DELETE {CHECKPOINTS}/checkpoint-123", b""),
    ("delete_checkpoint_from_tinker_path", (TRAINING,), {}, f"DELETE {CHECKPOINTS}/weights/0001", b""),
    ("publish_checkpoint", (RUN, "weights/0001"), {}, f"POST {CHECKPOINTS}/weights/0001/publish", b""),
    ("publish_checkpoint", (RUN, "checkpoint-123"), {}, f"POST {CHECKPOINTS}/checkpoint-123/publish", b""),
    ("publish_checkpoint_from_tinker_path", (TRAINING,), {}, f"POST {CHECKPOINTS}/weights/0001/publish", b""),
    ("unpublish_checkpoint", (RUN, "weights/0001"), {}, f"DELETE {CHECKPOINTS}/weights/0001/publish", b""),
    ("unpublish_checkpoint", (RUN, "checkpoint-123"), {}, f"DELETE {CHECKPOINTS}/checkpoint-123/publish", b""),
    ("unpublish_checkpoint_from_tinker_path", (EXTERNAL,), {}, f"DELETE {CHECKPOINTS}/external_weights/imported/publish", b""),
    ("set_checkpoint_ttl", (RUN, "weights/0001", 86400), {}, f"PUT {CHECKPOINTS}/weights/0001/ttl", DAY),
    ("set_checkpoint_ttl", (RUN, "checkpoint-123", None), {}, f"PUT {CHECKPOINTS}/checkpoint-123/ttl", NO_TTL),
    ("set_checkpoint_ttl_from_tinker_path", (TRAINING, 86400), {}, f"PUT {CHECKPOINTS}/weights/0001/ttl", DAY),
    ("set_checkpoint_ttl_from_tinker_path", (TRAINING, None), {}, f"PUT {CHECKPOINTS}/weights/0001/ttl", NO_TTL),
    ("select_checkpoints", (CheckpointSelection(training_run_ids=[RUN]),), {}, f"GET {CHECKPOINTS}", b""),
    ("delete_checkpoints", ([EXTERNAL],), {}, f"DELETE {CHECKPOINTS}/external_weights/imported", b""),
    ("publish_checkpoints", ([EXTERNAL],), {}, f"POST {CHECKPOINTS}/external_weights/imported/publish", b""),
    ("unpublish_checkpoints", ([EXTERNAL],), {}, f"DELETE {CHECKPOINTS}/external_weights/imported/publish", b""),
    ("set_checkpoints_ttl", ([EXTERNAL], 86400), {}, f"PUT {CHECKPOINTS}/external_weights/imported/ttl", DAY),
    ("set_checkpoints_ttl", ([EXTERNAL], None), {}, f"PUT {CHECKPOINTS}/external_weights/imported/ttl", NO_TTL),
    ("set_checkpoint_ttl_from_tinker_path", (TRAINING, timedelta(days=1)), {}, f"PUT {CHECKPOINTS}/weights/0001/ttl", DAY),
    ("set_checkpoint_ttl", (RUN, "weights/0001", 86400.0), {}, f"PUT {CHECKPOINTS}/weights/0001/ttl", DAY),
    ("set_checkpoints_ttl", ([TRAINING], timedelta(days=1)), {}, f"PUT {CHECKPOINTS}/weights/0001/ttl", DAY),
    ("set_checkpoint_ttl_from_tinker_path", (TRAINING, 3600), {}, f"PUT {CHECKPOINTS}/weights/0001/ttl", b'{"ttl_seconds":3600}'),
    ("set_checkpoint_ttl_from_tinker_path", (TRAINING, 315360000), {}, f"PUT {CHECKPOINTS}/weights/0001/ttl", b'{"ttl_seconds":315360000}'),
    ("list_user_checkpoints", (), {}, f"GET {API}/checkpoints?limit=100&offset=0", b""),
    ("list_user_checkpoints", (None, None), {}, f"GET {API}/checkpoints?limit=100&offset=0", b""),
    ("list_user_checkpoints", (Index(), 10.0), {}, f"GET {API}/checkpoints?limit=5&offset=10", b""),
    ("list_sessions", (None, None), {}, f"GET {API}/sessions?limit=20&offset=0&access_scope=owned", b""),
    ("list_training_runs", (None, None), {}, f"GET {API}/training_runs?limit=20&offset=0&access_scope=owned", b""),
    ("list_user_checkpoints", (), {"limit": 50, "offset": 50}, f"GET {API}/checkpoints?limit=50&offset=50", b""),
    ("get_session", (SESSION,), {}, f"GET {API}/sessions/{SESSION}?access_scope=owned", b""),
    ("get_session", (SESSION, "accessible"), {}, f"GET {API}/sessions/{SESSION}?access_scope=accessible", b""),
    ("list_sessions", (), {}, f"GET {API}/sessions?limit=20&offset=0&access_scope=owned", b""),
    ("list_sessions", (50, 50, "accessible"), {}, f"GET {API}/sessions?limit=50&offset=50&access_scope=accessible", b""),
    ("get_sampler", (SAMPLER,), {}, f"GET {API}/samplers/{SAMPLER}", b""),
    ("list_training_runs", (), {"project_id": "p 1"}, f"GET {API}/training_runs?limit=20&offset=0&access_scope=owned&project_id=p+1", b""),
    ("get_server_capabilities", (), {}, f"GET {API}/get_server_capabilities", b""),
    ("get_external_weights_urls", (EXTERNAL,), {}, f"GET {CHECKPOINTS}/external_weights/imported/external_weights_urls", b""),
    ("copy_weights", (TRAINING, "p"), {}, COPY, b'{"source_path":"%s","destination_project_id":"p"}' % TRAINING.encode()),
    ("copy_weights", (TRAINING,), {"destination_project_id": "p", "ttl_seconds": 3600}, COPY, b'{"source_path":"%s","destination_project_id":"p","ttl_seconds":3600}' % TRAINING.encode()),
    ("assign_session_project", (SESSION, "p"), {}, PROJECT, b'{"project_id":"p"}'),
    ("export_session_trace", (SESSION,), {}, f"GET {API}/sessions/{SESSION}/trace_export", b""),
    ("search_checkpoints", (CheckpointSearchRequest(),), {}, f"POST {API}/checkpoints/search", b'{"user_metadata":{},"owner":{"type":"own"},"limit":50}'),
    ("search_checkpoints", (CheckpointSearchRequest(base_models=[]),), {}, f"POST {API}/checkpoints/search", b'{"user_metadata":{},"owner":{"type":"own"},"base_models":[],"limit":50}'),
    ("search_checkpoints", (), {"request": EVERY_CHECKPOINT}, f"POST {API}/checkpoints/search", FOUND_BY_EVERY_CONDITION),
    ("external_weights_upload_start", ("Qwen/Qwen3-8B", LoraConfig(rank=8)), {}, f"POST {API}/external_weights_upload_start", b'{"base_model":"Qwen/Qwen3-8B","lora_config":{"rank":8,"train_unembed":true,"train_mlp":true,"train_attn":true}}'),
    ("external_weights_upload_start", ("m", LoraConfig(rank=1, seed=2, train_mlp=False), "p"), {}, f"POST {API}/external_weights_upload_start", b'{"base_model":"m","lora_config":{"rank":1,"seed":2,"train_unembed":true,"train_mlp":false,"train_attn":true},"destination_project_id":"p"}'),
    ("search_sessions", (SessionSearchRequest(),), {}, SEARCH, b'{"user_metadata":{},"owner":{"type":"own"},"limit":50}'),
    ("search_sessions", (NIGHTLY,), {}, SEARCH, b'{"user_metadata":{},"display_name":"nightly","owner":{"type":"accessible"},"limit":50}'),
    ("search_sessions", (), {"request": EVERYTHING}, SEARCH, FOUND_BY_EVERYTHING),
    ("whoami", (), {}, f"POST {API}/auth/token", b"{}"),
    ("get_audit_log", (), {}, f"GET {API}/audit?event_type=all", b""),
    ("get_audit_log", ("checkpoints", date(2026, 1, 15)), {}, f"GET {API}/audit?event_type=checkpoints&day=2026-01-15", b""),
    ("get_billing_usage", (MIDNIGHT, NEXT), {}, EVENTS, b""),
    ("get_billing_usage", ("2026-07-13", "2026-07-14"), {}, EVENTS, b""),
    ("get_billing_usage", ("2026-07-13T05:30:00+05:30", datetime(2026, 7, 14)), {}, EVENTS, b""),
    ("get_billing_usage", (datetime(2026, 7, 13, tzinfo=UTC), datetime(2026, 7, 13, 20, tzinfo=timezone(timedelta(hours=-4)))), {}, EVENTS, b""),
    ("get_current_checkpoint_storage_usage", (), {}, f"{USAGE}/checkpoints/current", b""),
    ("get_current_checkpoint_storage_usage", ("p",), {}, f"{USAGE}/checkpoints/current?project_id=p", b""),
]
ADMINISTRATION = ("get_audit_log", "get_billing_usage", "get_current_checkpoint_storage_usage")
# Each is also called as in the examples of the description, so a new argument that is never sent fails.
WIRE += described_calls((RestClient, AdminClient))
# An odd character is data, so it never ends a segment; what a segment may hold is sent as it is.
AWKWARD: list[tuple[str, tuple[Any, ...], str]] = [
    ("get_training_run", ("a b ü%2F",), f"GET {API}/training_runs/a%20b%20%C3%BC%252F?access_scope=owned"),
    ("get_sampler", ("../x",), f"GET {API}/samplers/..%2Fx"),
    ("get_training_run", ("...",), f"GET {API}/training_runs/...?access_scope=owned"),
    ("get_training_run", ("..%2f..",), f"GET {API}/training_runs/..%252f..?access_scope=owned"),
    ("get_training_run", ("%2e%2e",), f"GET {API}/training_runs/%252e%252e?access_scope=owned"),
    ("get_training_run", ("\U0001f680",), f"GET {API}/training_runs/%F0%9F%9A%80?access_scope=owned"),
    ("get_session", ("a?b#c",), f"GET {API}/sessions/a%3Fb%23c?access_scope=owned"),
    ("get_session", ("a\\b",), f"GET {API}/sessions/a%5Cb?access_scope=owned"),
    ("get_session", ("a&b=c+d",), f"GET {API}/sessions/a&b=c+d?access_scope=owned"),
    ("get_sampler", ("!$&'()*+,;=:@-._~",), f"GET {API}/samplers/!$&'()*+,;=:@-._~"),
    ("get_sampler", ('"<>[]^`{|}',), f"GET {API}/samplers/%22%3C%3E%5B%5D%5E%60%7B%7C%7D"),
    ("get_sampler", ("model/a//b/",), f"GET {API}/samplers/model%2Fa%2F%2Fb%2F"),
    ("get_sampler", ("http://x.example/",), f"GET {API}/samplers/http:%2F%2Fx.example%2F"),
    ("get_sampler", ("/",), f"GET {API}/samplers/%2F"),
    ("list_checkpoints", (Id.MAIN,), f"GET {API}/training_runs/run-1/checkpoints"),
    ("delete_checkpoint", (Id.MAIN, Id.SAVED), f"DELETE {API}/training_runs/run-1/checkpoints/weights/1"),
    ("delete_checkpoint_from_tinker_path", (Id.PATH,), f"DELETE {API}/training_runs/run-1/checkpoints/weights/1"),
    ("list_checkpoints", ("a%20b",), f"GET {API}/training_runs/a%2520b/checkpoints"),
    ("delete_checkpoint", ("run-1", "a#b"), f"DELETE {API}/training_runs/run-1/checkpoints/a%23b"),
    ("delete_checkpoint", ("run-1", "..."), f"DELETE {API}/training_runs/run-1/checkpoints/..."),
    ("delete_checkpoint", ("run-1", "weights/a b%c"), f"DELETE {API}/training_runs/run-1/checkpoints/weights/a%20b%25c"),
    ("delete_checkpoint_from_tinker_path", ("tinker://run-1/weights/1#f",), f"DELETE {API}/training_runs/run-1/checkpoints/weights/1%23f"),
    ("publish_checkpoint_from_tinker_path", ("tinker://run-1/weights/1?x=1",), f"POST {API}/training_runs/run-1/checkpoints/weights/1%3Fx=1/publish"),
    ("set_checkpoint_ttl_from_tinker_path", ("tinker://a b/weights/%2F", None), f"PUT {API}/training_runs/a%20b/checkpoints/weights/%252F/ttl"),
    ("get_checkpoint_archive_url", ("é", "sampler_weights/ß"), f"GET {API}/training_runs/%C3%A9/checkpoints/sampler_weights/%C3%9F/archive"),
]
PATH_METHODS: list[tuple[str, tuple[Any, ...]]] = [
    ("get_training_run_by_tinker_path", ()), ("get_weights_info_by_tinker_path", ()),
    ("get_external_weights_urls", ()), ("copy_weights", ("p",)),
    ("get_checkpoint_archive_url_from_tinker_path", ()), ("delete_checkpoint_from_tinker_path", ()),
    ("publish_checkpoint_from_tinker_path", ()), ("unpublish_checkpoint_from_tinker_path", ()),
    ("set_checkpoint_ttl_from_tinker_path", (None,)),
]
CHECKPOINT_METHODS: list[tuple[str, tuple[Any, ...]]] = [
    ("get_checkpoint_archive_url", ()), ("delete_checkpoint", ()), ("publish_checkpoint", ()),
    ("unpublish_checkpoint", ()), ("set_checkpoint_ttl", (None,)),
]
BAD_IDS = ("", ".", "..", "a\nb", "\x00", "a\x7f", None, 5, 1.5, True, b"run", ["run"], TRAINING, "\ud800")
# What cannot be a tinker path, and what of it the message must name.
BAD_PATHS: list[tuple[Any, object]] = [
    ("", ""), (None, None), (5, 5), (b"tinker://run/weights/1", b"tinker://run/weights/1"), ("run-1", "run-1"),
    ("weights/0001", "weights/0001"), ("http://run/weights/1", "http://run/weights/1"),
    ("Tinker://run/weights/1", "Tinker://run/weights/1"), ("tinker:/run/weights/1", "tinker:/run/weights/1"),
    ("tinker://run", "tinker://run"), ("tinker://run/weights", "tinker://run/weights"),
    ("tinker://run/weights/a/b", "tinker://run/weights/a/b"), ("tinker://run/checkpoints/1", "tinker://run/checkpoints/1"),
    ("tinker:///weights/1", ""), ("tinker://run/weights/", ""), ("tinker://run//1", "tinker://run//1"),
    ("tinker://../weights/1", ".."), ("tinker://run/weights/..", ".."), ("tinker://run/weights/a\n", "a\n"),
]
# Servers of others have paths of their own: what only reads takes them.
PATHS_OF_OTHERS = ("http://run/weights/1", "Tinker://run/weights/1", "tinker://run/checkpoints/1")
READING = ("get_training_run_by_tinker_path", "get_weights_info_by_tinker_path")
LONG = "a" * 513
BAD_CHECKPOINTS: list[tuple[Any, object]] = [
    ("weights", "weights"), ("sampler_weights", "sampler_weights"), ("weights/", ""), ("/0001", "/0001"),
    ("weights/..", ".."), ("../weights", "../weights"), ("weights/a/b", "weights/a/b"), ("other/1", "other/1"),
    *((bad, bad) for bad in BAD_IDS),
]
BAD_TTLS = (-1, 0, 1, 3599, 3600.5, "3600", timedelta(minutes=59), timedelta(hours=1.0001), True, False, 315360001, float("nan"), [3600])
BAD_LIMITS = (0, -1, "5", True, 2.5, [5], 2**31)
BAD_OFFSETS = (-1, "0", False, 1.5, 2**53)
BAD_PROJECTS = ("", " ", "a\nb", 5, ["p"])
BAD_HOURS = ("2026-07-13T00:30:00Z", "2026-07-13T00:00:01Z", "2026-07-13T00:00:00.5Z", "yesterday", "", None, 1783900800, date(2026, 7, 13), datetime(2026, 7, 13, 0, 0, 0, 1), "2026-07-13T00:00:00+05:30", "0001-01-01T00:00:00+05:00")
# What cannot be sent as JSON; the server refuses the rest (422).
BAD_SEARCHES: list[dict[str, Any]] = [
    {"display_name": "\ud800"}, {"owner": "own"}, {"cursor": "next"}, {"statuses": {5}},
    {"cursor": SessionSearchCursor(last_created_at="2026-01-01T00:00:00Z", last_session_id="s")},  # type: ignore[arg-type]
]
BAD_SCOPES = ("mine", "", "OWNED", None, 1)
REFUSED: list[tuple[str, tuple[Any, ...], dict[str, Any], object]] = [
    *((name, (bad,), {}, bad) for name in ("get_training_run", "list_checkpoints", "get_session", "get_sampler") for bad in BAD_IDS),
    *((name, (bad, "weights/1", *more), {}, bad) for name, more in CHECKPOINT_METHODS for bad in BAD_IDS),
    *((name, ("run-1", bad, *more), {}, named) for name, more in CHECKPOINT_METHODS for bad, named in BAD_CHECKPOINTS),
    *((name, (bad, *more), {}, named) for name, more in PATH_METHODS for bad, named in BAD_PATHS if name not in READING or bad not in PATHS_OF_OTHERS),
    *(("set_checkpoint_ttl", ("run-1", "weights/1", bad), {}, bad) for bad in BAD_TTLS),
    *(("set_checkpoint_ttl_from_tinker_path", (TRAINING, bad), {}, bad) for bad in BAD_TTLS),
    *((name, (bad,), {}, bad) for name in ("get_training_run", "list_checkpoints", "get_session") for bad in ("a/b", "/", "../x")),
    *((name, (bad, "weights/1", *more), {}, bad) for name, more in CHECKPOINT_METHODS for bad in ("R/checkpoints",)),
    *((name, (LONG,), {}, "aaa") for name in ("get_training_run", "list_checkpoints", "get_session", "get_sampler")),
    ("delete_checkpoint", ("run-1", f"weights/{LONG}"), {}, "aaa"),
    *((name, (), {"limit": bad}, bad) for name in ("list_training_runs", "list_user_checkpoints", "list_sessions") for bad in BAD_LIMITS),
    *((name, (), {"offset": bad}, bad) for name in ("list_training_runs", "list_user_checkpoints", "list_sessions") for bad in BAD_OFFSETS),
    *((name, (), {"access_scope": bad}, bad) for name in ("list_training_runs", "list_sessions") for bad in BAD_SCOPES),
    *((name, ("id",), {"access_scope": bad}, bad) for name in ("get_training_run", "get_session") for bad in BAD_SCOPES),
    *(("get_training_run_by_tinker_path", (TRAINING, bad), {}, bad) for bad in BAD_SCOPES),
    *((name, (bad, *more), {}, bad) for name, more in (("assign_session_project", ("p",)), ("export_session_trace", ())) for bad in (*BAD_IDS, "a/b")),
    *(("get_external_weights_urls", (path,), {}, path) for path in (TRAINING, SAMPLING)),
    ("assign_session_project", (SESSION, LONG), {}, "aaa"),
    *(("list_training_runs", (), {"project_id": bad}, bad) for bad in BAD_PROJECTS),
    *(("copy_weights", (TRAINING, bad), {}, bad) for bad in BAD_PROJECTS),
    *(("copy_weights", (TRAINING, "p"), {"ttl_seconds": bad}, bad) for bad in BAD_TTLS),
    *(("assign_session_project", (SESSION, bad), {}, bad) for bad in (*BAD_PROJECTS, None)),
    *(("get_current_checkpoint_storage_usage", (bad,), {}, bad) for bad in BAD_PROJECTS),
    *(("get_audit_log", (bad,), {}, bad) for bad in ("everything", "", None, 1)),
    *(("get_audit_log", ("all", bad), {}, bad) for bad in ("2026-01-15", 5, datetime(2026, 1, 15))),
    *(("get_billing_usage", (bad, NEXT), {}, bad) for bad in BAD_HOURS),
    *(("get_billing_usage", (MIDNIGHT, bad), {}, bad) for bad in BAD_HOURS),
    *(("get_billing_usage", times, {}, times[1]) for times in ((MIDNIGHT, MIDNIGHT), (NEXT, MIDNIGHT), ("9999-12-31T00:00:00Z", MIDNIGHT))),
    *((name, (bad,), {}, bad) for name in ("search_checkpoints", "search_sessions") for bad in (None, {}, "nightly")),
    *(("search_checkpoints", (CheckpointSearchRequest(limit=bad),), {}, bad) for bad in (0, 201, True, "5", None)),
    *(("external_weights_upload_start", (bad, LoraConfig(rank=8)), {}, bad) for bad in BAD_IDS[:9]),
    *(("external_weights_upload_start", ("m", bad), {}, bad) for bad in (None, 8, {"rank": 8})),
    *(("external_weights_upload_start", ("m", LoraConfig(rank=bad)), {}, bad) for bad in (0, -1, "8", None, 1.5)),
    *(("external_weights_upload_start", ("m", LoraConfig(rank=8), bad), {}, bad) for bad in BAD_PROJECTS),
    *(("external_weights_upload_finish", (bad,), {}, bad) for bad in BAD_IDS),
    *(("search_sessions", (SessionSearchRequest(limit=bad),), {}, bad) for bad in (0, 201, True, "5", None)),
    *(("search_sessions", (SessionSearchRequest(**search),), {}, SessionSearchRequest) for search in BAD_SEARCHES),
]
# The address, and whether the message may show it: not where a password stands in it.
BAD_BASE_URLS: list[tuple[Any, bool]] = [
    ("ftp://host", True), ("file:///etc", True), ("http://", True), ("https:///path", True), ("host.example", True),
    ("localhost:8000", True), ("", True), (5, True), ("http://host:99999", True), ("http://host:port", True),
    ("http://user:hunter22@host", False), ("ftp://user:hunter22@host", False), ("http://host?q=hunter22", False),
    ("http://host#hunter22", False), ("http://ho st", True), ("http://host\n", True), ("http://host/?", False),
    ("http://host/#", False), ("http://user:hunter22/pw@host", False), ("tml-hunter22", False),
    ("http://host:0", True), ("http://xn--", True), ("http://h%41st", True),
]
BAD_KEYS = ("", " ", "tml-", "sk-abcdefgh", "TML-abcdefgh", "tml-abcdefgh\n", " tml-abcdefgh", "tml-abc defgh", '"tml-abcdefgh"', "tml-abcdéfgh", b"tml-abcdefgh", 12345678, "tml-abcd,efgh", "tml-abcd'efgh", "eyJ")
# fmt: on


@pytest.fixture(scope="module")
def server() -> Iterator[RecordingServer]:
    with RecordingServer() as running:
        yield running


@pytest.fixture(scope="module")
def client(server: RecordingServer) -> Iterator[RestClient]:
    with client_of(server, max_retries=0) as made:
        yield made


def is_of_administrators(name: str) -> bool:
    return name in ADMINISTRATION or not hasattr(RestClient, name)


def ids(rows: list[Any]) -> list[str]:
    return [f"{row[0]}{row[1]!r}"[:90] for row in rows]


@pytest.mark.core_install
@pytest.mark.parametrize(("name", "args", "kwargs", "line", "body"), WIRE, ids=ids(WIRE))
def test_wire(
    server: RecordingServer, client: RestClient, name: str, args: Any, kwargs: Any, line: str, body: bytes
) -> None:
    server.requests.clear()
    asked: Any = AdminClient(client.holder) if is_of_administrators(name) else client
    getattr(asked, name)(*args, **kwargs).result()
    asyncio.run(getattr(asked, f"{name}_async")(*args, **kwargs))
    assert len(server.requests) == 2
    for request in server.requests:
        assert (request.line, request.body) == (line, body)
        assert request.header("Host") == server.base_url.removeprefix("http://")
        assert request.header("X-API-Key") == KEY
        assert request.header("Accept") == "application/json"
        assert request.header("Authorization") is None
        assert (request.header("User-Agent") or "").startswith("tinker-rest/")
        assert request.header("X-Request-Id")
        assert (request.header("X-Idempotency-Key") is None) == (request.method == "GET")
        assert request.header("Content-Type") == ("application/json" if body else None)
        assert KEY not in line + body.decode()
    assert len({request.header("X-Request-Id") for request in server.requests}) == len(server.requests)


@pytest.mark.parametrize("name", ["training_runs", "user_checkpoints", "sessions"])
def test_iterators_send_what_listings_send(server: RecordingServer, client: RestClient, name: str) -> None:
    keywords = described_call(f"list_{name}").keywords
    conditions = {key: value for key, value in keywords.items() if key not in ("limit", "offset")}
    server.requests.clear()
    next(iter(getattr(client, f"iter_{name}")(**conditions)), None)
    sent = dict(parse_qsl(urlsplit(server.requests[0].target).query))
    assert {key: sent.get(key, "is not sent") for key in conditions} == conditions


@pytest.mark.parametrize(("name", "args", "line"), AWKWARD, ids=ids(AWKWARD))
def test_awkward_ids(server: RecordingServer, client: RestClient, name: str, args: Any, line: str) -> None:
    server.requests.clear()
    getattr(client, name)(*args).result()
    assert server.lines == [line]


@pytest.mark.parametrize("name", sorted({row[0] for row in REFUSED}))
def test_refused_before_anything_is_sent(server: RecordingServer, client: RestClient, name: str) -> None:
    assert issubclass(InvalidArgumentError, ValueError)
    server.requests.clear()
    asked: Any = AdminClient(client.holder) if is_of_administrators(name) else client
    for args, kwargs, named in (row[1:] for row in REFUSED if row[0] == name):
        case = f"{name}, {args}, {kwargs}"[:200]
        message = refusal_of(case, lambda args=args, kwargs=kwargs: getattr(asked, name)(*args, **kwargs))
        shown = {SessionSearchRequest: "request must be JSON-serializable", "aaa": "aaa"}
        assert (shown[named] if named in (SessionSearchRequest, "aaa") else repr(named)) in message, case
        assert len(message) < 500, case
        assert message.isprintable(), case
        coroutine = getattr(asked, f"{name}_async")(*args, **kwargs)
        refusal_of(f"{case}, asynchronous", lambda coroutine=coroutine: coroutine.send(None))
    client.list_sessions().result()  # whatever had been sent would have come before this
    assert server.lines == [f"GET {API}/sessions?limit=20&offset=0&access_scope=owned"]


def refusal_of(case: str, call: Callable[[], object]) -> str:
    """What the error of a call says that must be refused."""
    try:
        call()
    except InvalidArgumentError as error:
        return str(error)
    pytest.fail(f"this was not refused: {case}")


@pytest.mark.parametrize("make", [RestClient, ServiceClient])
@pytest.mark.parametrize(("address", "is_shown"), BAD_BASE_URLS)
def test_bad_base_urls(monkeypatch: pytest.MonkeyPatch, make: Any, address: Any, is_shown: bool) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        make(base_url=address, api_key=KEY)
    assert isinstance(caught.value, ValueError)
    assert str(caught.value).startswith("base_url must be like https://")
    assert (repr(address) in str(caught.value)) == is_shown
    assert "hunter22" not in str(caught.value)
    assert "httpx" not in str(caught.value)
    if isinstance(address, str) and address:
        monkeypatch.setenv("TINKER_BASE_URL", address)
        with pytest.raises(InvalidArgumentError, match=r"^TINKER_BASE_URL must be like https://"):
            make(api_key=KEY)


@pytest.mark.parametrize("make", [RestClient, ServiceClient])
@pytest.mark.parametrize("key", BAD_KEYS)
def test_bad_keys_are_refused_and_never_shown(monkeypatch: pytest.MonkeyPatch, make: Any, key: Any) -> None:
    with pytest.raises(CredentialsError, match=r"^api_key ") as caught:
        make(base_url="http://127.0.0.1:9", api_key=key)
    shown = str(caught.value) + repr(caught.value)
    assert "abc" not in shown
    assert "12345678" not in shown
    if isinstance(key, str) and key:
        monkeypatch.setenv("TINKER_API_KEY", key)
        with pytest.raises(CredentialsError, match=r"^TINKER_API_KEY "):
            make(base_url="http://127.0.0.1:9")


@pytest.mark.parametrize("name", ["get_training_run", "list_training_runs", "set_checkpoint_ttl"])
def test_numbers_too_long_to_be_shown_are_refused(client: RestClient, name: str) -> None:
    huge: Any = 10**5000
    arguments: dict[str, tuple[Any, ...]] = {
        "get_training_run": (huge,),
        "list_training_runs": (huge,),
        "set_checkpoint_ttl": ("run-1", "weights/1", huge),
    }
    with pytest.raises(InvalidArgumentError, match="a value of type int"):
        getattr(client, name)(*arguments[name])


@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_key_says_what_to_set(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    monkeypatch.delenv("TINKER_API_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("TINKER_API_KEY", value)
    with pytest.raises(CredentialsError, match="TINKER_API_KEY"):
        RestClient(base_url="http://127.0.0.1:9")


def test_every_public_method_has_a_row() -> None:
    not_operations = {"close", "with_options"}
    not_operations |= {"latest_checkpoint", "download_checkpoint", "upload_external_weights"}  # have own tests
    clients = (RestClient, AdminClient)
    methods = {
        name for made in clients for name, _ in inspect.getmembers(made, callable) if not name.startswith("_")
    }
    iterators = {name for name in methods if name.startswith("iter_")}  # tests/facade/test_iteration.py has them
    synchronous = {name.removesuffix("_async") for name in methods} - not_operations
    for name in sorted(synchronous - iterators - {row[0] for row in WIRE}):
        described = {one["operationId"] for _, _, one in operations()}
        row = tuple(described_call(name)) if name in described else (name, (), {}, f"GET {API}/…", b"")
        pytest.fail(
            f"{name} takes other arguments than its operation has, or has none: how it is called, and what that sends,"
            f" belongs into WIRE of tests/facade/test_wire.py, in a row like {row!r}"
        )
    assert {row[0] for row in WIRE} - methods == set(), "rows in WIRE without a method"


@pytest.mark.parametrize("prefix", ["", "/", "/services/tinker-prod", "/services/tinker-prod/", "/a%20b"])
def test_a_path_in_the_base_url_comes_first(server: RecordingServer, prefix: str) -> None:
    server.requests.clear()
    with client_of(server, base_url=server.base_url + prefix) as client:
        client.get_training_run("a?b").result()
        client.list_sessions().result()
    start = prefix.rstrip("/") + API
    assert server.lines == [
        f"GET {start}/training_runs/a%3Fb?access_scope=owned",
        f"GET {start}/sessions?limit=20&offset=0&access_scope=owned",
    ]


CHANGES = [row for row in WIRE if not row[3].startswith("GET ") and "weights/0001" in row[3]]


@pytest.mark.usefixtures("no_jitter")
@pytest.mark.parametrize(("name", "args", "kwargs", "line", "body"), CHANGES, ids=ids(CHANGES))
def test_a_change_keeps_its_idempotency_key_over_repetitions(
    name: str, args: Any, kwargs: Any, line: str, body: bytes
) -> None:
    busy = reply(503, {"detail": "busy"}, Retry_After="0")
    answers = [busy, lose_answer, reply(500, Retry_After="0"), reply(204), reply(204)]
    with RecordingServer(in_turn(answers)) as server, client_of(server) as client:
        for _ in range(2):
            getattr(client, name)(*args, **kwargs).result()
    assert [(request.line, request.body) for request in server.requests] == [(line, body)] * 5
    keys = [request.header("X-Idempotency-Key") for request in server.requests]
    assert all(keys)
    assert len(set(keys[:4])) == 1
    assert keys[4] != keys[0]
