"""What is sent as the API key: the credential itself, or a token for it if the server asks for one."""

from __future__ import annotations

import concurrent.futures
import copy
import logging
import threading
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any, Generic, TypeVar

from attrs import define, field

from tinker_rest._auth.credentials import CommandCredential, Credential, FixedCredential, find_command
from tinker_rest._auth.tokens import claims_of, identity_in, is_token, seconds_left_of
from tinker_rest._call import Call
from tinker_rest._lazy import types
from tinker_rest._redaction import register_secret
from tinker_rest._requests import Server, is_invalid_token
from tinker_rest._retry import CallOptions, Policy, is_retryable_status, parse_http_date
from tinker_rest._version import __version__
from tinker_rest._work import Work
from tinker_rest._workers import Clock, here
from tinker_rest.errors import (
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    CredentialsError,
    TinkerError,
)
from tinker_rest.futures import APIFuture
from tinker_rest_api._model import InvalidField

T = TypeVar("T")

_log = logging.getLogger("tinker_rest")

# A token with less left is not sent any more; one that lives shorter is renewed after half of its life.
RENEWED_SECONDS_BEFORE = 60.0
UNKNOWN_LIFETIME = 300.0
# A server that could not say whether it wants tokens is asked again after this long.
ASKED_AGAIN_SECONDS = 10.0
_ASKING = CallOptions(timeout=15.0, attempt_timeout=15.0, max_retries=0)
_EXCHANGING = CallOptions(timeout=30.0, attempt_timeout=15.0, max_retries=2)


class Authenticator:
    """Gives the requests to one server their credential. All methods but `ready` and `close` may block.

    A fixed credential is sent as it is. If the server refuses it, it is asked once whether it wants a token
    instead. A credential from a command is for servers that do, so these are asked before the first request.

    Args:
        credential: Where the credential comes from.
        new_server: Makes what carries the requests of an exchange, with a credential as the API key; it has
            places of its own, since the calls that wait for the token may have all others.
    """

    def __init__(self, credential: Credential, new_server: Callable[[str], Server]) -> None:
        self._credential = credential
        self._new_server = new_server
        self._is_asked = False
        self._next_question = 0.0
        self._wants_tokens = False
        self._token: _Token | None = None
        self._next_renewal = 0.0
        self._printed: str | None = None
        self._handed_on: str | None = None
        self._calls: set[APIFuture[Any]] = set()
        self._asking = _SingleFlight(self._ask)
        self._exchanging = _SingleFlight(self._exchange)
        self._reading = _SingleFlight(self._read_again)

    def ready(self) -> str | None:
        """The key to send now, if it is known without waiting and good."""
        token, credential = self._token, self._credential
        if self._wants_tokens:
            is_good = token is not None and (token.is_young() or (token.is_alive() and not self._is_to_renew()))
            return token.text if token is not None and is_good else None
        if isinstance(credential, FixedCredential):
            return credential.value if credential.is_good() else None
        return None if self._is_to_ask() else self._printed

    def key(self) -> str:
        """The key to send now. Raises TinkerError if there is none."""
        if isinstance(self._credential, CommandCredential):
            self._ask_once()
        if self._wants_tokens:
            return _for_a_call(self._fresh_token)
        if isinstance(self._credential, FixedCredential):
            return self._credential.read()
        return self._reading.join(lambda: self._printed)

    def renew(self, refused: str, www_authenticate: str) -> bool:
        """Get another key in place of one that was refused (401), and say whether there is one.

        Args:
            refused: The key that was sent.
            www_authenticate: What the server said about it in that header; empty for nothing.

        Raises:
            TinkerError: The credential cannot be read or exchanged.
        """
        try:
            self._ask_once()
        except APIError:
            return False
        if self._wants_tokens:
            token = self._token
            if token is not None and token.text == refused:
                if not is_invalid_token(www_authenticate) and token.seconds_left() > 0:
                    return False
                _for_a_call(lambda: self._exchanging.join(lambda: self._text_after(token)))
            return True
        if not isinstance(self._credential, CommandCredential):
            return False
        return self._reading.join(lambda: self._printed if self._printed != refused else None) != refused

    def _identity_token(self) -> str:
        if not self._wants_tokens and isinstance(self._credential, FixedCredential):
            value = self._credential.value
            if is_token(value) and str(_issuer_of(value)).startswith("passport-"):
                return self._credential.read()
        return self._fresh_token()

    def identify(self, work: Work[types.WhoamiResponse]) -> types.WhoamiResponse:
        """Read who the caller is from a token."""
        operation, timeout = "exchange_credential", work.options.timeout
        if timeout is not None:
            late = APITimeoutError(f"no token after {timeout:g} s (timeout)", operation_id=operation)
            here().at(work.started + timeout, partial(work.fail, late))
        try:
            user, organization, email = identity_in(self._identity_token())
        except ValueError as error:
            raise APIError(f"the token does not say who it is for: {error}", operation_id=operation) from None
        return types.WhoamiResponse(user_urn=user, org_urn=f"tml:organization:{organization}", email=email)

    def close(self) -> None:
        """End what is under way."""
        self._credential.close()
        for call in tuple(self._calls):
            call.cancel()

    def _fresh_token(self) -> str:
        token = self._token
        if token is None:
            return self._exchanging.join(lambda: self._text_after(None))
        if token.is_young():
            return token.text
        if token.is_alive():
            if self._is_to_renew():
                self._next_renewal = Clock.now() + min(RENEWED_SECONDS_BEFORE, token.lifetime / 10)
                here().start(partial(self._renew_beside, token))
            return token.text
        try:
            return self._exchanging.join(lambda: self._text_after(token))
        except (AuthenticationError, CredentialsError):
            raise
        except TinkerError as error:
            if token.seconds_left() <= 0:
                raise
            _log.warning("the token could not be renewed, the old one is used: %s", error)
            return token.text

    def _renew_beside(self, token: _Token) -> None:
        """Renew a token while calls go on with it."""
        try:
            self._exchanging.join(lambda: self._text_after(token))
        except Exception as error:
            _log.debug("the exchange of the credential failed: %s", type(error).__name__)

    def _text_after(self, token: _Token | None) -> str | None:
        """The token that another thread got meanwhile."""
        return self._token.text if self._token is not None and self._token is not token else None

    def _is_to_renew(self) -> bool:
        return Clock.now() >= self._next_renewal

    def _ask_once(self) -> None:
        self._asking.join(lambda: None if self._is_to_ask() else True)

    def _ask(self) -> bool:
        """Ask the server whether it wants tokens. One that does not know the question wants none."""
        from tinker_rest_api.api.authentication import get_client_config
        from tinker_rest_api.models.client_config_request import ClientConfigRequest

        credential = self._credential.read()
        self._handed_on = credential
        body = ClientConfigRequest(sdk_version=__version__)
        try:
            config = self._call(get_client_config, body, credential, _ASKING, Policy(), lambda got: got.parsed)
        except (APIStatusError, APIResponseValidationError) as error:
            _log.debug("the server does not say whether it wants tokens: %s", error)
            self._is_asked = not is_retryable_status(error.status_code)
            self._next_question = Clock.now() + ASKED_AGAIN_SECONDS
            return False
        if config.pjwt_auth_enabled and config.credential_default_source == "credential_cmd":
            is_dynamic = isinstance(self._credential, CommandCredential) or is_token(credential)
            if not is_dynamic:
                self._credential, self._handed_on = find_command(), None
        self._wants_tokens = config.pjwt_auth_enabled
        self._is_asked = True
        return self._wants_tokens

    def _exchange(self) -> str:
        from tinker_rest_api.api.authentication import exchange_credential
        from tinker_rest_api.models.auth_token_request import AuthTokenRequest

        credential = self._read_credential()
        asked_at = Clock.now()
        text, server_time = self._call(
            exchange_credential, AuthTokenRequest(), credential, _EXCHANGING, Policy(is_secret=True), _read_token
        )
        self._token = _Token(text, asked_at, server_time)
        return text

    def _read_again(self) -> str:
        self._printed = self._read_credential()
        return self._printed

    def _read_credential(self) -> str:
        """The credential; what was read for the question is used once more, as a command may ask for a touch."""
        handed_on, self._handed_on = self._handed_on, None
        return handed_on or self._credential.read()

    def _is_to_ask(self) -> bool:
        return not self._is_asked and Clock.now() >= self._next_question

    def _call(
        self,
        module: ModuleType,
        body: object,
        credential: str,
        options: CallOptions,
        policy: Policy,
        read: Callable[[Any], T],
    ) -> T:
        server = self._new_server(credential)
        call = Call(server, options, (self._calls,), module, policy=policy, read=read, body=body)
        return call.begin().result()


