"""Runs command lines of the SDK, each in its own process, without importing the SDK again for each.

python command_runner.py (sdk|ours|tinker-rest) < one JSON object a line: `arguments`, `answers`, `folder`

With `ours`, our clients and exceptions take the place of the SDK's before anything is run. That is what a program
does that changes its import lines; the command line itself stays as it is. With `tinker-rest`, the command is our
own. For each line one JSON object tells what the command printed and its exit code.

python command_runner.py commands prints the names of all commands of the SDK.
"""

import importlib
import json
import os
import pkgutil
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any, NoReturn

WANTED = (
    "tinker.cli.__main__",
    "rich.console",
    "rich.table",
    "tinker_rest.client",
    "tinker_rest_api.models",
)
OUR_COMMAND = ("tinker_rest_cli.root", "tinker_rest.client", "tinker_rest_api.models")
WRITING = [os.O_WRONLY | os.O_CREAT | os.O_APPEND] * 2
COMMANDS = ("billing", "checkpoint", "model", "run", "session")


def install_our_clients() -> None:
    """Make the command line import our package instead of the SDK."""
    import tinker

    import tinker_rest
    from tinker_rest import errors

    exceptions = importlib.import_module("tinker._exceptions")
    for name in vars(exceptions).copy():
        if hasattr(errors, name) and name[0].isupper():
            for module in (exceptions, tinker):
                setattr(module, name, getattr(errors, name))
    for name in ("RestClient", "AdminClient"):
        setattr(tinker, name, getattr(tinker_rest, name))


def become_command(arguments: list[str], folder: str, streams: list[int]) -> NoReturn:
    """Be the command line, in a child of a fork, and end."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.chdir(folder)
    sys.stdin = open(0)  # noqa: SIM115 - it is the process's own
    code: Any = 0
    try:
        if sys.argv[1] == "tinker-rest":
            code = importlib.import_module("tinker_rest_cli").main(arguments)
        else:
            sys.argv = ["tinker", *arguments]
            importlib.import_module("tinker.cli.__main__").main()
    except SystemExit as ended:
        code = ended.code or 0
    except BaseException:
        traceback.print_exc()
        code = 70
    sys.stdout.flush()
    sys.stderr.flush()
    # As it is, the SDK now and then aborts while the interpreter ends, with its threads still at work.
    os._exit(code if isinstance(code, int) else 1)


def run(asked: dict[str, Any]) -> dict[str, Any]:
    """Run one command line."""
    with tempfile.TemporaryDirectory() as kept:
        files = [Path(kept, name) for name in ("stdin", "stdout", "stderr")]
        files[0].write_text(asked["answers"])
        streams = [os.open(file, flags) for file, flags in zip(files, (os.O_RDONLY, *WRITING), strict=True)]
        child = os.fork()
        if child == 0:
            become_command(asked["arguments"], asked["folder"], streams)
        _, status = os.waitpid(child, 0)
        for stream in streams:
            os.close(stream)
        return {
            "exit code": os.waitstatus_to_exitcode(status),
            "stdout": files[1].read_text(),
            "stderr": files[2].read_text(),
        }


def names_of_commands(group: Any, name: str = "") -> list[str]:
    """The names of all commands of a group, such as `run list`."""
    import click

    if not isinstance(group, click.Group):
        return [name]
    context = click.Context(group)
    found = []
    for one in group.list_commands(context):
        found += names_of_commands(group.get_command(context, one), f"{name} {one}".strip())
    return found


def main() -> None:
    if sys.argv[1] == "commands":
        print(json.dumps(names_of_commands(importlib.import_module("tinker.cli.__main__").main_cli)))
        return
    if sys.argv[1] == "ours":
        install_our_clients()
    wanted = [*WANTED, *(f"tinker.cli.commands.{command}" for command in COMMANDS)]
    if sys.argv[1] == "tinker-rest":
        commands = importlib.import_module("tinker_rest_cli.commands")
        modules = pkgutil.iter_modules(commands.__path__, "tinker_rest_cli.commands.")
        wanted = [*OUR_COMMAND, *(module.name for module in modules)]
    for name in wanted:
        importlib.import_module(name)
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
