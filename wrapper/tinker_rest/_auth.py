"""Finds the credential, and exchanges it for a token if the server requires one."""

from __future__ import annotations

import base64
import contextlib
import json
import logging
import math
import os
import re
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from attrs import define, evolve, field, frozen

from tinker_rest._call import Call
from tinker_rest._http import Server, is_invalid_token
from tinker_rest._lazy import LazyModule, models, types
from tinker_rest._redaction import API_KEY, register_secret
from tinker_rest._retry import CallOptions, Policy, is_retryable_status, parse_http_date
from tinker_rest._version import __version__
from tinker_rest._work import Work
from tinker_rest._workers import Clock, here
from tinker_rest.errors import APIError, APIResponseError, APIStatusError, APITimeoutError, CredentialsError
from tinker_rest.futures import APIFuture, without_frames
from tinker_rest_api._model import InvalidField

if TYPE_CHECKING:
    import subprocess

api = LazyModule("tinker_rest_api.api.authentication")

_log = logging.getLogger("tinker_rest")

API_KEY_VARIABLE = "TINKER_API_KEY"
COMMAND_VARIABLE = "TINKER_CREDENTIAL_CMD"
STORED_CREDENTIALS = "~/.tinker/credentials.json"
COMMAND_SECONDS = 60.0
# Do not send a token with less time left, or a short-lived one in the last quarter of its lifetime.
MARGIN_SECONDS = 60.0
UNKNOWN_LIFETIME = 300.0
_OPTIONS = CallOptions(timeout=30.0, attempt_timeout=15.0, max_retries=2)
_POLICY = Policy(is_secret=True)


@define(eq=False)
class Credential:
    """An API key or a JSON Web Token, or a command that prints one each time a new one is needed."""

    key: str = field(default="", repr=False)
    command: str = field(default="", repr=False)
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False, repr=False)
    _is_closed: bool = field(default=False, init=False, repr=False)

    def read(self) -> str:
        """The key or token; a command has 60 seconds to print it. Raises CredentialsError."""
        if self.key:
            return self.key
        if not self.command:
            remedy = f"set {COMMAND_VARIABLE} to a command that prints a credential"
            raise CredentialsError(f"the server does not accept your API key directly; {remedy}")
        import subprocess  # rarely needed

        command = f"the command in {COMMAND_VARIABLE}"
        try:
            # The user's own command line may use pipes and variables; the official SDK uses a shell too.
            self._process = subprocess.Popen(  # noqa: S602
                self.command,
                shell=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            raise CredentialsError(f"{command} cannot be run: {error.strerror}") from None
        with self._process as process:
            if self._is_closed:  # while the command was being started
                self._end()
            try:
                output, _ = process.communicate(timeout=COMMAND_SECONDS)
            except subprocess.TimeoutExpired:
                self._end()
                raise CredentialsError(f"{command} did not finish within {COMMAND_SECONDS:g} s") from None
        if process.returncode:
            raise CredentialsError(f"{command} exited with status {process.returncode}")
        printed = output.decode("utf-8", "replace").strip()
        if not printed:
            raise CredentialsError(f"{command} printed nothing")
        if not is_sendable(printed):
            raise CredentialsError(f"{command} printed characters that an API key cannot contain, such as spaces")
        if _has_expired(printed):
            raise CredentialsError(f"{command} printed a token that has expired")
        return register_secret(printed)

    def close(self) -> None:
        """Stop the command and its child processes, if it is running."""
        self._is_closed = True
        self._end()

    def _end(self) -> None:
        if self._process is not None and self._process.poll() is None:
            with contextlib.suppress(OSError):
                os.killpg(self._process.pid, signal.SIGKILL) if hasattr(os, "killpg") else self._process.kill()


def find_credential(api_key: str | None) -> Credential:
    """Return the argument, `TINKER_API_KEY`, `TINKER_CREDENTIAL_CMD` or the stored default, in this order.

    Raises:
        CredentialsError: No credential was found, or it is malformed; the message never shows it.
    """
    if api_key is not None:
        return Credential(_checked_key(api_key, "api_key"))
    command = os.environ.get(COMMAND_VARIABLE, "")
    if key := os.environ.get(API_KEY_VARIABLE):
        try:
            return Credential(_checked_key(key, API_KEY_VARIABLE))
        except CredentialsError as error:
            if not command:
                raise
            _warn(f"{error}; using the command in {COMMAND_VARIABLE}")
    key = "" if command else _stored_key()
    if not key and not command:
        raise CredentialsError(
            f"no API key found: set {API_KEY_VARIABLE}, pass api_key=, set {COMMAND_VARIABLE} to a command that "
            f"prints one, or run `tinker-rest auth login`, which stores one in {STORED_CREDENTIALS}; "
            "create one at https://tinker.thinkingmachines.ai/keys"
        )
    return Credential(key, command)


def is_sendable(value: str) -> bool:
    """Whether it fits in a header: one word of printable ASCII characters."""
    return re.fullmatch("[!-~]+", value) is not None


def claims_of(token: str) -> dict[str, Any]:
    """The unverified claims of a JSON Web Token; empty if it cannot be read."""
    try:
        payload = token.split(".")[1]
        return dict(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))))
    except (IndexError, ValueError, TypeError, RecursionError):
        return {}


