"""What a download tells while it goes on, and what it leaves."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from attrs import frozen

Phase = Literal["waiting", "downloading", "verifying", "extracting"]


@frozen
class DownloadProgress:
    """How far a download is.

    Attributes:
        bytes_done: How many bytes of the checkpoint are on disk, with those of an earlier attempt. It becomes less
            where the download starts again.
        bytes_total: How many there will be; None while that is not known.
        bytes_resumed: How many of `bytes_done` were there when this call began; a rate is measured without them.
        phase: What is done now: `waiting` (for the server, which builds the archive), `downloading`, `verifying`
            or `extracting`.
    """

    bytes_done: int
    bytes_total: int | None
    bytes_resumed: int
    phase: Phase


@frozen
class DownloadResult:
    """What a download has left on disk.

    Attributes:
        path: The file, or the folder of an extracted archive or of external weights.
        size_bytes: How many bytes were to be downloaded: the size of the archive, or of all files of external
            weights.
        verified_by: The name of the checksum that the storage gave and that was compared (`sha-256`, `md5`, …);
            None where it gave none that is known here, or not for all files. The length is always compared.
        sha256: The SHA-256 of the archive in hexadecimal, where it was what was compared; else None.
        resumed_from: How many bytes an earlier attempt had left, which were not downloaded again; 0 for none.
        was_there: Whether all was at `path` already, and nothing was downloaded.
    """

    path: Path
    size_bytes: int
    verified_by: str | None = None
    sha256: str | None = None
    resumed_from: int = 0
    was_there: bool = False
