"""What goes wrong: one line on stderr with a remedy, an exit status, no traceback and no secret."""

from __future__ import annotations

import io
import os
import signal
import subprocess
from pathlib import Path

import pytest

from tinker_rest_sandbox import Sandbox

from .checkpoints import wait_until
from .conftest import RUN_ID
from .running import COMMAND, Run, environment, in_this_process

KEY = "tml-a-secret-of-somebody-0123456789"


def tells(done: subprocess.CompletedProcess[str], status: int, *said: str) -> None:
    assert (done.returncode, done.stdout) == (status, ""), done.stderr
    assert done.stderr.startswith("tinker-rest: ")
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr
    for text in said:
        assert text in done.stderr


@pytest.mark.parametrize(
    "command",
    [f"run info {RUN_ID[:-1]}9", "session info nope", "sampler info nope:sample:0", "weights info tinker://a/weights/b",
     "session export-trace nope"],
)  # fmt: skip
def test_what_is_not_there(command: str, run: Run) -> None:
    tells(run(command), 4, "404 Not Found: ", "request_id req-", "Check the ID")


def test_a_wrong_key(run: Run) -> None:
    for more in ("", "-v", "-vv", "--debug"):
        done = run(f"run list {more}", TINKER_API_KEY=KEY)
        assert (done.returncode, done.stdout) == (3, "")
        last = done.stderr.splitlines()[-1]
        assert last.startswith("tinker-rest: 401 Unauthorized: ")
        assert "`tinker-rest auth login`" in last
        assert "https://tinker.thinkingmachines.ai/keys" in last
        assert "argument api_key" not in last
        assert KEY[4:] not in done.stderr
        assert ("Traceback" in done.stderr) == (more == "--debug")
    tells(run("run list", TINKER_API_KEY="secret-without-form"), 3, "TINKER_API_KEY must begin with 'tml-'")
    assert "secret-without-form" not in run("--debug run list", TINKER_API_KEY="secret-without-form").stderr


def test_no_key(run: Run) -> None:
    done = run("run list", TINKER_API_KEY=None)
    tells(done, 3, "no API key found. Run `tinker-rest auth login` or set TINKER_API_KEY; create a key at https:")
    assert "api_key=" not in done.stderr


def test_no_permission(run: Run, account: Sandbox) -> None:
    tells(run("audit list", TINKER_API_KEY=account.other_api_key), 3, "403 Forbidden", "`tinker-rest auth whoami`")


def test_no_server(run: Run) -> None:
    done = run("run list --timeout 2", TINKER_BASE_URL="http://127.0.0.1:9")
    tells(done, 6, "no connection to 127.0.0.1", "Run `tinker-rest doctor`")
    done = run("--timeout 2 --base-url http://127.0.0.1:9 run list")
    tells(done, 6, "no connection to 127.0.0.1")
    tells(run("--base-url nonsense run list"), 2, "base_url")


@pytest.mark.parametrize(
    ("fault", "status", "said"),
    [
        ({"status": 402}, 1, "Settle the account's billing"),
        ({"status": 400, "detail": "that\nis \x1b[31mwrong"}, 1, "that is \\x1b[31mwrong"),
        ({"status": 405}, 1, "does not offer this operation"),
        ({"status": 429, "retry_after": 9}, 6, "Try again later"),
        ({"status": 503}, 6, "503 Service Unavailable"),
        ({"malformed": True}, 1, "`tinker-rest doctor`"),
        ({"drop": True}, 6, "`tinker-rest doctor`"),
        ({"delay": 5}, 6, "--timeout"),
    ],
)
def test_faults_of_the_server(fault: dict[str, object], status: int, said: str, run: Run, seeded: Sandbox) -> None:
    seeded.faults.add(times=None, **fault)
    tells(run("run list --timeout 1", sandbox=seeded), status, said)


@pytest.mark.parametrize("form", ["table", "json", "jsonl", "csv"])
def test_output_that_nobody_reads(account: Sandbox, tmp_path: Path, form: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    errors = io.StringIO()
    with open(writer, "w", encoding="utf-8") as pipe:  # whose end would fail too
        arguments = ["model", "list", "-f", form]
        status = in_this_process(arguments, environment(account), tmp_path, io.StringIO(), pipe, errors)
    assert (status, errors.getvalue()) == (141, "")


def test_a_long_output_ends_when_its_reader_does(empty: Sandbox) -> None:
    for _ in range(700):
        empty.add_training_run()
    pipe = f"'{COMMAND}' run list --limit 0 -f jsonl | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", pipe], env=environment(empty), capture_output=True, text=True, timeout=100, check=True
    )
    assert done.stdout.splitlines()[-1] == "141"
    assert done.stderr == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk_is_told(account: Sandbox) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [COMMAND, "run", "list"], env=environment(account), stdout=full, stderr=subprocess.PIPE, text=True,
            timeout=100, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == "tinker-rest: [Errno 28] No space left on device\n"


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_ends_it(seeded: Sandbox) -> None:
    seeded.faults.add(delay=30)
    process = subprocess.Popen(
        [COMMAND, "run", "list"],
        env=environment(seeded), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    wait_until(lambda: len(seeded.requests) > 0)
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=60)
    assert (process.returncode, out, error) == (130, "", "tinker-rest: interrupted\n")


def test_warnings_are_lines_and_few(run: Run, account: Sandbox, tmp_path: Path) -> None:
    stored = tmp_path / ".tinker" / "credentials.json"
    stored.parent.mkdir()
    stored.write_text('{"default": "a", "keys": {"a": {"key": "KEY"}}}'.replace("KEY", account.api_key))
    stored.chmod(0o644)
    done = run("auth whoami -q", TINKER_API_KEY=None, HOME=str(tmp_path))
    assert done.returncode == 0
    assert done.stderr.startswith("tinker-rest: warning: ")
    assert done.stderr.count("\n") == 1
    assert run("session search").stderr == ""  # which is experimental


def test_what_takes_long_is_logged_where_that_is_wanted(run: Run, seeded: Sandbox) -> None:
    done = run("run list -q -vv", sandbox=seeded)
    assert done.returncode == 0
    assert "list_training_runs" in done.stderr
    assert seeded.api_key not in done.stderr
    assert run("run list -q -v", sandbox=seeded).stderr == ""
