"""What an examination finds, and how long its steps may take."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from tinker_rest_cli.failures import ExitStatus

Level = Literal["ok", "warn", "fail", "skip"]


@dataclass(frozen=True)
class Finding:
    """What one step found.

    Attributes:
        name: What was looked at.
        level: Whether it is as it should be; `skip` where it could not be looked at, or there is none.
        text: What was found, without secrets.
        remedy: What to do about it; empty for nothing.
        status: Of a failure, the exit status of commands that meet it.
        facts: What was found, for programs.
    """

    name: str
    level: Level
    text: str
    remedy: str = ""
    status: ExitStatus = ExitStatus.DONE
    facts: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """It as JSON."""
        return {
            "name": self.name,
            "result": self.level,
            "text": self.text,
            "remedy": self.remedy or None,
            "facts": dict(self.facts),
        }


NOT_TRIED = "not tried, since what it needs failed"


def skipped(name: str, text: str = NOT_TRIED) -> Finding:
    """A finding of nothing."""
    return Finding(name, "skip", text)


def failed(
    name: str,
    text: str,
    remedy: str,
    status: ExitStatus = ExitStatus.NETWORK,
    facts: Mapping[str, Any] = MappingProxyType({}),
) -> Finding:
    """A finding of a failure, of the network where nothing else is said."""
    return Finding(name, "fail", text, remedy, status, facts)


class Patience:
    """How many seconds a step may take, and all of them together.

    Args:
        of_a_step: For a step.
        in_all: For all.
    """

    def __init__(self, of_a_step: float, in_all: float) -> None:
        """Begin to count."""
        self.of_a_step = of_a_step
        self._end = time.monotonic() + in_all

    @property
    def seconds(self) -> float:
        """For how many seconds the next step may take."""
        return max(0.05, min(self.of_a_step, self._end - time.monotonic()))


def duration(seconds: float) -> str:
    """A short time, as people read it."""
    return f"{seconds * 1000:.0f} ms" if seconds < 0.9995 else f"{seconds:.1f} s"
