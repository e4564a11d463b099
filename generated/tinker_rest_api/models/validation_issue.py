# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define, field

from .._model import (
    InvalidField,
    Model,
    plain_json,
)

_FIELDS = frozenset(
    (
        "loc",
        "msg",
        "type",
    )
)


@define(kw_only=True)
class ValidationIssue(Model):
    """One parameter or field of the request that is invalid. Servers may send more or fewer fields.

    Attributes:
        loc: The way to it, from the outside in: `path`, `query`, `header` or `body`, then names
            of fields and positions in lists.
        msg: What is wrong, as text.
        type: What is wrong, as a name for programs, such as `missing`.
        additional_properties: Fields that a newer server sent and this version does not know.
    """

    field_order: ClassVar = (
        "loc",
        "msg",
        "type",
    )

    loc: list[str | int] | None = None
    """The way to it, from the outside in: `path`, `query`, `header` or `body`, then names of fields and
    positions in lists."""
    msg: str | None = None
    """What is wrong, as text."""
    type: str | None = None
    """What is wrong, as a name for programs, such as `missing`."""
    additional_properties: dict[str, Any] = field(init=False, factory=dict, repr=False)
    """Fields that a newer server sent and this version does not know."""

    __hash__ = Model.__hash__  # which attrs leaves out of classes that compare

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain Python values. What is None and not required is left out."""
        fields = dict(self.additional_properties)
        if self.loc is not None:
            fields["loc"] = plain_json(self.loc)
        if self.msg is not None:
            fields["msg"] = self.msg
        if self.type is not None:
            fields["type"] = self.type
        return fields

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Raises InvalidField, with the field's name, if it is not as described."""
        if src_dict.__class__ is not dict:
            raise InvalidField("ValidationIssue", None, "an object", src_dict)
        get = src_dict.get
        loc: Any = get("loc")
        if loc is not None:
            if loc.__class__ is not list:
                raise InvalidField("ValidationIssue", "loc", "a list", loc)

        msg: Any = get("msg")
        if msg is not None:
            if msg.__class__ is not str:
                raise InvalidField("ValidationIssue", "msg", "a string", msg)

        type_: Any = get("type")
        if type_ is not None:
            if type_.__class__ is not str:
                raise InvalidField("ValidationIssue", "type", "a string", type_)

        decoded = cls.__new__(cls)  # without __init__: less time on pages of thousands of items
        decoded.loc = loc
        decoded.msg = msg
        decoded.type = type_
        is_known = _FIELDS.issuperset(src_dict)
        decoded.additional_properties = (
            {} if is_known else {key: value for key, value in src_dict.items() if key not in _FIELDS}
        )
        return decoded
