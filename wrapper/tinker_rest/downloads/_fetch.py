"""Downloads one file: resumes what an earlier call left, and verifies the result."""

from __future__ import annotations

import gzip
import json
import logging
import os
import re
import stat
import threading
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from attrs import asdict, evolve

from tinker_rest._redaction import safe_repr
from tinker_rest._retry import Attempts
from tinker_rest._work import Stream, Work
from tinker_rest.downloads._files import open_nofollow, refuse_too_large, remove, sync, translate_os_errors
from tinker_rest.downloads._remote import READ_BYTES, RemoteFile, checksums_in, digest_file, new_digest
from tinker_rest.errors import APIStatusError, DownloadError

OPERATION_ID = "download_checkpoint"
MAX_DAMAGED = 2  # how many times a file is downloaded whose checksum is wrong

# How storages say that a signed URL does not work any longer, or that its file was moved.
_EXPIRED = frozenset((400, 401, 403, 404, 410))
_CONTENT_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)")

_log = logging.getLogger("tinker_rest")


class SignedUrls:
    """The signed URLs of the files of a checkpoint by name, which are renewed when they expire."""

    def __init__(self, ask: Callable[[Work[Any]], Mapping[str, str]]) -> None:
        self._ask = ask
        self._lock = threading.Lock()  # many files ask once
        self._urls: Mapping[str, str] = {}

    def get(self, work: Work[Any]) -> Mapping[str, str]:
        """The URLs of all files. Raises TinkerError."""
        with self._lock:
            if not self._urls:
                self._urls = self._ask(work)
            return self._urls

    def expire(self, name: str, url: str) -> None:
        """Forget the URLs, unless another file has had them renewed meanwhile."""
        with self._lock:
            if self._urls.get(name) == url:
                self._urls = {}


