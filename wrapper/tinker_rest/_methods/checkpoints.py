"""The methods of `RestClient` that read checkpoints: lists, addresses, downloads."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from attrs import evolve

from tinker_rest import _arguments as arguments
from tinker_rest._lazy import LazyModule, models, types
from tinker_rest._methods import bulk, downloads, pagination, parsing
from tinker_rest._methods.training_runs import TrainingRunMethods
from tinker_rest._retry import Policy, time_limit
from tinker_rest.errors import refusal
from tinker_rest.futures import APIFuture, async_variant
from tinker_rest.paths import ParsedCheckpointTinkerPath, ids_in, readable_path, segment, split_checkpoint_id
from tinker_rest.selection import CheckpointSelection, SelectedCheckpoints

if TYPE_CHECKING:
    from tinker_rest._work import Work

api = LazyModule("tinker_rest_api.api.checkpoints")
by_bare_id = LazyModule("tinker_rest_api.api.other_servers")

DEFAULT_BUILD_TIMEOUT = 900.0
MAX_RUNS_AT_ONCE = 16
MAX_CLOCK_DIFFERENCE = 60.0

_log = logging.getLogger("tinker_rest")


class CheckpointMethods(TrainingRunMethods):
    """Lists and downloads checkpoints; see `RestClient`."""

    def list_checkpoints(self, training_run_id: str) -> APIFuture[types.CheckpointsListResponse]:
        """List all checkpoints of a training run, of every type. Calls the operation `list_checkpoints`.

        Args:
            training_run_id: The ID of the run.

        Raises:
            NotFoundError: The run does not exist (raised by the future); some servers return an empty list.
        """
        run_id = segment("training_run_id", training_run_id)
        return self._submit(api.list_checkpoints, run_id, read=parsing.with_run_ids)

    def latest_checkpoint(
        self,
        training_run_id: str,
        checkpoint_type: Literal["training", "sampler", "external"] | str | None = None,
    ) -> APIFuture[types.Checkpoint]:
        """Get the checkpoint of a training run that was saved last. Calls the operation `list_checkpoints`.

        Args:
            training_run_id: The ID of the run.
            checkpoint_type: `training`, `sampler`, `external` or another type; None, the default, for any.

        Raises:
            NotFoundError: The run does not exist or has no such checkpoint (raised by the future).
        """
        run_id = segment("training_run_id", training_run_id)
        newest = CheckpointSelection(checkpoint_type=checkpoint_type, include_public=True, sort="time", limit=1)
        return self._submit(api.list_checkpoints, run_id, read=partial(parsing.first_selected, newest, run_id))

    def list_user_checkpoints(self, limit: int = 100, offset: int = 0) -> APIFuture[types.CheckpointsListResponse]:
        """List your checkpoints across all training runs, newest first (one page).

        A short page may not be the last one, but an empty one is. Calls the operation `list_user_checkpoints`.

        Args:
            limit: The maximum number of checkpoints in the page; 100 by default. Servers have an upper bound.
            offset: The number of checkpoints to skip before the page; 0 by default.

        Raises:
            BadRequestError or UnprocessableEntityError: `limit` is too large (raised by the future).
        """
        page = arguments.page(limit, offset, 100)
        return self._submit(api.list_user_checkpoints, **page, read=parsing.with_run_ids)

    def iter_user_checkpoints(
        self, *, page_size: int = 500, max_items: int | None = None
    ) -> pagination.Paginator[types.Checkpoint]:
        """Iterate over your checkpoints, newest first; see `Paginator`. Calls `list_user_checkpoints`.

        Args:
            page_size: How many checkpoints to request at once, at least 2; 500 by default. Servers have a bound.
            max_items: The maximum number of checkpoints; None, the default, for all.

        Raises:
            APIResponseValidationError: The server ignores offsets (raised by the iteration).
        """
        self._refuse_closed()
        submit = partial(self._submit, api.list_user_checkpoints)
        plan = partial(pagination.OffsetPlan[Any], page_size, max_items)
        return pagination.Paginator("iter_user_checkpoints", submit, parsing.checkpoints_page, plan)

    def search_checkpoints(
        self, request: types.CheckpointSearchRequest
    ) -> APIFuture[types.CheckpointSearchResponse]:
        """Search the checkpoints of your organization, newest first (one page).

        Experimental: servers may change or remove this operation. Calls `search_checkpoints`. Get the next page
        with `request.model_copy(update={"cursor": page.next_cursor})` until `next_cursor` is None.

        Args:
            request: What to search for; every condition must match. Without an owner, your own checkpoints are
                searched. An empty list of `base_models` matches nothing; None matches every model. A page has 50
                checkpoints, or as many as `limit` says, from 1 to 200.

        Raises:
            PermissionDeniedError: You cannot list a project of the request (raised by the future).
            UnprocessableEntityError: The server does not accept the request (raised by the future).
        """
        body = arguments.search(models.CheckpointSearchRequest, request)
        return self._submit(api.search_checkpoints, body=body, read=parsing.with_run_ids)

    def iter_checkpoint_search(
        self,
        request: types.CheckpointSearchRequest,
        *,
        page_size: int | None = None,
        max_items: int | None = None,
    ) -> pagination.Paginator[types.Checkpoint]:
        """Iterate over all checkpoints that a search finds, newest first; see `Paginator`.

        Experimental: servers may change or remove this operation. Calls `search_checkpoints`.

        Args:
            request: What to search for, as for `search_checkpoints`. Starts at its cursor, if it has one.
            page_size: How many checkpoints to request at once, from 1 to 200; None, the default, for the `limit`
                of the request.
            max_items: The maximum number of checkpoints; None, the default, for all.

        Raises:
            PermissionDeniedError: You cannot list a project of the request (raised by the iteration).
            UnprocessableEntityError: The server does not accept the request (raised by the iteration).
        """
        self._refuse_closed()
        wanted = arguments.search(models.CheckpointSearchRequest, request, page_size)
        submit = partial(self._submit, api.search_checkpoints)
        plan = partial(pagination.CursorPlan[Any], wanted.limit, max_items, wanted)
        return pagination.Paginator("iter_checkpoint_search", submit, parsing.checkpoints_page, plan)

    def select_checkpoints(self, selection: CheckpointSelection) -> APIFuture[SelectedCheckpoints]:
        """Read all your checkpoints, or those of the runs in the selection, and return the selected ones.

        The server's clock is used for ages. Calls `list_user_checkpoints`, or `list_checkpoints` for each run. The
        runs of `project_ids` are listed by `list_training_runs`, since checkpoints do not name their project.

        Args:
            selection: Which checkpoints to return.

        Raises:
            NotFoundError: A run of `selection.training_run_ids` does not exist (raised by the future).
        """
        if not isinstance(selection, CheckpointSelection):
            raise refusal("selection", "be a CheckpointSelection", selection)
        return self._run("select_checkpoints", lambda work: self._read_selected(work, selection))

    def get_checkpoint_archive_url(
        self,
        training_run_id: str,
        checkpoint_id: str,
        *,
        timeout: float | timedelta | None = DEFAULT_BUILD_TIMEOUT,
    ) -> APIFuture[types.CheckpointArchiveUrlResponse]:
        """Get a signed URL of a checkpoint as a tar archive, once the server has built it.

        Newer servers withdraw archives: export external weights and use `get_external_weights_urls` instead.
        Calls `get_checkpoint_archive_url` or `get_checkpoint_archive_url_by_bare_id`.

        Args:
            training_run_id: The ID of the run that saved the checkpoint.
            checkpoint_id: `weights/NAME` or `sampler_weights/NAME`, or an ID without a slash.
            timeout: How long to wait for it, in seconds or as a timedelta, instead of the client's limits; 900
                seconds by default, None for no limit.

        Raises:
            NotFoundError: The checkpoint or archive does not exist, or you cannot read it (raised by the future).
            APIStatusError: The archive was not built in time (raised by the future).
        """
        call = addressed("get_checkpoint_archive_url", training_run_id, checkpoint_id)
        fallback = by_bare_id.get_checkpoint_archive_url_by_bare_id, (call[1], call[-1])
        return self._submit(
            *call,
            # For a bare name, servers return the archive of the sampler weights, whatever the kind.
            fallback=fallback if call[2] == "sampler_weights" else None,
            policy=Policy(
                success_status=302,
                poll_statuses=frozenset((425, 503)),
                build_timeout=time_limit("timeout", timeout),
            ),
            read=partial(parsing.archive_url, self.base_url),
        )

    def get_checkpoint_archive_url_from_tinker_path(
        self, tinker_path: str, *, timeout: float | timedelta | None = DEFAULT_BUILD_TIMEOUT
    ) -> APIFuture[types.CheckpointArchiveUrlResponse]:
        """Get a signed URL of an archive, which newer servers withdraw. Calls `get_checkpoint_archive_url`.

        Args:
            tinker_path: The address of the checkpoint, `tinker://RUN_ID/weights/NAME`.
            timeout: How many seconds, or a timedelta, to wait for it; 900 by default, None for no limit.
        """
        return self.get_checkpoint_archive_url(*ids_in(tinker_path), timeout=timeout)

    def get_weights_info_by_tinker_path(self, tinker_path: str) -> APIFuture[types.WeightsInfoResponse]:
        """Get a checkpoint's base model, optimizer and LoRA settings. Calls `get_weights_info_by_tinker_path`.

        Args:
            tinker_path: The address of your own or a public checkpoint, `tinker://RUN_ID/weights/NAME`, or in the
                form of another server.

        Raises:
            NotFoundError: The checkpoint does not exist, or you cannot read it (raised by the future).
        """
        body = models.WeightsInfoRequest(tinker_path=readable_path(tinker_path)[0])
        return self._submit(api.get_weights_info_by_tinker_path, body=body, read=parsing.with_default_optimizer)

    def get_external_weights_urls(self, tinker_path: str) -> APIFuture[types.ExternalWeightsUrlsResponse]:
        """Get a signed URL for each file of external weights.

        Anyone can download with these URLs until `expires` (UTC). Calls the operation `get_external_weights_urls`.

        Args:
            tinker_path: The address of the weights, `tinker://RUN_ID/external_weights/NAME`.

        Raises:
            NotFoundError: The weights do not exist, or you cannot read them (raised by the future).
        """
        path = ParsedCheckpointTinkerPath.from_tinker_path(tinker_path)
        if path.checkpoint_type != "external":
            expected = "be of external weights, tinker://RUN_ID/external_weights/NAME"
            raise refusal("tinker_path", expected, tinker_path)
        run_id, name = path.training_run_id, path.checkpoint_id.partition("/")[2]
        return self._submit(api.get_external_weights_urls, run_id, name, policy=Policy(is_secret=True))

    def download_checkpoint(
        self,
        tinker_path: str,
        dest: str | os.PathLike[str],
        *,
        extract: bool = False,
        progress: Callable[[downloads.DownloadProgress], None] | None = None,
        resume: bool = True,
        concurrency: int = 4,
        overwrite: bool = False,
        archive_timeout: float | timedelta | None = DEFAULT_BUILD_TIMEOUT,
    ) -> APIFuture[downloads.DownloadResult]:
        """Download a checkpoint: as an archive, extracted, or as the files of external weights.

        Waits while the server builds the archive. Newer servers withdraw archives: use external weights instead.
        Encrypted files (`.age`) are kept as they are; open them with `age --decrypt -i key.txt FILE.age`. Data is
        verified by the length and checksum that the storage reports, and stays in `NAME.part` until complete; the
        same call resumes it. A manifest is saved for `verify_download`. The storage never gets the API key.

        The client's `timeout` counts from the last new byte, `max_retries` counts attempts without one, and
        `attempt_timeout` is the limit between two pieces of the body; the whole download may take any time. Calls
        `get_checkpoint_archive_url` or `get_external_weights_urls`.

        Args:
            tinker_path: The address of the checkpoint, `tinker://RUN_ID/weights/NAME`. External weights are
                several files, which are downloaded into a folder.
            dest: The path of the file or, with `extract` or for external weights, of the folder to create, with
                its parents. In an existing folder, the download gets a name made from `tinker_path`,
                `RUN_ID_weights_NAME.tar.gz` or `RUN_ID_weights_NAME`, unless the folder is an earlier download of
                the same checkpoint. A `~` at the start is your home folder.
            extract: Whether to extract the archive instead of keeping it; False by default. Refuses archives with
                links, device files or names that lead out of the folder.
            progress: Called with a `DownloadProgress` several times a second. Its exceptions are only logged.
            resume: Whether to resume an earlier download; True by default.
            concurrency: The maximum number of external files downloaded at once, from 1 to 64; 4 by default.
            overwrite: Whether to replace an existing destination, at the very end. By default (False), the
                call succeeds if the data there matches what the storage reports, and fails otherwise.
            archive_timeout: How many seconds, or a timedelta, to wait for it; 900 by default, None for no limit.

        Raises:
            DownloadError: The destination cannot be written, has no room, holds something else or is in use by
                another download; or the data is damaged or unsafe to extract (raised by the future).
            APIStatusError or APIConnectionError: The server or the storage refused, such as with NotFoundError, or
                did not answer (raised by the future).
        """
        path = ParsedCheckpointTinkerPath.from_tinker_path(tinker_path)
        arguments.hook("progress", progress)
        limit = time_limit("archive_timeout", archive_timeout)
        is_external = path.checkpoint_type == "external"
        get_archive_url = partial(self.get_checkpoint_archive_url_from_tinker_path, tinker_path, timeout=limit)
        download = downloads.Download(
            path=path,
            dest=dest,
            is_external=is_external,
            extract=extract and not is_external,
            resume=resume,
            overwrite=overwrite,
            concurrency=arguments.number("concurrency", concurrency, 1, 64),
            progress=progress,
            get_urls=partial(self.get_external_weights_urls, tinker_path) if is_external else get_archive_url,
        )
        return self._run("download_checkpoint", download.run, limit_downloads=True)

    list_checkpoints_async = async_variant(list_checkpoints)
    latest_checkpoint_async = async_variant(latest_checkpoint)
    list_user_checkpoints_async = async_variant(list_user_checkpoints)
    search_checkpoints_async = async_variant(search_checkpoints)
    select_checkpoints_async = async_variant(select_checkpoints)
    get_checkpoint_archive_url_async = async_variant(get_checkpoint_archive_url)
    get_checkpoint_archive_url_from_tinker_path_async = async_variant(get_checkpoint_archive_url_from_tinker_path)
    get_weights_info_by_tinker_path_async = async_variant(get_weights_info_by_tinker_path)
    get_external_weights_urls_async = async_variant(get_external_weights_urls)
    download_checkpoint_async = async_variant(download_checkpoint)

    def _read_selected(self, work: Work[Any], selection: CheckpointSelection) -> SelectedCheckpoints:
        def list_run(run_id: str) -> APIFuture[pagination.Page[types.Checkpoint]]:
            return self._submit(api.list_checkpoints, run_id, read=partial(parsing.checkpoints_page, None))

        run_ids = selection.training_run_ids
        if selection.project_ids is not None:
            of_projects = [
                run.training_run_id
                for project in dict.fromkeys(selection.project_ids)
                for run in self.iter_training_runs(project_id=project)._within(work)
            ]
            run_ids = [one for one in of_projects if run_ids is None or one in run_ids]
            selection = evolve(selection, project_ids=None, training_run_ids=None)
        if run_ids is None:
            pages = self.iter_user_checkpoints()._within(work).pages()
            everything = [checkpoint for page in pages for checkpoint in page]
            server_time = pages.server_time
        else:
            run_ids = list(dict.fromkeys(run_ids))
            ended = bulk.as_completed(work, list_run, run_ids, MAX_RUNS_AT_ONCE)
            of_run = {run_id: future.result() for run_id, future in ended}
            everything = [checkpoint for run_id in run_ids for checkpoint in of_run[run_id].items]
            server_time = max((page.server_time or 0.0 for page in of_run.values()), default=0.0)
        now = datetime.fromtimestamp(server_time, UTC) if server_time else datetime.now(UTC)
        ahead = (datetime.now(UTC) - now).total_seconds()
        has_ages = (selection.older_than, selection.expiring_within) != (None, None)
        if has_ages and abs(ahead) > MAX_CLOCK_DIFFERENCE:
            _log.warning("this computer's clock differs from the server's by %.0f s; ages are the server's", ahead)
        return selection.apply(everything, now=now)


def addressed(name: str, training_run_id: str, checkpoint_id: str) -> tuple[Any, ...]:
    """The operation of this name for a checkpoint, or its variant for bare IDs, and the IDs to call it with."""
    run_id = segment("training_run_id", training_run_id)
    kind, checkpoint = split_checkpoint_id(checkpoint_id)
    if kind is None:
        return getattr(by_bare_id, f"{name}_by_bare_id"), run_id, checkpoint
    return getattr(api, name), run_id, kind, checkpoint
