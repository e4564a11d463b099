"""The command `tinker-rest`. Only what the named subcommand needs is imported."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

Run = Callable[[Sequence[str]], int]


class Subcommand(NamedTuple):
    """A subcommand.

    Attributes:
        summary: What it does, in a line.
        run: Does it with the arguments after its name, and returns the exit status.
    """

    summary: str
    run: Run


def _sandbox(arguments: Sequence[str]) -> int:
    try:
        from tinker_rest.sandbox.__main__ import main as run
    except ImportError as error:
        return _failed(str(error))
    return run(arguments, program="tinker-rest sandbox")


def _version(arguments: Sequence[str]) -> int:
    if arguments:
        return _failed("version takes no arguments", 2)
    from tinker_rest import __version__

    sys.stdout.write(f"tinker-rest {__version__}\n")
    return 0


SUBCOMMANDS = {
    "sandbox": Subcommand("serve the Tinker REST API on this machine, or record an account for it", _sandbox),
    "version": Subcommand("print the version", _version),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand.

    Args:
        arguments: The arguments of the command line; those of the process when it is None.

    Returns:
        The exit status: 2 where the subcommand is missing or unknown, else that of the subcommand.
    """
    name, *rest = [*(sys.argv[1:] if arguments is None else arguments)] or [""]
    if name in {"-h", "--help"}:
        sys.stdout.write(_help())
        return 0
    if name == "--version":
        name = "version"
    if name not in SUBCOMMANDS:
        sys.stderr.write(_help())
        return _failed(f"there is no subcommand {name!r}", 2) if name else 2
    return SUBCOMMANDS[name].run(rest)


def _help() -> str:
    width = max(map(len, SUBCOMMANDS))
    lines = "".join(f"  {name:{width}}  {one.summary}\n" for name, one in SUBCOMMANDS.items())
    return f"usage: tinker-rest SUBCOMMAND …\n\n{lines}\ntinker-rest SUBCOMMAND --help tells of its options.\n"


def _failed(message: str, status: int = 1) -> int:
    sys.stderr.write(f"tinker-rest: {message}\n")
    return status
