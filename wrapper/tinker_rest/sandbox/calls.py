"""What a handler is given: the sandbox's state, and one valid request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .answers import Answer
from .archives import Archives
from .clock import Clock
from .store import Store


@dataclass(frozen=True)
class Backend:
    """What handlers work on."""

    store: Store
    clock: Clock
    archives: Archives


@dataclass(frozen=True)
class Call:
    """One valid request.

    Attributes:
        caller: The user whose key was sent.
        path: The path's parameters, decoded.
        query: The query's parameters, defaults filled in.
        body: The JSON body, or None without one.
    """

    caller: str
    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: Any

    @property
    def accessible(self) -> bool:
        """Whether the call asks for all that the caller may read."""
        return self.query.get("access_scope") == "accessible"

    @property
    def page(self) -> tuple[int, int]:
        """The limit and the offset. A JSON Schema integer may be written 20.0."""
        return int(self.query["limit"]), int(self.query["offset"])


Handler = Callable[[Backend, Call], Answer]
