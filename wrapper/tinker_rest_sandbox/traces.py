"""Traces of sessions, in the protobuf form that Perfetto reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

_SLICE_BEGIN, _SLICE_END = 1, 2


class Span(NamedTuple):
    """A bar of the trace, in a row of its own.

    Attributes:
        row: The name of the row.
        name: What the bar says.
        begin: When it begins, in microseconds since 1970.
        end: When it ends, in microseconds since 1970.
    """

    row: str
    name: str
    begin: int
    end: int


def trace_bytes(spans: Iterable[Span]) -> bytes:
    """The bytes of a `.pftrace` file."""
    return b"".join(_field(1, packet) for packet in _packets(spans))


def _packets(spans: Iterable[Span]) -> Iterator[bytes]:
    # The numbers are those of TracePacket, TrackDescriptor and TrackEvent in Perfetto's protobuf definitions.
    for track, span in enumerate(spans, 1):
        yield _field(60, _field(1, track) + _field(2, span.row.encode()))
        for moment, kind in ((span.begin, _SLICE_BEGIN), (span.end, _SLICE_END)):
            event = _field(9, kind) + _field(11, track) + _field(23, span.name.encode())
            # They count from 1970.
            yield _field(8, max(moment, 0) * 1000) + _field(10, 1) + _field(11, event)


def _field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 127:
        encoded.append(value & 127 | 128)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
