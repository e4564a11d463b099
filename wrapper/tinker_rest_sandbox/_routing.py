"""Finds the operation of a request by its raw path, so that an encoded slash stays inside its segment."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar
from urllib.parse import unquote_to_bytes

from attrs import frozen

OperationT = TypeVar("OperationT")

_WRONG_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_LITERAL, _KNOWN_VALUE, _FREE, _UNKNOWN_VALUE = range(4)


class UndecodablePath(ValueError):  # noqa: N818 - a clear name
    """A path segment is not percent-encoded UTF-8."""


@frozen
class Segment:
    """One segment of a path template: literal text, or a parameter, which may be limited to some values."""

    text: str
    is_parameter: bool
    values: frozenset[bytes] | None = None

    def rank(self, raw: bytes) -> int | None:
        """How well a raw segment fits: lower is better, None means not at all."""
        if not self.is_parameter:
            return _LITERAL if raw == self.text.encode() else None
        if not raw:
            return None
        if self.values is None:
            return _FREE
        return _KNOWN_VALUE if unquote_to_bytes(raw) in self.values else _UNKNOWN_VALUE


@frozen
class Match(Generic[OperationT]):
    """The path of a request; `operation` is None if no path has the method, `allow` lists their methods."""

    operation: OperationT | None
    allow: str
    raw_parameters: Mapping[str, bytes]

    def parameters(self) -> dict[str, str]:
        """The path's parameters, percent-decoded; raises UndecodablePath."""
        return {name: _decoded(raw) for name, raw in self.raw_parameters.items()}


class RoutingTable(Generic[OperationT]):
    """All paths of an API.

    A literal segment wins over a parameter. A parameter with listed values wins over a free one if the
    value is listed, and loses otherwise; so `checkpoints/weights/publish` is the checkpoint
    `weights/publish`, and `checkpoints/x/publish` is about the bare ID `x` for every method. A path without
    the request's method yields to the next best; so `GET sessions/search` gets the session with that name.
    """

    def __init__(self) -> None:
        self._paths: dict[tuple[Segment, ...], dict[str, OperationT]] = {}
        self._by_length: dict[int, list[tuple[Segment, ...]]] = defaultdict(list)

    def add(self, method: str, segments: Iterable[Segment], operation: OperationT) -> None:
        """Serve an operation at a path."""
        path = tuple(segments)
        if path not in self._paths:
            self._paths[path] = {}
            self._by_length[len(path)].append(path)
        self._paths[path][method] = operation

    def find(self, raw_path: bytes, method: str) -> Match[OperationT] | None:
        """The best path for a request, by its path as it came over the wire, or None."""
        raw_segments = raw_path.split(b"/")[1:]
        fitting: list[tuple[list[int], tuple[Segment, ...]]] = []
        for path in self._by_length.get(len(raw_segments), ()):
            ranks = [segment.rank(raw) for segment, raw in zip(path, raw_segments, strict=True)]
            known = [rank for rank in ranks if rank is not None]
            if len(known) == len(ranks):
                fitting.append((known, path))
        if not fitting:
            return None
        # A value that a parameter does not allow only counts if no other path fits.
        sure = [candidate for candidate in fitting if _UNKNOWN_VALUE not in candidate[0]]
        paths = [path for _, path in sorted(sure or fitting, key=lambda candidate: candidate[0])]
        best = next((path for path in paths if method in self._paths[path]), paths[0])
        raw = {s.text: raw for s, raw in zip(best, raw_segments, strict=True) if s.is_parameter}
        allow = ", ".join(sorted({name for path in paths for name in self._paths[path]}))
        return Match(self._paths[best].get(method), allow, raw)


def _decoded(raw: bytes) -> str:
    if _WRONG_ESCAPE.search(raw):
        raise UndecodablePath("The path contains a % that is not followed by two hexadecimal digits.")
    try:
        return unquote_to_bytes(raw).decode("utf-8")
    except UnicodeDecodeError:
        raise UndecodablePath("The path is not percent-encoded UTF-8.") from None
