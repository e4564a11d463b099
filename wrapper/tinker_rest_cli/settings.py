"""The options of every command; they may stand before the command or after it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

FORMATS = ("table", "json", "jsonl", "csv")

F = TypeVar("F", bound=Callable[..., Any])


class Settings:
    """The values of the common options."""

    def __init__(self) -> None:
        """Begin with the defaults."""
        self.format = "table"
        self.quiet = False
        self.debug = False
        self.base_url: str | None = None  # None for the environment's
        self.headers: tuple[str, ...] = ()
        self.timeout: float | None = None  # None for the client's default
        self.verbosity = 0  # 1 logs slow calls, 2 every answer


def _keep(context: click.Context, option: click.Parameter, value: Any) -> None:
    """Note what was given. After the command, an option overrides the same before it, or adds to it."""
    name = option.name
    if name is None or context.get_parameter_source(name) is not click.core.ParameterSource.COMMANDLINE:
        return
    settings = context.ensure_object(Settings)
    setattr(settings, name, getattr(settings, name) + value if name in ("headers", "verbosity") else value)


def _option(*names: str, **attributes: Any) -> click.Option:
    return click.Option(names, expose_value=False, callback=_keep, **attributes)


COMMON_OPTIONS = (
    _option("-f", "--format", type=click.Choice(FORMATS), help="How to print results; table by default."),
    _option("-q", "--quiet", is_flag=True, help="Print IDs alone."),
    _option("--base-url", metavar="URL", help="The server's URL; by default TINKER_BASE_URL, else production."),
    _option(
        "--header",
        "headers",
        metavar="NAME=VALUE",
        multiple=True,
        help="Send this header too; can be given many times. TINKER_REST_HEADERS holds some, one a line.",
    ),
    _option(
        "--timeout",
        type=click.FloatRange(min=0, min_open=True),
        metavar="SECONDS",
        help="Total time limit of a call, including retries; 60 by default.",
    ),
    _option("-v", "--verbose", "verbosity", count=True, help="Log slow calls to stderr; -vv every answer."),
    _option("--debug", is_flag=True, help="Print the traceback of an error."),
)

pass_settings: Callable[[F], F] = click.make_pass_decorator(Settings)  # type: ignore[assignment]
"""Give a command the Settings as its first argument."""
