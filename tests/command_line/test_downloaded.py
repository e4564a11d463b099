"""Downloads that are verified later, and the deletion of what was downloaded."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from tinker_rest_sandbox import Sandbox

from .checkpoints import EVERYTHING, OTHER_RUN, changes_sent, cli, path, sampler, sandbox, there
from .conftest import RUN_ID
from .running import Run

__all__ = ["cli", "sandbox"]  # fixtures


@pytest.fixture
def models(cli: Run, tmp_path: Path) -> Path:
    """A folder with two extracted checkpoints and the archive of a third, which is public."""
    folder = tmp_path / "models"
    assert cli("checkpoint", "download", path(2), sampler(1), "-o", "models", "--yes").returncode == 0
    assert cli("checkpoint", "download", path(1), "-o", "models", "--no-extract").returncode == 0
    return folder


def damage(folder: Path, part: str) -> None:
    """Change a file of a download, but not its size."""
    (download,) = folder.glob(f"*{part}")
    file = download if download.is_file() else max(download.iterdir(), key=lambda one: one.stat().st_size)
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


def test_downloads_are_verified(cli: Run, sandbox: Sandbox, models: Path) -> None:
    sandbox.requests.clear()
    done = cli("checkpoint", "verify", "models", "-f", "json")
    found = json.loads(done.stdout)
    assert (done.returncode, found["differing_count"]) == (0, 0)
    assert {one["tinker_path"] for one in found["downloads"]} == {path(1), path(2), sampler(1)}
    for download in models.iterdir():
        if not download.name.endswith(".json"):  # one alone, a folder or a file
            done = cli("checkpoint", "verify", str(download), "-f", "json")
            assert (done.returncode, len(json.loads(done.stdout)["downloads"])) == (0, 1)
    damage(models, "0001.tar.gz")
    (file,) = models.glob("*step-1/adapter_config.json")
    file.unlink()
    done = cli("checkpoint", "verify", "models")
    assert (done.returncode, "adapter_config.json is missing" in done.stdout) == (5, True)
    assert "0001.tar.gz is changed" in done.stdout
    assert len(cli("checkpoint", "verify", "models", "-q").stdout.splitlines()) == 2
    assert cli("checkpoint", "verify", str(file.parent)).returncode == 1
    assert [*sandbox.requests] == []


@pytest.mark.usefixtures("models")
def test_what_was_downloaded_is_deleted(cli: Run, sandbox: Sandbox) -> None:
    dry = cli("checkpoint", "delete", "--downloaded", "models", "--dry-run", "-q")
    assert set(dry.stdout.split()) == {path(2), sampler(1)}
    assert "skipped 1 public checkpoint" in dry.stderr
    assert cli("checkpoint", "delete", "--downloaded", "models", "--yes").returncode == 0
    assert there(sandbox) == EVERYTHING - {path(2), sampler(1)}
    again = cli("checkpoint", "delete", "--downloaded", "models", "--yes", "--include-public")
    assert (again.returncode, there(sandbox)) == (0, EVERYTHING - {path(1), path(2), sampler(1)})


def test_only_what_is_verified_to_be_there_is_deleted(cli: Run, sandbox: Sandbox, models: Path) -> None:
    damage(models, "weights_0002")
    for arguments in ([path(2), path(3), sampler(1)], ["--older-than", "1d"]):
        dry = cli("checkpoint", "delete", *arguments, "--downloaded", "models", "--dry-run", "-q")
        assert dry.stdout.split() == [sampler(1)], dry.stderr
        assert f"kept {path(3)}: not downloaded" in dry.stderr
        assert f"kept {path(2)}: " in dry.stderr
    assert changes_sent(sandbox) == []
    done = cli("checkpoint", "delete", "--run", OTHER_RUN, "--downloaded", "models", "--yes")
    assert (done.returncode, there(sandbox)) == (0, EVERYTHING - {sampler(1)})


def test_a_manifest_in_an_archive_is_not_believed(cli: Run, sandbox: Sandbox, models: Path) -> None:
    (mine,) = models.glob("*weights_0002")
    (other,) = models.glob("*step-1")
    shutil.copytree(other, mine / "forged")
    for folder in (mine, models):
        done = cli("checkpoint", "verify", str(folder), "-f", "json")
        assert "forged" not in [Path(one["path"]).name for one in json.loads(done.stdout)["downloads"]]
    assert cli("checkpoint", "delete", "--downloaded", str(mine), "--yes").returncode == 0
    assert there(sandbox) == EVERYTHING  # not even its own, which has changed


def test_a_folder_without_downloads_deletes_nothing(cli: Run, sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "a.manifest.json").write_text("[]")
    for folder in ("empty", "odd"):
        for command in (
            ["verify"],
            ["delete", "--yes", "--downloaded"],
            ["delete", path(2), "--yes", "--downloaded"],
        ):
            done = cli("checkpoint", *command, folder)
            assert (done.returncode, "holds no download with a manifest" in done.stderr) == (1, True)
    assert cli("checkpoint", "delete", "--downloaded", "nowhere", "--yes").returncode == 2
    assert there(sandbox) == EVERYTHING


@pytest.mark.usefixtures("models")
def test_a_checkpoint_that_was_saved_again_is_not_in_its_download(cli: Run, sandbox: Sandbox) -> None:
    assert cli("checkpoint", "delete", "--downloaded", "models", "--yes").returncode == 0
    later = sandbox.clock.now() + timedelta(minutes=1)
    again = sandbox.add_checkpoint(training_run_id=RUN_ID, name="0002", created_at=later)
    assert again.tinker_path == path(2)
    done = cli("checkpoint", "delete", "--downloaded", "models", "--yes")
    assert f"kept {path(2)}: " in done.stderr
    assert "an earlier one with the same name" in done.stderr
    assert path(2) in there(sandbox)


def test_an_empty_manifest_is_none(cli: Run, sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "planted").mkdir()
    manifest = {"tinker_path": path(2), "sizes": {}, "sha256": {}}
    (tmp_path / "planted" / ".tinker-checkpoint.json").write_text(json.dumps(manifest))
    cli("checkpoint", "delete", "--downloaded", "planted", "--yes")
    assert there(sandbox) == EVERYTHING
