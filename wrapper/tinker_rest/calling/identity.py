"""Finds out who the caller is."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tinker_rest.authentication.tokens import identity_in
from tinker_rest.calling.options import CallOptions
from tinker_rest.calling.sending import Sender
from tinker_rest.errors import APIError, APITimeoutError, CredentialsError

if TYPE_CHECKING:
    from tinker_rest.types import WhoamiResponse


class Identity:
    """Reads who the caller is from a token.

    Args:
        options: How long to wait for the token.
    """

    def __init__(self, options: CallOptions) -> None:
        """Keep how long to wait; nothing is sent yet."""
        self._options = options

    async def run(self, sender: Sender) -> WhoamiResponse:
        """Return it. Raises TinkerError."""
        from tinker_rest.types import WhoamiResponse

        if sender.authenticator is None:
            raise CredentialsError("default_headers hold an X-API-Key, which is not exchanged for a token")
        timeout = self._options.timeout
        try:
            async with asyncio.timeout(timeout):
                token = await sender.authenticator.identity_token()
        except TimeoutError:
            message = f"no token after {timeout:g} s (timeout)"
            raise APITimeoutError(message, operation_id="exchange_credential") from None
        try:
            user, organization, email = identity_in(token)
        except ValueError as error:
            raise APIError(
                f"the token does not say who it is for: {error}", operation_id="exchange_credential"
            ) from None
        return WhoamiResponse(user_urn=user, org_urn=f"tml:organization:{organization}", email=email)
