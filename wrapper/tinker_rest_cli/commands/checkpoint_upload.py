"""`tinker-rest checkpoint upload|push-hf`."""

from __future__ import annotations

import contextlib
import json
import re
import sys
import tempfile
import warnings
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tinker_rest_cli.clients import build_timeout, rest_client
from tinker_rest_cli.failures import CommandError, ExitStatus
from tinker_rest_cli.formatting import plain
from tinker_rest_cli.groups import Command
from tinker_rest_cli.options import project_option
from tinker_rest_cli.output import show_one, tell
from tinker_rest_cli.progress import BYTES, counting_bytes, progress
from tinker_rest_cli.settings import Settings

if TYPE_CHECKING:
    from huggingface_hub import HfApi


@click.command("upload", cls=Command)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--base-model", metavar="MODEL", required=True, help="The model that the adapter was trained for.")
@project_option("Put the checkpoint in this project; none by default.")
@click.option("--rank", type=click.IntRange(min=1), metavar="N", required=True, help="The adapter's LoRA rank.")
@click.option("--seed", type=int, metavar="N", help="The seed that the adapter was initialized with.")
@click.option("--train-unembed/--no-train-unembed", default=True, help="Whether it trains the unembedding (yes).")
@click.option("--train-mlp/--no-train-mlp", default=True, help="Whether it trains the MLP layers (yes).")
@click.option("--train-attn/--no-train-attn", default=True, help="Whether it trains the attention layers (yes).")
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


MAIN = "main"
NOT_PUSHED = (".*", "checkpoint_complete")  # the manifest of the download, and a marker in some archives
FACTS = {  # shown to people, and their labels
    "checkpoint_path": "Checkpoint",
    "url": "URL",
    "public": "Public",
    "commit_url": "Commit",
    "pull_request_url": "Pull request",
}
TOKENS = "Run `hf auth login` or set HF_TOKEN; create a token at https://huggingface.co/settings/tokens"


@click.command("push-hf", cls=Command)
@click.argument("path", metavar="CHECKPOINT_PATH")
@click.option(
    "-r", "--repo", "repo_id", metavar="REPO",
    help="Push to this repository, NAME or OWNER/NAME. By default, its name is made from the base model and the"
    " run, and --revision from the checkpoint.",
)  # fmt: skip
@click.option("--public", is_flag=True, help="Create a public repository, or push to one.")
@click.option("--revision", metavar="BRANCH", help="Push to this branch, which is created if it does not exist.")
@click.option("--commit-message", metavar="TEXT", help="The message of the commit.")
@click.option("--create-pr", is_flag=True, help="Open a pull request instead of pushing to the main branch.")
@click.option("--allow-pattern", metavar="GLOB", multiple=True, help="Push only files like this; repeatable.")
@click.option("--ignore-pattern", metavar="GLOB", multiple=True, help="Push no files like this; repeatable.")
@click.option("--no-model-card", is_flag=True, help="Do not add a README.md.")
@click.option("--dry-run", is_flag=True, help="Show what would be done without doing it.")
def push_hf(settings: Settings, path: str, repo_id: str | None, revision: str | None, **given: Any) -> None:
    """Push a LoRA adapter to the Hugging Face Hub, to a new private repository or an existing one.

    The checkpoint, such as tinker://RUN_ID/external_weights/NAME, is downloaded to a temporary folder, verified
    and pushed. A README.md with its facts is added unless there is one. After a failure, run the same command
    again.

    Requires the extra `hub`, and a token of the Hub that can write: run `hf auth login` or set HF_TOKEN.

    \b
      tinker-rest checkpoint push-hf tinker://RUN_ID/external_weights/final --repo my-adapter
    """  # noqa: D301
    import huggingface_hub

    from tinker_rest import ParsedCheckpointTinkerPath

    parsed = ParsedCheckpointTinkerPath.from_tinker_path(path)
    if given["create_pr"] and revision not in (None, MAIN):
        raise click.UsageError("a pull request is for the main branch; give either --create-pr or --revision")
    huggingface_hub.logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    if settings.quiet or not sys.stderr.isatty():
        huggingface_hub.utils.disable_progress_bars()  # type: ignore[attr-defined]
    api = huggingface_hub.HfApi()
    with _asking_the_hub():
        who = api.whoami()
    if (who.get("auth", {}).get("accessToken") or {}).get("role") == "read":
        raise CommandError(f"the Hugging Face token can only read. {TOKENS}", ExitStatus.CREDENTIALS)
    with rest_client(settings) as client, tempfile.TemporaryDirectory() as temporary:
        info = client.get_weights_info_by_tinker_path(path).result()
        if not info.is_lora:
            raise CommandError(f"{path} is a whole model, not a LoRA adapter")
        if repo_id is None:
            repo_id = _name(f"tinker-{info.base_model.rpartition('/')[2]}-{parsed.training_run_id}")
            revision = revision or (None if given["create_pr"] else _name(parsed.checkpoint_id))
        repo_id = repo_id if "/" in repo_id else f"{who['name']}/{repo_id}"
        with _asking_the_hub():
            has_readme = _check_repo(api, repo_id, revision or MAIN, path, temporary, public=given["public"])
        pushed = {"checkpoint_path": path, "repo_id": repo_id, "revision": revision, "public": given["public"]}
        pushed["url"] = f"{api.endpoint}/{repo_id}" + (f"/tree/{revision}" if revision else "")
        if given["dry_run"]:
            _show(settings, pushed)
            tell(settings, "nothing was pushed")
            return
        with _asking_the_hub():  # before a long download
            api.create_repo(repo_id, private=not given["public"], exist_ok=True)
        folder = Path(temporary) / "adapter"
        options = build_timeout(settings, "archive_timeout")
        with progress(settings, "Downloading", unit=BYTES) as update:
            options["progress"] = counting_bytes(update)
            client.download_checkpoint(path, folder, extract=True, **options).result()
        _check_adapter(folder, info.base_model)
        readme = folder / "README.md"
        if not (given["no_model_card"] or readme.exists()):
            readme.write_text(_card(repo_id, revision, path, info), encoding="utf-8")
        with _asking_the_hub():
            if revision and not revision.startswith("refs/"):
                api.create_branch(repo_id, branch=revision, exist_ok=True)
            commit = api.upload_folder(
                repo_id=repo_id,
                folder_path=folder,
                revision=revision,
                commit_message=given["commit_message"] or f"Add {path}",
                create_pr=given["create_pr"],
                allow_patterns=[*given["allow_pattern"]] or None,
                ignore_patterns=[*given["ignore_pattern"], *NOT_PUSHED, *(["README.md"] if has_readme else [])],
            )
            pushed["public"] = not api.model_info(repo_id).private  # an existing one stays as it is
    _show(settings, pushed | {"commit_url": commit.commit_url, "pull_request_url": commit.pr_url})


