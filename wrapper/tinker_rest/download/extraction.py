"""Extracts archives of strangers: regular files and folders alone, and none outside of the folder."""

from __future__ import annotations

import gzip
import tarfile
import threading
import zlib
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import IO, cast

from tinker_rest.download.local_files import disk_faults, refuse_too_large, sync_file, sync_folder
from tinker_rest.download.safe_names import within
from tinker_rest.errors import DownloadError
from tinker_rest.redaction import shown

_GZIP = b"\x1f\x8b"
_COPY_BYTES = 2**20
_ARCHIVE = "the archive"


class GivenUp(Exception):  # noqa: N818 - no fault
    """The extraction was told to end."""


def extract(archive: Path, folder: Path, given_up: threading.Event) -> None:
    """Extract a tar archive, compressed with gzip or not, into a folder that is made for it.

    Whatever the archive says of owners, modes and times, the files are the user's own and new.

    Raises:
        DownloadError: The archive is damaged, or holds what must not be extracted; or the disk is full.
        GivenUp: It was told to.
    """
    with disk_faults(folder), ExitStack() as stack:
        folder.mkdir(mode=0o777)
        raw: IO[bytes] = stack.enter_context(archive.open("rb"))
        is_compressed = raw.read(2) == _GZIP
        raw.seek(0)
        content = cast(IO[bytes], stack.enter_context(gzip.GzipFile(fileobj=raw))) if is_compressed else raw
        try:
            with tarfile.open(fileobj=content, mode="r|", bufsize=_COPY_BYTES) as members:
                for member in members:
                    _extract(members, member, folder, given_up)
            while content.read(_COPY_BYTES):  # to the checksum at the end
                pass
        except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise DownloadError(f"{_ARCHIVE} is damaged or no tar archive: {error}") from error
        for made in [*folder.rglob("*"), folder]:
            (sync_folder if made.is_dir() else sync_file)(made)


def _extract(members: tarfile.TarFile, member: tarfile.TarInfo, folder: Path, given_up: threading.Event) -> None:
    if member.name.rstrip("/") in ("", ".") and member.isdir():
        return
    target = within(folder, member.name, _ARCHIVE)
    if not (member.isreg() or member.isdir()):
        raise DownloadError(
            f"{_ARCHIVE} has a {_kind_of(member)}, {shown(member.name)}, which is not extracted; "
            "nothing was put in place"
        )
    check: Callable[[tarfile.TarInfo, str], object] | None = getattr(tarfile, "data_filter", None)
    if check is not None:  # from Python 3.11.4 on: what others found that archives can do
        try:
            check(member, str(folder))
        except tarfile.FilterError as error:
            raise DownloadError(f"{_ARCHIVE} is not safe: {error}") from error
    try:
        if member.isdir():
            target.mkdir(parents=True, exist_ok=True)
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        output = target.open("xb")
    except (FileExistsError, NotADirectoryError):
        raise DownloadError(f"{_ARCHIVE} has {shown(member.name)} twice; nothing was put in place") from None
    refuse_too_large(folder, member.size)
    with output, members.extractfile(member) as content:  # type: ignore[union-attr]
        while piece := content.read(_COPY_BYTES):
            if given_up.is_set():
                raise GivenUp
            output.write(piece)


def _kind_of(member: tarfile.TarInfo) -> str:
    if member.issym() or member.islnk():
        return "link"
    if member.isdev():
        return "device file"
    return "file of an unknown kind"
