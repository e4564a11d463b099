"""The methods of `RestClient` for sessions and samplers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tinker_rest.arguments import AccessScopeName, check_access_scope, check_limit, check_offset
from tinker_rest.calling_client import CallingClient
from tinker_rest.futures import APIFuture, async_variant
from tinker_rest.tinker_path import check_segment

if TYPE_CHECKING:
    from tinker_rest.types import GetSamplerResponse, GetSessionResponse, ListSessionsResponse


class SessionMethods(CallingClient):
    """Looks up sessions and samplers; see `RestClient`."""

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

    get_session_async = async_variant(get_session)
    list_sessions_async = async_variant(list_sessions)
    get_sampler_async = async_variant(get_sampler)
