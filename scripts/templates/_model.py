"""What the generated models share: their base classes, and how their fields are read and written."""

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, TypeVar

from attrs import Factory, define, evolve, field, fields_dict

ValueT = TypeVar("ValueT")
Json = dict[str, Any]  # `dict` is a method of the models

MAX_ITEMS_IN_REPR = 3

_from_iso = datetime.fromisoformat
_SURROGATE = re.compile("[\ud800-\udfff]")


class InvalidField(ValueError):  # noqa: N818 - says what is wrong
    """A response whose JSON does not match the API's description."""

    def __init__(self, model: str, field: str | None, expected: str, value: object) -> None:
        self.model = model
        self.field = field
        self.expected = expected
        self.found = "null or nothing" if value is None else f"a value of type {type(value).__name__}"
        if value == "":
            self.found = "''"
        self.item = ""  # of a list, which it is inside of
        super().__init__(model, field, expected, self.found)

    def __str__(self) -> str:
        place = self.model if self.field is None else f"{self.model}.{self.field}"
        inside = f" (in {self.item})" if self.item else ""
        return f"{place} must be {self.expected}, not {self.found}{inside}"


def whole_number(model: str, field: str, value: Any) -> int:
    """Read an integer as JSON Schema has them: 8, 8.0 and 8e0 are the same."""
    if value.__class__ is float and value.is_integer():
        return int(value)
    raise InvalidField(model, field, "an integer", value)


def read_items(field: str, read: Callable[[Any], ValueT], values: list[Any]) -> list[ValueT]:
    """Read the items of a list. The error of one says which it is."""
    try:
        return [read(value) for value in values]
    except InvalidField:
        for number, value in enumerate(values):
            try:
                read(value)
            except InvalidField as error:
                error.item = f"{field}[{number}]{error.item and '.'}{error.item}"
                raise
        raise


class TextEnum(StrEnum):
    """The base class of enumerations, whose members print like their strings."""

    def __repr__(self) -> str:
        return repr(self.value)


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
    if isinstance(value, datetime):  # of a dump of a model
        return value
    if not isinstance(value, str):
        raise TypeError(value)
    # RFC 3339 allows lower-case letters and leap seconds; fromisoformat knows neither.
    text = value.upper()
    if ":60" in text:
        return datetime.fromisoformat(text.replace(":60", ":59", 1)) + timedelta(seconds=1)
    return datetime.fromisoformat(text)


def rfc3339(value: datetime) -> str:
    """Format a time for JSON, in UTC with a Z."""
    aware = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return aware.isoformat().replace("+00:00", "Z")


def plain_json(value: Any) -> Any:
    """Convert a list, a dict or a model to plain Python values."""
    if isinstance(value, (list, tuple)):
        return [plain_json(item) for item in value]
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if isinstance(value, Mapping):
        return {key: plain_json(item) for key, item in value.items()}
    return str(value) if isinstance(value, Enum) else value


@define
class Model:
    """The base class of all models. The names of its methods are those of pydantic."""

    field_order: ClassVar[tuple[str, ...]] = ()
    """The names of the fields to dump, in the order of the API's description."""

    def model_dump(
        self,
        *,
        mode: Literal["python", "json"] = "python",
        include: Collection[str] | None = None,
        exclude: Collection[str] | None = None,
        by_alias: bool | None = None,
        exclude_unset: bool = False,
        exclude_defaults: bool = False,
        exclude_none: bool = False,
    ) -> Json:
        """Return the fields as a dict, with nested models as dicts and enumerations as strings.

        Fields of a newer server are at the end. Derived fields are left out; `to_dict` has them.

        Args:
            mode: `python` keeps times as datetimes, `json` converts all values to JSON's types.
            include: The fields to return; all if None.
            exclude: Fields to leave out.
            by_alias: Not used, since each field has one name.
            exclude_unset: The same as `exclude_defaults`.
            exclude_defaults: Whether to leave out fields that have their default, except the tag `type`.
            exclude_none: Whether to leave out fields that are None.
        """
        options: Json = {
            "mode": mode,
            "exclude_defaults": exclude_unset or exclude_defaults,
            "exclude_none": exclude_none,
        }
        return {
            name: dumped(value, options)
            for name, value in self._named_values(exclude_defaults=options["exclude_defaults"])
            if (include is None or name in include)
            and name not in (exclude or ())
            and not (exclude_none and value is None)
        }

    def _named_values(self, *, exclude_defaults: bool = False) -> Iterator[tuple[str, Any]]:
        defaults = _defaults(type(self)) if exclude_defaults else {}
        for name in self.field_order:
            value = getattr(self, name)
            if name not in defaults or value != defaults[name]:
                yield name, value
        yield from self.model_extra.items()

    def model_dump_json(self, *, indent: int | None = None, **options: Any) -> str:
        """Return the fields as JSON, on one line if `indent` is None. The options are those of `model_dump`."""
        separators = (",", ":") if indent is None else None
        fields = self.model_dump(mode="json", **options)
        text = json.dumps(fields, ensure_ascii=False, indent=indent, separators=separators)
        # Half of a surrogate pair can be escaped, and cannot be encoded.
        return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)

    def dict(self, **options: Any) -> Json:
        """The same as `model_dump`."""
        return self.model_dump(**options)

    def json(self, **options: Any) -> str:
        """The same as `model_dump_json`."""
        return self.model_dump_json(**options)

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        """The names and values of the fields, so that `dict(model)` works."""
        for name, value in self._named_values():
            yield name, str(value) if isinstance(value, Enum) else value

    def __hash__(self) -> int:
        """Models that are equal have the same hash. Do not change a model that is in a set."""
        values = (getattr(self, name) for name in self.field_order)
        return hash((type(self), *(value for value in values if value.__hash__ is not None)))

    if not TYPE_CHECKING:  # else type checkers would accept every name

        def __getattr__(self, name):
            """A field of a newer server."""
            if name != "additional_properties" and name in getattr(self, "additional_properties", ()):
                return self.additional_properties[name]
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self)

    @property
    def model_extra(self) -> Mapping[str, Any]:
        """Fields of a newer server: the same as `additional_properties`."""
        extra: Mapping[str, Any] = getattr(self, "additional_properties", {})
        return extra

    @classmethod
    def model_validate(cls, obj: Any) -> Self:
        """Read a JSON object, or return a model of this class as it is.

        Raises:
            InvalidField: A field is missing or wrong. It is a ValueError.
        """
        if isinstance(obj, cls):
            return obj
        read: Self = cls.from_dict(obj)  # type: ignore[attr-defined]
        return read

    @classmethod
    def model_validate_json(cls, json_data: str | bytes) -> Self:
        """Read JSON.

        Raises:
            ValueError: It is no JSON, or a field is missing or wrong.
        """
        return cls.model_validate(json.loads(json_data))

    def model_copy(self, *, update: Mapping[str, Any] | None = None) -> Self:
        """Return a copy with some fields changed.

        Raises:
            TypeError: The model has no field of that name.
        """
        copied = evolve(self, **(update or {}))
        if self.model_extra:
            copied.additional_properties = {**self.model_extra}  # type: ignore[attr-defined]
        return copied

    def _repr_html_(self) -> str | None:
        """Return a table of the items for notebooks if this is a list of models, else None."""
        from tinker_rest_api._display import html_table  # which is rarely needed

        for name in self.field_order:
            items = getattr(self, name)
            if isinstance(items, list) and items and isinstance(items[0], Model):
                total = getattr(getattr(self, "cursor", None), "total_count", None)
                count = f"{len(items):,}" if total is None else f"{len(items):,} of {total:,}"
                kind = "items" if name == "data" else name.replace("_", " ")
                return html_table(f"{count} {kind}", items)
        return None


