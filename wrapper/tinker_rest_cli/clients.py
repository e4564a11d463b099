"""The clients that commands use."""

from __future__ import annotations

import logging
import os
import sys
import time
import warnings
from typing import TYPE_CHECKING, Any, TypeVar

from tinker_rest_cli.formatting import printable
from tinker_rest_cli.options import pairs
from tinker_rest_cli.settings import Settings

if TYPE_CHECKING:
    from tinker_rest import AdminClient, RestClient, RetryEvent

QUIET_SECONDS = 2.0  # then tell a terminal why nothing happens
REFUSED_SECONDS = 4.0  # then give up on a server that refuses connections

Client = TypeVar("Client", "AdminClient", "RestClient")


def rest_client(settings: Settings) -> RestClient:
    """A client for a user's own data, for a `with` block."""
    from tinker_rest import RestClient

    return open_client(RestClient, settings)


def admin_client(settings: Settings) -> AdminClient:
    """A client for administrators, for a `with` block."""
    from tinker_rest import AdminClient

    return open_client(AdminClient, settings)


def open_client(kind: type[Client], settings: Settings, **options: Any) -> Client:
    """A client that reports waits and gives up on servers that refuse connections; options override settings."""
    client: Client

    def on_retry(event: RetryEvent) -> None:
        waited = event.elapsed + event.delay
        is_refused = event.reason.startswith("no response") and "refused" in event.reason
        if is_refused and waited > REFUSED_SECONDS and not settings.is_patient:
            settings.unreachable = f"{event.reason} ({event.attempt} attempts, {event.elapsed:.1f} s)"
            client.close()
        elif waited > QUIET_SECONDS and not (settings.has_told or settings.quiet) and sys.stderr.isatty():
            settings.has_told = True
            sys.stderr.write(f"{printable(event.reason)}; trying again (Ctrl-C to stop)\n")

    client = kind(**{**client_options(settings), "on_retry": on_retry, **options})
    return client


def client_options(settings: Settings) -> dict[str, Any]:
    """The arguments of a client; also sets up warnings and logging according to the settings."""
    warnings.showwarning = _show_warning
    _log(settings.verbosity)
    headers = [*os.environ.get("TINKER_REST_HEADERS", "").splitlines(), *settings.headers]
    options: dict[str, Any] = {"base_url": settings.base_url, "default_headers": pairs(headers, "--header")}
    if settings.timeout is not None:
        options["timeout"] = settings.timeout
    return options


def build_timeout(settings: Settings, name: str = "timeout") -> dict[str, Any]:
    """The argument of methods that wait until the server has built something."""
    return {} if settings.timeout is None else {name: settings.timeout}


def _log(verbosity: int) -> None:
    logger = logging.getLogger("tinker_rest")
    if not any(isinstance(handler, logging.StreamHandler) for handler in logger.handlers):
        handler = logging.StreamHandler()
        form = "%(asctime)s %(message)s" if verbosity else "tinker-rest: warning: %(message)s"
        formatter = logging.Formatter(form)
        formatter.converter = time.gmtime
        handler.setFormatter(formatter)
        if not verbosity:
            handler.addFilter(_is_news)
        handler.addFilter(_on_one_line)
        logger.addHandler(handler)
    logger.setLevel((logging.WARNING, logging.INFO, logging.DEBUG)[min(verbosity, 2)])


def _is_news(record: logging.LogRecord) -> bool:
    """Whether a warning says more than the command itself does, such as that the clocks differ."""
    return record.levelno == logging.WARNING and record.module != "_core"  # which reports interrupted calls


def _on_one_line(record: logging.LogRecord) -> bool:
    record.msg, record.args = printable(record.getMessage()), ()
    return True


def _show_warning(message: Warning | str, category: type[Warning], *_where: Any, **_more: Any) -> None:
    """Show warnings of the client in one line; nothing about experimental or deprecated calls."""
    if category is UserWarning:
        sys.stderr.write(f"tinker-rest: warning: {printable(str(message))}\n")
