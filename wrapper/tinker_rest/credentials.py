"""Where the server is and which key opens it: from arguments, else from the environment."""

import os
import re
from collections.abc import Mapping

import httpx

from tinker_rest.errors import CredentialsError, InvalidArgumentError

PRODUCTION = "https://tinker.thinkingmachines.dev/services/tinker-prod"
BASE_URL_VARIABLE = "TINKER_BASE_URL"
API_KEY_VARIABLE = "TINKER_API_KEY"

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # a token of RFC 9110


def resolve_base_url(base_url: str | None) -> str:
    """The server's address without a slash at its end: the argument, `TINKER_BASE_URL` or production."""
    where = "base_url"
    if base_url is None:
        base_url, where = os.environ.get(BASE_URL_VARIABLE) or PRODUCTION, BASE_URL_VARIABLE
    expected = f"{where} must be like {PRODUCTION}"
    try:
        url = httpx.URL(base_url)
    except (httpx.InvalidURL, TypeError) as error:
        raise InvalidArgumentError(f"{expected}, not {_shown(base_url)}: {error}") from None
    has_odd_host = not url.host or ("%" in url.host and ":" not in url.host)  # a zone may follow IPv6 alone
    if url.scheme not in ("http", "https") or has_odd_host or (url.port or 0) >= 2**16:
        raise InvalidArgumentError(f"{expected}, not {_shown(base_url)}")
    if url.query or url.fragment or url.userinfo:
        raise InvalidArgumentError(f"{expected}, without a user, a query or a fragment")
    return str(url).rstrip("/")


def _shown(value: object) -> str:
    # A user and password may stand in it.
    return repr(value) if not isinstance(value, str) or "@" not in value else "that"


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
    if not api_key.startswith(("tml-", "eyJ")) or len(api_key) < 5:
        raise CredentialsError(f"{where} must begin with 'tml-' (an API key) or 'eyJ' (a JSON Web Token)")
    return api_key


def check_headers(headers: Mapping[str, str] | None) -> dict[str, str]:
    """Headers to send with every request. Raises InvalidArgumentError, which names the header alone."""
    for name, value in (headers or {}).items():
        if not isinstance(name, str) or not _HEADER_NAME.fullmatch(name):
            raise InvalidArgumentError(f"the name of a header in default_headers is not valid: {name!r}")
        if not isinstance(value, str) or not value.isprintable() or not value.isascii() or value != value.strip():
            raise InvalidArgumentError(
                f"default_headers[{name!r}] must be one line of ASCII text without spaces around it"
            )
    return dict(headers or {})
