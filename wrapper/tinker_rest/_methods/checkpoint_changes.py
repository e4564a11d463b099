"""The methods of `RestClient` that change or copy checkpoints, one or many."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tinker_rest import _arguments as arguments
from tinker_rest._lazy import models, types
from tinker_rest._methods import bulk, parsing
from tinker_rest._methods.checkpoints import CheckpointMethods, addressed, api
from tinker_rest.errors import InvalidArgumentError
from tinker_rest.futures import APIFuture, async_variant
from tinker_rest.paths import ParsedCheckpointTinkerPath, ids_in, segment
from tinker_rest.selection import CheckpointSelection

if TYPE_CHECKING:
    from tinker_rest._work import Work


class CheckpointChangeMethods(CheckpointMethods):
    """Changes and copies checkpoints; see `RestClient`."""

    def delete_checkpoint(self, training_run_id: str, checkpoint_id: str) -> APIFuture[None]:
        """Delete a checkpoint permanently. Calls `delete_checkpoint` or `delete_checkpoint_by_bare_id`.

        Args:
            training_run_id: The ID of the run that saved the checkpoint.
            checkpoint_id: `weights/NAME` or `sampler_weights/NAME`, or an ID without a slash.

        Raises:
            NotFoundError: It does not exist (raised by the future).
            PermissionDeniedError: You do not own its training run (raised by the future).
        """
        return self._change("delete_checkpoint", training_run_id, checkpoint_id)

    def delete_checkpoint_from_tinker_path(self, tinker_path: str) -> APIFuture[None]:
        """Delete a checkpoint permanently. Calls `delete_checkpoint` with its IDs, and raises the same errors.

        Args:
            tinker_path: The address of the checkpoint, `tinker://RUN_ID/weights/NAME`.
        """
        return self.delete_checkpoint(*ids_in(tinker_path))

    def publish_checkpoint(self, training_run_id: str, checkpoint_id: str) -> APIFuture[None]:
        """Let everyone read a checkpoint. Calls `publish_checkpoint` or `publish_checkpoint_by_bare_id`.

        Args:
            training_run_id: The ID of the run that saved the checkpoint.
            checkpoint_id: `weights/NAME` or `sampler_weights/NAME`, or an ID without a slash.

        Raises:
            ConflictError: It is public already (raised by the future). Otherwise as for `delete_checkpoint`.
        """
        return self._change("publish_checkpoint", training_run_id, checkpoint_id)

    def publish_checkpoint_from_tinker_path(self, tinker_path: str) -> APIFuture[None]:
        """Let everyone read a checkpoint. Calls `publish_checkpoint` with its IDs, and raises the same errors.

        Args:
            tinker_path: The address of the checkpoint, `tinker://RUN_ID/weights/NAME`.
        """
        return self.publish_checkpoint(*ids_in(tinker_path))

    def unpublish_checkpoint(self, training_run_id: str, checkpoint_id: str) -> APIFuture[None]:
        """Make a checkpoint private again. Calls `unpublish_checkpoint` or `unpublish_checkpoint_by_bare_id`.

        Args:
            training_run_id: The ID of the run that saved the checkpoint.
            checkpoint_id: `weights/NAME` or `sampler_weights/NAME`, or an ID without a slash.

        Raises:
            ConflictError: It is private already (raised by the future). Otherwise as for `delete_checkpoint`.
        """
        return self._change("unpublish_checkpoint", training_run_id, checkpoint_id)

    def unpublish_checkpoint_from_tinker_path(self, tinker_path: str) -> APIFuture[None]:
        """Make a checkpoint private again. Calls `unpublish_checkpoint` with its IDs, and raises the same errors.

        Args:
            tinker_path: The address of the checkpoint, `tinker://RUN_ID/weights/NAME`.
        """
        return self.unpublish_checkpoint(*ids_in(tinker_path))

    def set_checkpoint_ttl(
        self, training_run_id: str, checkpoint_id: str, ttl_seconds: int | timedelta | None
    ) -> APIFuture[None]:
        """Set or clear a time to live. Calls `set_checkpoint_ttl` or `set_checkpoint_ttl_by_bare_id`.

        Raises as `delete_checkpoint` does.

        Args:
            training_run_id: The ID of the run that saved the checkpoint.
            checkpoint_id: `weights/NAME` or `sampler_weights/NAME`, or an ID without a slash.
            ttl_seconds: How many seconds from now, or a timedelta: 3600 (an hour) to 315360000 (ten years). None
                removes the expiry.
        """
        seconds = arguments.ttl(ttl_seconds)
        return self._change("set_checkpoint_ttl", training_run_id, checkpoint_id, ttl_seconds=seconds)

    def set_checkpoint_ttl_from_tinker_path(
        self, tinker_path: str, ttl_seconds: int | timedelta | None
    ) -> APIFuture[None]:
        """Set or clear a time to live. Calls `set_checkpoint_ttl` with its IDs, and raises the same errors.

        Args:
            tinker_path: The address of the checkpoint, `tinker://RUN_ID/weights/NAME`.
            ttl_seconds: How many seconds from now, as for `set_checkpoint_ttl`; None removes the expiry.
        """
        return self.set_checkpoint_ttl(*ids_in(tinker_path), ttl_seconds)

    def copy_weights(
        self,
        path: str,
        destination_project_id: str | None = None,
        *,
        ttl_seconds: int | timedelta | None = None,
        weights_access_token: str | None = None,
    ) -> APIFuture[str]:
        """Copy a checkpoint into a project, and get the tinker path of the copy.

        The copy has the same type, shares the storage of its source and belongs to a new run that cannot be
        trained. One call makes one copy, even with retries. Calls the operation `copy_weights`.

        Args:
            path: The address of the checkpoint, `tinker://RUN_ID/weights/NAME`.
            destination_project_id: The ID of the project. Default: the environment variable `TINKER_PROJECT_ID`.
            ttl_seconds: After how many seconds the copy expires, as for `set_checkpoint_ttl`. None, the default,
                for never; the source's expiry is not copied.
            weights_access_token: A secret that grants access to another account's weights. It is never shown.

        Raises:
            NotFoundError: The checkpoint or project does not exist, or you cannot read it (raised by the future).
            PermissionDeniedError: You cannot add to the project (raised by the future).
        """
        source = ParsedCheckpointTinkerPath.from_tinker_path(path)
        if destination_project_id is None:
            destination_project_id = os.environ.get("TINKER_PROJECT_ID", "").strip()
        name = "destination_project_id or TINKER_PROJECT_ID"
        body = models.CopyWeightsRequest(
            source_path=source.tinker_path,
            destination_project_id=segment(name, destination_project_id, allow_slash=True),
            ttl_seconds=arguments.ttl(ttl_seconds),
        )
        return self._submit(
            api.copy_weights,
            body=body,
            x_tinker_weights_access_token=arguments.access_token(weights_access_token),
            read=lambda response: str(response.parsed.tinker_path),
        )

    def delete_checkpoints(
        self,
        checkpoints: Iterable[str | types.Checkpoint] | CheckpointSelection,
        *,
        concurrency: int = 16,
        log: str | os.PathLike[str] | None = None,
        progress: Callable[[bulk.BulkProgress], None] | None = None,
        missing_ok: bool = False,
    ) -> APIFuture[bulk.BulkResult]:
        """Delete many checkpoints permanently. Calls `delete_checkpoint` for each.

        A failure does not stop the others: each checkpoint has an outcome. The rest is skipped if the key is
        refused, the account is blocked, the server does not offer the operation, or it was unavailable for many in
        a row. You can make the same call again after any failure.

        Args:
            checkpoints: Tinker paths or Checkpoint objects, which are all checked before anything is sent, or a
                CheckpointSelection, for which your checkpoints are listed first.
            concurrency: The maximum number of requests in flight, from 1 to 128; 16 by default.
            log: A file for the outcomes, as lines of JSON; with the same file, another run skips what is done, but
                not checkpoints that need it again, such as one that was saved again.
            progress: Called with a `BulkProgress` after each outcome. What it raises is logged and ignored.
            missing_ok: Whether a checkpoint that the server does not know counts as deleted. By default (False),
                its outcome is `not_found`, unless it was listed: from a selection, or as a Checkpoint object.

        Raises:
            InvalidArgumentError: A checkpoint cannot be addressed, or a selection has no filter at all.
            NotFoundError: A run of a selection does not exist (raised by the future).
            OSError: The log can no longer be written; requests in flight were cancelled (raised by the future).
        """
        return self._change_many(
            "delete_checkpoint", checkpoints, concurrency, log, progress, missing_ok=missing_ok
        )

    def set_checkpoints_ttl(
        self,
        checkpoints: Iterable[str | types.Checkpoint] | CheckpointSelection,
        ttl_seconds: int | timedelta | None,
        *,
        concurrency: int = 16,
        log: str | os.PathLike[str] | None = None,
        progress: Callable[[bulk.BulkProgress], None] | None = None,
    ) -> APIFuture[bulk.BulkResult]:
        """Set or clear the time to live of many checkpoints. Works and raises as `delete_checkpoints` does.

        Calls `set_checkpoint_ttl` for each.

        Args:
            checkpoints: Tinker paths or Checkpoint objects, or a CheckpointSelection.
            ttl_seconds: How many seconds from now, as for `set_checkpoint_ttl`; None removes the expiry.
            concurrency: The maximum number of requests in flight, from 1 to 128; 16 by default.
            log: A file to which each outcome is appended; with the same file, another run skips what is done.
            progress: Called with a `BulkProgress` after each outcome.
        """
        seconds = arguments.ttl(ttl_seconds)
        return self._change_many(
            "set_checkpoint_ttl", checkpoints, concurrency, log, progress, ttl_seconds=seconds
        )

    def publish_checkpoints(
        self,
        checkpoints: Iterable[str | types.Checkpoint] | CheckpointSelection,
        *,
        concurrency: int = 16,
        log: str | os.PathLike[str] | None = None,
        progress: Callable[[bulk.BulkProgress], None] | None = None,
    ) -> APIFuture[bulk.BulkResult]:
        """Make many checkpoints public. Works and raises as `delete_checkpoints` does.

        A checkpoint that is public already counts as done. Calls `publish_checkpoint` for each.

        Args:
            checkpoints: Tinker paths or Checkpoint objects, or a CheckpointSelection.
            concurrency: The maximum number of requests in flight, from 1 to 128; 16 by default.
            log: A file to which each outcome is appended; with the same file, another run skips what is done.
            progress: Called with a `BulkProgress` after each outcome.
        """
        return self._change_many("publish_checkpoint", checkpoints, concurrency, log, progress)

    def unpublish_checkpoints(
        self,
        checkpoints: Iterable[str | types.Checkpoint] | CheckpointSelection,
        *,
        concurrency: int = 16,
        log: str | os.PathLike[str] | None = None,
        progress: Callable[[bulk.BulkProgress], None] | None = None,
    ) -> APIFuture[bulk.BulkResult]:
        """Make many public checkpoints private again. Works and raises as `delete_checkpoints` does.

        A checkpoint that is private already counts as done. Calls `unpublish_checkpoint` for each.

        Args:
            checkpoints: Tinker paths or Checkpoint objects, or a CheckpointSelection with include_public=True.
            concurrency: The maximum number of requests in flight, from 1 to 128; 16 by default.
            log: A file to which each outcome is appended; with the same file, another run skips what is done.
            progress: Called with a `BulkProgress` after each outcome.
        """
        if isinstance(checkpoints, CheckpointSelection) and not checkpoints.include_public:
            raise InvalidArgumentError("checkpoints must be a CheckpointSelection with include_public=True here")
        return self._change_many("unpublish_checkpoint", checkpoints, concurrency, log, progress)

    delete_checkpoint_async = async_variant(delete_checkpoint)
    delete_checkpoint_from_tinker_path_async = async_variant(delete_checkpoint_from_tinker_path)
    publish_checkpoint_async = async_variant(publish_checkpoint)
    publish_checkpoint_from_tinker_path_async = async_variant(publish_checkpoint_from_tinker_path)
    unpublish_checkpoint_async = async_variant(unpublish_checkpoint)
    unpublish_checkpoint_from_tinker_path_async = async_variant(unpublish_checkpoint_from_tinker_path)
    set_checkpoint_ttl_async = async_variant(set_checkpoint_ttl)
    set_checkpoint_ttl_from_tinker_path_async = async_variant(set_checkpoint_ttl_from_tinker_path)
    copy_weights_async = async_variant(copy_weights)
    delete_checkpoints_async = async_variant(delete_checkpoints)
    set_checkpoints_ttl_async = async_variant(set_checkpoints_ttl)
    publish_checkpoints_async = async_variant(publish_checkpoints)
    unpublish_checkpoints_async = async_variant(unpublish_checkpoints)

    def _change(self, name: str, training_run_id: str, checkpoint_id: str, **values: Any) -> APIFuture[None]:
        call = addressed(name, training_run_id, checkpoint_id)
        body: dict[str, Any] = {"body": models.SetCheckpointTtlRequest(**values)} if values else {}
        return self._submit(*call, read=parsing.parse_empty, **body)

    def _change_many(
        self,
        name: str,
        checkpoints: Iterable[str | types.Checkpoint] | CheckpointSelection,
        concurrency: int,
        log: str | os.PathLike[str] | None,
        progress: Callable[[bulk.BulkProgress], None] | None,
        *,
        missing_ok: bool = False,
        **values: Any,
    ) -> APIFuture[bulk.BulkResult]:
        arguments.hook("progress", progress)
        given = checkpoints if isinstance(checkpoints, CheckpointSelection) else bulk.paths_of(checkpoints)
        if isinstance(given, CheckpointSelection) and given.is_everything:
            raise InvalidArgumentError(
                "checkpoints must not be a CheckpointSelection without any filter; to change all of them, use "
                "CheckpointSelection(name='*')"
            )

        def start(path: ParsedCheckpointTinkerPath) -> APIFuture[None]:
            return self._change(name, path.training_run_id, path.checkpoint_id, **values)

        change = bulk.Change(
            facts={"action": name, "base_url": self.base_url, **values},
            start=start,
            missing_ok=missing_ok,
            concurrency=arguments.number("concurrency", concurrency, 1, arguments.MAX_CONCURRENCY),
            log=log,
            progress=progress,
        )

        def run(work: Work[bulk.BulkResult]) -> bulk.BulkResult:
            paths = given if isinstance(given, dict) else bulk.paths_of(self._read_selected(work, given))
            return change.run(work, paths)

        return self._run(name.replace("checkpoint", "checkpoints"), run)
