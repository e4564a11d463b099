"""What all tests share."""

from collections.abc import Iterator

import pytest

from tinker_rest.sandbox import Sandbox


@pytest.fixture(autouse=True)
def environment_of_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads the settings, or uses the key, of whoever runs it."""
    for name in ("TINKER_API_KEY", "TINKER_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A fresh server with the seeded data, whose every answer is checked against the API's description."""
    with Sandbox(validate_responses=True) as server:
        yield server
        assert server.violations == []
