"""`tinker-rest version`."""

from __future__ import annotations

import click

from tinker_rest_cli.groups import Command
from tinker_rest_cli.settings import Settings, pass_settings


@click.command("version", cls=Command)
@pass_settings
def version(settings: Settings) -> None:
    """Print the version, and which description of the API it was made from."""
    from tinker_rest import SPEC_SHA256, SPEC_VERSION, __version__

    if settings.format == "table" and not settings.quiet:  # without rich, which the sandbox's extra lacks
        click.echo(f"tinker-rest {__version__}\nAPI description {SPEC_VERSION}, SHA-256 {SPEC_SHA256}")
        return
    from tinker_rest_cli.output import show_one

    whole = {"version": __version__, "spec_version": SPEC_VERSION, "spec_sha256": SPEC_SHA256}
    show_one(settings, __version__, whole, [])
