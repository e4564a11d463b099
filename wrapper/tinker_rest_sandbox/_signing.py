"""Signed URLs of the storage host, and how long a file takes to build."""

import hashlib
import hmac
import secrets
import time
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import parse_qs, urlsplit

from attrs import define, field, frozen

from tinker_rest_sandbox._clock import Clock
from tinker_rest_sandbox._responses import ApiError

URL_LIFETIME = timedelta(minutes=15)

# The host name or address in the current request; empty if unknown.
ASKED_HOST: ContextVar[str] = ContextVar("asked_host", default="")

BuildingStatus = Literal[503, 425]


@frozen
class Signer:
    """Signs URLs, which expire by a clock, and checks them.

    Unless the origin `is_fixed`, URLs use the host of the client's request, which is known to reach the sandbox.
    """

    _clock: Clock
    _origin: str
    _is_fixed: bool = False
    _secret: bytes = field(factory=lambda: secrets.token_bytes(32), init=False, repr=False)

    def sign(self, path: str, lifetime: timedelta = URL_LIFETIME) -> tuple[str, datetime]:
        """The signed URL for a percent-encoded path, and when it expires, in UTC."""
        expires = (self._clock.now() + lifetime).replace(microsecond=0)
        seconds = str(int(expires.timestamp()))
        origin = self._origin_for(ASKED_HOST.get())
        return f"{origin}{path}?expires={seconds}&signature={self._signature(path, seconds)}", expires

    def _origin_for(self, host: str) -> str:
        if self._is_fixed or not host:
            return self._origin
        return f"http://{f'[{host}]' if ':' in host else host}:{urlsplit(self._origin).port}"

    def check(self, path: str, query: str) -> None:
        """Check a URL's signature, from its path and query as received; raises a 403."""
        fields = parse_qs(query)
        expires = fields.get("expires", [""])[-1]
        signature = fields.get("signature", [""])[-1]
        if not hmac.compare_digest(self._signature(path, expires).encode(), signature.encode()):
            raise ApiError(403, "The signature is wrong.")
        if int(expires) <= self._clock.now().timestamp():
            raise ApiError(403, "The URL has expired.")

    def _signature(self, path: str, expires: str) -> str:
        return hmac.new(self._secret, f"{path}\n{expires}".encode(), hashlib.sha256).hexdigest()


@define
class Builds:
    """Remembers when files will be ready, after some seconds of real time; until then, `status` is sent."""

    _seconds: float
    status: BuildingStatus = 503
    _ready_at: dict[str, float] = field(factory=dict, init=False)

    def forget(self) -> None:
        """Start over with no builds."""
        self._ready_at.clear()

    def is_ready(self, path: str) -> bool:
        """Whether the file of a path is built; the first call starts the build."""
        now = time.monotonic()
        return now >= self._ready_at.setdefault(path, now + self._seconds)
