"""The command `tinker-rest`: that it starts, and what it says where something is missing."""

import json
import re
import subprocess
import sys

import pytest

import tinker_rest
from tinker_rest_sandbox import Sandbox

from .conftest import RUN_ID
from .running import Run, environment


def test_version_and_help(run: Run) -> None:
    assert run("--version", own_process=True).stdout == f"tinker-rest {tinker_rest.__version__}\n"
    first, second = run("version").stdout.splitlines()
    assert first == f"tinker-rest {tinker_rest.__version__}"
    assert second == f"API description {tinker_rest.SPEC_VERSION}, SHA-256 {tinker_rest.SPEC_SHA256}"
    assert run("version -q").stdout == f"{tinker_rest.__version__}\n"
    assert json.loads(run("version -f json").stdout) == {
        "version": tinker_rest.__version__,
        "spec_version": tinker_rest.SPEC_VERSION,
        "spec_sha256": tinker_rest.SPEC_SHA256,
    }
    done = run("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "sandbox" in done.stdout
    assert "version" in done.stdout
    assert "--scenario" in run("sandbox --help").stdout


def test_what_is_no_command_is_told(run: Run) -> None:
    done = run("", own_process=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Usage: tinker-rest ")
    for arguments, said in (
        (["nonsense"], "no such command 'nonsense'. See tinker-rest --help"),
        (["run", "lst"], "no such command 'lst'. Did you mean 'list'? See tinker-rest run --help"),
        (["checkpoint", "lst"], "no such command 'lst'. Did you mean 'list'? See tinker-rest checkpoint --help"),
        (["chekpoint"], "no such command 'chekpoint'. Did you mean 'checkpoint'? See tinker-rest --help"),
        (
            ["checkpoints", "list"],
            "no such command 'checkpoints'. Did you mean 'checkpoint'? See tinker-rest --help",
        ),
        (
            ["run", "list", "--limt"],
            "no such option '--limt'. Did you mean --limit? See tinker-rest run list --help",
        ),
        (["run", "info"], "missing argument 'RUN_ID'. See tinker-rest run info --help"),
        (["version", "more"], "got unexpected extra argument (more). See tinker-rest version --help"),
    ):
        done = run(arguments)
        assert (done.returncode, done.stdout, done.stderr) == (2, "", f"tinker-rest: {said}\n")


def test_usual_words_are_aliases(run: Run) -> None:
    for alias, name in (("run ls", "run list"), ("model ls", "model list")):
        assert run(alias).stdout == run(name).stdout
    path = f"tinker://{RUN_ID}/weights/0002"
    assert run(f"run show {RUN_ID}").stdout == run(f"run info {RUN_ID}").stdout
    done = run(f"checkpoint rm {path} --dry-run")
    assert (done.returncode, path in done.stdout) == (0, True)


def test_help_lists_exit_statuses_and_how_to_log_in(run: Run) -> None:
    text = run("--help").stdout
    assert "tinker-rest auth login" in text
    for status in ("2 wrong usage", "3 no key", "4 not found", "5 partly failed", "6 no response"):
        assert status in text


def test_the_sandbox_has_the_same_options_in_both_commands(run: Run) -> None:
    module = [sys.executable, "-m", "tinker_rest_sandbox", "--help"]
    own = subprocess.run(module, capture_output=True, text=True, check=True, timeout=100).stdout
    text = run("sandbox --help").stdout
    assert text.startswith("Usage: tinker-rest sandbox ")
    assert {*re.findall(r"--[a-z-]+", own)} == {*re.findall(r"--[a-z-]+", text)}
    assert json.loads(run("sandbox --scenario-schema").stdout)["$schema"]
    done = run("sandbox --archive-building-status 1")
    assert (done.returncode, "'503', '425'" in done.stderr) == (2, True)
    done = run("sandbox --port=0 --allow-host=a --allow-host b --empty --scenario=nothing.yaml")
    assert (done.returncode, "nothing.yaml" in done.stderr) == (1, True)


def test_help_imports_nothing_heavy() -> None:
    commands = [["--help"], ["run", "--help"], ["run", "list", "--help"], ["version"]]
    code = (
        "import sys, click\nbefore = set(sys.modules)\n"
        f"from tinker_rest_cli import main\nassert [main(one) for one in {commands!r}] == [0, 0, 0, 0]\n"
        "print(sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    names = set(eval(done.stdout.splitlines()[-1]))
    names -= {"tinker_rest_sandbox", "tinker_rest_sandbox.options"}
    assert {name.partition(".")[0] for name in names} - {"tinker_rest", "tinker_rest_api", "tinker_rest_cli"} <= {
        "click",
        *sys.stdlib_module_names,
    }
    assert not names & {
        "asyncio",
        "argparse",
        "http",
        "ssl",
        "sqlite3",
        "tinker_rest_sandbox",
        "tinker_rest.client",
    }


def run_without(module: str, arguments: list[str], **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command as if a module were not installed, in a process, since this one has imported it."""
    code = (
        f"import sys\nsys.modules[{module!r}] = None\n"
        f"from tinker_rest_cli import main\nsys.exit(main({arguments!r}))"
    )
    return subprocess.run(
        [sys.executable, "-c", code], env=environment(**variables), capture_output=True, text=True, timeout=100,
        check=False,
    )  # fmt: skip


@pytest.mark.parametrize("missing", ["click", "rich"])
def test_without_the_extra_a_line_tells_how_to_install_it(missing: str, account: Sandbox) -> None:
    arguments = ["--base-url", account.base_url, "run", "list"]
    done = run_without(missing, arguments, TINKER_API_KEY=account.api_key)
    assert (done.returncode, done.stderr) == (
        1, f"tinker-rest: this command needs {missing}, which is not installed: pip install 'tinker-rest[cli]'\n",
    )  # fmt: skip


def test_a_missing_extra_is_told_in_a_line() -> None:
    done = run_without("uvicorn", ["sandbox"])
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "pip install 'tinker-rest[sandbox]'" in done.stderr
