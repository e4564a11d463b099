"""`tinker-rest sampler`: samplers."""

from __future__ import annotations

import click

from tinker_rest_cli.clients import rest_client
from tinker_rest_cli.groups import Group
from tinker_rest_cli.output import show_one
from tinker_rest_cli.settings import Settings, pass_settings


@click.group("sampler", cls=Group)
def sampler() -> None:
    """Show samplers."""


@sampler.command("info")
@click.argument("sampler_id")
@pass_settings
def info(settings: Settings, sampler_id: str) -> None:
    """Show what a sampler serves.

    SAMPLER_ID is such as SESSION_ID:sample:0; `tinker-rest session info` lists those of a session.
    """
    with rest_client(settings) as client:
        found = client.get_sampler(sampler_id).result()
    facts = [
        ("Sampler ID", found.sampler_id),
        ("Base model", found.base_model),
        ("Checkpoint", found.model_path or "none"),
    ]
    show_one(settings, found.sampler_id, found, facts)
