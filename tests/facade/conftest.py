"""What the tests of the facade share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .recording_server import RecordingServer


@pytest.fixture
def server() -> Iterator[RecordingServer]:
    """A server that answers everything right, until a test tells it otherwise."""
    with RecordingServer() as running:
        yield running
