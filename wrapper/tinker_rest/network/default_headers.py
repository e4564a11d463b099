"""The headers that every request carries: our own, and those that a user adds or puts in their place."""

import re
import sys
from collections.abc import Mapping

from tinker_rest import __version__
from tinker_rest.errors import InvalidArgumentError
from tinker_rest.redaction import shown

# Headers of a request that its body or this client gives.
_OWN_HEADERS = ("content-length", "content-type", "transfer-encoding", "x-idempotency-key", "x-request-id")
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # a token of RFC 9110


def public_headers() -> dict[str, str]:
    """The headers that hold no secret and may be sent to any host."""
    python = ".".join(str(part) for part in sys.version_info[:3])
    return {
        "Accept": "application/json",
        "Accept-Encoding": "gzip, deflate",
        "User-Agent": f"tinker-rest/{__version__} Python/{python}",
    }


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
