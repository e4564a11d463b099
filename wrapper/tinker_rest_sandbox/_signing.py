"""Signed URLs of the storage host, and how long a file takes to build."""

import hashlib
import hmac
import secrets
import time
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import parse_qs

from attrs import define, field, frozen

from tinker_rest_sandbox._clock import Clock
from tinker_rest_sandbox._responses import ApiError

URL_LIFETIME = timedelta(minutes=15)

BuildingStatus = Literal[503, 425]


@frozen
class Signer:
    """Signs URLs of an origin, which expire by a clock, and checks them."""

    _clock: Clock
    _origin: str
    _secret: bytes = field(factory=lambda: secrets.token_bytes(32), init=False, repr=False)

    def sign(self, path: str, lifetime: timedelta = URL_LIFETIME) -> tuple[str, datetime]:
        """The signed URL of a percent-encoded path, and when it expires, in UTC."""
        expires = (self._clock.now() + lifetime).replace(microsecond=0)
        seconds = str(int(expires.timestamp()))
        return f"{self._origin}{path}?expires={seconds}&signature={self._signature(path, seconds)}", expires

    def check(self, path: str, query: str) -> None:
        """Check, with a 403, the signature of a URL by its path and query as they came over the wire."""
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
    """Remembers when files will be ready, which take some seconds of real time; `status` is sent meanwhile."""

    _seconds: float
    status: BuildingStatus = 503
    _ready_at: dict[str, float] = field(factory=dict, init=False)

    def forget(self) -> None:
        """Build everything anew."""
        self._ready_at.clear()

    def is_ready(self, path: str) -> bool:
        """Whether the file of a path is built; the first call starts the build."""
        now = time.monotonic()
        return now >= self._ready_at.setdefault(path, now + self._seconds)
