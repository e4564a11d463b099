"""What is sent as the API key: the credential itself, or a token for it where the server asks for one."""

from __future__ import annotations

import asyncio
import copy
import logging
import time
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from tinker_rest import __version__
from tinker_rest.authentication.credentials import CommandCredential, Credential, FixedCredential, find_command
from tinker_rest.authentication.tokens import claims_of, is_invalid_token, is_token, seconds_left_of
from tinker_rest.calling.calls import Call
from tinker_rest.calling.options import CallOptions
from tinker_rest.calling.retries import is_retryable_status, parse_http_date
from tinker_rest.errors import (
    APIError,
    APIResponseValidationError,
    APIStatusError,
    AuthenticationError,
    CredentialsError,
    TinkerError,
)
from tinker_rest.network.transport import Answer
from tinker_rest.redaction import keep_secret
from tinker_rest_api._model import InvalidField

if TYPE_CHECKING:
    from tinker_rest.calling.sending import Sender

T = TypeVar("T")

_log = logging.getLogger("tinker_rest")

# A token with less left is not sent any more; one that lives shorter is renewed after half of its life.
RENEWED_SECONDS_BEFORE = 60.0
UNKNOWN_LIFETIME = 300.0
# A server that could not say whether it wants tokens is asked again after so long.
ASKED_AGAIN_SECONDS = 10.0
_ASKING = CallOptions(timeout=15.0, attempt_timeout=15.0, max_retries=0)
_EXCHANGING = CallOptions(timeout=30.0, attempt_timeout=15.0, max_retries=2)


class Authenticator:
    """Gives the requests to one server their credential.

    A fixed credential is sent as it is. Where the server refuses it, the server is asked once whether it wants a
    token instead. A credential from a command is for servers that do, so these are asked before the first request.
    Everything here runs on the loop of one holder's connections.

    Args:
        credential: Where the credential comes from.
        new_sender: Makes what carries the requests of an exchange, with a credential as the API key. It is
            closed after each use.
    """

    def __init__(self, credential: Credential, new_sender: Callable[[str], Sender]) -> None:
        """Keep where the credential comes from; nothing is read or sent."""
        self._credential = credential
        self._new_sender = new_sender
        self._is_asked = False
        self._next_question = 0.0
        self._wants_tokens = False
        self._token: _Token | None = None
        self._next_renewal = 0.0
        self._printed: str | None = None
        self._handed_on: str | None = None
        self._asking = _Shared(self._ask)
        self._exchanging = _Shared(self._exchange)
        self._reading = _Shared(self._read_again)

    async def key(self) -> str:
        """What to send as the API key now. Raises TinkerError where there is nothing to send."""
        if isinstance(self._credential, CommandCredential) and self._is_to_ask():
            await self._asking.join()
        if self._wants_tokens:
            return await _for_a_call(self._fresh_token())
        if isinstance(self._credential, FixedCredential):
            return await self._credential.read()
        return self._printed or await self._reading.join()

    async def renew(self, refused: str, www_authenticate: str) -> bool:
        """Get another key in place of one that was refused (401), and say whether there is one.

        Args:
            refused: The key that was sent.
            www_authenticate: What the server said of it in that header; empty for nothing.

        Raises:
            TinkerError: The credential cannot be read or exchanged.
        """
        if self._is_to_ask():
            try:
                await self._asking.join()
            except APIError:
                return False
        if self._wants_tokens:
            if self._token is not None and self._token.text == refused:
                if not is_invalid_token(www_authenticate) and self._token.seconds_left() > 0:
                    return False
                await _for_a_call(self._exchanging.join())
            return True
        if not isinstance(self._credential, CommandCredential):
            return False
        if self._printed == refused:
            await self._reading.join()
        return self._printed != refused

    async def identity_token(self) -> str:
        """A token that says who the caller is. Raises TinkerError where the server gives none."""
        if self._wants_tokens:
            return await self._fresh_token()
        if isinstance(self._credential, FixedCredential) and is_token(self._credential.value):
            token = await self._credential.read()
            if str(_issuer_of(token)).startswith("passport-"):
                return token
        return await self._fresh_token()

    def close(self) -> None:
        """End what is under way."""
        for shared in (self._asking, self._exchanging, self._reading):
            shared.cancel()

    async def _fresh_token(self) -> str:
        token = self._token
        if token is None:
            return await self._exchanging.join()
        if token.age() < token.lifetime / 2:
            return token.text
        if token.seconds_left() > min(RENEWED_SECONDS_BEFORE, token.lifetime / 4):
            if time.monotonic() >= self._next_renewal:
                self._next_renewal = time.monotonic() + min(RENEWED_SECONDS_BEFORE, token.lifetime / 10)
                self._exchanging.begin()  # goes on beside the calls
            return token.text
        try:
            return await self._exchanging.join()
        except (AuthenticationError, CredentialsError):
            raise
        except TinkerError as error:
            if token.seconds_left() <= 0:
                raise
            _log.warning("the token could not be renewed, the old one is used: %s", error)
            return token.text

    async def _ask(self) -> None:
        """Ask the server whether it wants tokens. One that does not know the question wants none."""
        from tinker_rest_api.api.authentication.get_client_config import OPERATION
        from tinker_rest_api.models.client_config_request import ClientConfigRequest

        credential = await self._credential.read()
        request = OPERATION.build_request(body=ClientConfigRequest(sdk_version=__version__))
        call = Call(OPERATION, request, _ASKING, read=OPERATION.read_success)
        self._handed_on = credential
        try:
            config = await self._carry(call, credential)
        except (APIStatusError, APIResponseValidationError) as error:
            _log.debug("the server does not say whether it wants tokens: %s", error)
            self._is_asked = not is_retryable_status(error.status_code)
            self._next_question = time.monotonic() + ASKED_AGAIN_SECONDS
            return
        if config.pjwt_auth_enabled and config.credential_default_source == "credential_cmd":
            is_dynamic = isinstance(self._credential, CommandCredential) or is_token(credential)
            if not is_dynamic:
                self._credential, self._handed_on = find_command(), None
        self._wants_tokens = config.pjwt_auth_enabled
        self._is_asked = True

    async def _exchange(self) -> str:
        from tinker_rest_api.api.authentication.exchange_credential import OPERATION
        from tinker_rest_api.models.auth_token_request import AuthTokenRequest

        credential = await self._read_credential()
        asked_at = time.monotonic()
        request = OPERATION.build_request(body=AuthTokenRequest())
        call = Call(OPERATION, request, _EXCHANGING, read=_read_token, is_secret=True)
        text, server_time = await self._carry(call, credential)
        self._token = _Token(text, asked_at, server_time)
        return text

    async def _read_again(self) -> str:
        self._printed = await self._read_credential()
        return self._printed

    async def _read_credential(self) -> str:
        """The credential; what was read for the question is used once more, as a command may ask for a touch."""
        handed_on, self._handed_on = self._handed_on, None
        return handed_on or await self._credential.read()

    def _is_to_ask(self) -> bool:
        return not self._is_asked and time.monotonic() >= self._next_question

    async def _carry(self, call: Call[T], credential: str) -> T:
        sender = self._new_sender(credential)
        try:
            return await call.run(sender)
        finally:
            await sender.aclose()


