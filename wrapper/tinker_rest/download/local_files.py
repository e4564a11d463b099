"""What is done to the disk, and how its faults are told."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from tinker_rest.errors import DownloadError

_FULL = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))


@contextlib.contextmanager
def disk_faults(path: Path, kept: Callable[[], str] = lambda: "") -> Iterator[None]:
    """Raise what the disk refuses as a DownloadError that says what to do.

    Args:
        path: Where something is written.
        kept: Makes what the message says of what stays.
    """
    try:
        yield
    except OSError as error:
        what = error.strerror or str(error) or type(error).__name__
        if error.errno in _FULL:
            what = f"there is no room for more ({what}); free some, or choose another place"
        raise DownloadError(f"{path} cannot be written: {what}{kept()}") from error


def refuse_too_large(folder: Path, size: int) -> None:
    """Raise DownloadError where so many bytes more do not fit on the disk of a folder."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return  # writing will tell
    if size > free:
        raise DownloadError(
            f"there is no room in {folder}: {size:,} bytes are to be written and {free:,} are free; "
            "free some, or choose another place"
        ) from OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def sync_file(path: Path) -> None:
    """Wait until a file is on the disk itself."""
    descriptor = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(path: Path) -> None:
    """Wait until the names in a folder are on the disk itself, where the system can."""
    if os.name == "nt":
        return
    with contextlib.suppress(OSError):  # some file systems refuse it
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def remove(path: Path) -> None:
    """Remove a file, or a folder with all that is in it; nothing where there is none."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


class FolderLock:
    """That no other download uses a folder, in this process or another one of this machine."""

    def __init__(self, file: Path) -> None:
        """Keep the file to lock."""
        self._file = file
        self._descriptor = -1

    @property
    def is_held(self) -> bool:
        """Whether this has locked the folder."""
        return self._descriptor >= 0

    def acquire(self) -> bool:
        """Lock; returns False where somebody else has. Raises OSError."""
        try:
            descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600)
        except FileNotFoundError:  # whoever had the folder has just removed it
            return False
        try:
            # Whoever had it may have removed the file meanwhile.
            if not _lock(descriptor) or not _is_at(descriptor, self._file):
                os.close(descriptor)
                return False
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Let others have it. May be called twice."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            _unlock(descriptor)  # a process that was forked meanwhile has it too
            os.close(descriptor)


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False


def _lock(descriptor: int) -> bool:
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined, unused-ignore]
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        # File systems of a network may know no locks: then one does without.
        return error.errno not in (errno.EAGAIN, errno.EACCES, errno.EWOULDBLOCK, errno.EDEADLK)
    return True


def _unlock(descriptor: int) -> None:
    if os.name != "nt":
        import fcntl

        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_UN)
