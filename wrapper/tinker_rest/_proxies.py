"""The proxy of a URL, as the environment or the system's settings name it."""

import contextlib
import ipaddress
import urllib.request

import httpx

PROXY_VARIABLES = "HTTP_PROXY, HTTPS_PROXY or ALL_PROXY"


def proxy_for(url: httpx.URL) -> str:
    """The URL of the proxy for a URL; empty for none."""
    proxies = urllib.request.getproxies()
    proxy = proxies.get(url.scheme) or proxies.get("all")
    if not proxy or _is_bypassed(url, proxies.get("no", "")):
        return ""
    return proxy if "://" in proxy else f"http://{proxy}"


def _is_bypassed(url: httpx.URL, entries: str) -> bool:
    port = url.port or (443 if url.scheme == "https" else 80)
    if urllib.request.proxy_bypass(f"{url.raw_host.decode('ascii')}:{port}"):
        return True
    with contextlib.suppress(ValueError):  # the host is a name
        address = ipaddress.ip_address(url.host)
        for entry in entries.split(","):  # urllib knows no networks
            with contextlib.suppress(ValueError):
                if address in ipaddress.ip_network(entry.strip().strip("[]"), strict=False):
                    return True
    return False


def without_user(proxy: str) -> str:
    """The host and port of a proxy, without its user and password."""
    return proxy.rpartition("@")[2].rpartition("//")[2]
