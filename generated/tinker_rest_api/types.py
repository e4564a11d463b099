# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
"""Types that the generated models and operations share."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, Literal, ParamSpec, Protocol, Self, TypeVar

from attrs import define, frozen

P = ParamSpec("P")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Unset:
    """The type of UNSET. There is one instance, also after a copy or a pickle."""

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNSET"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> str:
        return "UNSET"


UNSET: Unset = Unset()

_from_iso = datetime.fromisoformat


class InvalidField(ValueError):
    """A response whose JSON does not hold what the description of the API promises."""

    def __init__(self, model: str, field: str | None, expected: str, value: object) -> None:
        self.model = model
        self.field = field
        self.expected = expected
        self.found = "null or nothing" if value is None else f"a value of type {type(value).__name__}"
        super().__init__(model, field, expected, self.found)

    def __str__(self) -> str:
        place = self.model if self.field is None else f"{self.model}.{self.field}"
        return f"{place} must be {self.expected}, not {self.found}"


def utc_datetime(model: str, field: str, value: Any) -> datetime:
    """Read an RFC 3339 date-time, or the seconds since 1970 that some servers send, as aware UTC."""
    try:
        parsed = _from_iso(value)
    except (TypeError, ValueError):
        try:
            parsed = _unusual_time(value)
        except (TypeError, ValueError, OverflowError, OSError) as error:
            raise InvalidField(model, field, "an RFC 3339 date-time", value) from error
    if parsed.tzinfo is UTC:
        return parsed
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)


def _unusual_time(value: Any) -> datetime:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return datetime.fromtimestamp(value, UTC)
    if not isinstance(value, str):
        raise TypeError(value)
    # RFC 3339 allows lower-case letters and leap seconds; fromisoformat knows neither.
    text = value.upper()
    if ":60" in text:
        return datetime.fromisoformat(text.replace(":60", ":59", 1)) + timedelta(seconds=1)
    return datetime.fromisoformat(text)


def plain_json(value: Any) -> Any:
    """A list or model as plain Python values."""
    if isinstance(value, list):
        return [plain_json(item) for item in value]
    return value.to_dict() if hasattr(value, "to_dict") else value


@define
class Response(Generic[T]):
    """An answer of the server: its status, body and headers, and the body as a model."""

    status_code: int
    content: bytes
    headers: Mapping[str, str]
    parsed: T | None


class JsonResponse(Protocol):
    """What is read of a response: its body as parsed JSON."""

    def json(self) -> Any:
        """The parsed body."""


@frozen
class Operation(Generic[P, T_co]):
    """One operation of the API: how its request is built and how its success is read.

    It does no input or output of its own, so any HTTP client can carry the request.
    """

    operation_id: str
    success_status: frozenset[int]
    build_request: Callable[P, dict[str, Any]]
    read_success: Callable[[JsonResponse], T_co]


__all__ = [
    "UNSET",
    "InvalidField",
    "JsonResponse",
    "Operation",
    "Response",
    "Unset",
    "plain_json",
    "utc_datetime",
]
