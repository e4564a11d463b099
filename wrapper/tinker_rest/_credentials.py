"""Which credential opens the server: an argument, the environment, a command or the stored default."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import signal
import sys
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import define, field

from tinker_rest._redaction import API_KEY, register_secret
from tinker_rest.errors import CredentialsError

if TYPE_CHECKING:
    import subprocess

API_KEY_VARIABLE = "TINKER_API_KEY"
COMMAND_VARIABLE = "TINKER_CREDENTIAL_CMD"
STORED_CREDENTIALS = "~/.tinker/credentials.json"
COMMAND_SECONDS = 60.0


@define(eq=False)
class Credential:
    """An API key or a JSON Web Token, or a command that prints one each time it is needed anew."""

    key: str = field(default="", repr=False)
    command: str = field(default="", repr=False)
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False, repr=False)
    _is_closed: bool = field(default=False, init=False, repr=False)

    def read(self) -> str:
        """The key or token; a command has 60 seconds to print it. Raises CredentialsError."""
        if self.key:
            return self.key
        if not self.command:
            wanted = f"credentials that a command prints: name the command in {COMMAND_VARIABLE}"
            raise CredentialsError(f"the server takes no API keys from you, but {wanted}")
        import subprocess  # which few need

        command = f"the command in {COMMAND_VARIABLE}"
        try:
            # A command line of the user, which may hold pipes and variables, as the official SDK runs it.
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
                raise CredentialsError(f"{command} did not end within {COMMAND_SECONDS:g} s") from None
        if process.returncode:
            raise CredentialsError(f"{command} ended with exit status {process.returncode}")
        printed = output.decode("utf-8", "replace").strip()
        if not printed:
            raise CredentialsError(f"{command} printed nothing")
        if not is_sendable(printed):
            raise CredentialsError(f"{command} printed characters that no API key has, such as spaces")
        if _has_expired(printed):
            raise CredentialsError(f"{command} printed a token that has expired")
        return register_secret(printed)

    def close(self) -> None:
        """End the command if it runs, with all that it has started."""
        self._is_closed = True
        self._end()

    def _end(self) -> None:
        if self._process is not None and self._process.poll() is None:
            with contextlib.suppress(OSError):
                os.killpg(self._process.pid, signal.SIGKILL) if hasattr(os, "killpg") else self._process.kill()


def find_credential(api_key: str | None) -> Credential:
    """The argument, `TINKER_API_KEY`, `TINKER_CREDENTIAL_CMD` or the stored default, whichever comes first.

    Raises:
        CredentialsError: There is none, or one that cannot be right; the message never holds it.
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
            _warn(f"{error}; the command in {COMMAND_VARIABLE} is used")
    key = "" if command else _stored_key()
    if not key and not command:
        raise CredentialsError(
            f"there is no API key: set the environment variable {API_KEY_VARIABLE}, give api_key=, name a command "
            f"that prints one in {COMMAND_VARIABLE}, or store one in {STORED_CREDENTIALS} with `tinker auth login`"
        )
    return Credential(key, command)


def is_sendable(value: str) -> bool:
    """Whether a header can hold it: it is one word of printable ASCII characters."""
    return re.fullmatch("[!-~]+", value) is not None


def claims_of(token: str) -> dict[str, Any]:
    """The claims of a JSON Web Token, not verified; none if it cannot be read."""
    try:
        payload = token.split(".")[1]
        return dict(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))))
    except (IndexError, ValueError, TypeError, RecursionError):
        return {}


def time_in(claims: dict[str, Any], name: str) -> float | None:
    """A time in seconds since 1970; None if the claims have none."""
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
            f"{source} is a JSON Web Token that has expired; give a new one, or name a command that prints one in "
            f"{COMMAND_VARIABLE}"
        )
    return value


def _stored_key() -> str:
    """The default key that `tinker auth login` stored; empty if there is none. The file is only read."""
    path = Path(os.path.expanduser(STORED_CREDENTIALS))
    try:
        text, mode = path.read_bytes(), path.stat().st_mode & 0o777
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        raise CredentialsError(f"{path} cannot be read: {error.strerror}") from None
    if os.name == "posix" and mode & 0o077:
        _warn(f"{path} holds API keys and is open to other users (mode {mode:03o}): run chmod 600 on it")
    try:
        stored = json.loads(text)
        record = (stored.get("keys") or {}).get(stored.get("default"))
        return "" if record is None else _checked_key(record["key"], f"the default key in {path}")
    except (ValueError, AttributeError, TypeError, KeyError, RecursionError):
        message = f"{path} is not a file of stored credentials; `tinker auth login` writes one"
        raise CredentialsError(message) from None


def _warn(message: str) -> None:
    """Warn at the line of the program that made the client."""
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and str(frame.f_globals.get("__name__")).startswith("tinker_rest"):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, stacklevel=level)
