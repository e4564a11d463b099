"""What people see in a terminal: colours, widths, progress; and what they get where there is none."""

from __future__ import annotations

import re
import socket
import unicodedata

import pytest

from tinker_rest_sandbox import Sandbox

from .conftest import RUN_ID
from .running import Run, environment, in_a_terminal

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
PATH = f"tinker://{RUN_ID}/weights/0002"


def after_bars(shown: str) -> str:
    """What stays: bars, which a busy machine may show, are erased."""
    return shown.rpartition("\x1b[2K")[2]


def without_bars(shown: str) -> str:
    """What stays, as plain text."""
    return ESCAPE.sub("", after_bars(shown))


def cells(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in line)


@pytest.mark.parametrize("width", [95, 200])
def test_a_table_fits_and_cuts_no_id(width: int, account: Sandbox) -> None:
    status, shown, _ = in_a_terminal(
        ["run", "list"], width=width, variables=environment(account), own_process=width == 95
    )
    assert status == 0
    assert "\x1b[" in shown
    plain = without_bars(shown)
    assert all(cells(line) <= width for line in plain.splitlines())
    assert RUN_ID in plain
    assert "…" not in plain
    heading = plain.splitlines()[0].split("  ")[0]
    assert heading == "Run ID"
    if width == 200:
        assert "meta-llama/Llama-3.1-8B-Instruct" in plain
    else:  # folded, and whole when put together again
        lines = [line[46:].split("  ")[0] for line in plain.splitlines()[-2:]]
        assert "".join(lines) == "meta-llama/Llama-3.1-8B-Instruct"


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize(
    "command", ["checkpoint list", "run list", "session search", "billing usage 7d", "storage"]
)
def test_tables_are_tables_and_cut_nothing(command: str, width: int, seeded: Sandbox) -> None:
    variables = environment(seeded, NO_COLOR="1")
    _, shown, _ = in_a_terminal(
        [*command.split(), "--limit", "5"][: None if "billing" not in command else 3],
        width=width,
        variables=variables,
    )
    lines = without_bars(shown).splitlines()
    assert all(cells(line) <= width for line in lines)
    assert "…" not in shown
    assert not any(re.match("  [A-Z]", line) for line in lines)  # as lists of labels and values have them


def test_folded_paths_are_whole_and_end_after_separators(account: Sandbox) -> None:
    _, shown, _ = in_a_terminal(["checkpoint", "list"], width=80, variables=environment(account, NO_COLOR="1"))
    lines = without_bars(shown).splitlines()
    width = lines[0].index("Type")
    folded = [line[:width].strip() for line in lines]
    assert PATH in "".join(folded)
    assert "tinker://5f2d7413-8a3c-4e1b-9d60-" in folded
    narrow = in_a_terminal(["checkpoint", "list"], width=30, variables=environment(account))[1]
    assert PATH in ESCAPE.sub("", narrow)  # the terminal breaks it; a copy of it is whole
    assert "\n  Type  training\n" in ESCAPE.sub("", narrow)


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_colours_where_they_are_not_wanted(variables: dict[str, str], account: Sandbox) -> None:
    _, shown, _ = in_a_terminal(["run", "list"], width=120, variables=environment(account, **variables))
    assert RUN_ID[:18] in shown
    assert "\x1b" not in after_bars(shown)


def test_colours_where_they_are_forced(run: Run) -> None:
    assert "\x1b[" in run("run list", FORCE_COLOR="1").stdout
    assert "\x1b" not in run("run list", FORCE_COLOR="1", NO_COLOR="1").stdout
    assert "\x1b" not in run("run list -f csv", FORCE_COLOR="1").stdout


def test_escapes_of_the_server_do_not_reach_the_terminal(account: Sandbox) -> None:
    for form in ("table", "csv", "json"):
        arguments = ["session", "search", "--format", form, "--columns", "session_id,display_name,user_metadata"]
        _, shown, _ = in_a_terminal(arguments, width=200, variables=environment(account, NO_COLOR="1"))
        assert "esrever" in shown
        assert not {"\x1b", "\x07", "\u202e"} & {*shown}


def test_progress_is_seen_in_a_terminal_alone(empty: Sandbox) -> None:
    for _ in range(700):
        empty.add_training_run()
    empty.faults.add(delay=1.2, after=1)
    arguments = ["run", "list", "--limit", "0", "-f", "json"]
    status, shown, out = in_a_terminal(arguments, width=100, variables=environment(empty), outputs=(2,))
    assert status == 0
    assert "Listing training runs" in shown
    assert "500/700" in shown
    assert out.startswith("{")
    assert "\x1b" not in out
    empty.faults.clear()
    empty.faults.add(delay=1.2)
    _, shown, out = in_a_terminal([*arguments, "-q"], width=100, variables=environment(empty), outputs=(2,))
    assert shown == ""
    _, shown, error = in_a_terminal(arguments, width=100, variables=environment(empty), outputs=(1,))
    assert error == ""
    assert "Listing" not in shown


def test_a_terminal_is_told_once_why_nothing_happens(seeded: Sandbox) -> None:
    seeded.faults.add(status=503, retry_after=2.5, times=2)
    _, shown, _ = in_a_terminal(
        ["run", "list", "--limit", "1"], width=150, variables=environment(seeded, TERM="dumb"), outputs=(2,)
    )
    assert shown.count("; trying again (Ctrl-C to stop)\n") == 1
    assert shown.startswith("503 Service Unavailable: ")
    seeded.faults.add(status=503, retry_after=2.5)
    arguments = ["run", "list", "--limit", "1", "-q"]
    assert in_a_terminal(arguments, width=150, variables=environment(seeded), outputs=(2,))[1] == ""


def test_a_server_that_refuses_connections_is_given_up_soon(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as once:
        port = once.getsockname()[1]
    variables = environment(TINKER_BASE_URL=f"http://127.0.0.1:{port}", TINKER_API_KEY="tml-any", TERM="dumb")
    status, shown, _ = in_a_terminal(["run", "list"], width=80, variables=variables)
    assert status == 6
    error = " ".join(shown.splitlines()[-2:])
    seconds = re.search(
        r"refused \(\d+ attempts, (\d+\.\d) s\)\. Run `tinker-rest doctor`", " ".join(error.split())
    )
    assert seconds is not None, shown
    assert float(seconds[1]) < 30  # 60 is the limit of a call


def test_errors_are_broken_at_words_in_a_terminal(account: Sandbox) -> None:
    variables = environment(account, TINKER_API_KEY="tml-wrong", COLUMNS="50")
    _, shown, _ = in_a_terminal(["run", "list"], width=50, variables=variables)
    lines = without_bars(shown).splitlines()
    assert len(lines) > 2
    assert all(len(line) <= 50 for line in lines)
    assert all(line.startswith("  ") for line in lines[1:])
