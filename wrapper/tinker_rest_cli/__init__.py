"""The command `tinker-rest`; CONTRIBUTING.md says how it goes. It imports nothing that is not needed."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence

MISSING = "tinker-rest: {} is not installed, which the command needs: pip install 'tinker-rest[cli]'\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: The arguments of the command line; those of the process when it is None.

    Returns:
        The exit status; `failures.py` lists them.
    """
    try:
        _open_what_is_closed()
        import click  # noqa: F401 - without it nothing below can be imported

        from tinker_rest_cli.root import run

        return run(sys.argv[1:] if arguments is None else arguments)
    except ModuleNotFoundError as error:
        if error.name != "click":
            raise
        sys.stderr.write(MISSING.format("click"))
        return 1
    except KeyboardInterrupt:  # before or after what tells of it
        return 130
    finally:
        # What the interpreter still ends has nobody to catch another interrupt.
        if arguments is None and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, signal.SIG_DFL)


def _open_what_is_closed() -> None:
    """Let stdin, stdout and stderr lead nowhere where they are closed, or a socket would take their numbers."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free, which is this one
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115
