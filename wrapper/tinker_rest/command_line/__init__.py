"""The command `tinker-rest`; CONTRIBUTING.md says how it goes. It imports nothing that is not needed."""

from __future__ import annotations

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
        import click  # noqa: F401 - without it nothing below can be imported
    except ImportError:
        sys.stderr.write(MISSING.format("click"))
        return 1
    from tinker_rest.command_line.root import run

    return run(sys.argv[1:] if arguments is None else arguments)
