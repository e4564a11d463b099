"""The folder that keeps the files of uploads."""

import shutil
import tempfile
import weakref
from pathlib import Path
from typing import IO


class UploadedFiles:
    """The files of uploads: next to the database, or in a temporary folder if it is in memory."""

    def __init__(self, database: str) -> None:
        is_temporary = database == ":memory:"
        prefix = "tinker-rest-sandbox-uploads-"
        self._folder = Path(tempfile.mkdtemp(prefix=prefix) if is_temporary else f"{database}-uploads")
        # Avoids a warning if a sandbox is stopped but never closed.
        self._remove = weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        if not is_temporary:
            self._remove.detach()

    def path(self, upload_id: str, name: str) -> Path:
        """Where a file of an upload is kept."""
        return self._folder / f"{upload_id}-{name}"

    def receive(self) -> IO[bytes]:
        """A new file for incoming data; it is removed when it is closed."""
        self._folder.mkdir(exist_ok=True)
        return tempfile.NamedTemporaryFile(dir=self._folder)

    def close(self) -> None:
        """Remove the temporary folder, if any. May be called twice."""
        self._remove()
