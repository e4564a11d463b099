"""What is said of a sandbox that other machines can reach."""

from __future__ import annotations

import logging

import httpx
import pytest

from tinker_rest_sandbox import Sandbox
from tinker_rest_sandbox._exposure import exposure_warning, is_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost"])
def test_loopback_is_nothing_to_warn_of(host: str) -> None:
    assert is_loopback(host)
    assert exposure_warning(host, (1, 2)) is None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.168.0.7", "2001:db8::1", "sandbox.example"])
def test_any_other_address_is(host: str) -> None:
    warning = exposure_warning(host, (8765, 8766))
    assert warning is not None
    assert "OTHER MACHINES" in warning
    assert "ports 8765 and 8766" in warning
    assert host in {"0.0.0.0", "::", ""} or host in warning


def test_a_start_warns_once_it_listens(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "tinker_rest_sandbox"):
        with Sandbox():
            pass
        assert caplog.messages == []
        with Sandbox(host="0.0.0.0") as sandbox:
            assert httpx.get(f"{sandbox.base_url}/docs", trust_env=False).status_code == 200
    (message,) = caplog.messages
    assert "every address of this machine" in message
