"""Every command and every block of Python in the documentation, run as it stands there."""

import gc
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from checkout import ROOT
from code_blocks import GUIDE, NEED_AN_ACCOUNT, all_blocks, answer_to_curl
from command_line.running import environment, run_here, taking_interrupts

from tinker_rest_sandbox import Sandbox

# Commands that other tests or CI itself run; each says which.
RUN_ELSEWHERE = {
    "python3 -m venv .venv-tinker": "test_readme.py",
    ". .venv-tinker/bin/activate": "test_readme.py",
    "pip install '.[cli,sandbox]'": "test_readme.py",
    "scripts/conformance": "CI runs it",
    "scripts/portability": "CI runs it",
}


def blocks(language: str) -> list[object]:
    """The blocks that differ."""
    names = {text: name for name, kind, text in all_blocks() if kind == language}
    return [pytest.param(text, id=name) for text, name in names.items()]


def test_no_block_is_of_an_unknown_kind() -> None:
    assert {kind for _, kind, _ in all_blocks()} == {"python", "sh", "text", ""}
    for language in ("python", "sh"):
        for page in ("README.md", "guide/"):
            assert len([name for name, kind, _ in all_blocks() if kind == language and name.startswith(page)]) >= 3


def imports_the_official_sdk(code: str) -> bool:
    """Whether a block needs the SDK, beside which `scripts/conformance` runs it."""
    return re.search(r"^import tinker$", code, re.MULTILINE) is not None


@pytest.mark.parametrize("code", blocks("python"))
def test_python_blocks_run(
    code: str,
    sandbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if imports_the_official_sdk(code):
        compile(code, "block", "exec")
        return
    monkeypatch.setenv("TINKER_BASE_URL", sandbox.base_url)
    monkeypatch.setenv("TINKER_API_KEY", sandbox.api_key)
    monkeypatch.chdir(tmp_path)
    if "def test_" in code:
        (tmp_path / "test_block.py").write_text(code)
        # The plugins that are left out take long to load.
        others = [f"-pno:{name}" for name in ("schemathesis", "hypothesispytest")]
        output, errors = output_of("-m", "pytest", *others, "test_block.py")
    elif "logging.basicConfig" in code:  # is for a whole process
        output, errors = output_of("-c", code)
    else:
        exec(compile(code, "block", "exec"), {"__name__": "__main__"})
        gc.collect()  # what was left open is warned of
        output, errors = capsys.readouterr()
    assert output or list(tmp_path.iterdir())
    assert not errors


def output_of(*arguments: str) -> tuple[str, str]:
    """What a new Python writes to stdout and stderr."""
    command = [sys.executable, "-W", "error", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


COMMANDS = dict.fromkeys(
    line
    for page, kind, text in all_blocks()
    if kind == "sh"
    for line in text.splitlines()
    if line and not page.startswith("README") and line not in NEED_AN_ACCOUNT  # test_readme.py runs README
)
SERVING = [one for one in COMMANDS if one.startswith("tinker-rest sandbox --port")]


def test_sandboxes_serve_until_interrupted(tmp_path: Path) -> None:
    """One after the other, since they have the same port."""
    assert SERVING
    for command in SERVING:
        program = str(Path(sys.executable).with_name("tinker-rest"))
        serves_until_interrupted([program, *shlex.split(command)[1:]], tmp_path)


@pytest.mark.timeout(400)  # scripts/demo may have to set itself up
@pytest.mark.parametrize("command", [one for one in COMMANDS if one not in (*RUN_ELSEWHERE, *SERVING)])
def test_commands_run(command: str, sandbox: Sandbox, tmp_path: Path) -> None:
    program, *arguments = shlex.split(command)
    if program == "export":
        assert arguments in (
            ["TINKER_BASE_URL=http://127.0.0.1:8765"],
            [f"TINKER_API_KEY={sandbox.api_key}"],
        )
    elif program == "tinker-rest":
        done = run_here(arguments, environment(sandbox), tmp_path)
        assert done.returncode == 0, done.stderr
        assert done.stdout
    elif program == "curl":
        status, body = answer_to_curl(command, sandbox)
        assert status in (200, 201)
        assert json.loads(body).keys() & {"training_runs", "fault_id", "requests", "openapi"}
    else:
        assert (ROOT / program).exists(), command
        done = subprocess.run(
            [program, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout


def demo_of(sandbox: Sandbox) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TINKER_BASE_URL": sandbox.base_url, "TINKER_API_KEY": sandbox.api_key}
    command = [sys.executable, str(ROOT / "scripts" / "demo_tour.py")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def test_the_demo_only_reads_from_a_server_of_the_users_own(sandbox: Sandbox) -> None:
    done = demo_of(sandbox)
    assert f"Server: {sandbox.base_url} (only reading)" in done.stdout
    assert "Everything worked." in done.stdout
    assert sandbox.api_key not in done.stdout + done.stderr
    sent = {f"{request.method} {request.target}" for request in sandbox.requests}
    assert len(sent) > 7
    only_read = {f"POST /api/v1/{name}" for name in ("weights_info", "sessions/search", "auth/token")}
    assert {line for line in sent if not line.startswith("GET ")} == only_read
    assert not [line for line in sent if "/archive" in line]


def test_the_demo_of_a_server_with_nothing_on_it() -> None:
    with Sandbox(seed=False) as sandbox:
        done = demo_of(sandbox)
    assert "0 of 0 runs" in done.stdout


def serves_until_interrupted(command: list[str], folder: Path) -> None:
    port = command[command.index("--port") + 1]
    if is_taken(int(port)):  # by a sandbox that whoever runs the tests has started
        command = ["0" if word == port else word for word in command]
        port = ""
    with (
        taking_interrupts(),
        subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process,
    ):
        assert process.stdout is not None
        try:
            assert f"http://127.0.0.1:{port}" in process.stdout.readline()
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 0
        finally:
            process.kill()


def is_taken(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return True
    return False


def test_the_guide_lists_the_sdks_commands_that_are_compared() -> None:
    compared = (ROOT / "scripts" / "differential" / "commands.py").read_text()
    commands = set(re.findall(r'Command\(f?"(?:-f json )?(\w+ [\w-]+)', compared))
    row = re.search(r"^\| command line \| (.*) \|$", (GUIDE / "guide" / "sandbox.md").read_text(), re.MULTILINE)
    assert row is not None
    listed = set(re.findall(r"`([^`]+)`", row[1]))

    def is_in(command: str, name: str) -> bool:
        return f"{command} ".startswith(f"{name} ")

    assert [one for one in commands if not any(is_in(one, name) for name in listed)] == []
    assert [name for name in listed if not any(is_in(one, name) for one in commands)] == []


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_of_pages_outside_the_site_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text()
    anchors = {
        re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in re.findall(r"^#+ (.*)$", text, re.M)
    }
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith("#"):
            assert target[1:] in anchors, target
        elif not target.startswith("https://"):
            assert (ROOT / target).exists(), target
