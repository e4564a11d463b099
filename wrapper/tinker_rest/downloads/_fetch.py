"""Downloads one file: resumes what an earlier call left, and verifies the result."""

from __future__ import annotations

import base64
import contextlib
import gzip
import json
import logging
import os
import re
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

from attrs import asdict, define, evolve, field, frozen

from tinker_rest._redaction import redact, safe_repr
from tinker_rest._retry import Attempts
from tinker_rest._work import EXPIRED_STATUSES, Stream, Work
from tinker_rest.downloads._destination import digest_of, new_digest, require_room, sync
from tinker_rest.errors import APIStatusError, DownloadError

OPERATION_ID = "download_checkpoint"
MAX_DAMAGED = 2  # how often to download a file with a wrong checksum

_READ_BYTES = 2**20
_APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+)")
# In headers with lists of checksums, best first. ETags do not count: only some storages use the MD5.
_CHECKSUMS = {
    "sha-256": re.compile(r"\bsha-256=:?([A-Za-z0-9+/]{43}=)(?=[:,]|$)", re.IGNORECASE),
    "md5": re.compile(r"\bmd5=:?([A-Za-z0-9+/]{22}==)(?=[:,]|$)", re.IGNORECASE),
}

_log = logging.getLogger("tinker_rest")


@frozen
class RemoteFile:
    """What the storage reports about a file."""

    size: int | None = None
    etag: str | None = None  # a strong one, which identifies this version of the file
    checksum: str = ""  # the best one that can be computed here, as NAME:HEX

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> Self:
        """Read it from the response with the whole file."""
        length, etag = headers.get("content-length", ""), headers.get("etag", "")
        named = [headers.get(name, "") for name in ("repr-digest", "digest", "x-goog-hash")]
        named.append(f"sha-256={headers.get('x-amz-checksum-sha256', '')}")
        named.append(f"md5={headers.get('content-md5', '')}")
        found = {name: pattern.search(",".join(named)) for name, pattern in _CHECKSUMS.items()}
        checksums = [f"{name}:{base64.b64decode(one[1]).hex()}" for name, one in found.items() if one]
        return cls(
            size=int(length) if length.isdigit() and "transfer-encoding" not in headers else None,
            etag=etag if re.fullmatch('"[^"]+"', etag) else None,
            checksum=next(iter(checksums), ""),
        )


