"""Reads JSON Web Tokens: who they are for and how long they live. The server checks their signatures."""

import base64
import binascii
import json
import math
import time
from typing import Any

from tinker_rest_api._model import InvalidField


def is_token(credential: str) -> bool:
    """Whether a credential looks like a JSON Web Token."""
    return credential.startswith("eyJ")


def claims_of(token: str) -> dict[str, Any]:
    """The claims of a token. Raises ValueError, without the token, if it cannot be read."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return dict(claims)
    except (IndexError, ValueError, TypeError, binascii.Error, RecursionError):
        raise ValueError("the JSON Web Token cannot be read") from None


def expiry_of(token: str) -> float | None:
    """When a token expires, in seconds since 1970 (UTC); None if it does not say."""
    try:
        return _number(claims_of(token).get("exp"))
    except ValueError:
        return None


def seconds_left_of(token: str, server_time: float | None) -> float | None:
    """How many seconds a token still lives when it is received; None if it does not say.

    Args:
        token: The token.
        server_time: The server's time in seconds since 1970, if it sent it: our own clock may be wrong.
    """
    try:
        claims = claims_of(token)
    except ValueError:
        return None
    expiry, issued = _number(claims.get("exp")), _number(claims.get("iat"))
    if expiry is None:
        return None
    times = [moment for moment in (issued, server_time) if moment is not None] or [time.time()]
    return max(0.0, min(expiry - moment for moment in times))


def _number(claim: object) -> float | None:
    try:
        number = float(claim)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


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
