"""`tinker-rest model`: the models that one may use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from tinker_rest_cli.clients import rest_client
from tinker_rest_cli.failures import CommandError, ExitStatus
from tinker_rest_cli.groups import Group
from tinker_rest_cli.output import Column, Listing, columns_option, show_list
from tinker_rest_cli.paging import Found
from tinker_rest_cli.settings import Settings, pass_settings
from tinker_rest_cli.texts import yes_or_no

if TYPE_CHECKING:
    from tinker_rest.types import SupportedModel

MODELS: Listing[SupportedModel] = Listing(
    "model",
    lambda model: model.model_name or "",
    [
        Column("name", "Model", lambda model: model.model_name, whole=True),
        Column("context", "Max context", lambda model: model.max_context_length, right=True),
        Column("trainable", "Trainable", lambda model: model.trainable, yes_or_no),
        Column("sampleable", "Sampleable", lambda model: model.sampleable, yes_or_no),
    ],
)


@click.group("model", cls=Group)
def model() -> None:
    """List the models that one may use."""


@model.command("list")
@click.argument("substring", required=False)
@columns_option(MODELS)
@pass_settings
def list_(settings: Settings, substring: str | None, columns: Sequence[Column[SupportedModel]] | None) -> None:
    """List the models that one may use, with the longest context of each in tokens.

    SUBSTRING keeps those whose name contains it, in small or capital letters.
    """
    with rest_client(settings) as client:
        models = client.get_server_capabilities().result().supported_models
    if substring is not None:
        models = [one for one in models if substring.lower() in (one.model_name or "").lower()]
        if not models:
            raise CommandError(
                f"no model has {substring!r} in its name; `tinker-rest model list` shows all", ExitStatus.NOT_FOUND
            )
    show_list(settings, MODELS, Found.all_of(models), columns=columns)
