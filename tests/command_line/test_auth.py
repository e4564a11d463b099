"""`tinker-rest auth`: a key is asked for, checked and stored where other programs find it, and nobody sees it."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from tinker_rest_sandbox import Sandbox

from .running import COMMAND, Run, environment

CONSOLE = "https://tinker.thinkingmachines.ai/keys"
WRONG = "tml-a-wrong-key-of-somebody-0123456789"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The file of stored keys, which is not there yet."""
    return tmp_path / ".tinker" / "credentials.json"


@pytest.fixture
def auth(run: Run, tmp_path: Path) -> Run:
    """Runs `tinker-rest auth` without a key in the environment."""

    def begin(arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        return run(f"auth {arguments}", **{"TINKER_API_KEY": None, "HOME": str(tmp_path), **options})

    return begin


def store(file: Path, content: object) -> None:
    file.parent.mkdir(mode=0o700, exist_ok=True)
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    file.chmod(0o600)


def record(key: str, **more: object) -> dict[str, object]:
    return {"type": "manual", "key": key, "name": "of another program", **more}


def test_a_key_from_stdin_is_stored_for_every_program(auth: Run, run: Run, account: Sandbox, file: Path) -> None:
    done = auth("login --with-token", stdin=f"  {account.api_key}\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert "alice@example.com" in done.stdout
    assert account.api_key not in done.stdout
    assert (stat.S_IMODE(file.stat().st_mode), stat.S_IMODE(file.parent.stat().st_mode)) == (0o600, 0o700)
    whole = json.loads(file.read_text())
    (stored,) = whole["keys"].values()
    assert (whole["version"], whole["keys"][whole["default"]]) == (1, stored)
    # As the official command line writes them.
    assert (stored["type"], stored["key"]) == ("manual", account.api_key)
    assert {*stored["details"]} == {"org_details", "user_details"}
    assert [one.name for one in file.parent.iterdir()] == [file.name]
    assert auth("whoami").returncode == 0
    assert run("run list -q", TINKER_API_KEY=None, HOME=str(file.parent.parent)).returncode == 0


# Makes stdin the terminal that the process is asked on, and then is the command. Programs that are started in the
# background ignore Ctrl-C, so this undoes it.
IN_ITS_TERMINAL = """
import fcntl, os, signal, sys, termios
signal.signal(signal.SIGINT, signal.SIG_DFL)
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


def typed_in_a_terminal(sandbox: Sandbox, home: Path, typed: bytes) -> tuple[int, str]:
    """The exit status of `auth login` and what its terminal shows."""
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", IN_ITS_TERMINAL, COMMAND, "auth", "login"],
        stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True,
        env=environment(sandbox, HOME=str(home), TINKER_API_KEY=None),
    )  # fmt: skip
    os.close(terminal)
    shown = b""
    while b"API key: " not in shown:
        shown += os.read(controller, 1024)
    os.write(controller, typed)
    with contextlib.suppress(OSError):  # the other end is closed
        while chunk := os.read(controller, 1024):
            shown += chunk
    os.close(controller)
    return process.wait(timeout=60), shown.decode()


def test_a_terminal_is_asked_and_shows_no_key(account: Sandbox, tmp_path: Path, file: Path) -> None:
    status, shown = typed_in_a_terminal(account, tmp_path, f"{account.api_key}\n".encode())
    assert status == 0, shown
    assert CONSOLE in shown
    assert "alice@example.com" in shown
    assert account.api_key not in shown
    assert account.api_key in file.read_text()


def test_an_interrupted_question_stores_nothing(account: Sandbox, tmp_path: Path, file: Path) -> None:
    status, shown = typed_in_a_terminal(account, tmp_path, b"\x03")
    assert (status, "interrupted" in shown) == (130, True)
    assert not file.exists()


def test_without_a_terminal_stdin_must_be_asked_for(auth: Run, account: Sandbox, file: Path) -> None:
    done = auth("login", stdin=f"{account.api_key}\n")
    assert (done.returncode, "--with-token" in done.stderr, file.exists()) == (2, True, False)


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (WRONG, f"refused this key, so it was not stored: 401 Unauthorized.*{CONSOLE}"),
        ("", "the key must begin with 'tml-'"),
        ("'tml-quoted'", "the key must begin with 'tml-'"),
    ],
)
def test_what_is_no_key_is_not_stored(auth: Run, file: Path, key: str, said: str) -> None:
    done = auth("login --with-token", stdin=key)
    assert (done.returncode, done.stdout, file.exists()) == (3, "", False)
    assert done.stderr.count("\n") == 1
    assert WRONG[4:] not in done.stderr
    assert re.search(said, done.stderr), done.stderr


def test_an_unreachable_server_stores_nothing(auth: Run, account: Sandbox, file: Path) -> None:
    done = auth("login --with-token --timeout 0.3", stdin=account.api_key, TINKER_BASE_URL="http://127.0.0.1:9")
    assert (done.returncode, file.exists()) == (6, False)


def test_other_keys_and_unknown_fields_stay(auth: Run, account: Sandbox, file: Path) -> None:
    others = {"17": record("tml-other-key", note="kept"), "18": record(account.api_key, note="kept too")}
    store(file, {"version": 1, "default": "17", "keys": others, "later": [1]})
    assert auth("login --with-token", stdin=account.other_api_key).returncode == 0
    whole = json.loads(file.read_text())
    assert whole["keys"].items() >= others.items()
    assert (len(whole["keys"]), whole["later"]) == (3, [1])
    # A key that is known already gets no second record.
    assert auth("login --with-token", stdin=account.api_key).returncode == 0
    whole = json.loads(file.read_text())
    assert (whole["default"], len(whole["keys"]), whole["keys"]["18"]["note"]) == ("18", 3, "kept too")
    done = auth("logout")
    assert (done.returncode, "alice@example.com" in done.stderr, CONSOLE in done.stderr) == (0, True, True)
    whole = json.loads(file.read_text())
    assert (whole.get("default"), len(whole["keys"]), whole["later"]) == (None, 2, [1])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    again = auth("logout")
    assert (again.returncode, "no API key is stored" in again.stderr) == (1, True)


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"keys": []}', '{"keys": {"1": 5}}', '{"version": 2, "keys": {}}', "[" * 100_000]
)
def test_a_file_that_is_not_understood_is_left_alone(
    auth: Run, account: Sandbox, file: Path, content: str
) -> None:
    store(file, content)
    for command in ("login --with-token", "logout"):
        done = auth(command, stdin=account.api_key)
        assert (done.returncode, "unknown format" in done.stderr) == (1, True)
    assert file.read_text() == content


def test_links_stay_links(auth: Run, account: Sandbox, file: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "dotfiles"
    elsewhere.mkdir(mode=0o700)
    file.parent.mkdir()
    file.symlink_to(elsewhere / "keys.json")
    assert auth("login --with-token", stdin=account.api_key).returncode == 0
    assert file.is_symlink()
    assert account.api_key in (elsewhere / "keys.json").read_text()
    assert stat.S_IMODE((elsewhere / "keys.json").stat().st_mode) == 0o600


@pytest.mark.parametrize("kind", ["pipe", "folder", "open folder", "loop"])
def test_what_is_not_the_users_alone_is_not_written(auth: Run, account: Sandbox, file: Path, kind: str) -> None:
    file.parent.mkdir(mode=0o700)
    if kind == "pipe":
        os.mkfifo(file)
    elif kind == "folder":
        file.mkdir()
    elif kind == "loop":
        file.symlink_to(file)
    else:
        file.parent.chmod(0o777)
    done = auth("login --with-token", stdin=account.api_key)
    assert (done.returncode, done.stderr.count("\n"), "internal" in done.stderr) == (1, 1, False), done.stderr
    assert file.is_symlink() or not file.is_file()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize("foreign", ["file", "folder"])
def test_files_of_others_are_not_used(auth: Run, account: Sandbox, file: Path, foreign: str) -> None:
    store(file, {"version": 1, "keys": {}})
    os.chown(file if foreign == "file" else file.parent, 12345, -1)
    done = auth("login --with-token", stdin=account.api_key)
    assert (done.returncode, "open to others" in done.stderr) == (1, True)
    assert account.api_key not in file.read_text()


def test_the_environment_takes_precedence_and_says_so(auth: Run, account: Sandbox, file: Path) -> None:
    given = {"TINKER_API_KEY": account.other_api_key}
    done = auth("login --with-token", stdin=account.api_key, **given)
    assert (done.returncode, "TINKER_API_KEY is set and takes precedence" in done.stderr) == (0, True)
    done = auth("status", **given)
    assert (done.returncode, "from TINKER_API_KEY" in done.stdout) == (0, True)
    assert "bob@example.com" in done.stdout
    assert "the key of alice@example.com" in done.stdout
    done = auth("logout", **given)
    assert (done.returncode, "TINKER_API_KEY is still set" in done.stderr) == (0, True)
    assert account.api_key not in file.read_text()


def test_status_says_which_key_is_used_and_shows_none(auth: Run, account: Sandbox, file: Path) -> None:
    done = auth("status")
    assert (done.returncode, "`tinker-rest auth login`" in done.stderr, CONSOLE in done.stderr) == (3, True, True)
    auth("login --with-token", stdin=account.api_key)
    whole = json.loads(auth("status -f json").stdout)
    assert whole["source"] == "~/.tinker/credentials.json"
    assert (whole["email"], whole["base_url"]) == ("alice@example.com", account.base_url)
    assert whole["key"] == "tml-…"  # too short to show more
    assert json.loads(auth("status --json source,key").stdout) == {"source": whole["source"], "key": "tml-…"}
    done = auth("status", TINKER_API_KEY=WRONG)
    assert done.returncode == 3
    assert "Key       tml-a-wr…, from TINKER_API_KEY\n" in done.stdout
    assert "401 Unauthorized" in done.stderr
    assert WRONG[9:] not in done.stdout + done.stderr
    done = auth("status", TINKER_CREDENTIAL_CMD=f"echo {account.other_api_key}")
    assert "not shown, from TINKER_CREDENTIAL_CMD" in done.stdout
    assert account.other_api_key not in done.stdout


def test_a_write_that_fails_keeps_the_old_file(auth: Run, account: Sandbox, file: Path) -> None:
    store(file, {"version": 1, "default": "17", "keys": {"17": record("tml-other-key")}})
    before = file.read_text()
    with mock.patch("os.replace", side_effect=OSError(28, "No space left on device")):
        done = auth("login --with-token", stdin=account.api_key)
    assert (done.returncode, "cannot be written: No space left on device" in done.stderr) == (1, True)
    assert file.read_text() == before
    assert [one.name for one in file.parent.iterdir()] == [file.name]
