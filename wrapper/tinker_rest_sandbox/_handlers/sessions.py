"""Sessions with their runs and samplers."""

from datetime import timedelta

from starlette.responses import Response

from tinker_rest_sandbox import _representations as representations
from tinker_rest_sandbox import _search
from tinker_rest_sandbox._access import find_session, may_read_sampler
from tinker_rest_sandbox._audit import record_project_of_session
from tinker_rest_sandbox._calls import Backend, Call
from tinker_rest_sandbox._responses import ApiError, json_response, no_content
from tinker_rest_sandbox._stored_files import trace_path

TRACE_URL_LIFETIME = timedelta(hours=1)


def list_sessions(backend: Backend, call: Call) -> Response:
    """One page of session IDs."""
    ids = backend.store.page_of_sessions(call.caller, call.page, accessible=call.accessible)
    return json_response(200, {"sessions": ids})


def get_session(backend: Backend, call: Call) -> Response:
    """The runs and samplers of a session that the caller may read."""
    session_id = call.path["session_id"]
    row = find_session(backend, session_id, call.caller, accessible=call.accessible)
    samplers = backend.store.samplers_of_session(session_id)
    return json_response(
        200,
        {
            "training_run_ids": backend.store.runs_of_session(session_id, call.caller),
            "sampler_ids": [s["sampler_id"] for s in samplers if may_read_sampler(backend, call, s)],
            "user_metadata": representations.metadata(row),
            "display_name": row["display_name"],
        },
    )


def search_sessions(backend: Backend, call: Call) -> Response:
    """One page of the sessions that match."""
    return json_response(200, _search.search_sessions(backend, call.caller, call.body))


def assign_session_project(backend: Backend, call: Call) -> Response:
    """Move a session and its runs into a project."""
    session_id, project_id = call.path["session_id"], call.body["project_id"]
    if find_session(backend, session_id, call.caller, accessible=True)["owner"] != call.caller:
        raise ApiError(403, "Only the owner of the session may do this.")
    backend.organization.check_project(project_id)
    backend.store.assign_project(session_id, project_id)
    record_project_of_session(backend, call, session_id, project_id)
    return no_content()


def export_session_trace(backend: Backend, call: Call) -> Response:
    """The state of a session's trace; the first request starts building it."""
    session_id = call.path["session_id"]
    find_session(backend, session_id, call.caller)
    runs = backend.store.runs_of_session(session_id, call.caller)
    if not runs and not backend.store.samplers_of_session(session_id):
        return json_response(200, {"status": "failed", "error": "The session has no requests."})
    path = trace_path(session_id)
    if not backend.builds.is_ready(path):
        return json_response(200, {"status": "pending"}, {"Retry-After": "1"})
    url, _ = backend.signer.sign(path, TRACE_URL_LIFETIME)
    return json_response(200, {"status": "ready", "url": url})
