"""Deprecated functions."""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from typing_extensions import deprecated as deprecated
else:
    F = TypeVar("F", bound=Callable[..., object])

    def deprecated(message: str, *, category: type[Warning] = DeprecationWarning) -> Callable[[F], F]:
        """Make a function warn when it is called, as `warnings.deprecated` of Python 3.13 does."""

        def mark(function: F) -> F:
            if inspect.iscoroutinefunction(function):

                @functools.wraps(function)
                async def warning(*args: object, **kwargs: object) -> object:
                    warnings.warn(message, category, stacklevel=2)
                    return await function(*args, **kwargs)
            else:

                @functools.wraps(function)
                def warning(*args: object, **kwargs: object) -> object:
                    warnings.warn(message, category, stacklevel=2)
                    return function(*args, **kwargs)

            warning.__deprecated__ = message
            return warning

        return mark
