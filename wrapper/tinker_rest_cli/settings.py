"""The options of every command, which you can put before or after the command."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

FORMATS = ("table", "json", "jsonl", "csv")

F = TypeVar("F", bound=Callable[..., Any])


class Settings:
    """The values of the common options."""

    def __init__(self) -> None:
        """Start with the defaults."""
        self.format = "table"
        self.fields = ""  # of --json, separated by commas; all if there are none
        self.quiet = False
        self.debug = False
        self.base_url: str | None = None  # None for the environment's
        self.headers: tuple[str, ...] = ()
        self.timeout: float | None = None  # None for the client's default
        self.verbosity = 0  # 1 logs slow calls, 2 every response
        self.is_patient = False  # with a server that refuses connections
        self.has_told = False  # why nothing happens
        self.unreachable = ""  # why the command gave up the server


def _keep(context: click.Context, option: click.Parameter, value: Any) -> None:
    """Store a given value. After the command, an option overrides the same one before it, or adds to it."""
    name = option.name
    if name is None or context.get_parameter_source(name) is not click.core.ParameterSource.COMMANDLINE:
        return
    settings = context.ensure_object(Settings)
    setattr(settings, name, getattr(settings, name) + value if name in ("headers", "verbosity") else value)


def _option(*names: str, **attributes: Any) -> click.Option:
    return click.Option(names, expose_value=False, callback=_keep, **attributes)


COMMON_OPTIONS = (
    _option(
        "-f", "--format", type=click.Choice(FORMATS), metavar="FORMAT",
        help="Output format: table (default), json, jsonl or csv.",
    ),
    _option("--json", "fields", metavar="FIELDS", help="Print JSON objects with only these fields, such as a,b."),
    _option("-q", "--quiet", is_flag=True, help="Print only IDs."),
    _option("--base-url", metavar="URL", help="Server URL; TINKER_BASE_URL by default, else production."),
    _option(
        "--header", "headers", metavar="NAME=VALUE", multiple=True,
        help="Send an extra header; repeatable. TINKER_REST_HEADERS can hold more, one per line.",
    ),
    _option(
        "--timeout", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS",
        help="Time limit per call, including retries; 60 by default.",
    ),
    _option("-v", "--verbose", "verbosity", count=True, help="Log slow steps to stderr; -vv logs every response."),
    _option("--debug", is_flag=True, help="Print a traceback on errors."),
)  # fmt: skip
