"""Checks of arguments that are not ids: a wrong one is refused before anything is sent."""

from typing import Literal

from tinker_rest.errors import InvalidArgumentError
from tinker_rest.redaction import shown
from tinker_rest_api.models import AccessScope

AccessScopeName = Literal["owned", "accessible"] | AccessScope

SHORTEST_TTL = 3600
LONGEST_TTL = 315_360_000


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _check_number(name: str, value: int, least: int, most: int) -> int:
    if not _is_whole(value) or not least <= value <= most:
        raise InvalidArgumentError(f"{name} must be a whole number from {least} to {most}, not {shown(value)}")
    return value


def check_limit(limit: int) -> int:
    """Return how many items a page may hold. Servers have an upper bound of their own, which they tell."""
    return _check_number("limit", limit, 1, 2**31 - 1)


def check_offset(offset: int) -> int:
    """Return how many items to leave out before the page."""
    return _check_number("offset", offset, 0, 2**53 - 1)


def check_access_scope(access_scope: str) -> AccessScope:
    """Return the scope as the description of the API names it."""
    try:
        return AccessScope(access_scope)
    except ValueError:
        names = " or ".join(repr(scope.value) for scope in AccessScope)
        raise InvalidArgumentError(f"access_scope must be {names}, not {shown(access_scope)}") from None


def check_ttl(ttl_seconds: int | None) -> int | None:
    """Return a time to live in seconds, or None for none."""
    if ttl_seconds is None:
        return None
    if not _is_whole(ttl_seconds):
        raise InvalidArgumentError(
            f"ttl_seconds must be a whole number of seconds or None, not {shown(ttl_seconds)}"
        )
    if not SHORTEST_TTL <= ttl_seconds <= LONGEST_TTL:
        raise InvalidArgumentError(
            f"ttl_seconds must be from {SHORTEST_TTL} (one hour) to {LONGEST_TTL} (ten years), or None to remove "
            f"the expiry, not {shown(ttl_seconds)}"
        )
    return ttl_seconds
