"""Checks of arguments that are not ids: a wrong one is refused before anything is sent."""

from typing import Literal

from tinker_rest.errors import InvalidArgumentError
from tinker_rest_api.models import AccessScope

AccessScopeName = Literal["owned", "accessible"]

SHORTEST_TTL = 3600
LONGEST_TTL = 315_360_000


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def check_limit(limit: int) -> int:
    """Return how many items a page may hold. Servers have an upper bound of their own."""
    if not _is_whole(limit) or limit < 1:
        raise InvalidArgumentError(f"limit must be a whole number of 1 or more, not {limit!r}")
    return limit


def check_offset(offset: int) -> int:
    """Return how many items to leave out before the page."""
    if not _is_whole(offset) or offset < 0:
        raise InvalidArgumentError(f"offset must be a whole number of 0 or more, not {offset!r}")
    return offset


def check_access_scope(access_scope: str) -> AccessScope:
    """Return the scope as the description of the API names it."""
    try:
        return AccessScope(access_scope)
    except ValueError:
        names = " or ".join(repr(scope.value) for scope in AccessScope)
        raise InvalidArgumentError(f"access_scope must be {names}, not {access_scope!r}") from None


def check_ttl(ttl_seconds: int | None) -> int | None:
    """Return a time to live in seconds, or None for none."""
    if ttl_seconds is None:
        return None
    if not _is_whole(ttl_seconds):
        raise InvalidArgumentError(f"ttl_seconds must be a whole number of seconds or None, not {ttl_seconds!r}")
    if not SHORTEST_TTL <= ttl_seconds <= LONGEST_TTL:
        raise InvalidArgumentError(
            f"ttl_seconds must be from {SHORTEST_TTL} (one hour) to {LONGEST_TTL} (ten years), or None to remove "
            f"the expiry, not {ttl_seconds!r}"
        )
    return ttl_seconds
