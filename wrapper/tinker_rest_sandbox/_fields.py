"""The values that scenarios, faults and `add_…` methods take, checked by pydantic.

A function's signature is the model of its arguments: its annotations contain the limits, its docstring describes
them. So the JSON schema of a scenario, the control path and the methods all agree.
"""

import functools
import inspect
import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, ParamSpec, TypeVar, get_type_hints

import jsonschema_rs
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, ValidationError, WithJsonSchema
from pydantic import create_model as _create_model
from pydantic_core import PydanticCustomError

from tinker_rest_sandbox._spec import load_spec

MAX_ID_LENGTH = 512
MAX_NUMBER = 2**53 - 1  # larger numbers lose digits in JSON readers of other languages
MAX_LORA_RANK = 2**31 - 1  # from openapi.yaml
MAX_TTL_SECONDS = 10 * 365 * 86400

P = ParamSpec("P")
R = TypeVar("R")
Place = tuple[str | int, ...]

CONFIG = ConfigDict(strict=True, extra="forbid")
_ARGUMENT = re.compile(r"^    (\w+): (.*?)(?=^    \w+: |^\S|\Z)", re.MULTILINE | re.DOTALL)
_MESSAGES = {"extra_forbidden": "there is no such field", "model_type": "Input should be an object"}


class AlreadyExistsError(ValueError):
    """Something with the same name already exists."""


def moment(value: datetime | str) -> datetime:
    """A time in UTC, from a datetime with a time zone or an RFC 3339 string; raises ValueError."""
    try:
        parsed = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        parsed = None
    if not isinstance(parsed, datetime) or parsed.tzinfo is None:
        raise ValueError("This must be a time with a time zone, such as 2026-07-13T09:00:00Z")
    try:
        return parsed.astimezone(UTC)
    except OverflowError:
        raise ValueError("This must be from the year 1 to 9999 in UTC") from None


def session_status(value: str | Mapping[str, Any]) -> dict[str, Any]:
    """A `SessionStatus`, from one or from only its type; raises ValueError."""
    if not isinstance(value, str | Mapping):
        raise ValueError("This must match SessionStatus in openapi.yaml")  # noqa: TRY004 - a wrong value
    return {"type": value} if isinstance(value, str) else dict(value)


def check(holds: Callable[[Any], object], message: str) -> AfterValidator:
    """Accept values that meet a condition."""

    def validate(value: Any) -> Any:
        if not holds(value):
            raise PydanticCustomError("value", message)
        return value

    return AfterValidator(validate)


def convertible(convert: Callable[[Any], object]) -> PlainValidator:
    """Accept values that a function accepts without a ValueError."""

    def validate(value: Any) -> Any:
        try:
            convert(value)
        except ValueError as error:
            raise PydanticCustomError("value", "{reason}", {"reason": str(error)}) from error
        return value

    return PlainValidator(validate)


def _described(schema: str) -> Callable[[Any], None]:
    """Refuses values that a schema of openapi.yaml does not allow."""

    def check(value: Any) -> None:
        try:
            document = dict(value) if isinstance(value, Mapping) else value
            is_valid = json.dumps(document, allow_nan=False) and _validator(schema).is_valid(document)
        except (TypeError, ValueError):
            is_valid = False
        if not is_valid:
            raise ValueError(f"This must match {schema} in openapi.yaml")

    return check


@functools.cache
def _validator(schema: str) -> jsonschema_rs.Draft202012Validator:
    return load_spec().validator({"$ref": f"#/components/schemas/{schema}"})


def _check_json(value: object) -> None:
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise ValueError("This must be text or a JSON value") from error


Id = Annotated[
    str,
    Field(min_length=1, max_length=MAX_ID_LENGTH, pattern="^[^/]+$"),
    check(lambda value: value.isprintable() and value not in {".", ".."}, "This must be one line, not . or .."),
]
Kind = Literal["weights", "sampler_weights", "external_weights"]
Text = Annotated[str, Field(min_length=1), check(str.isprintable, "This must be one line of text")]
ApiKey = Annotated[
    str, Field(pattern="^tml-"), check(re.compile(r"[!-~]+").fullmatch, "This must be ASCII without spaces")
]
Moment = Annotated[datetime | str, convertible(moment), WithJsonSchema({"type": "string", "format": "date-time"})]
UserMetadata = Annotated[
    Mapping[str, Any], convertible(_described("UserMetadata")), WithJsonSchema({"type": "object"})
]
OptimizerConfig = Annotated[
    Mapping[str, Any], convertible(_described("OptimizerConfig")), WithJsonSchema({"type": "object"})
]
Status = Annotated[
    str | Mapping[str, Any],
    convertible(lambda value: _described("SessionStatus")(session_status(value))),
    WithJsonSchema({"type": ["string", "object"]}),
]
LoraRank = Annotated[int, Field(ge=1, le=MAX_LORA_RANK)]
SizeBytes = Annotated[int, Field(ge=0, le=MAX_NUMBER)]
Positive = Annotated[int, Field(ge=1)]
NotNegative = Annotated[int, Field(ge=0)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Json = Annotated[Any, convertible(_check_json), WithJsonSchema({})]
TtlSeconds = Annotated[int, Field(ge=1, le=MAX_TTL_SECONDS)]


@functools.cache
def model_of(name: str, function: Callable[..., Any], without: frozenset[str] = frozenset()) -> type[BaseModel]:
    """The model, with a name for JSON schemas, of a function's or attrs class's keyword arguments."""
    function = inspect.unwrap(function)
    hints = get_type_hints(function, include_extras=True)
    documented = {name: " ".join(text.split()) for name, text in _ARGUMENT.findall(inspect.getdoc(function) or "")}
    fields: dict[str, Any] = {
        argument: (hints[argument], Field(parameter.default, description=documented.get(argument)))
        for argument, parameter in inspect.signature(function).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY and argument not in without
    }
    return create_model(name, **fields)


def create_model(name: str, base: type[BaseModel] | None = None, /, **fields: Any) -> type[BaseModel]:
    """A model with these fields, and those of its base."""
    model: type[BaseModel] = _create_model(name, __base__=base, __config__=None if base else CONFIG, **fields)
    return model


def check_arguments(function: Callable[..., Any], given: Mapping[str, Any]) -> None:
    """Raise a ValueError that names an argument which a function, or attrs class, does not take."""
    function = getattr(function, "__func__", function)
    for place, message in issues(model_of(function.__name__, function), dict(given)):
        raise ValueError(f"{'.'.join(map(str, place))}: {message}")


def issues(model: type[BaseModel], value: Any) -> Iterable[tuple[Place, str]]:
    """The place and a sentence for each error in a value."""
    try:
        model.model_validate(value)
    except ValidationError as error:
        for issue in error.errors(include_url=False):
            message = _MESSAGES.get(issue["type"], issue["msg"])
            is_told = issue["type"] in {"missing", *_MESSAGES}
            yield issue["loc"], f"{message}." if is_told else f"{message}, not {issue['input']!r}."


def checked(method: Callable[P, R]) -> Callable[P, R]:
    """Check the keyword arguments of a method before it runs."""

    @functools.wraps(method)
    def call(*arguments: P.args, **given: P.kwargs) -> R:
        # For an argument that does not exist, Python itself raises TypeError.
        if given.keys() <= inspect.signature(method).parameters.keys():
            check_arguments(method, given)
        return method(*arguments, **given)

    return call
