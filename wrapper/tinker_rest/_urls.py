"""URLs: the server's address, redirects, what may be requested, and proxies."""

import contextlib
import ipaddress
import os
import re
import urllib.request
from urllib.parse import urljoin, urlsplit

import httpx

from tinker_rest._redaction import safe_repr
from tinker_rest.errors import InvalidArgumentError

PRODUCTION = "https://tinker.thinkingmachines.dev/services/tinker-prod"
BASE_URL_VARIABLE = "TINKER_BASE_URL"
MAX_REDIRECTS = 5
REDIRECTS = frozenset((301, 302, 303, 307, 308))
PROXY_VARIABLES = "HTTP_PROXY, HTTPS_PROXY or ALL_PROXY"

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def resolve_base_url(base_url: str | None) -> str:
    """The server's address without a trailing slash: the argument, `TINKER_BASE_URL` or production."""
    source = "base_url"
    if base_url is None:
        base_url, source = os.environ.get(BASE_URL_VARIABLE) or PRODUCTION, BASE_URL_VARIABLE
    expected = f"{source} must be like {PRODUCTION}"
    try:
        url = httpx.URL(re.sub(r"(\[[^]]*%)25(?=[^]])", r"\1", base_url))  # the zone of an IPv6 address (RFC 6874)
        has_odd_host = not url.host or ("%" in url.host and ":" not in url.host)  # only IPv6 may have a zone
        has_odd_port = url.port is not None and not 0 < url.port < 2**16
        is_right = url.scheme in ("http", "https") and not has_odd_host and not has_odd_port
    except (httpx.InvalidURL, UnicodeError, TypeError):  # UnicodeError for a host such as `xn--`
        is_right = False
    if not is_right:
        # It may contain a user and password, or a secret in a query.
        shown = "that" if any(sign in str(base_url) for sign in "@?#") else safe_repr(base_url)
        raise InvalidArgumentError(f"{expected}, not {shown}")
    if url.userinfo or "?" in base_url or "#" in base_url:
        raise InvalidArgumentError(f"{expected}, without a user, a query or a fragment")
    return str(url).rstrip("/")


def next_hop(requested: str, location: str) -> str:
    """Where a redirect leads. Raises ValueError if it is not followed."""
    url = joined_url(requested, location)
    if not is_web_url(url):
        raise ValueError("the redirect must be to an http or https URL")
    if urlsplit(requested).scheme == "https" and urlsplit(url).scheme != "https":
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
    """Whether a URL is http or https and has a host, so that a request can be sent to it."""
    try:
        urlsplit(url)  # rejects some that httpx accepts
        parts = httpx.URL(url)
        return parts.scheme in ("http", "https") and bool(parts.host) and (parts.port or 1) < 2**16
    except (ValueError, TypeError, httpx.InvalidURL):
        return False


def origin_of(url: str) -> tuple[str, str | None, int | None]:
    """Scheme, host and port of a URL; parts may be missing."""
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return "", None, None


def proxy_for(url: httpx.URL) -> str:
    """The proxy that the environment or the system's settings name for a URL; empty for none."""
    proxies = urllib.request.getproxies()
    proxy = (proxies.get(url.scheme) or proxies.get("all") or "").strip()
    if not proxy or _is_bypassed(url, proxies.get("no", "")):
        return ""
    return proxy if "://" in proxy else f"http://{proxy}"


def _is_bypassed(url: httpx.URL, entries: str) -> bool:
    host = url.raw_host.decode("ascii").lower()
    hosts = host, f"{host}:{url.port or (443 if url.scheme == 'https' else 80)}"
    for entry in entries.lower().split(","):
        name = re.sub(r"[][]|^\*?\.|\.$", "", entry.strip())  # of `[::1]:80`, `*.example.com` or `example.com.`
        if name == "*" or (name and any(one == name or one.endswith(f".{name}") for one in hosts)):
            return True
        with contextlib.suppress(ValueError):  # not a network, or the host is a name
            if ipaddress.ip_address(host) in ipaddress.ip_network(name, strict=False):
                return True
    return not entries and urllib.request.proxy_bypass(hosts[1])  # from the system's settings
