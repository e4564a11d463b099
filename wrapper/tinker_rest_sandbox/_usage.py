"""An organization's usage and storage, and their cost."""

import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from tinker_rest_sandbox._calls import Backend
from tinker_rest_sandbox._clock import MICROSECOND, from_microseconds, to_microseconds
from tinker_rest_sandbox._models import MODELS
from tinker_rest_sandbox._representations import metadata, parsed_time, time_text
from tinker_rest_sandbox._responses import ApiError

MAX_TIME = timedelta(days=14)
HOUR = timedelta(hours=1)
HOURS_OF_A_MONTH = 720
# The latest hours are not reported yet.
DELAY = timedelta(hours=2)

GIGABYTE = 10**9
FREE_GIGABYTES = 100
USD_PER_GIGABYTE_MONTH = 0.1

# The price of each kind of token, as a fraction of the price of training.
RELATIVE_PRICES = {"training": 1.0, "sampling_prefill": 0.5, "sampling_sample": 1.5}
RELATIVE_PRICE_OF_CACHED = 0.1


def billing_usage(backend: Backend, starting_on: str, ending_before: str) -> dict[str, Any]:
    """A `BillingUsageResponse` for a period, or a 400 if the period is invalid."""
    now = backend.clock.now()
    start, end = parsed_time(starting_on, "starting_on"), parsed_time(ending_before, "ending_before")
    _check_window(start, end, now)
    told_until = min(end, (now - DELAY).replace(minute=0, second=0, microsecond=0))
    hours = {"start": to_microseconds(start), "end": to_microseconds(told_until)}
    rows = backend.store.rows(
        "SELECT hour, session_id, base_model, kind, cached, SUM(quantity) AS quantity,"
        " sessions.owner, sessions.project_id, sessions.user_metadata"
        " FROM usage JOIN sessions USING (session_id) WHERE hour >= :start AND hour < :end"
        " GROUP BY hour, session_id, base_model, kind, cached ORDER BY hour, MIN(usage.rowid)",
        hours,
    )
    events = [_event(backend, row) for row in rows]
    events += _storage_events(backend, start, told_until)
    events.sort(key=lambda event: (event["bucket_start"], -event["event_info"].get("token_count", 0)))
    invoiced = min(_midnight(now), _midnight(end))
    return {
        "data": events,
        "sessions": {row["session_id"]: {"user_metadata": metadata(row)} for row in rows},
        "cost_data_through": time_text(invoiced) if start < invoiced else None,
    }


def storage_usage(backend: Backend, project_id: str | None) -> dict[str, Any]:
    """A `CurrentCheckpointStorageUsageResponse`, of one project or of all."""
    rows = backend.store.rows(
        "SELECT runs.project_id, runs.owner, COUNT(*) AS checkpoint_count, SUM(size_bytes) AS size_bytes"
        " FROM checkpoints JOIN runs USING (run_id) WHERE :project_id IS NULL OR project_id = :project_id"
        " GROUP BY runs.project_id, runs.owner ORDER BY runs.project_id, runs.owner",
        {"project_id": project_id},
    )
    return {
        "effective_rate_usd_per_gigabyte_month": USD_PER_GIGABYTE_MONTH,
        "data": [_stored_item(backend, row) for row in rows],
    }


