"""Signed URLs of the host that files are downloaded from, and how long a file takes to be built."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import parse_qs

from .answers import Refusal
from .clock import Clock

URL_LIFETIME = timedelta(minutes=15)

BuildingStatus = Literal[503, 425]


class Signer:
    """Signs URLs and checks them.

    Args:
        clock: By this the URLs expire.
        origin: Where the files are served, such as `http://127.0.0.1:8766`.
    """

    def __init__(self, clock: Clock, origin: str) -> None:
        self._clock = clock
        self._origin = origin
        self._secret = secrets.token_bytes(32)

    def sign(self, path: str, lifetime: timedelta = URL_LIFETIME) -> tuple[str, datetime]:
        """The signed URL of a file, and when it expires, in UTC.

        Args:
            path: The file's path, percent-encoded.
            lifetime: How long the URL works.
        """
        expires = (self._clock.now() + lifetime).replace(microsecond=0)
        seconds = str(int(expires.timestamp()))
        return f"{self._origin}{path}?expires={seconds}&signature={self._signature(path, seconds)}", expires

    def check(self, path: str, query: str) -> None:
        """Check the signature of a URL.

        Args:
            path: The path as it came over the wire.
            query: The query as it came over the wire.

        Raises:
            Refusal: If the signature is wrong or the URL has expired; 403.
        """
        fields = parse_qs(query)
        expires = fields.get("expires", [""])[-1]
        signature = fields.get("signature", [""])[-1]
        if not hmac.compare_digest(self._signature(path, expires).encode(), signature.encode()):
            raise Refusal(403, "The signature is wrong.")
        if int(expires) <= self._clock.now().timestamp():
            raise Refusal(403, "The URL has expired.")

    def _signature(self, path: str, expires: str) -> str:
        return hmac.new(self._secret, f"{path}\n{expires}".encode(), hashlib.sha256).hexdigest()


class Builds:
    """Remembers when files will have been built.

    Args:
        seconds: How long a file takes to be built, in seconds of real time.
        status: What an archive is answered with meanwhile.

    Attributes:
        status: What an archive is answered with meanwhile.
    """

    def __init__(self, seconds: float, status: BuildingStatus = 503) -> None:
        self.status = status
        self._seconds = seconds
        self._ready_at: dict[str, float] = {}

    def forget(self) -> None:
        """Build everything anew."""
        self._ready_at.clear()

    def is_ready(self, path: str) -> bool:
        """Whether the file of a path is built. The first question begins to build it."""
        now = time.monotonic()
        return now >= self._ready_at.setdefault(path, now + self._seconds)
