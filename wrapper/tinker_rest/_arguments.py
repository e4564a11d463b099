"""Checks of arguments, made before anything is sent.

Each function returns the value to send, or raises InvalidArgumentError.
"""

from __future__ import annotations

import contextlib
import copy
import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from operator import index
from typing import Any, Literal, TypeVar

from attrs import evolve

from tinker_rest._lazy import models, types
from tinker_rest._redaction import register_secret, safe_repr
from tinker_rest.errors import InvalidArgumentError, refusal
from tinker_rest.paths import segment
from tinker_rest_api.models.access_scope import AccessScope
from tinker_rest_api.types import UNSET, Unset

Member = TypeVar("Member", bound=StrEnum)
Search = TypeVar("Search", "types.CheckpointSearchRequest", "types.SessionSearchRequest")
AccessScopeName = Literal["owned", "accessible"] | AccessScope
AuditEventTypeName = Literal["all", "checkpoints", "projects", "teams", "organizations"]

MAX_BILLING_PERIOD = timedelta(days=14)
MIN_TTL, MAX_TTL = 3600, 315_360_000
MAX_CONCURRENCY = 128
MAX_SEARCH_LIMIT = 200


def number(name: str, value: Any, least: int = 1, most: int = 2**31 - 1) -> int:
    """Check a whole number, which may be given as `5`, `numpy.int64(5)` or `5.0`."""
    with contextlib.suppress(TypeError):
        whole = int(value) if isinstance(value, float) and value.is_integer() else index(value)
        if least <= whole <= most and not isinstance(value, bool):
            return whole
    raise refusal(name, f"be a whole number from {least} to {most}", value)


def page(limit: int | None, offset: int | None, default: int) -> dict[str, Any]:
    """Check the limit and offset of a page. Servers enforce their own maximum and name it in their errors."""
    return {
        "limit": number("limit", default if limit is None else limit),
        "offset": number("offset", 0 if offset is None else offset, 0, 2**53 - 1),
    }


def ttl(seconds: int | timedelta | None) -> int | None:
    if seconds is None:
        return None
    given = seconds.total_seconds() if isinstance(seconds, timedelta) else seconds
    with contextlib.suppress(InvalidArgumentError):
        return number("ttl_seconds", given, MIN_TTL, MAX_TTL)
    expected = f"be from {MIN_TTL} (one hour) to {MAX_TTL} (ten years) seconds, a timedelta or None for no expiry"
    raise refusal("ttl_seconds", expected, seconds)


def scope(access_scope: str) -> AccessScope:
    return member("access_scope", AccessScope, access_scope)


def member(name: str, kind: type[Member], value: str) -> Member:
    try:
        return kind(value)
    except ValueError:
        names = ", ".join(repr(one.value) for one in kind)
        raise refusal(name, f"be one of {names}", value) from None


def optional_project(project_id: str | None) -> str | Unset:
    return UNSET if project_id is None else segment("project_id", project_id, allow_slash=True)


def access_token(token: str | None) -> str | Unset:
    """Check a secret that is sent as a header. The message never shows it."""
    if token is None:
        return UNSET
    if not isinstance(token, str) or not re.fullmatch("[!-~]+", token):
        raise InvalidArgumentError("weights_access_token must be one word of printable ASCII characters, or None")
    return register_secret(token)


def hook(name: str, function: Callable[[Any], object] | None) -> None:
    if function is not None and not callable(function):
        raise refusal(name, "be callable or None", function)


def day(value: date | None) -> date | Unset:
    if value is not None and (not isinstance(value, date) or isinstance(value, datetime)):
        raise refusal("day", "be a datetime.date or None", value)
    return UNSET if value is None else value


def billing_windows(starting_on: datetime | str, ending_before: datetime | str) -> list[tuple[datetime, datetime]]:
    """Check a period of usage and divide it into windows of at most 14 days. Without an offset, times are UTC."""
    start, end = _hour("starting_on", starting_on), _hour("ending_before", ending_before)
    if start >= end:
        raise refusal("ending_before", f"be after starting_on, {safe_repr(starting_on)}", ending_before)
    windows: list[tuple[datetime, datetime]] = []
    now = datetime.now(UTC)
    while start < end and (not windows or start <= now):  # servers refuse a start in the future
        windows.append((start, start + min(MAX_BILLING_PERIOD, end - start)))
        start = windows[-1][1]
    return windows


def _hour(name: str, value: Any) -> datetime:
    with contextlib.suppress(Exception):  # including from the caller's tzinfo
        moment = datetime.fromisoformat(value.upper()) if isinstance(value, str) else value
        hour = moment.replace(tzinfo=UTC) if moment.utcoffset() is None else moment.astimezone(UTC)
        if isinstance(hour, datetime) and (hour.minute, hour.second, hour.microsecond) == (0, 0, 0):
            return hour
    expected = "be a full hour in UTC as an RFC 3339 string, such as '2026-07-13T00:00:00Z', or as a datetime"
    raise refusal(name, expected, value)


def lora_config(config: types.LoraConfig) -> types.LoraConfig:
    """Check an adapter's settings. The server checks the rest."""
    if not isinstance(config, models.LoraConfig):
        raise refusal("lora_config", "be a tinker_rest.types.LoraConfig", config)
    return evolve(config, rank=number("lora_config.rank", config.rank, 1, 2**31 - 1))


def search(kind: type[Search], request: Search, page_size: int | None = None) -> Search:
    """Check and copy a search, and add the defaults that servers expect. The server checks the rest."""
    if not isinstance(request, kind):
        raise refusal("request", f"be a tinker_rest.types.{kind.__name__}", request)
    if page_size is None:
        limit = number("limit", request.limit, 1, MAX_SEARCH_LIMIT)
    else:
        limit = number("page_size", page_size, 1, MAX_SEARCH_LIMIT)
    checked = copy.deepcopy(evolve(request, limit=limit, owner=request.owner or models.OwnSearchOwner()))
    try:
        json.dumps(checked.to_dict(), ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise refusal("request", "be JSON-serializable", request) from None
    return checked