def saved_checkpoint(run: sqlite3.Row, created: int) -> dict[str, Any]:
    """The usage of a run that saves a checkpoint at a time in microseconds, as a table row."""
    about = {"session_id": run["session_id"], "base_model": run["base_model"]}
    hour = created - created % (HOUR // MICROSECOND)
    return {**about, "hour": hour, "kind": "checkpoint", "cached": None, "quantity": 1}


def _check_window(start: datetime, end: datetime, now: datetime) -> None:
    for name, time in (("starting_on", start), ("ending_before", end)):
        if time.minute or time.second or time.microsecond:
            raise ApiError(400, f"{name} must be a full hour in UTC.")
    if start > now:
        raise ApiError(400, "starting_on must not be in the future.")
    if not timedelta(0) < end - start <= MAX_TIME:
        raise ApiError(400, "ending_before must be after starting_on, by at most 14 days.")


def _midnight(time: datetime) -> datetime:
    return time.replace(hour=0, minute=0, second=0, microsecond=0)


def _event(backend: Backend, row: sqlite3.Row) -> dict[str, Any]:
    info: dict[str, Any] = {"type": row["kind"]}
    if row["cached"] is not None:
        info["cached"] = bool(row["cached"])
    info["count" if row["kind"] == "checkpoint" else "token_count"] = row["quantity"]
    rate = _usd_per_million_tokens(row)
    user = backend.organization.users[row["owner"]]
    return {
        **_bucket(from_microseconds(row["hour"])),
        **{name: row[name] for name in ("base_model", "session_id", "project_id")},
        "user_id": user.urn,
        "user_name": user.name,
        "estimated_cost_usd": None if rate is None else rate * row["quantity"] / 1_000_000,
        "effective_rate_usd_per_million_tokens": rate,
        "event_info": info,
    }


def _bucket(start: datetime) -> dict[str, Any]:
    """The common fields of an event."""
    names = ("base_model", "user_id", "user_name", "session_id", "project_id")
    rates = ("effective_rate_usd_per_million_tokens", "effective_rate_usd_per_gigabyte_month")
    times = {"bucket_start": time_text(start), "bucket_end": time_text(start + HOUR)}
    return {**times, **dict.fromkeys((*names, *rates))}


def _usd_per_million_tokens(row: sqlite3.Row) -> float | None:
    if row["kind"] not in RELATIVE_PRICES:
        return None
    price = MODELS[row["base_model"]].usd_per_million_tokens
    if price is None:
        return None
    return price * (RELATIVE_PRICE_OF_CACHED if row["cached"] else RELATIVE_PRICES[row["kind"]])


def _storage_events(backend: Backend, start: datetime, end: datetime) -> Iterator[dict[str, Any]]:
    """One event an hour for the free storage, and one for the rest.

    Checkpoints that were stored for part of an hour count for the whole hour.
    """
    # At the start of each hour, add what is saved during it, and subtract what ended before it.
    changes = backend.store.rows(
        "SELECT created - created % :hour AS moment, size_bytes AS change FROM checkpoints WHERE size_bytes > 0"
        " UNION ALL SELECT created - created % :hour, size_bytes FROM stored_before WHERE size_bytes > 0"
        " UNION ALL SELECT ended, -size_bytes FROM stored_before WHERE size_bytes > 0 ORDER BY moment",
        {"hour": HOUR // MICROSECOND},
    )
    stored = 0
    position = 0
    hour = start
    while hour < end:
        while position < len(changes) and changes[position]["moment"] <= to_microseconds(hour):
            stored += changes[position]["change"]
            position += 1
        gigabytes = stored / GIGABYTE
        if gigabytes:
            yield _storage_event(hour, min(gigabytes, FREE_GIGABYTES), is_free=True)
        if gigabytes > FREE_GIGABYTES:
            yield _storage_event(hour, gigabytes - FREE_GIGABYTES, is_free=False)
        hour += HOUR


def _storage_event(start: datetime, gigabytes: float, *, is_free: bool) -> dict[str, Any]:
    rate = 0.0 if is_free else USD_PER_GIGABYTE_MONTH
    return {
        **_bucket(start),
        "estimated_cost_usd": rate * gigabytes / HOURS_OF_A_MONTH,
        "effective_rate_usd_per_gigabyte_month": rate,
        "event_info": {"type": "storage", "free": is_free, "gigabyte_hours": gigabytes},
    }


def _stored_item(backend: Backend, row: sqlite3.Row) -> dict[str, Any]:
    user = backend.organization.users[row["owner"]]
    size_bytes = row["size_bytes"] or 0
    gigabytes = size_bytes / GIGABYTE
    return {
        "project_id": row["project_id"],
        "org_user_urn": user.urn,
        "user_email": user.email,
        "user_name": user.name,
        "checkpoint_count": row["checkpoint_count"],
        "size_bytes": size_bytes,
        "size_gigabytes": gigabytes,
        "estimated_monthly_cost_usd": gigabytes * USD_PER_GIGABYTE_MONTH,
    }
