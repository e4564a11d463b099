"""Delayed imports: the generated modules take longer to import than everything else in this package."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tinker_rest_api import models as models  # imports each model when it is first used

if TYPE_CHECKING:
    from tinker_rest import types as types


class LazyModule:
    """A stand-in for a module or package, which is imported when it is first used."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # from tools that inspect objects
            raise AttributeError(name)
        try:
            value = getattr(import_module(self._name), name)
        except AttributeError:
            value = import_module(f"{self._name}.{name}")
        setattr(self, name, value)
        return value


if not TYPE_CHECKING:
    # Annotations name models as `types.Checkpoint`, so that `typing.get_type_hints` finds them; it loads them all.
    types = LazyModule("tinker_rest.types")