class _Token:
    """A token and how old it is by our own clock, since the server's may differ."""

    def __init__(self, text: str, received_at: float, server_time: float | None) -> None:
        self.text = text
        lifetime = seconds_left_of(text, server_time)
        self.lifetime = UNKNOWN_LIFETIME if lifetime is None else lifetime
        self._received_at = received_at

    def age(self) -> float:
        return time.monotonic() - self._received_at

    def seconds_left(self) -> float:
        return self.lifetime - self.age()


class _Shared(Generic[T]):
    """Something that is done once for all who want it at the same time."""

    def __init__(self, do: Callable[[], Coroutine[Any, Any, T]]) -> None:
        self._do = do
        self._task: asyncio.Task[T] | None = None

    def begin(self) -> asyncio.Task[T]:
        """Begin, unless it is under way."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._do())
            self._task.add_done_callback(self._forget)
        return self._task

    async def join(self) -> T:
        """Begin and wait. Whoever is cancelled leaves it running for the others; each gets an error of its own."""
        try:
            return await asyncio.shield(self.begin())
        except TinkerError as error:
            raise copy.copy(error) from error.__cause__

    def cancel(self) -> None:
        """End what is under way, for all who wait for it."""
        if self._task is not None:
            self._task.cancel()

    def _forget(self, task: asyncio.Task[T]) -> None:
        self._task = None
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.debug("the exchange of the credential failed: %s", type(error).__name__)


async def _for_a_call(token: Coroutine[Any, Any, T]) -> T:
    """What an exchange gives to a call, which must not take what the exchange is told for an answer of its own."""
    try:
        return await token
    except APIStatusError as error:
        if error.status_code in (401, 402, 403) or is_retryable_status(error.status_code):
            raise
        raise CredentialsError(f"the credential cannot be exchanged for a token: {error}") from None


def _read_token(answer: Answer) -> tuple[str, float | None]:
    """The token that a credential was exchanged for, and the server's time in seconds since 1970."""
    from tinker_rest_api.api.authentication.exchange_credential import OPERATION

    token = OPERATION.read_success(answer).jwt
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise InvalidField("AuthTokenResponse", "jwt", "a token that can be sent as a header", token)
    return keep_secret(token), parse_http_date(answer.header("date"))


def _issuer_of(token: str) -> object:
    try:
        return claims_of(token).get("iss")
    except ValueError:
        return None
