"""Where a download goes, and the folder beside it in which it is made."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from attrs import frozen

from tinker_rest.download.local_files import FolderLock, disk_faults, remove, sync_folder
from tinker_rest.download.marker import marker_in
from tinker_rest.download.safe_names import file_name_of
from tinker_rest.errors import DownloadError, InvalidArgumentError
from tinker_rest.redaction import shown
from tinker_rest.tinker_path import ParsedCheckpointTinkerPath

PART_SUFFIX = ".part"
# A download that was just cancelled may need this long to let go.
_LOCK_SECONDS = 1.5
_SEPARATORS = tuple({"/", os.sep})


def check_destination(dest: str | os.PathLike[str]) -> str:
    """Return a path as text. Raises InvalidArgumentError."""
    if not isinstance(dest, (str, os.PathLike)):
        raise InvalidArgumentError(f"dest must be the path of a file or folder, not {shown(dest)}")
    text = os.fspath(dest)
    if not isinstance(text, str) or not text or "\0" in text:
        raise InvalidArgumentError(f"dest must be the path of a file or folder, not {shown(dest)}")
    return text


@frozen
class Destination:
    """Where a download ends up.

    Attributes:
        final: The file or folder that it becomes.
        work: The folder, on the same file system, in which it is made.
        is_folder: Whether `final` is to be a folder.
        is_there: Whether there is something already.
    """

    final: Path
    work: Path
    is_folder: bool
    is_there: bool


def find_destination(dest: str, path: ParsedCheckpointTinkerPath, *, is_folder: bool) -> Destination:
    """The place that a user means: `dest` itself or, where it is a folder that exists, a name within it.

    A folder that the same checkpoint was downloaded to before is meant itself: so a call can be repeated.

    Raises:
        DownloadError: There is no such place.
    """
    given = Path(os.path.abspath(os.path.expanduser(dest)))
    marker = marker_in(given) if is_folder else None
    is_ours = marker is not None and marker.tinker_path == path.tinker_path
    if given.is_dir() and not is_ours:
        suffix = "" if is_folder else ".tar.gz"
        final = given / (file_name_of(path.training_run_id, *path.checkpoint_id.split("/")) + suffix)
    elif dest.endswith(_SEPARATORS):
        raise DownloadError(f"there is no folder {given}; make it first")
    else:
        final = given
    parent = final.parent
    if not parent.is_dir():
        why = "is no folder" if parent.exists() else "does not exist; make it first"
        raise DownloadError(f"{final} cannot be written: {parent} {why}")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise DownloadError(f"{final} cannot be written: nothing may be made in {parent}") from PermissionError(
            parent
        )
    if final.exists() and final.is_dir() != is_folder:
        what, there = ("folder", "file") if is_folder else ("file", "folder")
        raise DownloadError(f"{final} is to be a {what} and is a {there}; choose another place")
    if final.exists() and not final.is_dir() and not final.is_file():
        raise DownloadError(
            f"{final} is a device or pipe, which a download must not replace; choose another place"
        )
    return Destination(final, final.with_name(final.name + PART_SUFFIX), is_folder, final.exists())


class Workspace:
    """The folder in which a download is made; no other download has it meanwhile."""

    def __init__(self, destination: Destination) -> None:
        """Keep where it is; nothing is made yet."""
        self.folder = destination.work
        self._destination = destination
        self._lock = FolderLock(self.folder / "lock")
        self._is_closed = False
        self._is_discarded = False  # then what is at its path is of another call

    @property
    def content(self) -> Path:
        """What is being made: the archive, as it is downloaded."""
        return self.folder / "archive"

    @property
    def files(self) -> Path:
        """What is being made: the folder of files."""
        return self.folder / "files"

    @property
    def states(self) -> Path:
        """What is remembered of each file."""
        return self.folder / "states"

    def open(self, *, resume: bool) -> None:
        """Make it, or take what an earlier attempt has left. Raises DownloadError.

        Args:
            resume: Whether to go on with what is there.
        """
        with disk_faults(self.folder):
            deadline = time.monotonic() + _LOCK_SECONDS
            while not self._make() or not self._lock.acquire():
                if time.monotonic() > deadline:
                    raise DownloadError(
                        f"another download is under way to {self._destination.final}; wait for it, or choose "
                        "another place"
                    )
                time.sleep(0.05)
            if self._is_closed:  # by another thread meanwhile
                self._lock.release()
                return
            if not resume:
                for made in (self.content, self.files, self.states):
                    remove(made)

    def _make(self) -> bool:
        if self.folder.is_symlink():
            raise DownloadError(f"{self.folder} is a link, and is needed for the download; remove it")
        try:
            self.folder.mkdir(mode=0o700, exist_ok=True)
        except FileExistsError:
            raise DownloadError(f"{self.folder} is a file, and is needed for the download; remove it") from None
        return self.folder.is_dir()

    def put_in_place(self, made: Path, *, overwrite: bool) -> None:
        """Give what was made its final name, and remove the rest. Raises DownloadError.

        Args:
            made: The file or folder in here.
            overwrite: Whether what is there is replaced.
        """
        final = self._destination.final
        with disk_faults(final):
            if final.exists() and not overwrite:
                raise DownloadError(
                    f"{final} was made by somebody else meanwhile; what was downloaded is in {made}"
                )
            if self._destination.is_folder and final.exists():
                self._replace_folder(made, final)
            else:
                os.replace(made, final)
            sync_folder(final.parent)
        self.discard()

    def _replace_folder(self, made: Path, final: Path) -> None:
        old = self.folder / "old"
        remove(old)
        os.rename(final, old)
        try:
            os.rename(made, final)
        except OSError:
            os.rename(old, final)
            raise

    def discard(self) -> None:
        """Remove everything in it, and itself. What cannot be removed stays; another call may just look at it."""
        self._is_discarded = True
        shutil.rmtree(self.folder, ignore_errors=True)

    def close(self) -> None:
        """Let others have it; where nothing was begun in it, it goes. May be called twice, by any thread."""
        self._is_closed = True
        try:
            if (
                self._lock.is_held
                and not self._is_discarded
                and {one.name for one in self.folder.iterdir()} <= {"lock"}
            ):
                remove(self.folder)
        except OSError:
            pass  # it stays, as it would with a part in it
        self._lock.release()
