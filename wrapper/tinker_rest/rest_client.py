"""The facade: one method for each operation, each returning a future."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from tinker_rest import answers
from tinker_rest.arguments import check_access_scope, check_limit, check_offset, check_ttl
from tinker_rest.calling_client import CallingClient
from tinker_rest.futures import APIFuture, async_variant
from tinker_rest.tinker_path import ParsedCheckpointTinkerPath, check_segment, split_checkpoint_id
from tinker_rest_api.types import Operation

if TYPE_CHECKING:
    from tinker_rest.types import (
        CheckpointArchiveUrlResponse,
        CheckpointsListResponse,
        GetSamplerResponse,
        GetSessionResponse,
        ListSessionsResponse,
        TrainingRun,
        TrainingRunsResponse,
        WeightsInfoResponse,
    )

AccessScopeName = Literal["owned", "accessible"]


class RestClient(CallingClient):
    """Reads and changes what training runs leave behind: checkpoints, sessions, samplers.

    Each method checks its arguments, starts the call at once and returns an `APIFuture`: wait for it with
    `.result()`, or `await` it. The `_async` form of a method is a coroutine of the result itself. A client may
    be used from many threads and event loops at once; close it, or use it in a `with` block.

    Calls that meet a passing fault (no answer, 408, 425, 429, 5xx) are repeated, after a delay that grows and
    is partly random, or that the server asks for. A change is sent with the same `X-Idempotency-Key` each time.
    Where an answer to a deletion was lost and the repetition is told 404, the deletion has succeeded; the same
    goes for 409 and publications.

    Args:
        holder: The `holder` of a `ServiceClient`, to share its connections; then no other of the first four
            arguments is given.
        base_url: The server's address. Default: the environment variable `TINKER_BASE_URL`, else production.
        api_key: The API key. Default: the environment variable `TINKER_API_KEY`.
        default_headers: Headers to send with every request, such as another authentication that a
            compatible server wants.
        pickle_api_key: Whether a pickle of the client holds the API key. By default it does not, and
            whoever unpickles it has the key in `TINKER_API_KEY`.
        timeout: After how many seconds a call gives up, with all its repetitions; None for never.
        attempt_timeout: For how many seconds one request of a call waits for its answer; None for no limit.
        archive_timeout: For how many seconds `get_checkpoint_archive_url` waits for an archive that is being
            built; None for no limit.
        max_retries: How often a request is repeated at most; None for no limit but `timeout`.
        on_retry: Called with a `RetryEvent` before each wait, on the thread that makes the calls.

    Raises:
        CredentialsError: There is no API key, or one that cannot be right.
        InvalidArgumentError: An argument is not of the form that is expected.

    Every method raises, at the call, InvalidArgumentError (a ValueError) for an argument that cannot be right
    and ClientClosedError after `close`; its future raises the other classes of `tinker_rest.errors`.
    """

    # Training runs

    def get_training_run(
        self, training_run_id: str, access_scope: AccessScopeName = "owned"
    ) -> APIFuture[TrainingRun]:
        """Get a training run: its base model, owner, LoRA settings and last checkpoints.

        Args:
            training_run_id: The id of the run.
            access_scope: `owned` for a run of one's own, `accessible` for any that one may read.

        Calls the operation `get_training_run`.
        """
        from tinker_rest_api.api.training_runs.get_training_run import OPERATION

        run_id = check_segment("training_run_id", training_run_id)
        request = OPERATION.build_request(run_id, access_scope=check_access_scope(access_scope))
        return self._call(OPERATION, request, answers.with_run_ids(OPERATION.read_success))

    def get_training_run_by_tinker_path(
        self, tinker_path: str, access_scope: AccessScopeName = "owned"
    ) -> APIFuture[TrainingRun]:
        """Get the training run that saved a checkpoint.

        Args:
            tinker_path: The address of the checkpoint, `tinker://RUN_ID/weights/NAME`.
            access_scope: `owned` for a run of one's own, `accessible` for any that one may read.

        Calls the operation `get_training_run`.
        """
        return self.get_training_run(_parsed(tinker_path).training_run_id, access_scope)

    def list_training_runs(
        self, limit: int = 20, offset: int = 0, access_scope: AccessScopeName = "owned"
    ) -> APIFuture[TrainingRunsResponse]:
        """List one page of training runs.

        Args:
            limit: The most runs that the page may hold.
            offset: How many runs to leave out before the page begins.
            access_scope: `owned` for one's own runs, `accessible` for all that one may read.

        Calls the operation `list_training_runs`.
        """
        from tinker_rest_api.api.training_runs.list_training_runs import OPERATION

        request = OPERATION.build_request(
            limit=check_limit(limit),
            offset=check_offset(offset),
            access_scope=check_access_scope(access_scope),
        )
        return self._call(OPERATION, request, answers.with_run_ids(OPERATION.read_success))

    # Checkpoints

    def list_checkpoints(self, training_run_id: str) -> APIFuture[CheckpointsListResponse]:
        """List all checkpoints of a training run, for training and for sampling.

        Calls the operation `list_checkpoints`.
        """
        from tinker_rest_api.api.checkpoints.list_checkpoints import OPERATION

        request = OPERATION.build_request(check_segment("training_run_id", training_run_id))
        return self._call(OPERATION, request, answers.with_run_ids(OPERATION.read_success))

    def list_user_checkpoints(self, limit: int = 100, offset: int = 0) -> APIFuture[CheckpointsListResponse]:
        """List one page of the checkpoints of all one's training runs, newest first.

        Args:
            limit: The most checkpoints that the page may hold.
            offset: How many checkpoints to leave out before the page begins.

        Calls the operation `list_user_checkpoints`.
        """
        from tinker_rest_api.api.checkpoints.list_user_checkpoints import OPERATION

        request = OPERATION.build_request(limit=check_limit(limit), offset=check_offset(offset))
        return self._call(OPERATION, request, answers.with_run_ids(OPERATION.read_success))

    def get_weights_info_by_tinker_path(self, tinker_path: str) -> APIFuture[WeightsInfoResponse]:
        """Get what is needed to load a checkpoint: the base model and the LoRA settings.

        Args:
            tinker_path: The address of one's own or a public checkpoint.

        Calls the operation `get_weights_info_by_tinker_path`.
        """
        from tinker_rest_api.api.checkpoints.get_weights_info_by_tinker_path import OPERATION
        from tinker_rest_api.models.weights_info_request import WeightsInfoRequest

        request = OPERATION.build_request(body=WeightsInfoRequest(tinker_path=str(_parsed(tinker_path))))
        return self._call(OPERATION, request, OPERATION.read_success)

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

        Calls the operation `get_checkpoint_archive_url` or `get_checkpoint_archive_url_by_bare_id`.
        """
        run_id = check_segment("training_run_id", training_run_id)
        kind, name = split_checkpoint_id(checkpoint_id)
        read = answers.archive_url(self.holder.base_url)
        first, *others = [
            self._prepare(operation, request, read, waits_for_build=True)
            for operation, request in (
                _for_checkpoint("get_checkpoint_archive_url", run_id, one_kind, name)
                for one_kind in ([kind, None] if kind else [None])
            )
        ]
        return self._submit(answers.FirstThatKnows(first, others[0]) if others else first)

    def get_checkpoint_archive_url_from_tinker_path(
        self, tinker_path: str
    ) -> APIFuture[CheckpointArchiveUrlResponse]:
        """Get a signed URL from which the checkpoint at `tinker_path` can be downloaded.

        Does and calls what `get_checkpoint_archive_url` does.
        """
        path = _parsed(tinker_path)
        return self.get_checkpoint_archive_url(path.training_run_id, path.checkpoint_id)

    def delete_checkpoint(self, training_run_id: str, checkpoint_id: str) -> APIFuture[None]:
        """Delete a checkpoint for good. Only the owner of its training run may.

        Args:
            training_run_id: The id of the run that saved the checkpoint.
            checkpoint_id: `weights/NAME` or `sampler_weights/NAME`, or an id of one part.

        Calls the operation `delete_checkpoint` or `delete_checkpoint_by_bare_id`.
        """
        return self._change("delete_checkpoint", training_run_id, checkpoint_id, done_already=404)

    def delete_checkpoint_from_tinker_path(self, tinker_path: str) -> APIFuture[None]:
        """Delete the checkpoint at `tinker_path` for good. Calls what `delete_checkpoint` calls."""
        path = _parsed(tinker_path)
        return self.delete_checkpoint(path.training_run_id, path.checkpoint_id)

    def publish_checkpoint(self, training_run_id: str, checkpoint_id: str) -> APIFuture[None]:
        """Make a checkpoint readable by everyone. Only the owner of its training run may.

        The future raises ConflictError where it is public already.

        Args:
            training_run_id: The id of the run that saved the checkpoint.
            checkpoint_id: `weights/NAME` or `sampler_weights/NAME`, or an id of one part.

        Calls the operation `publish_checkpoint` or `publish_checkpoint_by_bare_id`.
        """
        return self._change("publish_checkpoint", training_run_id, checkpoint_id, done_already=409)

    def publish_checkpoint_from_tinker_path(self, tinker_path: str) -> APIFuture[None]:
        """Make the checkpoint at `tinker_path` readable by everyone. Calls what `publish_checkpoint` calls."""
        path = _parsed(tinker_path)
        return self.publish_checkpoint(path.training_run_id, path.checkpoint_id)

    def unpublish_checkpoint(self, training_run_id: str, checkpoint_id: str) -> APIFuture[None]:
        """Make a public checkpoint private again. Only the owner of its training run may.

        The future raises ConflictError where it is private already.

        Args:
            training_run_id: The id of the run that saved the checkpoint.
            checkpoint_id: `weights/NAME` or `sampler_weights/NAME`, or an id of one part.

        Calls the operation `unpublish_checkpoint` or `unpublish_checkpoint_by_bare_id`.
        """
        return self._change("unpublish_checkpoint", training_run_id, checkpoint_id, done_already=409)

    def unpublish_checkpoint_from_tinker_path(self, tinker_path: str) -> APIFuture[None]:
        """Make the checkpoint at `tinker_path` private again. Calls what `unpublish_checkpoint` calls."""
        path = _parsed(tinker_path)
        return self.unpublish_checkpoint(path.training_run_id, path.checkpoint_id)

    def set_checkpoint_ttl(
        self, training_run_id: str, checkpoint_id: str, ttl_seconds: int | None
    ) -> APIFuture[None]:
        """Let a checkpoint expire, or keep it.

        Args:
            training_run_id: The id of the run that saved the checkpoint.
            checkpoint_id: `weights/NAME` or `sampler_weights/NAME`, or an id of one part.
            ttl_seconds: In how many seconds from now it expires, from 3600 (an hour) to 315360000 (ten years);
                None removes an expiry.

        Calls the operation `set_checkpoint_ttl` or `set_checkpoint_ttl_by_bare_id`.
        """
        from tinker_rest_api.models.set_checkpoint_ttl_request import SetCheckpointTtlRequest

        body = SetCheckpointTtlRequest(ttl_seconds=check_ttl(ttl_seconds))
        return self._change("set_checkpoint_ttl", training_run_id, checkpoint_id, body=body)

    def set_checkpoint_ttl_from_tinker_path(self, tinker_path: str, ttl_seconds: int | None) -> APIFuture[None]:
        """Let the checkpoint at `tinker_path` expire in `ttl_seconds` seconds, or keep it with None.

        Takes the seconds and calls the operations that `set_checkpoint_ttl` does.
        """
        path = _parsed(tinker_path)
        return self.set_checkpoint_ttl(path.training_run_id, path.checkpoint_id, ttl_seconds)

    # Sessions and samplers

    def get_session(
        self, session_id: str, access_scope: AccessScopeName = "owned"
    ) -> APIFuture[GetSessionResponse]:
        """Get the ids of a session's training runs and samplers.

        Args:
            session_id: The id of the session.
            access_scope: `owned` for a session of one's own, `accessible` for any that one may read.

        Calls the operation `get_session`.
        """
        from tinker_rest_api.api.sessions.get_session import OPERATION

        request = OPERATION.build_request(
            check_segment("session_id", session_id), access_scope=check_access_scope(access_scope)
        )
        return self._call(OPERATION, request, OPERATION.read_success)

    def list_sessions(
        self, limit: int = 20, offset: int = 0, access_scope: AccessScopeName = "owned"
    ) -> APIFuture[ListSessionsResponse]:
        """List one page of the ids of all sessions that were ever created, not of the active ones alone.

        Args:
            limit: The most ids that the page may hold.
            offset: How many ids to leave out before the page begins.
            access_scope: `owned` for one's own sessions, `accessible` for all that one may read.

        Calls the operation `list_sessions`.
        """
        from tinker_rest_api.api.sessions.list_sessions import OPERATION

        request = OPERATION.build_request(
            limit=check_limit(limit),
            offset=check_offset(offset),
            access_scope=check_access_scope(access_scope),
        )
        return self._call(OPERATION, request, OPERATION.read_success)

    def get_sampler(self, sampler_id: str) -> APIFuture[GetSamplerResponse]:
        """Get the base model that a sampler serves and, where it serves a checkpoint, its tinker path.

        Calls the operation `get_sampler`.
        """
        from tinker_rest_api.api.samplers.get_sampler import OPERATION

        request = OPERATION.build_request(check_segment("sampler_id", sampler_id))
        return self._call(OPERATION, request, OPERATION.read_success)

    get_training_run_async = async_variant(get_training_run)
    get_training_run_by_tinker_path_async = async_variant(get_training_run_by_tinker_path)
    list_training_runs_async = async_variant(list_training_runs)
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
    get_session_async = async_variant(get_session)
    list_sessions_async = async_variant(list_sessions)
    get_sampler_async = async_variant(get_sampler)

    def _change(
        self,
        operation_name: str,
        training_run_id: str,
        checkpoint_id: str,
        *,
        done_already: int = 0,
        **body: object,
    ) -> APIFuture[None]:
        run_id = check_segment("training_run_id", training_run_id)
        kind, name = split_checkpoint_id(checkpoint_id)
        operation, request = _for_checkpoint(operation_name, run_id, kind, name, **body)
        return self._submit(
            self._prepare(operation, request, answers.nothing, done_already=frozenset((done_already,)))
        )


def _parsed(tinker_path: str) -> ParsedCheckpointTinkerPath:
    return ParsedCheckpointTinkerPath.from_tinker_path(tinker_path)


def _for_checkpoint(
    name: str, run_id: str, kind: str | None, checkpoint: str, **body: object
) -> tuple[Operation[..., Any], dict[str, Any]]:
    """The operation and its request for a checkpoint that has a kind, or for one that has a bare id."""
    suffix, ids = ("", (run_id, kind, checkpoint)) if kind else ("_by_bare_id", (run_id, checkpoint))
    operation: Operation[..., Any] = import_module(f"tinker_rest_api.api.checkpoints.{name}{suffix}").OPERATION
    return operation, operation.build_request(*ids, **body)
