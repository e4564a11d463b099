"""Where the SDK and we are meant to differ, by the names of the rows and places of the output.

An entry that excuses nothing any more is an error, so that the list cannot outlive what it tells of.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from differential.comparison import Difference


@dataclass(frozen=True)
class Known:
    """A difference with its reason.

    Attributes:
        rows: A pattern of the rows' names, where `*` is any text. It may be only one of them.
        place: A pattern of the place.
        reason: Why we are not as the SDK is.
        sdk: A pattern of what the SDK has there, which is the evidence.
        version: A pattern of the SDK's versions.
    """

    rows: str
    place: str
    reason: str
    sdk: str = "*"
    version: str = "*"

    def excuses(self, version: str, row: str, difference: Difference) -> bool:
        """Whether this entry tells of the difference."""
        return (
            _fits(version, self.version)
            and _fits(row, self.rows)
            and _fits(difference.place, self.place)
            and _fits(str(difference.sdk), self.sdk)
        )


def _fits(text: str, pattern: str) -> bool:
    # Brackets stand for themselves here: places and calls are full of them.
    return fnmatch.fnmatchcase(text, pattern.replace("[", "[[]"))


KNOWN: list[Known] = []


def reason_for(version: str, row: str, difference: Difference, entries: Iterable[Known]) -> Known | None:
    """The entry that tells of a difference."""
    return next((one for one in entries if one.excuses(version, row, difference)), None)


def outlived(entries: Iterable[Known], used: Collection[Known], versions: Collection[str]) -> list[Known]:
    """The entries that excused nothing although their versions were compared."""
    return [
        one for one in entries if one not in used and any(_fits(version, one.version) for version in versions)
    ]
