"""The key that commands use, and the file of stored keys, which the official command line shares."""

from __future__ import annotations

import json
import os
import stat
import tempfile
import warnings
from pathlib import Path
from typing import Any

from tinker_rest_cli.failures import CommandError

KEY, COMMAND, STORED = "TINKER_API_KEY", "TINKER_CREDENTIAL_CMD", "~/.tinker/credentials.json"
VERSION = 1  # of the file's format


def key_in_use() -> tuple[str, str]:
    """The source of the client's key, and problems with that or another source. Raises CredentialsError."""
    from tinker_rest import RestClient

    with warnings.catch_warnings(record=True) as notes:
        warnings.simplefilter("always")
        RestClient(base_url="http://localhost").close()  # finds the key and sends nothing
    note = str(notes[0].message) if notes else ""
    has_key = os.environ.get(KEY) and KEY not in note  # else the note says why it is not used
    return KEY if has_key else COMMAND if os.environ.get(COMMAND) else STORED, note


def overriding() -> str | None:
    """The environment variable that is used instead of the stored key, if there is one."""
    return next((name for name in (KEY, COMMAND) if os.environ.get(name)), None)


class Store:
    """The file of stored keys. Other programs' data in it is kept. Raises CommandError if it cannot be used."""

    def __init__(self) -> None:
        """Read the file, if there is one."""
        self.path = Path(os.path.realpath(os.path.expanduser(STORED)))  # keep a symlink
        self.content: dict[str, Any] = {"version": VERSION}
        self.keys: dict[str, dict[str, Any]] = {}
        try:
            if os.path.lexists(self.path):
                _check(self.path, stat.S_ISREG)
                self.content = json.loads(self.path.read_bytes())
                self.keys = self.content.setdefault("keys", {})
            is_known = self.content.get("version", VERSION) == VERSION
            is_known = is_known and all("key" in record for record in self.keys.values())
        except OSError as error:
            raise CommandError(f"{self.path} cannot be read: {error.strerror}") from None
        except (ValueError, AttributeError, TypeError, RecursionError):
            is_known = False
        if not is_known:
            raise CommandError(f"{self.path} has an unknown format; move it away and log in again")

    @property
    def default(self) -> dict[str, Any] | None:
        """The record of the key that is used, if there is one."""
        return self.keys.get(str(self.content.get("default")))

    def add_default(self, key_id: str, record: dict[str, Any]) -> None:
        """Store a key as the default, replacing a record with the same key or ID."""
        key_id = next((name for name, one in self.keys.items() if one["key"] == record["key"]), key_id)
        self.keys[key_id] = self.keys.get(key_id, {}) | record
        self.content |= {"default": key_id, "keys": self.keys}
        self._write()

    def remove_default(self) -> None:
        """Remove the key that is used; others stay."""
        del self.keys[str(self.content.pop("default"))]
        self._write()

    def _write(self) -> None:
        """Replace the file with a new one that only the user can read."""
        folder, name = self.path.parent, ""
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            _check(folder, stat.S_ISDIR, must_not=stat.S_IWGRP | stat.S_IWOTH)
            number, name = tempfile.mkstemp(dir=folder, prefix=f".{self.path.name}.")  # mode 0600
            with os.fdopen(number, "w", encoding="utf-8") as file:
                json.dump(self.content, file, indent=2)
                file.flush()
                os.fsync(number)
            os.replace(name, self.path)
        except OSError as error:
            if name:
                Path(name).unlink(missing_ok=True)
            raise CommandError(f"{self.path} cannot be written: {error.strerror}") from None


def _check(path: Path, is_right_kind: Any, must_not: int = 0) -> None:
    facts = path.stat()
    if not is_right_kind(facts.st_mode) or (
        hasattr(os, "geteuid") and (facts.st_uid != os.geteuid() or facts.st_mode & must_not)
    ):
        raise CommandError(f"{path} is open to others, or not a regular file or folder; check it with ls -ld")
