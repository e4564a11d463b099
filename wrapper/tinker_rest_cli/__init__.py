"""The command `tinker-rest`. Everything but `main` is internal."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: The arguments of the command line; those of the process if it is None.

    Returns:
        The exit status; `failures.py` lists them.
    """
    try:
        _open_closed_streams()
        import click  # noqa: F401 - nothing below can be imported without it

        from tinker_rest_cli.root import run

        return run(sys.argv[1:] if arguments is None else arguments)
    except ModuleNotFoundError as error:
        if error.name != "click":
            raise
        sys.stderr.write(
            "tinker-rest: this command needs click, which is not installed: pip install 'tinker-rest[cli]'\n"
        )
        return 1
    except KeyboardInterrupt:  # before or after the code that reports it
        return 130


def _open_closed_streams() -> None:
    """Open closed stdin, stdout and stderr to /dev/null, or a socket would get their numbers."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free number, which is this one
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115