class FileDownload:
    """One file on its way from the storage to the disk.

    Args:
        name: The name of the file, as the server gives it.
        path: Where its bytes go, or are.
        state: The file in which to keep what is known about it.
        source: What is downloaded; what an earlier call left of something else is not resumed.
        urls: Where to download it from.
        report: Called whenever there may be progress.
        is_archive: Whether its bytes are compressed in themselves, whatever the storage says.

    Attributes:
        remote: What the storage says about it, as far as that is known.
        done: How many bytes are on disk.
        resumed_from: How many of them an earlier call had left.
        verified_by: The name of the checksum that was compared.
        checksum: That checksum in hexadecimal.
    """

    def __init__(
        self,
        name: str,
        path: Path,
        state: Path,
        source: str,
        urls: SignedUrls,
        report: Callable[[], None],
        *,
        is_archive: bool,
    ) -> None:
        self.path = path
        self.remote = RemoteFile()
        self.done = 0
        self.resumed_from = 0
        self.verified_by: str | None = None
        self.checksum: str | None = None
        self._name = name
        self._state = state
        self._source = source
        self._urls = urls
        self._report = report
        self._is_archive = is_archive
        self._most_done = 0  # only what exceeds it is progress
        self._digest: tuple[str, Any] | None = None  # of the bytes that are done

    def load(self) -> None:
        """Look at what an earlier call has left. Raises OSError."""
        try:
            known = json.loads(self._state.read_bytes())
            remote, found = RemoteFile(**known["remote"]), self.path.lstat()
            is_usable = known["source"] == self._source and stat.S_ISREG(found.st_mode)
            is_too_long = remote.size is not None and found.st_size > remote.size
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            is_usable = False
        if not is_usable or remote.validator is None or is_too_long:
            self._reset()
        else:
            self.remote = remote
            self.done = self.resumed_from = self._most_done = found.st_size

    def run(self, work: Work[Any]) -> None:
        """Download all of it, and verify it. Raises TinkerError."""
        for number in range(1, MAX_DAMAGED + 1):
            if self.done != self.remote.size:
                self._ask(work, self._receive)
            if self._is_sound(work):
                return
            _log.warning("%s: %s is damaged, time %d", OPERATION_ID, safe_repr(self._name), number)
            with translate_os_errors(self.path):
                self._reset()
        raise DownloadError(
            f"{safe_repr(self._name)} is damaged: its checksum is not what the storage says; it was downloaded "
            f"{MAX_DAMAGED} times and not kept"
        )

    def head(self, work: Work[Any]) -> RemoteFile:
        """Ask what the storage says about the file, and download nothing. Raises TinkerError."""

        def read(stream: Stream, _: Work[Any]) -> bool:
            self.remote = RemoteFile.of(stream.headers)
            return True

        self._ask(work, read)
        self.done = self.remote.size or 0
        return self.remote

    def is_on_disk(self, work: Work[Any]) -> bool:
        """Whether the file at `path` is the one in the storage, by its length and checksum. Raises TinkerError."""
        remote = self.head(work)
        with translate_os_errors(self.path):
            self.done = self.path.stat().st_size
        if remote.size != self.done and (remote.size is not None or remote.checksum_name is None):
            return False
        self.remote = evolve(remote, size=self.done)
        return self._is_sound(work)

    def _ask(self, work: Work[Any], read: Callable[[Stream, Work[Any]], bool]) -> None:
        """Ask the storage until `read` returns that no more is needed."""
        most_done = self._most_done
        is_renewed = False

        def attempt(attempts: Attempts) -> None:
            nonlocal most_done, is_renewed
            while True:
                url = self._urls.get(work).get(self._name)
                if url is None:
                    raise DownloadError(
                        f"the server does not know {safe_repr(self._name)} any longer; start again"
                    )
                try:
                    with work.stream(attempts, url, self._headers()) as stream:
                        if stream.status_code not in (200, 206, 416):
                            raise stream.refusal()
                        if read(stream, work):
                            return
                        if self._most_done == most_done:
                            raise stream.fault("the storage answered without anything new")
                except APIStatusError as error:
                    if error.status_code not in _EXPIRED or is_renewed:
                        raise
                    _log.info("%s: %s; asking for another signed URL", attempts.label(), error.message)
                    is_renewed = True
                    attempts.free += 1
                    self._urls.expire(self._name, url)
                finally:
                    if self._most_done > most_done:
                        most_done, is_renewed = self._most_done, False
                        attempts.restart()

        work.retry(attempt, OPERATION_ID)

    def _headers(self) -> dict[str, str]:
        headers = {"Accept": "*/*", "Accept-Encoding": "identity"}  # the bytes are kept as they are
        if self.done and self.remote.validator is not None:
            headers |= {"Range": f"bytes={self.done}-", "If-Range": self.remote.validator}
        return headers

    def _receive(self, stream: Stream, work: Work[Any]) -> bool:
        """Write what comes; returns whether all is there."""
        with translate_os_errors(self.path, lambda: f"; {self.done:,} bytes are kept, the same call resumes them"):
            if stream.status_code == 200:
                self._start(stream)
            else:
                self._resume(stream)
            if stream.status_code != 416:
                self._write(stream, work)
            if self.remote.size is None:
                if not stream.is_proven and not self.remote.checksums and not self._is_whole_gzip(work):
                    raise DownloadError(
                        f"nothing proves that all of {safe_repr(self._name)} came: the storage named neither its "
                        f"length nor a checksum; {self.done:,} bytes are kept in {self.path}"
                    )
                self.remote = evolve(self.remote, size=self.done)
        return self.done == self.remote.size

    def _start(self, stream: Stream) -> None:
        """Begin the file with an answer that holds all of it."""
        name, headers = safe_repr(self._name), stream.headers
        if self._is_archive and "html" in headers.get("content-type", "").lower():
            raise DownloadError("the storage sent a web page and no archive; a proxy may have made it")
        if self._is_archive and headers.get("content-length", "").strip() == "0":
            raise stream.fault("the storage sent an empty archive")
        if not self._is_archive and headers.get("content-encoding", "").strip().lower() not in ("", "identity"):
            raise DownloadError(f"the storage sends {name} compressed, although it was asked not to")
        remote = RemoteFile.of(headers)
        if self.done:
            has_changed = self.remote.validator != remote.validator
            reason = "it has changed" if has_changed else "the storage sends no parts of files"
            _log.warning("%s: %s starts again, since %s", OPERATION_ID, name, reason)
        self._reset()
        self.resumed_from = 0
        self.path.parent.mkdir(parents=True, exist_ok=True)
        refuse_too_large(self.path.parent, remote.size or 0)
        self._remember(remote)
        open(self.path, "xb", opener=open_nofollow).close()
        if remote.checksum_name is not None:
            self._digest = remote.checksum_name, new_digest(remote.checksum_name)

    def _resume(self, stream: Stream) -> None:
        """Check that an answer is the part that was asked for, or says that there is no more."""
        found, remote = _CONTENT_RANGE.fullmatch(stream.headers.get("content-range", "").strip()), self.remote
        if found is not None and self.done:
            size = int(found[3]) if found[3] != "*" else remote.size
            etag = stream.headers.get("etag") or remote.validator or ""
            is_requested = found[1] == str(self.done) if stream.status_code == 206 else size == self.done
            is_same = etag == remote.validator or not (remote.validator or "").startswith('"')
            if is_requested and is_same and remote.size in (None, size):
                more = checksums_in(stream.headers, is_part=True)
                self._remember(evolve(remote, size=size, checksums={**more, **remote.checksums}))
                return
        self._reset()
        raise stream.fault("the storage sent another part than was asked for; starting again")

    def _write(self, stream: Stream, work: Work[Any]) -> None:
        with open(self.path, "r+b", buffering=0, opener=open_nofollow) as file:
            file.seek(self.done)
            for piece in stream:
                self._check(work)
                if self.remote.size is not None and self.done + len(piece) > self.remote.size:
                    raise stream.fault("the storage sent more than it said")
                left = memoryview(piece)
                while left:
                    written = file.write(left)
                    self.done += written
                    left = left[written:]
                self._most_done = max(self._most_done, self.done)
                if self._digest is not None:
                    self._digest[1].update(piece)

    def _is_sound(self, work: Work[Any]) -> bool:
        name = self.verified_by = self.remote.checksum_name
        with translate_os_errors(self.path):
            sync(self.path)
            if name is None:
                return True
            if self._digest is not None and self._digest[0] == name:
                self.checksum = self._digest[1].hexdigest()
            else:  # an earlier call has left a part
                self.checksum = digest_file(self.path, name, lambda: self._check(work))
        return self.checksum == self.remote.checksums[name]

    def _is_whole_gzip(self, work: Work[Any]) -> bool:
        """Whether it is a gzip file up to the checksum at its end."""
        try:
            with gzip.open(self.path) as file:
                while file.read(READ_BYTES):
                    self._check(work)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            return False
        return self.done > 0

    def _check(self, work: Work[Any]) -> None:
        work.check()
        self._report()

    def _remember(self, remote: RemoteFile) -> None:
        self._state.parent.mkdir(parents=True, exist_ok=True)
        new = self._state.with_suffix(".new")
        remove(new)
        with open(new, "x", opener=open_nofollow) as file:
            json.dump({"source": self._source, "remote": asdict(remote)}, file)
        os.replace(new, self._state)
        self.remote = remote

    def _reset(self) -> None:
        """Remove what is there."""
        remove(self._state)
        remove(self.path)
        self.remote, self.done, self._digest = RemoteFile(), 0, None
