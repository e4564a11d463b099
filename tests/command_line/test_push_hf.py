"""`checkpoint push-hf`, with the Hub's own library on a stand-in for the Hub."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import pytest
import yaml

from tinker_rest_cli.commands import checkpoint_upload
from tinker_rest_cli.failures import CommandError
from tinker_rest_sandbox import Sandbox

from .checkpoints import cli, path, sandbox
from .conftest import RUN_ID
from .hub import TOKEN, Hub, Repo, running_hub
from .running import environment, run_here, run_process

__all__ = ["cli", "sandbox"]  # fixtures

MODEL = "Qwen/Qwen3-8B"
Push = Callable[..., subprocess.CompletedProcess[str]]


def _forget_the_library() -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "huggingface_hub"]:
        del sys.modules[name]


@pytest.fixture(scope="module")
def _running_hub() -> Iterator[Hub]:
    """One for all tests, since the library reads its address when it is imported."""
    with running_hub() as hub:
        _forget_the_library()
        yield hub
        _forget_the_library()


@pytest.fixture
def hub(_running_hub: Hub) -> Hub:
    _running_hub.reset()
    return _running_hub


@pytest.fixture
def weights(sandbox: Sandbox) -> str:
    """The path of exported weights of an adapter."""
    weights = sandbox.add_checkpoint(training_run_id=RUN_ID, kind="external_weights", name="final").tinker_path
    sandbox.requests.clear()
    return weights


@pytest.fixture
def push(hub: Hub, sandbox: Sandbox, tmp_path: Path) -> Push:
    def run(*arguments: str, own_process: bool = False, **more: str | None) -> subprocess.CompletedProcess[str]:
        (tmp_path / "tmp").mkdir(exist_ok=True)
        known = {"HF_ENDPOINT": hub.url, "HF_TOKEN": TOKEN, "HF_HUB_DISABLE_XET": "1"}
        folders = {"HOME": str(tmp_path), "TMPDIR": str(tmp_path / "tmp")}
        variables = environment(sandbox, **(known | folders | more))
        words = ["checkpoint", "push-hf", *arguments]
        return (run_process if own_process else run_here)(words, variables, tmp_path)

    return run


def files_of(hub: Hub, repo_id: str, branch: str = "main") -> dict[str, bytes]:
    return {name: text for name, text in hub.repos[repo_id].branches[branch].items() if name != ".gitattributes"}


def downloads(sandbox: Sandbox) -> list[str]:
    return [one.target for one in sandbox.storage_requests]


def test_an_adapter_is_pushed(push: Push, hub: Hub, sandbox: Sandbox, weights: str, tmp_path: Path) -> None:
    done = push(weights, "--repo", "my-adapter", "-f", "json", own_process=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {
        "checkpoint_path": weights,
        "repo_id": "ada/my-adapter",
        "revision": None,
        "public": False,
        "url": f"{hub.url}/ada/my-adapter",
        "commit_url": f"{hub.url}/ada/my-adapter/commit/abc",
        "pull_request_url": None,
    }
    repo = hub.repos["ada/my-adapter"]
    assert (repo.private, repo.messages) == (True, [f"Add {weights}"])
    files = repo.branches["main"]
    assert {*files} == {".gitattributes", "README.md", "adapter_config.json", "adapter_model.safetensors"}
    assert len(files["adapter_model.safetensors"]) > 1000  # by way of the storage
    with sandbox.client() as client:
        folder = client.download_checkpoint(weights, tmp_path / "again").result(30).path
    for name in ("adapter_config.json", "adapter_model.safetensors"):
        assert files[name] == (folder / name).read_bytes()
    assert [*(tmp_path / "tmp").iterdir()] == []


def test_the_model_card_has_the_facts(push: Push, hub: Hub, weights: str) -> None:
    done = push(weights)
    name = f"tinker-Qwen3-8B-{RUN_ID.replace(':', '-')}"
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{hub.url}/ada/{name}/tree/external_weights-final" in done.stdout
    card = files_of(hub, f"ada/{name}", "external_weights-final")["README.md"].decode()
    _, metadata, text = card.split("---\n", 2)
    assert yaml.safe_load(metadata) == {
        "base_model": MODEL,
        "library_name": "peft",
        "tags": ["tinker", "lora", f"base_model:adapter:{MODEL}"],
        "tinker_path": weights,
    }
    assert f'from_pretrained("ada/{name}", revision="external_weights-final")' in text
    assert f"- Tinker path: `{weights}`\n- Base model: {MODEL}\n- LoRA rank: 32\n" in text
    assert "- Trained layers: attention, MLP, unembedding\n" in text
    assert files_of(hub, f"ada/{name}") == {}  # of the main branch
    assert hub.repos[f"ada/{name}"].private


@pytest.mark.parametrize(("token", "role", "words"), [
    (None, "write", "no Hugging Face token found. Run `hf auth login` or set HF_TOKEN"),
    ("hf_" + "z" * 34, "write", "Invalid user token. The token from HF_TOKEN environment variable is invalid"),
    (TOKEN, "read", "the Hugging Face token can only read. Run `hf auth login`"),
])  # fmt: skip
def test_a_token_that_cannot_push_is_refused_at_once(
    push: Push, hub: Hub, sandbox: Sandbox, weights: str, token: str | None, role: str, words: str
) -> None:
    hub.role = role
    done = push(weights, HF_TOKEN=token)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (3, "", 1), done.stderr
    assert words in done.stderr
    assert [*sandbox.requests] == []
    assert hub.repos == {}
    assert (token or TOKEN) not in push(weights, "--debug", HF_TOKEN=token).stderr


@pytest.mark.parametrize("refused", ["POST /api/repos/create", "GET /api/models/ada/x"])
def test_a_repository_that_cannot_be_used_is_refused_before_the_download(
    push: Push, hub: Hub, sandbox: Sandbox, weights: str, refused: str
) -> None:
    hub.refusals[refused] = 403
    done = push(weights, "--repo", "x")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (3, "", 1), done.stderr
    assert "Hugging Face: " in done.stderr
    assert "403" in done.stderr
    assert TOKEN not in done.stderr
    assert downloads(sandbox) == []


def test_a_repeated_push_keeps_the_readme(push: Push, hub: Hub, weights: str) -> None:
    for checkpoint in (weights, path(2)):  # an archive has one of its own
        name = checkpoint.rpartition("/")[2]
        done = push(checkpoint, "--repo", name)
        assert (done.returncode, done.stderr) == (0, "")
        files = hub.repos[f"ada/{name}"].branches["main"]
        assert checkpoint.encode() in files["README.md"]
        files["README.md"] = mine = f"My own words about {checkpoint}".encode()
        del files["adapter_config.json"]
        assert push(checkpoint, "--repo", name).returncode == 0
        assert files_of(hub, f"ada/{name}").keys() >= {"adapter_config.json"}
        assert files_of(hub, f"ada/{name}")["README.md"] == mine


def test_another_checkpoint_is_not_replaced(push: Push, hub: Hub, sandbox: Sandbox, weights: str) -> None:
    assert push(weights, "--repo", "x").returncode == 0
    before = files_of(hub, "ada/x")
    sandbox.storage_requests.clear()
    done = push(path(2), "--repo", "ada/x")
    assert (done.returncode, downloads(sandbox), files_of(hub, "ada/x")) == (1, [], before)
    assert f"ada/x already contains {weights}; choose another --repo or --revision" in done.stderr
    assert push(path(2), "--repo", "x", "--revision", "other").returncode == 0  # not with the card of the first
    assert path(2).encode() in files_of(hub, "ada/x", "other")["README.md"]
    assert files_of(hub, "ada/x") == before
    hub.repos["ada/x"].branches["main"]["README.md"] = b"about all of them"
    assert push(path(3), "--repo", "x", "--revision", "third").returncode == 0
    assert files_of(hub, "ada/x", "third")["README.md"] == b"about all of them"


def test_nothing_becomes_public_by_mistake(push: Push, hub: Hub, sandbox: Sandbox, weights: str) -> None:
    hub.repos["ada/x"] = Repo(private=False)
    done = push(weights, "--repo", "x")
    assert (done.returncode, downloads(sandbox), files_of(hub, "ada/x")) == (1, [], {})
    assert "ada/x is public; pass --public to push to it" in done.stderr
    assert push(weights, "--repo", "x", "--public").returncode == 0
    assert push(weights, "--repo", "new", "--public").returncode == 0
    assert [hub.repos[name].private for name in ("ada/x", "ada/new")] == [False, False]
    hub.repos["ada/y"] = Repo(private=True)
    done = push(weights, "--repo", "y", "--public", "--json", "public")
    assert (json.loads(done.stdout), hub.repos["ada/y"].private) == ({"public": False}, True)


def test_a_pull_request_is_opened(push: Push, hub: Hub, weights: str) -> None:
    hub.repos["team/x"] = Repo(private=True)
    done = push(weights, "-r", "team/x", "--create-pr", "--commit-message", "Try it", "-q")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{hub.url}/team/x/discussions/1\n", "")
    assert (files_of(hub, "team/x"), hub.repos["team/x"].messages) == ({}, ["Try it"])
    assert "README.md" in files_of(hub, "team/x", "refs/pr/1")
    again = push(weights, "-r", "team/x", "--revision", "refs/pr/1")  # its own branch, which cannot be created
    assert (again.returncode, "POST /api/models/team/x/branch/refs%2Fpr%2F1" in hub.requests) == (0, False)
    assert push(weights, "--create-pr", "--revision", "other").returncode == 2


@pytest.mark.parametrize(("options", "expected"), [
    (["--allow-pattern", "*.json"], {"adapter_config.json"}),
    (["--ignore-pattern", "*.safetensors", "--ignore-pattern", "*.txt"], {"adapter_config.json", "README.md"}),
    (["--no-model-card"], {"adapter_config.json", "adapter_model.safetensors"}),
])  # fmt: skip
def test_some_files_are_left_out(
    push: Push, hub: Hub, weights: str, options: list[str], expected: set[str]
) -> None:
    assert push(weights, "--repo", "x", *options).returncode == 0
    assert files_of(hub, "ada/x").keys() == expected


def test_a_dry_run_changes_nothing(push: Push, hub: Hub, sandbox: Sandbox, weights: str) -> None:
    done = push(weights, "--repo", "x", "--dry-run", "--json", "url,public")
    assert (done.returncode, done.stderr) == (0, "nothing was pushed\n")
    assert json.loads(done.stdout) == {"url": f"{hub.url}/ada/x", "public": False}
    assert (hub.repos, downloads(sandbox)) == ({}, [])


def test_an_incomplete_download_is_not_pushed(push: Push, hub: Hub, sandbox: Sandbox, weights: str) -> None:
    fault = {"host": "storage", "match": lambda request: "safetensors" in request.target, "times": None}
    sandbox.faults.add(status=403, **fault)
    done = push(weights, "--repo", "x")
    assert done.returncode not in (0, 2), done.stderr
    assert files_of(hub, "ada/x") == {}
    sandbox.faults.clear()
    assert push(weights, "--repo", "x").returncode == 0
    assert "adapter_model.safetensors" in files_of(hub, "ada/x")


@pytest.mark.parametrize("refused", [r"PUT /storage/\w+", "POST .*/commit/main"])
def test_a_refused_upload_is_explained(push: Push, hub: Hub, weights: str, refused: str) -> None:
    hub.refusals[refused] = 403
    done = push(weights, "--repo", "x")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (3, "", 1), done.stderr
    assert "Hugging Face: 403" in done.stderr
    assert TOKEN not in done.stderr
    assert files_of(hub, "ada/x") == {}


def test_only_adapters_are_pushed(push: Push, hub: Hub, sandbox: Sandbox, tmp_path: Path) -> None:
    run = sandbox.add_training_run(lora_rank=None).training_run_id
    whole = sandbox.add_checkpoint(training_run_id=run).tinker_path
    done = push(whole)
    assert (done.returncode, hub.repos) == (1, {})
    assert f"{whole} is a whole model, not a LoRA adapter" in done.stderr
    missing = push(path(9))
    assert (missing.returncode, hub.repos) == (4, {})
    assert push("x").returncode == 2
    (tmp_path / "adapter_config.json").write_text("{}")
    (tmp_path / "adapter_model.safetensors.age").write_text("encrypted")
    with pytest.raises(CommandError, match=r"nothing was pushed: .* encrypted weights \(.age\) cannot be pushed"):
        checkpoint_upload._check_adapter(tmp_path, MODEL)
    (tmp_path / "adapter_model.safetensors").write_text("")
    checkpoint_upload._check_adapter(tmp_path, MODEL)
    assert json.loads((tmp_path / "adapter_config.json").read_text()) == {"base_model_name_or_path": MODEL}


def test_the_extra_is_named(push: Push, weights: str) -> None:
    with mock.patch.dict(sys.modules, {"huggingface_hub": None}):
        done = push(weights)
    why = "this command needs huggingface_hub, which is not installed: pip install 'tinker-rest[hub]'"
    assert (done.returncode, done.stderr) == (1, f"tinker-rest: {why}\n")


def test_a_hub_that_does_not_answer(push: Push, weights: str) -> None:
    done = push(weights, HF_ENDPOINT="http://127.0.0.1:9", own_process=True)
    assert (done.returncode, done.stderr.count("\n")) == (6, 1), done.stderr
