"""Which credential opens the server: an argument, the environment, a command or the stored default."""

import contextlib
import json
import os
import re
import signal
import stat
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path
from typing import Protocol

from attrs import field, frozen

from tinker_rest.authentication.tokens import expiry_of, is_token
from tinker_rest.calling.daemon_threads import run_in_daemon_thread
from tinker_rest.errors import CredentialsError
from tinker_rest.redaction import API_KEY, keep_secret, one_line

API_KEY_VARIABLE = "TINKER_API_KEY"
COMMAND_VARIABLE = "TINKER_CREDENTIAL_CMD"
STORED_CREDENTIALS = "~/.tinker/credentials.json"
COMMAND_SECONDS = 60.0


class Credential(Protocol):
    """Something that gives the credential to send."""

    async def read(self) -> str:
        """The credential. Raises CredentialsError where there is none that could be right."""


@frozen
class FixedCredential:
    """An API key, or a JSON Web Token that somebody else renews.

    Attributes:
        value: It.
        where: Where it was found: `api_key`, the name of a variable or the path of a file.
    """

    value: str = field(repr=False)
    where: str = "api_key"
    _expiry: float | None = field(init=False, repr=False)

    @_expiry.default
    def _expiry_of_value(self) -> float | None:
        return expiry_of(self.value) if is_token(self.value) else None

    async def read(self) -> str:
        """The credential itself; a token that has expired is refused."""
        if self._expiry is not None and self._expiry <= time.time():
            raise CredentialsError(
                "the JSON Web Token that was given as API key has expired; give a new one, or name a command that "
                f"prints one in {COMMAND_VARIABLE}"
            )
        return self.value


@frozen
class CommandCredential:
    """What a command prints, which is run whenever the credential is needed anew."""

    command: str = field(repr=False)

    async def read(self) -> str:
        """Run the command and return what it prints; at most 60 seconds are waited for it."""
        running: list[subprocess.Popen[bytes]] = []
        given_up = threading.Event()
        try:
            printed = await run_in_daemon_thread("tinker-rest-credential", lambda: self._run(running, given_up))
        finally:  # also where nobody waits for it any more
            given_up.set()
            for process in running:
                _end(process)
        expiry = expiry_of(printed) if is_token(printed) else None
        if expiry is not None and expiry <= time.time():
            raise CredentialsError(f"the command in {COMMAND_VARIABLE} printed a token that has expired")
        return printed

    def _run(self, running: list[subprocess.Popen[bytes]], given_up: threading.Event) -> str:
        try:
            # A command line of the user's own, which may hold pipes and variables, as the official SDK runs it.
            process = subprocess.Popen(  # noqa: S602
                self.command,
                shell=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            running.append(process)
            if given_up.is_set():  # while the command was being started
                _end(process)
            output, _ = process.communicate(timeout=COMMAND_SECONDS)
        except subprocess.TimeoutExpired:
            _end(process)
            process.communicate()
            raise CredentialsError(
                f"the command in {COMMAND_VARIABLE} did not end within {COMMAND_SECONDS:g} s"
            ) from None
        except (OSError, ValueError) as error:
            raise CredentialsError(
                f"the command in {COMMAND_VARIABLE} cannot be run: {one_line(str(error))}"
            ) from None
        printed = output.decode("utf-8", "replace").strip()
        if process.returncode:
            raise CredentialsError(
                f"the command in {COMMAND_VARIABLE} ended with exit status {process.returncode}"
            )
        if not printed:
            raise CredentialsError(f"the command in {COMMAND_VARIABLE} printed nothing")
        return keep_secret(_sendable(printed, f"what the command in {COMMAND_VARIABLE} printed"))


def find_credential(api_key: str | None) -> Credential:
    """The argument, `TINKER_API_KEY`, `TINKER_CREDENTIAL_CMD` or the stored default, the first that there is.

    Raises:
        CredentialsError: There is none, or one that cannot be right; the message never holds it.
    """
    if api_key is not None:
        return FixedCredential(_checked_key(api_key, "api_key"))
    key, command = os.environ.get(API_KEY_VARIABLE), os.environ.get(COMMAND_VARIABLE)
    if key:
        try:
            return FixedCredential(_checked_key(key, API_KEY_VARIABLE), API_KEY_VARIABLE)
        except CredentialsError as error:
            if not command:
                raise
            _warn(f"{error}; the command in {COMMAND_VARIABLE} is used")
    if command:
        return CommandCredential(command)
    stored = _stored_key()
    if stored is not None:
        return FixedCredential(stored, STORED_CREDENTIALS)
    raise CredentialsError(
        f"there is no API key: set the environment variable {API_KEY_VARIABLE}, give api_key=, name a command "
        f"that prints one in {COMMAND_VARIABLE}, or store one in {STORED_CREDENTIALS} with `tinker auth login`"
    )


def find_command() -> Credential:
    """The credential of a server that wants one from a command. Raises CredentialsError where none is named."""
    command = os.environ.get(COMMAND_VARIABLE)
    if not command:
        raise CredentialsError(
            "the server takes no API keys from you, but credentials that a command prints: name the command in "
            f"{COMMAND_VARIABLE}"
        )
    return CommandCredential(command)


def _sendable(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise CredentialsError(f"{where} must be a string, not {type(value).__name__}")
    if not value.isascii() or not value.isprintable() or " " in value:
        raise CredentialsError(f"{where} holds characters that no API key has: {_what_is_odd(value)}")
    return value


def _what_is_odd(value: str) -> str:
    """What is wrong with a credential that cannot be sent, in words that hold nothing of it."""
    if re.match(r"\s*(authorization\b|bearer\b|x-api-key\b)", value, re.IGNORECASE):
        return "it begins as a header does, such as with 'Bearer '; give the key alone"
    if _is_quoted(value):
        return "it stands in quotes"
    if any(sign in value for sign in "\r\n"):
        return "a line break"
    if value != value.strip():
        return "there are spaces around it"
    return "such as a space, a line break or a quote from a copy"


def _is_quoted(value: str) -> bool:
    return bool({value.strip()[:1], value.strip()[-1:]} & {*"'\"`\u2018\u2019\u201c\u201d"})


def _checked_key(value: object, where: str) -> str:
    key = _sendable(value, where)
    if _is_quoted(key):
        raise CredentialsError(f"{where} stands in quotes, which are no part of an API key; leave them out")
    if not re.fullmatch(API_KEY, key):
        raise CredentialsError(f"{where} must begin with 'tml-' (an API key) or 'eyJ' (a JSON Web Token)")
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
    """Warn of something at the line of the program that made the client."""
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and str(frame.f_globals.get("__name__")).startswith("tinker_rest"):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, stacklevel=level)
