"""The exchange of a credential for a short-lived token: when, how often, and what becomes of failures."""

from __future__ import annotations

import concurrent.futures
import logging
import pickle
import threading
import time
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

import pytest

from tinker_rest import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APITimeoutError,
    AuthenticationError,
    CredentialsError,
    NotFoundError,
    RestClient,
    _auth,
)

from .recording_server import (
    IDENTITY,
    KEY,
    Answer,
    Held,
    RecordedRequest,
    RecordingServer,
    client_of,
    lose_answer,
    never_answer,
    reply,
    smallest_answer,
    token,
    wait_until,
)

INVALID = {"WWW_Authenticate": 'Bearer error="invalid_token"'}


class TokenServer(RecordingServer):
    """A server that wants tokens, and knows those that it gave and has not revoked.

    Attributes:
        exchanges: How often a credential was exchanged.
        lifetime: How many seconds a token lives.
        config: What `client/config` answers.
        refusal: What others answer to a key that is no valid token.
    """

    def __init__(self) -> None:
        super().__init__(self.answer_with_tokens)
        self.exchanges = 0
        self.lifetime = 3600.0
        self.config: Any = {"pjwt_auth_enabled": True, "credential_default_source": "api_key", "of_next_year": 1}
        self.exchange_answers: list[Answer] = []
        self.valid: set[str] = set()
        self.refusal = reply(401, {"detail": "no such token"}, **INVALID)

    def answer_with_tokens(self, request: RecordedRequest) -> Answer:
        if request.target.endswith("/client/config"):
            return reply(body=self.config)
        if request.target.endswith("/auth/token"):
            self.exchanges += 1
            if self.exchange_answers:
                return self.exchange_answers.pop(0)
            now = time.time() - 7200  # a clock that is two hours behind
            fresh = token(iat=now, exp=now + self.lifetime, number=self.exchanges, **IDENTITY)
            self.valid.add(fresh)
            return reply(body={"jwt": fresh})
        if request.header("X-API-Key") not in self.valid:
            return self.refusal
        return smallest_answer(request)

    @property
    def paths(self) -> list[str]:
        return [request.target.partition("?")[0].removeprefix("/api/v1/") for request in self.requests]


@pytest.fixture
def tokens() -> Any:
    with TokenServer() as running:
        yield running


def test_a_key_is_exchanged_once_it_is_refused(tokens: TokenServer) -> None:
    with client_of(tokens) as client:
        client.list_sessions().result(10)
        client.list_sessions().result(10)
    assert tokens.paths == ["sessions", "client/config", "auth/token", "sessions", "sessions"]
    assert [request.header("X-API-Key") == KEY for request in tokens.requests] == [True, True, True, False, False]
    assert tokens.requests[1].body == b'{"sdk_version":"0.1.0"}'
    assert tokens.requests[2].body == b"{}"


def test_one_exchange_serves_many_calls(tokens: TokenServer) -> None:
    with client_of(tokens) as client:
        threads = [threading.Thread(target=lambda: client.list_sessions().result(20)) for _ in range(8)]
        calls = [client.list_sessions() for _ in range(120)]
        for thread in threads:
            thread.start()
        for call in calls:
            call.result(20)
        for thread in threads:
            thread.join()
    assert tokens.exchanges == 1
    assert tokens.paths.count("client/config") == 1


def test_a_change_is_sent_again_with_the_same_idempotency_key(tokens: TokenServer) -> None:
    with client_of(tokens) as client:
        client.delete_checkpoint("r", "weights/1").result(10)
    first, second = (request for request in tokens.requests if request.method == "DELETE")
    assert first.header("X-Idempotency-Key") == second.header("X-Idempotency-Key")


def test_a_refused_token_is_replaced_once(tokens: TokenServer) -> None:
    with client_of(tokens) as client:
        client.list_sessions().result(10)
        tokens.valid.clear()
        for call in [client.list_sessions() for _ in range(50)]:
            call.result(10)
        assert tokens.exchanges == 2
        # A server that refuses every token is not asked forever.
        tokens.exchange_answers = [reply(body={"jwt": token(iat=0, exp=3600)})]
        tokens.valid.clear()
        with pytest.raises(AuthenticationError) as caught:
            client.list_sessions().result(10)
        assert caught.value.attempts == 2


def test_a_401_that_does_not_speak_of_the_token_is_the_answer(tokens: TokenServer) -> None:
    with client_of(tokens) as client:
        client.list_sessions().result(10)
        tokens.answer = lambda _: reply(401, {"detail": "this key may not list sessions"})
        tokens.requests.clear()
        with pytest.raises(AuthenticationError, match="may not list sessions"):
            client.list_sessions().result(10)
    assert tokens.paths == ["sessions"]


