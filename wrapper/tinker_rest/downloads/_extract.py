"""Extracts archives that may come from strangers: regular files and folders only, and only inside one folder."""

from __future__ import annotations

import gzip
import shutil
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from tinker_rest._redaction import safe_repr, summarize
from tinker_rest.downloads._files import open_nofollow, refuse_too_large, safe_join, sync, translate_os_errors
from tinker_rest.errors import DownloadError

GZIP_MAGIC = b"\x1f\x8b"
# How much of an archive may be anything but the contents of files, which tarfile holds in memory.
MAX_HEADER_BYTES = 32 * 2**20

_COPY_BYTES = 2**20
# What tarfile and gzip raise for archives that are damaged, or made to break them.
_DAMAGE = (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError, ArithmeticError, ValueError, RecursionError)


def extract(archive: Path, folder: Path, check: Callable[[], None]) -> None:
    """Extract a tar archive, compressed with gzip or not, into a new folder; if that fails, the folder is removed.

    Whatever the archive says about owners, modes and times, the files are the user's own and new.

    Args:
        archive: The archive.
        folder: The folder to make; what is there is replaced.
        check: Called between pieces; what it raises ends the extraction.

    Raises:
        DownloadError: The archive is damaged or holds something unsafe, or the disk refuses; then an OSError is
            its cause.
    """
    try:
        with translate_os_errors(folder):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            with open(archive, "rb", opener=open_nofollow) as raw:
                is_compressed = raw.read(2) == GZIP_MAGIC
                raw.seek(0)
                content: Any = gzip.GzipFile(fileobj=raw) if is_compressed else raw
                try:
                    _extract_all(content, folder, check)
                except _DAMAGE as error:
                    reason = summarize(str(error))
                    raise DownloadError(f"the archive is damaged or no tar archive: {reason}") from error
            for path in [*folder.rglob("*"), folder]:
                sync(path)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _extract_all(content: IO[bytes], folder: Path, check: Callable[[], None]) -> None:
    bounded = _Bounded(content, check)
    has_files = False
    with tarfile.open(fileobj=bounded, mode="r|", tarinfo=_Member) as members:  # type: ignore[call-overload]
        while (member := members.next()) is not None:
            if member.size < 0:
                raise ValueError("a file of negative size")
            bounded.left += tarfile.BLOCKSIZE + member.size + tarfile.BLOCKSIZE
            _extract_one(members, member, folder, check)
            has_files = has_files or member.isreg()
            members.members.clear()  # tarfile keeps them all
    while content.read(_COPY_BYTES):  # to the checksum at the end
        check()
    if not has_files:
        raise DownloadError("the archive holds no files")


class _Bounded:
    """What tarfile reads from, so that headers cannot fill the memory."""

    def __init__(self, content: IO[bytes], check: Callable[[], None]) -> None:
        self._content = content
        self._check = check
        self.left = MAX_HEADER_BYTES

    def read(self, size: int) -> bytes:
        self._check()
        piece = self._content.read(size)
        self.left -= len(piece)
        if self.left < 0:
            raise DownloadError(f"the archive has headers of more than {MAX_HEADER_BYTES:,} bytes")
        return piece


class _Member(tarfile.TarInfo):
    """A member, whose header if damaged is an error; tarfile takes it for the end of the archive."""

    @classmethod
    def frombuf(cls, buf: Any, encoding: str, errors: str) -> Any:
        try:
            return super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            if any(buf):
                raise ValueError(str(error)) from None
            raise


def _extract_one(
    archive: tarfile.TarFile, member: tarfile.TarInfo, folder: Path, check: Callable[[], None]
) -> None:
    if member.isdir() and member.name.rstrip("/") in ("", "."):
        return
    target = safe_join(folder, member.name, "the archive")
    if member.issparse() or not (member.isreg() or member.isdir()):
        raise DownloadError(
            f"the archive has {safe_repr(member.name)}, which is no plain file or folder; nothing was put in place"
        )
    data_filter: Callable[[tarfile.TarInfo, str], object] | None = getattr(tarfile, "data_filter", None)
    if data_filter is not None:  # since Python 3.11.4; knows tricks that others found
        data_filter(member, str(folder))
    try:
        (target if member.isdir() else target.parent).mkdir(parents=True, exist_ok=True)
        if member.isdir():
            return
        refuse_too_large(folder, member.size)
        with open(target, "xb") as output, archive.extractfile(member) as content:  # type: ignore[union-attr]
            while piece := content.read(_COPY_BYTES):
                check()
                output.write(piece)
    except (FileExistsError, NotADirectoryError):
        name = safe_repr(member.name)
        raise DownloadError(f"the archive has {name} twice; nothing was put in place") from None
