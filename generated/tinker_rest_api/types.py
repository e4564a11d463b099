# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
"""Types that the generated models and operations share."""

import json
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, ClassVar, Generic, Literal, ParamSpec, Protocol, Self, TypeVar

from attrs import define, evolve, field, frozen

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


def rfc3339(value: datetime) -> str:
    """A time as JSON has it, in UTC with a Z."""
    aware = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return aware.isoformat().replace("+00:00", "Z")


def plain_json(value: Any) -> Any:
    """A list, a dict or a model as plain Python values."""
    if isinstance(value, (list, tuple)):
        return [plain_json(item) for item in value]
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if isinstance(value, Mapping):
        return {key: plain_json(item) for key, item in value.items()}
    return str(value) if isinstance(value, Enum) else value


@define
class Model:
    """What all models have, beside their fields. The names are those that users of pydantic know."""

    field_order: ClassVar[tuple[str, ...]] = ()
    """The names of the fields to dump, in the order of the API's description."""

    def model_dump(
        self,
        *,
        mode: Literal["python", "json"] = "python",
        include: Collection[str] | None = None,
        exclude: Collection[str] = (),
        exclude_none: bool = False,
    ) -> dict[str, Any]:
        """The fields by their names, models inside of them as dicts.

        What follows from another field and what this version does not know is left out; `to_dict` has both.

        Args:
            mode: `python` to keep times as datetimes, `json` to have all values as JSON has them.
            include: The fields to have; all where it is None.
            exclude: Fields to leave out.
            exclude_none: Whether to leave out what is None.
        """
        values = {
            name: _dumped(getattr(self, name), mode, exclude_none)
            for name in self.field_order
            if name not in exclude and (include is None or name in include)
        }
        return {name: value for name, value in values.items() if value is not None or not exclude_none}

    def model_dump_json(self, *, indent: int | None = None, exclude_none: bool = False) -> str:
        """The fields as a JSON text, on one line where `indent` is None."""
        separators = (",", ":") if indent is None else None
        fields = self.model_dump(mode="json", exclude_none=exclude_none)
        return json.dumps(fields, ensure_ascii=False, indent=indent, separators=separators)

    @classmethod
    def model_validate(cls, obj: Any) -> Self:
        """Read a JSON object, or return a model of this class as it is. Raises InvalidField, a ValueError."""
        if isinstance(obj, cls):
            return obj
        read: Self = cls.from_dict(obj)  # type: ignore[attr-defined]
        return read

    def model_copy(self, *, update: Mapping[str, Any] | None = None) -> Self:
        """A copy with some fields changed. Raises TypeError for a field that there is not."""
        copied = evolve(self, **(update or {}))
        if hasattr(self, "additional_properties"):
            copied.additional_properties = dict(self.additional_properties)  # type: ignore[attr-defined]
        return copied


@define
class UnknownVariant(Model):
    """One of several models, by a tag that a newer server sent and this version does not know.

    Attributes:
        type: The tag.
        additional_properties: All fields but the tag, as they came.
    """

    field_order: ClassVar = ("type",)

    type: str
    additional_properties: dict[str, Any] = field(factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as it came."""
        fields = plain_json(self.additional_properties)
        return {"type": self.type, **{name: value for name, value in fields.items() if name != "type"}}

    def model_dump(
        self,
        *,
        mode: Literal["python", "json"] = "python",
        include: Collection[str] | None = None,
        exclude: Collection[str] = (),
        exclude_none: bool = False,
    ) -> dict[str, Any]:
        """All fields as they came; the arguments are those of the other models."""
        return {
            name: _dumped(value, mode, exclude_none)
            for name, value in self.to_dict().items()
            if name not in exclude
            and (include is None or name in include)
            and (value is not None or not exclude_none)
        }


def read_variant(model: str, name: str, variants: Mapping[str, Callable[[Any], Any]], value: Any) -> Any:
    """Read a JSON object whose `type` tells which model it is; one of an unknown type is kept as it is."""
    if value.__class__ is not dict:
        raise InvalidField(model, name, "an object", value)
    tag = value.get("type")
    if tag.__class__ is not str:
        raise InvalidField(model, f"{name}.type", "a string", tag)
    read = variants.get(tag)
    if read is None:
        return UnknownVariant(tag, {key: one for key, one in value.items() if key != "type"})
    return read(value)


def _dumped(value: Any, mode: Literal["python", "json"], exclude_none: bool) -> Any:
    if isinstance(value, Model):
        return value.model_dump(mode=mode, exclude_none=exclude_none)
    if isinstance(value, (list, tuple)):
        return [_dumped(item, mode, exclude_none) for item in value]
    if isinstance(value, Mapping):
        return {key: _dumped(item, mode, exclude_none) for key, item in value.items()}
    if mode == "json":
        if isinstance(value, datetime):
            return rfc3339(value)
        return str(value) if isinstance(value, Enum) else value
    return value


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
    "Model",
    "Operation",
    "Response",
    "UnknownVariant",
    "Unset",
    "plain_json",
    "read_variant",
    "rfc3339",
    "utc_datetime",
]
