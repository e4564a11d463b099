"""Where the server is: from an argument, else from the environment, else production."""

import os

import httpx

from tinker_rest.errors import InvalidArgumentError
from tinker_rest.redaction import shown

PRODUCTION = "https://tinker.thinkingmachines.dev/services/tinker-prod"
BASE_URL_VARIABLE = "TINKER_BASE_URL"


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
