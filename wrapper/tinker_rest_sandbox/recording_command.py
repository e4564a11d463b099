"""Records an account as a scenario: `tinker-rest sandbox record --out FILE`."""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from . import Sandbox, ScenarioError
from .pseudonyms import Pseudonyms

SECONDS_BETWEEN_LINES = 5.0
SHIFTED_DAYS = range(-3650, 3651)


def record(arguments: Sequence[str], *, program: str) -> int:
    """Record the account of `TINKER_API_KEY` at `TINKER_BASE_URL`, by reading alone.

    Args:
        arguments: The arguments of the command line.
        program: What the command is called.

    Returns:
        The exit status: 0 when the file was written, 1 when it was not, 130 after Ctrl-C.
    """
    from tinker_rest import TinkerError

    options = _parser(program).parse_args(arguments)
    pseudonyms = Pseudonyms(keep_names=options.keep_names, shift=timedelta(days=options.shift_times))
    try:
        with _replacing(Path(options.out)) as file:
            scenario, notes = asyncio.run(_recorded(options, pseudonyms))
            with file.open("w", encoding="utf-8") as text:
                text.writelines(f"# {line}\n" for line in ("Recorded by `tinker-rest sandbox record`.", *notes))
                yaml.dump(scenario, text, Dumper=_DUMPER, sort_keys=False, allow_unicode=True, width=115)
            counts = _counts(file)
    except (OSError, TinkerError, ScenarioError) as error:
        sys.stderr.write(f"{program}: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write(f"{program}: interrupted; nothing was written\n")
        return 130
    for note in notes:
        sys.stderr.write(f"{note}\n")
    found = ", ".join(f"{count} {thing.replace('_', ' ')}" for thing, count in counts.items())
    sys.stdout.write(f"Recorded {found} in {options.out}\n")
    return 0


_DUMPER: type[Any] = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


async def _recorded(options: argparse.Namespace, pseudonyms: Pseudonyms) -> tuple[dict[str, Any], list[str]]:
    from tinker_rest import RestClient

    from .account import AccountReader
    from .recording import Recording

    async with RestClient() as client:
        reader = AccountReader(client, runs=options.runs, since=options.since, progress=_teller())
        recording = Recording(await reader.read(), pseudonyms)
    return recording.scenario, recording.notes


def _counts(file: Path) -> dict[str, int]:
    """What a sandbox holds that begins with the file, which proves that one can.

    Raises:
        ScenarioError: If none can.
    """
    sandbox = Sandbox(scenario=file)
    try:
        return sandbox.counts()
    finally:
        sandbox.close()


@contextmanager
def _replacing(target: Path) -> Iterator[Path]:
    """A new file beside the target, which takes its place at the end and is removed on an exception."""
    if target.exists() and not target.is_file():
        raise ScenarioError(f"{target} is no file that can be replaced")
    file = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    file.touch(exist_ok=False)
    try:
        yield file
        os.replace(file, target)
    finally:
        file.unlink(missing_ok=True)


def _teller() -> Callable[[str, int], None]:
    """Tells on stderr how far the reading is, every few seconds."""
    told = time.monotonic()

    def tell(thing: str, count: int) -> None:
        nonlocal told
        if time.monotonic() - told >= SECONDS_BETWEEN_LINES:
            told = time.monotonic()
            sys.stderr.write(f"{count} {thing} …\n")
            sys.stderr.flush()

    return tell


def _parser(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program,
        description="Record the account of TINKER_API_KEY at TINKER_BASE_URL as a scenario, by reading alone."
        " Ids, names and metadata are replaced.",
    )
    parser.add_argument("--out", metavar="FILE", required=True, help="the scenario file, which is replaced")
    parser.add_argument("--runs", metavar="N", type=_number, help="only the last N training runs; all by default")
    parser.add_argument("--since", metavar="TIME", type=_time, help="only runs used since a day or time, in UTC")
    parser.add_argument("--keep-names", action="store_true", help="keep names of checkpoints that are no numbers")
    parser.add_argument(
        "--shift-times",
        metavar="DAYS",
        nargs="?",
        type=_days,
        default=0,
        const=-(1 + secrets.randbelow(365)),
        help="move all times by so many days; by a random number of up to a year, to the past, without DAYS",
    )
    return parser


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 up")
    return int(text)


def _days(text: str) -> int:
    try:
        days = int(text)
    except ValueError:
        days = SHIFTED_DAYS.stop
    if days not in SHIFTED_DAYS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of days from -3650 to 3650")
    return days


def _time(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time such as 2026-07-13") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
