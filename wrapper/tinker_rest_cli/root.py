"""The command `tinker-rest` itself: its commands, and what happens around each of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from tinker_rest_cli.groups import Entry, LazyGroup
from tinker_rest_cli.settings import COMMON_OPTIONS, Settings

PROGRAM = "tinker-rest"
COMPLETION_VARIABLE = "_TINKER_REST_COMPLETE"

COMMANDS = {
    "run": Entry("lookups", "run", "List and show training runs."),
    "checkpoint": Entry("checkpoint", "checkpoint", "Find, download, upload, publish and delete checkpoints."),
    "session": Entry("session", "session", "List, show and search sessions, and export their traces."),
    "sampler": Entry("lookups", "sampler", "Show samplers."),
    "weights": Entry("lookups", "weights", "Show what loading a checkpoint requires."),
    "model": Entry("lookups", "model", "List the models that you can use."),
    "billing": Entry("organization", "billing", "Show an organization's usage and storage, for administrators."),
    "audit": Entry("organization", "audit", "Show and save an organization's audit log, for administrators."),
    "storage": Entry("storage", "storage", "Show how much storage checkpoints use, and what a TTL would free."),
    "auth": Entry("auth", "auth", "Log in and out, and show which API key is used."),
    "doctor": Entry("doctor", "doctor", "Find out why calls fail: network, proxy, TLS, key, clock, server."),
    "sandbox": Entry("about", "sandbox", "Serve the Tinker REST API on this machine."),
    "completion": Entry("about", "completion", "Print or install a shell completion script."),
    "version": Entry("about", "version", "Print the version."),
}


root = LazyGroup(
    PROGRAM,
    entries=COMMANDS,
    help="List, inspect and clean up your Tinker training runs, checkpoints, sessions and samplers.",
    epilog="""Run `tinker-rest auth login` to store your API key, or set it in TINKER_API_KEY.

Run `tinker-rest COMMAND --help` for details. Aliases: ls for list, show for info, rm for delete.

\b
Exit status:
  0 done          3 no key, or not allowed   6 no response; try again
  1 failed        4 not found                130 interrupted
  2 wrong usage   5 partly failed            141 output closed""",
    context_settings={"help_option_names": ["-h", "--help"]},
    params=[*COMMON_OPTIONS],
)
click.version_option(package_name=PROGRAM, message="%(prog)s %(version)s", help="Print the version.")(root)


def run(arguments: Sequence[str]) -> int:
    """Run a command and return its exit status; an exception is reported in one line on stderr."""
    from tinker_rest_cli import failures

    settings = Settings()
    try:
        return failures.run_and_report(lambda: _run([*arguments], settings), settings)
    finally:
        failures.close_outputs()


def _run(arguments: list[str], settings: Settings) -> int:
    instruction = os.environ.get(COMPLETION_VARIABLE)
    if instruction:
        from click.shell_completion import shell_complete

        return shell_complete(root, {"obj": settings}, PROGRAM, COMPLETION_VARIABLE, instruction)
    for output in (sys.stdout, sys.stderr):
        if hasattr(output, "reconfigure"):  # instead of failing if the encoding lacks a character
            output.reconfigure(errors="backslashreplace")
    with root.make_context(PROGRAM, arguments, obj=settings) as context:
        status = root.invoke(context)
    return status if isinstance(status, int) else 0
