"""Decides who can reach a sandbox, and who may use its control path."""

import ipaddress
import logging
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from tinker_rest_sandbox._responses import ApiError

_REACHABLE_AT = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - not bound here

logger = logging.getLogger("tinker_rest_sandbox")


def is_loopback(host: str) -> bool:
    """Whether an address or name can only be reached from the machine itself."""
    address = _address(host)
    if address is None:
        return host.lower() == "localhost"
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def host_name(host: str) -> str:
    """The name or address in a `Host` header, in lowercase; empty if there is none."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def exposure_warning(host: str, ports: tuple[int, int]) -> str | None:
    """A warning for a sandbox that other machines can reach by its host and ports; None if they cannot."""
    if is_loopback(host):
        return None
    place = host if host not in {"", "0.0.0.0", "::"} else "every address of this machine"  # noqa: S104
    return (
        "\n"
        "  !! THIS SANDBOX CAN BE REACHED FROM OTHER MACHINES !!\n"
        f"  It listens on {place}, ports {ports[0]} and {ports[1]}, without encryption. Anyone who can\n"
        "  reach them can read, change and delete everything in it: its keys are not secret unless you chose\n"
        "  them, and anyone can read /docs. The page at / is still only shown on this machine.\n"
        "  Omit the host to serve only this machine.\n"
    )


def warn_if_exposed(host: str, ports: tuple[int, int]) -> None:
    """Log the warning of `exposure_warning`, if any."""
    warning = exposure_warning(host, ports)
    if warning is not None:
        logger.warning(warning)


def origin_on_this_machine(bound_host: str, port: int) -> str:
    """The origin that programs on this machine use to reach a host and port."""
    host = _REACHABLE_AT.get(bound_host, bound_host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def without_proxy(options: dict[str, Any]) -> dict[str, Any]:
    """The options of a client that connects to the sandbox directly, even if the environment sets a proxy."""
    if not getproxies():
        return options
    import httpx

    # Nobody closes it, so it must not keep connections. There is no TLS.
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    return {"transport": httpx.HTTPTransport(verify=False, limits=limits), **options}


def exposed(
    app: ASGIApp, bound_host: str, allowed_hosts: Collection[str], cors_origins: Collection[str]
) -> ASGIApp:
    """An app that only serves web pages of some origins, and only under some host names.

    A website could point its name at this machine. If the sandbox listens on an address that other machines can
    reach, any name works.
    """
    if cors_origins:
        headers = ["Content-Disposition", "ETag", "Location", "Retry-After", "X-Request-Id"]
        app = CORSMiddleware(app, [*cors_origins], ["*"], ["*"], expose_headers=headers)
    if not is_loopback(bound_host):
        return app
    allowed = {name.lower() for name in allowed_hosts}

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        host = Headers(scope=scope).get("host", "")
        name = host_name(host)
        if not name or is_loopback(name) or name in allowed:
            await app(scope, receive, send)
            return
        error = ApiError(403, f"The sandbox is not served under the name {host!r}; allow it with --allow-host.")
        await error.response()(scope, receive, send)

    return guarded


def check_may_control(
    client: tuple[str, int] | None, headers: Mapping[str, str], bound_host: str, *, from_anywhere: bool
) -> None:
    """Refuse, with a 403, clients that may not use the control path of a sandbox that listens on a host.

    It needs no key, so only programs on this machine may use it, unless `from_anywhere`. A browser is such a
    program, but must not act for other people's pages, whatever name they gave this address.
    """
    if not from_anywhere and (client is None or not is_loopback(client[0])):
        raise ApiError(403, "The control path is only served to programs on this machine.")
    host = headers.get("host", "")
    if not _is_own_name(host_name(host), bound_host, from_anywhere=from_anywhere):
        raise ApiError(403, f"The control path is not served under the name {host!r}.")
    origin = headers.get("origin")
    if origin is not None and origin.lower() != f"http://{host}".lower():
        raise ApiError(403, f"The control path is not served to pages of {origin!r}.")
    if headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
        raise ApiError(403, "The control path is not served to other pages.")


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_own_name(name: str, bound_host: str, *, from_anywhere: bool) -> bool:
    if is_loopback(name) or name == bound_host.lower():
        return bool(name)
    # A name that an attacker's DNS server can control has a dot, and is not an address.
    return from_anywhere and bool(name) and ("." not in name or _address(name) is not None)
