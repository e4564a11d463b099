"""The methods of `RestClient` for training runs."""

from __future__ import annotations

from functools import partial
from typing import Any

from tinker_rest import _arguments as arguments
from tinker_rest._arguments import AccessScopeName
from tinker_rest._base import BaseClient
from tinker_rest._lazy import LazyModule, types
from tinker_rest._methods import pagination, parsing
from tinker_rest.futures import APIFuture, async_variant
from tinker_rest.paths import readable_path, segment

api = LazyModule("tinker_rest_api.api.training_runs")


class TrainingRunMethods(BaseClient):
    """Looks up training runs; see `RestClient`."""

    def get_training_run(
        self, training_run_id: str, access_scope: AccessScopeName = "owned"
    ) -> APIFuture[types.TrainingRun]:
        """Get a training run: its base model, owner, LoRA settings and latest checkpoints.

        Calls the operation `get_training_run`.

        Args:
            training_run_id: The ID of the run.
            access_scope: `owned` (the default) for your own runs, `accessible` for every run you can read.

        Raises:
            NotFoundError: The run does not exist, or is not in the scope (raised by the future).
        """
        run_id, scope = segment("training_run_id", training_run_id), arguments.scope(access_scope)
        return self._submit(api.get_training_run, run_id, access_scope=scope, read=parsing.with_run_ids)

    def get_training_run_by_tinker_path(
        self, tinker_path: str, access_scope: AccessScopeName = "owned"
    ) -> APIFuture[types.TrainingRun]:
        """Get the training run that saved a checkpoint, even a deleted one.

        Calls `get_training_run` with its ID, and raises the same errors.

        Args:
            tinker_path: The address of the checkpoint, `tinker://RUN_ID/weights/NAME`, or in the form of another
                server.
            access_scope: `owned` (the default) for your own runs, `accessible` for every run you can read.
        """
        return self.get_training_run(readable_path(tinker_path)[1], access_scope)

    def list_training_runs(
        self,
        limit: int = 20,
        offset: int = 0,
        access_scope: AccessScopeName = "owned",
        project_id: str | None = None,
    ) -> APIFuture[types.TrainingRunsResponse]:
        """List training runs, most recently used first (one page).

        A short page may not be the last one, but an empty one is. Calls the operation `list_training_runs`.

        Args:
            limit: The maximum number of runs in the page; 20 by default. Servers have an upper bound.
            offset: The number of runs to skip before the page; 0 by default.
            access_scope: `owned` (the default) for your own runs, `accessible` for every run you can read.
            project_id: List only the runs of this project; None, the default, for all runs.

        Raises:
            BadRequestError or UnprocessableEntityError: `limit` is too large (raised by the future).
        """
        query = {**arguments.page(limit, offset, 20), "access_scope": arguments.scope(access_scope)}
        project = arguments.optional_project(project_id)
        return self._submit(api.list_training_runs, **query, project_id=project, read=parsing.with_run_ids)

    def iter_training_runs(
        self,
        *,
        page_size: int = 500,
        max_items: int | None = None,
        access_scope: AccessScopeName = "owned",
        project_id: str | None = None,
    ) -> pagination.Paginator[types.TrainingRun]:
        """Iterate over training runs, most recently used first; see `Paginator`. Calls `list_training_runs`.

        Args:
            page_size: How many runs to request at once, at least 2; 500 by default. Servers have an upper bound.
            max_items: The maximum number of runs; None, the default, for all.
            access_scope: `owned` (the default) for your own runs, `accessible` for every run you can read.
            project_id: Iterate only over the runs of this project; None, the default, for all runs.
        """
        self._refuse_closed()
        scope, project = arguments.scope(access_scope), arguments.optional_project(project_id)
        submit = partial(self._submit, api.list_training_runs, access_scope=scope, project_id=project)
        plan = partial(pagination.OffsetPlan[Any], page_size, max_items, is_reordered=True)
        return pagination.Paginator("iter_training_runs", submit, parsing.runs_page, plan)

    get_training_run_async = async_variant(get_training_run)
    get_training_run_by_tinker_path_async = async_variant(get_training_run_by_tinker_path)
    list_training_runs_async = async_variant(list_training_runs)
