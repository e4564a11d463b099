"""What may import what: the contracts of pyproject.toml hold, and each of them can fail."""

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from checkout import ROOT

COMMAND_LINE = ROOT / "wrapper" / "tinker_rest_cli"

# A contract's name, a file, and what breaks the contract when it is added to the file.
FORBIDDEN = [
    ("The facade is layered", "tinker_rest/_transport.py", "def late():\n    from tinker_rest import _call\n"),
    ("The facade is layered", "tinker_rest/_new.py", ""),
    (
        "The facade imports neither the command line nor the sandbox",
        "tinker_rest/_call.py",
        "from tinker_rest_sandbox import Sandbox\n",
    ),
    (
        "The facade's modules do not import the package's public names",
        "tinker_rest/_methods/server.py",
        "from tinker_rest import NotFoundError\n",
    ),
    (
        "The generated code imports nothing that is written by hand",
        "tinker_rest_api/_model.py",
        "import tinker_rest.errors\n",
    ),
    (
        "The sandbox imports the facade in two places only",
        "tinker_rest_sandbox/_store.py",
        "from tinker_rest.types import Checkpoint\n",
    ),
    (
        "The command line imports the facade, not what is below it",
        "tinker_rest_cli/output.py",
        "from tinker_rest_api.models import Checkpoint\n",
    ),
    (
        "No module imports itself by way of others",
        "tinker_rest/paths.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from tinker_rest import selection\n",
    ),
]


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """A copy of the sources."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for folder in ("wrapper", "generated"):
        shutil.copytree(ROOT / folder, tmp_path, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
    return tmp_path


def broken_contracts(folder: Path) -> set[str]:
    """The names of the contracts that are broken in a folder."""
    command = [Path(sys.executable).parent / "lint-imports", "--no-cache"]
    environment = {**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200", "NO_COLOR": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    broken = {line.partition(" BROKEN")[0] for line in done.stdout.splitlines() if " BROKEN" in line}
    assert bool(broken) == bool(done.returncode), done.stdout + done.stderr
    return broken


def test_the_contracts_hold(packages: Path) -> None:
    assert broken_contracts(packages) == set()


@pytest.mark.parametrize(("contract", "file", "text"), FORBIDDEN)
def test_a_forbidden_import_is_found(contract: str, file: str, text: str, packages: Path) -> None:
    with (packages / file).open("a") as source:
        source.write(text)
    assert contract in broken_contracts(packages)


def private_names(source: str) -> Iterator[str]:
    """The names with an underscore a module takes from `tinker_rest`, or from an object that is not its own."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            used = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            used = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Attribute):
            owner = node.value.id if isinstance(node.value, ast.Name) else ""
            used = [] if owner in ("self", "cls") else [f"tinker_rest.{node.attr}"]
        else:
            continue
        for name in used:
            package, *parts = name.split(".")
            if package == "tinker_rest" and any(part.startswith("_") and part[:2] != "__" for part in parts):
                yield f"line {node.lineno}: {name}"


def test_the_command_line_uses_public_names_alone() -> None:
    found = {
        f"{file.relative_to(ROOT)}, {name}"
        for file in COMMAND_LINE.rglob("*.py")
        for name in private_names(file.read_text())
    }
    assert found == set()


@pytest.mark.parametrize(
    "source",
    [
        "from tinker_rest import _call",
        "from tinker_rest._call import Call",
        "def late():\n    import tinker_rest._redaction as redaction",
        "from tinker_rest.errors import _label",
        "client._submit()",
        "tinker_rest.futures._pending",
        "RestClient()._core",
    ],
)
def test_a_private_name_is_found(source: str) -> None:
    assert list(private_names(source))


@pytest.mark.parametrize(
    "source",
    [
        "from tinker_rest import RestClient, __version__",
        "import tinker_rest.errors",
        "self._client",
        "x.__class__",
    ],
)
def test_a_public_name_is_not_found(source: str) -> None:
    assert not list(private_names(source))