def _show(settings: Settings, pushed: dict[str, Any]) -> None:
    facts = [(label, plain(pushed[name])) for name, label in FACTS.items() if pushed.get(name) is not None]
    show_one(settings, pushed.get("pull_request_url") or pushed["url"], pushed, facts)


@contextlib.contextmanager
def _asking_the_hub() -> Iterator[None]:
    """Report any failure of the Hub's library in one line, whatever its class, which differs between versions."""
    from huggingface_hub.errors import LocalTokenNotFoundError

    from tinker_rest.errors import redact

    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    except CommandError:
        raise
    except LocalTokenNotFoundError:
        raise CommandError(f"no Hugging Face token found. {TOKENS}", ExitStatus.CREDENTIALS) from None
    except Exception as error:
        reason = error.__cause__ if isinstance(error, RuntimeError) and error.__cause__ else error  # of an upload
        code = getattr(getattr(reason, "response", None), "status_code", 0)
        statuses = {401: ExitStatus.CREDENTIALS, 403: ExitStatus.CREDENTIALS, 404: ExitStatus.NOT_FOUND}
        is_final = (400 <= code < 500 and code != 429) or isinstance(error, ValueError)
        status = statuses.get(code, ExitStatus.FAILED if is_final else ExitStatus.NETWORK)
        raise CommandError(f"Hugging Face: {redact(str(reason))}", status) from error


def _name(text: str) -> str:
    """A name for a repository or branch."""
    return re.sub("-+", "-", re.sub(r"[^\w.-]", "-", text, flags=re.ASCII)).strip("-_.")[:96]


def _check_repo(api: HfApi, repo_id: str, revision: str, path: str, folder: str, *, public: bool) -> bool:
    """Whether a branch, or the one that it will start from, has a README.md to keep.

    Raises CommandError if the repository is public or contains another checkpoint.
    """
    from huggingface_hub.errors import EntryNotFoundError, RepositoryNotFoundError, RevisionNotFoundError

    file = None
    try:
        if not (public or api.model_info(repo_id).private):
            raise CommandError(f"{repo_id} is public; pass --public to push to it")
        for branch in (revision, MAIN):
            with contextlib.suppress(RevisionNotFoundError):
                file = api.hf_hub_download(repo_id, "README.md", revision=branch, local_dir=f"{folder}/repo")
                break
    except (EntryNotFoundError, RepositoryNotFoundError):
        return False
    text = Path(file).read_text(encoding="utf-8", errors="replace") if file else ""
    named = re.search(r"tinker://[^\s`'\"]+", text)
    is_other = named is not None and named[0] != path
    if named and is_other and branch == revision:
        raise CommandError(f"{repo_id} already contains {named[0]}; choose another --repo or --revision")
    return bool(file) and not is_other


def _check_adapter(folder: Path, base_model: str) -> None:
    """Name the base model in the adapter's configuration, where PEFT needs it. Raises CommandError without one."""
    config = folder / "adapter_config.json"
    weights = (folder / "adapter_model.safetensors", folder / "adapter_model.bin")
    if not config.exists() or not any(path.exists() for path in weights):
        raise CommandError(
            "nothing was pushed: the checkpoint has no adapter_config.json and adapter_model.safetensors; "
            "encrypted weights (.age) cannot be pushed"
        )
    values = json.loads(config.read_bytes())
    if not values.get("base_model_name_or_path"):
        config.write_text(json.dumps({**values, "base_model_name_or_path": base_model}, indent=2))


def _card(repo_id: str, revision: str | None, path: str, info: Any) -> str:
    from huggingface_hub import ModelCardData

    tags = ["tinker", "lora", f"base_model:adapter:{info.base_model}"]
    metadata = ModelCardData(base_model=info.base_model, library_name="peft", tags=tags, tinker_path=path)
    layers = {"attention": info.train_attn, "MLP": info.train_mlp, "unembedding": info.train_unembed}
    return (
        (files("tinker_rest_cli") / "model-card.md")
        .read_text(encoding="utf-8")
        .format(
            metadata=metadata.to_yaml(),
            name=repo_id.rpartition("/")[2],
            base_model=info.base_model,
            tinker_path=path,
            arguments=json.dumps(repo_id) + (f", revision={json.dumps(revision)}" if revision else ""),
            rank=info.lora_rank or "unknown",
            layers=", ".join(name for name, is_trained in layers.items() if is_trained) or "unknown",
        )
    )