def test_a_token_is_renewed_before_it_expires(tokens: TokenServer, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(_auth, "Clock", clock(lambda: now[0]))
    with client_of(tokens) as client:
        client.list_sessions().result(10)
        now[0] += 0.49 * tokens.lifetime
        client.list_sessions().result(10)
        assert tokens.exchanges == 1
        now[0] += 0.1 * tokens.lifetime  # half of its life is over: renewed beside the calls
        held = Held(reply(body={"jwt": token(iat=0, exp=3600)}))
        tokens.exchange_answers = [held]
        client.list_sessions().result(10)
        client.list_sessions().result(10)
        wait_until(lambda: tokens.exchanges == 2)
        held.release()


def test_calls_wait_where_the_token_is_about_to_expire(
    tokens: TokenServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr(_auth, "Clock", clock(lambda: now[0]))
    with client_of(tokens) as client:
        client.list_sessions().result(10)
        old = tokens.requests[-1].header("X-API-Key")
        now[0] += tokens.lifetime - 59
        for call in [client.list_sessions() for _ in range(20)]:
            call.result(10)
        assert tokens.exchanges == 2
        assert old not in [request.header("X-API-Key") for request in tokens.requests[-20:]]
        # While the old one lives, a fault of the exchange harms nobody.
        now[0] += tokens.lifetime * 0.9
        tokens.exchange_answers = [reply(500, Retry_After="0")] * 3
        client.list_sessions().result(10)
        wait_until(lambda: tokens.exchanges == 5)
        now[0] += tokens.lifetime * 0.1
        tokens.exchange_answers = [reply(500, Retry_After="0")] * 3
        with pytest.raises(APIError, match="exchange_credential failed"):
            client.with_options(max_retries=0).list_sessions().result(10)
        client.list_sessions().result(10)


def test_a_credential_that_the_exchange_refuses(tokens: TokenServer) -> None:
    tokens.exchange_answers = [reply(401, {"detail": f"{KEY} was deleted"})]
    with client_of(tokens) as client, pytest.raises(AuthenticationError, match="exchange_credential") as caught:
        client.list_sessions().result(10)
    assert KEY not in str(caught.value)
    assert tokens.exchanges == 1


def test_the_credential_of_a_command_that_the_exchange_refuses(
    tokens: TokenServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TINKER_CREDENTIAL_CMD", "echo opaque-credential")
    tokens.exchange_answers = [reply(401, {"detail": "no such credential"})]
    with RestClient(base_url=tokens.base_url) as client, pytest.raises(AuthenticationError):
        client.list_sessions().result(10)
    assert tokens.exchanges == 1


def test_calls_that_wait_share_a_refusal(tokens: TokenServer) -> None:
    held = Held(reply(401, {"detail": "no such key"}))
    tokens.exchange_answers = [held]
    with client_of(tokens) as client:
        calls = [client.list_sessions() for _ in range(20)]
        wait_until(lambda: tokens.exchanges == 1 and tokens.paths.count("sessions") == 20)
        time.sleep(0.3)  # until the last has read its answer
        held.release()
        errors = [call.exception(10) for call in calls]
    assert {type(error) for error in errors} == {AuthenticationError}
    assert len({id(error) for error in errors}) == 20
    assert tokens.exchanges == 1


def test_a_key_that_is_refused_while_it_is_exchanged_waits_for_the_token(tokens: TokenServer) -> None:
    fresh = token(iat=0, exp=3600, **IDENTITY)
    held = Held(reply(body={"jwt": fresh}))
    tokens.exchange_answers = [held]
    tokens.refusal = reply(401, {"detail": "send a token"})  # which says nothing of a token that is not valid
    tokens.valid.add(fresh)
    with client_of(tokens) as client:
        first = client.list_sessions()
        wait_until(lambda: tokens.exchanges == 1)
        second = client.list_sessions()
        assert client.whoami().result(10).user_urn == IDENTITY["sub"]  # by a token of its own
        concurrent.futures.wait([second], 0.5)  # it ends if the refusal is taken for the answer
        held.release()
        assert first.result(10) == second.result(10)


def test_faults_of_the_exchange_are_repeated(tokens: TokenServer) -> None:
    tokens.exchange_answers = [reply(503, Retry_After="0"), lose_answer]
    with client_of(tokens) as client:
        client.list_sessions().result(10)
    assert tokens.exchanges == 3


@pytest.mark.parametrize(
    "config",
    [reply(404, {"detail": "Not Found"}), reply(405), reply(401, {"detail": "no"}), reply(501), reply(body=[]),
     reply(200, "<html>", "text/html"), lose_answer, reply(body={}), reply(body={"pjwt_auth_enabled": False})],
)  # fmt: skip
def test_a_server_without_tokens_costs_one_more_request_after_a_refusal(
    server: RecordingServer, config: Answer
) -> None:
    server.answer = lambda request: config if "config" in request.target else reply(401, {"detail": "wrong key"})
    with client_of(server) as client:
        for _ in range(3):
            with pytest.raises(AuthenticationError, match="wrong key"):
                client.list_sessions().result(10)
    others = [line for line in server.lines if "sessions" not in line]
    # If nobody answers, each call asks three times, and the first time at once again over a new connection.
    assert len(others) == (1 if isinstance(config, bytes) else 12)
    assert "auth/token" not in str(others)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_passing_fault_of_the_question_is_not_its_answer(tokens: TokenServer, status: int) -> None:
    answers: list[Answer] = [reply(status, Retry_After="0")] * 3
    tokens.answer = lambda request: (
        answers.pop() if answers and "config" in request.target else tokens.answer_with_tokens(request)
    )
    with client_of(tokens) as client:
        assert isinstance(client.list_sessions().exception(10), AuthenticationError)
        assert tokens.paths.count("client/config") == 3
        answers.append(reply(status, Retry_After="0"))
        client.list_sessions().result(10)


def clock(now: Callable[[], float]) -> type:
    return type("Clock", (), {"now": staticmethod(now)})


def later(seconds: float) -> Callable[[], float]:
    return lambda: time.monotonic() + seconds


@pytest.mark.parametrize("claims", [{}, {"iat": -3600.0}])
def test_a_token_of_which_little_is_left_is_renewed_in_time(tokens: TokenServer, claims: dict[str, float]) -> None:
    now = time.time()
    issued = {name: now + offset for name, offset in claims.items()}
    soon = token(exp=now + 60, number=1, **issued)
    tokens.exchange_answers = [reply(body={"jwt": soon}, Date=formatdate(now, usegmt=True))]
    tokens.valid.add(soon)
    with client_of(tokens) as client:
        client.list_sessions().result(10)
        monkey = pytest.MonkeyPatch()
        monkey.setattr(_auth, "Clock", clock(later(58)))
        try:
            client.list_sessions().result(10)
        finally:
            monkey.undo()
    assert tokens.exchanges == 2
    assert tokens.requests[-1].header("X-API-Key") != soon


@pytest.mark.usefixtures("no_jitter")
def test_faults_of_a_renewal_are_repeated_as_those_of_any_request(tokens: TokenServer) -> None:
    with client_of(tokens) as client:
        client.list_sessions().result(10)
        tokens.valid.clear()
        tokens.exchange_answers = [reply(503, Retry_After="0")] * 5
        client.list_sessions().result(20)
    assert tokens.exchanges == 7


def test_a_slow_renewal_is_a_time_out_and_no_wrong_key(tokens: TokenServer) -> None:
    with client_of(tokens) as client:
        client.list_sessions().result(10)
        tokens.valid.clear()
        tokens.exchange_answers = [never_answer]
        impatient = client.with_options(attempt_timeout=0.5, max_retries=0)
        with pytest.raises(APITimeoutError, match="another credential"):
            impatient.list_sessions().result(10)


@pytest.mark.parametrize("status", [404, 405, 409, 422])
def test_a_refused_exchange_is_no_answer_to_the_call(tokens: TokenServer, status: int) -> None:
    tokens.exchange_answers = [reply(status, {"detail": "no"})] * 2
    with client_of(tokens) as client:
        error = client.delete_checkpoint("r", "weights/1").exception(10)
        assert isinstance(error, CredentialsError)
        assert f"cannot be exchanged for a token: exchange_credential failed: {status}" in str(error)
        assert isinstance(client.get_checkpoint_archive_url("r", "weights/1").exception(10), CredentialsError)


@pytest.mark.parametrize("jwt", ["", "a b", "tok\r\nEvil: 1", "ü-secret-token", 5])
def test_a_token_that_cannot_be_sent(tokens: TokenServer, jwt: Any) -> None:
    tokens.exchange_answers = [reply(body={"jwt": jwt})]
    with client_of(tokens) as client, pytest.raises(APIResponseValidationError, match="jwt") as caught:
        client.list_sessions().result(10)
    assert b"secret-token" not in pickle.dumps(caught.value)
    assert not caught.value.response.content


@pytest.mark.parametrize("exp", [10**400, "soon", True, None, [], float("nan")])
def test_odd_claims_change_nothing(tokens: TokenServer, exp: Any) -> None:
    odd = token(iat=0, exp=exp)
    tokens.exchange_answers = [reply(body={"jwt": odd})]
    tokens.valid.add(odd)
    with client_of(tokens) as client:
        client.list_sessions().result(10)
    with client_of(tokens, api_key=odd):
        pass


def test_a_question_that_is_never_answered_does_not_hide_the_refusal(server: RecordingServer) -> None:
    server.answer = lambda request: never_answer if "config" in request.target else reply(401, {"detail": "wrong"})
    with client_of(server, timeout=0.5) as client, pytest.raises(AuthenticationError, match="wrong"):
        client.list_sessions().result(10)


def test_a_plain_key_that_is_taken_costs_nothing(server: RecordingServer) -> None:
    with client_of(server) as client:
        client.list_sessions().result(10)
    assert [line.partition("?")[0] for line in server.lines] == ["GET /api/v1/sessions"]


def test_a_command_is_exchanged_before_the_first_call(
    tokens: TokenServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TINKER_CREDENTIAL_CMD", "echo opaque-credential")
    with RestClient(base_url=tokens.base_url) as client:
        for call in [client.list_sessions() for _ in range(30)]:
            call.result(10)
    assert tokens.paths[:2] == ["client/config", "auth/token"]
    assert set(tokens.paths[2:]) == {"sessions"}
    assert tokens.requests[1].header("X-API-Key") == "opaque-credential"


def test_a_server_that_wants_the_credential_of_a_command(
    tokens: TokenServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens.config = {"pjwt_auth_enabled": True, "credential_default_source": "credential_cmd"}
    with client_of(tokens) as client, pytest.raises(CredentialsError, match="TINKER_CREDENTIAL_CMD"):
        client.list_sessions().result(10)
    monkeypatch.setenv("TINKER_CREDENTIAL_CMD", "echo opaque-credential")
    with client_of(tokens) as client:
        client.list_sessions().result(10)
    assert tokens.requests[-2].header("X-API-Key") == "opaque-credential"


def test_whoami_reads_the_token(tokens: TokenServer) -> None:
    with client_of(tokens) as client:
        client.list_sessions().result(10)
        tokens.requests.clear()
        identity = client.whoami().result(10)
    assert (identity.user_urn, identity.org_urn) == (IDENTITY["sub"], "tml:organization:o-1")
    assert identity.email == "ada@example.com"
    assert identity.model_dump() == {
        "user_urn": IDENTITY["sub"],
        "org_urn": "tml:organization:o-1",
        "email": "ada@example.com",
    }
    assert identity.model_copy(update={"email": None}).email is None
    assert tokens.requests == []


def test_whoami_with_a_token_as_the_key_asks_nobody(server: RecordingServer) -> None:
    own = token(iss="passport-prod", exp=time.time() + 60, sub="s", org_id="o", email="")
    with client_of(server, api_key=own) as client:
        assert client.whoami().result(10).email is None
    assert server.requests == []


def test_whoami_where_there_are_no_tokens(server: RecordingServer) -> None:
    server.answer = lambda _: reply(404, {"detail": "Not Found"})
    with client_of(server) as client, pytest.raises(NotFoundError, match="does not offer") as caught:
        client.whoami().result(10)
    assert caught.value.operation_unsupported
    assert caught.value.operation_id == "exchange_credential"


@pytest.mark.parametrize(
    "jwt", ["opaque", token(), token(sub="s"), token(sub=1, org_id="o"), "eyJ.e.e", token(sub="s", org_id=None)]
)
def test_whoami_of_a_token_that_says_nothing(server: RecordingServer, jwt: str) -> None:
    server.answer = lambda _: reply(body={"jwt": jwt})
    with client_of(server) as client, pytest.raises(APIError, match="does not say who you are") as caught:
        client.whoami().result(10)
    assert jwt not in str(caught.value)


def test_whoami_gives_up_in_time(server: RecordingServer) -> None:
    server.answer = lambda _: never_answer
    with client_of(server, timeout=0.3) as client, pytest.raises(APIConnectionError, match="timeout"):
        client.whoami().result(10)


def test_no_token_is_logged(tokens: TokenServer, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), client_of(tokens) as client:
        client.list_sessions().result(10)
        assert client.whoami().result(10)
        shown = repr(client) + repr(client.holder)
    for secret in (*tokens.valid, KEY):
        assert secret not in caplog.text + shown


def test_an_exchange_that_begins_as_the_client_closes_sends_nothing(server: RecordingServer) -> None:
    with client_of(server) as client:
        authenticator = client._core.authenticator
        assert authenticator is not None
    with pytest.raises(concurrent.futures.CancelledError):
        authenticator.key(KEY).result(10)
    assert server.requests == []
