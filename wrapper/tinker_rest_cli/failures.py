"""Reports a failure as an exit status and as one line on stderr that says what to do."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
from collections.abc import Callable
from enum import IntEnum
from typing import TYPE_CHECKING

import click

from tinker_rest_cli.settings import Settings

if TYPE_CHECKING:
    from tinker_rest.errors import APIError


EXTRAS = {"rich": "cli", "huggingface_hub": "hub"}  # by the packages that are only imported by some commands


class ExitStatus(IntEnum):
    """Exit statuses (stable)."""

    DONE = 0
    FAILED = 1
    USAGE = 2  # the command line or a value in it is wrong; nothing was sent
    CREDENTIALS = 3  # no key, or one that is refused or lacks permission (401, 403)
    NOT_FOUND = 4
    PARTIAL = 5  # some of several items failed
    NETWORK = 6  # no response, or one that asks to try again later (429, 5xx)
    INTERRUPTED = 130
    CLOSED_PIPE = 141  # the reader of the output has stopped, like `head`; nothing is reported


class CommandError(Exception):
    """A failure of a command itself: what failed and what to do, in one line."""

    def __init__(self, message: str, status: ExitStatus = ExitStatus.FAILED) -> None:
        """Keep both."""
        super().__init__(message)
        self.message = message
        self.status = status


def run_and_report(work: Callable[[], int], settings: Settings) -> int:
    """Do the work and return its exit status; report an exception in one line, with `--debug` whole."""
    try:
        status = work()
        sys.stdout.flush()
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.exceptions.NoArgsIsHelpError as help_text:
        sys.stderr.write(help_text.format_message() + "\n")
        return ExitStatus.USAGE
    except BrokenPipeError:
        return ExitStatus.CLOSED_PIPE
    except (KeyboardInterrupt, click.Abort) as error:
        with contextlib.suppress(ValueError):  # not in the main thread
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process is already ending
        return _report(error, "interrupted", ExitStatus.INTERRUPTED, settings)
    except Exception as error:
        if settings.unreachable:  # the client was closed, and that is all the error says
            remedy, status = _REMEDIES["APIConnectionError"]
            return _report(error, f"{settings.unreachable}. {remedy}", status, settings)
        return _report(error, *explain(error), settings)
    return status


def explain(error: Exception) -> tuple[str, ExitStatus]:
    """The message for an exception, without secrets and with a remedy, and the exit status."""
    if isinstance(error, CommandError):
        return error.message, error.status
    if isinstance(error, click.UsageError):
        message = error.format_message().rstrip(".")
        if isinstance(error, click.NoSuchOption):
            near = [name for name in error.possibilities or () if name.startswith("--")]
            message = error.message.rstrip(".") + (f". Did you mean {near[0]}?" if near else "")
        path = error.ctx.command_path if error.ctx else "tinker-rest"
        end = "" if message.endswith("?") else "."
        return f"{message[:1].lower()}{message[1:]}{end} See {path} --help", ExitStatus.USAGE
    if isinstance(error, click.ClickException):
        return error.format_message(), ExitStatus.FAILED
    if isinstance(error, ImportError) and (name := (error.name or "").partition(".")[0]) in EXTRAS:
        install = f"pip install 'tinker-rest[{EXTRAS[name]}]'"
        return f"this command needs {name}, which is not installed: {install}", ExitStatus.FAILED
    from tinker_rest import errors

    if isinstance(error, errors.InvalidArgumentError):
        return str(error), ExitStatus.USAGE
    if isinstance(error, errors.CredentialsError):
        text = str(error)
        if text.startswith(NO_KEY):
            text = f"{NO_KEY}. {GET_KEY}"
        return text.replace("api_key must", "the key must"), ExitStatus.CREDENTIALS
    if isinstance(error, errors.APIError):
        remedy, status = _remedy(error)
        facts = "(" + str(error).rpartition(" (")[2] if error.operation_id else ""
        return " ".join(filter(None, (f"{server_says(error)}.", remedy, facts))), status
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}", ExitStatus.FAILED
    if isinstance(error, (errors.TinkerError, OSError)):
        return str(error), ExitStatus.FAILED
    return f"internal error: {type(error).__name__}: {error}; --debug shows where", ExitStatus.FAILED


NO_KEY = "no API key found"
CONSOLE = "https://tinker.thinkingmachines.ai/keys"
GET_KEY = f"Run `tinker-rest auth login` or set TINKER_API_KEY; create a key at {CONSOLE}"


def server_says(error: APIError) -> str:
    """What went wrong, without advice for programs, which does not fit a command line."""
    return re.sub(r"\.? (Check the API key|Settle the account).*", "", error.message).rstrip(".")


# By class names, so that the client is only imported if it is needed; the first match counts.
_REMEDIES = {
    "APITimeoutError": ("Give it more time with --timeout, or run `tinker-rest doctor`", ExitStatus.NETWORK),
    "APIConnectionError": ("Run `tinker-rest doctor` to find out why", ExitStatus.NETWORK),
    "APIResponseValidationError": ("Run `tinker-rest doctor` to check the server", ExitStatus.FAILED),
    "AuthenticationError": (f"`tinker-rest auth status` shows your key. {GET_KEY}", ExitStatus.CREDENTIALS),
    "PermissionDeniedError": ("Use another key or role; see `tinker-rest auth whoami`", ExitStatus.CREDENTIALS),
    "BillingError": ("Settle the account's billing", ExitStatus.FAILED),
    "NotFoundError": ("Check the ID and that it is yours (see the `list` commands)", ExitStatus.NOT_FOUND),
    "RateLimitError": ("Try again later", ExitStatus.NETWORK),
    "InternalServerError": ("Try again later, or give the operators the request_id", ExitStatus.NETWORK),
    "BadRequestError": ("Check the values of the command", ExitStatus.FAILED),
    "UnprocessableEntityError": ("Check the values of the command", ExitStatus.FAILED),
}


def _remedy(error: APIError) -> tuple[str, ExitStatus]:
    names = [kind.__name__ for kind in type(error).__mro__]
    remedy, status = next((_REMEDIES[name] for name in names if name in _REMEDIES), ("", ExitStatus.FAILED))
    if getattr(error, "operation_unsupported", False):
        remedy, status = "If this happens with every command, run `tinker-rest doctor`", ExitStatus.FAILED
    return remedy, status


def _report(error: BaseException, message: str, status: ExitStatus, settings: Settings) -> int:
    from tinker_rest.errors import redact
    from tinker_rest_cli.formatting import printable

    try:
        if settings.debug:
            import traceback

            for line in "".join(traceback.format_exception(error)).splitlines():
                sys.stderr.write(printable(redact(line)) + "\n")
        line = printable(f"tinker-rest: {' '.join(message.split())}")
        sys.stderr.write(_broken_at_words(line) + "\n")
    except OSError:
        pass  # nobody reads it
    return status


def _broken_at_words(line: str) -> str:
    """The line, wrapped in a terminal."""
    if not sys.stderr.isatty():
        return line
    import shutil
    import textwrap

    width = shutil.get_terminal_size().columns
    return textwrap.fill(line, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def close_outputs() -> None:
    """Flush stdout and stderr; if nobody reads one, keep the interpreter from complaining at exit."""
    for output in (sys.stdout, sys.stderr):
        try:
            output.flush()
        except (OSError, ValueError):
            with contextlib.suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), output.fileno())
