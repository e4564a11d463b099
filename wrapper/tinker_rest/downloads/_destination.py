"""Where a download goes, and the part folder beside it in which it is made."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import stat
import tempfile
from pathlib import Path
from typing import Any

from attrs import asdict, field, frozen

from tinker_rest._redaction import safe_repr
from tinker_rest._work import Work
from tinker_rest._workers import Clock
from tinker_rest.downloads._files import (
    MAX_NAME_BYTES,
    file_name_of,
    remove,
    shorten,
    sync,
    translate_os_errors,
    try_lock,
    unlock,
)
from tinker_rest.downloads._remote import RemoteFile
from tinker_rest.errors import DownloadError, InvalidArgumentError
from tinker_rest.paths import ParsedCheckpointTinkerPath

# A download that was just cancelled may need this long to let go.
LOCK_SECONDS = 1.5

_MARKER = ".tinker-checkpoint.json"
_PART_SUFFIX = ".part"
_SEPARATORS = tuple({"/", os.sep})


def check_destination(dest: str | os.PathLike[str]) -> str:
    """Return a path as text, with the home folder in place of `~`. Raises InvalidArgumentError."""
    text = os.fspath(dest) if isinstance(dest, (str, os.PathLike)) else None
    if not isinstance(text, str) or not text or "\0" in text:
        raise InvalidArgumentError(f"dest must be the path of a file or folder, not {safe_repr(dest)}")
    try:
        home = str(Path(text).expanduser()) if text.startswith("~") else text
    except RuntimeError:
        raise InvalidArgumentError(
            f"dest begins with a home folder that is not known: {safe_repr(dest)}"
        ) from None
    return home + os.sep if text.endswith(_SEPARATORS) else home


def find_destination(dest: str, path: ParsedCheckpointTinkerPath, *, is_folder: bool) -> Path:
    """The file or folder to make: `dest` itself, or a name made from the path in the folder that `dest` is.

    A folder that the same checkpoint was downloaded to before is meant itself, so that a call can be repeated.
    """
    final = Path(os.path.abspath(dest))
    is_ours = is_folder and Marker.read(final).tinker_path == path.tinker_path
    if (final.is_dir() and not is_ours) or (dest.endswith(_SEPARATORS) and not is_folder):
        name = file_name_of(path.training_run_id, *path.checkpoint_id.split("/"))
        final /= name if is_folder else f"{name}.tar.gz"
    if final.parent.exists() and not final.parent.is_dir():
        raise DownloadError(f"{final} cannot be written: {final.parent} is not a folder")
    if final.exists() and final.is_dir() != is_folder:
        wanted, found = ("folder", "file") if is_folder else ("file", "folder")
        raise DownloadError(f"{final} is to be a {wanted} and is a {found}; choose another place")
    if final.exists() and not final.is_dir() and not final.is_file():
        raise DownloadError(
            f"{final} is a device or pipe, which a download must not replace; choose another place"
        )
    return final


class Workspace:
    """The part folder of a download, `NAME.part`; no other download uses it at the same time.

    Attributes:
        folder: The part folder.
        archive: The archive in it, as it is downloaded.
        files: The folder of files in it, extracted or of external weights.
        states: The folder in it with what is known about each file.
    """

    def __init__(self, final: Path) -> None:
        limit = MAX_NAME_BYTES - len(_PART_SUFFIX)
        self.folder = final.with_name(shorten(final.name, limit, final.name) + _PART_SUFFIX)
        self.archive = self.folder / "archive"
        self.files = self.folder / "files"
        self.states = self.folder / "states"
        self._final = final
        self._lock: int | None = None

    def open(self, work: Work[Any], *, resume: bool) -> None:
        """Make the folder, or take what an earlier download has left.

        Args:
            work: The download.
            resume: Whether to keep what is there.

        Raises:
            DownloadError: Another download uses it, it is not ours, or it cannot be made.
        """
        deadline = Clock.now() + LOCK_SECONDS
        with translate_os_errors(self.folder):
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            while self._lock is None:
                if Clock.now() > deadline:
                    raise DownloadError(
                        f"another download is under way to {self._final}; wait for it, or choose another place"
                    )
                self._make()
                self._lock = try_lock(self.folder / "lock")
                if self._lock is None:
                    work.wait(0.05)
            if not resume:
                for made in (self.archive, self.files, self.states):
                    remove(made)

    def _make(self) -> None:
        with contextlib.suppress(FileExistsError):
            self.folder.mkdir(mode=0o700)
            return
        problem = ""
        with contextlib.suppress(FileNotFoundError):  # another download has just removed it
            problem = self._why_not_ours()
        if problem:
            raise DownloadError(f"{self.folder} {problem}, and is needed for the download; remove it")

    def _why_not_ours(self) -> str:
        """Why others may have put something into the part folder; empty if they cannot have."""
        found = self.folder.lstat()
        if not stat.S_ISDIR(found.st_mode):
            return "is a link" if stat.S_ISLNK(found.st_mode) else "is a file"
        # Some file systems know neither owners nor modes, so compare it with a new private folder.
        probe = tempfile.mkdtemp(prefix=".tinker-", dir=self.folder.parent)
        new = os.lstat(probe)
        os.rmdir(probe)
        if (found.st_uid, found.st_mode) != (new.st_uid, new.st_mode):
            return "belongs to somebody else or is open to others"
        return "holds links" if any(path.is_symlink() for path in self.folder.rglob("*")) else ""

    def put_in_place(self, made: Path, *, overwrite: bool) -> None:
        """Give a file or folder in here its final name, and remove the rest. Raises DownloadError.

        Args:
            made: The file or folder.
            overwrite: Whether to replace what is there.
        """
        final = self._final
        with translate_os_errors(final):
            is_there = os.path.lexists(final)
            if is_there and not overwrite:
                raise DownloadError(
                    f"{final} was made by somebody else meanwhile; what was downloaded is in {made}"
                )
            if is_there and made.is_dir():
                self._replace_folder(made)
            else:
                os.replace(made, final)
            sync(final.parent)
        self.discard()

    def _replace_folder(self, made: Path) -> None:
        old = self.folder / "old"
        remove(old)
        os.rename(self._final, old)
        try:
            os.rename(made, self._final)
        except OSError:
            os.rename(old, self._final)
            raise

    def discard(self) -> None:
        """Remove the folder and all that is in it. What cannot be removed stays."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self._unlock()  # what is at its path from now on is another download's

    def close(self) -> None:
        """Let others have the folder. If nothing was begun in it, it is removed."""
        if self._lock is not None:
            with contextlib.suppress(OSError):
                if {path.name for path in self.folder.iterdir()} <= {"lock"}:
                    remove(self.folder)
            self._unlock()

    def _unlock(self) -> None:
        if self._lock is not None:
            unlock(self._lock)
            self._lock = None


@frozen
class Marker:
    """What a hidden file in a downloaded folder remembers of where its files came from.

    Attributes:
        tinker_path: The checkpoint; empty if nothing can be read.
        archive: The archive that they were extracted from; None for external weights.
        sizes: The size of each file by its relative path.
    """

    tinker_path: str = ""
    archive: RemoteFile | None = None
    sizes: dict[str, int] = field(factory=dict)

    @classmethod
    def read(cls, folder: Path) -> Marker:
        """What a folder remembers."""
        try:
            known = json.loads((folder / _MARKER).read_bytes())
            archive = RemoteFile(**known["archive"]) if known["archive"] else None
            return cls(str(known["tinker_path"]), archive, dict(known["sizes"]))
        except (OSError, ValueError, KeyError, TypeError):
            return cls()

    def write(self, folder: Path) -> None:
        """Let a folder remember it. Raises OSError."""
        (folder / _MARKER).write_text(json.dumps(asdict(self), indent=1))


def sizes_in(folder: Path) -> dict[str, int]:
    """The sizes of the files below a folder by their relative paths. Raises OSError."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != _MARKER]
    return {path.relative_to(folder).as_posix(): path.stat().st_size for path in files}
