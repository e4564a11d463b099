"""Prints one line for each row, and says whether anything differs that is not known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

from differential.calls import Row
from differential.known_differences import KNOWN, Known, outlived, reason_for


class Report:
    """Judges rows, prints them, and keeps count.

    Args:
        entries: The known differences.
        is_quiet: Whether rows that are equal are only counted.
    """

    def __init__(self, entries: Collection[Known] = KNOWN, is_quiet: bool = False) -> None:
        self._entries = entries
        self._is_quiet = is_quiet
        self._used: set[Known] = set()
        self._counts: Counter[str] = Counter()

    def add(self, rows: Iterable[Row]) -> None:
        """Print rows as they come."""
        for row in rows:
            verdict, lines = self._judged(row)
            self._counts[verdict] += 1
            if not (self._is_quiet and verdict == "equal"):
                print(f"{row.version}  {row.name}  {verdict}", flush=True)
                for line in lines:
                    print(f"        {line}")

    def _judged(self, row: Row) -> tuple[str, list[str]]:
        lines: list[str] = []
        reasons: dict[str, None] = {}
        is_known = True
        for difference in row.differences:
            entry = reason_for(row.version, row.name, difference, row.differences, self._entries)
            if entry is None:
                is_known = False
                lines.append(f"{difference}")
            else:
                self._used.add(entry)
                reasons[entry.reason] = None
                lines.append(f"(known) {difference}")
        verdict = ("differs (known)" if is_known else "DIFFERS") if lines else "equal"
        lines += [f"(reason) {reason}" for reason in reasons]
        return verdict, lines

    def conclude(self, versions: Collection[str], *, is_whole: bool) -> bool:
        """Print the sum, and say whether all is well.

        Args:
            versions: The versions that were compared.
            is_whole: Whether every row was, so that an entry that excused nothing is out of date.
        """
        rotten = outlived(self._entries, self._used, versions) if is_whole else []
        for entry in rotten:
            print(f"OUT OF DATE: no difference is left for {entry}")
        print(
            f"{self._counts.total()} rows: {self._counts['equal']} equal, "
            f"{self._counts['differs (known)']} differ as known, {self._counts['DIFFERS']} DIFFER."
        )
        return not rotten and not self._counts["DIFFERS"]
