"""What is asked of every command alike: the options that may stand before the command or after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import click

FORMATS = ("table", "json", "jsonl", "csv")

F = TypeVar("F", bound=Callable[..., Any])


@dataclass
class Settings:
    """What the options that every command has say.

    Attributes:
        format: One of `FORMATS`.
        quiet: Whether to print ids alone, and nothing of how things go.
        debug: Whether to print the traceback of an error.
        base_url: The server's address; None for what the environment says.
        timeout: For how many seconds a call may take; None for the client's default.
        verbosity: What is logged to stderr: nothing at 0, what takes long at 1, every answer at 2.
    """

    format: str = "table"
    quiet: bool = False
    debug: bool = False
    base_url: str | None = None
    timeout: float | None = None
    verbosity: int = 0


def _keep(context: click.Context, option: click.Parameter, value: Any) -> None:
    """Note what was given. The same option after the command counts more than before it."""
    name = option.name
    if name is None or context.get_parameter_source(name) is not click.core.ParameterSource.COMMANDLINE:
        return
    settings = context.ensure_object(Settings)
    setattr(settings, name, settings.verbosity + value if name == "verbosity" else value)


def _option(*names: str, **attributes: Any) -> click.Option:
    return click.Option(names, expose_value=False, callback=_keep, **attributes)


COMMON_OPTIONS = (
    _option("-f", "--format", type=click.Choice(FORMATS), help="How to print results; table by default."),
    _option("-q", "--quiet", is_flag=True, help="Print ids alone."),
    _option(
        "--base-url", metavar="URL", help="The server's address; by default that of TINKER_BASE_URL or production."
    ),
    _option(
        "--timeout",
        type=click.FloatRange(min=0, min_open=True),
        metavar="SECONDS",
        help="How long a call may take, with its repetitions; 60 by default.",
    ),
    _option("-v", "--verbose", "verbosity", count=True, help="Log what takes long to stderr; -vv every answer."),
    _option("--debug", is_flag=True, help="Print the traceback of an error."),
)

pass_settings: Callable[[F], F] = click.make_pass_decorator(Settings)  # type: ignore[assignment]
"""Give a command the Settings as its first argument."""
