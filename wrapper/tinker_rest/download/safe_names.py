"""Names of files that a server or an archive gives: none leads out of the folder it is meant for."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path, PurePosixPath

from tinker_rest.errors import DownloadError
from tinker_rest.redaction import shown

_LONGEST_NAME = 200  # file systems allow 255 bytes, of which the names of what is being made need some
# Windows has devices of these names in every folder.
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def within(folder: Path, name: str, where: str) -> Path:
    """The path of a file below a folder, by the relative name that somebody else gave it.

    Args:
        folder: The folder.
        name: A name with slashes between its parts.
        where: What gave it, for the message.

    Raises:
        DownloadError: The name is absolute, leads elsewhere or cannot be that of a file.
    """
    parts = PurePosixPath(name).parts
    is_odd = (
        not parts
        or name.startswith("/")
        or any(part == ".." or not _is_plain(part) for part in name.split("/"))
        or (os.name == "nt" and any(_is_refused_by_windows(part) for part in parts))
    )
    if is_odd:
        raise DownloadError(f"{where} has a file of an unsafe name, {shown(name)}; nothing was put in place")
    return folder.joinpath(*parts)


def _is_plain(part: str) -> bool:
    try:
        size = len(part.encode())
    except UnicodeEncodeError:
        size = len(os.fsencode(part)) if os.name != "nt" else 256
    return size <= 255 and "\\" not in part and not any(ord(one) < 32 or ord(one) == 127 for one in part)


def _is_refused_by_windows(part: str) -> bool:
    return bool(set(part) & set(':*?"<>|')) or part.endswith((".", " ")) or _DEVICES.fullmatch(part) is not None


def file_name_of(*ids: str) -> str:
    """A file name for what has these ids: what not every file system allows becomes an underscore."""
    name = re.sub(r"[^A-Za-z0-9._-]", "_", "_".join(ids))
    if len(name) > _LONGEST_NAME:
        name = f"{name[: _LONGEST_NAME - 17]}-{hashlib.sha256('/'.join(ids).encode()).hexdigest()[:16]}"
    return name.lstrip(".") or "checkpoint"
