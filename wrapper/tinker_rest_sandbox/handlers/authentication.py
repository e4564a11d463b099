"""How a credential becomes a token."""

from __future__ import annotations

from ..answers import Answer, json_answer
from ..calls import Backend, Call


def get_client_config(_backend: Backend, _call: Call) -> Answer:
    """That tokens are wanted."""
    return json_answer(200, {"pjwt_auth_enabled": True, "credential_default_source": "api_key"})


def exchange_credential(backend: Backend, call: Call) -> Answer:
    """A token of the caller."""
    return json_answer(
        200,
        {"jwt": backend.tokens.mint(backend.organization.users[call.caller])},
        (("Cache-Control", "no-store"),),
    )
