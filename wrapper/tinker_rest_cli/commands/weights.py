"""`tinker-rest weights`: what is needed to load a checkpoint."""

from __future__ import annotations

import click

from tinker_rest_cli.clients import rest_client
from tinker_rest_cli.groups import Group
from tinker_rest_cli.output import show_one
from tinker_rest_cli.settings import Settings, pass_settings
from tinker_rest_cli.texts import plain, yes_or_no


@click.group("weights", cls=Group)
def weights() -> None:
    """Show what is needed to load a checkpoint."""


@weights.command("info")
@click.argument("tinker_path")
@pass_settings
def info(settings: Settings, tinker_path: str) -> None:
    """Show the base model, optimizer and LoRA settings of a checkpoint, one's own or a public one.

    TINKER_PATH is such as tinker://RUN_ID/weights/0001.
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
