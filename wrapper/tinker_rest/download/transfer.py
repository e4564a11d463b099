"""Brings one file to disk: goes on where an earlier attempt ended, and checks what came."""

from __future__ import annotations

import logging
import re
import threading
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
from attrs import evolve

from tinker_rest.calling.options import CallOptions
from tinker_rest.download.checksums import FollowingHash, best_of, checksum_of_file, checksums_of
from tinker_rest.download.fetching import Fetch, in_thread
from tinker_rest.download.local_files import disk_faults
from tinker_rest.download.part_file import PartFile, WholeFile
from tinker_rest.download.signed_urls import SignedUrls
from tinker_rest.errors import DownloadError
from tinker_rest.network.streaming import BodyStream, StreamOpener
from tinker_rest.network.transport import StreamHead
from tinker_rest.redaction import shown

_log = logging.getLogger("tinker_rest")

BUFFER_BYTES = 2**20
_CONTENT_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)")
# A file that is damaged on its way is asked for once more.
_MOST_DAMAGED = 2


class Transfer:
    """One file on its way.

    Args:
        part: What there is of it.
        urls: Where it is.
        name: Its name, as `urls` has it.
        opener: What opens connections.
        options: How patient to be.
        is_archive: Whether its bytes are compressed in themselves, whatever the storage says of its encoding.
    """

    def __init__(
        self,
        part: PartFile,
        urls: SignedUrls,
        name: str,
        opener: StreamOpener,
        options: CallOptions,
        *,
        is_archive: bool,
    ) -> None:
        """Keep what to do; nothing is sent yet."""
        self.part = part
        self.verified_by: str | None = None
        self.checksum: str | None = None
        self.resumed_from = part.done
        self._urls = urls
        self._name = name
        self._opener = opener
        self._options = options
        self._is_archive = is_archive
        self._most = part.done
        self._hash: FollowingHash | None = None
        self._given_up = threading.Event()

    @property
    def size(self) -> int | None:
        """How many bytes there will be; None while that is not known."""
        return None if self.part.whole is None else self.part.whole.size

    async def run(self) -> None:
        """Bring all of it to disk, and check it. Raises TinkerError."""
        try:
            for number in range(1, _MOST_DAMAGED + 1):
                if not self.part.is_complete():
                    await self._fetch(self._headers, self._receive).run()
                if await in_thread(self._is_sound, self._give_up):
                    return
                _log.warning("download_checkpoint: %s is damaged, time %d", shown(self._name), number)
                await in_thread(self._forget)
            raise DownloadError(
                f"what came of {shown(self._name)} is damaged: its checksum is not what the storage names; "
                f"it was downloaded {_MOST_DAMAGED} times and was not kept"
            )
        finally:
            self._give_up()

    async def look(self) -> WholeFile:
        """What the storage says of the file, of which nothing is downloaded. Raises TinkerError."""
        heads: list[StreamHead] = []

        def look(head: StreamHead, _: BodyStream) -> bool:
            heads.append(head)
            return True

        await self._fetch(dict, look).run()
        return _whole_of(heads[0])

    async def equals(self, file: Path) -> bool:
        """Whether a file is what would be downloaded, as far as the storage tells: length and checksum."""
        whole = await self.look()
        return await in_thread(lambda: self._is_same(file, whole))

    def _is_same(self, file: Path, whole: WholeFile) -> bool:
        name = best_of(whole.checksums)
        with disk_faults(file):
            size = file.stat().st_size
            if whole.size is None and name is None:
                return False
            if whole.size not in (None, size):
                return False
            if name is not None:
                self.verified_by, self.checksum = name, checksum_of_file(file, name)
                if self.checksum != whole.checksums[name]:
                    return False
        self.part.whole = evolve(whole, size=size)
        return True

    def _fetch(self, headers: object, consume: object) -> Fetch:
        return Fetch(
            self._urls,
            self._name,
            self._opener,
            self._options,
            headers=headers,  # type: ignore[arg-type]
            consume=consume,  # type: ignore[arg-type]
            high_mark=lambda: self._most,
        )

    def _headers(self) -> dict[str, str]:
        part = self.part
        if not part.done or part.whole is None or part.whole.validator is None:
            return {}
        return {"Range": f"bytes={part.done}-", "If-Range": part.whole.validator}

    def _receive(self, head: StreamHead, stream: BodyStream) -> bool:
        """In a thread: write what comes; returns whether all is there."""
        part = self.part
        with disk_faults(part.content, lambda: f"; {part.done:,} bytes are kept, the same call goes on with them"):
            if head.status_code == 416:
                return self._is_at_end(head)
            if not self._is_asked_for(head):
                part.forget()
                raise httpx.RemoteProtocolError("the storage sent another part than was asked for")
            if head.status_code == 200:
                self._begin(head)
            else:
                part.learn(checksums_of(head))
            self._follow()
            self._write(stream)
        return self._is_whole()

    def _is_asked_for(self, head: StreamHead) -> bool:
        if head.status_code == 200:
            return True
        found = _CONTENT_RANGE.fullmatch(head.header("content-range").strip())
        whole = self.part.whole
        if found is None or whole is None or found[1] is None or int(found[1]) != self.part.done:
            return False
        total = None if found[3] == "*" else int(found[3])
        etag = head.header("etag")
        is_same = (
            not etag or whole.validator is None or not whole.validator.startswith('"') or etag == whole.validator
        )
        return is_same and total in (None, whole.size)

    def _begin(self, head: StreamHead) -> None:
        if self.part.done:
            known = self.part.whole
            is_other = known is not None and known.validator not in (
                head.header("etag"),
                head.header("last-modified"),
            )
            why = "it has changed" if is_other else "the storage sends no parts of files"
            _log.warning("download_checkpoint: %s starts again, since %s", shown(self._name), why)
        self._stop_hash()
        if self._is_archive and "html" in head.header("content-type").lower():
            raise DownloadError("what came is a web page and no archive; a proxy may have sent it")
        if self._is_archive and head.header("content-length").strip() == "0":
            raise httpx.RemoteProtocolError("the storage sent an empty archive")
        if not self._is_archive and head.header("content-encoding").strip().lower() not in ("", "identity"):
            raise DownloadError(f"the storage sends {shown(self._name)} compressed, although it was not to")
        self.resumed_from = 0
        self.part.begin(_whole_of(head))

    def _follow(self) -> None:
        """Compute the checksum beside the writing, from the beginning of the file."""
        name = None if self.part.whole is None else best_of(self.part.whole.checksums)
        if name is not None and (self._hash is None or self._hash.name != name):
            self._stop_hash()
            self._hash = FollowingHash(self.part.content, name)

    def _write(self, stream: BodyStream) -> None:
        part, computed = self.part, self._hash
        buffer = memoryview(bytearray(BUFFER_BYTES))
        with part.content.open("r+b", buffering=0) as file:
            file.seek(part.done)
            while size := stream.read_into(buffer):
                left = buffer[:size]
                while left:
                    if self._given_up.is_set():
                        raise httpx.ReadError("the download was given up")
                    written = file.write(left)
                    left = left[written:]
                    part.done += written
                self._most = max(self._most, part.done)
                if computed is not None:
                    computed.advance(part.done)

    def _is_at_end(self, head: StreamHead) -> bool:
        found = _CONTENT_RANGE.fullmatch(head.header("content-range").strip())
        whole = self.part.whole
        if found is not None and whole is not None and found[3] == str(self.part.done):
            self.part.whole = evolve(whole, size=self.part.done)
            return True
        self.part.forget()
        raise httpx.RemoteProtocolError("the storage has no such part of the file; starting again")

    def _is_whole(self) -> bool:
        """Whether the body that has ended was the last one. Bodies of a known length end where they should."""
        whole = self.part.whole
        if whole is not None and whole.size is None:
            self.part.whole = evolve(whole, size=self.part.done)
        return self.part.is_complete()

    def _is_sound(self) -> bool:
        part = self.part
        with disk_faults(part.content):
            part.sync()
            self._follow()
            if self._hash is None or part.whole is None:
                return True
            self._hash.advance(part.done)
            self.verified_by, self.checksum = self._hash.name, self._hash.finish()
        return self._given_up.is_set() or self.checksum == part.whole.checksums[self.verified_by]

    def _forget(self) -> None:
        self._stop_hash()
        with disk_faults(self.part.content):
            self.part.forget()

    def _stop_hash(self) -> None:
        if self._hash is not None:
            self._hash.stop()
            self._hash = None

    def _give_up(self) -> None:
        self._given_up.set()
        self._stop_hash()


def _whole_of(head: StreamHead) -> WholeFile:
    length = head.header("content-length")
    has_length = length.isdigit() and "transfer-encoding" not in head.headers
    return WholeFile(int(length) if has_length else None, _validator_of(head), checksums_of(head))


def _validator_of(head: StreamHead) -> str | None:
    """What tells the file from a later one of the same name: a strong entity tag, or an old enough date."""
    etag = head.header("etag")
    if etag.startswith('"') and etag.endswith('"') and len(etag) > 2:
        return etag
    modified = head.header("last-modified")
    try:
        age = parsedate_to_datetime(head.header("date")) - parsedate_to_datetime(modified)
        return modified if age.total_seconds() >= 1 else None
    except (ValueError, TypeError):
        return None
