"""Every command and every block of Python in the documentation, run as it stands there."""

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
from code_blocks import GUIDE, all_blocks, answer_to_curl

from tinker_rest.sandbox import Sandbox

# Commands that other tests or CI itself run; each says which.
RUN_ELSEWHERE = {
    "scripts/test": "this is what runs this test",
    "pip install .": "tests/package/test_wheel.py installs the wheel",
    "pip install '.[sandbox]'": "so does this",
    "scripts/conformance": "CI runs it",
    "scripts/portability": "CI runs it",
    "tinker-rest sandbox record --out account.yaml": "tests/sandbox/test_recording.py records accounts",
}


def blocks(language: str) -> list[object]:
    return [pytest.param(text, id=name) for name, kind, text in all_blocks() if kind == language]


def test_no_block_is_of_an_unknown_kind() -> None:
    assert {kind for _, kind, _ in all_blocks()} == {"python", "sh", "text", ""}
    for language in ("python", "sh"):
        for page in ("README.md", "guide/"):
            assert len([name for name, kind, _ in all_blocks() if kind == language and name.startswith(page)]) >= 3


def imports_the_official_sdk(code: str) -> bool:
    """Whether a block needs the SDK, beside which `scripts/conformance` runs it."""
    return re.search(r"^import tinker$", code, re.MULTILINE) is not None


@pytest.mark.parametrize("code", blocks("python"))
def test_python_blocks_run(code: str, sandbox: Sandbox, tmp_path: Path) -> None:
    if imports_the_official_sdk(code):
        compile(code, "block", "exec")
        return
    environment = {**os.environ, "TINKER_BASE_URL": sandbox.base_url, "TINKER_API_KEY": sandbox.api_key}
    run = ["-c", code]
    if code.startswith("def test_"):
        (tmp_path / "test_block.py").write_text(code)
        run = ["-m", "pytest", "test_block.py"]
    done = subprocess.run(
        [sys.executable, "-W", "error", *run],
        env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout or list(tmp_path.iterdir())
    assert not done.stderr


@pytest.mark.parametrize("commands", blocks("sh"))
def test_commands_run(commands: str, tmp_path: Path) -> None:
    for command in commands.strip().splitlines():
        if command in RUN_ELSEWHERE:
            continue
        if command.startswith("python -m tinker_rest.sandbox"):
            serves_until_interrupted([sys.executable, *command.split()[1:]], tmp_path)
            continue
        if command.startswith("export "):
            assert command in (
                "export TINKER_BASE_URL=http://127.0.0.1:8765",
                f"export TINKER_API_KEY={Sandbox().api_key}",
            )
            continue
        if command.startswith("tinker-rest "):
            prints_something_of_a_sandbox(command, tmp_path)
            continue
        if command.startswith("curl "):
            works_on_a_sandbox(command)
            continue
        assert (ROOT / command.split()[0]).exists(), command
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TINKER_")}
        done = subprocess.run(
            command.split(), cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout


def prints_something_of_a_sandbox(command: str, folder: Path) -> None:
    """Run our own command on a sandbox."""
    program, *arguments = shlex.split(command)
    with Sandbox() as sandbox:
        environment = {**os.environ, "TINKER_BASE_URL": sandbox.base_url, "TINKER_API_KEY": sandbox.api_key}
        done = subprocess.run(
            [Path(sys.executable).with_name(program), *arguments],
            env=environment, cwd=folder, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout


def demo_of(sandbox: Sandbox) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TINKER_BASE_URL": sandbox.base_url, "TINKER_API_KEY": sandbox.api_key}
    command = [sys.executable, str(ROOT / "scripts" / "demo_tour.py")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def works_on_a_sandbox(command: str) -> None:
    with Sandbox() as sandbox:
        status, body = answer_to_curl(command, sandbox)
    assert status in (200, 201)
    assert json.loads(body).keys() & {"training_runs", "fault_id", "requests", "openapi"}


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
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert f"http://127.0.0.1:{port}" in process.stdout.readline()
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 0
        finally:
            process.kill()


def is_taken(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return True
    return False


def test_ci_runs_what_the_readme_tells_users_to_run() -> None:
    assert "python3 scripts/test" in (ROOT / ".ci" / "run").read_text()
    assert "scripts/test" in (ROOT / "README.md").read_text().split("## ")[0]
    assert "scripts/demo" in (ROOT / "README.md").read_text().split("## ")[0]


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
