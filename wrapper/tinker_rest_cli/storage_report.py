"""How much storage checkpoints use: by training run, type, age and expiry, and what a TTL would free.

A report is what `-f json` prints. An amount in it is a number of checkpoints, their bytes, and the number of those
whose size is not known. Nothing here reads or prints anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tinker_rest.paths import run_id_of
from tinker_rest_cli.formatting import for_csv

if TYPE_CHECKING:
    from tinker_rest.types import Checkpoint

RUN_FIELDS = (
    "training_run_id",
    "checkpoint_count",
    "size_bytes",
    "unknown_size_count",
    "public_size_bytes",
    "never_expires_size_bytes",
    "oldest",
    "newest",
    "estimated_monthly_cost_usd",
)

DAY = timedelta(days=1)
# The ends of the ranges in days; each begins where the one before ends.
_AGES = (1, 7, 30, 90, 365)
_EXPIRIES = (1, 7, 30)
# The days after which the effect of a TTL is shown.
_HORIZONS = (0, 7, 30, 90)


def amount(checkpoints: Iterable[Checkpoint]) -> dict[str, int]:
    """Count checkpoints."""
    sizes = [checkpoint.size_bytes for checkpoint in checkpoints]
    known = [size for size in sizes if size is not None]
    counts = {"checkpoint_count": len(sizes), "size_bytes": sum(known)}
    return {**counts, "unknown_size_count": len(sizes) - len(known)}


def storage_report(
    checkpoints: Iterable[Checkpoint],
    *,
    now: datetime,
    ttl: timedelta | None = None,
    price: float | None = None,
    price_source: str | None = None,
) -> dict[str, Any]:
    """Count checkpoints, each given once; the price is in US dollars for 10^9 bytes and a month."""
    everything = [*checkpoints]
    types = _grouped(everything, lambda checkpoint: str(checkpoint.checkpoint_type))
    by_type = {name: amount(group) for name, group in types.items()}
    total = amount(everything)
    return {
        "items": _runs(everything, price),
        "counted_at": for_csv(now),
        "total": total,
        "private": amount(checkpoint for checkpoint in everything if not checkpoint.public),
        "public": amount(checkpoint for checkpoint in everything if checkpoint.public),
        "by_type": dict(sorted(by_type.items(), key=lambda pair: (-pair[1]["size_bytes"], pair[0]))),
        "by_age": _ranges(everything, _AGES, lambda one: now - one.time if one.time else None, "unknown"),
        "by_expiry": _ranges(
            everything, _EXPIRIES, lambda one: one.expires_at - now if one.expires_at else None, "never"
        ),
        "ttl": None if ttl is None else _effect(everything, now, ttl),
        "usd_per_gigabyte_month": price,
        "price_source": price_source,
        "estimated_monthly_cost_usd": _cost(total, price),
    }


def _cost(stored: dict[str, int], price: float | None) -> float | None:
    return None if price is None else round(stored["size_bytes"] / 10**9 * price, 6)


def _grouped(checkpoints: Iterable[Checkpoint], key: Callable[[Checkpoint], Any]) -> dict[Any, list[Checkpoint]]:
    groups: dict[Any, list[Checkpoint]] = {}
    for checkpoint in checkpoints:
        groups.setdefault(key(checkpoint), []).append(checkpoint)
    return groups


def _ranges(
    checkpoints: Sequence[Checkpoint],
    ends: Sequence[int],
    length: Callable[[Checkpoint], timedelta | None],
    name_of_none: str,
) -> list[dict[str, Any]]:
    """The checkpoints by a length of time; one that is as long as an end belongs to the shorter range."""

    def place(checkpoint: Checkpoint) -> int | None:
        found = length(checkpoint)
        return None if found is None else sum(found > end * DAY for end in ends)

    groups = _grouped(checkpoints, place)
    edges: list[int | None] = [0, *ends, None]
    ranges = []
    for number, (begin, end) in enumerate(pairwise(edges)):
        name = f"over_{begin}_days" if end is None else f"{begin}_to_{end}_days"
        ranges.append({"name": name, "from_days": begin, "to_days": end, **amount(groups.get(number, ()))})
    return [*ranges, {"name": name_of_none, "from_days": None, "to_days": None, **amount(groups.get(None, ()))}]


def _runs(checkpoints: Sequence[Checkpoint], price: float | None) -> list[dict[str, Any]]:
    """What each training run stores, the largest first; its ID is None for checkpoints of an unknown run."""
    runs = []
    for run_id, group in _grouped(
        checkpoints, lambda one: one.training_run_id or run_id_of(one.tinker_path)
    ).items():
        times = [checkpoint.time for checkpoint in group if checkpoint.time is not None]
        stored = amount(group)
        public = amount(checkpoint for checkpoint in group if checkpoint.public)
        never_expires = amount(checkpoint for checkpoint in group if checkpoint.expires_at is None)
        oldest, newest = (for_csv(min(times)), for_csv(max(times))) if times else (None, None)
        values = [run_id, *stored.values(), public["size_bytes"], never_expires["size_bytes"], oldest, newest]
        runs.append(dict(zip(RUN_FIELDS, [*values, _cost(stored, price)], strict=True)))
    runs.sort(key=lambda run: (-run["size_bytes"], -run["checkpoint_count"], run["training_run_id"] or ""))
    return runs


def _effect(checkpoints: Sequence[Checkpoint], now: datetime, ttl: timedelta) -> dict[str, Any]:
    """What is gone at some times from now: without the TTL, and besides with it, since saving or from now on.

    It concerns private checkpoints that never expire.
    """
    concerned = [one for one in checkpoints if one.expires_at is None and not one.public]
    expiring = [(one, one.expires_at - now) for one in checkpoints if one.expires_at is not None]
    since_saving = [(one, one.time - now + ttl) for one in concerned if one.time is not None]
    return {
        "ttl_seconds": int(ttl.total_seconds()),
        "concerned": amount(concerned),
        "unknown_age_count": len(concerned) - len(since_saving),
        "freed": [
            {
                "after_seconds": int(after.total_seconds()),
                "anyway": amount(one for one, left in expiring if left <= after),
                "from_saving": amount(one for one, left in since_saving if left <= after),
                "from_now": amount(concerned if ttl <= after else ()),
            }
            for after in sorted({*(days * DAY for days in _HORIZONS), ttl})
        ],
    }