def time_in(claims: dict[str, Any], name: str) -> float | None:
    """A time in seconds since 1970; None if it is missing."""
    value: Any = claims.get(name)
    return value if type(value) in (int, float) and abs(value) < 2**40 else None


def _has_expired(credential: str) -> bool:
    expiry = time_in(claims_of(credential), "exp")
    return expiry is not None and expiry <= time.time()


def _checked_key(value: object, source: str) -> str:
    if not isinstance(value, str) or not is_sendable(value) or not re.fullmatch(API_KEY, value):
        raise CredentialsError(
            f"{source} must begin with 'tml-' (an API key) or 'eyJ' (a JSON Web Token), without quotes, spaces, "
            "line breaks or 'Bearer ' around it"
        )
    if _has_expired(value):
        raise CredentialsError(
            f"{source} is an expired JSON Web Token; use a new one, or set {COMMAND_VARIABLE} to a command that "
            "prints one"
        )
    return register_secret(value)


def _stored_key() -> str:
    """The default key stored by `tinker-rest auth login`; empty if there is none. Never writes the file."""
    path = Path(os.path.expanduser(STORED_CREDENTIALS))
    try:
        text, mode = path.read_bytes(), path.stat().st_mode & 0o777
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        raise CredentialsError(f"{path} cannot be read: {error.strerror}") from None
    if os.name == "posix" and mode & 0o077:
        _warn(f"{path} contains API keys and is open to other users (mode {mode:03o}): run chmod 600 on it")
    try:
        stored = json.loads(text)
        record = (stored.get("keys") or {}).get(stored.get("default"))
        return "" if record is None else _checked_key(record["key"], f"the default key in {path}")
    except (ValueError, AttributeError, TypeError, KeyError, RecursionError):
        raise CredentialsError(f"{path} is not a valid credentials file; move it away") from None


def _warn(message: str) -> None:
    """Warn at the line that created the client."""
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and str(frame.f_globals.get("__name__")).startswith("tinker_rest"):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, stacklevel=level)


@frozen
class _Key:
    """The key to send. Times are by the local clock, since the server's may differ."""

    text: str = field(repr=False)
    lifetime: float = math.inf
    expires_at: float = math.inf


