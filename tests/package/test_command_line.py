"""The command `tinker-rest`, as it is installed."""

import subprocess
import sys
from pathlib import Path

import pytest

import tinker_rest
from tinker_rest.command_line import main

COMMAND = Path(sys.executable).with_name("tinker-rest")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([COMMAND, *arguments], capture_output=True, text=True, timeout=30, check=False)


def test_version_and_help() -> None:
    for name in ("version", "--version"):
        assert run(name).stdout == f"tinker-rest {tinker_rest.__version__}\n"
    done = run("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "sandbox" in done.stdout
    assert "version" in done.stdout
    assert "--scenario" in run("sandbox", "--help").stdout
    assert "--keep-names" in run("sandbox", "record", "--help").stdout


def test_what_is_no_subcommand_is_told() -> None:
    for arguments, said in (((), "usage: "), (("nonsense",), "there is no subcommand 'nonsense'")):
        done = run(*arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr
    assert run("version", "more").returncode == 2


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nbefore = set(sys.modules)\n"
        "from tinker_rest.command_line import main\nmain(['--help'])\nmain(['version'])\n"
        "print(sorted({name.partition('.')[0] for name in set(sys.modules) - before}))"
    )
    environment = {"PYTHONPATH": str(Path(tinker_rest.__file__).parents[1])}
    command = [sys.executable, "-S", "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    imported = set(eval(done.stdout.splitlines()[-1]))
    assert imported - {"tinker_rest"} <= sys.stdlib_module_names
    assert not imported & {"asyncio", "argparse", "http", "ssl", "sqlite3"}


@pytest.mark.parametrize("arguments", [["sandbox"], ["sandbox", "record", "--out", "x"]])
def test_a_missing_extra_is_told_in_a_line(arguments: list[str], monkeypatch, capsys) -> None:
    for name in [name for name in sys.modules if name.startswith("tinker_rest.sandbox")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert main(arguments) == 1
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "pip install 'tinker-rest[sandbox]'" in told
