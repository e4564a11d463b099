"""`tinker-rest sandbox`, which has options of its own: it is `python -m tinker_rest_sandbox`."""

from __future__ import annotations

import os

import click

from tinker_rest_cli.failures import CommandError
from tinker_rest_cli.settings import Settings, pass_settings


@click.command(
    "sandbox",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False, "help_option_names": []},
    add_help_option=False,
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@pass_settings
def sandbox(settings: Settings, arguments: tuple[str, ...]) -> int:
    """Serve the Tinker REST API on this machine, or record an account for it."""
    try:
        from tinker_rest_sandbox.__main__ import main as run
    except ImportError as error:
        raise CommandError(str(error)) from error
    if settings.base_url is not None:
        os.environ["TINKER_BASE_URL"] = settings.base_url  # which `record` reads
    try:
        return run([*arguments], program="tinker-rest sandbox")
    except SystemExit as end:  # of argparse, which has told why
        return end.code if isinstance(end.code, int) else 1
