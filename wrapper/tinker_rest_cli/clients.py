"""The clients that commands make their calls with."""

from __future__ import annotations

import logging
import sys
import time
import warnings
from typing import TYPE_CHECKING, Any

from tinker_rest_cli.settings import Settings
from tinker_rest_cli.texts import printable

if TYPE_CHECKING:
    from tinker_rest import AdminClient, RestClient, RetryEvent

QUIET_SECONDS = 5.0


def rest_client(settings: Settings) -> RestClient:
    """A client for what belongs to users; to be used in a `with` block."""
    from tinker_rest import RestClient

    return RestClient(**_options(settings))


def admin_client(settings: Settings) -> AdminClient:
    """A client for what administrators look up; to be used in a `with` block."""
    from tinker_rest import AdminClient

    return AdminClient(**_options(settings))


def set_up(settings: Settings) -> None:
    """Tell warnings, and log what the settings ask for."""
    _tell_warnings()
    if settings.verbosity:
        _log(settings.verbosity)


def _options(settings: Settings) -> dict[str, Any]:
    set_up(settings)
    options: dict[str, Any] = {"base_url": settings.base_url}
    if settings.timeout is not None:
        options |= {"timeout": settings.timeout, "archive_timeout": settings.timeout}
    if not settings.quiet and sys.stderr.isatty():
        options["on_retry"] = _tell_retry
    return options


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


def _tell_warnings() -> None:
    """Tell warnings of ours in a line, and nothing of what is experimental or deprecated."""

    def show(message: Warning | str, category: type[Warning], *_where: Any, **_more: Any) -> None:
        if category is UserWarning:
            sys.stderr.write(f"tinker-rest: warning: {printable(str(message))}\n")

    warnings.showwarning = show


def _tell_retry(event: RetryEvent) -> None:
    """Tell whoever looks at the terminal why nothing happens."""
    if event.elapsed + event.delay < QUIET_SECONDS:
        return
    left = "" if event.remaining is None else f", {event.remaining:.0f} s left"
    sys.stderr.write(f"waiting: {printable(event.reason)}, attempt {event.attempt}{left}\n")
