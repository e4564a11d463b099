"""Makes the clients, runs the programs, and prints the results."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from project_env import ROOT

from client_portability.checks import CHECKS, prepared_sandbox, try_program
from client_portability.languages import LANGUAGES, Language
from client_portability.workshop import StepFailed, Workshop

CACHE = ROOT / ".venv-portability"
YES, NO, NOT_RUN, NOT_REACHED = "yes", "NO", "not run", "-"
COLUMNS = ("compiles", "no warning", *CHECKS)


@dataclass
class Result:
    """The result for a language.

    Attributes:
        language: The language.
        cells: What its row has in each column.
        notes: Remarks to print below the table.
        seconds: How long it took.
        status: The exit code of the program.
    """

    language: Language
    cells: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0
    status: int = 0

    @property
    def was_run(self) -> bool:
        """Whether it has a program, and its toolchain is here."""
        return NOT_RUN not in self.cells.values()

    @property
    def is_well(self) -> bool:
        """Whether everything was tried and did what it should."""
        return self.status == 0 and all(self.cells.get(column) == YES for column in COLUMNS)


def run_all(only: Sequence[str] | None = None, languages: Sequence[Language] = LANGUAGES) -> bool:
    """Try the languages, print the table, and say whether all that can be run here is well.

    Raises:
        SystemExit: If there is no such language.
    """
    names = {one.name.lower() for one in languages}
    if unknown := [one for one in only or () if one.lower() not in names]:
        raise SystemExit(f"There is no program in {', '.join(unknown)}.")
    wanted = [one for one in languages if not only or one.name.lower() in {name.lower() for name in only}]
    started = time.monotonic()
    results: list[Result] = []
    # Two at a time: most tools use one core, and one of them waits for a registry now and then.
    with ThreadPoolExecutor(2) as pool:
        for result in pool.map(tried, wanted):
            print(f"{result.language.name}: {result.seconds:.0f} s", flush=True)
            results.append(result)
    print()
    print_table(results)
    for result in results:
        for note in result.notes:
            print(f"\n{result.language.name}: {note}")
    able = [result for result in results if result.was_run]
    well = sum(result.is_well for result in able)
    seconds = time.monotonic() - started
    print(f"\n{len(able)} of {len(results)} languages were run, {well} are well; {seconds:.0f} s in all.")
    warned = any(result.cells["no warning"] == NO for result in results)
    return bool(able) and not warned and all(result.is_well for result in able)


def tried(language: Language) -> Result:
    """Make the client of a language and run its program."""
    result = Result(language)
    if missing := language.missing():
        result.cells = dict.fromkeys(COLUMNS, NOT_RUN)
        result.notes.append(f"not run, since there is no {', '.join(missing)} here.")
        return result
    started = time.monotonic()
    CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        shop = Workshop(Path(folder), CACHE)
        shop.take(language.folder)
        try:
            command = language.build(shop)
        except (StepFailed, subprocess.TimeoutExpired) as failure:
            result.cells["compiles"] = NO
            result.notes.append(f"the client cannot be made: {failure}")
        else:
            if command is None:
                result.cells = dict.fromkeys(COLUMNS, NOT_RUN)
                result.notes.append("the client is generated alone: no machine of the project can compile it.")
            else:
                result.cells["compiles"] = YES
                _run_program(result, command, shop.folder)
        _judge_warnings(result, shop)
    result.seconds = time.monotonic() - started
    return result


def _judge_warnings(result: Result, shop: Workshop) -> None:
    known = result.language.known_warnings
    lines = [line for lines in shop.warnings.values() for line in lines]
    unknown = [line for line in lines if not any(text in line for text in known)]
    result.cells["no warning"] = NO if unknown else YES
    result.notes += [f"a tool warns: {line}" for line in unknown]
    for text, reason in known.items():
        if any(text in line for line in lines):
            result.notes.append(f"not counted is the warning {text!r}: {reason}.")
        elif result.cells["compiles"] == YES:
            result.cells["no warning"] = NO
            result.notes.append(f"no tool warns of {text!r} now; remove it from known_warnings.")


def _run_program(result: Result, command: Sequence[str | Path], folder: Path) -> None:
    with prepared_sandbox() as (sandbox, run_id):
        trial = try_program(command, folder, sandbox, run_id)
        result.status = trial.status
        for name, check in CHECKS.items():
            try:
                result.cells[name] = YES if check(trial) else NO
            except Exception as error:
                result.cells[name] = NO
                result.notes.append(f"{name}: {error!r}")
        if trial.status or NO in result.cells.values():
            asked = "\n".join(f"{one.method} {one.target}" for one in sandbox.requests)
            said = f"the program ended with {trial.status}:\n{trial.output}"
            result.notes.append(f"{said}\nIt asked for:\n{asked}")


def print_table(results: Sequence[Result]) -> None:
    """Print a row for each language, a column for each check."""
    rows = [["language", "generator", *COLUMNS]]
    for result in results:
        cells = [result.cells.get(column, NOT_REACHED) for column in COLUMNS]
        rows.append([result.language.name, result.language.generator, *cells])
    widths = [max(len(row[number]) for row in rows) for number in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
