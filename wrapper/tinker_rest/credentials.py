"""Where the server is and which key opens it: from arguments, else from the environment."""

import os
import re
from collections.abc import Mapping

import httpx

from tinker_rest.errors import CredentialsError, InvalidArgumentError
from tinker_rest.redaction import API_KEY, shown

PRODUCTION = "https://tinker.thinkingmachines.dev/services/tinker-prod"
BASE_URL_VARIABLE = "TINKER_BASE_URL"
API_KEY_VARIABLE = "TINKER_API_KEY"

# Headers of a request that its body or this client gives.
_OWN_HEADERS = ("content-length", "content-type", "transfer-encoding", "x-idempotency-key", "x-request-id")
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # a token of RFC 9110


def resolve_base_url(base_url: str | None) -> str:
    """The server's address without a slash at its end: the argument, `TINKER_BASE_URL` or production."""
    where = "base_url"
    if base_url is None:
        base_url, where = os.environ.get(BASE_URL_VARIABLE) or PRODUCTION, BASE_URL_VARIABLE
    expected = f"{where} must be like {PRODUCTION}"
    if not isinstance(base_url, str):
        raise InvalidArgumentError(f"{expected}, not {shown(base_url)}")
    # A user and password, or a secret in a query, may stand in it.
    said = "that" if any(sign in base_url for sign in "@?#") else shown(base_url)
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL:
        raise InvalidArgumentError(f"{expected}, not {said}") from None
    has_odd_host = not url.host or ("%" in url.host and ":" not in url.host)  # a zone may follow IPv6 alone
    if url.scheme not in ("http", "https") or has_odd_host or (url.port or 0) >= 2**16:
        raise InvalidArgumentError(f"{expected}, not {said}")
    if url.userinfo or "?" in base_url or "#" in base_url:
        raise InvalidArgumentError(f"{expected}, without a user, a query or a fragment")
    return str(url).rstrip("/")


def resolve_api_key(api_key: str | None) -> str:
    """The API key: the argument or `TINKER_API_KEY`. Raises CredentialsError, without the key."""
    where = "api_key"
    if api_key is None:
        api_key, where = os.environ.get(API_KEY_VARIABLE), API_KEY_VARIABLE
        if not api_key:
            raise CredentialsError(
                f"there is no API key: set the environment variable {API_KEY_VARIABLE} or give api_key="
            )
    if not isinstance(api_key, str):
        raise CredentialsError(f"{where} must be a string, not {type(api_key).__name__}")
    if not api_key.isascii() or not api_key.isprintable() or " " in api_key:
        raise CredentialsError(
            f"{where} holds characters that no API key has, such as a space, a line break or a quote from a copy"
        )
    if not re.fullmatch(API_KEY, api_key):
        raise CredentialsError(f"{where} must begin with 'tml-' (an API key) or 'eyJ' (a JSON Web Token)")
    return api_key


def check_headers(headers: Mapping[str, str] | None) -> dict[str, str]:
    """Headers to send with every request. Raises InvalidArgumentError, which names the header alone."""
    for name, value in (headers or {}).items():
        if not isinstance(name, str) or not _HEADER_NAME.fullmatch(name):
            raise InvalidArgumentError(f"the name of a header in default_headers is not valid: {shown(name)}")
        if name.lower() in _OWN_HEADERS:
            raise InvalidArgumentError(f"{name!r} cannot be one of default_headers: each request has its own")
        if not isinstance(value, str) or not value.isprintable() or not value.isascii() or value != value.strip():
            raise InvalidArgumentError(
                f"default_headers[{name!r}] must be one line of ASCII text without spaces around it"
            )
    return dict(headers or {})
