"""What downloads do on the disk: safe names, one lock, and messages that say what to do."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from tinker_rest._redaction import safe_repr
from tinker_rest.errors import DownloadError

MAX_NAME_BYTES = 255

_NO_ROOM = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))
# How systems answer that cannot sync, or not folders.
_NO_SYNC = frozenset((errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EACCES, errno.EPERM))
# On Windows, a colon could lead to another drive.
_UNSAFE = frozenset("\\" if os.name != "nt" else '\\:*?"<>|')


@contextlib.contextmanager
def translate_os_errors(path: Path, kept: Callable[[], str] = str) -> Iterator[None]:
    """Raise OSErrors as a DownloadError that says what to do.

    Args:
        path: What is written.
        kept: Returns what the message adds about data that stays.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error) or type(error).__name__
        if error.errno in _NO_ROOM:
            reason = f"no room left ({reason}); free some, or choose another place"
        raise DownloadError(f"{path} cannot be written: {reason}{kept()}") from error


def refuse_too_large(folder: Path, size: int) -> None:
    """Raise DownloadError if so many bytes more do not fit on the disk of a folder."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return  # writing will show it
    if 0 < free < size:  # some mounts always say 0
        raise DownloadError(
            f"no room in {folder}: {size:,} bytes are to be written and {free:,} are free; free some, or choose "
            "another place"
        ) from OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def open_nofollow(path: str, flags: int) -> int:
    """An `opener` for `open` that follows no link."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o666)


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk itself, if its file system can do that."""
    try:
        descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise


def remove(path: Path) -> None:
    """Remove a file, or a folder with all that is in it, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def safe_join(folder: Path, name: str, source: str) -> Path:
    """The path of a file below a folder, by the relative name that a server or an archive gives it.

    Args:
        folder: The folder.
        name: A name with slashes between its parts.
        source: Who gave it, for the message.

    Raises:
        DownloadError: The name is absolute, leads out of the folder or cannot be that of a file.
    """
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or not all(map(_is_safe, name.split("/"))):
        raise DownloadError(
            f"{source} has a file with an unsafe name, {safe_repr(name)}; nothing was put in place"
        )
    return folder.joinpath(*parts)


def _is_safe(part: str) -> bool:
    try:
        size = len(part.encode())
    except UnicodeEncodeError:  # bytes that are not UTF-8
        return False
    has_controls = any(ord(character) < 32 or ord(character) == 127 for character in part)
    return size <= MAX_NAME_BYTES and part != ".." and not has_controls and not _UNSAFE & set(part)


def file_name_of(*ids: str) -> str:
    """A file name made from IDs: characters that not every file system allows become underscores."""
    name = re.sub(r"[^A-Za-z0-9._-]", "_", "_".join(ids))
    return shorten(name, 200, "/".join(ids)).lstrip(".") or "_"


def shorten(name: str, limit: int, distinct: str) -> str:
    """A name of at most so many bytes; the end of a longer one becomes a hash of `distinct`."""
    encoded = name.encode(errors="surrogateescape")
    if len(encoded) <= limit:
        return name
    digest = hashlib.sha256(distinct.encode(errors="surrogateescape")).hexdigest()[:16]
    return f"{encoded[: limit - 17].decode(errors='ignore')}-{digest}"


def try_lock(path: Path) -> int | None:
    """Lock a file, so that no other download on this machine does; None if another has. Raises OSError."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
    except FileNotFoundError:  # the other has just removed the folder
        return None
    # The other may have removed the file before it let go.
    with contextlib.suppress(FileNotFoundError):
        if _lock(descriptor) and os.path.samestat(os.fstat(descriptor), path.stat()):
            return descriptor
    os.close(descriptor)
    return None


def unlock(descriptor: int) -> None:
    """Let go of a lock."""
    if os.name != "nt":
        import fcntl

        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_UN)  # a process that was forked meanwhile has it too
    os.close(descriptor)


def _lock(descriptor: int) -> bool:
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined, unused-ignore]
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        # Network file systems may know no locks; then it goes without.
        return error.errno not in (errno.EAGAIN, errno.EACCES, errno.EWOULDBLOCK, errno.EDEADLK)
    return True
