"""What goes wrong, told in one line on stderr that says what to do, and as an exit status."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from enum import IntEnum
from typing import TYPE_CHECKING

import click

from tinker_rest_cli import MISSING
from tinker_rest_cli.settings import Settings

if TYPE_CHECKING:
    from tinker_rest.errors import APIError


class ExitStatus(IntEnum):
    """With what a command ends; scripts may rely on it."""

    DONE = 0
    FAILED = 1
    USAGE = 2  # the command line or a value in it is wrong; nothing was sent
    CREDENTIALS = 3  # no key, or one that is refused or may not do this (401, 403)
    NOT_FOUND = 4
    PARTIAL = 5  # some of several items failed
    NETWORK = 6  # no answer, or one that says to try again later (429, 5xx)
    INTERRUPTED = 130
    CLOSED_PIPE = 141  # whoever read the output has stopped, as `head` does; nothing is said


class CommandError(Exception):
    """A failure of a command itself, in a line.

    Args:
        message: What failed and what to do.
        status: The exit status.
    """

    def __init__(self, message: str, status: ExitStatus = ExitStatus.FAILED) -> None:
        """Keep both."""
        super().__init__(message)
        self.message = message
        self.status = status


def told(work: Callable[[], int], settings: Settings) -> int:
    """Do the work and return its exit status; tell of an exception in a line, and show it with `--debug`."""
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
        return _told(error, "interrupted", ExitStatus.INTERRUPTED, settings)
    except Exception as error:
        return _told(error, *explain(error), settings)
    return status


def explain(error: Exception) -> tuple[str, ExitStatus]:
    """What to say of an exception, without secrets and remedy included, and the exit status."""
    if isinstance(error, CommandError):
        return error.message, error.status
    if isinstance(error, click.UsageError):
        return _usage(error), ExitStatus.USAGE
    if isinstance(error, click.ClickException):
        return error.format_message(), ExitStatus.FAILED
    if isinstance(error, ImportError) and (error.name or "").partition(".")[0] == "rich":
        return MISSING.format("rich").removeprefix("tinker-rest: "), ExitStatus.FAILED
    from tinker_rest import errors

    if isinstance(error, errors.InvalidArgumentError):
        return str(error), ExitStatus.USAGE
    if isinstance(error, errors.CredentialsError):
        return str(error).replace(", give api_key=,", ","), ExitStatus.CREDENTIALS
    if isinstance(error, errors.APIError):
        return _explain_call(error)
    if isinstance(error, (errors.TinkerError, OSError)):
        return str(error), ExitStatus.FAILED
    return (
        f"a fault of tinker-rest itself: {type(error).__name__}: {error}; --debug shows where",
        ExitStatus.FAILED,
    )


def _explain_call(error: APIError) -> tuple[str, ExitStatus]:
    from tinker_rest import errors

    def said(remedy: str, status: ExitStatus) -> tuple[str, ExitStatus]:
        text = str(error)
        if isinstance(error, errors.APIStatusError):  # whose remedy is for programs
            text = text.replace(f". {errors.REMEDY_OF_STATUS.get(error.status_code)}", "")
        return f"{text}{remedy and '. '}{remedy}", status

    match error:
        case errors.APITimeoutError():
            return said(
                "Check the network and TINKER_BASE_URL, or give it more time with --timeout", ExitStatus.NETWORK
            )
        case errors.APIConnectionError():
            return said("Check the network and the server's address, TINKER_BASE_URL", ExitStatus.NETWORK)
        case errors.APIStatusError(operation_unsupported=True):
            return said("Another server, or a newer one, may have it", ExitStatus.FAILED)
        case errors.AuthenticationError():
            return said("Check the key in TINKER_API_KEY",
                        ExitStatus.CREDENTIALS)  # fmt: skip
        case errors.PermissionDeniedError():
            return said(
                "It takes another key or role; `tinker-rest auth whoami` shows yours", ExitStatus.CREDENTIALS
            )
        case errors.BillingError():
            return said("Settle the account's billing", ExitStatus.FAILED)
        case errors.NotFoundError():
            return said("Check the id, and whose it is; `list` commands show yours", ExitStatus.NOT_FOUND)
        case errors.RateLimitError():
            return said("Try again later", ExitStatus.NETWORK)
        case errors.InternalServerError():
            return said("Try again later; where it stays, tell the server's operators the request_id",
                        ExitStatus.NETWORK)  # fmt: skip
        case errors.BadRequestError() | errors.UnprocessableEntityError():
            return said("Check the values of the command", ExitStatus.FAILED)
    return said("", ExitStatus.FAILED)


def _usage(error: click.UsageError) -> str:
    message = error.format_message().rstrip(".").replace("?", "")
    path = error.ctx.command_path if error.ctx else "tinker-rest"
    return f"{message[:1].lower()}{message[1:]}. See {path} --help"


def _told(error: BaseException, message: str, status: ExitStatus, settings: Settings) -> int:
    from tinker_rest.redaction import redact
    from tinker_rest_cli.texts import printable

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
    """Flush what was written; where nobody reads it, say nothing of it when the interpreter exits."""
    for output in (sys.stdout, sys.stderr):
        try:
            output.flush()
        except (OSError, ValueError):
            with contextlib.suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), output.fileno())
