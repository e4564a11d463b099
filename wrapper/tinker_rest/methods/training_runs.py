"""The methods of `RestClient` for training runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tinker_rest.calling import answers
from tinker_rest.calling.calling_client import CallingClient
from tinker_rest.futures import APIFuture, async_variant
from tinker_rest.methods.arguments import (
    AccessScopeName,
    check_access_scope,
    check_limit,
    check_offset,
    check_project_id,
)
from tinker_rest.tinker_path import ParsedCheckpointTinkerPath, check_segment
from tinker_rest_api.types import UNSET

if TYPE_CHECKING:
    from tinker_rest.types import TrainingRun, TrainingRunsResponse


class TrainingRunMethods(CallingClient):
    """Looks up training runs; see `RestClient`."""

    def get_training_run(
        self, training_run_id: str, access_scope: AccessScopeName = "owned"
    ) -> APIFuture[TrainingRun]:
        """Get a training run: its base model, owner, LoRA settings and last checkpoints.

        Args:
            training_run_id: The id of the run.
            access_scope: `owned` (the default) for a run of one's own, `accessible` for any that one may read.

        Raises:
            NotFoundError: By the future: there is no such run, or it is not within the scope.

        Calls the operation `get_training_run`.
        """
        from tinker_rest_api.api.training_runs.get_training_run import OPERATION

        run_id = check_segment("training_run_id", training_run_id)
        request = OPERATION.build_request(run_id, access_scope=check_access_scope(access_scope))
        return self._call(OPERATION, request, answers.with_run_ids(OPERATION.read_success))

    def get_training_run_by_tinker_path(
        self, tinker_path: str, access_scope: AccessScopeName = "owned"
    ) -> APIFuture[TrainingRun]:
        """Get the training run that saved a checkpoint. The checkpoint itself is not looked for.

        Args:
            tinker_path: The address of the checkpoint, `tinker://RUN_ID/weights/NAME`.
            access_scope: `owned` (the default) for a run of one's own, `accessible` for any that one may read.

        Raises:
            NotFoundError: By the future: there is no such run, or it is not within the scope.

        Calls the operation `get_training_run`.
        """
        path = ParsedCheckpointTinkerPath.from_tinker_path(tinker_path)
        return self.get_training_run(path.training_run_id, access_scope)

    def list_training_runs(
        self,
        limit: int = 20,
        offset: int = 0,
        access_scope: AccessScopeName = "owned",
        project_id: str | None = None,
    ) -> APIFuture[TrainingRunsResponse]:
        """List one page of training runs, the one that was used last first.

        The page may hold fewer than `limit` although more runs follow; an empty page is the end.

        Args:
            limit: The most runs that the page may hold; 20 by default. Servers have an upper bound.
            offset: How many runs to leave out before the page begins; 0 by default.
            access_scope: `owned` (the default) for one's own runs, `accessible` for all that one may read.
            project_id: The project whose runs to list; the runs of all projects, and of none, where it is None.

        Raises:
            BadRequestError or UnprocessableEntityError: By the future: `limit` is more than the server allows.

        Calls the operation `list_training_runs`.
        """
        from tinker_rest_api.api.training_runs.list_training_runs import OPERATION

        request = OPERATION.build_request(
            limit=check_limit(limit),
            offset=check_offset(offset),
            access_scope=check_access_scope(access_scope),
            project_id=UNSET if project_id is None else check_project_id("project_id", project_id),
        )
        return self._call(OPERATION, request, answers.with_run_ids(OPERATION.read_success))

    get_training_run_async = async_variant(get_training_run)
    get_training_run_by_tinker_path_async = async_variant(get_training_run_by_tinker_path)
    list_training_runs_async = async_variant(list_training_runs)
