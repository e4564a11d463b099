"""Where things are, and that what must stand in several places stands in all of them."""

import subprocess

from checkout import ROOT

TOP = {
    ".ci", ".gitattributes", ".gitignore", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md", "generated",
    "generator-config.yml", "openapi.yaml", "pyproject.toml", "requirements.lock", "scripts", "tests", "wrapper",
}  # fmt: skip


def tracked() -> list[str]:
    command = ["git", "-c", f"safe.directory={ROOT}", "ls-files"]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()


def test_nothing_else_is_at_the_top() -> None:
    assert {name.split("/")[0] for name in tracked()} == TOP


def test_no_module_is_too_long_to_read() -> None:
    files = [name for name in tracked() if name.startswith(("wrapper/", "scripts/")) and name.endswith(".py")]
    assert len(files) > 20
    for name in files:
        assert len((ROOT / name).read_text().splitlines()) <= 400, name
