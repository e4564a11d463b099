"""`tinker-rest checkpoint`: checkpoints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from tinker_rest_cli.clients import rest_client
from tinker_rest_cli.columns import Column, columns_option, model_as_json
from tinker_rest_cli.failures import CommandError, ExitStatus
from tinker_rest_cli.formatting import yes_or_no
from tinker_rest_cli.groups import Command, Entry, LazyGroup
from tinker_rest_cli.options import (
    model_option,
    run_id_of,
    searching_options,
    selection_of,
    selection_options,
    type_option,
)
from tinker_rest_cli.output import limit_option, show_list, show_one
from tinker_rest_cli.settings import Settings
from tinker_rest_cli.targets import CHECKPOINTS, run_of

if TYPE_CHECKING:
    from tinker_rest.types import Checkpoint

checkpoint = LazyGroup(
    "checkpoint",
    help="Find, download, upload, publish and delete checkpoints.",
    entries={
        "list": Entry("checkpoint", "list_", "List checkpoints, all or filtered."),
        "search": Entry("checkpoint", "search", "Search the checkpoints of your organization."),
        "info": Entry("checkpoint", "info", "Show a checkpoint."),
        "latest": Entry("checkpoint", "latest", "Show the newest checkpoint of a training run."),
        "download": Entry("checkpoint_download", "download", "Download checkpoints."),
        "verify": Entry("checkpoint_download", "verify", "Verify downloads by their checksums."),
        "upload": Entry("checkpoint_upload", "upload", "Upload a LoRA adapter as a checkpoint."),
        "push-hf": Entry("checkpoint_upload", "push_hf", "Push a LoRA adapter to the Hugging Face Hub."),
        "publish": Entry("checkpoint_changes", "publish", "Make checkpoints public."),
        "unpublish": Entry("checkpoint_changes", "unpublish", "Make public checkpoints private again."),
        "set-ttl": Entry("checkpoint_changes", "set_ttl", "Set or remove the time to live of checkpoints."),
        "delete": Entry("checkpoint_changes", "delete", "Delete checkpoints permanently."),
    },
)


@click.command("list", cls=Command)
@limit_option
@columns_option(CHECKPOINTS)
@selection_options
def list_(settings: Settings, limit: int, columns: Sequence[Column[Checkpoint]] | None, **options: Any) -> None:
    """List your checkpoints, including public ones, newest first.

    Filters are combined: a checkpoint must match all of them. With a filter, the full list is read before anything
    is printed, and JSON includes the total size.
    """
    with rest_client(settings) as client:
        selection = selection_of({**options, "include_public": True})
        if selection is None:
            found = client.iter_user_checkpoints(max_items=limit or None)
            show_list(settings, CHECKPOINTS, found, columns=columns, limit=limit)
            return
        selected = client.select_checkpoints(selection).result()
    runs = selection.training_run_ids or ()
    total_size = sum(checkpoint.size_bytes or 0 for checkpoint in selected)
    show_list(
        settings,
        CHECKPOINTS,
        selected[: limit or None],
        columns=columns,
        total_count=len(selected),
        more={"total_size_bytes": total_size, **({"run_id": runs[0]} if len(runs) == 1 else {})},
    )


OWNERS = ("own", "accessible")
MAX_PER_PAGE = 200


@click.command("search", cls=Command)
@limit_option
@columns_option(CHECKPOINTS)
@type_option
@model_option
@searching_options("checkpoints")
@click.option(
    "--owner", "owners", metavar="OWNER", multiple=True,
    help="Search your own (own, the default), everything you can read (accessible), or what the user with this URN"
    " owns; repeatable for URNs.",
)  # fmt: skip
def search(
    settings: Settings,
    limit: int,
    columns: Sequence[Column[Checkpoint]] | None,
    owners: Sequence[str],
    **fields: Any,
) -> None:
    """Search the checkpoints of your organization, newest first.

    The server searches, so that finding a few among many is quick. Filters are combined: a checkpoint must match
    all of them. Experimental: servers may not have this search yet, or may change it.

    \b
      tinker-rest checkpoint search --project PROJECT_ID --metadata stage=final --type sampler
      tinker-rest checkpoint search --owner accessible --base-model Qwen/Qwen3-8B --limit 5
    """  # noqa: D301
    from tinker_rest.types import CheckpointSearchRequest

    if len(owners) > 1 and {*OWNERS} & {*owners}:
        raise click.UsageError("give --owner own, --owner accessible, or URNs of users")
    is_of_users = bool(owners) and owners[0] not in OWNERS
    owner = {"type": "user", "owner_urns": [*owners]} if is_of_users else {"type": (owners or OWNERS)[0]}
    # Without empty lists, which would match nothing.
    query = {name: [*value] if isinstance(value, tuple) else value for name, value in fields.items() if value}
    query |= {"owner": owner, "limit": min(limit or MAX_PER_PAGE, MAX_PER_PAGE)}
    request = CheckpointSearchRequest.model_validate(query)
    with rest_client(settings) as client:
        found = client.iter_checkpoint_search(request, max_items=limit or None)
        show_list(settings, CHECKPOINTS, found, columns=columns, limit=limit)


@click.command("info", cls=Command)
@click.argument("checkpoint_path")
def info(settings: Settings, checkpoint_path: str) -> None:
    """Show a checkpoint.

    CHECKPOINT_PATH is its tinker path, such as tinker://RUN_ID/weights/0001.
    """
    run_id = run_of(checkpoint_path)
    with rest_client(settings) as client:
        run = client.get_training_run(run_id, "accessible")
        listed = client.list_checkpoints(run_id).result().checkpoints
    found = next((one for one in listed if one.tinker_path == checkpoint_path), None)
    if found is None:
        raise CommandError(
            f"there is no checkpoint {checkpoint_path}; `tinker-rest checkpoint list --run "
            f"{run_id}` lists those of the run",
            ExitStatus.NOT_FOUND,
        )
    known = run.exception() is None
    of_run = {name: getattr(run.result(), name) if known else None for name in ("is_lora", "lora_rank")}
    lora = f"rank {of_run['lora_rank']}" if of_run["lora_rank"] else yes_or_no(of_run["is_lora"])
    facts = {**dict(CHECKPOINTS.facts(found)), "LoRA": lora}
    if known and not found.base_model:
        facts["Base model"] = run.result().base_model
    show_one(settings, found.tinker_path, {**model_as_json(found), **of_run}, [*facts.items()])


@click.command("latest", cls=Command)
@click.argument("run_id", metavar="RUN")
@type_option
def latest(settings: Settings, run_id: str, checkpoint_type: str | None) -> None:
    """Show the newest checkpoint of a training run; -q prints its path alone.

    RUN is the ID of the run, or the tinker path of one of its checkpoints.

    \b
      tinker-rest checkpoint download "$(tinker-rest checkpoint latest RUN --type sampler -q)"
    """  # noqa: D301
    with rest_client(settings) as client:
        found = client.latest_checkpoint(run_id_of(run_id), checkpoint_type).result()
    show_one(settings, found.tinker_path, found, CHECKPOINTS.facts(found))
