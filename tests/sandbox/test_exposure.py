"""Who can reach a sandbox, under which names and from which web pages."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tinker_rest_sandbox import Sandbox
from tinker_rest_sandbox.__main__ import _parser
from tinker_rest_sandbox._exposure import exposure_warning, is_loopback
from tinker_rest_sandbox.options import OPTIONS


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


RUNS = "/api/v1/training_runs"
ARCHIVE = f"{RUNS}/run-id/checkpoints/weights/0001/archive"


def get(url: str, key: str = "", **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.get(url, headers={"X-API-Key": key, **named}, trust_env=False)


def test_a_name_of_others_is_refused_by_both_hosts(start: Callable[..., Sandbox]) -> None:
    sandbox = start()
    for url in (f"{sandbox.base_url}{RUNS}", f"{sandbox.storage_url}/anything"):
        refused = get(url, sandbox.api_key, Host="evil.example")
        assert refused.status_code == 403
        assert refused.json()["detail"] == (
            "The sandbox is not served under the name 'evil.example'; allow it with --allow-host."
        )
    assert not sandbox.requests
    assert get(f"{sandbox.base_url}{RUNS}", sandbox.api_key, Host="localhost:1").status_code == 200


@pytest.mark.parametrize("options", [{"allowed_hosts": ("Sandbox.internal",)}, {"host": "0.0.0.0"}])
def test_a_name_is_served_and_stands_in_signed_urls(
    start: Callable[..., Sandbox], options: dict[str, Any]
) -> None:
    sandbox = start(**options)
    found = get(f"{sandbox.base_url}{ARCHIVE}", sandbox.api_key, Host="sandbox.internal:8443")
    port = httpx.URL(sandbox.storage_url).port
    assert found.headers["location"].startswith(f"http://sandbox.internal:{port}/")


def test_signed_urls_have_the_public_address(start: Callable[..., Sandbox]) -> None:
    sandbox = start(public_storage_url="https://storage.example/files/")
    location = get(f"{sandbox.base_url}{ARCHIVE}", sandbox.api_key).headers["location"]
    assert location.startswith("https://storage.example/files/")
    path = location.removeprefix("https://storage.example/files")
    assert get(f"{sandbox.storage_url}{path}").status_code == 200


def test_web_pages_of_a_named_origin_may_use_it(start: Callable[..., Sandbox]) -> None:
    sandbox = start(cors_origins=("http://localhost:3000",))
    asked = {
        "Access-Control-Request-Method": "DELETE",
        "Access-Control-Request-Headers": "x-api-key",
        "Origin": "http://localhost:3000",
    }
    allowed = httpx.options(f"{sandbox.base_url}{RUNS}", headers=asked, trust_env=False)
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == "http://localhost:3000"
    assert "DELETE" in allowed.headers["access-control-allow-methods"]
    answer = get(f"{sandbox.base_url}{RUNS}", sandbox.api_key, Origin="http://localhost:3000")
    assert answer.headers["access-control-allow-origin"] == "http://localhost:3000"
    assert "X-Request-Id" in answer.headers["access-control-expose-headers"]
    other = get(f"{sandbox.base_url}{RUNS}", sandbox.api_key, Origin="http://other.example")
    assert "access-control-allow-origin" not in other.headers


def test_without_cors_origins_no_web_page_may(shared_sandbox: Sandbox) -> None:
    answer = get(f"{shared_sandbox.base_url}{RUNS}", shared_sandbox.api_key, Origin="http://localhost:3000")
    assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_the_help_of_an_option_names_its_default() -> None:
    named = {form.partition(" ")[0]: re.findall(r"([\w.-]+) by default", text) for form, text in OPTIONS.items()}
    defaults = vars(_parser("sandbox").parse_args([]))
    in_words = {"db": ["memory"], "storage-port": ["one"]}
    assert {name: found for name, found in named.items() if found} == in_words | {
        name: [str(defaults[name.replace("-", "_")])]
        for name in (
            "host",
            "port",
            "api-key",
            "archive-build-seconds",
            "archive-building-status",
            "token-exchange",
        )
    }
