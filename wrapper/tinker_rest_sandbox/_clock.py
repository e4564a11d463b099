"""The clock of a sandbox, which tests can move forward."""

import threading
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
# Leaves room for later expiry times.
LATEST = datetime(9000, 1, 1, tzinfo=UTC)


class Clock:
    """A clock that can be moved forward.

    Args:
        start: The time at which the clock starts, with a time zone; None, the default, for now.
        frozen: Whether time only moves by `advance` and `set`.

    Raises:
        ValueError: If `start` has no time zone, or is too far away.
    """

    def __init__(self, start: datetime | None = None, *, frozen: bool = False) -> None:
        if start is not None and start.tzinfo is None:
            raise ValueError("The start of a clock needs a time zone.")
        if start is not None and not EPOCH <= start <= LATEST:
            raise ValueError(f"A clock starts from 1970 to {LATEST.year}, not {start.isoformat()}.")
        now = datetime.now(UTC)
        self._lock = threading.Lock()
        self._frozen_at = (start or now) if frozen else None
        self._ahead = timedelta(0) if start is None or frozen else start - now

    def now(self) -> datetime:
        """The time in UTC."""
        with self._lock:
            return (self._frozen_at or datetime.now(UTC)).astimezone(UTC) + self._ahead

    def advance(self, seconds: float) -> None:
        """Move the clock forward.

        Args:
            seconds: How far, in seconds.

        Raises:
            ValueError: If `seconds` is negative, since what has expired stays expired, or too far.
        """
        if seconds < 0:
            raise ValueError(f"A clock is not moved back: {seconds} seconds.")
        try:
            step = timedelta(seconds=seconds)
            is_too_far = step > LATEST - self.now()
        except (OverflowError, ValueError):  # the latter for NaN
            is_too_far = True
        if is_too_far:
            raise ValueError(f"A clock is not moved beyond {LATEST.year}, as by {seconds} seconds.")
        with self._lock:
            self._ahead += step

    def set(self, moment: datetime) -> None:
        """Move the clock forward to a time.

        Args:
            moment: The time, with a time zone.

        Raises:
            ValueError: If it has no time zone or has passed.
        """
        if moment.tzinfo is None:
            raise ValueError(f"The time to set a clock to needs a time zone: {moment.isoformat()}.")
        self.advance((moment - self.now()).total_seconds())

    @property
    def ahead(self) -> timedelta:
        """How far the clock was moved forward."""
        with self._lock:
            return self._ahead

    def rewind(self, ahead: timedelta) -> None:
        """Go back to an earlier value of `ahead`, as a reset of the whole sandbox does."""
        with self._lock:
            self._ahead = ahead


def to_microseconds(time: datetime) -> int:
    """The exact number of microseconds from 1970 to a time."""
    return (time - EPOCH) // MICROSECOND


def from_microseconds(microseconds: int) -> datetime:
    """The time, in UTC, from microseconds since 1970."""
    return EPOCH + microseconds * MICROSECOND
