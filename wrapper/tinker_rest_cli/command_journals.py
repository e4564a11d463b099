"""Where commands keep the journals of changes, so that the same command goes on with an interrupted one."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tinker_rest_cli.texts import printable

if TYPE_CHECKING:
    from tinker_rest.bulk.journal import JournalContent, JournalHeader

# A command that is repeated later than this is a new one.
LONGEST_SECONDS = 86400


class CommandJournal:
    """The journal of a command.

    Args:
        given: What `--journal` says; None to keep one among the user's files until all is done.
        header: What the command does, as its journal tells it.
        command: What tells the same command from others: all that was given to it, as it was typed.
        is_written: Whether it is worth one, where none is given.

    Attributes:
        path: The file, which may not be there yet; None where none is kept.
    """

    def __init__(
        self, given: str | None, header: JournalHeader, command: Mapping[str, Any], *, is_written: bool
    ) -> None:
        """Find the file."""
        self._header = header
        self._is_own = given is None
        self.path = self._own_file(command, is_written=is_written) if given is None else Path(given)

    def _own_file(self, command: Mapping[str, Any], *, is_written: bool) -> Path | None:
        text = json.dumps({**command, "base_url": self._header.base_url}, sort_keys=True, default=str)
        folder = Path(click.get_app_dir("tinker-rest")) / "journals"
        path = folder / f"{self._header.action}-{hashlib.sha256(text.encode()).hexdigest()[:16]}.jsonl"
        try:
            if is_written:
                folder.mkdir(parents=True, exist_ok=True)
            if path.exists() and time.time() - path.stat().st_mtime > LONGEST_SECONDS:
                path.unlink()
            if not path.exists() and not is_written:
                return None
            if not os.access(path if path.exists() else folder, os.R_OK | os.W_OK):
                raise PermissionError(0, "it must not be written")
        except OSError as error:
            _warn(f"no journal can be kept in {folder}: {error.strerror}")
            return None
        return path

    def earlier(self) -> JournalContent | None:
        """What an interrupted run of the same command has done; None where there was none.

        Raises:
            InvalidArgumentError: The file of `--journal` is no journal, or one of another change.
            OSError: It cannot be read.
        """
        from tinker_rest.bulk.journal import read_journal
        from tinker_rest.errors import InvalidArgumentError

        if self.path is None or not self.path.exists() or not self.path.stat().st_size:
            return None
        try:
            content = read_journal(self.path)
            if content.header is not None:
                content.header.check_same(self.path, self._header)
        except (InvalidArgumentError, OSError):
            if not self._is_own:
                raise
            self.begin_anew()
            return None
        return content

    def begin_anew(self) -> bool:
        """Remove an own journal that is of no use. Returns whether it is an own one."""
        if not self._is_own or self.path is None:
            return False
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            _warn(f"no journal can be kept as {self.path}: {error.strerror}")
            self.path = None
        return True

    def close(self, *, is_done: bool) -> None:
        """Remove an own journal where nothing is left to go on with."""
        if is_done:
            self.begin_anew()


def journal_option(command: Any) -> Any:
    """The option `--journal`."""
    return click.option(
        "--journal", type=click.Path(dir_okay=False), metavar="FILE",
        help="Keep a journal of what was done here; by default among the user's files for a day.",
    )(command)  # fmt: skip


def _warn(text: str) -> None:
    sys.stderr.write(f"tinker-rest: warning: {printable(text)}\n")
