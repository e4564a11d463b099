"""`tinker-rest run|sampler|weights|model`: training runs, and what can be looked up by an ID."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from tinker_rest_cli.clients import rest_client
from tinker_rest_cli.columns import Column, Listing, columns_option
from tinker_rest_cli.failures import CommandError, ExitStatus
from tinker_rest_cli.formatting import age, plain, yes_or_no
from tinker_rest_cli.groups import Group
from tinker_rest_cli.options import access_scope_option, project_option, run_id_of
from tinker_rest_cli.output import limit_option, show_list, show_one
from tinker_rest_cli.settings import Settings

if TYPE_CHECKING:
    from tinker_rest.types import SupportedModel, TrainingRun


def _status(corrupted: bool) -> str:
    return "failed" if corrupted else "ok"


# The aliases are the columns of the official command line.
RUNS: Listing[TrainingRun] = Listing(
    "training run",
    "runs",
    [
        Column("training_run_id", "Run ID", alias="id", is_id=True),
        Column("base_model", "Base model", alias="model"),
        Column("model_owner", "Owner", alias="owner", hidden=True),
        Column("is_lora", "LoRA", hidden=True),
        Column("lora_rank", "LoRA rank", alias="lora", right=True),
        Column("last_request_time", "Last update", text=age, alias="updated"),
        Column("corrupted", "Status", text=_status, alias="status"),
        Column("last_checkpoint.tinker_path", "Last checkpoint", alias="checkpoint", is_id=True, hidden=True),
        Column("last_checkpoint.time", "Checkpoint time", alias="checkpoint_time", hidden=True),
        Column("last_sampler_checkpoint.tinker_path", "Last sampler checkpoint", is_id=True, hidden=True),
        Column("user_metadata", "Metadata", hidden=True),
    ],
)


run = Group("run", help="List and show training runs.")


@run.command("list")
@limit_option
@columns_option(RUNS)
@project_option("Only runs of this project.")
@access_scope_option
def list_(
    settings: Settings,
    limit: int,
    columns: Sequence[Column[TrainingRun]] | None,
    project_id: str | None,
    access_scope: str,
) -> None:
    """List training runs, most recently used first."""
    with rest_client(settings) as client:
        runs = client.iter_training_runs(
            max_items=limit or None,
            access_scope=access_scope,  # type: ignore[arg-type]
            project_id=project_id,
        )
        show_list(settings, RUNS, runs, columns=columns, limit=limit)


@run.command("info")
@click.argument("run_id")
@access_scope_option
def info(settings: Settings, run_id: str, access_scope: str) -> None:
    """Show a training run.

    RUN_ID is the ID of the run, or the tinker path of one of its checkpoints.
    """
    with rest_client(settings) as client:
        found = client.get_training_run(run_id_of(run_id), access_scope).result()  # type: ignore[arg-type]
    show_one(settings, found.training_run_id, found, RUNS.facts(found))


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


sampler = Group("sampler", help="Show samplers.")


@sampler.command("info")
@click.argument("sampler_id")
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


weights = Group("weights", help="Show what loading a checkpoint requires.")


@weights.command("info")
@click.argument("tinker_path")
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


model = Group("model", help="List the models that you can use.")


@model.command("list")
@click.argument("substring", required=False)
@columns_option(MODELS)
def list_all(settings: Settings, substring: str | None, columns: Sequence[Column[SupportedModel]] | None) -> None:
    """List the models that you can use, with the maximum context of each in tokens.

    With SUBSTRING, only list models whose names contain it, ignoring case.
    """
    with rest_client(settings) as client:
        models = client.get_server_capabilities().result().supported_models
    if substring is not None:
        models = [model for model in models if substring.lower() in (model.model_name or "").lower()]
        if not models:
            raise CommandError(
                f"no model name contains {substring!r}; see `tinker-rest model list`", ExitStatus.NOT_FOUND
            )
    show_list(settings, MODELS, models, columns=columns)
