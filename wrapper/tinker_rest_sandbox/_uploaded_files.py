"""The folder that keeps the files of uploads."""

import tempfile
from pathlib import Path
from typing import IO


class UploadedFiles:
    """The files of uploads: beside the database, or in a temporary folder if it is in memory."""

    def __init__(self, database: str) -> None:
        self._temporary = None
        if database == ":memory:":
            self._temporary = tempfile.TemporaryDirectory(prefix="tinker-rest-sandbox-uploads-")
        self._folder = Path(self._temporary.name if self._temporary else f"{database}-uploads")

    def path(self, upload_id: str, name: str) -> Path:
        """Where a file of an upload is kept."""
        return self._folder / f"{upload_id}-{name}"

    def receive(self) -> IO[bytes]:
        """A new file to write what comes; it is removed when it is closed."""
        self._folder.mkdir(exist_ok=True)
        return tempfile.NamedTemporaryFile(dir=self._folder)

    def close(self) -> None:
        """Remove the temporary folder, if any. May be called twice."""
        if self._temporary is not None:
            self._temporary.cleanup()
