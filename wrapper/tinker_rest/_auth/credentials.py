"""Which credential opens the server: an argument, the environment, a command or the stored default."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import stat
import sys
import threading
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import field, frozen

from tinker_rest._auth.tokens import expiry_of, is_token
from tinker_rest._redaction import API_KEY, register_secret, summarize
from tinker_rest.errors import CredentialsError

if TYPE_CHECKING:
    import subprocess

API_KEY_VARIABLE = "TINKER_API_KEY"
COMMAND_VARIABLE = "TINKER_CREDENTIAL_CMD"
STORED_CREDENTIALS = "~/.tinker/credentials.json"
COMMAND_SECONDS = 60.0


@frozen
class FixedCredential:
    """An API key, or a JSON Web Token that somebody else renews.

    Attributes:
        value: The key or token.
        expiry: When a token expires, in seconds since 1970; None if it does not say.
    """

    value: str = field(repr=False)
    expiry: float | None = field(init=False, repr=False)

    @expiry.default
    def _expiry_of_value(self) -> float | None:
        return expiry_of(self.value) if is_token(self.value) else None

    def is_good(self) -> bool:
        """Whether it has not expired."""
        return self.expiry is None or self.expiry > time.time()

    def read(self) -> str:
        """The credential. Raises CredentialsError if it is a token that has expired."""
        if not self.is_good():
            raise CredentialsError(
                "the JSON Web Token that was given as API key has expired; give a new one, or name a command that "
                f"prints one in {COMMAND_VARIABLE}"
            )
        return self.value

    def close(self) -> None:
        """Nothing is under way."""


@frozen(eq=False)
class CommandCredential:
    """What a command prints, which is run each time the credential is needed anew."""

    command: str = field(repr=False)
    _running: list[subprocess.Popen[bytes]] = field(factory=list, init=False, repr=False)
    _is_closed: threading.Event = field(factory=threading.Event, init=False, repr=False)

    def read(self) -> str:
        """Run the command and return what it prints within 60 seconds. Raises CredentialsError."""
        printed = self._run()
        expiry = expiry_of(printed) if is_token(printed) else None
        if expiry is not None and expiry <= time.time():
            raise CredentialsError(f"the command in {COMMAND_VARIABLE} printed a token that has expired")
        return printed

    def _run(self) -> str:
        import subprocess  # which few need

        command = f"the command in {COMMAND_VARIABLE}"
        try:
            # A command line of the user, which may hold pipes and variables, as the official SDK runs it.
            process = subprocess.Popen(  # noqa: S602
                self.command,
                shell=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise CredentialsError(f"{command} cannot be run: {summarize(str(error))}") from None
        self._running.append(process)
        if self._is_closed.is_set():  # while the command was being started
            _end(process)
        try:
            output, _ = process.communicate(timeout=COMMAND_SECONDS)
        except subprocess.TimeoutExpired:
            _end(process)
            with contextlib.suppress(subprocess.TimeoutExpired):  # what it left running may keep the pipe open
                process.communicate(timeout=1)
            if process.stdout is not None:
                process.stdout.close()
            raise CredentialsError(f"{command} did not end within {COMMAND_SECONDS:g} s") from None
        finally:
            self._running.remove(process)
        printed = output.decode("utf-8", "replace").strip()
        if process.returncode:
            raise CredentialsError(f"{command} ended with exit status {process.returncode}")
        if not printed:
            raise CredentialsError(f"{command} printed nothing")
        return register_secret(_sendable(printed, f"what {command} printed"))

    def close(self) -> None:
        """End the command if it runs."""
        self._is_closed.set()
        for process in tuple(self._running):
            _end(process)


Credential = FixedCredential | CommandCredential


def find_credential(api_key: str | None) -> Credential:
    """The argument, `TINKER_API_KEY`, `TINKER_CREDENTIAL_CMD` or the stored default, whichever comes first.

    Raises:
        CredentialsError: There is none, or one that cannot be right; the message never holds it.
    """
    if api_key is not None:
        return FixedCredential(_checked_key(api_key, "api_key"))
    key, command = os.environ.get(API_KEY_VARIABLE), os.environ.get(COMMAND_VARIABLE)
    if key:
        try:
            return FixedCredential(_checked_key(key, API_KEY_VARIABLE))
        except CredentialsError as error:
            if not command:
                raise
            _warn(f"{error}; the command in {COMMAND_VARIABLE} is used")
    if command:
        return CommandCredential(command)
    stored = _stored_key()
    if stored is not None:
        return FixedCredential(stored)
    raise CredentialsError(
        f"there is no API key: set the environment variable {API_KEY_VARIABLE}, give api_key=, name a command "
        f"that prints one in {COMMAND_VARIABLE}, or store one in {STORED_CREDENTIALS} with `tinker auth login`"
    )


def find_command() -> CommandCredential:
    """The credential of a server that wants one from a command. Raises CredentialsError if none is named."""
    command = os.environ.get(COMMAND_VARIABLE)
    if not command:
        raise CredentialsError(
            "the server takes no API keys from you, but credentials that a command prints: name the command in "
            f"{COMMAND_VARIABLE}"
        )
    return CommandCredential(command)


def _sendable(value: object, source: str) -> str:
    if not isinstance(value, str):
        raise CredentialsError(f"{source} must be a string, not {type(value).__name__}")
    if not value.isascii() or not value.isprintable() or " " in value:
        is_header = re.match(r"\s*(authorization\b|bearer\b|x-api-key\b)", value, re.IGNORECASE)
        odd = "it begins as a header does, such as with 'Bearer '; give the key alone"
        if not is_header:
            odd = "such as a space, a line break or a quote from a copy"
        raise CredentialsError(f"{source} holds characters that no API key has: {odd}")
    return value


def _checked_key(value: object, source: str) -> str:
    key = _sendable(value, source)
    if {key[:1], key[-1:]} & {*"'\"`"}:
        raise CredentialsError(f"{source} is in quotes, which are not part of an API key; remove them")
    if not re.fullmatch(API_KEY, key):
        raise CredentialsError(f"{source} must begin with 'tml-' (an API key) or 'eyJ' (a JSON Web Token)")
    return key


def _stored_key() -> str | None:
    """The default key that `tinker auth login` stored, or None. The file is only read."""
    path = Path(os.path.expanduser(STORED_CREDENTIALS))
    try:
        with open(path, "rb", opener=_open_without_waiting) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise CredentialsError(f"{path} cannot be read: it is no file")
            mode = stat.S_IMODE(status.st_mode)
            text = file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise CredentialsError(f"{path} cannot be read: {error.strerror}") from None
    if os.name == "posix" and mode & 0o077:
        _warn(f"{path} holds API keys and is open to other users (mode {mode:03o}): run chmod 600 on it")
    try:
        stored = json.loads(text)
        default, keys = stored.get("default"), stored.get("keys") or {}
        record = None if default is None else keys.get(default)
        key = None if record is None else record["key"]
    except (ValueError, AttributeError, TypeError, KeyError, RecursionError):
        raise CredentialsError(
            f"{path} is not a file of stored credentials; `tinker auth login` writes one"
        ) from None
    return None if key is None else _checked_key(key, f"the default key in {path}")


def _open_without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))  # nobody may ever write into a pipe of that name


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a command with all that it has started."""
    if process.poll() is None:
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL) if hasattr(os, "killpg") else process.kill()


def _warn(message: str) -> None:
    """Warn at the line of the program that made the client."""
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and str(frame.f_globals.get("__name__")).startswith("tinker_rest"):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, stacklevel=level)
