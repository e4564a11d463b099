"""`tinker-rest run`: training runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from tinker_rest_cli.clients import rest_client
from tinker_rest_cli.columns import Column, Listing, columns_option
from tinker_rest_cli.formatting import age, metadata_facts, moment, yes_or_no
from tinker_rest_cli.groups import Group
from tinker_rest_cli.options import access_scope_option, project_option, run_id_of
from tinker_rest_cli.output import limit_option, show_list, show_one
from tinker_rest_cli.settings import Settings, pass_settings

if TYPE_CHECKING:
    from tinker_rest.types import Checkpoint, TrainingRun


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


@click.group("run", cls=Group)
def run() -> None:
    """List and show training runs."""


@run.command("list")
@limit_option
@columns_option(RUNS)
@project_option("Only runs of this project.")
@access_scope_option
@pass_settings
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
@pass_settings
def info(settings: Settings, run_id: str, access_scope: str) -> None:
    """Show a training run.

    RUN_ID is the ID of the run, or the tinker path of one of its checkpoints.
    """
    with rest_client(settings) as client:
        found = client.get_training_run(run_id_of(run_id), access_scope).result()  # type: ignore[arg-type]
    facts = [
        ("Run ID", found.training_run_id),
        ("Base model", found.base_model),
        ("Owner", found.model_owner or "unknown"),
        ("LoRA", f"rank {found.lora_rank}" if found.is_lora and found.lora_rank else yes_or_no(found.is_lora)),
        ("Last update", moment(found.last_request_time)),
        ("Status", _status(found.corrupted)),
        *_checkpoint_facts("training", found.last_checkpoint),
        *_checkpoint_facts("sampler", found.last_sampler_checkpoint),
        *metadata_facts(found.user_metadata),
    ]
    show_one(settings, found.training_run_id, found, facts)


def _checkpoint_facts(kind: str, checkpoint: Checkpoint | None) -> list[tuple[str, str]]:
    if checkpoint is None:
        return [(f"Last {kind} checkpoint", "none")]
    return [(f"Last {kind} checkpoint", checkpoint.tinker_path), ("  saved", moment(checkpoint.time))]
