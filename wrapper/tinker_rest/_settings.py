"""The server's address and the headers of every request."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping

import httpx

from tinker_rest._redaction import safe_repr
from tinker_rest._version import __version__
from tinker_rest.errors import InvalidArgumentError

PRODUCTION = "https://tinker.thinkingmachines.dev/services/tinker-prod"
BASE_URL_VARIABLE = "TINKER_BASE_URL"

# They hold no secret and may be sent to any host.
PUBLIC_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip",
    "User-Agent": f"tinker-rest/{__version__} Python/{sys.version.split()[0]}",
}
# Headers that each request has of its own.
_OWN_HEADERS = ("content-length", "content-type", "transfer-encoding", "x-idempotency-key", "x-request-id")
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # a token of RFC 9110


def resolve_base_url(base_url: str | None) -> str:
    """The server's address without a slash at its end: the argument, `TINKER_BASE_URL` or production."""
    source = "base_url"
    if base_url is None:
        base_url, source = os.environ.get(BASE_URL_VARIABLE) or PRODUCTION, BASE_URL_VARIABLE
    expected = f"{source} must be like {PRODUCTION}"
    if not isinstance(base_url, str):
        raise InvalidArgumentError(f"{expected}, not {safe_repr(base_url)}")
    # It may hold a user and password, or a secret in a query.
    shown = "that" if any(sign in base_url for sign in "@?#") else safe_repr(base_url)
    try:
        url = httpx.URL(base_url)
        has_odd_host = not url.host or ("%" in url.host and ":" not in url.host)  # only IPv6 may have a zone
    except (httpx.InvalidURL, UnicodeError):  # the latter is raised for a host such as `xn--`
        raise InvalidArgumentError(f"{expected}, not {shown}") from None
    port = 80 if url.port is None else url.port
    if url.scheme not in ("http", "https") or has_odd_host or not 0 < port < 2**16:
        raise InvalidArgumentError(f"{expected}, not {shown}")
    if url.userinfo or "?" in base_url or "#" in base_url:
        raise InvalidArgumentError(f"{expected}, without a user, a query or a fragment")
    return str(url).rstrip("/")


def check_headers(headers: Mapping[str, str] | None) -> dict[str, str]:
    """Headers to send with every request. Raises InvalidArgumentError, which shows the name of a header only."""
    for name, value in (headers or {}).items():
        if not isinstance(name, str) or not _HEADER_NAME.fullmatch(name):
            raise InvalidArgumentError(f"the name of a header in default_headers is not valid: {safe_repr(name)}")
        if name.lower() in _OWN_HEADERS:
            raise InvalidArgumentError(f"{name!r} cannot be one of default_headers: each request has its own")
        if not isinstance(value, str) or not value.isprintable() or not value.isascii() or value != value.strip():
            raise InvalidArgumentError(
                f"default_headers[{name!r}] must be one line of ASCII text without spaces around it"
            )
    return dict(headers or {})
