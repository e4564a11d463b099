"""Downloads of checkpoints, as archives, extracted, or as the files of external weights."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from attrs import define, field, frozen

from tinker_rest._lazy import types
from tinker_rest._redaction import redact
from tinker_rest._urls import is_web_url
from tinker_rest._work import Transfer, Work
from tinker_rest.downloads import _destination
from tinker_rest.downloads._extract import extract
from tinker_rest.downloads._fetch import FileDownload
from tinker_rest.errors import DownloadError
from tinker_rest.futures import APIFuture
from tinker_rest.paths import ParsedCheckpointTinkerPath

__all__ = ("DownloadProgress", "DownloadResult", "find_downloads", "verify_download")


@frozen
class DownloadProgress:
    """The progress of a download.

    Attributes:
        bytes_done: Bytes on disk, including those of an earlier call. It shrinks if the download starts again.
        bytes_total: The total number of bytes; None while it is unknown.
        bytes_resumed: How many of `bytes_done` were there when this call began; leave them out of a rate.
        phase: `waiting` (for the server, which builds the archive), `downloading`, `verifying` or `extracting`.
    """

    bytes_done: int
    bytes_total: int | None
    bytes_resumed: int
    phase: Literal["waiting", "downloading", "verifying", "extracting"]


@frozen
class DownloadResult:
    """The result of a download.

    Attributes:
        path: The file, or the folder of an extracted archive or of external weights.
        size_bytes: The size of the archive, or of all files of external weights.
        verified_by: The name of the checksum from the storage that was compared, `sha-256` or `md5`; None if the
            storage named neither, or not for all files. The length is always compared.
        sha256: The SHA-256 of the archive in hexadecimal, if it is what was compared; else None.
        resumed_from: How many bytes an earlier call left, which were not downloaded again.
        already_present: Whether everything was at `path` already, and nothing was downloaded.
    """

    path: Path
    size_bytes: int
    verified_by: str | None = None
    sha256: str | None = None
    resumed_from: int = 0
    already_present: bool = False


def find_downloads(folder: str | os.PathLike[str]) -> dict[Path, str]:
    """Find the downloads in a folder by their manifests, and return the tinker path of each file or folder.

    Args:
        folder: A folder with downloads, or a download itself. Folders inside are not searched.
    """
    top = Path(_destination.check_destination(folder))
    names = sorted({path.name.removesuffix(_destination.MANIFEST_SUFFIX) for path in top.glob("*")})
    places = (top, *(top / name for name in names))
    paths = {place: _destination.read_manifest(place).get("tinker_path") for place in places}
    # If the folder is a download itself, what looks like others inside it are files of its archive.
    found = {place: path for place, path in paths.items() if isinstance(path, str)}
    return {top: found[top]} if top in found else found


def verify_download(
    path: str | os.PathLike[str], checkpoint: types.Checkpoint | None = None
) -> dict[str, Literal["missing", "changed", "unexpected"]]:
    """Compare a download with its manifest, which has the size and the SHA-256 of each file. Nothing is sent.

        if differences := verify_download("model"):
            print(differences)  # such as {'adapter_config.json': 'changed'}

    The manifest is `NAME.manifest.json` next to a file, or `.tinker-checkpoint.json` in a folder. It
    also says which checkpoint was downloaded, when, and from which URLs, without their signatures.

    Args:
        path: The file or folder, such as the `path` of a DownloadResult.
        checkpoint: The checkpoint that must have been downloaded, as it is listed now. Pass it before you delete
            the checkpoint, since another one may have been saved with its name.

    Returns:
        What is wrong with each file that differs: `missing`, `changed` or `unexpected`. Empty if none do.

    Raises:
        DownloadError: There is no manifest, a file cannot be read, or it is not a download of the `checkpoint`.
    """
    final = Path(_destination.check_destination(path))
    manifest = _destination.read_manifest(final)
    digests = manifest.get("sha256")
    if not isinstance(digests, dict) or not digests:
        raise DownloadError(f"{final} has no manifest; a download with overwrite=True writes one")
    if checkpoint is not None and not _is_manifest_of(manifest, checkpoint):
        raise DownloadError(f"{final} is another checkpoint, or an earlier one with the same name")
    files = _destination.files_in(final, final.name)
    differences: dict[str, Literal["missing", "changed", "unexpected"]] = {}
    try:
        for name in sorted({*files, *digests}):
            if name not in digests:
                differences[name] = "unexpected"
            elif name not in files:
                differences[name] = "missing"
            elif _destination.digest_of(files[name]).hexdigest() != digests[name]:
                differences[name] = "changed"
    except OSError as error:
        raise DownloadError(f"{error.filename or final} cannot be read: {error.strerror}") from error
    return differences


def _is_manifest_of(manifest: dict[str, Any], checkpoint: types.Checkpoint) -> bool:
    """Whether a manifest belongs to this checkpoint, and not to an earlier one with the same name."""
    with contextlib.suppress(ValueError, TypeError, KeyError):
        end = datetime.fromisoformat(manifest["downloaded_at"]) + timedelta(seconds=1)  # it has whole seconds
        is_earlier = checkpoint.time is None or checkpoint.time < end
        return is_earlier and manifest.get("tinker_path") == checkpoint.tinker_path
    return False


@define(eq=False, kw_only=True)
class Download(Transfer):
    """What to download, and how; see `RestClient.download_checkpoint`."""

    path: ParsedCheckpointTinkerPath
    dest: str = field(converter=_destination.check_destination)
    is_external: bool
    extract: bool
    resume: bool
    overwrite: bool
    concurrency: int
    get_urls: Callable[[], APIFuture[Any]]  # requests the signed URLs
    _files: list[FileDownload] = field(init=False, factory=list)
    _phase: Any = field(init=False, default="waiting")

    def run(self, work: Work[Any]) -> DownloadResult:
        """Download the checkpoint. Raises TinkerError."""
        try:
            final = _destination.find_destination(self.dest, self.path, is_folder=self.extract or self.is_external)
            self.tell(is_due=True)
            is_present = os.path.lexists(final) and not self.overwrite
            if not is_present:
                with _destination.part_folder(final, work) as (part, check_part):
                    is_present = os.path.lexists(final) and not self.overwrite  # another call was faster
                    if not is_present:
                        self._make(work, final, part, check_part)
            if is_present:
                self._compare(work, final)
        except OSError as error:
            raise _destination.refusal(error, self.dest) from error
        self.tell(is_due=True)
        checksums = [file.remote.checksum for file in self._files]  # as NAME:HEX
        name, _, digest = checksums[0].partition(":")
        is_verified = all(one.startswith(f"{name}:") for one in checksums) and not (self.extract and is_present)
        return DownloadResult(
            path=final,
            size_bytes=sum(file.done for file in self._files),
            verified_by=name if is_verified else None,
            sha256=digest if is_verified and name == "sha-256" and not self.is_external else None,
            resumed_from=sum(file.resumed_from for file in self._files),
            already_present=is_present,
        )

    def _ask(self, work: Work[Any]) -> dict[str, str]:
        """Ask the server for the signed URLs."""
        answer = work.call(self.get_urls)
        urls = dict(answer.urls) if self.is_external else {"the archive": answer.url}
        scheme = "https:" if work.server.base_url.startswith("https:") else "http"
        if not all(is_web_url(url) and url.lower().startswith(scheme) for url in urls.values()):
            raise DownloadError(f"the server returned a download URL that is not {scheme.rstrip(':')}")
        return urls

    def _renew(self, work: Work[Any]) -> None:
        urls = self._ask(work)
        if urls.keys() != {file.name for file in self._files}:
            raise DownloadError("the checkpoint's files have changed; start over")
        for file in self._files:
            file.url = urls[file.name]

    def _find_files(self, work: Work[Any], archive: Path, folder: Path, *checks: Callable[[], object]) -> None:
        """Request the files of the checkpoint; `archive` or `folder` is where they go, or already are."""

        def check() -> None:
            for one in (work.check, *checks, self.tell):
                one()

        self._files = [
            FileDownload(
                name=name,
                url=url,
                path=_destination.safe_join(folder, name, "the server") if self.is_external else archive,
                is_archive=not self.is_external,
                state=archive.parent / f"{number}.json",
                source=f"{self.path.tinker_path} {name}",
                renew=self._renew,
                check=check,
            )
            for number, (name, url) in enumerate(sorted(self._ask(work).items()))
        ]
        if not 0 < len({file.path for file in self._files}) == len(self._files):
            raise DownloadError("the server listed no files to download, or listed one twice")

    def _make(self, work: Work[Any], final: Path, part: Path, check_part: Callable[[], None]) -> None:
        """Download everything into the part folder, and put it in place."""
        archive, folder = part / "archive", part / "files"
        self._find_files(work, archive, folder, check_part)
        for path in {path for path in folder.rglob("*") if path.is_file()} - {file.path for file in self._files}:
            path.unlink()  # from a download of another checkpoint to this place
        for file in self._files:
            (file.load if self.resume else file.reset)()
        self._phase = "downloading"
        work.together([file.run for file in self._files], self.concurrency)
        if self.extract:
            self._phase = "extracting"
            self.tell(is_due=True)
            try:
                extract(archive, folder, self._files[0].check)
            except BaseException as error:
                check_part()  # or we would remove other programs' files
                shutil.rmtree(folder, ignore_errors=True)
                if isinstance(error, DownloadError):
                    self._files[0].reset()
                raise
        made = folder if self.extract or self.is_external else archive
        manifest = self._manifest(made, final)
        check_part()
        _destination.put_in_place(made, final, manifest, overwrite=self.overwrite)

    def _manifest(self, made: Path, final: Path) -> dict[str, Any]:
        """The source of the download, and the data for `verify_download`."""
        remote = self._files[0].remote
        files = _destination.files_in(made, final.name)
        known = {file.path: file.remote.checksum for file in self._files}
        digests = {}
        for name, path in files.items():
            method, _, digest = known.get(path, "").partition(":")
            if method != "sha-256":
                digest = _destination.digest_of(path, check=self._files[0].check).hexdigest()
            digests[name] = digest
        return {
            "tinker_path": self.path.tinker_path,
            "archive": remote.checksum or remote.etag,
            "sources": {file.name: redact(file.url).partition("?")[0] for file in self._files},
            "downloaded_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "sizes": {name: path.stat().st_size for name, path in files.items()},
            "sha256": digests,
        }

    def _compare(self, work: Work[Any], final: Path) -> None:
        """Raise DownloadError unless the existing data is the checkpoint, by length and checksum."""
        conflict = DownloadError(
            f"{final} exists and does not match this checkpoint; pass overwrite=True to replace it"
        )
        manifest = _destination.read_manifest(final) if self.extract else {}
        if not final.exists():  # a dangling link
            raise conflict
        if self.extract:
            files = _destination.files_in(final, final.name)
            sizes = manifest.get("sizes", {})
            is_whole = all(name in files and files[name].stat().st_size == size for name, size in sizes.items())
            if not is_whole or manifest.get("tinker_path") != self.path.tinker_path:
                raise conflict
        self._phase = "verifying"
        self._find_files(work, archive=final, folder=final)
        if not all(file.is_present(work, manifest.get("archive")) for file in self._files):
            raise conflict

    def _progress_now(self) -> DownloadProgress:
        sizes = [file.remote.size for file in self._files]
        done = sum(file.done for file in self._files)
        total = None if not sizes or None in sizes else sum(size or 0 for size in sizes)
        if self._phase == "downloading" and done == total:
            self._phase = "verifying"
        resumed = sum(file.resumed_from for file in self._files)
        return DownloadProgress(done, total, resumed, self._phase)
