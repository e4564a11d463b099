"""Downloads of checkpoints, as archives, extracted, or as the files of external weights."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from attrs import frozen

from tinker_rest import _workers
from tinker_rest._urls import is_web_url
from tinker_rest._work import Work
from tinker_rest._workers import Clock
from tinker_rest.downloads._destination import Marker, Workspace, find_destination, sizes_in
from tinker_rest.downloads._destination import check_destination as check_destination
from tinker_rest.downloads._extract import extract
from tinker_rest.downloads._fetch import FileDownload, SignedUrls
from tinker_rest.downloads._files import remove, safe_join, translate_os_errors
from tinker_rest.errors import DownloadError
from tinker_rest.paths import ParsedCheckpointTinkerPath

__all__ = ("DownloadProgress", "DownloadResult")

PROGRESS_SECONDS = 0.1

_ARCHIVE = "the archive"


@frozen
class DownloadProgress:
    """How far a download is.

    Attributes:
        bytes_done: How many bytes of the checkpoint are on disk, including those of an earlier call. It shrinks
            if the download starts again.
        bytes_total: How many there will be; None while that is not known.
        bytes_resumed: How many of `bytes_done` were there when this call began; leave them out of a rate.
        phase: What is being done: `waiting` (for the server, which builds the archive), `downloading`, `verifying`
            or `extracting`.
    """

    bytes_done: int
    bytes_total: int | None
    bytes_resumed: int
    phase: Literal["waiting", "downloading", "verifying", "extracting"]


@frozen
class DownloadResult:
    """What a download has left on disk.

    Attributes:
        path: The file, or the folder of an extracted archive or of external weights.
        size_bytes: The size of the archive, or of all files of external weights.
        verified_by: The name of the checksum from the storage that was compared (`sha-256`, `md5`, …); None if the
            storage gave none that is known here, or not for all files. The length is always compared.
        sha256: The SHA-256 of the archive in hexadecimal, if it is what was compared; else None.
        resumed_from: How many bytes an earlier call had left, which were not downloaded again.
        already_present: Whether everything was at `path` already, and nothing was downloaded.
    """

    path: Path
    size_bytes: int
    verified_by: str | None = None
    sha256: str | None = None
    resumed_from: int = 0
    already_present: bool = False


@frozen
class DownloadRequest:
    """What to download, and how; see `RestClient.download_checkpoint`."""

    path: ParsedCheckpointTinkerPath
    dest: str
    extract: bool
    resume: bool
    overwrite: bool
    concurrency: int
    progress: Callable[[DownloadProgress], None] | None


def download(
    work: Work[Any], request: DownloadRequest, get_urls: Callable[[Callable[..., Any]], Any]
) -> DownloadResult:
    """Download a checkpoint.

    Args:
        work: What makes the calls.
        request: What to download.
        get_urls: Asks for the signed URLs, given `call` of a `Work`.

    Raises:
        TinkerError: It did not succeed.
    """
    return _Download(work, request, get_urls).run()


class _Download:
    def __init__(
        self, work: Work[Any], request: DownloadRequest, get_urls: Callable[[Callable[..., Any]], Any]
    ) -> None:
        self._work = work
        self._request = request
        self._get_urls = get_urls
        self._is_external = request.path.checkpoint_type == "external"
        self._extracts = request.extract and not self._is_external
        self._urls = SignedUrls(self._ask)
        self._files: list[FileDownload] = []
        self._phase: Any = "waiting"
        self._telling = threading.Lock()
        self._told: DownloadProgress | None = None
        self._told_at = 0.0

    def run(self) -> DownloadResult:
        request = self._request
        with translate_os_errors(Path(request.dest)):
            final = find_destination(request.dest, request.path, is_folder=request.extract or self._is_external)
        self._tell()
        workspace = Workspace(final)
        try:
            is_present = os.path.lexists(final) and not request.overwrite
            if not is_present:
                workspace.open(self._work, resume=request.resume)
                is_present = os.path.lexists(final) and not request.overwrite  # another call was first
            if is_present:
                self._compare(final)
            else:
                self._make(workspace)
        finally:
            workspace.close()
        self._tell()
        checksum_names = {file.verified_by for file in self._files}
        verified_by = checksum_names.pop() if len(checksum_names) == 1 else None
        return DownloadResult(
            path=final,
            size_bytes=sum(file.done for file in self._files),
            verified_by=verified_by,
            sha256=self._files[0].checksum if verified_by == "sha-256" and not self._is_external else None,
            resumed_from=sum(file.resumed_from for file in self._files),
            already_present=is_present,
        )

    def _ask(self, work: Work[Any]) -> dict[str, str]:
        """Ask the server for the signed URLs."""
        answer = self._get_urls(work.call)
        urls = dict(answer.urls) if self._is_external else {_ARCHIVE: answer.url}
        if not urls:
            raise DownloadError("the server names no files to download")
        for url in urls.values():
            if not is_web_url(url):
                raise DownloadError("the server names a URL to download from that is not http or https")
            if work.server.base_url.startswith("https:") and not url.lower().startswith("https:"):
                raise DownloadError("the server is reached by https and names an http URL, which is not followed")
        return urls

    def _file(self, name: str, archive: Path, folder: Path, state: Path) -> FileDownload:
        file = FileDownload(
            name,
            safe_join(folder, name, "the server") if self._is_external else archive,
            state,
            f"{self._request.path.tinker_path} {name}",
            self._urls,
            self._tell_sometimes,
            is_archive=not self._is_external,
        )
        self._files.append(file)
        return file

    def _make(self, workspace: Workspace) -> None:
        """Download everything into a workspace, and put it in place."""
        folder, request = workspace.files, self._request
        for number, name in enumerate(sorted(self._urls.get(self._work))):
            self._file(name, workspace.archive, folder, workspace.states / f"{number}.json")
        paths = {file.path for file in self._files}
        if len(paths) < len(self._files):
            raise DownloadError("the server gives several files the same name; nothing was downloaded")
        with translate_os_errors(workspace.folder):
            for path in [path for path in folder.rglob("*") if path.is_file() and path not in paths]:
                remove(path)  # of another checkpoint that was to go here
            for file in self._files:
                file.load()
        self._phase = "downloading"
        self._work.together([file.run for file in self._files], request.concurrency)
        if self._extracts:
            self._phase = "extracting"
            self._tell()
            try:
                extract(workspace.archive, folder, self._work.check)
            except DownloadError as error:
                # If the system refused something, the archive is good and stays.
                if getattr(error.__cause__, "errno", None) is None:
                    workspace.discard()
                raise
        if self._extracts or self._is_external:
            archive = self._files[0].remote if self._extracts else None
            with translate_os_errors(folder):
                Marker(request.path.tinker_path, archive, sizes_in(folder)).write(folder)
            workspace.put_in_place(folder, overwrite=request.overwrite)
        else:
            workspace.put_in_place(workspace.archive, overwrite=request.overwrite)

    def _compare(self, final: Path) -> None:
        """Raise DownloadError unless what is there is the checkpoint, by the storage's length and checksum."""
        conflict = DownloadError(
            f"{final} exists and is not this checkpoint, as far as can be told; choose another place, or replace "
            "it with overwrite=True"
        )
        marker = Marker.read(final)
        is_ours = marker.tinker_path == self._request.path.tinker_path
        if self._extracts and not (is_ours and marker.sizes.items() <= sizes_in(final).items()):
            raise conflict
        if not final.exists():  # it is a link to nothing
            raise conflict
        self._phase = "verifying"
        for name in sorted(self._urls.get(self._work)):
            file = self._file(name, archive=final, folder=final, state=final)  # which writes nothing
            if self._extracts:
                is_same = marker.archive is not None and marker.archive.matches(file.head(self._work))
            else:
                is_same = file.path.is_file() and file.is_on_disk(self._work)
            if not is_same:
                raise conflict

    def _tell_sometimes(self) -> None:
        if self._request.progress is not None and Clock.now() >= self._told_at + PROGRESS_SECONDS:
            self._tell()

    def _tell(self) -> None:
        """Call the progress hook if there is anything new, from one thread at a time."""
        hook = self._request.progress
        if hook is None:
            return
        with self._telling:
            self._told_at = Clock.now()
            sizes = [file.remote.size for file in self._files]
            done = sum(file.done for file in self._files)
            total = None if not sizes or None in sizes else sum(size or 0 for size in sizes)
            if self._phase == "downloading" and done == total:
                self._phase = "verifying"
            resumed = sum(file.resumed_from for file in self._files)
            progress = DownloadProgress(done, total, resumed, self._phase)
            if progress != self._told:
                self._told = progress
                with _workers.calling_back("the progress hook of a download failed; the download goes on"):
                    hook(progress)
