"""Which checkpoints are meant: a plain object, made once and applied to any list of checkpoints."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Literal, get_args

from attrs import Attribute, asdict, evolve, field, frozen

from tinker_rest.errors import InvalidArgumentError
from tinker_rest.redaction import shown
from tinker_rest.tinker_path import check_segment, run_id_of

if TYPE_CHECKING:
    from tinker_rest.types import Checkpoint

Sort = Literal["size", "time"]

_SORTS = get_args(Sort)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def _run_ids(value: Sequence[str] | AbstractSet[str] | None) -> Any:
    """The ids as a tuple; what is none is left for the validator to refuse."""
    if isinstance(value, (set, frozenset)):
        return tuple(sorted(value, key=repr))
    return tuple(value) if isinstance(value, (list, tuple)) else value


def _check_run_ids(_: object, attribute: Attribute[Any], value: Any) -> None:
    if value is None:
        return
    if not isinstance(value, tuple):
        raise InvalidArgumentError(
            f"{attribute.name} must be a list of ids of training runs, or None for all runs, not {shown(value)}"
        )
    for one in value:
        check_segment(f"each of {attribute.name}", one)


def _check_text(_: object, attribute: Attribute[Any], value: Any) -> None:
    if value is not None and (not isinstance(value, str) or not value.strip()):
        example = "'step-*'" if attribute.name == "name" else "'training' or 'sampler'"
        raise InvalidArgumentError(f"{attribute.name} must be like {example}, or None, not {shown(value)}")


def _check_duration(_: object, attribute: Attribute[Any], value: Any) -> None:
    if value is not None and (not isinstance(value, timedelta) or value < timedelta(0)):
        raise InvalidArgumentError(
            f"{attribute.name} must be a datetime.timedelta of 0 or more, such as timedelta(days=30), or None, "
            f"not {shown(value)}"
        )


def _check_moment(_: object, attribute: Attribute[Any], value: Any) -> None:
    # Whoever writes datetime.now() means the time on the wall, and datetime.utcnow() another one: neither is
    # guessed where a guess may delete what was saved since.
    if value is not None and (not isinstance(value, datetime) or value.utcoffset() is None):
        raise InvalidArgumentError(
            f"{attribute.name} must be a datetime with a time zone, such as datetime(2026, 1, 1, tzinfo=UTC), or "
            f"None, not {shown(value)}"
        )


def _check_count(least: int, what: str) -> Any:
    def check(_: object, attribute: Attribute[Any], value: Any) -> None:
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < least):
            raise InvalidArgumentError(
                f"{attribute.name} must be a whole number of {what}, {least} or more, or None, not {shown(value)}"
            )

    return check


def _check_flag(_: object, attribute: Attribute[Any], value: Any) -> None:
    if not isinstance(value, bool):
        raise InvalidArgumentError(f"{attribute.name} must be True or False, not {shown(value)}")


def _check_sort(_: object, attribute: Attribute[Any], value: Any) -> None:
    if value is not None and value not in _SORTS:
        raise InvalidArgumentError(f"{attribute.name} must be 'size', 'time' or None, not {shown(value)}")


@frozen(kw_only=True)
class CheckpointSelection:
    """Some of the checkpoints: those of which everything that is given here is true.

        CheckpointSelection(older_than=timedelta(days=30), keep_latest=2, checkpoint_type="training")

    What is not known of a checkpoint is never taken for true: one whose size the server does not tell is not
    larger than anything, and one whose time it does not tell is neither older, nor before, nor after.

    Args:
        training_run_ids: Only of these training runs; None, the default, for all runs, and an empty list for
            none at all.
        checkpoint_type: Only of this kind: `training`, `sampler`, `external` or another that the server has.
        name: Only with a name of this pattern, in which `*` stands for any characters, `?` for one and `[ab]`
            for one of these, and letters are as they are written. The name is the last part of the tinker path,
            such as `0001`; a pattern with a slash is one of the kind and the name, such as
            `sampler_weights/step-*`.
        older_than: Only what was saved this long ago or longer.
        before: Only what was saved before this moment, a datetime with a time zone.
        after: Only what was saved at this moment or after it, a datetime with a time zone.
        larger_than: Only what is larger than this many bytes.
        keep_latest: Leave out the newest so many of each training run and kind, of all checkpoints that there
            are and whatever else is given here: a checkpoint does not lose this protection because a newer one
            is of another name or size. One whose time is not known may be the newest, so it is left out too.
        no_ttl: Only what never expires.
        expiring_within: Only what expires within this time from now.
        include_public: Whether public checkpoints, which others may be using, are among them; by default they
            are not.
        sort: `size` for the largest first, `time` for the newest first; what is not known comes last. None, the
            default, for the order in which they came.
        limit: The first so many at most, after sorting.

    Raises:
        InvalidArgumentError: A value is not of the form that is expected, or two of them contradict each other.
    """

    training_run_ids: Sequence[str] | None = field(default=None, converter=_run_ids, validator=_check_run_ids)
    checkpoint_type: Literal["training", "sampler", "external"] | str | None = field(
        default=None, validator=_check_text
    )
    name: str | None = field(default=None, validator=_check_text)
    older_than: timedelta | None = field(default=None, validator=_check_duration)
    before: datetime | None = field(default=None, validator=_check_moment)
    after: datetime | None = field(default=None, validator=_check_moment)
    larger_than: int | None = field(default=None, validator=_check_count(0, "bytes"))
    keep_latest: int | None = field(default=None, validator=_check_count(1, "checkpoints"))
    no_ttl: bool = field(default=False, validator=_check_flag)
    expiring_within: timedelta | None = field(default=None, validator=_check_duration)
    include_public: bool = field(default=False, validator=_check_flag)
    sort: Sort | None = field(default=None, validator=_check_sort)
    limit: int | None = field(default=None, validator=_check_count(1, "checkpoints"))

    def __attrs_post_init__(self) -> None:
        """Refuse what selects nothing, whatever there is."""
        if self.before is not None and self.after is not None and self.before <= self.after:
            raise InvalidArgumentError(
                f"before must be later than after, {self.after.isoformat()}, not {self.before.isoformat()}"
            )
        if self.no_ttl and self.expiring_within is not None:
            raise InvalidArgumentError("no_ttl and expiring_within contradict each other; give one of them")

    @property
    def is_everything(self) -> bool:
        """Whether nothing is given that leaves out a private checkpoint."""
        return evolve(self, include_public=False, sort=None) == _EVERYTHING

    def apply(self, checkpoints: Iterable[Checkpoint], *, now: datetime | None = None) -> list[Checkpoint]:
        """The checkpoints that are meant. Nothing is sent and nothing is changed.

        Args:
            checkpoints: All that there are, since `keep_latest` counts them all.
            now: The moment from which ages and expiries count, a datetime with a time zone; the present by
                default.

        Raises:
            InvalidArgumentError: `now` has no time zone.
        """
        if now is None:
            now = datetime.now(UTC)
        elif not isinstance(now, datetime) or now.utcoffset() is None:
            raise InvalidArgumentError(f"now must be a datetime with a time zone, not {shown(now)}")
        # What was listed twice, since others changed while pages were read, counts once.
        everything = list({one.tinker_path: one for one in checkpoints}.values())
        kept = set() if self.keep_latest is None else _latest(everything, self.keep_latest)
        meant = [one for one in everything if one.tinker_path not in kept and self._means(one, now)]
        if self.sort == "size":
            meant.sort(key=lambda one: -1 if one.size_bytes is None else one.size_bytes, reverse=True)
        elif self.sort == "time":
            meant.sort(key=lambda one: one.time or _LONG_AGO, reverse=True)
        return meant[: self.limit]

    def to_dict(self) -> dict[str, Any]:
        """What is given, as plain JSON: times in UTC, durations in seconds."""
        return {
            name: _plain(value) for name, value in asdict(self).items() if value is not None and value is not False
        }

    def _means(self, checkpoint: Checkpoint, now: datetime) -> bool:
        return (
            (self.include_public or not checkpoint.public)
            and (self.training_run_ids is None or _run_id(checkpoint) in self.training_run_ids)
            and (self.checkpoint_type is None or checkpoint.checkpoint_type == self.checkpoint_type)
            and (self.name is None or _is_named(checkpoint, self.name))
            and self._means_time(checkpoint.time, now)
            and (self.larger_than is None or (checkpoint.size_bytes or 0) > self.larger_than)
            and self._means_expiry(checkpoint.expires_at, now)
        )

    def _means_time(self, time: datetime | None, now: datetime) -> bool:
        if time is None:
            return self.older_than is None and self.before is None and self.after is None
        return (
            (self.older_than is None or now - time >= self.older_than)
            and (self.before is None or time < self.before)
            and (self.after is None or time >= self.after)
        )

    def _means_expiry(self, expires_at: datetime | None, now: datetime) -> bool:
        if expires_at is None:
            return self.expiring_within is None
        return not self.no_ttl and (self.expiring_within is None or expires_at - now <= self.expiring_within)


_EVERYTHING = CheckpointSelection()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    return list(value) if isinstance(value, tuple) else value


def _run_id(checkpoint: Checkpoint) -> str | None:
    return checkpoint.training_run_id or run_id_of(checkpoint.tinker_path)


def _is_named(checkpoint: Checkpoint, pattern: str) -> bool:
    parts = 2 if "/" in pattern else 1
    return fnmatchcase("/".join(checkpoint.tinker_path.split("/")[-parts:]), pattern)


def _latest(checkpoints: list[Checkpoint], count: int) -> set[str]:
    """The paths of the newest of each run and kind, and of those that may be."""
    groups = defaultdict(list)
    for one in checkpoints:
        # One of which no run is known is a group of its own, and so is kept.
        groups[_run_id(one) or one.tinker_path, str(one.checkpoint_type)].append(one)
    kept = {one.tinker_path for one in checkpoints if one.time is None}
    for group in groups.values():
        known = sorted((one for one in group if one.time is not None), key=_age, reverse=True)
        kept.update(one.tinker_path for one in known[:count])
    return kept


def _age(checkpoint: Checkpoint) -> tuple[datetime, list[int], str]:
    """What sorts the newest last. Of two that were saved at once, step-10 is newer than step-9."""
    steps = [int(one) for one in re.findall("[0-9]+", checkpoint.tinker_path.rpartition("/")[2])]
    return checkpoint.time or _LONG_AGO, steps, checkpoint.tinker_path
