"""Checks what sessions are searched for, before anything is sent."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import attrs
from attrs import evolve

from tinker_rest.errors import InvalidArgumentError
from tinker_rest.methods.arguments import check_project_id
from tinker_rest.redaction import shown
from tinker_rest_api._model import UnknownVariant
from tinker_rest_api.models import (
    AccessibleSearchOwner,
    ActiveSessionStatusQuery,
    CancelledSessionStatusQuery,
    ClientFinishedSessionStatusQuery,
    FailedSessionStatusQuery,
    OwnSearchOwner,
    SessionSearchCursor,
    SessionSearchRequest,
    UserSearchOwner,
)

MOST_PER_PAGE = 200
MOST_OWNERS = 10

_OWNERS = (OwnSearchOwner, AccessibleSearchOwner, UserSearchOwner, UnknownVariant)
_STATUSES = (
    ActiveSessionStatusQuery,
    CancelledSessionStatusQuery,
    FailedSessionStatusQuery,
    ClientFinishedSessionStatusQuery,
    UnknownVariant,
)


def check_search(request: SessionSearchRequest) -> SessionSearchRequest:
    """Return the request with the defaults that servers expect to be there."""
    if not isinstance(request, SessionSearchRequest):
        raise InvalidArgumentError(
            f"request must be a tinker_rest.types.SessionSearchRequest, not {shown(request)}"
        )
    limit = request.limit
    if isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= MOST_PER_PAGE:
        raise InvalidArgumentError(f"limit must be a whole number from 1 to {MOST_PER_PAGE}, not {shown(limit)}")
    for name, text in (("session_id", request.session_id), ("display_name", request.display_name)):
        if text is not None and (not isinstance(text, str) or not text):
            raise InvalidArgumentError(f"{name} must be a text of one character or more, not {shown(text)}")
    for project_id in _list_or_none("project_ids", request.project_ids) or ():
        check_project_id("each of project_ids", project_id)
    metadata = request.user_metadata
    if not isinstance(metadata, dict) or not all(isinstance(x, str) for pair in metadata.items() for x in pair):
        raise InvalidArgumentError(f"user_metadata must be a dict of texts, not {shown(metadata)}")
    _check_cursor(request.cursor)
    owner = OwnSearchOwner() if request.owner is None else request.owner
    _check_owner(owner)
    _check_statuses(request)
    checked = evolve(request, owner=owner)
    try:
        json.dumps(checked.to_dict(), ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, TypeError, RecursionError):
        raise InvalidArgumentError(f"request must hold what can be sent as JSON, not {shown(request)}") from None
    return checked


def _check_cursor(cursor: object) -> None:
    if cursor is None:
        return
    is_cursor = isinstance(cursor, SessionSearchCursor) and isinstance(cursor.last_created_at, datetime)
    if not is_cursor or not isinstance(cursor.last_session_id, str):  # type: ignore[attr-defined]
        raise InvalidArgumentError(f"cursor must be next_cursor of the page before, or None, not {shown(cursor)}")


def _check_tag(name: str, one: Any) -> None:
    """Check the tag of a model, which somebody may have changed."""
    default = getattr(attrs.fields_dict(type(one))["type"], "default", attrs.NOTHING)
    if not isinstance(one.type, str) or not one.type or default not in (attrs.NOTHING, one.type):
        raise InvalidArgumentError(f"the type of {name} must be left as it is, not {shown(one.type)}")


def _check_owner(owner: object) -> None:
    if not isinstance(owner, _OWNERS):
        names = ", ".join(one.__name__ for one in _OWNERS[:-1])
        raise InvalidArgumentError(f"owner must be one of {names}, not {shown(owner)}")
    _check_tag("owner", owner)
    if isinstance(owner, UserSearchOwner):
        urns = _list_or_none("owner_urns", owner.owner_urns) or []
        if not 1 <= len(urns) <= MOST_OWNERS or not all(isinstance(urn, str) and urn for urn in urns):
            raise InvalidArgumentError(f"owner_urns must hold 1 to {MOST_OWNERS} URNs, not {shown(urns)}")


def _check_statuses(request: SessionSearchRequest) -> None:
    statuses = _list_or_none("statuses", request.statuses)
    if statuses is None:
        return
    if not statuses:
        raise InvalidArgumentError("statuses must hold one status or more, or be None for any status; it is []")
    for status in statuses:
        if not isinstance(status, _STATUSES):
            names = ", ".join(one.__name__ for one in _STATUSES[:-1])
            raise InvalidArgumentError(f"each of statuses must be one of {names}, not {shown(status)}")
        _check_tag("each of statuses", status)
        if isinstance(status, ClientFinishedSessionStatusQuery) and status.reasons is not None:
            reasons = _list_or_none("reasons", status.reasons)
            if not reasons or not all(isinstance(reason, str) and reason for reason in reasons):
                raise InvalidArgumentError(
                    f"reasons must hold one reason or more, or be None for any reason, not {shown(reasons)}"
                )


def _list_or_none(name: str, value: object) -> list[object] | None:
    if value is None or isinstance(value, list):
        return value
    raise InvalidArgumentError(f"{name} must be a list or None, not {shown(value)}")
