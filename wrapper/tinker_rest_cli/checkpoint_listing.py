"""How checkpoints are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tinker_rest_cli.output import Column, Listing
from tinker_rest_cli.texts import age, expiry, size, yes_or_no

if TYPE_CHECKING:
    from tinker_rest.types import Checkpoint

CHECKPOINTS: Listing[Checkpoint] = Listing(
    "checkpoint",
    lambda one: one.tinker_path,
    [
        Column("path", "Path", lambda one: one.tinker_path, whole=True),
        Column("type", "Type", lambda one: str(one.checkpoint_type)),
        Column("size", "Size", lambda one: one.size_bytes, size, right=True),
        Column("created", "Created", lambda one: one.time, age),
        Column("expires", "Expires", lambda one: one.expires_at, expiry),
        Column("public", "Public", lambda one: one.public, yes_or_no),
        Column("id", "Checkpoint ID", lambda one: one.checkpoint_id, whole=True, extra=True),
        Column("metadata", "Metadata", lambda one: one.user_metadata, extra=True),
    ],
)
