"""`tinker-rest auth`: whose the API key is."""

from __future__ import annotations

import click

from tinker_rest_cli.clients import rest_client
from tinker_rest_cli.groups import Group
from tinker_rest_cli.output import show_one
from tinker_rest_cli.settings import Settings, pass_settings


@click.group("auth", cls=Group)
def auth() -> None:
    """Show whose the API key is."""


@auth.command("whoami")
@pass_settings
def whoami(settings: Settings) -> None:
    """Show the user and the organization that the API key stands for."""
    with rest_client(settings) as client:
        found = client.whoami().result()
    facts = [("Email", found.email or "none"), ("User", found.user_urn), ("Organization", found.org_urn)]
    show_one(settings, found.user_urn, found, facts)
