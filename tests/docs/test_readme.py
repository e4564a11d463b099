"""README, done as a newcomer does it: every block in its order, in one fresh shell with a fresh environment."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from checkout import ROOT
from code_blocks import NEED_AN_ACCOUNT

README = (ROOT / "README.md").read_text()
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SAVED_AS = re.compile(r"Save this as `([\w.]+)`:\s*\Z")

# uv, if it is there, installs the same packages within seconds; scripts/demo uses it by itself.
PREAMBLE = """\
set -euo pipefail
PS4='README, $SECONDS s: '
if command -v uv >/dev/null; then pip() { uv pip "$@"; }; fi
set -x
"""
WAIT_FOR_SERVER = "{ until (exec 3<>/dev/tcp/127.0.0.1/PORT) 2>&-; do sleep 0.1; done; } 2>&-\n"


def script_of(text: str, repository: Path, port: int) -> str:
    """The blocks of a page as one script for bash."""
    script = [PREAMBLE]
    for number, found in enumerate(_BLOCK.finditer(text)):
        language, block = found.groups()
        saved_as = _SAVED_AS.search(text, 0, found.start())
        if language == "python":
            file = saved_as[1] if saved_as else f"block_{number}.py"
            script.append(f"cat > {file} <<'END_OF_BLOCK'\n{block}END_OF_BLOCK\n")
            script += [] if saved_as else [f"python {file}\n"]
            continue
        assert language == "sh", language
        for line in block.splitlines():
            if line not in NEED_AN_ACCOUNT:
                script.append(f"{line}\n")
            if line.endswith("&"):  # a person goes on when the server has printed its URL
                script.append(WAIT_FOR_SERVER)
    return (
        "".join(script)
        .replace("REPOSITORY_URL", str(repository))
        .replace("8765", "PORT")
        .replace("PORT", str(port))
    )


def run(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a script in an environment in which nothing of this checkout is known."""
    home, tools = folder / "home", folder / "tools"
    home.mkdir()
    tools.mkdir()
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if uv is not None:
        (tools / "uv").symlink_to(uv)
    kept = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_", "SSL_", "HTTP"))}
    python = Path(getattr(sys, "_base_executable", sys.executable)).parent
    environment = {
        **kept,
        "HOME": str(home),
        "PATH": f"{tools}:{python}:/usr/local/bin:/usr/bin:/bin",
        "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR", str(Path.home() / ".cache" / "uv")),
        "PIP_CACHE_DIR": os.environ.get("PIP_CACHE_DIR", str(Path.home() / ".cache" / "pip")),
    }
    with (folder / "output").open("w+") as output:
        process = subprocess.Popen(
            ["bash", "-c", script],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            status = process.wait(300)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # and with it the sandbox
        output.seek(0)
        return subprocess.CompletedProcess(process.args, status, output.read())


def repository_of_this_checkout(folder: Path) -> Path:
    """A repository of the files as they are here, also those that are not committed."""
    repository = folder / "repository"
    listed = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout
    for name in listed.decode().split("\0"):
        if name and (ROOT / name).is_file():
            (repository / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, repository / name)
    who = ("-c", "user.name=test", "-c", "user.email=test@example.com")
    for command in (("init", "-q"), ("add", "--all"), (*who, "commit", "-q", "-m", "As it is here")):
        subprocess.run(["git", *command], cwd=repository, check=True, capture_output=True)
    return repository


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.mark.long
@pytest.mark.timeout(400)
@pytest.mark.scripts("README.md", "pyproject.toml", "scripts/demo", "tests/docs")
def test_every_line_of_the_readme_works_in_its_order(tmp_path: Path) -> None:
    port = free_port()
    done = run(script_of(README, repository_of_this_checkout(tmp_path), port), tmp_path)
    assert done.returncode == 0, done.stdout
    for expected in (
        "Everything worked.",  # the demo
        f"Tinker sandbox at http://127.0.0.1:{port}",
        "old checkpoints; delete_checkpoints(selected) would delete them",
        "1 passed",  # pytest
    ):
        assert expected in done.stdout
    trial = tmp_path / "tinker-trial"
    assert (trial / "checkpoint.tar.gz").stat().st_size > 0
    assert list((trial / "models").iterdir())


@pytest.mark.parametrize(
    ("page", "complaint"),
    [
        ("```sh\nls nowhere\necho on\n```\n", "s: ls nowhere"),
        ("```python\nimport tinker_rest_nowhere\n```\n", "No module named 'tinker_rest_nowhere'"),
        ("Save this as `a.py`:\n\n```python\n1 / 0\n```\n\n```sh\npython3 a.py\n```\n", "ZeroDivisionError"),
    ],
    ids=["command", "python", "saved file"],
)
def test_a_page_that_cannot_be_followed_fails(page: str, complaint: str, tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.symlink_to(sys.executable)
    script = script_of(f"{page}\n```sh\necho the end\n```\n", tmp_path, 1).replace("\npython ", f"\n{python} ")
    done = run(script, tmp_path)
    assert done.returncode != 0
    assert complaint in done.stdout
    assert "the end" not in done.stdout


def test_the_readme_is_short_and_names_the_scripts_to_begin_with() -> None:
    assert len(README.splitlines()) < 150
    assert README.index("git clone") < README.index("scripts/demo") < README.index("pip install")
    assert "python3 scripts/demo" in (ROOT / ".ci" / "run").read_text()
    assert "python3 scripts/test" in (ROOT / ".ci" / "run").read_text()
    assert "`scripts/test`" in README