@define
class UnknownVariant(Model):
    """One of several models, with a tag that a newer server sent and this version does not know.

    Attributes:
        type: The tag.
        additional_properties: All fields but the tag, as they came.
    """

    field_order: ClassVar = ("type",)

    type: str
    additional_properties: dict[str, Any] = field(factory=dict)

    __hash__ = Model.__hash__  # which attrs leaves out of classes that compare

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object as it came."""
        fields = plain_json(self.additional_properties)
        return {"type": self.type, **{name: value for name, value in fields.items() if name != "type"}}


def short_list(items: Any) -> str:
    """Return the repr of a list: of a long one, the beginning and the number of its items."""
    if not isinstance(items, list) or len(items) <= MAX_ITEMS_IN_REPR:
        return repr(items)
    shown = ", ".join(repr(item) for item in items[:MAX_ITEMS_IN_REPR])
    return f"[{shown}, … {len(items):,} in all]"


def from_shorthand(value: Any, name: str) -> Any:
    """Make an object of a string, which some servers send in place of an object with that one field."""
    return {name: value} if isinstance(value, str) else value


def read_variant(model: str, name: str, variants: Mapping[str, Callable[[Any], Any]], value: Any) -> Any:
    """Read a JSON object whose `type` says which model it is; keep one of an unknown type as it is."""
    if value.__class__ is not dict:
        raise InvalidField(model, name, "an object", value)
    tag = value.get("type")
    if tag.__class__ is not str:
        raise InvalidField(model, f"{name}.type", "a string", tag)
    read = variants.get(tag)
    if read is None:
        return UnknownVariant(tag, {key: one for key, one in value.items() if key != "type"})
    return read(value)


def dumped(value: Any, options: Mapping[str, Any]) -> Any:
    """Return a value of a field as `model_dump` does."""
    if isinstance(value, Model):
        return value.model_dump(**options)
    if isinstance(value, (list, tuple)):
        return [dumped(item, options) for item in value]
    if isinstance(value, Mapping):
        return {key: dumped(item, options) for key, item in value.items()}
    if isinstance(value, Enum):
        return str(value)
    return rfc3339(value) if options["mode"] == "json" and isinstance(value, datetime) else value


def _defaults(model: type[Model]) -> Json:
    """The defaults of fields; NOTHING, which equals no value, if there is none. Tags are always dumped."""
    defaults: Json = {name: one.default for name, one in fields_dict(model).items() if name != "type"}
    return {name: one.factory() if isinstance(one, Factory) else one for name, one in defaults.items()}  # type: ignore[arg-type]


class JsonObject(dict[str, ValueT]):
    """The base class of objects without fields of their own: dicts."""

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object as plain Python values."""
        return {key: plain_json(value) for key, value in self.items()}

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object.

        Raises:
            InvalidField: It is no object, or one of its values is wrong.
        """
        if not isinstance(src_dict, Mapping):
            raise InvalidField(cls.__name__, None, "an object", src_dict)
        return cls({key: cls.read_value(key, value) for key, value in src_dict.items()})

    @classmethod
    def read_value(cls, key: str, value: Any) -> ValueT:
        """Read one value; any is allowed unless a subclass says otherwise."""
        read: ValueT = value
        return read


class JsonStrings(JsonObject[str]):
    """A dict of strings."""

    @classmethod
    def read_value(cls, key: str, value: Any) -> str:
        """Read one value, which must be a string."""
        if value.__class__ is not str:
            raise InvalidField(cls.__name__, key, "a string", value)
        return str(value)
