"""What shells complete, asked of the shells themselves where they are there."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from .running import COMMAND, Run, environment

# For each shell: a program that loads the script, and another that prints what completes @LINE, whose @WORDS are
# @COUNT.
ASK = {
    "bash": ("""
        eval "$(tinker-rest completion bash)"
    """, """
        COMPREPLY=() COMP_WORDS=(@WORDS) COMP_CWORD=$((@COUNT - 1))
        _tinker_rest_completion tinker-rest
        printf '%s\\n' "${COMPREPLY[@]}"
    """),
    "zsh": ("""
        autoload -Uz compinit && compinit -u -D
        eval "$(tinker-rest completion zsh)"
        [[ $_comps[tinker-rest] == _tinker_rest_completion ]] || exit 1
        show() { print -l -- "${(@P)1}" }
        _describe() { show $3 }
        compadd() { show $argv[-1] }
    """, """
        words=(@WORDS) CURRENT=@COUNT
        _tinker_rest_completion
    """),
    "fish": ("""
        tinker-rest completion fish | source
    """, """
        complete --do-complete '@LINE'
    """),
}  # fmt: skip
LINES = {
    "tinker-rest ": {"run", "session", "billing", "sandbox", "version"},
    "tinker-rest run ": {"list", "info"},
    "tinker-rest run list --col": {"--columns"},
    "tinker-rest --format ": {"table", "json", "jsonl", "csv"},
    "tinker-rest session search --status f": {"failed"},
    "tinker-rest checkpoint list --type s": {"sampler", "sampler_weights"},
    "tinker-rest sandbox --sc": {"--scenario", "--scenario-schema"},
}
END = "the end of an answer"


@pytest.mark.parametrize("shell", ASK)
def test_completion_in_a_shell(shell: str, tmp_path) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    load, ask = ASK[shell]
    code = load
    for line in LINES:
        words = line.split(" ")
        quoted = " ".join(f"'{word}'" for word in words)
        asked = ask.replace("@WORDS", quoted).replace("@COUNT", str(len(words))).replace("@LINE", line)
        code += f"{asked.rstrip()} || exit 1\necho {END}\n"
    path = f"{COMMAND.parent}:{environment()['PATH']}"
    options = ["--no-config"] if shell == "fish" else ["-f"] if shell == "zsh" else ["--norc"]
    done = subprocess.run(
        [program, *options, "-c", code], env=environment(PATH=path, HOME=str(tmp_path)),
        capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    *answers, rest = done.stdout.split(f"{END}\n")
    assert rest == ""
    for (line, expected), answer in zip(LINES.items(), answers, strict=True):
        offered = {re.split("[\t:]", one)[0] for one in answer.splitlines()}  # a summary may follow
        assert expected <= offered, (line, answer)
        if line != "tinker-rest ":
            assert len(offered) <= len(expected) + 1, (line, answer)


def test_a_shell_that_is_not_known(run: Run) -> None:
    done = run("completion powershell")
    assert (done.returncode, done.stdout) == (2, "")
    assert "'bash', 'zsh', 'fish'" in done.stderr


@pytest.mark.parametrize(
    ("shell", "file"),
    [("bash", ".bashrc"), ("zsh", ".zshrc"), ("fish", ".config/fish/completions/tinker-rest.fish")],
)
def test_it_is_installed_once(shell: str, file: str, run: Run, tmp_path: Path) -> None:
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text("# mine, without a line end")
    for _ in range(2):
        done = run("completion --install", HOME=str(tmp_path), SHELL=f"/usr/bin/{shell}")
        assert (done.returncode, done.stderr) == (0, "")
        assert Path(file).name in done.stdout
    lines = (tmp_path / file).read_text().splitlines()
    assert lines[0] == "# mine, without a line end"
    assert sum(f"tinker-rest completion {shell}" in line for line in lines) == 1


def test_a_shell_that_starts_without_the_command_prints_nothing(run: Run, tmp_path: Path) -> None:
    assert run("completion --install", HOME=str(tmp_path), SHELL="/bin/bash").returncode == 0
    done = subprocess.run(
        ["/bin/bash", "--norc", "-c", '. "$1"', "-", str(tmp_path / ".bashrc")],
        env={"PATH": "/nowhere", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("", "")


def test_help_shows_one_command_a_line(run: Run) -> None:
    lines = run("completion --help").stdout.splitlines()
    assert "    tinker-rest completion --install" in lines
    assert not any("\\b" in line for line in lines)
