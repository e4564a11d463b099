"""A file of which a part may be there already, and what is remembered of the whole beside it."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

from attrs import evolve, field, frozen

from tinker_rest.download.local_files import refuse_too_large, remove, sync_file

_FORM = 1


@frozen
class WholeFile:
    """What the storage said of the whole file.

    Attributes:
        size: Its length in bytes; None where that was not said.
        validator: What `If-Range` can ask with: a strong entity tag or a date; None where the file cannot be told
            from another one.
        checksums: Its checksums by their names, in hexadecimal.
    """

    size: int | None = None
    validator: str | None = None
    checksums: dict[str, str] = field(factory=dict)


class PartFile:
    """A file that is being downloaded.

    Args:
        content: Where its bytes are.
        state: Where what is known of the whole is.
        source: What is downloaded: a part of anything else is not gone on with.
    """

    def __init__(self, content: Path, state: Path, source: str) -> None:
        """Keep where everything is; nothing is read yet."""
        self.content = content
        self._state = state
        self._source = source
        self.whole: WholeFile | None = None
        self.done = 0

    def load(self) -> None:
        """Look at what an earlier attempt has left. Raises OSError."""
        try:
            known = json.loads(self._state.read_bytes())
            whole = WholeFile(known["size"], known["validator"], dict(known["checksums"]))
            is_ours = known["form"] == _FORM and known["source"] == self._source
            found = self.content.lstat()
            is_ours = is_ours and stat.S_ISREG(found.st_mode)  # and no link that somebody else has put there
            size = found.st_size
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            is_ours = False
        if not is_ours or whole.validator is None or (whole.size is not None and size > whole.size):
            self.forget()
        else:
            self.whole, self.done = whole, size

    def forget(self) -> None:
        """Remove what is there. Raises OSError."""
        remove(self._state)
        remove(self.content)
        self.whole, self.done = None, 0

    def begin(self, whole: WholeFile) -> None:
        """Start with nothing. Raises OSError, and DownloadError where there is no room."""
        self.content.parent.mkdir(parents=True, exist_ok=True)
        self.forget()
        if whole.size is not None:
            refuse_too_large(self.content.parent, whole.size)
        self._remember(whole)
        self.content.open("xb").close()
        self.whole = whole

    def learn(self, checksums: dict[str, str]) -> None:
        """Add checksums that a later answer has named. Raises OSError."""
        if self.whole is not None and not checksums.items() <= self.whole.checksums.items():
            self.whole = evolve(self.whole, checksums={**checksums, **self.whole.checksums})
            self._remember(self.whole)

    def is_complete(self) -> bool:
        """Whether all bytes are there."""
        return self.whole is not None and self.whole.size is not None and self.done == self.whole.size

    def sync(self) -> None:
        """Wait until the bytes are on the disk itself. Raises OSError."""
        sync_file(self.content)

    def _remember(self, whole: WholeFile) -> None:
        known: dict[str, Any] = {"form": _FORM, "source": self._source, "size": whole.size}
        known |= {"validator": whole.validator, "checksums": whole.checksums}
        self._state.parent.mkdir(parents=True, exist_ok=True)
        new = self._state.with_name(self._state.name + ".new")
        new.write_text(json.dumps(known, indent=1))
        os.replace(new, self._state)
