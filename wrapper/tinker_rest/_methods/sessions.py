"""The methods of `RestClient` for sessions and samplers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from attrs import evolve

from tinker_rest import _arguments as arguments
from tinker_rest._arguments import AccessScopeName
from tinker_rest._base import BaseClient
from tinker_rest._lazy import LazyModule, models, types
from tinker_rest._methods import pagination, parsing
from tinker_rest._redaction import summarize
from tinker_rest._retry import Attempts, Policy, time_limit
from tinker_rest._workers import here
from tinker_rest.errors import APITimeoutError, SessionTraceExportError
from tinker_rest.futures import APIFuture, async_variant
from tinker_rest.paths import segment

if TYPE_CHECKING:
    from tinker_rest._work import Work

api = LazyModule("tinker_rest_api.api.sessions")
samplers_api = LazyModule("tinker_rest_api.api.samplers")

DEFAULT_TRACE_TIMEOUT = 900.0
MIN_POLL_SECONDS = 0.2
POLL_SECONDS = 2.0  # if the server does not say when to ask again


class SessionMethods(BaseClient):
    """Looks up sessions and samplers, moves and exports sessions; see `RestClient`."""

    def get_session(
        self, session_id: str, access_scope: AccessScopeName = "owned"
    ) -> APIFuture[types.GetSessionResponse]:
        """Get the IDs of a session's training runs and samplers. Calls the operation `get_session`.

        Args:
            session_id: The ID of the session.
            access_scope: `owned` (the default) for your own sessions, `accessible` for every session you can read.

        Raises:
            NotFoundError: The session does not exist, or is not in the scope (raised by the future).
        """
        session, scope = segment("session_id", session_id), arguments.scope(access_scope)
        return self._submit(api.get_session, session, access_scope=scope)

    def list_sessions(
        self, limit: int = 20, offset: int = 0, access_scope: AccessScopeName = "owned"
    ) -> APIFuture[types.ListSessionsResponse]:
        """List the IDs of all sessions, active or not (one page). Calls the operation `list_sessions`.

        Args:
            limit: The maximum number of IDs in the page; 20 by default. Servers have an upper bound.
            offset: The number of IDs to skip before the page; 0 by default.
            access_scope: `owned` (the default) for your own sessions, `accessible` for every session you can read.

        Raises:
            BadRequestError or UnprocessableEntityError: `limit` is too large (raised by the future).
        """
        page, scope = arguments.page(limit, offset, 20), arguments.scope(access_scope)
        return self._submit(api.list_sessions, **page, access_scope=scope)

    def iter_sessions(
        self, *, page_size: int = 500, max_items: int | None = None, access_scope: AccessScopeName = "owned"
    ) -> pagination.Paginator[str]:
        """Iterate over the IDs of all sessions; see `Paginator`. Calls the operation `list_sessions`.

        Args:
            page_size: How many IDs to request at once, at least 2; 500 by default. Servers have an upper bound.
            max_items: The maximum number of IDs; None, the default, for all.
            access_scope: `owned` (the default) for your own sessions, `accessible` for every session you can read.
        """
        self._refuse_closed()
        submit = partial(self._submit, api.list_sessions, access_scope=arguments.scope(access_scope))
        plan = partial(pagination.OffsetPlan[str], page_size, max_items)
        return pagination.Paginator("iter_sessions", submit, parsing.sessions_page, plan)

    def get_sampler(self, sampler_id: str) -> APIFuture[types.GetSamplerResponse]:
        """Get a sampler's base model and its checkpoint, if any. Calls the operation `get_sampler`.

        Args:
            sampler_id: The ID of the sampler, such as `SESSION_ID:sample:0`.

        Raises:
            NotFoundError: The sampler does not exist, or you cannot read it (raised by the future).
        """
        return self._submit(samplers_api.get_sampler, segment("sampler_id", sampler_id, allow_slash=True))

    def search_sessions(self, request: types.SessionSearchRequest) -> APIFuture[types.SessionSearchResponse]:
        """Search the sessions of your organization, newest first (one page).

        Experimental: servers may change or remove this operation. Calls `search_sessions`. Get the next page with
        `request.model_copy(update={"cursor": page.next_cursor})` until `next_cursor` is None.

        Args:
            request: What to search for; all criteria must match. Without an owner, your own sessions are searched.
                A page has 50 sessions, or as many as `limit` says, from 1 to 200.

        Raises:
            PermissionDeniedError: You cannot list a project of the request (raised by the future).
            UnprocessableEntityError: The server does not accept the request (raised by the future).
        """
        return self._submit(api.search_sessions, body=arguments.search(models.SessionSearchRequest, request))

    def iter_session_search(
        self, request: types.SessionSearchRequest, *, page_size: int | None = None, max_items: int | None = None
    ) -> pagination.Paginator[types.SessionSummary]:
        """Iterate over all sessions that a search finds, newest first, with `for` or `async for`; see `Paginator`.

        Experimental: servers may change or remove this operation. Calls `search_sessions`.

        Args:
            request: What to search for, as for `search_sessions`. Starts at its cursor, if it has one.
            page_size: How many sessions to request at once, from 1 to 200; None, the default, for `request.limit`.
            max_items: The maximum number of sessions; None, the default, for all.

        Raises:
            PermissionDeniedError: You cannot list a project of the request (raised by the iteration).
            UnprocessableEntityError: The server does not accept the request (raised by the iteration).
        """
        self._refuse_closed()
        wanted = arguments.search(models.SessionSearchRequest, request, page_size)
        submit = partial(self._submit, api.search_sessions)
        plan = partial(pagination.CursorPlan[Any], wanted.limit, max_items, wanted)
        return pagination.Paginator("iter_session_search", submit, parsing.sessions_page, plan)

    def assign_session_project(self, session_id: str, project_id: str) -> APIFuture[None]:
        """Move a session, with its training runs and samplers, into a project.

        You can move it again, but not out of all projects. Calls the operation `assign_session_project`.

        Args:
            session_id: The ID of the session.
            project_id: The ID of the project.

        Raises:
            NotFoundError: The session does not exist, or you do not own it (raised by the future).
            PermissionDeniedError: You cannot add to the project (raised by the future).
        """
        session = segment("session_id", session_id)
        body = models.AssignSessionProjectRequest(project_id=segment("project_id", project_id, allow_slash=True))
        return self._submit(api.assign_session_project, session, body=body, read=parsing.parse_empty)

    def export_session_trace(
        self, session_id: str, *, timeout: float | timedelta | None = DEFAULT_TRACE_TIMEOUT
    ) -> APIFuture[str]:
        """Export what a session trained and sampled as a Perfetto trace, and get a signed URL of the file.

        Polls the server every few seconds until the trace is built; `on_retry` is called before each wait. The URL
        works for about an hour and needs no API key. Calling this again returns a new URL without building the
        trace again. Calls the operation `export_session_trace`.

        Args:
            session_id: The ID of the session.
            timeout: How long to wait in all, in seconds or as a timedelta; 900 seconds by default, None for no
                limit. The client's limits apply to each poll.

        Raises:
            NotFoundError: The session does not exist, or you cannot read it (raised by the future).
            SessionTraceExportError: The server could not build the trace (raised by the future).
            APITimeoutError: The trace was not built in time (raised by the future).
        """
        limit = time_limit("timeout", timeout)
        session = segment("session_id", session_id)
        policy = Policy(is_secret=True)
        poll = partial(self._submit, api.export_session_trace, session, policy=policy, read=parsing.trace_export)
        return self._run("export_session_trace", partial(_export_trace, poll, limit))

    get_session_async = async_variant(get_session)
    list_sessions_async = async_variant(list_sessions)
    get_sampler_async = async_variant(get_sampler)
    search_sessions_async = async_variant(search_sessions)
    assign_session_project_async = async_variant(assign_session_project)
    export_session_trace_async = async_variant(export_session_trace)


def _export_trace(poll: Callable[[], APIFuture[Any]], timeout: float | None, work: Work[str]) -> str:
    polls = Attempts("export_session_trace", evolve(work.options, timeout=timeout))

    def give_up() -> None:
        work.fail(
            APITimeoutError(message=f"the trace is not built within {timeout:g} s (timeout)", **polls.facts())
        )

    if timeout is not None:
        here().at(polls.deadline(), give_up)
    while True:
        polls.count += 1
        export, delay = work.call(poll)
        if export.status == "ready":
            return str(export.url)
        if export.status == "failed":
            reason = summarize(export.error or "the server gave no reason")
            raise SessionTraceExportError(f"the trace cannot be built: {reason}", **polls.facts())
        delay = POLL_SECONDS if delay is None else max(delay, MIN_POLL_SECONDS)
        polls.notify("the trace is being built", delay)
        work.wait(delay)
