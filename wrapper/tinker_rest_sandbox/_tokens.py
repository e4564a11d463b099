"""JSON Web Tokens, which replace API keys, and the users that credentials belong to."""

import base64
import hashlib
import hmac
import json
import secrets
from typing import Literal

from attrs import define, field, frozen

from tinker_rest_sandbox._clock import Clock
from tinker_rest_sandbox._organization import ORGANIZATION_ID, Organization, User
from tinker_rest_sandbox._responses import ApiError

TokenExchange = Literal["optional", "required", "disabled"]

ISSUER = "passport-sandbox"
INVALID_TOKEN = {"WWW-Authenticate": 'Bearer error="invalid_token"'}

_HEADER = {"alg": "HS256", "typ": "JWT"}


@define
class Tokens:
    """Mints tokens, which expire after some seconds by a clock, and reads them."""

    _clock: Clock
    _lifetime_seconds: int
    _secret: bytes = field(factory=lambda: secrets.token_bytes(32), init=False, repr=False)

    def mint(self, user: User) -> str:
        """Create a token for a user. It is a secret."""
        issued = int(self._clock.now().timestamp())
        claims = {
            "iss": ISSUER,
            "sub": user.urn,
            "org_id": ORGANIZATION_ID,
            "email": user.email,
            "iat": issued,
            "exp": issued + self._lifetime_seconds,
        }
        parts = (json.dumps(part, separators=(",", ":")).encode() for part in (_HEADER, claims))
        content = ".".join(map(_encoded, parts))
        return f"{content}.{self._signature(content)}"

    def read(self, token: str) -> str:
        """The URN of a token's user; a 401 if it was not minted here, was revoked or has expired."""
        content, _, signature = token.rpartition(".")
        if not hmac.compare_digest(self._signature(content).encode(), signature.encode()):
            raise ApiError(401, "The token is not valid.", INVALID_TOKEN)
        payload = content.partition(".")[2]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        if claims["exp"] <= self._clock.now().timestamp():
            raise ApiError(401, "The token has expired.", INVALID_TOKEN)
        return str(claims["sub"])

    def revoke(self) -> None:
        """Refuse all tokens minted so far."""
        self._secret = secrets.token_bytes(32)

    def _signature(self, content: str) -> str:
        return _encoded(hmac.new(self._secret, content.encode(), hashlib.sha256).digest())


@frozen
class Credentials:
    """Finds the user that an `X-API-Key` header belongs to."""

    _organization: Organization
    _tokens: Tokens
    _token_exchange: TokenExchange

    def caller(self, credential: str | None, *, may_be_a_key: bool) -> str:
        """The user of a credential, or a 401; `may_be_a_key` accepts keys even if tokens are required."""
        if not credential:
            raise ApiError(401, "Missing API key: send it in the X-API-Key header.")
        caller = self._organization.callers.get(credential)
        if caller is None:
            if credential.startswith("eyJ") and self._token_exchange != "disabled":  # noqa: S105
                return self._organization.owners_by_urn[self._tokens.read(credential)]
            raise ApiError(401, "Invalid API key.")
        if self._token_exchange == "required" and not may_be_a_key:  # noqa: S105
            raise ApiError(401, "This server only accepts tokens; exchange the API key for one.")
        return caller


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
