"""Data for an organization's administrators."""

from datetime import date

from starlette.responses import Response

from tinker_rest_sandbox._audit import log_of_day
from tinker_rest_sandbox._calls import Backend, Call
from tinker_rest_sandbox._responses import ApiError, json_response
from tinker_rest_sandbox._stored_files import audit_path
from tinker_rest_sandbox._usage import billing_usage, storage_usage


def get_audit_log(backend: Backend, call: Call) -> Response:
    """Today's log, or a redirect to the log of an earlier day."""
    backend.organization.check_administrator(call.caller)
    event_type = call.query["event_type"]
    today = backend.clock.now().date()
    day = _parsed_day(call.query["day"]) if "day" in call.query else today
    if day >= today:
        return json_response(200, log_of_day(backend, event_type, day))
    location, _ = backend.signer.sign(audit_path(event_type, day))
    return Response(status_code=302, headers={"Location": location, "Cache-Control": "no-store"})


def get_billing_usage(backend: Backend, call: Call) -> Response:
    """Usage in a period."""
    backend.organization.check_administrator(call.caller)
    return json_response(200, billing_usage(backend, call.query["starting_on"], call.query["ending_before"]))


def get_current_checkpoint_storage_usage(backend: Backend, call: Call) -> Response:
    """Current storage."""
    backend.organization.check_administrator(call.caller)
    return json_response(200, storage_usage(backend, call.query.get("project_id")))


def _parsed_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:  # the format allows the year 0
        raise ApiError(400, "day is not a valid day.") from None
