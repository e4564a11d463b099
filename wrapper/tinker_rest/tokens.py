"""Reads JSON Web Tokens: who one is for and how long it lives. Their signatures are the server's business."""

import base64
import binascii
import json
from typing import Any

from tinker_rest_api.types import InvalidField


def is_token(credential: str) -> bool:
    """Whether a credential looks like a JSON Web Token."""
    return credential.startswith("eyJ")


def claims_of(token: str) -> dict[str, Any]:
    """What a token says. Raises ValueError, without the token, where it cannot be read."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return dict(claims)
    except (IndexError, ValueError, TypeError, binascii.Error, RecursionError):
        raise ValueError("the JSON Web Token cannot be read") from None


def expiry_of(token: str) -> float | None:
    """When a token expires, in seconds since 1970 (UTC); None where it does not say."""
    try:
        return float(claims_of(token)["exp"])
    except (ValueError, KeyError, TypeError):
        return None


def lifetime_of(token: str) -> float | None:
    """How many seconds a token lives from its issue; None where it does not say.

    Both times are the server's, so a wrong clock here does not matter.
    """
    try:
        claims = claims_of(token)
        lifetime = float(claims["exp"]) - float(claims["iat"])
    except (ValueError, KeyError, TypeError):
        return None
    return lifetime if lifetime > 0 else None


def is_invalid_token(www_authenticate: str) -> bool:
    """Whether an answer's `WWW-Authenticate` says that the token itself is not valid any more (RFC 6750)."""
    return 'error="invalid_token"' in www_authenticate


def identity_in(token: str) -> tuple[str, str, str | None]:
    """The URN of the user, the id of the organization and the e-mail address that a token is for.

    Raises:
        InvalidField: It does not say.
    """
    claims = claims_of(token)
    for name in ("sub", "org_id"):
        if not isinstance(claims.get(name), str):
            raise InvalidField("the JSON Web Token", name, "a string", claims.get(name))
    email = claims.get("email")
    return claims["sub"], claims["org_id"], email if isinstance(email, str) and email else None
