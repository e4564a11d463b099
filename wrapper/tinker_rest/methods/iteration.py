"""The methods of `RestClient` that go over whole listings."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from tinker_rest.calling import answers
from tinker_rest.calling.calling_client import CallingClient
from tinker_rest.futures import APIFuture
from tinker_rest.methods.arguments import (
    AccessScopeName,
    check_access_scope,
    check_page_size,
    check_project_id,
    check_total_limit,
)
from tinker_rest_api.types import UNSET, Operation

if TYPE_CHECKING:
    from tinker_rest.iteration.paged_items import PagedItems
    from tinker_rest.iteration.plans import Ask, Page
    from tinker_rest.network.transport import Answer
    from tinker_rest.types import Checkpoint, SessionSearchRequest, SessionSummary, TrainingRun

T = TypeVar("T")


class IterationMethods(CallingClient):
    """Goes over whole listings; see `RestClient`."""

    def iter_training_runs(
        self,
        *,
        page_size: int = 500,
        limit: int | None = None,
        access_scope: AccessScopeName = "owned",
        project_id: str | None = None,
    ) -> PagedItems[TrainingRun]:
        """Go over all training runs, the one that was used last first, with `for` or `async for`.

        Runs that are used, or begun, meanwhile may come last. `PagedItems` says what else is promised.

        Args:
            page_size: The most runs to ask the server for at once; 500 by default, and never fewer than 2.
                Servers have an upper bound.
            limit: After how many runs to end; None, the default, for all.
            access_scope: `owned` (the default) for one's own runs, `accessible` for all that one may read.
            project_id: The project whose runs to go over; the runs of all projects, and of none, where it is
                None.

        Raises:
            APIResponseValidationError: By the iteration: the server gives the same page at every offset.
            BadRequestError or UnprocessableEntityError: By the iteration: `page_size` is more than the server
                allows.

        Calls the operation `list_training_runs`.
        """
        from tinker_rest_api.api.training_runs.list_training_runs import OPERATION

        given = {
            "access_scope": check_access_scope(access_scope),
            "project_id": UNSET if project_id is None else check_project_id("project_id", project_id),
        }
        read = answers.with_run_ids(OPERATION.read_success)
        return self._by_offset(
            "iter_training_runs",
            OPERATION,
            lambda answer: _of_runs(read(answer)),
            given,
            page_size,
            limit,
            is_reordered=True,
        )

    def iter_user_checkpoints(self, *, page_size: int = 500, limit: int | None = None) -> PagedItems[Checkpoint]:
        """Go over the checkpoints of all one's training runs, newest first, with `for` or `async for`.

        They may be deleted meanwhile: none is skipped. `PagedItems` says what else is promised.

        Args:
            page_size: The most checkpoints to ask the server for at once; 500 by default, and never fewer than
                2. Servers have an upper bound.
            limit: After how many checkpoints to end; None, the default, for all.

        Raises:
            APIResponseValidationError: By the iteration: the server gives the same page at every offset.
            BadRequestError or UnprocessableEntityError: By the iteration: `page_size` is more than the server
                allows.

        Calls the operation `list_user_checkpoints`.
        """
        from tinker_rest_api.api.checkpoints.list_user_checkpoints import OPERATION

        read = answers.with_run_ids(OPERATION.read_success)
        return self._by_offset(
            "iter_user_checkpoints", OPERATION, lambda answer: _of_checkpoints(read(answer)), {}, page_size, limit
        )

    def iter_sessions(
        self, *, page_size: int = 500, limit: int | None = None, access_scope: AccessScopeName = "owned"
    ) -> PagedItems[str]:
        """Go over the ids of all sessions that were ever created, with `for` or `async for`.

        `PagedItems` says what is promised where sessions appear meanwhile.

        Args:
            page_size: The most ids to ask the server for at once; 500 by default, and never fewer than 2.
                Servers have an upper bound.
            limit: After how many ids to end; None, the default, for all.
            access_scope: `owned` (the default) for one's own sessions, `accessible` for all that one may read.

        Raises:
            APIResponseValidationError: By the iteration: the server gives the same page at every offset.
            BadRequestError or UnprocessableEntityError: By the iteration: `page_size` is more than the server
                allows.

        Calls the operation `list_sessions`.
        """
        from tinker_rest_api.api.sessions.list_sessions import OPERATION

        given = {"access_scope": check_access_scope(access_scope)}
        return self._by_offset(
            "iter_sessions",
            OPERATION,
            lambda answer: _of_sessions(OPERATION.read_success(answer)),
            given,
            page_size,
            limit,
        )

    def iter_search_sessions(
        self, request: SessionSearchRequest, *, page_size: int | None = None, limit: int | None = None
    ) -> PagedItems[SessionSummary]:
        """Go over all sessions that a search finds, newest first, with `for` or `async for`. Experimental.

        Servers may change or drop the search. A page without sessions is not the end where the server says that
        more follow. `PagedItems` says what else is promised.

        Args:
            request: What to search for, as for `search_sessions`; where it has a cursor, that is the beginning.
            page_size: The most sessions to ask the server for at once, from 1 to 200; as many as the `limit` of
                the request says, 50 by default, where it is None.
            limit: After how many sessions to end; None, the default, for all.

        Raises:
            APIResponseValidationError: By the iteration: the server gives a cursor that it gave before.
            PermissionDeniedError: By the iteration: one may not list a project of the request.

        Calls the operation `search_sessions`.
        """
        from tinker_rest.iteration.cursor_plan import CursorPlan, cursor_text
        from tinker_rest.iteration.page_feed import PageFeed
        from tinker_rest.iteration.paged_items import PagedItems
        from tinker_rest.iteration.plans import Page
        from tinker_rest.methods.session_search import check_search
        from tinker_rest_api.api.sessions.search_sessions import OPERATION

        wanted = copy.deepcopy(check_search(request))
        if page_size is not None:
            wanted = check_search(wanted.model_copy(update={"limit": page_size}))
        most = check_total_limit(limit)
        self._refuse_closed()

        def fetch(ask: Ask) -> APIFuture[Page[SessionSummary]]:
            def read(answer: Answer) -> Page[SessionSummary]:
                found = OPERATION.read_success(answer)
                ids = [session.session_id for session in found.sessions]
                ask.refuse_circles(ids)
                if found.next_cursor is not None and cursor_text(found.next_cursor) in ask.used_cursors:
                    raise ValueError("next_cursor is one that came before, so the search would never end")
                return Page(found.sessions, ids, next_cursor=found.next_cursor)

            body = wanted.model_copy(update={"limit": ask.limit, "cursor": ask.cursor})
            return self._call(OPERATION, OPERATION.build_request(body=body), read)

        def begin() -> PageFeed[SessionSummary]:
            return PageFeed(CursorPlan(wanted.limit, most, wanted.cursor), fetch)

        return PagedItems(begin, "iter_search_sessions")

    def _by_offset(
        self,
        name: str,
        operation: Operation[..., Any],
        read: Callable[[Answer], Page[T]],
        given: dict[str, Any],
        page_size: int,
        limit: int | None,
        *,
        is_reordered: bool = False,
    ) -> PagedItems[T]:
        from tinker_rest.iteration.offset_plan import OffsetPlan
        from tinker_rest.iteration.page_feed import PageFeed
        from tinker_rest.iteration.paged_items import PagedItems

        size, most = check_page_size(page_size), check_total_limit(limit)
        self._refuse_closed()

        def fetch(ask: Ask) -> APIFuture[Page[T]]:
            def read_and_check(answer: Answer) -> Page[T]:
                page = read(answer)
                ask.refuse_circles(page.ids)
                return page

            request = operation.build_request(limit=ask.limit, offset=ask.offset, **given)
            return self._call(operation, request, read_and_check)

        return PagedItems(lambda: PageFeed(OffsetPlan[T](size, most, is_reordered=is_reordered), fetch), name)


def _of_runs(response: Any) -> Page[TrainingRun]:
    from tinker_rest.iteration.plans import Page

    runs = response.training_runs
    total = response.cursor.total_count if response.cursor else None
    return Page(runs, [run.training_run_id for run in runs], total)


def _of_checkpoints(response: Any) -> Page[Checkpoint]:
    from tinker_rest.iteration.plans import Page

    checkpoints = response.checkpoints
    total = response.cursor.total_count if response.cursor else None
    return Page(checkpoints, [checkpoint.tinker_path for checkpoint in checkpoints], total)


def _of_sessions(response: Any) -> Page[str]:
    from tinker_rest.iteration.plans import Page

    return Page(response.sessions, response.sessions)