class Authenticator:
    """Provides the key for requests to one server. A separate worker replaces it, so no call blocks.

    A fixed credential is sent as is; if the server refuses it, we ask whether it wants a token instead. With a
    credential from a command, we ask before the first request, since such commands are meant for tokens.

    It does not refer to its client, which would keep the client and its connections alive.
    """

    def __init__(self, credential: Credential, server: Server) -> None:
        self._credential = credential
        self._server = server  # without `keys`
        self._wants_tokens: bool | None = None  # None until the server says
        self._key = _Key(credential.key) if credential.key else _Key("", 0.0, -math.inf)
        self._lock = threading.RLock()
        self._renewal: Future[str] | None = None  # what replaces the key just now
        self._next_renewal = 0.0
        self._calls: set[APIFuture[Any]] = set()
        self._is_closed = False

    def ready(self) -> str | None:
        """The key to send now if a valid one is at hand, else None. Renews it after half of its lifetime."""
        key, now = self._key, Clock.now()
        left = key.expires_at - now
        if left <= min(MARGIN_SECONDS, key.lifetime / 4):
            return None
        if left < key.lifetime / 2 and now >= self._next_renewal:
            self._next_renewal = now + min(MARGIN_SECONDS, key.lifetime / 10)
            here().start(partial(self._key_after, key))
        return key.text

    def key(self, refused: str = "", www_authenticate: str = "") -> Future[str]:
        """The key to send now, another one in place of one that was refused, or that if there is none."""
        old = self._key
        is_good = old.text != refused and self.ready() is not None
        # That a good token was refused is the answer, unless the server says that it is the token.
        stays = not is_invalid_token(www_authenticate) and Clock.now() < old.expires_at < math.inf
        return self._key_after(None if is_good or (old.text == refused and stays) else old)

    def identify(self, work: Work[types.WhoamiResponse]) -> types.WhoamiResponse:
        """Read who the caller is from a token."""
        operation, timeout = "exchange_credential", work.options.timeout
        if timeout is not None:
            late = APITimeoutError(message=f"no token after {timeout:g} s (timeout)", operation_id=operation)
            here().at(work.started + timeout, partial(work.fail, late))
        text = self.key().result()
        is_exchanged = text == self._key.text and self._key.expires_at < math.inf
        if not is_exchanged and not str(claims_of(text).get("iss")).startswith("passport-"):
            text = self._exchange(text).text
        claims = claims_of(text)
        user, organization, email = claims.get("sub"), claims.get("org_id"), claims.get("email") or None
        if not isinstance(user, str) or not isinstance(organization, str):
            message = "the token does not say who you are: it has no user (sub) or no organization (org_id)"
            raise APIError(message, operation_id=operation)
        return types.WhoamiResponse(user_urn=user, org_urn=f"tml:organization:{organization}", email=email)

    def close(self) -> None:
        """Stop any exchange in progress."""
        self._is_closed = True
        self._credential.close()
        for call in tuple(self._calls):
            call.cancel()

    def _key_after(self, old: _Key | None) -> Future[str]:
        """The key, but not the old one. All that wait for another share it, or the error."""
        renewal: Future[str] = Future()
        with self._lock:
            if self._key is not old:
                renewal.set_result(self._key.text)
                return renewal
            if self._renewal is not None:
                return self._renewal
            self._renewal = renewal
        here().start(partial(self._renew, renewal))
        return renewal

    def _renew(self, renewal: Future[str]) -> None:
        try:
            key = self._new_key()
        except BaseException as error:
            _log.debug("there is no other key: %s", type(error).__name__)
            self._renewal = None
            renewal.set_exception(without_frames(error))
        else:
            self._key, self._renewal = key, None
            renewal.set_result(key.text)

    def _new_key(self) -> _Key:
        credential = self._credential.read()
        if self._wants_tokens is None:
            credential = self._ask(credential)
        if not self._wants_tokens:
            return _Key(credential)
        try:
            return self._exchange(credential)
        except APIStatusError as error:
            if error.status_code in (401, 402, 403) or is_retryable_status(error.status_code):
                raise
            # A call must not mistake a refusal of the exchange, such as 404, for its own response.
            raise CredentialsError(f"the credential cannot be exchanged for a token: {error}") from None

    def _ask(self, credential: str) -> str:
        """Ask the server whether it wants tokens, and return the credential to exchange."""
        body = models.ClientConfigRequest(sdk_version=__version__)
        try:
            config = self._call(api.get_client_config, body, credential)
        except APIError as error:
            without_frames(error)
            _log.debug("the server does not say whether it wants tokens: %s", error)
            # A server without this operation wants none. After any other error, ask at the next refusal.
            if isinstance(error, APIResponseError) and not is_retryable_status(error.status_code):
                self._wants_tokens = False
            return credential
        is_api_key = self._credential.key.startswith("tml-")
        if config.pjwt_auth_enabled and config.credential_default_source == "credential_cmd" and is_api_key:
            self._credential = Credential(command=os.environ.get(COMMAND_VARIABLE, ""))
            credential = self._credential.read()
        self._wants_tokens = config.pjwt_auth_enabled
        return credential

    def _exchange(self, credential: str) -> _Key:
        asked_at = Clock.now()
        text, lifetime = self._call(api.exchange_credential, models.AuthTokenRequest(), credential, _read_token)
        return _Key(text, lifetime, asked_at + lifetime)

    def _call(
        self, operation: ModuleType, body: object, credential: str, read: Callable[[Any], Any] | None = None
    ) -> Any:
        server = evolve(self._server, headers={**self._server.headers, "X-API-Key": credential})
        call: Call[Any] = Call(server, _OPTIONS, (self._calls,), operation, policy=_POLICY, read=read, body=body)
        if self._is_closed:  # meanwhile
            call.future.cancel()
        return call.begin().result()


def _read_token(response: Any) -> tuple[str, float]:
    """The token that a credential was exchanged for, and how many seconds it lives from now on."""
    token = response.parsed.jwt
    if not is_sendable(token):
        raise InvalidField("AuthTokenResponse", "jwt", "a token that can be sent as a header", token)
    register_secret(token)
    claims = claims_of(token)
    expiry = time_in(claims, "exp")
    if expiry is None:
        return token, UNKNOWN_LIFETIME
    # The time left by the server's clock, since ours may be wrong.
    times = (time_in(claims, "iat"), parse_http_date(response.headers.get("date", "")))
    now = max((moment for moment in times if moment is not None), default=time.time())
    return token, max(0.0, expiry - now)
