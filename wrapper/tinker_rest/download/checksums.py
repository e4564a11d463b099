"""Checksums that storages give with a file, and computing them while it is being written.

An entity tag is none: it is the MD5 of the bytes on some storages, for some files, and anything else on others.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import threading
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from tinker_rest.network.transport import StreamHead

READ_BYTES = 2**20

# By their names here, the best first; with them, how many bytes long they are.
_LENGTHS = {"sha-512": 64, "sha-256": 32, "sha-1": 20, "md5": 16, "crc32": 4}
_NAMES = {"sha": "sha-1", "sha1": "sha-1", "sha256": "sha-256", "sha512": "sha-512"}
_FIELD = re.compile(r"\s*([A-Za-z0-9-]+)\s*=\s*:?([A-Za-z0-9+/]+={0,2}):?\s*")


class _Hash(Protocol):
    def update(self, data: memoryview, /) -> None: ...

    def digest(self) -> bytes: ...


class _Crc32:
    def __init__(self) -> None:
        self._value = 0

    def update(self, data: memoryview, /) -> None:
        self._value = zlib.crc32(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(4, "big")


_MAKERS: dict[str, Callable[[], _Hash]] = {
    "sha-512": hashlib.sha512,
    "sha-256": hashlib.sha256,
    "sha-1": lambda: hashlib.sha1(usedforsecurity=False),
    "md5": lambda: hashlib.md5(usedforsecurity=False),
    "crc32": _Crc32,
}


def checksums_of(head: StreamHead) -> dict[str, str]:
    """The checksums of the whole file that an answer names and that can be computed here, in hexadecimal.

    Those of an answer with a part of the file are left out where they may be of the part.
    """
    found: dict[str, str] = {}
    of_whole = ["repr-digest", "x-goog-hash"]
    if head.status_code == 200:
        of_whole += ["digest", "content-digest"]
        single = {"content-md5": "md5", "x-ms-blob-content-md5": "md5"}
        if head.header("x-amz-checksum-type").upper() != "COMPOSITE":  # a checksum of checksums
            single |= {f"x-amz-checksum-{name}": name for name in ("sha256", "sha1", "crc32")}
        for header, name in single.items():
            _keep(found, name, head.header(header).strip())
    for header in of_whole:
        for part in head.header(header).split(","):
            if field := _FIELD.fullmatch(part):
                _keep(found, field[1], field[2])
    return found


def _keep(found: dict[str, str], name: str, text: str) -> None:
    name = _NAMES.get(name.lower(), name.lower())
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return
    if len(value) == _LENGTHS.get(name):
        found[name] = value.hex()


def best_of(checksums: dict[str, str]) -> str | None:
    """The name of the checksum to compute; None where there is none that can be."""
    return next((name for name in _LENGTHS if name in checksums), None)


class FollowingHash:
    """Computes a checksum of a file in a thread, just behind what writes the file.

    It reads what was written, which the system still has in memory; so it can begin at any time, also with a file
    of which a part is there from an earlier process.
    """

    def __init__(self, file: Path, name: str) -> None:
        """Begin; nothing is read before `advance`."""
        self.name = name
        self._file = file
        self._hash = _MAKERS[name]()
        self._changed = threading.Condition()
        self._written = 0
        self._is_whole = False
        self._is_over = False
        self._error: OSError | None = None
        self._thread = threading.Thread(target=self._run, name="tinker-rest-checksum", daemon=True)
        self._thread.start()

    def advance(self, written: int) -> None:
        """Tell how many bytes of the file are written."""
        with self._changed:
            self._written = written
            self._changed.notify()

    def finish(self) -> str:
        """Wait for the checksum of all that was written, in hexadecimal. Raises OSError."""
        with self._changed:
            self._is_whole = True
            self._changed.notify()
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._hash.digest().hex()

    def stop(self) -> None:
        """End, without a result."""
        with self._changed:
            self._is_over = True
            self._changed.notify()

    def _run(self) -> None:
        try:
            with self._file.open("rb", buffering=0) as file:
                self._follow(file.readinto)
        except OSError as error:
            self._error = error

    def _follow(self, read_into: Callable[[memoryview], int | None]) -> None:
        buffer = memoryview(bytearray(READ_BYTES))
        done = 0
        while True:
            with self._changed:
                while done >= self._written and not self._is_whole and not self._is_over:
                    self._changed.wait()
                if self._is_over or done >= self._written:
                    return
                room = min(len(buffer), self._written - done)
            size = read_into(buffer[:room]) or 0
            if not size:
                raise OSError(f"the file became shorter while it was read: {done} bytes")
            self._hash.update(buffer[:size])
            done += size


def checksum_of_file(file: Path, name: str) -> str:
    """The checksum of a whole file, in hexadecimal. Raises OSError."""
    computed = _MAKERS[name]()
    buffer = memoryview(bytearray(READ_BYTES))
    with file.open("rb", buffering=0) as content:
        while size := content.readinto(buffer):
            computed.update(buffer[:size])
    return computed.digest().hex()
