"""A reusable filter for checkpoints."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any, Literal

from attrs import Attribute, evolve, field, frozen

from tinker_rest._lazy import types
from tinker_rest.errors import InvalidArgumentError, refusal
from tinker_rest.paths import segment

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


# Converters copy values, since callers may change their lists and dicts later. Validators reject other types.
def _tuple(value: Collection[str] | None) -> Any:
    return tuple(value) if isinstance(value, Collection) and not isinstance(value, str) else value


def _paths(value: Collection[str]) -> tuple[str, ...]:
    paths = _tuple(value)
    if not isinstance(paths, tuple) or not all(isinstance(one, str) and "://" in one for one in paths):
        raise refusal("exclude", "be a list of tinker paths", value)
    return paths


def _dict(value: Mapping[str, Any] | None) -> Any:
    return dict(value) if isinstance(value, Mapping) else value


def _must_be(expected: str, is_valid: Callable[[Any], bool]) -> Callable[[Any, Attribute[Any], Any], None]:
    def check(_: object, attribute: Attribute[Any], value: Any) -> None:
        is_optional = attribute.default is None
        if not is_valid(value) and not (is_optional and value is None):
            raise refusal(attribute.name, f"be {expected}{', or None' if is_optional else ''}", value)

    return check


def _ids(_: object, attribute: Attribute[Any], value: Any) -> None:
    if value is not None and not isinstance(value, tuple):
        raise refusal(attribute.name, "be a list of ids, or None", value)
    for one in value or ():
        segment(f"each of {attribute.name}", one, allow_slash=attribute.name != "training_run_ids")


_metadata = _must_be("a dict of at least one key", lambda value: isinstance(value, Mapping) and bool(value))
_text = _must_be("a string that is not empty", lambda value: isinstance(value, str) and bool(value.strip()))
_duration = _must_be(
    "a datetime.timedelta of 0 or more, such as timedelta(days=30)",
    lambda value: isinstance(value, timedelta) and value >= timedelta(0),
)
# datetime.now() is local time and datetime.utcnow() is UTC, and both look the same here. A wrong guess could
# delete checkpoints that were saved later.
_moment = _must_be(
    "a datetime with a time zone, such as datetime(2026, 1, 1, tzinfo=UTC)",
    lambda value: isinstance(value, datetime) and value.utcoffset() is not None,
)
_bytes = _must_be("a whole number of bytes, 0 or more", lambda value: type(value) is int and value >= 0)
_count = _must_be("a whole number of checkpoints, 1 or more", lambda value: type(value) is int and value > 0)
_flag = _must_be("True or False", lambda value: isinstance(value, bool))
_order = _must_be("'size' or 'time'", lambda value: value in ("size", "time"))


class SelectedCheckpoints(list["types.Checkpoint"]):
    """The selected checkpoints, a list.

    Attributes:
        others: The checkpoints that were read and not selected, for example to show what is kept.
    """

    others: Sequence[types.Checkpoint] = ()


@frozen(kw_only=True)
class CheckpointSelection:
    """Selects checkpoints that match all given criteria.

        CheckpointSelection(older_than=timedelta(days=30), keep_latest=2, checkpoint_type="training")

    An unknown value never matches: a checkpoint of unknown size is not larger than anything, and one of unknown
    time is neither older, nor before, nor after anything.

    Args:
        training_run_ids: Only checkpoints of these training runs; an empty list means none.
        project_ids: Only checkpoints of your training runs in these projects; an empty list means none. `apply`
            refuses it, since only the server knows these runs.
        base_models: Only checkpoints of these models. Nothing matches on older servers, which omit the model.
        user_metadata: Only checkpoints whose metadata has all these keys with these values.
        checkpoint_type: Only checkpoints of this type: `training`, `sampler`, `external` or another.
        name: Only checkpoints whose name matches this pattern, such as `step-*`, or kind and name, such as
            `sampler_weights/step-*`. `*` stands for any characters, `?` for one, `[ab]` for one of these.
        older_than: Only checkpoints that were saved this long ago or longer.
        before: Only checkpoints that were saved before this time, a datetime with a time zone.
        after: Only checkpoints that were saved at this time or later, a datetime with a time zone.
        larger_than: Only checkpoints larger than this many bytes.
        keep_latest: Skip the newest N of each training run and type. All checkpoints count, regardless of other
            criteria. Those that may be among them, of an equal or unknown time, are skipped too.
        exclude: Skip the checkpoints with these tinker paths. They still count for `keep_latest`.
        no_ttl: Only checkpoints that never expire.
        expiring_within: Only checkpoints that expire within this time from now.
        include_public: Whether to include public checkpoints, which others may be using; False by default.
        sort: `size` for the largest first, `time` for the newest first, with unknown values last. None, the
            default, keeps the given order.
        limit: At most this many checkpoints, after sorting.

    Raises:
        InvalidArgumentError: A value has the wrong form, or two criteria contradict each other.
    """

    training_run_ids: Sequence[str] | None = field(default=None, converter=_tuple, validator=_ids)
    project_ids: Sequence[str] | None = field(default=None, converter=_tuple, validator=_ids)
    base_models: Sequence[str] | None = field(default=None, converter=_tuple, validator=_ids)
    user_metadata: Mapping[str, Any] | None = field(default=None, converter=_dict, validator=_metadata, hash=False)
    checkpoint_type: Literal["training", "sampler", "external"] | str | None = field(default=None, validator=_text)
    name: str | None = field(default=None, validator=_text)
    older_than: timedelta | None = field(default=None, validator=_duration)
    before: datetime | None = field(default=None, validator=_moment)
    after: datetime | None = field(default=None, validator=_moment)
    larger_than: int | None = field(default=None, validator=_bytes)
    keep_latest: int | None = field(default=None, validator=_count)
    exclude: Sequence[str] = field(default=(), converter=_paths)
    no_ttl: bool = field(default=False, validator=_flag)
    expiring_within: timedelta | None = field(default=None, validator=_duration)
    include_public: bool = field(default=False, validator=_flag)
    sort: Literal["size", "time"] | None = field(default=None, validator=_order)
    limit: int | None = field(default=None, validator=_count)

    def __attrs_post_init__(self) -> None:
        if self.before is not None and self.after is not None and self.before <= self.after:
            raise InvalidArgumentError("before must be later than after")
        if self.no_ttl and self.expiring_within is not None:
            raise InvalidArgumentError("no_ttl and expiring_within contradict each other; give one of them")

    @property
    def is_everything(self) -> bool:
        """Whether every private checkpoint matches."""
        return evolve(self, include_public=False, sort=None) == CheckpointSelection()

    def apply(
        self, checkpoints: Iterable[types.Checkpoint], *, now: datetime | None = None
    ) -> SelectedCheckpoints:
        """Return the matching checkpoints. Nothing is sent and nothing is changed.

        Args:
            checkpoints: All checkpoints, since `keep_latest` counts all of them.
            now: The time from which ages and expiries count, a datetime with a time zone. Default: this moment.
        """
        if self.project_ids is not None:
            raise InvalidArgumentError(
                "checkpoints do not contain their project: use select_checkpoints for project_ids"
            )
        now = now or datetime.now(UTC)
        # A checkpoint may be listed twice if others changed while pages were read.
        everything = list({one.tinker_path: one for one in checkpoints}.values())
        kept = set() if self.keep_latest is None else _latest(everything, self.keep_latest)
        kept.update(self.exclude)
        matching = [one for one in everything if one.tinker_path not in kept and self._matches(one, now)]
        if self.sort == "size":
            matching.sort(key=lambda one: -1 if one.size_bytes is None else one.size_bytes, reverse=True)
        elif self.sort == "time":
            matching.sort(key=_time, reverse=True)
        selected = SelectedCheckpoints(matching[: self.limit])
        paths = {one.tinker_path for one in selected}
        selected.others = [one for one in everything if one.tinker_path not in paths]
        return selected

    def _matches(self, one: types.Checkpoint, now: datetime) -> bool:
        time = one.time
        left = None if one.expires_at is None else one.expires_at - now
        pattern = "*" if self.name is None else self.name
        name = "/".join(one.tinker_path.split("/")[-2 if "/" in pattern else -1 :])
        return (
            (self.include_public or not one.public)
            and (self.training_run_ids is None or run_id_of(one) in self.training_run_ids)
            and (self.base_models is None or one.base_model in self.base_models)
            and (self.user_metadata is None or self.user_metadata.items() <= (one.user_metadata or {}).items())
            and (self.checkpoint_type is None or one.checkpoint_type == self.checkpoint_type)
            and fnmatchcase(name, pattern)
            and (self.older_than is None or (time is not None and now - time >= self.older_than))
            and (self.before is None or (time is not None and time < self.before))
            and (self.after is None or (time is not None and time >= self.after))
            and (self.larger_than is None or (one.size_bytes or 0) > self.larger_than)
            and (not self.no_ttl or left is None)
            and (self.expiring_within is None or (left is not None and left <= self.expiring_within))
        )


def run_id_of(checkpoint: types.Checkpoint) -> str | None:
    """The ID of its training run, from its tinker path if the server left it out; None if neither has one."""
    scheme, _, rest = checkpoint.tinker_path.partition("://")
    return checkpoint.training_run_id or ("" if "/" in scheme else rest.partition("/")[0]) or None


def _latest(checkpoints: list[types.Checkpoint], count: int) -> set[str]:
    """The paths of the newest of each run and type, and of those that may be the newest."""
    kept = {one.tinker_path for one in checkpoints if one.time is None}
    groups: dict[tuple[str, str], list[types.Checkpoint]] = defaultdict(list)
    for one in sorted(checkpoints, key=_time, reverse=True):
        # A checkpoint without a known run forms its own group, so it is kept.
        groups[run_id_of(one) or one.tinker_path, str(one.checkpoint_type)].append(one)
    for group in groups.values():  # equal times, such as whole seconds, do not show which one is newer
        kept |= {one.tinker_path for one in group if _time(one) >= _time(group[:count][-1])}
    return kept


def _time(checkpoint: types.Checkpoint) -> datetime:
    return checkpoint.time or _LONG_AGO
