"""`tinker-rest checkpoint upload`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from tinker_rest_cli.clients import rest_client
from tinker_rest_cli.groups import Command
from tinker_rest_cli.options import project_option
from tinker_rest_cli.output import show_one, tell
from tinker_rest_cli.progress import BYTES, counting_bytes, progress
from tinker_rest_cli.settings import Settings, pass_settings


@click.command("upload", cls=Command)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--base-model", metavar="MODEL", required=True, help="The model that the adapter was trained for.")
@project_option("Put the checkpoint in this project; none by default.")
@click.option(
    "--rank", type=click.IntRange(min=1), metavar="N", required=True, help="The LoRA rank of the adapter."
)
@click.option("--seed", type=int, metavar="N", help="The seed that the adapter was initialized with.")
@click.option(
    "--train-unembed/--no-train-unembed", default=True, help="Whether it trains the unembedding layer (yes)."
)
@click.option("--train-mlp/--no-train-mlp", default=True, help="Whether it trains the MLP layers (yes).")
@click.option("--train-attn/--no-train-attn", default=True, help="Whether it trains the attention layers (yes).")
@pass_settings
def upload(settings: Settings, folder: Path, base_model: str, project_id: str | None, **config: Any) -> None:
    """Upload a LoRA adapter from a folder, and print the tinker path of the new checkpoint.

    FOLDER holds adapter_config.json and adapter_model.safetensors, in the format of external weights that you
    download. A file that fails is sent again. No checkpoint is made unless all files were uploaded. Experimental:
    servers may not take uploads yet, or may change them.

    \b
      tinker-rest checkpoint upload my-adapter --base-model Qwen/Qwen3-8B --rank 32
    """  # noqa: D301
    from tinker_rest import LoraConfig

    with rest_client(settings) as client, progress(settings, "Uploading", unit=BYTES) as update:
        future = client.upload_external_weights(
            folder,
            base_model=base_model,
            lora_config=LoraConfig(**config),
            destination_project_id=project_id,
            progress=counting_bytes(update),
        )
        try:
            path = future.result()
        except KeyboardInterrupt:
            tell(settings, "the upload was not finished; run the same command to start it again")
            raise
    uploaded = {"tinker_path": path, "folder": str(folder), "base_model": base_model, "project_id": project_id}
    show_one(settings, path, uploaded, [("Path", path), ("Base model", base_model)])
