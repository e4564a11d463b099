"""How patient a client is, and whom it tells: the options of a client and of a single call."""

import math
from collections.abc import Callable
from typing import Any

from attrs import field, frozen

from tinker_rest.calling.retries import RetryEvent
from tinker_rest.errors import InvalidArgumentError


def _check_seconds(_: object, attribute: object, value: object) -> None:
    name = getattr(attribute, "name", "")
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or value <= 0:
        raise InvalidArgumentError(
            f"{name} must be a number of seconds above 0, or None for no limit, not {value!r}"
        )


def _check_count(_: object, attribute: object, value: object) -> None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
        raise InvalidArgumentError(
            f"{getattr(attribute, 'name', '')} must be 0 or a whole number above, or None for no limit, "
            f"not {value!r}"
        )


def _check_hook(_: object, attribute: object, value: Any) -> None:
    if value is not None and not callable(value):
        raise InvalidArgumentError(f"{getattr(attribute, 'name', '')} must be callable or None, not {value!r}")


@frozen
class CallOptions:
    """The options of a call; see `RestClient` for what they mean."""

    timeout: float | None = field(default=60.0, validator=_check_seconds)
    attempt_timeout: float | None = field(default=30.0, validator=_check_seconds)
    archive_timeout: float | None = field(default=900.0, validator=_check_seconds)
    max_retries: int | None = field(default=10, validator=_check_count)
    on_retry: Callable[[RetryEvent], None] | None = field(default=None, validator=_check_hook)
