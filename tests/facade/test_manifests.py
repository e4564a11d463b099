"""The manifest of a download, and its verification later."""

from __future__ import annotations

import hashlib
import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tinker_rest import DownloadError, InvalidArgumentError, RestClient, find_downloads, verify_download
from tinker_rest.downloads._destination import MARKER
from tinker_rest_sandbox import Sandbox


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_the_manifest_of_an_archive(rest: RestClient, big: str, tmp_path: Path) -> None:
    result = rest.download_checkpoint(big, tmp_path / "a.tar.gz").result(30)
    text = (tmp_path / "a.tar.gz.manifest.json").read_text()
    manifest: dict[str, Any] = json.loads(text)
    assert manifest["tinker_path"] == big
    assert manifest["sizes"] == {"a.tar.gz": result.size_bytes}
    assert manifest["sha256"] == {"a.tar.gz": sha256(result.path)}
    assert datetime.now(UTC) - datetime.fromisoformat(manifest["downloaded_at"]) < timedelta(minutes=5)
    assert manifest["sources"]["the archive"].startswith("http://127.0.0.1:")
    assert "?" not in text
    assert "signature" not in text.lower()
    assert verify_download(result.path) == {}
    assert rest.download_checkpoint(big, result.path).result(30).already_present
    assert verify_download(str(result.path)) == {}
    with result.path.open("r+b") as file:
        file.seek(100)
        file.write(b"!!")
    assert verify_download(result.path) == {"a.tar.gz": "changed"}
    assert not rest.download_checkpoint(big, result.path, overwrite=True).result(30).already_present
    assert verify_download(result.path) == {}


@pytest.mark.parametrize("kind", ["weights", "external_weights"])
def test_the_manifest_of_a_folder(sandbox: Sandbox, rest: RestClient, tmp_path: Path, kind: Any) -> None:
    path = sandbox.add_checkpoint(kind=kind).tinker_path
    folder = rest.download_checkpoint(path, tmp_path / "x", extract=True).result(30).path
    manifest = json.loads((folder / MARKER).read_text())
    names = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()} - {MARKER}
    assert manifest["sha256"] == {name: sha256(folder / name) for name in names}
    assert "?" not in json.dumps(manifest["sources"])
    folder = folder.rename(tmp_path / "moved")
    assert verify_download(folder) == {}
    first, second, *_ = sorted(names)
    (folder / first).unlink()
    content = bytearray((folder / second).read_bytes())
    content[0] ^= 1
    (folder / second).write_bytes(content)
    (folder / "new").mkdir()
    (folder / "new" / "one").write_text("")
    assert verify_download(folder) == {first: "missing", second: "changed", "new/one": "unexpected"}


def test_downloads_are_found(sandbox: Sandbox, rest: RestClient, big: str, tmp_path: Path) -> None:
    small = sandbox.add_checkpoint().tinker_path
    archive = rest.download_checkpoint(big, tmp_path / "b.tar.gz").result(30).path
    folder = rest.download_checkpoint(small, tmp_path / f"{'a' * 251}", extract=True).result(30).path
    (tmp_path / "others").mkdir()
    (tmp_path / "others" / "file").write_text("mine")
    assert list(find_downloads(tmp_path).items()) == [(folder, small), (archive, big)]
    assert find_downloads(str(archive)) == {archive: big}
    archive.unlink()
    assert find_downloads(tmp_path)[archive] == big  # and verification says what is wrong
    assert verify_download(archive) == {archive.name: "missing"}
    shutil.copytree(folder, folder / "forged")
    assert find_downloads(folder) == {folder: small}
    assert find_downloads(tmp_path / "others") == find_downloads(tmp_path / "nothing") == {}


def test_it_is_compared_with_the_checkpoint(rest: RestClient, sandbox: Sandbox, tmp_path: Path) -> None:
    first, other = sandbox.add_checkpoint(), sandbox.add_checkpoint()
    place = rest.download_checkpoint(first.tinker_path, tmp_path / "a").result(30).path
    (one,) = rest.list_checkpoints(first.training_run_id).result(10).checkpoints
    (another,) = rest.list_checkpoints(other.training_run_id).result(10).checkpoints
    assert verify_download(place, one) == {}
    one.time = None
    assert verify_download(place, one) == {}
    one.time = datetime.now(UTC) + timedelta(minutes=1)
    for wrong in (one, another):
        with pytest.raises(DownloadError, match="another checkpoint, or an earlier one with the same name"):
            verify_download(place, wrong)


@pytest.mark.parametrize("content", [[], {"tinker_path": 5}, {"tinker_path": ["x"]}])
def test_a_manifest_without_a_path_is_no_download(tmp_path: Path, content: Any) -> None:
    (tmp_path / "a.manifest.json").write_text(json.dumps({"sizes": {}, **dict(content)}))
    assert find_downloads(tmp_path) == {}


@pytest.mark.parametrize(
    "content", [None, "[]", "{", '{"sizes": {}}', '{"sizes": {}, "sha256": "x"}', '{"sizes": {}, "sha256": {}}']
)
def test_what_has_no_manifest_cannot_be_verified(tmp_path: Path, content: str | None) -> None:
    (tmp_path / "a").write_text("mine")
    if content is not None:
        (tmp_path / "a.manifest.json").write_text(content)
        (tmp_path / MARKER).write_text(content)
    for path in (tmp_path / "a", tmp_path, tmp_path / "nothing"):
        with pytest.raises(DownloadError, match="has no manifest"):
            verify_download(path)
    with pytest.raises(InvalidArgumentError):
        verify_download(5)  # type: ignore[arg-type]


def test_a_manifest_that_names_other_places_opens_none(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "secret").write_text("secret")
    outside = {"../secret": 6, "/etc/passwd": 5}
    (tmp_path / "x" / MARKER).write_text(json.dumps({"sizes": outside, "sha256": dict.fromkeys(outside, "0")}))
    assert verify_download(tmp_path / "x") == dict.fromkeys(sorted(outside), "missing")
