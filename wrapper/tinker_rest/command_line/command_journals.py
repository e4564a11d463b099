"""Where commands keep the journals of changes, so that the same command goes on with an interrupted one."""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from tinker_rest.bulk.journal import JournalContent

# A command that is repeated later than this is a new one.
LONGEST_SECONDS = 86400


class CommandJournal:
    """The journal of a command.

    Args:
        given: What `--journal` says; None to keep one among the user's files until all is done.
        command: What tells the same command from others: the action and all that was given to it.
        is_written: Whether it is worth one, where none is given.
    """

    def __init__(self, given: str | None, command: Mapping[str, Any], *, is_written: bool) -> None:
        """Find the file; it may not be there yet."""
        self.path: Path | None = None
        self._earlier: JournalContent | None = None
        self._is_own = given is None
        if given is not None:
            self.path = Path(given)
            return
        text = json.dumps(command, sort_keys=True, default=str)
        folder = Path(click.get_app_dir("tinker-rest")) / "journals"
        path = folder / f"{command['action']}-{hashlib.sha256(text.encode()).hexdigest()[:16]}.jsonl"
        try:
            if is_written:
                folder.mkdir(parents=True, exist_ok=True)
            if path.exists() and time.time() - path.stat().st_mtime > LONGEST_SECONDS:
                path.unlink()
        except OSError as error:
            sys.stderr.write(f"tinker-rest: warning: no journal can be kept in {folder}: {error.strerror}\n")
            return
        if is_written or path.exists():
            self.path = path

    def earlier(self) -> JournalContent | None:
        """What an interrupted run of the same command has done; None where there was none.

        Raises:
            InvalidArgumentError: The file is no journal.
        """
        from tinker_rest.bulk.journal import read_journal

        if self.path is None or not self.path.exists() or not self.path.stat().st_size:
            return None
        self._earlier = read_journal(self.path)
        return self._earlier

    def count_done(self, paths: Iterable[str]) -> int:
        """How many of these an interrupted run has done."""
        from tinker_rest.bulk.outcomes import SUCCEEDED

        statuses = self._earlier.statuses if self._earlier else {}
        return sum(statuses.get(path) in SUCCEEDED for path in paths)

    def close(self, *, is_done: bool) -> None:
        """Remove an own journal where nothing is left to go on with."""
        if self._is_own and is_done and self.path is not None:
            self.path.unlink(missing_ok=True)


def journal_option(command: Any) -> Any:
    """The option `--journal`."""
    return click.option(
        "--journal", type=click.Path(dir_okay=False), metavar="FILE",
        help="Keep a journal of what was done here; by default among the user's files for a day.",
    )(command)  # fmt: skip
