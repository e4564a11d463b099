"""The methods of `RestClient` for sessions and samplers."""

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
from tinker_rest.tinker_path import check_segment

if TYPE_CHECKING:
    from tinker_rest.types import (
        GetSamplerResponse,
        GetSessionResponse,
        ListSessionsResponse,
        SessionSearchRequest,
        SessionSearchResponse,
    )


class SessionMethods(CallingClient):
    """Looks up sessions and samplers, and moves and exports sessions; see `RestClient`."""

    def get_session(
        self, session_id: str, access_scope: AccessScopeName = "owned"
    ) -> APIFuture[GetSessionResponse]:
        """Get the ids of a session's training runs and samplers.

        Args:
            session_id: The id of the session.
            access_scope: `owned` (the default) for a session of one's own, `accessible` for any that one may
                read.

        Raises:
            NotFoundError: By the future: there is no such session, or it is not within the scope.

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
            limit: The most ids that the page may hold; 20 by default. Servers have an upper bound.
            offset: How many ids to leave out before the page begins; 0 by default.
            access_scope: `owned` (the default) for one's own sessions, `accessible` for all that one may read.

        Raises:
            BadRequestError or UnprocessableEntityError: By the future: `limit` is more than the server allows.

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

        Args:
            sampler_id: The id of the sampler, such as `SESSION_ID:sample:0`.

        Raises:
            NotFoundError: By the future: there is no such sampler, or one may not read it.

        Calls the operation `get_sampler`.
        """
        from tinker_rest_api.api.samplers.get_sampler import OPERATION

        request = OPERATION.build_request(check_segment("sampler_id", sampler_id, may_have_slash=True))
        return self._call(OPERATION, request, OPERATION.read_success)

    def search_sessions(self, request: SessionSearchRequest) -> APIFuture[SessionSearchResponse]:
        """Search the sessions of one's organization, newest first. Experimental: servers may change or drop it.

        One page is returned. Ask for the next one with `request.model_copy(update={"cursor": page.next_cursor})`,
        until `next_cursor` is None.

        Args:
            request: What to search for; all that is given must fit. Without an owner, one's own sessions are
                searched; a page has 50 sessions, or as many as `limit` says, from 1 to 200.

        Raises:
            PermissionDeniedError: By the future: one may not list a project of the request.

        Calls the operation `search_sessions`.
        """
        from tinker_rest.methods.session_search import check_search
        from tinker_rest_api.api.sessions.search_sessions import OPERATION

        request_of_page = OPERATION.build_request(body=check_search(request))
        return self._call(OPERATION, request_of_page, OPERATION.read_success)

    def assign_session_project(self, session_id: str, project_id: str) -> APIFuture[None]:
        """Move a session, with its training runs and samplers, into a project.

        It can be moved on to another project, but not out of all projects.

        Args:
            session_id: The id of the session.
            project_id: The id of the project.

        Raises:
            NotFoundError: By the future: there is no such session, or it is somebody else's.
            PermissionDeniedError: By the future: one may not add to the project.

        Calls the operation `assign_session_project`.
        """
        from tinker_rest_api.api.sessions.assign_session_project import OPERATION
        from tinker_rest_api.models.assign_session_project_request import AssignSessionProjectRequest

        session = check_segment("session_id", session_id)
        body = AssignSessionProjectRequest(project_id=check_project_id("project_id", project_id))
        return self._call(OPERATION, OPERATION.build_request(session, body=body), answers.nothing)

    def export_session_trace(self, session_id: str) -> APIFuture[str]:
        """Export what a session trained and sampled as a Perfetto trace, and get a signed URL of the file.

        The server is asked every few seconds until the trace is built, for at most `archive_timeout` seconds;
        `on_retry` is called before each wait. The URL works for about an hour and needs no API key. Calling this
        again gives a new URL without building the trace anew.

        Args:
            session_id: The id of the session.

        Raises:
            NotFoundError: By the future: there is no such session, or one may not read it.
            SessionTraceExportError: By the future: the server could not build the trace.
            APITimeoutError: By the future: the trace was not built in time.

        Calls the operation `export_session_trace`.
        """
        from tinker_rest.calling.trace_export import TraceExport
        from tinker_rest_api.api.sessions.export_session_trace import OPERATION

        request = OPERATION.build_request(check_segment("session_id", session_id))
        return self._submit(TraceExport(request, self._options))

    get_session_async = async_variant(get_session)
    list_sessions_async = async_variant(list_sessions)
    search_sessions_async = async_variant(search_sessions)
    assign_session_project_async = async_variant(assign_session_project)
    export_session_trace_async = async_variant(export_session_trace)
    get_sampler_async = async_variant(get_sampler)