@define
class _Token:
    """A token and how old it is by our own clock, since the server's may differ."""

    text: str = field(repr=False)
    received_at: float
    server_time: float | None
    lifetime: float = field(init=False)

    @lifetime.default
    def _lifetime_of_text(self) -> float:
        lifetime = seconds_left_of(self.text, self.server_time)
        return UNKNOWN_LIFETIME if lifetime is None else lifetime

    def age(self) -> float:
        return Clock.now() - self.received_at

    def seconds_left(self) -> float:
        return self.lifetime - self.age()

    def is_young(self) -> bool:
        return self.age() < self.lifetime / 2

    def is_alive(self) -> bool:
        return self.seconds_left() > min(RENEWED_SECONDS_BEFORE, self.lifetime / 4)


class _SingleFlight(Generic[T]):
    """Something that is done once for all who want it at the same time, by whichever thread comes first."""

    def __init__(self, do: Callable[[], T]) -> None:
        self._do = do
        self._lock = threading.RLock()
        self._flight: concurrent.futures.Future[T] | None = None

    def join(self, known: Callable[[], T | None]) -> T:
        """Return the result if it is `known`; else do it, or wait for the thread that does."""
        with self._lock:
            flight, is_first = self._flight, self._flight is None
            if flight is None:
                result = known()
                if result is not None:
                    return result
                flight = self._flight = concurrent.futures.Future()
        if is_first:
            try:
                outcome: Any = partial(flight.set_result, self._do())
            except BaseException as error:
                outcome = partial(flight.set_exception, error)
            with self._lock:
                self._flight = None
            outcome()
        try:
            return flight.result()
        except TinkerError as error:  # each thread gets one of its own
            raise copy.copy(error) from error.__cause__


def _for_a_call(get_token: Callable[[], T]) -> T:
    """Get a token for a call, which must not take a refusal of the exchange for an answer to itself."""
    try:
        return get_token()
    except APIStatusError as error:
        if error.status_code in (401, 402, 403) or is_retryable_status(error.status_code):
            raise
        raise CredentialsError(f"the credential cannot be exchanged for a token: {error}") from None


def _read_token(response: Any) -> tuple[str, float | None]:
    """The token that a credential was exchanged for, and the server's time in seconds since 1970."""
    token = response.parsed.jwt
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise InvalidField("AuthTokenResponse", "jwt", "a token that can be sent as a header", token)
    return register_secret(token), parse_http_date(response.headers.get("date", ""))


def _issuer_of(token: str) -> object:
    try:
        return claims_of(token).get("iss")
    except ValueError:
        return None
