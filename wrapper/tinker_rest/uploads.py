"""Uploads of external weights: the files of a LoRA adapter, which become a checkpoint."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from tinker_rest._lazy import types
from tinker_rest._redaction import safe_repr
from tinker_rest._retry import Attempts
from tinker_rest._work import EXPIRED_STATUSES, Transfer, Work
from tinker_rest.errors import APIStatusError, InvalidArgumentError, TinkerError, UploadError, refusal
from tinker_rest.futures import APIFuture

__all__ = ("UploadProgress",)

OPERATION_ID = "upload_external_weights"
CONFIG_FILE = "adapter_config.json"
MAX_STARTS = 3  # of one upload, if its URLs expire
MAX_FILES_AT_ONCE = 4

_PIECE_BYTES = 2**18

_log = logging.getLogger("tinker_rest")


@frozen
class UploadProgress:
    """The progress of an upload.

    Attributes:
        bytes_done: Bytes sent. It shrinks if a file has to be sent again.
        bytes_total: The size of all files in bytes.
    """

    bytes_done: int
    bytes_total: int


def find_files(folder: str | os.PathLike[str], rank: int) -> dict[str, Path]:
    """The files of a folder by their relative paths. Raises InvalidArgumentError if they cannot be an adapter."""
    top = Path(folder)
    if not top.is_dir():
        raise refusal("folder", "be a folder with the files of an adapter", str(top))
    files = {file.relative_to(top).as_posix(): file for file in sorted(top.rglob("*")) if file.is_file()}
    if not files:
        raise InvalidArgumentError(f"folder must contain the files of an adapter; {str(top)!r} contains none")
    if CONFIG_FILE in files:
        try:
            found = json.loads(files[CONFIG_FILE].read_bytes())["r"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            message = f"{files[CONFIG_FILE]} must be the configuration of a LoRA adapter, with its rank as 'r'"
            raise InvalidArgumentError(message) from error
        if found != rank:
            raise refusal("lora_config.rank", f"be {safe_repr(found)}, as {files[CONFIG_FILE]} says", rank)
    return files


@define(eq=False, kw_only=True)
class Upload(Transfer):
    """What to upload, and how; see `RestClient.upload_external_weights`."""

    files: dict[str, Path]
    start: Callable[[], APIFuture[types.ExternalWeightsUploadStartResponse]]
    finish: Callable[[str], APIFuture[types.ExternalWeightsUploadFinishResponse]]  # given the ID of the upload
    _sent: dict[str, int] = field(init=False, factory=dict)
    _done: list[str] = field(init=False, factory=list)
    _total: int = field(init=False, default=0)

    def run(self, work: Work[Any]) -> str:
        """Upload the files, and return the tinker path of the checkpoint. Raises TinkerError."""
        starts = 0
        while True:
            starts += 1
            started = work.call(self.start)
            missing = sorted(started.urls.keys() - self.files.keys())
            if missing:
                raise UploadError(f"nothing was uploaded: the server also requires {', '.join(missing)}")
            try:
                self._send(work, started.urls)
            except (TinkerError, OSError) as error:
                is_expired = isinstance(error, APIStatusError) and error.status_code in EXPIRED_STATUSES
                if is_expired and starts < MAX_STARTS:
                    _log.info("%s: %s; starting over", OPERATION_ID, error)
                    continue
                left = ", ".join(sorted(started.urls.keys() - self._done))
                message = f"{len(self._done)} of {len(started.urls)} files were uploaded, but not {left}: {error}"
                raise UploadError(f"{message}; no checkpoint was created; another call starts over") from error
            return work.call(self.finish, started.upload_id).tinker_path

    def _send(self, work: Work[Any], urls: dict[str, Any]) -> None:
        unused = sorted(self.files.keys() - urls.keys())
        if unused:
            _log.warning("%s: the server did not ask for %s", OPERATION_ID, ", ".join(unused))
        self._sent = dict.fromkeys(urls, 0)
        self._done = []
        self._total = sum(self.files[name].stat().st_size for name in urls)
        self.tell(is_due=True)
        work.together([partial(self._send_file, name, urls[name]) for name in urls], MAX_FILES_AT_ONCE)
        self.tell(is_due=True)

    def _send_file(self, name: str, target: Any, work: Work[Any]) -> None:
        def attempt(attempts: Attempts) -> None:
            size = self.files[name].stat().st_size
            headers = {**target.headers, "Content-Length": str(size)}
            self._sent[name] = 0
            with work.stream(attempts, target.url, headers, self._pieces(work, name, size)) as answer:
                if not 200 <= answer.status_code < 300:
                    raise answer.refusal()

        work.retry(attempt, OPERATION_ID)
        self._done.append(name)

    def _pieces(self, work: Work[Any], name: str, size: int) -> Iterator[bytes]:
        with self.files[name].open("rb", buffering=0) as file:
            while self._sent[name] < size:
                work.check()
                piece = file.read(min(_PIECE_BYTES, size - self._sent[name]))
                if not piece:
                    raise UploadError(f"{self.files[name]} was changed while it was uploaded")
                yield piece
                self._sent[name] += len(piece)
                self.tell()

    def _progress_now(self) -> UploadProgress:
        return UploadProgress(sum(self._sent.values()), self._total)
