"""The methods of `RestClient` that bring checkpoints to disk."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from tinker_rest.errors import InvalidArgumentError
from tinker_rest.futures import APIFuture, async_variant
from tinker_rest.methods.arguments import check_concurrency
from tinker_rest.methods.checkpoints import CheckpointMethods
from tinker_rest.methods.weights import WeightsMethods
from tinker_rest.redaction import shown
from tinker_rest.tinker_path import ParsedCheckpointTinkerPath

if TYPE_CHECKING:
    from tinker_rest.calling.sending import Sender
    from tinker_rest.download.results import DownloadProgress, DownloadResult


class DownloadMethods(CheckpointMethods, WeightsMethods):
    """Downloads checkpoints; see `RestClient`."""

    def download_checkpoint(
        self,
        tinker_path: str,
        dest: str | os.PathLike[str],
        *,
        extract: bool = False,
        progress: Callable[[DownloadProgress], None] | None = None,
        resume: bool = True,
        concurrency: int = 4,
        overwrite: bool = False,
    ) -> APIFuture[DownloadResult]:
        """Download a checkpoint: as the archive that it is, extracted, or as the files of external weights.

        Waits while the server builds the archive, up to `archive_timeout` seconds. What came is compared with the
        length and the checksum that the storage names. It gets its final name only when it is whole and on the
        disk; until then it is in the folder `NAME.part` beside it. Whatever ends the download (a broken network,
        `cancel`, the end of the process), the same call goes on with what is there, unless the archive has changed
        or the storage sends no parts of files. A signed URL that expires meanwhile is replaced by a new one. The
        API key is not sent to the storage.

        The client's `timeout` counts from the last byte that was new, `max_retries` the attempts without one, and
        `attempt_timeout` the seconds between two pieces of the body; the whole may take as long as it does.

        Args:
            tinker_path: The address of the checkpoint, `tinker://RUN_ID/weights/NAME`. External weights are
                several files, of which a folder is made.
            dest: Where it is to be: the path of the file or, with `extract` or for external weights, of the folder
                that is made. A folder that is there already gets it under a name made from the parts of
                `tinker_path`: `RUN_ID_weights_NAME.tar.gz`, or `RUN_ID_weights_NAME` for a folder; but a folder
                that the same checkpoint was downloaded to before, of which a hidden file in it tells, is meant
                itself. A `~` at the beginning is one's home.
            extract: Whether the archive is extracted and not kept; False by default. One that holds links, device
                files or names that lead out of the folder is refused as a whole.
            progress: Called with a `DownloadProgress` some times a second, on the thread that makes the calls. It
                must not block; what it raises is logged and changes nothing.
            resume: Whether to go on with what an earlier call has left; True by default.
            concurrency: How many files of external weights are downloaded at once at the most, from 1 to 64; 4 by
                default.
            overwrite: Whether what is at the destination is replaced, at the very end. By default (False) what is
                there is compared with the length and the checksum that the storage names: where they are the
                same the download is done at once, else it fails.

        Raises:
            DownloadError: By the future: the destination cannot be written, has no room, holds something else or
                is being downloaded to by another call or process; or what came is damaged or not safe to extract.
            NotFoundError: By the future: there is no such checkpoint, or one may not read it.
            APIStatusError or APIConnectionError: By the future: the server, or the storage, said no or nothing.

        Calls the operation `get_checkpoint_archive_url`, `get_checkpoint_archive_url_by_bare_id` or
        `get_external_weights_urls`.
        """
        from tinker_rest.download.destination import check_destination
        from tinker_rest.download.downloading import ARCHIVE, Download, DownloadRequest

        path = ParsedCheckpointTinkerPath.from_tinker_path(tinker_path)
        if progress is not None and not callable(progress):
            raise InvalidArgumentError(f"progress must be callable or None, not {shown(progress)}")
        request = DownloadRequest(
            path=path,
            dest=check_destination(dest),
            extract=extract,
            resume=resume,
            overwrite=overwrite,
            concurrency=check_concurrency(concurrency, 64),
            progress=progress,
        )

        async def archive_url(sender: Sender) -> dict[str, str]:
            call = self._archive_url_call(path.training_run_id, path.checkpoint_id)
            return {ARCHIVE: (await call.run(sender)).url}

        async def urls_of_files(sender: Sender) -> dict[str, str]:
            return dict((await self._external_weights_call(tinker_path).run(sender)).urls)

        ask = urls_of_files if request.has_many_files else archive_url
        return self._submit(Download(request, ask, self._options))

    download_checkpoint_async = async_variant(download_checkpoint)
