"""What checkpoints take in storage: by training run, type, age and expiry, and what a TTL would free.

Sums of bytes are of the checkpoints whose size is known; how many are not is told beside each. Nothing here reads
or prints anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tinker_rest.tinker_path import run_id_of

if TYPE_CHECKING:
    from tinker_rest.types import Checkpoint

GIGABYTE = 10**9  # as it is billed

DAY = timedelta(days=1)
# Up to how many days old, or from now; each step begins where the one before ends.
_AGES = (1, 7, 30, 90, 365)
_EXPIRIES = (1, 7, 30)
# After how many days it is told what will be freed.
_HORIZONS = (0, 7, 30, 90)


@dataclass(frozen=True)
class Amount:
    """Some checkpoints: how many, their bytes, and of how many of them the size is not known."""

    checkpoint_count: int = 0
    size_bytes: int = 0
    unknown_size_count: int = 0

    @classmethod
    def of(cls, checkpoints: Iterable[Checkpoint]) -> Amount:
        """Count them."""
        sizes = [one.size_bytes for one in checkpoints]
        known = [size for size in sizes if size is not None]
        return cls(len(sizes), sum(known), len(sizes) - len(known))

    def to_dict(self) -> dict[str, int]:
        """It as JSON."""
        return {
            "checkpoint_count": self.checkpoint_count,
            "size_bytes": self.size_bytes,
            "unknown_size_count": self.unknown_size_count,
        }


@dataclass(frozen=True)
class Step:
    """The checkpoints of an age, or of a time to go.

    Attributes:
        name: What it is called in JSON.
        days: From and to how many days; None for no end.
        amount: What there is.
    """

    name: str
    days: tuple[int | None, int | None]
    amount: Amount

    def to_dict(self) -> dict[str, Any]:
        """It as JSON."""
        return {"name": self.name, "from_days": self.days[0], "to_days": self.days[1], **self.amount.to_dict()}


@dataclass(frozen=True)
class RunStorage:
    """What a training run stores.

    Attributes:
        training_run_id: Its id; None for checkpoints of which no run is known.
        amount: All that it stores.
        public: What of it is public.
        never_expires: What of it has no expiry.
        oldest: When its oldest checkpoint was saved; None where no time is known.
        newest: When its newest checkpoint was saved.
    """

    training_run_id: str | None
    amount: Amount
    public: Amount
    never_expires: Amount
    oldest: datetime | None
    newest: datetime | None


@dataclass(frozen=True)
class Freed:
    """What is gone after some time, in all since now.

    Attributes:
        after: The time from now.
        anyway: What expires as things are, public or not.
        from_saving: What would be gone besides, had what is private and never expires had the TTL since it was
            saved.
        from_now: What would be gone besides, were that TTL set on the same checkpoints now.
    """

    after: timedelta
    anyway: Amount
    from_saving: Amount
    from_now: Amount

    def to_dict(self) -> dict[str, Any]:
        """It as JSON."""
        amounts = {"anyway": self.anyway, "from_saving": self.from_saving, "from_now": self.from_now}
        return {
            "after_seconds": int(self.after.total_seconds()),
            **{name: amount.to_dict() for name, amount in amounts.items()},
        }


@dataclass(frozen=True)
class TtlEffect:
    """What a TTL would free on all that is private and never expires.

    Attributes:
        ttl: The TTL.
        concerned: What it would be set on.
        unknown_age_count: How many of these have no known time of saving; `Freed.from_saving` lacks them.
        freed: What is gone at some times from now.
    """

    ttl: timedelta
    concerned: Amount
    unknown_age_count: int
    freed: Sequence[Freed]

    def to_dict(self) -> dict[str, Any]:
        """It as JSON."""
        return {
            "ttl_seconds": int(self.ttl.total_seconds()),
            "concerned": self.concerned.to_dict(),
            "unknown_age_count": self.unknown_age_count,
            "freed": [one.to_dict() for one in self.freed],
        }


@dataclass(frozen=True)
class StorageReport:
    """What some checkpoints take, counted at a moment.

    Attributes:
        counted_at: The moment from which ages and expiries count.
        total: All.
        private: What others cannot read.
        public: What everyone can read.
        by_type: By type, the largest first.
        by_age: By the time since they were saved, the youngest first and what is not known last.
        by_expiry: By the time that is left, the shortest first and `never` last.
        runs: The training runs, the largest first.
        ttl: What a TTL would free; None where none was asked about.
    """

    counted_at: datetime
    total: Amount
    private: Amount
    public: Amount
    by_type: dict[str, Amount]
    by_age: Sequence[Step]
    by_expiry: Sequence[Step]
    runs: Sequence[RunStorage]
    ttl: TtlEffect | None

    def to_dict(self) -> dict[str, Any]:
        """All but the runs as JSON."""
        return {
            "counted_at": self.counted_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "total": self.total.to_dict(),
            "private": self.private.to_dict(),
            "public": self.public.to_dict(),
            "by_type": {name: amount.to_dict() for name, amount in self.by_type.items()},
            "by_age": [step.to_dict() for step in self.by_age],
            "by_expiry": [step.to_dict() for step in self.by_expiry],
            "ttl": None if self.ttl is None else self.ttl.to_dict(),
        }


def storage_report(
    checkpoints: Iterable[Checkpoint], *, now: datetime, ttl: timedelta | None = None
) -> StorageReport:
    """Count what checkpoints take.

    Args:
        checkpoints: The checkpoints, each once.
        now: The moment from which ages and expiries count, with a time zone.
        ttl: A TTL to tell the effect of.
    """
    everything = [*checkpoints]
    types = _grouped(everything, lambda one: str(one.checkpoint_type))
    by_type = {name: Amount.of(group) for name, group in types.items()}
    return StorageReport(
        counted_at=now,
        total=Amount.of(everything),
        private=Amount.of(one for one in everything if not one.public),
        public=Amount.of(one for one in everything if one.public),
        by_type=dict(sorted(by_type.items(), key=lambda pair: (-pair[1].size_bytes, pair[0]))),
        by_age=_steps(everything, _AGES, lambda one: None if one.time is None else now - one.time, "unknown"),
        by_expiry=_steps(
            everything, _EXPIRIES, lambda one: None if one.expires_at is None else one.expires_at - now, "never"
        ),
        runs=_runs(everything),
        ttl=None if ttl is None else _effect(everything, now, ttl),
    )


def _grouped(checkpoints: Iterable[Checkpoint], key: Callable[[Checkpoint], Any]) -> dict[Any, list[Checkpoint]]:
    groups: dict[Any, list[Checkpoint]] = {}
    for one in checkpoints:
        groups.setdefault(key(one), []).append(one)
    return groups


def _steps(
    checkpoints: Sequence[Checkpoint],
    ends: Sequence[int],
    length: Callable[[Checkpoint], timedelta | None],
    name_of_none: str,
) -> list[Step]:
    """The checkpoints by a length of time; one that is a whole step long belongs to the shorter ones."""

    def place(one: Checkpoint) -> int | None:
        found = length(one)
        return None if found is None else sum(found > end * DAY for end in ends)

    groups = _grouped(checkpoints, place)
    edges: list[int | None] = [0, *ends, None]
    steps = []
    for number, (begin, end) in enumerate(pairwise(edges)):
        name = f"over_{begin}_days" if end is None else f"{begin}_to_{end}_days"
        steps.append(Step(name, (begin, end), Amount.of(groups.get(number, ()))))
    return [*steps, Step(name_of_none, (None, None), Amount.of(groups.get(None, ())))]


def _runs(checkpoints: Sequence[Checkpoint]) -> list[RunStorage]:
    groups = _grouped(checkpoints, lambda one: one.training_run_id or run_id_of(one.tinker_path))
    runs = []
    for run_id, group in groups.items():
        times = [one.time for one in group if one.time is not None]
        runs.append(
            RunStorage(
                training_run_id=run_id,
                amount=Amount.of(group),
                public=Amount.of(one for one in group if one.public),
                never_expires=Amount.of(one for one in group if one.expires_at is None),
                oldest=min(times, default=None),
                newest=max(times, default=None),
            )
        )
    runs.sort(key=lambda run: (-run.amount.size_bytes, -run.amount.checkpoint_count, run.training_run_id or ""))
    return runs


def _effect(checkpoints: Sequence[Checkpoint], now: datetime, ttl: timedelta) -> TtlEffect:
    concerned = [one for one in checkpoints if one.expires_at is None and not one.public]
    expiring = [(one, one.expires_at - now) for one in checkpoints if one.expires_at is not None]
    since_saving = [(one, one.time - now + ttl) for one in concerned if one.time is not None]
    freed = [
        Freed(
            after,
            anyway=Amount.of(one for one, left in expiring if left <= after),
            from_saving=Amount.of(one for one, left in since_saving if left <= after),
            from_now=Amount.of(concerned if ttl <= after else ()),
        )
        for after in sorted({*(days * DAY for days in _HORIZONS), ttl})
    ]
    return TtlEffect(ttl, Amount.of(concerned), len(concerned) - len(since_saving), freed)
