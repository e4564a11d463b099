"""A download from the question for its URLs to the files in their place."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Protocol

from attrs import frozen

from tinker_rest.calling.options import CallOptions
from tinker_rest.calling.sending import Sender
from tinker_rest.download.destination import Destination, Workspace, find_destination
from tinker_rest.download.extraction import extract
from tinker_rest.download.fetching import in_thread
from tinker_rest.download.local_files import disk_faults, remove
from tinker_rest.download.marker import Marker, is_same, leave_marker, marker_in
from tinker_rest.download.part_file import PartFile, WholeFile
from tinker_rest.download.results import DownloadProgress, DownloadResult, Phase
from tinker_rest.download.safe_names import within
from tinker_rest.download.signed_urls import SignedUrls
from tinker_rest.download.transfer import Transfer
from tinker_rest.errors import DownloadError
from tinker_rest.network.streaming import StreamOpener
from tinker_rest.tinker_path import ParsedCheckpointTinkerPath

_log = logging.getLogger("tinker_rest")

PROGRESS_SECONDS = 0.1
ARCHIVE = "the archive"


class AsksForUrls(Protocol):
    """Asks the server for the signed URLs of a checkpoint, by the names of the files."""

    async def __call__(self, sender: Sender) -> dict[str, str]:
        """Ask. Raises TinkerError."""


@frozen
class DownloadRequest:
    """What is to be downloaded, and how; see `RestClient.download_checkpoint`."""

    path: ParsedCheckpointTinkerPath
    dest: str
    extract: bool
    resume: bool
    overwrite: bool
    concurrency: int
    progress: Callable[[DownloadProgress], None] | None

    @property
    def has_many_files(self) -> bool:
        """Whether the checkpoint is several files rather than an archive."""
        return self.path.checkpoint_type == "external"


class Download:
    """Brings a checkpoint to disk.

    Args:
        request: What and how.
        ask: Asks for the signed URLs.
        options: How patient to be.
    """

    def __init__(self, request: DownloadRequest, ask: AsksForUrls, options: CallOptions) -> None:
        """Keep what to do; nothing is sent yet."""
        self._request = request
        self._ask = ask
        self._options = options
        self._opener = StreamOpener()
        self._transfers: list[Transfer] = []
        self._phase: Phase = "waiting"
        self._told: DownloadProgress | None = None

    @property
    def _is_extracted(self) -> bool:
        return self._request.extract and not self._request.has_many_files

    async def run(self, sender: Sender) -> DownloadResult:
        """Carry it out. Raises TinkerError."""
        request = self._request
        is_folder = request.extract or request.has_many_files
        destination = await in_thread(lambda: find_destination(request.dest, request.path, is_folder=is_folder))
        urls = SignedUrls(lambda: self._ask(sender))
        async with self._telling():
            if destination.is_there and not request.overwrite:
                return await self._compare(destination, urls)
            workspace = Workspace(destination)
            try:
                await in_thread(lambda: workspace.open(resume=request.resume), workspace.close)
                if not request.overwrite and await in_thread(destination.final.exists):  # another call was first
                    return await self._compare(destination, urls)
                return await self._make(destination, workspace, urls)
            finally:
                workspace.close()

    async def _make(self, destination: Destination, workspace: Workspace, urls: SignedUrls) -> DownloadResult:
        names = await urls.names()
        parts = {name: self._part_of(name, number, workspace) for number, name in enumerate(sorted(names))}
        if len({part.content for part in parts.values()}) < len(parts):
            raise DownloadError("the server gives several files the same name; nothing was downloaded")
        await in_thread(lambda: _load(parts, workspace))
        self._transfers = [self._transfer(part, urls, name) for name, part in parts.items()]
        self._phase = "downloading"
        await self._run_all()
        made = workspace.content
        if self._is_extracted:
            await self._extract(workspace)
        if destination.is_folder:
            made = workspace.files
            archive = self._transfers[0].part.whole if self._is_extracted else None
            await in_thread(lambda: self._mark(made, archive))
        overwrite = self._request.overwrite
        await in_thread(lambda: workspace.put_in_place(made, overwrite=overwrite))
        return self._result(destination)

    def _mark(self, folder: Path, archive: WholeFile | None) -> None:
        with disk_faults(folder):
            leave_marker(folder, self._request.path.tinker_path, archive)

    def _part_of(self, name: str, number: int, workspace: Workspace) -> PartFile:
        content = workspace.content
        if self._request.has_many_files:
            content = within(workspace.files, name, "the server")
        return PartFile(content, workspace.states / f"{number}.json", f"{self._request.path.tinker_path} {name}")

    def _transfer(self, part: PartFile, urls: SignedUrls, name: str) -> Transfer:
        is_archive = not self._request.has_many_files
        return Transfer(part, urls, name, self._opener, self._options, is_archive=is_archive)

    async def _run_all(self) -> None:
        """All transfers, some at once. The first that fails ends the others, whose parts stay."""
        room = asyncio.Semaphore(self._request.concurrency)

        async def run(transfer: Transfer) -> None:
            async with room:
                await transfer.run()

        try:
            async with asyncio.TaskGroup() as group:
                for transfer in self._transfers:
                    group.create_task(run(transfer))
        except BaseExceptionGroup as failed:
            raise failed.exceptions[0]  # noqa: B904 - the group says no more

    async def _extract(self, workspace: Workspace) -> None:
        self._phase = "extracting"
        given_up = threading.Event()

        def work() -> None:
            try:
                with disk_faults(workspace.files):
                    remove(workspace.files)
                extract(workspace.content, workspace.files, given_up)
            except DownloadError as error:
                if getattr(error.__cause__, "errno", None) is None:  # else the archive is good, the disk is not
                    workspace.discard()
                raise

        await in_thread(work, given_up.set)

    async def _compare(self, destination: Destination, urls: SignedUrls) -> DownloadResult:
        """What is there already: right where the storage's length and checksum say so, else in the way."""
        final = destination.final
        in_the_way = DownloadError(
            f"{final} exists and is not this checkpoint, as far as can be told; choose another place, or "
            "replace it with overwrite=True"
        )
        marker = await in_thread(lambda: marker_in(final)) if destination.is_folder else None
        if self._is_extracted and (marker is None or not await in_thread(lambda: marker.is_intact(final))):
            raise in_the_way
        self._phase = "verifying"
        for name in sorted(await urls.names()):
            file = within(final, name, "the server") if self._request.has_many_files else final
            transfer = self._transfer(PartFile(file, file, ""), urls, name)
            self._transfers.append(transfer)
            if self._is_extracted:
                is_right = await self._is_extracted_from(transfer, marker)
            else:
                is_right = file.is_file() and await transfer.equals(file)
            if not is_right:
                raise in_the_way
            transfer.part.done = transfer.size or 0
        return self._result(destination, was_there=True)

    async def _is_extracted_from(self, transfer: Transfer, marker: Marker | None) -> bool:
        """Whether a folder was made of the archive that the storage has now."""
        transfer.part.whole = await transfer.look()
        known = None if marker is None or marker.tinker_path != self._request.path.tinker_path else marker.archive
        return known is not None and is_same(known, transfer.part.whole)

    def _result(self, destination: Destination, *, was_there: bool = False) -> DownloadResult:
        names = {transfer.verified_by for transfer in self._transfers}
        verified_by = names.pop() if len(names) == 1 else None
        is_one = len(self._transfers) == 1 and not self._request.has_many_files
        return DownloadResult(
            path=destination.final,
            size_bytes=sum(transfer.part.done for transfer in self._transfers),
            verified_by=verified_by,
            sha256=self._transfers[0].checksum if is_one and verified_by == "sha-256" else None,
            resumed_from=0 if was_there else sum(transfer.resumed_from for transfer in self._transfers),
            was_there=was_there,
        )

    @contextlib.asynccontextmanager
    async def _telling(self) -> AsyncIterator[None]:
        """Tell of the progress from time to time, on the loop's thread, and once more at the end."""
        if self._request.progress is None:
            yield
            return
        telling = asyncio.ensure_future(self._tell_for_ever())
        try:
            yield
            self._tell()
        finally:
            telling.cancel()

    async def _tell_for_ever(self) -> None:
        while True:
            self._tell()
            await asyncio.sleep(PROGRESS_SECONDS)

    def _tell(self) -> None:
        sizes = [transfer.size for transfer in self._transfers]
        known = [size for size in sizes if size is not None]
        done = sum(transfer.part.done for transfer in self._transfers)
        total = sum(known) if sizes and len(known) == len(sizes) else None
        if self._phase == "downloading" and done == total:
            self._phase = "verifying"
        progress = DownloadProgress(
            bytes_done=done,
            bytes_total=total,
            bytes_resumed=sum(transfer.resumed_from for transfer in self._transfers),
            phase=self._phase,
        )
        hook = self._request.progress
        if progress == self._told or hook is None:
            return
        self._told = progress
        try:
            hook(progress)
        except BaseException:  # SystemExit, for one, would end the thread of all calls
            _log.exception("the progress hook of a download failed; the download goes on")


def _load(parts: dict[str, PartFile], workspace: Workspace) -> None:
    with disk_faults(workspace.folder):
        for part in parts.values():
            part.load()
        ours = {part.content for part in parts.values()}
        for file in workspace.files.rglob("*"):  # of another checkpoint that was to go here
            if file.is_file() and file not in ours:
                remove(file)
