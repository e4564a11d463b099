"""Exchanges credentials for tokens."""

from starlette.responses import Response

from tinker_rest_sandbox._calls import Backend, Call
from tinker_rest_sandbox._responses import json_response


def get_client_config(_backend: Backend, _call: Call) -> Response:
    """Tell clients to use tokens."""
    return json_response(200, {"pjwt_auth_enabled": True, "credential_default_source": "api_key"})


def exchange_credential(backend: Backend, call: Call) -> Response:
    """A token for the caller."""
    return json_response(
        200, {"jwt": backend.tokens.mint(backend.organization.users[call.caller])}, {"Cache-Control": "no-store"}
    )
