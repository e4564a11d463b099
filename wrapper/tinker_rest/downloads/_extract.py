"""Extracts untrusted archives: regular files and folders only, and only inside one folder."""

from __future__ import annotations

import gzip
import shutil
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tinker_rest._redaction import safe_repr, summarize
from tinker_rest.downloads._destination import require_room, safe_join, sync
from tinker_rest.errors import DownloadError

# How much of an archive may be headers, which tarfile keeps in memory.
MAX_HEADER_BYTES = 32 * 2**20

_READ_BYTES = 2**18
# What tarfile and gzip raise for damaged or malicious archives.
_DAMAGE = (
    *(tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError, ArithmeticError, ValueError, RecursionError),
    *(FileExistsError, IsADirectoryError, NotADirectoryError),  # a file and a folder have the same name
)


def extract(archive: Path, folder: Path, check: Callable[[], object]) -> None:
    """Extract a tar archive, compressed with gzip or not, into a new folder.

    Owners, modes and times in the archive are ignored. `check` is called between pieces; what it raises ends the
    extraction. Raises DownloadError for errors of the archive, and OSError for errors of the disk.
    """
    with archive.open("rb") as raw:
        check()
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        content = gzip.GzipFile(fileobj=raw) if raw.peek(2).startswith(b"\x1f\x8b") else raw
        try:
            _extract_all(_Bounded(content, check), folder)
        except _DAMAGE as error:
            raise DownloadError(f"the archive is damaged or not a tar archive: {summarize(str(error))}") from None
    for path in [*folder.rglob("*"), folder]:
        check()
        sync(path)


class _Bounded:
    """A file for tarfile to read, which keeps headers from filling the memory."""

    def __init__(self, content: Any, check: Callable[[], object]) -> None:
        self._content = content
        self._check = check
        self.left = MAX_HEADER_BYTES

    def read(self, size: int) -> bytes:
        self._check()
        piece: bytes = self._content.read(size)
        self.left -= len(piece)
        if self.left < 0:
            raise DownloadError(f"the archive has more than {MAX_HEADER_BYTES:,} bytes of headers")
        return piece


class _Member(tarfile.TarInfo):
    """A member for which a damaged or missing header is an error; tarfile would end the archive there."""

    @classmethod
    def frombuf(cls, buf: Any, encoding: str, errors: str) -> Any:
        try:
            return super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            if len(buf) < tarfile.BLOCKSIZE or any(buf):
                raise ValueError(str(error)) from None
            raise


def _extract_all(content: _Bounded, folder: Path) -> None:
    sizes = {"bufsize": _READ_BYTES, "copybufsize": _READ_BYTES}
    with tarfile.open(fileobj=content, mode="r|", tarinfo=_Member, **sizes) as archive:  # type: ignore[call-overload]
        # Since Python 3.11.4; it blocks known attacks.
        archive.extraction_filter = getattr(tarfile, "data_filter", lambda member, _: member)
        while (member := archive.next()) is not None:
            archive.members.clear()  # tarfile keeps them all
            if member.size < 0 or member.issparse() or not (member.isreg() or member.isdir()):
                name = safe_repr(member.name)
                raise DownloadError(f"the archive contains {name}, not a regular file or folder; nothing was kept")
            content.left += tarfile.BLOCKSIZE + member.size + tarfile.BLOCKSIZE
            if member.isdir() and member.name.rstrip("/") in ("", "."):
                continue
            safe_join(folder, member.name, "the archive")
            require_room(folder, member.size)
            archive.extract(member, folder, set_attrs=False)
    while content.read(_READ_BYTES):  # to the checksum at the end
        pass
    if not any(path.is_file() for path in folder.rglob("*")):
        raise DownloadError("the archive contains no files")
