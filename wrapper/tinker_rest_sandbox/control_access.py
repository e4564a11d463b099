"""Who may use the control path: programs of this machine, but no page that a browser shows."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from .answers import Refusal
from .exposure import is_address, is_loopback


def check_may_control(
    client: tuple[str, int] | None, headers: Mapping[str, str], bound_host: str, *, from_anywhere: bool
) -> None:
    """Refuse whoever may not use the control path.

    No key is wanted there. So only programs of this machine may use it, unless the sandbox was told otherwise;
    and a browser, which is one, must not lend its hand to other pages, whatever name they gave this address.

    Args:
        client: The address and port of the other end of the connection.
        headers: The headers by their names in small letters.
        bound_host: The host that the sandbox listens on.
        from_anywhere: Whether other machines may use it too.

    Raises:
        Refusal: 403.
    """
    if not from_anywhere and (client is None or not is_loopback(client[0])):
        raise Refusal(403, "The control path is only served to this machine.")
    host = headers.get("host", "")
    if not _is_own_name(host_name(host), bound_host, from_anywhere=from_anywhere):
        raise Refusal(403, f"The control path is not served under the name {host!r}.")
    origin = headers.get("origin")
    if origin is not None and origin.lower() != f"http://{host}".lower():
        raise Refusal(403, f"The control path is not served to pages of {origin!r}.")
    site = headers.get("sec-fetch-site", "none")
    if site not in {"none", "same-origin"}:
        raise Refusal(403, "The control path is not served to other pages.")


def _is_own_name(name: str, bound_host: str, *, from_anywhere: bool) -> bool:
    if is_loopback(name) or name == bound_host.lower():
        return bool(name)
    # A name that an attacker's DNS server can answer for has a dot, and is no address.
    return from_anywhere and bool(name) and ("." not in name or is_address(name))


def host_name(host: str) -> str:
    """The name or address in a `Host` header, in small letters; empty where there is none."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""
