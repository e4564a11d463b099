"""Results as plain dicts, for tables and data frames."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tinker_rest import BulkOutcome, InvalidArgumentError, NotFoundError, RestClient, to_rows, types
from tinker_rest_sandbox import Sandbox


def test_checkpoints_have_their_derived_fields(rest: RestClient) -> None:
    page = rest.list_user_checkpoints(limit=30).result()
    rows = to_rows(page.checkpoints)
    assert [row["tinker_path"] for row in rows] == [one.tinker_path for one in page.checkpoints]
    assert {tuple(row) for row in rows} == {tuple(rows[0])}
    first, row = page.checkpoints[0], rows[0]
    assert row["training_run_id"] == first.training_run_id is not None
    assert row["time"] is first.time
    assert type(row["checkpoint_type"]) is str
    assert row["size_bytes"] == first.size_bytes
    assert "additional_properties" not in row
    assert to_rows(rest.iter_user_checkpoints(max_items=30)) == rows
    sheet = io.StringIO()
    writer = csv.DictWriter(sheet, rows[0])
    writer.writeheader()
    writer.writerows(rows)  # raises ValueError for a key that others lack


def test_fields_of_nested_models_are_named_after_both(sandbox: Sandbox, rest: RestClient) -> None:
    bare = sandbox.add_training_run(user_metadata={"team": {"name": "a"}}).training_run_id
    saved = sandbox.add_checkpoint().training_run_id
    rows = {row["training_run_id"]: row for row in to_rows(rest.iter_training_runs())}
    assert rows[saved]["last_checkpoint_training_run_id"] == saved
    assert rows[saved]["last_checkpoint_time"].utcoffset() == timedelta(0)
    assert rows[bare]["last_checkpoint_time"] is None
    assert "last_checkpoint" not in rows[bare]
    assert rows[bare]["user_metadata"] == {"team": {"name": "a"}}
    assert type(rows[bare]["user_metadata"]) is dict
    assert rows[bare].keys() == rows[saved].keys()
    request = types.SessionSearchRequest()
    sessions = to_rows(rest.iter_session_search(request))
    assert {"session_id", "created_at", "status_type"} <= sessions[0].keys()


def test_what_administrators_list(sandbox: Sandbox) -> None:
    with sandbox.admin_client() as admin:
        now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        usage = to_rows(admin.get_billing_usage(now - timedelta(days=2), now).result().data)
        storage = to_rows(admin.get_current_checkpoint_storage_usage().result().data)
        audit = to_rows(admin.get_audit_log(day=(now - timedelta(days=1)).date()).result().entries)
    assert {"training", "storage"} <= {row["event_info_type"] for row in usage}
    assert all(
        (row["event_info_token_count"] is not None)
        == ("training" in row["event_info_type"] or "sampling" in row["event_info_type"])
        for row in usage
    )
    assert all(row["size_bytes"] > 0 for row in storage)
    assert all(type(row["event_details"]) is dict and row["timestamp"].tzinfo for row in audit)
    assert audit


def test_outcomes_ids_and_variants() -> None:
    outcomes = [BulkOutcome("tinker://r/weights/1", "done"), BulkOutcome("x", "not_found", NotFoundError("gone"))]
    done, failed = to_rows(outcomes)
    assert done == {"tinker_path": "tinker://r/weights/1", "status": "done", "error": None}
    assert "gone" in failed["error"]
    assert to_rows(["a", "b"]) == [{"id": "a"}, {"id": "b"}]
    hour = datetime(2026, 7, 13, tzinfo=UTC)
    known = types.BillingUsageEvent(
        bucket_start=hour, bucket_end=hour, event_info=types.TrainingBillingEvent(token_count=5)
    )
    unknown = types.BillingUsageEvent(
        bucket_start=hour, bucket_end=hour, event_info=types.UnknownVariant("teleport", {"trips": 5})
    )
    first, second = to_rows([known, unknown])
    assert (first["event_info_type"], first["event_info_token_count"], first["event_info_trips"]) == (
        "training",
        5,
        None,
    )
    assert (second["event_info_type"], second["event_info_token_count"], second["event_info_trips"]) == (
        "teleport",
        None,
        5,
    )
    assert to_rows([]) == []


def test_fields_of_a_newer_server_are_included() -> None:
    body = {"checkpoint_id": "weights/1", "checkpoint_type": "training", "tinker_path": "tinker://r/weights/1"}
    newer = types.Checkpoint.from_dict({**body, "quality": 5})
    older = types.Checkpoint.from_dict(body)
    assert [row["quality"] for row in to_rows([older, newer])] == [None, 5]


def test_pandas_takes_rows_as_they_are(rest: RestClient) -> None:
    import pandas  # type: ignore[import-untyped]

    frame = pandas.DataFrame(to_rows(rest.iter_user_checkpoints()))
    total = sum(one.size_bytes or 0 for one in rest.iter_user_checkpoints())
    assert frame.groupby("training_run_id")["size_bytes"].sum().sum() == total
    assert str(frame["time"].dt.tz) == "UTC"
    assert str(frame["expires_at"].dt.tz) == "UTC"  # although some never expire
    assert set(frame["checkpoint_type"]) == {"training", "sampler", "external"}


def test_no_row_holds_a_marked_secret() -> None:
    assert to_rows([types.UploadUrl(url="https://storage.example/a?signature=secret")]) == [{}]


@pytest.mark.parametrize(
    "items", ["text", 5, None, [5], [{"a": 1}], types.CheckpointsListResponse(checkpoints=[])]
)
def test_what_is_no_listing_is_refused(items: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="items must be"):
        to_rows(items)


def test_a_future_is_no_listing(rest: RestClient) -> None:
    with pytest.raises(TypeError, match=r"call \.result\(\) on it, or await it"):
        to_rows(rest.list_user_checkpoints())  # type: ignore[arg-type]