@define(eq=False)
class FileDownload:
    """One file on its way from the storage to the disk."""

    name: str  # as the server returns it
    url: str = field(repr=redact)  # where to download it from
    path: Path
    is_archive: bool  # compressed already, whatever the storage says
    _state: Path  # the file that records the state of the download
    _source: str  # identifies the download; parts of another one are not resumed
    _renew: Callable[[Work[Any]], object]  # requests another `url`
    check: Callable[[], object]  # called between pieces; what it raises ends the download
    remote: RemoteFile = field(init=False, factory=RemoteFile)
    done: int = field(init=False, default=0)  # bytes on disk
    resumed_from: int = field(init=False, default=0)  # how many of them an earlier call had left
    _most_done: int = field(init=False, default=0)  # only more than this is progress
    _digest: Any = field(init=False, default=None)  # of the bytes so far, unless an earlier call left some

    def load(self) -> None:
        """Find what an earlier call left. Raises OSError."""
        with contextlib.suppress(FileNotFoundError, ValueError, KeyError, TypeError):
            known = json.loads(self._state.read_bytes())
            is_same = known.pop("source") == self._source
            remote, size = RemoteFile(**known), self.path.stat().st_size
            if is_same and remote.etag is not None and (remote.size is None or size <= remote.size):
                self.remote = remote
                self.done = self.resumed_from = self._most_done = size
                return
        self.reset()

    def run(self, work: Work[Any]) -> None:
        """Download all of it, and verify it. Raises TinkerError or OSError."""
        for _ in range(MAX_DAMAGED):
            if self.done != self.remote.size:
                self._ask(work, self._receive)
            if self._is_sound():
                return
            _log.warning("%s: %s is damaged", OPERATION_ID, safe_repr(self.name))
            self.reset()
        raise DownloadError(f"{safe_repr(self.name)} is damaged: its checksum differs from the storage's")

    def is_present(self, work: Work[Any], archive: str | None) -> bool:
        """Whether `path` is the file in the storage, or a folder that was extracted from its version `archive`."""

        def read(stream: Stream) -> None:
            self.remote = RemoteFile.of(stream.headers)

        self._ask(work, read)
        if self.path.is_dir():
            self.done = self.remote.size or 0
            return archive is not None and archive == (self.remote.checksum or self.remote.etag)
        if not self.path.is_file() or (self.remote.size is None and not self.remote.checksum):
            return False
        self.done = self.path.stat().st_size
        return self.remote.size in (None, self.done) and self._is_sound()

    def _ask(self, work: Work[Any], read: Callable[[Stream], None]) -> None:
        """Ask the storage until `read` has what it needs."""
        renewed_at = -1  # how many bytes there were at the last renewal of the URL

        def attempt(attempts: Attempts) -> None:
            nonlocal renewed_at
            while True:
                self.check()
                most_done = self._most_done
                headers = {"Accept": "*/*", "Accept-Encoding": "identity"}  # get the bytes as stored
                if self.done and self.remote.etag is not None:
                    headers |= {"Range": f"bytes={self.done}-", "If-Range": self.remote.etag}
                try:
                    with work.stream(attempts, self.url, headers) as stream:
                        if stream.status_code not in (200, 206, 416):
                            raise stream.refusal()
                        read(stream)
                        return
                except APIStatusError as error:
                    if error.status_code not in EXPIRED_STATUSES or renewed_at == self._most_done:
                        raise
                    _log.info("%s: %s; asking for another signed URL", attempts.label(), error.message)
                    renewed_at = self._most_done
                    attempts.uncounted += 1
                    self._renew(work)
                finally:
                    if self._most_done > most_done:
                        attempts.restart()

        work.retry(attempt, OPERATION_ID)

    def _receive(self, stream: Stream) -> None:
        if is_whole := stream.status_code == 200:
            self._start(stream)
        if not ((is_whole or self._is_next_part(stream)) and self._write(stream)):
            self.reset()
            raise stream.fault("the storage sent nothing, or not the requested bytes; starting over")
        if self.remote.size is None:
            if not stream.is_proven and not self.remote.checksum and not self._is_whole_gzip():
                raise DownloadError(
                    f"{safe_repr(self.name)} may be incomplete: the storage reported neither its length nor a "
                    f"checksum; {self.done:,} bytes are kept in {self.path}"
                )
            self.remote = evolve(self.remote, size=self.done)
        if self.done != self.remote.size:
            raise stream.fault("the storage sent less than the rest of the file")

    def _start(self, stream: Stream) -> None:
        """Start the file from a response that contains all of it."""
        name, headers = safe_repr(self.name), stream.headers
        media_type, encoding = headers.get("content-type", ""), headers.get("content-encoding", "").strip()
        is_message = re.search("html|xml|json" if self.is_archive else "html", media_type, re.IGNORECASE)
        if is_message and not self.name.endswith("html"):
            raise DownloadError(f"the storage, or a proxy, sent {safe_repr(media_type)} instead of {name}")
        if not self.is_archive and encoding.lower() not in ("", "identity"):
            raise DownloadError(f"the storage sent {name} compressed, although we asked it not to")
        remote = RemoteFile.of(headers)
        if self.done:
            reason = "the storage does not send ranges" if self.remote.etag == remote.etag else "it has changed"
            _log.warning("%s: %s starts over, since %s", OPERATION_ID, name, reason)
        self.reset()
        require_room(self._state.parent, remote.size or 0)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._state.open("x") as file:
            json.dump({"source": self._source, **asdict(remote)}, file)
        self.remote = remote
        self._digest = new_digest(remote.checksum.partition(":")[0]) if remote.checksum else None

    def _is_next_part(self, stream: Stream) -> bool:
        """Whether a response is the requested part; records the length that it reports."""
        found = _CONTENT_RANGE.fullmatch(stream.headers.get("content-range", "").strip())
        etag, size = self.remote.etag, self.remote.size
        if found is None or etag is None or stream.headers.get("etag") != etag or int(found[1]) != self.done:
            return False
        self.remote = evolve(self.remote, size=int(found[2]))
        return size in (None, self.remote.size)

    def _write(self, stream: Stream) -> bool:
        """Append the data to the file; returns False if it cannot belong there."""
        with open(os.open(self.path, _APPEND, 0o666), "ab") as file:
            for piece in stream:
                self.check()
                if self.remote.size is not None and self.done + len(piece) > self.remote.size:
                    return False
                file.write(piece)
                self.done += len(piece)
                self._most_done = max(self._most_done, self.done)
                if self._digest is not None:
                    self._digest.update(piece)
        return self.done > 0 or not self.is_archive

    def _is_sound(self) -> bool:
        method, _, checksum = self.remote.checksum.partition(":")
        sync(self.path)
        if checksum and self._digest is None:
            self._digest = digest_of(self.path, method, self.check)
        return not checksum or checksum == self._digest.hexdigest()

    def _is_whole_gzip(self) -> bool:
        try:
            with gzip.open(self.path) as file:
                while file.read(_READ_BYTES):  # to the checksum at the end
                    self.check()
        except (EOFError, zlib.error, gzip.BadGzipFile):
            return False
        return self.done > 0

    def reset(self) -> None:
        """Remove the data so far. Raises OSError."""
        self._state.unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)
        self.remote, self.done, self.resumed_from, self._digest = RemoteFile(), 0, 0, None
