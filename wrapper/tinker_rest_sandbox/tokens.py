"""JSON Web Tokens that take the place of an API key, and who a credential belongs to."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from typing import Any, Literal

from .answers import Refusal
from .clock import Clock
from .organization import ORGANIZATION_ID, Organization, User

WantsTokens = Literal["offered", "required", "absent"]

ISSUER = "passport-sandbox"
INVALID_TOKEN = (("WWW-Authenticate", 'Bearer error="invalid_token"'),)

_HEADER = {"alg": "HS256", "typ": "JWT"}


class Tokens:
    """Mints tokens and reads them.

    Args:
        clock: By this the tokens expire.
        lifetime_seconds: How long a token works, in seconds.
    """

    def __init__(self, clock: Clock, lifetime_seconds: int) -> None:
        self._clock = clock
        self._lifetime_seconds = lifetime_seconds
        self._secret = secrets.token_bytes(32)

    def mint(self, user: User) -> str:
        """A token of a user. It is a secret."""
        issued = int(self._clock.now().timestamp())
        claims = {
            "iss": ISSUER,
            "sub": user.urn,
            "org_id": ORGANIZATION_ID,
            "email": user.email,
            "iat": issued,
            "exp": issued + self._lifetime_seconds,
        }
        content = f"{_encoded(_json(_HEADER))}.{_encoded(_json(claims))}"
        return f"{content}.{self._signature(content)}"

    def read(self, token: str) -> str:
        """The URN of the user that a token belongs to.

        Raises:
            Refusal: If the token was not minted here, was revoked or has expired; 401.
        """
        content, _, signature = token.rpartition(".")
        if not hmac.compare_digest(self._signature(content).encode(), signature.encode()):
            raise Refusal(401, "The token is not valid.", INVALID_TOKEN)
        payload = content.partition(".")[2]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        if claims["exp"] <= self._clock.now().timestamp():
            raise Refusal(401, "The token has expired.", INVALID_TOKEN)
        return str(claims["sub"])

    def revoke(self) -> None:
        """Take none of the tokens made so far any longer."""
        self._secret = secrets.token_bytes(32)

    def _signature(self, content: str) -> str:
        return _encoded(hmac.new(self._secret, content.encode(), hashlib.sha256).digest())


class Credentials:
    """Knows whom the value of an `X-API-Key` header belongs to.

    Args:
        organization: The users and their API keys.
        tokens: Reads the tokens.
        wants_tokens: `offered`: keys and tokens are taken. `required`: keys are only taken to be exchanged.
            `absent`: there are no tokens.
    """

    def __init__(self, organization: Organization, tokens: Tokens, wants_tokens: WantsTokens) -> None:
        self._organization = organization
        self._tokens = tokens
        self._wants_tokens = wants_tokens

    def caller(self, credential: str | None, *, may_be_a_key: bool) -> str:
        """The user that a credential belongs to.

        Args:
            credential: The value of the header, or None without it.
            may_be_a_key: Whether a key is taken even where tokens are required.

        Raises:
            Refusal: If it belongs to nobody or is not what the server takes; 401.
        """
        if not credential:
            raise Refusal(401, "Missing API key: send it in the X-API-Key header.")
        caller = self._organization.callers.get(credential)
        if caller is None:
            if credential.startswith("eyJ") and self._wants_tokens != "absent":
                return self._organization.owners_by_urn[self._tokens.read(credential)]
            raise Refusal(401, "Invalid API key.")
        if self._wants_tokens == "required" and not may_be_a_key:
            raise Refusal(401, "This server takes no API key but a token that the key is exchanged for.")
        return caller


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
