"""Values of options as people type them, which usage errors tell of by the option's name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

import click

T = TypeVar("T")

_TYPED = "tinker_rest.typed"


class Typed(click.ParamType, Generic[T]):  # type: ignore[type-arg,unused-ignore]
    """A kind of value that a function reads.

    Args:
        name: What help calls such a value.
        read: Reads the text; it raises InvalidArgumentError.
    """

    def __init__(self, name: str, read: Callable[[str], T]) -> None:
        """Keep both."""
        self.name = name
        self._read = read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> T:
        """The value of a text, or a usage error."""
        from tinker_rest.errors import InvalidArgumentError

        if ctx is not None and param is not None:
            ctx.meta.setdefault(_TYPED, {})[param.name] = " ".join(str(value).split())
        try:
            return self._read(value)
        except InvalidArgumentError as error:
            self.fail(str(error), param, ctx)


def typed_texts(context: click.Context) -> dict[str, str]:
    """What was typed for options of these kinds: the same, where a moment such as `3 days ago` is not."""
    return context.meta.get(_TYPED, {})  # type: ignore[no-any-return]


def _past_duration(text: str) -> timedelta:
    from tinker_rest.typed_values import parse_duration

    return parse_duration(text, ago=True)


def _duration(text: str) -> timedelta:
    from tinker_rest.typed_values import parse_duration

    return parse_duration(text)


def _moment(text: str) -> datetime:
    from tinker_rest.typed_values import parse_moment

    return parse_moment(text, zone=UTC)  # as all output has it


def _size(text: str) -> int:
    from tinker_rest.typed_values import parse_size

    return parse_size(text)


def _ttl(text: str) -> int | None:
    from tinker_rest.typed_values import parse_ttl

    return int(text) if text.isascii() and text.isdigit() else parse_ttl(text)


AGE = Typed("duration", _past_duration)
DURATION = Typed("duration", _duration)
MOMENT = Typed("moment", _moment)
SIZE = Typed("size", _size)
TTL = Typed("duration or moment", _ttl)
