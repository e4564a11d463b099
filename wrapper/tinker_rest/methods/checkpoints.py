"""The methods of `RestClient` for checkpoints."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tinker_rest.calling import answers
from tinker_rest.calling.calling_client import CallingClient
from tinker_rest.calling.calls import Call, Carried
from tinker_rest.futures import APIFuture, async_variant
from tinker_rest.methods.arguments import check_limit, check_offset, check_ttl
from tinker_rest.tinker_path import ParsedCheckpointTinkerPath, check_segment, split_checkpoint_id
from tinker_rest_api.types import Operation

if TYPE_CHECKING:
    from tinker_rest.types import CheckpointArchiveUrlResponse, CheckpointsListResponse


class CheckpointMethods(CallingClient):
    """Lists and changes checkpoints; see `RestClient`."""

    def list_checkpoints(self, training_run_id: str) -> APIFuture[CheckpointsListResponse]:
        """List all checkpoints of a training run, for training and for sampling.

        Args:
            training_run_id: The id of the run.

        Raises:
            NotFoundError: By the future: there is no such run. Some servers answer with an empty list instead.

        Calls the operation `list_checkpoints`.
        """
        from tinker_rest_api.api.checkpoints.list_checkpoints import OPERATION

        request = OPERATION.build_request(check_segment("training_run_id", training_run_id))
        return self._call(OPERATION, request, answers.with_run_ids(OPERATION.read_success))

    def list_user_checkpoints(self, limit: int = 100, offset: int = 0) -> APIFuture[CheckpointsListResponse]:
        """List one page of the checkpoints of all one's training runs, newest first.

        The page may hold fewer than `limit` although more checkpoints follow; an empty page is the end.

        Args:
            limit: The most checkpoints that the page may hold; 100 by default. Servers have an upper bound.
            offset: How many checkpoints to leave out before the page begins; 0 by default.

        Raises:
            BadRequestError or UnprocessableEntityError: By the future: `limit` is more than the server allows.

        Calls the operation `list_user_checkpoints`.
        """
        from tinker_rest_api.api.checkpoints.list_user_checkpoints import OPERATION

        request = OPERATION.build_request(limit=check_limit(limit), offset=check_offset(offset))
        return self._call(OPERATION, request, answers.with_run_ids(OPERATION.read_success))

    def get_checkpoint_archive_url(
        self, training_run_id: str, checkpoint_id: str
    ) -> APIFuture[CheckpointArchiveUrlResponse]:
        """Get a signed URL from which the checkpoint can be downloaded as a tar archive.

        Waits, up to `archive_timeout` seconds, while the server says that the archive is being built. The
        redirect to the archive is not followed and the API key is sent to nobody else.

        Args:
            training_run_id: The id of the run that saved the checkpoint.
            checkpoint_id: `weights/NAME` or `sampler_weights/NAME`, or an id of one part. Where the server
                does not know the archive by kind and name, it is asked once more by the name alone.

        Raises:
            NotFoundError: By the future: there is no such checkpoint, or one may not read it.
            InternalServerError: By the future: the archive was not built in time (503; or 425, which is an
                APIStatusError).

        Calls the operation `get_checkpoint_archive_url` or `get_checkpoint_archive_url_by_bare_id`.
        """
        return self._submit(self._archive_url_call(training_run_id, checkpoint_id))

    def get_checkpoint_archive_url_from_tinker_path(
        self, tinker_path: str
    ) -> APIFuture[CheckpointArchiveUrlResponse]:
        """Get a signed URL from which a checkpoint can be downloaded as a tar archive.

        Waits and raises as `get_checkpoint_archive_url` does.

        Args:
            tinker_path: The address of the checkpoint, `tinker://RUN_ID/weights/NAME`.

        Calls what `get_checkpoint_archive_url` calls.
        """
        path = ParsedCheckpointTinkerPath.from_tinker_path(tinker_path)
        return self.get_checkpoint_archive_url(path.training_run_id, path.checkpoint_id)

    def delete_checkpoint(self, training_run_id: str, checkpoint_id: str) -> APIFuture[None]:
        """Delete a checkpoint for good. Only the owner of its training run may.

        Args:
            training_run_id: The id of the run that saved the checkpoint.
            checkpoint_id: `weights/NAME` or `sampler_weights/NAME`, or an id of one part.

        Raises:
            NotFoundError: By the future: there is no such checkpoint.
            PermissionDeniedError: By the future: it belongs to somebody else.

        Calls the operation `delete_checkpoint` or `delete_checkpoint_by_bare_id`.
        """
        return self._change("delete_checkpoint", training_run_id, checkpoint_id, done_already=404)

    def delete_checkpoint_from_tinker_path(self, tinker_path: str) -> APIFuture[None]:
        """Delete a checkpoint for good. Only the owner of its training run may. Raises as `delete_checkpoint`.

        Args:
            tinker_path: The address of the checkpoint, `tinker://RUN_ID/weights/NAME`.

        Calls what `delete_checkpoint` calls.
        """
        path = ParsedCheckpointTinkerPath.from_tinker_path(tinker_path)
        return self.delete_checkpoint(path.training_run_id, path.checkpoint_id)

    def publish_checkpoint(self, training_run_id: str, checkpoint_id: str) -> APIFuture[None]:
        """Make a checkpoint readable by everyone. Only the owner of its training run may.

        Args:
            training_run_id: The id of the run that saved the checkpoint.
            checkpoint_id: `weights/NAME` or `sampler_weights/NAME`, or an id of one part.

        Raises:
            ConflictError: By the future: it is public already.
            NotFoundError: By the future: there is no such checkpoint.
            PermissionDeniedError: By the future: it belongs to somebody else.

        Calls the operation `publish_checkpoint` or `publish_checkpoint_by_bare_id`.
        """
        return self._change("publish_checkpoint", training_run_id, checkpoint_id, done_already=409)

    def publish_checkpoint_from_tinker_path(self, tinker_path: str) -> APIFuture[None]:
        """Make a checkpoint readable by everyone. Only the owner may. Raises as `publish_checkpoint`.

        Args:
            tinker_path: The address of the checkpoint, `tinker://RUN_ID/weights/NAME`.

        Calls what `publish_checkpoint` calls.
        """
        path = ParsedCheckpointTinkerPath.from_tinker_path(tinker_path)
        return self.publish_checkpoint(path.training_run_id, path.checkpoint_id)

    def unpublish_checkpoint(self, training_run_id: str, checkpoint_id: str) -> APIFuture[None]:
        """Make a public checkpoint private again. Only the owner of its training run may.

        Args:
            training_run_id: The id of the run that saved the checkpoint.
            checkpoint_id: `weights/NAME` or `sampler_weights/NAME`, or an id of one part.

        Raises:
            ConflictError: By the future: it is private already.
            NotFoundError: By the future: there is no such checkpoint.
            PermissionDeniedError: By the future: it belongs to somebody else.

        Calls the operation `unpublish_checkpoint` or `unpublish_checkpoint_by_bare_id`.
        """
        return self._change("unpublish_checkpoint", training_run_id, checkpoint_id, done_already=409)

    def unpublish_checkpoint_from_tinker_path(self, tinker_path: str) -> APIFuture[None]:
        """Make a public checkpoint private again. Only the owner may. Raises as `unpublish_checkpoint`.

        Args:
            tinker_path: The address of the checkpoint, `tinker://RUN_ID/weights/NAME`.

        Calls what `unpublish_checkpoint` calls.
        """
        path = ParsedCheckpointTinkerPath.from_tinker_path(tinker_path)
        return self.unpublish_checkpoint(path.training_run_id, path.checkpoint_id)

    def set_checkpoint_ttl(
        self, training_run_id: str, checkpoint_id: str, ttl_seconds: int | None
    ) -> APIFuture[None]:
        """Let a checkpoint expire, or keep it. Only the owner of its training run may.

        Args:
            training_run_id: The id of the run that saved the checkpoint.
            checkpoint_id: `weights/NAME` or `sampler_weights/NAME`, or an id of one part.
            ttl_seconds: In how many seconds from now it expires, from 3600 (an hour) to 315360000 (ten years);
                None removes an expiry.

        Raises:
            NotFoundError: By the future: there is no such checkpoint.
            PermissionDeniedError: By the future: it belongs to somebody else.

        Calls the operation `set_checkpoint_ttl` or `set_checkpoint_ttl_by_bare_id`.
        """
        from tinker_rest_api.models.set_checkpoint_ttl_request import SetCheckpointTtlRequest

        body = SetCheckpointTtlRequest(ttl_seconds=check_ttl(ttl_seconds))
        return self._change("set_checkpoint_ttl", training_run_id, checkpoint_id, body=body)

    def set_checkpoint_ttl_from_tinker_path(self, tinker_path: str, ttl_seconds: int | None) -> APIFuture[None]:
        """Let a checkpoint expire, or keep it. Only the owner may. Raises as `set_checkpoint_ttl`.

        Args:
            tinker_path: The address of the checkpoint, `tinker://RUN_ID/weights/NAME`.
            ttl_seconds: In how many seconds from now it expires, from 3600 (an hour) to 315360000 (ten years);
                None removes an expiry.

        Calls what `set_checkpoint_ttl` calls.
        """
        path = ParsedCheckpointTinkerPath.from_tinker_path(tinker_path)
        return self.set_checkpoint_ttl(path.training_run_id, path.checkpoint_id, ttl_seconds)

    list_checkpoints_async = async_variant(list_checkpoints)
    list_user_checkpoints_async = async_variant(list_user_checkpoints)
    get_checkpoint_archive_url_async = async_variant(get_checkpoint_archive_url)
    get_checkpoint_archive_url_from_tinker_path_async = async_variant(get_checkpoint_archive_url_from_tinker_path)
    delete_checkpoint_async = async_variant(delete_checkpoint)
    delete_checkpoint_from_tinker_path_async = async_variant(delete_checkpoint_from_tinker_path)
    publish_checkpoint_async = async_variant(publish_checkpoint)
    publish_checkpoint_from_tinker_path_async = async_variant(publish_checkpoint_from_tinker_path)
    unpublish_checkpoint_async = async_variant(unpublish_checkpoint)
    unpublish_checkpoint_from_tinker_path_async = async_variant(unpublish_checkpoint_from_tinker_path)
    set_checkpoint_ttl_async = async_variant(set_checkpoint_ttl)
    set_checkpoint_ttl_from_tinker_path_async = async_variant(set_checkpoint_ttl_from_tinker_path)

    def _archive_url_call(self, training_run_id: str, checkpoint_id: str) -> Carried[CheckpointArchiveUrlResponse]:
        run_id = check_segment("training_run_id", training_run_id)
        kind, name = split_checkpoint_id(checkpoint_id)
        first, *others = [
            self._prepare(
                operation,
                request,
                answers.archive_url(self.holder.base_url + request["url"]),
                waits_for_build=True,
            )
            for operation, request in (
                _for_checkpoint("get_checkpoint_archive_url", run_id, one_kind, name)
                for one_kind in ([kind, None] if kind else [None])
            )
        ]
        return answers.FirstThatKnows(first, others[0]) if others else first

    def _change(
        self,
        operation_name: str,
        training_run_id: str,
        checkpoint_id: str,
        *,
        done_already: int | None = None,
        **body: object,
    ) -> APIFuture[None]:
        call = self._prepare_change(
            operation_name, training_run_id, checkpoint_id, done_already=done_already, **body
        )
        return self._submit(call)

    def _prepare_change(
        self,
        operation_name: str,
        training_run_id: str,
        checkpoint_id: str,
        *,
        done_already: int | None = None,
        **body: object,
    ) -> Call[None]:
        run_id = check_segment("training_run_id", training_run_id)
        kind, name = split_checkpoint_id(checkpoint_id)
        operation, request = _for_checkpoint(operation_name, run_id, kind, name, **body)
        return self._prepare(operation, request, answers.nothing, done_already=done_already)


def _for_checkpoint(
    name: str, run_id: str, kind: str | None, checkpoint: str, **body: object
) -> tuple[Operation[..., Any], dict[str, Any]]:
    """The operation and its request for a checkpoint that has a kind, or for one that has a bare id."""
    suffix, ids = ("", (run_id, kind, checkpoint)) if kind else ("_by_bare_id", (run_id, checkpoint))
    operation: Operation[..., Any] = import_module(f"tinker_rest_api.api.checkpoints.{name}{suffix}").OPERATION
    return operation, operation.build_request(*ids, **body)
