"""What a storage says about a file: its length, its version and its checksums.

An entity tag is no checksum: on some storages it is the MD5 of some files, and anything else for the others.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import zlib
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Self

from attrs import field, frozen

READ_BYTES = 2**20

# By their names in headers, the best first, with their lengths in bytes.
_LENGTHS = {"sha-512": 64, "sha-256": 32, "sha-1": 20, "md5": 16, "crc32": 4}
_ALIASES = {"sha": "sha-1", "sha1": "sha-1", "sha256": "sha-256", "sha512": "sha-512"}
_FIELD = re.compile(r"\s*([A-Za-z0-9-]+)\s*=\s*:?([A-Za-z0-9+/]+={0,2}):?\s*")


class _Crc32:
    def __init__(self) -> None:
        self._value = 0

    def update(self, data: Any, /) -> None:
        self._value = zlib.crc32(data, self._value)

    def hexdigest(self) -> str:
        return f"{self._value:08x}"


def new_digest(name: str) -> Any:
    """A hash object for one of the checksums that are known here."""
    return _Crc32() if name == "crc32" else hashlib.new(name.replace("-", ""), usedforsecurity=False)


def digest_file(path: Path, name: str, check: Callable[[], None]) -> str:
    """The checksum of a file in hexadecimal. Raises OSError, and what `check` raises between two pieces."""
    digest = new_digest(name)
    with path.open("rb", buffering=0) as content:
        while piece := content.read(READ_BYTES):
            check()
            digest.update(piece)
    return str(digest.hexdigest())


@frozen
class RemoteFile:
    """A file in the storage.

    Attributes:
        size: Its length in bytes; None if the storage does not say it.
        validator: What `If-Range` can ask with, a strong entity tag or a date; None if a later version of the
            file cannot be told from this one.
        checksums: Its checksums by their names, in hexadecimal.
    """

    size: int | None = None
    validator: str | None = None
    checksums: dict[str, str] = field(factory=dict)

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> Self:
        """What the answer with the whole file says."""
        length = headers.get("content-length", "")
        has_length = length.isdigit() and "transfer-encoding" not in headers
        return cls(int(length) if has_length else None, _validator_in(headers), checksums_in(headers))

    @property
    def checksum_name(self) -> str | None:
        """The name of the checksum to compare; None if there is none."""
        return next((name for name in _LENGTHS if name in self.checksums), None)

    def matches(self, other: RemoteFile) -> bool:
        """Whether both are the same version of a file."""
        has_same_checksum = bool(self.checksums.items() & other.checksums.items())
        has_same_validator = self.validator is not None and self.validator == other.validator
        return self.size == other.size and (has_same_checksum or has_same_validator)


def checksums_in(headers: Mapping[str, str], *, is_part: bool = False) -> dict[str, str]:
    """The checksums of the whole file that headers name and that can be computed here, in hexadecimal.

    Args:
        headers: The headers of an answer.
        is_part: Whether it holds a part of the file, which some checksums may be of.
    """
    found: dict[str, str] = {}
    lists = ["repr-digest", "x-goog-hash"]
    if not is_part:
        lists += ["digest", "content-digest"]
        single = {"content-md5": "md5", "x-ms-blob-content-md5": "md5"}
        if headers.get("x-amz-checksum-type", "").upper() != "COMPOSITE":  # a checksum of checksums
            single |= {f"x-amz-checksum-{name}": name for name in ("sha256", "sha1", "crc32")}
        for header, name in single.items():
            _add(found, name, headers.get(header, "").strip())
    for header in lists:
        for item in headers.get(header, "").split(","):
            if parts := _FIELD.fullmatch(item):
                _add(found, parts[1], parts[2])
    return found


def _add(found: dict[str, str], name: str, text: str) -> None:
    name = _ALIASES.get(name.lower(), name.lower())
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return
    if len(value) == _LENGTHS.get(name):
        found[name] = value.hex()


def _validator_in(headers: Mapping[str, str]) -> str | None:
    etag = headers.get("etag", "")
    if etag.startswith('"') and etag.endswith('"') and len(etag) > 2:
        return etag
    modified = headers.get("last-modified", "")
    try:
        age = parsedate_to_datetime(headers.get("date", "")) - parsedate_to_datetime(modified)
        return modified if age.total_seconds() >= 1 else None  # else it may change again within that second
    except (ValueError, TypeError):
        return None
