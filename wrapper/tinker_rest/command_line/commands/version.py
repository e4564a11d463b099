"""`tinker-rest version`."""

from __future__ import annotations

import click

from tinker_rest.command_line.groups import Command


@click.command("version", cls=Command)
def version() -> None:
    """Print the version."""
    from tinker_rest import __version__

    click.echo(f"tinker-rest {__version__}")
