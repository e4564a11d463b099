"""Tells who can reach a sandbox."""

from __future__ import annotations

import ipaddress


def is_loopback(host: str) -> bool:
    """Whether an address or name can be reached from the machine itself alone."""
    if host.lower() == "localhost":
        return True
    if not is_address(host):
        return False
    address = ipaddress.ip_address(host)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def is_address(host: str) -> bool:
    """Whether a host is given by its address rather than by a name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def exposure_warning(host: str, ports: tuple[int, int]) -> str | None:
    """What to say to whoever lets other machines reach a sandbox, or None where none can.

    Args:
        host: The address that the sandbox listens on.
        ports: The ports that it listens on.
    """
    if is_loopback(host):
        return None
    place = host if host not in {"", "0.0.0.0", "::"} else "every address of this machine"  # noqa: S104
    return (
        "\n"
        "  !! THIS SANDBOX CAN BE REACHED FROM OTHER MACHINES !!\n"
        f"  It listens on {place}, ports {ports[0]} and {ports[1]}, without encryption. Whoever can\n"
        "  reach these can read, change and delete all that it holds: its keys are no secret unless you chose\n"
        "  them, and anybody may read /docs. The page at / is still shown on this machine alone.\n"
        "  Leave out the host to be reached from this machine only.\n"
    )
