"""JSON Web Tokens: how they are made and taken, and servers that want them or have none."""

from __future__ import annotations

import base64
import json

import httpx
import pytest

from tinker_rest_sandbox import Sandbox

CONFIG, EXCHANGE, RUN = "/api/v1/client/config", "/api/v1/auth/token", "/api/v1/training_runs/run-id"
VERSION = {"sdk_version": "0.1.0"}


def part(token: str, number: int) -> dict:
    text = token.split(".")[number]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def token_of(client: httpx.Client) -> str:
    response = client.post(EXCHANGE, json={})
    assert response.status_code == 200
    return response.json()["jwt"]


def is_invalid_token(response: httpx.Response) -> bool:
    return response.status_code == 401 and 'error="invalid_token"' in response.headers["www-authenticate"]


def test_a_token_tells_who_the_caller_is(start, connect) -> None:
    sandbox = start(token_lifetime_seconds=90)
    for key, number, email in (
        (sandbox.api_key, 1, "alice@example.com"),
        (sandbox.other_api_key, 2, "bob@example.com"),
    ):
        before = int(sandbox.clock.now().timestamp())
        token = token_of(connect(sandbox, key))
        assert token.startswith("eyJ")
        assert part(token, 0) == {"alg": "HS256", "typ": "JWT"}
        claims = part(token, 1)
        issued = claims.pop("iat")
        assert before <= issued <= sandbox.clock.now().timestamp()
        assert claims == {
            "iss": "passport-sandbox",
            "sub": f"tml:organization_user:user-{number}",
            "org_id": "org-sandbox",
            "email": email,
            "exp": issued + 90,
        }


@pytest.mark.parametrize("mode", ["optional", "required"])
def test_a_token_takes_the_place_of_the_key(start, connect, mode: str) -> None:
    sandbox = start(token_exchange=mode)
    alice, bob = (connect(sandbox, token_of(connect(sandbox, k))) for k in (None, sandbox.other_api_key))
    assert alice.get(RUN).status_code == 200
    assert bob.get(RUN).status_code == 404
    assert alice.post(CONFIG, json=VERSION).json()["pjwt_auth_enabled"] is True
    assert connect(sandbox, token_of(alice)).get(RUN).status_code == 200


def test_offered_tokens_need_not_be_used(start, connect) -> None:
    sandbox = start()
    assert connect(sandbox).post(CONFIG, json=VERSION).json() == {
        "pjwt_auth_enabled": True,
        "credential_default_source": "api_key",
    }
    assert connect(sandbox).get(RUN).status_code == 200


def test_required_tokens_leave_only_the_exchange_to_a_key(start, connect) -> None:
    sandbox = start(token_exchange="required")
    client = connect(sandbox)
    assert client.post(CONFIG, json=VERSION).status_code == 200
    refused = client.get(RUN)
    assert refused.status_code == 401
    assert "exchange the API key" in refused.json()["detail"]
    assert "www-authenticate" not in refused.headers
    assert client.post("/api/v1/weights_info", json={"tinker_path": "tinker://a/weights/b"}).status_code == 401
    assert connect(sandbox, "tml-wrong").post(EXCHANGE, json={}).status_code == 401


def test_absent_tokens_are_unknown_routes(start, connect) -> None:
    token = token_of(connect(start()))
    sandbox = start(token_exchange="disabled")
    client = connect(sandbox)
    for path, body in ((CONFIG, VERSION), (EXCHANGE, {}), (CONFIG, None)):
        response = client.post(path, json=body)
        assert (response.status_code, response.json()) == (404, {"detail": "Not Found"})
    assert client.get(RUN).status_code == 200
    with_token = connect(sandbox, token).get(RUN)
    assert (with_token.status_code, with_token.json()) == (401, {"detail": "Invalid API key."})


def test_expired_by_the_clock_of_the_sandbox(start, connect) -> None:
    sandbox = start(token_lifetime_seconds=600)
    client = connect(sandbox, token_of(connect(sandbox)))
    sandbox.clock.advance(590)
    assert client.get(RUN).status_code == 200
    sandbox.clock.advance(11)
    response = client.get(RUN)
    assert is_invalid_token(response)
    assert response.json() == {"detail": "The token has expired."}
    assert is_invalid_token(client.post(EXCHANGE, json={}))


def test_revoked(start, connect) -> None:
    sandbox = start()
    old = token_of(connect(sandbox))
    sandbox.revoke_tokens()
    assert is_invalid_token(connect(sandbox, old).get(RUN))
    new = token_of(connect(sandbox))
    assert new != old
    assert connect(sandbox, new).get(RUN).status_code == 200


def test_a_repeated_exchange_after_a_revocation_gives_a_new_token(start, connect) -> None:
    sandbox = start()
    once = {"X-Idempotency-Key": "key"}
    old = connect(sandbox).post(EXCHANGE, json={}, headers=once).json()["jwt"]
    sandbox.revoke_tokens()
    new = connect(sandbox).post(EXCHANGE, json={}, headers=once).json()["jwt"]
    assert connect(sandbox, new).get(RUN).status_code == 200
    assert new != old


def test_tokens_of_another_sandbox_and_changed_ones_are_invalid(start, connect) -> None:
    sandbox, other = start(), start()
    token = token_of(connect(sandbox))
    head, body, signature = token.split(".")
    claims = {**part(token, 1), "exp": 9_999_999_999}
    later = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    for wrong in (
        token_of(connect(other)),
        f"{head}.{later}.{signature}",
        f"{unsigned}.{later}.",
        f"{head}.{body}",
        f"{head}.{body}.",
        "eyJ",
        token + "x",
    ):
        response = connect(sandbox, wrong).get(RUN)
        assert is_invalid_token(response), wrong
        assert response.json() == {"detail": "The token is not valid."}


def test_settings_that_mean_nothing() -> None:
    with pytest.raises(ValueError, match="optional"):
        Sandbox(token_exchange="maybe")
    with pytest.raises(ValueError, match="at least 1"):
        Sandbox(token_lifetime_seconds=0)


def test_tokens_outlive_a_restart_and_are_in_no_text(connect) -> None:
    sandbox = Sandbox()
    with sandbox:
        token = token_of(connect(sandbox))
        sandbox.stop()
        sandbox.start()
        assert connect(sandbox, token).get(RUN).status_code == 200
        assert token not in repr(sandbox.requests) + repr(sandbox)
