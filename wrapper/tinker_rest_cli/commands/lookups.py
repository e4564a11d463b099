"""`tinker-rest sampler|weights|model`: commands that look up one thing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from tinker_rest_cli.clients import rest_client
from tinker_rest_cli.columns import Column, Listing, columns_option
from tinker_rest_cli.failures import CommandError, ExitStatus
from tinker_rest_cli.formatting import plain, yes_or_no
from tinker_rest_cli.groups import Group
from tinker_rest_cli.output import show_list, show_one
from tinker_rest_cli.settings import Settings, pass_settings

if TYPE_CHECKING:
    from tinker_rest.types import SupportedModel

MODELS: Listing[SupportedModel] = Listing(
    "model",
    "models",
    [
        Column("model_name", "Model", is_id=True),
        Column("max_context_length", "Max context", right=True),
        Column("trainable", "Trainable", text=yes_or_no),
        Column("sampleable", "Sampleable", text=yes_or_no),
    ],
)


@click.group("sampler", cls=Group)
def sampler() -> None:
    """Show samplers."""


@sampler.command("info")
@click.argument("sampler_id")
@pass_settings
def sampler_info(settings: Settings, sampler_id: str) -> None:
    """Show what a sampler serves.

    SAMPLER_ID is an ID such as SESSION_ID:sample:0; `tinker-rest session info` lists those of a session.
    """
    with rest_client(settings) as client:
        found = client.get_sampler(sampler_id).result()
    facts = [
        ("Sampler ID", found.sampler_id),
        ("Base model", found.base_model),
        ("Checkpoint", found.model_path or "none"),
    ]
    show_one(settings, found.sampler_id, found, facts)


@click.group("weights", cls=Group)
def weights() -> None:
    """Show what loading a checkpoint requires."""


@weights.command("info")
@click.argument("tinker_path")
@pass_settings
def weights_info(settings: Settings, tinker_path: str) -> None:
    """Show the base model, optimizer and LoRA settings of a checkpoint, yours or a public one.

    TINKER_PATH is a path such as tinker://RUN_ID/weights/0001.
    """
    with rest_client(settings) as client:
        found = client.get_weights_info_by_tinker_path(tinker_path).result()
    optimizer = None if found.optimizer_config is None else found.optimizer_config.to_dict()
    facts = [
        ("Tinker path", tinker_path),
        ("Base model", found.base_model),
        ("LoRA", f"rank {found.lora_rank}" if found.is_lora and found.lora_rank else yes_or_no(found.is_lora)),
        ("Trains unembedding", yes_or_no(found.train_unembed)),
        ("Trains MLP", yes_or_no(found.train_mlp)),
        ("Trains attention", yes_or_no(found.train_attn)),
        ("Optimizer", "unknown" if optimizer is None else plain(optimizer.get("type"))),
        *((f"  {name}", plain(value)) for name, value in (optimizer or {}).items() if name != "type"),
    ]
    show_one(settings, tinker_path, {"tinker_path": tinker_path, **found.model_dump(mode="json")}, facts)


@click.group("model", cls=Group)
def model() -> None:
    """List the models that you can use."""


@model.command("list")
@click.argument("substring", required=False)
@columns_option(MODELS)
@pass_settings
def list_models(
    settings: Settings, substring: str | None, columns: Sequence[Column[SupportedModel]] | None
) -> None:
    """List the models that you can use, with the maximum context of each in tokens.

    With SUBSTRING, only list models whose names contain it, ignoring case.
    """
    with rest_client(settings) as client:
        models = client.get_server_capabilities().result().supported_models
    if substring is not None:
        models = [model for model in models if substring.lower() in (model.model_name or "").lower()]
        if not models:
            raise CommandError(
                f"no model has {substring!r} in its name; `tinker-rest model list` shows all", ExitStatus.NOT_FOUND
            )
    show_list(settings, MODELS, models, columns=columns)
