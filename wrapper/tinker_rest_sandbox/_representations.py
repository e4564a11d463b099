"""Turns rows of the store into parts of responses."""

import json
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tinker_rest_sandbox._responses import ApiError

_EPOCH = datetime(1970, 1, 1)  # naive, since isoformat would look up the zone each time
TYPES_BY_KIND = {"weights": "training", "sampler_weights": "sampler", "external_weights": "external"}


def checkpoint_id(row: sqlite3.Row) -> str:
    """The ID of a checkpoint within its run."""
    return str(row["bare_id"] or f"{row['kind']}/{row['name']}")


def tinker_path(row: sqlite3.Row | Mapping[str, Any]) -> str:
    """The address of a checkpoint."""
    return f"tinker://{row['run_id']}/{row['kind']}/{row['name']}"


def checkpoint(row: sqlite3.Row | None) -> dict[str, Any] | None:
    """A `Checkpoint`, or None if there is none."""
    if row is None:
        return None
    return {
        "checkpoint_id": checkpoint_id(row),
        "checkpoint_type": TYPES_BY_KIND[row["kind"]],
        "time": _time(row["created"]),
        "tinker_path": tinker_path(row),
        "training_run_id": row["run_id"],
        "size_bytes": row["size_bytes"],
        "public": bool(row["public"]),
        "expires_at": None if row["expires"] is None else _time(row["expires"]),
        "user_metadata": metadata(row),
        "base_model": row["base_model"],
    }


def training_run(
    row: sqlite3.Row, last_checkpoint: sqlite3.Row | None, last_sampler_checkpoint: sqlite3.Row | None
) -> dict[str, Any]:
    """A `TrainingRun` with its newest checkpoints."""
    return {
        "training_run_id": row["run_id"],
        "base_model": row["base_model"],
        "model_owner": row["owner"],
        "is_lora": bool(row["is_lora"]),
        "corrupted": bool(row["corrupted"]),
        "lora_rank": row["lora_rank"],
        "last_request_time": _time(row["last_request"]),
        "last_checkpoint": checkpoint(last_checkpoint),
        "last_sampler_checkpoint": checkpoint(last_sampler_checkpoint),
        "user_metadata": metadata(row),
    }


def weights_info(run: sqlite3.Row) -> dict[str, Any]:
    """A `WeightsInfoResponse` for the weights of a run."""
    return {
        "base_model": run["base_model"],
        "optimizer_config": json.loads(run["optimizer_config"]),
        "lora_rank": run["lora_rank"],
        **{name: bool(run[name]) for name in ("is_lora", "train_unembed", "train_mlp", "train_attn")},
    }


def sampler(row: sqlite3.Row) -> dict[str, Any]:
    """A `GetSamplerResponse`."""
    return {name: row[name] for name in ("sampler_id", "base_model", "model_path")}


def metadata(row: sqlite3.Row) -> Any:
    """The user's metadata, or None."""
    return None if row["user_metadata"] is None else json.loads(row["user_metadata"])


def time_text(time: datetime) -> str:
    """A time in UTC as an RFC 3339 date-time."""
    return time.isoformat().replace("+00:00", "Z")


def parsed_time(text: str, name: str) -> datetime:
    """Parse an RFC 3339 date-time, in UTC; a 400 if it does not exist, such as years after 9999."""
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ApiError(400, f"{name} is not a valid time.") from None


def _time(microseconds: int) -> str:
    """Like `time_text`, but twice as fast; a page may have a thousand times."""
    return (_EPOCH + timedelta(0, 0, microseconds)).isoformat() + "Z"
