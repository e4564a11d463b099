"""The command `tinker-rest`, as it is installed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import tinker_rest
from tinker_rest.command_line import main
from tinker_rest.sandbox import Sandbox

COMMAND = Path(sys.executable).with_name("tinker-rest")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([COMMAND, *arguments], capture_output=True, text=True, timeout=30, check=False)


def test_version_and_help() -> None:
    assert run("--version").stdout == f"tinker-rest {tinker_rest.__version__}\n"
    first, second = run("version").stdout.splitlines()
    assert first == f"tinker-rest {tinker_rest.__version__}"
    assert second == f"API description {tinker_rest.SPEC_VERSION}, SHA-256 {tinker_rest.SPEC_SHA256}"
    assert run("version", "-q").stdout == f"{tinker_rest.__version__}\n"
    assert json.loads(run("version", "-f", "json").stdout) == {
        "version": tinker_rest.__version__,
        "spec_version": tinker_rest.SPEC_VERSION,
        "spec_sha256": tinker_rest.SPEC_SHA256,
    }
    done = run("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "sandbox" in done.stdout
    assert "version" in done.stdout
    assert "--scenario" in run("sandbox", "--help").stdout
    assert "--keep-names" in run("sandbox", "record", "--help").stdout


def test_what_is_no_command_is_told() -> None:
    done = run()
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Usage: tinker-rest ")
    for arguments, said in (
        (["nonsense"], "no such command 'nonsense'. See tinker-rest --help"),
        (["run", "lst"], "no such command 'lst'. Did you mean 'list'. See tinker-rest run --help"),
        (["run", "info"], "missing argument 'RUN_ID'. See tinker-rest run info --help"),
        (["version", "more"], "got unexpected extra argument (more). See tinker-rest version --help"),
    ):
        done = run(*arguments)
        assert (done.returncode, done.stdout, done.stderr) == (2, "", f"tinker-rest: {said}\n")


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["run", "list", "--help"], ["version"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys, click\nbefore = set(sys.modules)\n"
        f"from tinker_rest.command_line import main\nassert main({arguments!r}) == 0\n"
        "print(sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    names = set(eval(done.stdout.splitlines()[-1]))
    assert {name.partition(".")[0] for name in names} - {"tinker_rest", "tinker_rest_api"} <= {
        "click",
        *sys.stdlib_module_names,
    }
    assert not names & {
        "asyncio",
        "argparse",
        "http",
        "ssl",
        "sqlite3",
        "tinker_rest.sandbox",
        "tinker_rest.rest_client",
    }


@pytest.mark.parametrize("missing", ["click", "rich"])
def test_without_the_extra_a_line_tells_how_to_install_it(missing: str, monkeypatch, capsys) -> None:
    for name in [name for name in sys.modules if name.startswith(("tinker_rest.command_line.", f"{missing}."))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    with Sandbox() as sandbox:
        arguments = ["--base-url", sandbox.base_url, "run", "list"]
        monkeypatch.setenv("TINKER_API_KEY", sandbox.api_key)
        assert main(arguments) == 1
    told = capsys.readouterr().err
    assert told == (
        f"tinker-rest: {missing} is not installed, which the command needs: pip install 'tinker-rest[cli]'\n"
    )


@pytest.mark.parametrize("arguments", [["sandbox"], ["sandbox", "record", "--out", "x"]])
def test_a_missing_extra_is_told_in_a_line(arguments: list[str], monkeypatch, capsys) -> None:
    for name in [name for name in sys.modules if name.startswith("tinker_rest.sandbox")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert main(arguments) == 1
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "pip install 'tinker-rest[sandbox]'" in told
