"""Where redirects lead, and what of a URL may be asked."""

import re
from urllib.parse import urljoin, urlsplit

import httpx

MAX_REDIRECTS = 5
REDIRECTS = frozenset((301, 302, 303, 307, 308))

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def next_hop(asked_at: str, location: str) -> str:
    """Where a redirect leads. Raises ValueError if it is not followed."""
    url = joined_url(asked_at, location)
    if not is_web_url(url):
        raise ValueError("the redirect must be to an http or https URL")
    if urlsplit(asked_at).scheme == "https" and urlsplit(url).scheme != "https":
        raise ValueError("the redirect from https to http is not followed")
    return url


def joined_url(base: str, location: str) -> str:
    """The URL that a redirect names; empty if it cannot be one."""
    try:
        is_whole = _SCHEME.match(location) is not None
        return location if is_whole or not location else urljoin(base, location)
    except ValueError:
        return ""


def is_web_url(url: str) -> bool:
    """Whether a URL is one of http or https with a host, to which a request can be sent."""
    try:
        urlsplit(url)  # refuses some that httpx does not
        parts = httpx.URL(url)
        return parts.scheme in ("http", "https") and bool(parts.host) and (parts.port or 1) < 2**16
    except (ValueError, TypeError, httpx.InvalidURL):
        return False


def origin_of(url: str) -> tuple[str, str | None, int | None]:
    """Scheme, host and port of a URL."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def host_of(url: str) -> str | None:
    """The host of a URL; None if it has none."""
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
