"""The clients that commands make their calls with."""

from __future__ import annotations

import logging
import os
import sys
import time
import warnings
from typing import TYPE_CHECKING, Any

from tinker_rest_cli.formatting import printable
from tinker_rest_cli.options import pairs
from tinker_rest_cli.settings import Settings

if TYPE_CHECKING:
    from tinker_rest import AdminClient, RestClient, RetryEvent

QUIET_SECONDS = 5.0


def rest_client(settings: Settings) -> RestClient:
    """A client for a user's own data, for a `with` block."""
    from tinker_rest import RestClient

    return RestClient(**client_options(settings))


def admin_client(settings: Settings) -> AdminClient:
    """A client for administrators, for a `with` block."""
    from tinker_rest import AdminClient

    return AdminClient(**client_options(settings))


def client_options(settings: Settings) -> dict[str, Any]:
    """The arguments of a client; also lets warnings and the log appear as the settings say."""
    warnings.showwarning = _show_warning
    if settings.verbosity:
        _log(settings.verbosity)
    headers = [*os.environ.get("TINKER_REST_HEADERS", "").splitlines(), *settings.headers]
    options: dict[str, Any] = {"base_url": settings.base_url, "default_headers": pairs(headers, "--header")}
    if settings.timeout is not None:
        options["timeout"] = settings.timeout
    if not settings.quiet and sys.stderr.isatty():
        options["on_retry"] = _show_retry
    return options


def build_timeout(settings: Settings, name: str = "timeout") -> dict[str, Any]:
    """The argument of methods that wait until the server has built something."""
    return {} if settings.timeout is None else {name: settings.timeout}


def _log(verbosity: int) -> None:
    logger = logging.getLogger("tinker_rest")
    if not any(isinstance(handler, logging.StreamHandler) for handler in logger.handlers):
        handler = logging.StreamHandler()
        formatter = logging.Formatter("%(asctime)s %(message)s")
        formatter.converter = time.gmtime
        handler.setFormatter(formatter)
        handler.addFilter(_on_one_line)
        logger.addHandler(handler)
    logger.setLevel(logging.INFO if verbosity == 1 else logging.DEBUG)


def _on_one_line(record: logging.LogRecord) -> bool:
    record.msg, record.args = printable(record.getMessage()), ()
    return True


def _show_warning(message: Warning | str, category: type[Warning], *_where: Any, **_more: Any) -> None:
    """Show warnings of the client in one line; nothing about experimental or deprecated calls."""
    if category is UserWarning:
        sys.stderr.write(f"tinker-rest: warning: {printable(str(message))}\n")


def _show_retry(event: RetryEvent) -> None:
    """Say why nothing happens, once that takes a while."""
    if event.elapsed + event.delay < QUIET_SECONDS:
        return
    left = "" if event.remaining is None else f", {event.remaining:.0f} s left"
    sys.stderr.write(f"waiting: {printable(event.reason)}, attempt {event.attempt}{left}\n")
