"""The SDK's own command line with our clients and exceptions in the place of its own.

python with_our_clients.py run list

This is what a program does that changes its import lines, and nothing else.
"""

import importlib
import sys

import tinker
import tinker_rest
from tinker_rest import errors


def main() -> None:
    exceptions = importlib.import_module("tinker._exceptions")
    for name in vars(exceptions).copy():
        if hasattr(errors, name) and name[0].isupper():
            for module in (exceptions, tinker):
                setattr(module, name, getattr(errors, name))
    setattr(tinker, "RestClient", tinker_rest.RestClient)  # noqa: B010 - mypy knows the attribute as a class
    setattr(tinker, "AdminClient", tinker_rest.AdminClient)  # noqa: B010
    sys.argv[0] = "tinker"
    importlib.import_module("tinker.cli.__main__").main()


if __name__ == "__main__":
    main()
