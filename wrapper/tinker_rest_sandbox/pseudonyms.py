"""Replaces what tells whose a recording is. Equal things get equal names within one recording, and in no other."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from .access import ADDRESS
from .addition_checks import check_name
from .representations import time_text

# Ids that name a session, such as SESSION:train:0, keep on naming it.
_OF_SESSION = re.compile(r"(?P<session>.+)(?P<rest>:(?:train|sample):\d{1,9})", re.DOTALL)
_STEP = re.compile(
    r"(?:(?:global[-_]?)?(?:step|checkpoint|ckpt|epoch|iteration|iter|batch|update)s?[-_]?)?\d{1,9}",
    re.IGNORECASE | re.ASCII,
)
_MODEL = re.compile(r"[\w.-]+(?:/[\w.:-]+)?", re.ASCII)
_WORD = re.compile(r"[A-Za-z][A-Za-z_-]{0,39}", re.ASCII)


class Pseudonyms:
    """Makes the names that stand in a recording.

    They come from a secret that is made up for each recording and forgotten after it.

    Args:
        keep_names: Whether names of checkpoints are kept that are no numbers of steps.
        shift: What is added to every time.
    """

    def __init__(self, *, keep_names: bool = False, shift: timedelta = timedelta(0)) -> None:
        self._keep_names = keep_names
        self._shift = shift
        self._secret = secrets.token_bytes(32)

    def id(self, original: str) -> str:
        """The id that takes the place of another."""
        parts = _OF_SESSION.fullmatch(original)
        if parts is not None:
            return f"{self.id(parts['session'])}{parts['rest']}"
        return str(uuid.UUID(bytes=self._digest(original)[:16], version=4))

    def project(self, original: str) -> str:
        """The id that takes the place of a project's."""
        return f"project-{self._short(original)}"

    def checkpoint_name(self, original: str) -> str:
        """The name of a checkpoint, kept where it looks like the number of a step."""
        if _STEP.fullmatch(original):
            return original
        if self._keep_names:
            try:
                return check_name("name", original)
            except ValueError:
                pass
        return self.name(original)

    def name(self, original: str) -> str:
        """What takes the place of a name for people, or of any text."""
        return f"name-{self._short(original)}"

    def model(self, original: str) -> str:
        """The name of a base model, unless it looks like a place on somebody's disk."""
        return original if _MODEL.fullmatch(original) else f"model-{self._short(original)}"

    def word(self, original: str) -> str:
        """A word of the API, such as a category; what is none is replaced."""
        return original if _WORD.fullmatch(original) else self.name(original)

    def tinker_path(self, original: str) -> str | None:
        """The tinker path that takes the place of another; None where it has another form."""
        parts = ADDRESS.fullmatch(original)
        if parts is None:
            return None
        return f"tinker://{self.id(parts['run_id'])}/{parts['kind']}/{self.checkpoint_name(parts['name'])}"

    def metadata(self, original: Mapping[str, Any] | None) -> dict[str, Any] | None:
        """Metadata with the same keys and other values of the same types."""
        if original is None:
            return None
        return {self._key(key): self._value(value) for key, value in original.items()}

    def time(self, original: datetime) -> str:
        """A time as a scenario has it."""
        try:
            shifted = original.astimezone(UTC) + self._shift
        except OverflowError:
            shifted = datetime.max.replace(tzinfo=UTC)
        return time_text(shifted)

    def _key(self, key: str) -> str:
        return key if _WORD.fullmatch(key) else f"key-{self._short(key)}"

    def _value(self, value: Any) -> Any:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, Mapping):
            return self.metadata(value)
        if isinstance(value, list):
            return [self._value(one) for one in value]
        if isinstance(value, int | float):
            number = int.from_bytes(self._digest(repr(value))[:2])
            return number if isinstance(value, int) else number / 1000
        return f"value-{self._short(str(value))}"

    def _short(self, original: str) -> str:
        return self._digest(original).hex()[:12]

    def _digest(self, original: str) -> bytes:
        return hmac.new(self._secret, original.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()
