"""Reports a failure in one line on stderr that says what to do, and as an exit status."""

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


class ExitStatus(IntEnum):
    """Exit statuses (stable)."""

    DONE = 0
    FAILED = 1
    USAGE = 2  # the command line or a value in it is wrong; nothing was sent
    CREDENTIALS = 3  # no key, or one that is refused or lacks permission (401, 403)
    NOT_FOUND = 4
    PARTIAL = 5  # some of several items failed
    NETWORK = 6  # no answer, or one that asks to try again later (429, 5xx)
    INTERRUPTED = 130
    CLOSED_PIPE = 141  # the reader of the output has stopped, as `head` does; nothing is reported


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
        with contextlib.suppress(ValueError):  # in another thread than the main one
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process ends already
        return _report(error, "interrupted", ExitStatus.INTERRUPTED, settings)
    except Exception as error:
        return _report(error, *explain(error), settings)
    return status


def explain(error: Exception) -> tuple[str, ExitStatus]:
    """The message for an exception, without secrets and with a remedy, and the exit status."""
    if isinstance(error, CommandError):
        return error.message, error.status
    if isinstance(error, click.UsageError):
        message = error.format_message().rstrip(".").replace("?", "")
        path = error.ctx.command_path if error.ctx else "tinker-rest"
        return f"{message[:1].lower()}{message[1:]}. See {path} --help", ExitStatus.USAGE
    if isinstance(error, click.ClickException):
        return error.format_message(), ExitStatus.FAILED
    if isinstance(error, ImportError) and (error.name or "").partition(".")[0] == "rich":
        return "rich is not installed, which the command needs: pip install 'tinker-rest[cli]'", ExitStatus.FAILED
    from tinker_rest import errors

    if isinstance(error, errors.InvalidArgumentError):
        return str(error), ExitStatus.USAGE
    if isinstance(error, errors.CredentialsError):
        return str(error).replace(", give api_key=,", ","), ExitStatus.CREDENTIALS
    if isinstance(error, errors.APIError):
        # The remedies for programs are not those of a command line.
        text = re.sub(r"\.? (Check the API key|Settle the account)[^(]*(?= \()", "", str(error))
        remedy, status = _remedy(error)
        return f"{text}{remedy and '. '}{remedy}", status
    if isinstance(error, (errors.TinkerError, OSError)):
        return str(error), ExitStatus.FAILED
    return f"internal error: {type(error).__name__}: {error}; --debug shows where", ExitStatus.FAILED


# By the names of classes, since nothing of the client is imported before it is needed; the first that fits counts.
_REMEDIES = {
    "APITimeoutError": (
        "Check the network and TINKER_BASE_URL, or give it more time with --timeout",
        ExitStatus.NETWORK,
    ),
    "APIConnectionError": ("Check the network and the server's address, TINKER_BASE_URL", ExitStatus.NETWORK),
    "AuthenticationError": ("Check the key in TINKER_API_KEY", ExitStatus.CREDENTIALS),
    "PermissionDeniedError": (
        "This needs a different key or role; `tinker-rest auth whoami` shows yours",
        ExitStatus.CREDENTIALS,
    ),
    "BillingError": ("Settle the account's billing", ExitStatus.FAILED),
    "NotFoundError": ("Check the ID and that it is yours (see the `list` commands)", ExitStatus.NOT_FOUND),
    "RateLimitError": ("Try again later", ExitStatus.NETWORK),
    "InternalServerError": (
        "Try again later; if it persists, give the server's operators the request_id",
        ExitStatus.NETWORK,
    ),
    "BadRequestError": ("Check the values of the command", ExitStatus.FAILED),
    "UnprocessableEntityError": ("Check the values of the command", ExitStatus.FAILED),
}


def _remedy(error: APIError) -> tuple[str, ExitStatus]:
    if getattr(error, "operation_unsupported", False):
        return "Another server, or a newer one, may offer it", ExitStatus.FAILED
    names = [kind.__name__ for kind in type(error).__mro__]
    return next((_REMEDIES[name] for name in names if name in _REMEDIES), ("", ExitStatus.FAILED))


def _report(error: BaseException, message: str, status: ExitStatus, settings: Settings) -> int:
    from tinker_rest.errors import redact
    from tinker_rest_cli.formatting import printable

    try:
        if settings.debug:
            import traceback

            for line in "".join(traceback.format_exception(error)).splitlines():
                sys.stderr.write(printable(redact(line)) + "\n")
        line = " ".join(message.split())
        sys.stderr.write(f"tinker-rest: {printable(line)}\n")
    except OSError:
        pass  # nobody reads it
    return status


def close_outputs() -> None:
    """Flush stdout and stderr; if nobody reads one, keep the interpreter from complaining at its exit."""
    for output in (sys.stdout, sys.stderr):
        try:
            output.flush()
        except (OSError, ValueError):
            with contextlib.suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), output.fileno())
