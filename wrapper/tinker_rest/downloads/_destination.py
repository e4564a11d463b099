"""Where a download goes: the target, the part folder next to it, and errors of the disk."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tinker_rest._redaction import safe_repr
from tinker_rest._work import Work
from tinker_rest._workers import Clock
from tinker_rest.errors import DownloadError, InvalidArgumentError
from tinker_rest.paths import ParsedCheckpointTinkerPath

# A download that was just cancelled may need this long to release the folder.
LOCK_SECONDS = 1.5
# The manifest in a downloaded folder; for a file, it has the file's name with the suffix.
MARKER = ".tinker-checkpoint.json"
MANIFEST_SUFFIX = ".manifest.json"

_READ_BYTES = 2**20

_NO_ROOM = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))


def check_destination(dest: str | os.PathLike[str]) -> str:
    """Return a path as text, with `~` expanded. Raises InvalidArgumentError."""
    text = os.fspath(dest) if isinstance(dest, (str, os.PathLike)) else None
    if not isinstance(text, str) or not text or "\0" in text:
        raise InvalidArgumentError(f"dest must be the path of a file or folder, not {safe_repr(dest)}")
    text = os.path.expanduser(text)
    if text.startswith("~"):
        raise InvalidArgumentError(f"dest begins with an unknown home folder: {safe_repr(dest)}")
    return text


def find_destination(dest: str, path: ParsedCheckpointTinkerPath, *, is_folder: bool) -> Path:
    """The file or folder to create: `dest`, or a name made from the path if `dest` is an existing folder.

    A folder to which the same checkpoint was downloaded before is used as is, so that you can repeat a call.
    """
    final = Path(os.path.abspath(dest))
    is_ours = is_folder and read_manifest(final).get("tinker_path") == path.tinker_path
    if (final.is_dir() and not is_ours) or (dest.endswith(("/", os.sep)) and not is_folder):
        name = re.sub(r"[^A-Za-z0-9._-]", "_", f"{path.training_run_id}_{path.checkpoint_id}")[:200].lstrip(".")
        final /= name if is_folder else f"{name}.tar.gz"
    kind = "folder" if is_folder else "file"
    if final.exists() and not (final.is_dir() if is_folder else final.is_file()):
        raise DownloadError(f"{final} exists and is not a {kind}; choose another place")
    return final


@contextlib.contextmanager
def part_folder(final: Path, work: Work[Any]) -> Iterator[tuple[Path, Callable[[], None]]]:
    """The folder `NAME.part` that holds a download until it is complete; only one download uses it at a time.

    If the download fails, the folder stays, so that the next call can resume. The yielded function raises OSError
    if the folder is no longer at its place.
    """
    folder = _beside(final, ".part")
    deadline = Clock.now() + LOCK_SECONDS
    while (lock := _lock(folder)) is None:
        if Clock.now() > deadline:
            raise DownloadError(f"another download is under way to {final}; wait or choose another place")
        work.wait(0.05)

    def check() -> None:
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(lock), (folder / "lock").lstat()):
                return
        raise FileNotFoundError(errno.ENOENT, "another program has moved or replaced it", str(folder))

    is_done = False
    try:
        yield folder, check
        is_done = True
    finally:
        with contextlib.suppress(OSError):
            check()
            if is_done or os.listdir(folder) == ["lock"]:
                for path in sorted(folder.iterdir(), key=lambda path: path.name == "lock"):  # marks it as ours
                    shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        os.close(lock)
        with contextlib.suppress(OSError):
            folder.rmdir()  # network file systems refuse this while the lock is open


def _beside(final: Path, suffix: str) -> Path:
    name = os.fsencode(final.name + suffix)
    if len(name) > 255:  # the maximum of most file systems
        name = hashlib.sha256(name).hexdigest().encode() + suffix.encode()
    return final.with_name(os.fsdecode(name))


def _lock(folder: Path) -> int | None:
    """Create a part folder and its parents if they do not exist, and lock it; None if another download uses it."""
    if not os.path.lexists(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = folder / "lock"
    with contextlib.suppress(FileNotFoundError):  # another download has just removed it
        if not _is_ours(folder):
            raise DownloadError(f"{folder} is in the way: not from a download, or contains links; move it away")
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
        if _try_lock(descriptor) and lock.exists() and os.path.samestat(os.fstat(descriptor), lock.stat()):
            return descriptor
        os.close(descriptor)
    return None


def _is_ours(folder: Path) -> bool:
    """Whether a part folder contains only files from downloads of this user."""
    found, inside = folder.lstat(), list(folder.rglob("*"))
    # Some file systems know neither owners nor modes, so compare it with a new private folder.
    with tempfile.TemporaryDirectory(prefix=".tinker-", dir=folder.parent) as probe:
        new = os.lstat(probe)
    is_private = (found.st_uid, found.st_mode) == (new.st_uid, new.st_mode)
    return is_private and (not inside or folder / "lock" in inside) and not any(map(Path.is_symlink, inside))


def _try_lock(descriptor: int) -> bool:
    try:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except (ImportError, OSError):
        pass  # Windows and some network file systems do without
    return True


def put_in_place(made: Path, final: Path, manifest: dict[str, Any], *, overwrite: bool) -> None:
    """Give a file or folder in a part folder its final name, with a manifest. Raises DownloadError or OSError."""
    written = made / MARKER if made.is_dir() else made.with_name("manifest")
    written.write_text(json.dumps(manifest, indent=1))
    is_there = os.path.lexists(final)
    if is_there and not overwrite:
        raise DownloadError(f"{final} was created by another program during the download, which is in {made}")
    if is_there and made.is_dir():  # folders cannot be replaced in one step
        old = made.with_name("old")
        shutil.rmtree(old, ignore_errors=True)
        os.rename(final, old)
    if not made.is_dir():
        os.replace(written, _beside(final, MANIFEST_SUFFIX))
    os.replace(made, final)
    sync(final.parent)


def read_manifest(final: Path) -> dict[str, Any]:
    """The manifest of a downloaded file or folder; empty if there is none, or it is not ours."""
    marker = final / MARKER if final.is_dir() else _beside(final, MANIFEST_SUFFIX)
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError, RecursionError):
        found = marker.lstat()
        if stat.S_ISREG(found.st_mode) and (not final.exists() or found.st_uid == final.stat().st_uid):
            known = dict(json.loads(marker.read_bytes()))
            return {**known, "sizes": dict(known["sizes"])}
    return {}


def files_in(made: Path, name: str) -> dict[str, Path]:
    """The files in a downloaded folder by their relative paths, or a downloaded file by its `name`."""
    if not made.is_dir():
        return {name: made} if made.exists() else {}
    files = [path for path in made.rglob("*") if path.is_file() and path.name != MARKER]
    return {path.relative_to(made).as_posix(): path for path in files}


def new_digest(method: str) -> Any:
    return hashlib.new(method.replace("-", ""), usedforsecurity=False)


def digest_of(path: Path, method: str = "sha-256", check: Callable[[], object] = lambda: None) -> Any:
    """The digest of a file; `check` is called between pieces. Raises OSError."""
    digest = new_digest(method)
    with path.open("rb", buffering=0) as file:
        while piece := file.read(_READ_BYTES):
            check()
            digest.update(piece)
    return digest


def refusal(error: OSError, dest: str) -> DownloadError:
    """The error for a refusal by the disk, with what to do; `dest` is where the download should go."""
    reason = error.strerror or str(error) or type(error).__name__
    if error.errno in _NO_ROOM:
        reason = f"no room left ({reason}); free some and resume with the same call, or choose another place"
    return DownloadError(f"{error.filename or dest} cannot be written: {reason}")


def require_room(folder: Path, size: int) -> None:
    """Raise OSError if a file of this size does not fit on the disk of a folder."""
    if 0 < (free := shutil.disk_usage(folder).free) < size:  # some mounts always report 0
        raise OSError(errno.ENOSPC, f"{size:,} bytes are needed and {free:,} are free")


def sync(path: Path) -> None:
    """Write a file, or the names in a folder, through to the disk, if the file system supports it."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno in (errno.EIO, *_NO_ROOM):
            raise


def safe_join(folder: Path, name: str, source: str) -> Path:
    """The path of a file below a folder, by the relative name that a source gives it. Raises DownloadError."""
    path = folder / name
    is_inside = path != folder and path.is_relative_to(folder) and ".." not in path.parts
    if not is_inside or name.startswith("/") or "\\" in name or not name.isprintable():
        raise DownloadError(f"{source} has an unsafe file name, {safe_repr(name)}; nothing was kept")
    return path
