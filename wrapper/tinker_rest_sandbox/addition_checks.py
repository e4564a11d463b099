"""Checks of what is to be added to a sandbox: every error is a ValueError that names the value."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import jsonschema_rs

from .clock import to_microseconds
from .organization import Organization
from .spec import load_spec

LONGEST_ID = 512
LARGEST_NUMBER = 2**53 - 1  # beyond it, JSON readers of other languages lose digits
LONGEST_TTL_SECONDS = 10 * 365 * 86400


class AlreadyThere(ValueError):  # noqa: N818 - says what is wrong
    """What is to be added has the name of something that there is."""


def check_name(what: str, value: object) -> str:
    """A name that can be one segment of a path, as the API's ids are.

    Raises:
        ValueError: If it cannot.
    """
    is_segment = isinstance(value, str) and value not in {"", ".", ".."} and "/" not in value
    if not isinstance(value, str) or not is_segment or not value.isprintable() or len(value) > LONGEST_ID:
        raise ValueError(f"{what} is a text without slashes, of 1 to {LONGEST_ID} characters, not {value!r}.")
    return value


def check_text(what: str, value: object) -> str:
    """A text that is not empty.

    Raises:
        ValueError: If it is none.
    """
    if not isinstance(value, str) or not value or not value.isprintable():
        raise ValueError(f"{what} is a text of one line, not {value!r}.")
    return value


def check_flag(what: str, value: object) -> int:
    """A truth value, as the database keeps it.

    Raises:
        ValueError: If it is none.
    """
    if not isinstance(value, bool):
        raise ValueError(f"{what} is true or false, not {value!r}.")  # noqa: TRY004
    return int(value)


def check_number(what: str, value: object, least: int, most: int = LARGEST_NUMBER) -> int | None:
    """A whole number from `least` to `most`, or None.

    Raises:
        ValueError: If it is neither.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ValueError(f"{what} is a whole number from {least} to {most}, not {value!r}.")
    return value


def check_choice(what: str, value: object, known: Iterable[str]) -> str:
    """One of the values that there are.

    Raises:
        ValueError: If it is none of them.
    """
    known = list(known)
    if not isinstance(value, str) or value not in known:
        raise ValueError(f"{what} is one of {', '.join(known)}, not {value!r}.")
    return value


def check_moment(what: str, value: object) -> int:
    """A time with a time zone, or its text as in RFC 3339, in microseconds since 1970.

    Raises:
        ValueError: If it is none.
    """
    moment = value
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            moment = None
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise ValueError(f"{what} is a time with a time zone, such as 2026-07-13T09:00:00Z, not {value!r}.")
    try:
        return to_microseconds(moment.astimezone(UTC))
    except OverflowError:
        raise ValueError(f"{what} is not from the year 1 to 9999 in UTC: {value!r}.") from None


def check_user(organization: Organization, value: object) -> str:
    """The name of a user that there is.

    Raises:
        ValueError: If there is none.
    """
    if not isinstance(value, str) or value not in organization.users:
        raise ValueError(f"There is no user {value!r}; there are {', '.join(organization.users)}.")
    return value


def check_project(organization: Organization, value: object) -> str | None:
    """The id of a project that there is, or None.

    Raises:
        ValueError: If there is none.
    """
    if value is not None and value not in organization.projects:
        raise ValueError(f"There is no project {value!r}; there are {', '.join(organization.projects)}.")
    return None if value is None else str(value)


def check_described(what: str, schema: str, value: Any) -> Any:
    """A value that one of the description's schemas allows, or None.

    Args:
        what: What it is, for the message.
        schema: The name of the schema.
        value: The value.

    Raises:
        ValueError: If it does not allow it.
    """
    if value is None:
        return None
    value = dict(value) if hasattr(value, "keys") else value
    try:
        json.dumps(value, allow_nan=False)
        is_valid = _validator(schema).is_valid(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{what} is no JSON: {value!r}.") from error
    if not is_valid:
        raise ValueError(f"{what} is a {schema} as in openapi.yaml, not {value!r}.")
    return value


@functools.cache
def _validator(schema: str) -> jsonschema_rs.Draft202012Validator:
    return load_spec().validator({"$ref": f"#/components/schemas/{schema}"})
