"""Prints one line for each row, and says whether anything differs that is not known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

from differential.calls import Row
from differential.known_differences import KNOWN, Known, outlived, reason_for

EQUAL, ONLY_OURS, KNOWN_TO_DIFFER, DIFFERS = "equal", "only ours", "differs (known)", "DIFFERS"


class Report:
    """Judges rows, prints them, and keeps count.

    Args:
        entries: The known differences.
        is_quiet: Whether rows that are equal are only counted, and known differences summed up by their reasons.
    """

    def __init__(self, entries: Collection[Known] = KNOWN, is_quiet: bool = False) -> None:
        self._entries = entries
        self._is_quiet = is_quiet
        self._used: set[Known] = set()
        self._counts: Counter[str] = Counter()
        self._known_rows: dict[str, list[Row]] = {}

    def add(self, rows: Iterable[Row]) -> None:
        """Print rows as they come."""
        for row in rows:
            verdict, explained = self._judged(row)
            self._counts[verdict] += 1
            if self._is_quiet and verdict != DIFFERS:
                if verdict != EQUAL:
                    reason = "The SDK does not have it." if verdict == ONLY_OURS else explained.removeprefix(": ")
                    self._known_rows.setdefault(reason, []).append(row)
                continue
            print(f"{row.version}  {row.name}  {verdict}{explained}", flush=True)
            for difference in row.differences:
                print(f"        {difference}")

    def _judged(self, row: Row) -> tuple[str, str]:
        """What to report about a row, and why."""
        if not row.differences:
            return EQUAL, ""
        reasons: dict[str, None] = {}
        unknown: list[str] = []
        only_ours: list[str] = []
        for difference in row.differences:
            entry = reason_for(row.version, row.name, difference, row.differences, self._entries)
            if entry is None and difference.is_only_ours:
                only_ours.append(difference.place)
            elif entry is None:
                unknown.append(difference.place)
            else:
                self._used.add(entry)
                reasons[entry.reason] = None
        if unknown:
            return DIFFERS, f" in {', '.join(unknown)}"
        return (KNOWN_TO_DIFFER, f": {' '.join(reasons)}") if reasons else (ONLY_OURS, f": {', '.join(only_ours)}")

    def conclude(self, versions: Collection[str], *, is_whole: bool) -> bool:
        """Print the sum, and say whether all is well.

        Args:
            versions: The versions that were compared.
            is_whole: Whether every row was, so that an entry that excused nothing is out of date.
        """
        for reason, rows in sorted(self._known_rows.items(), key=lambda item: -len(item[1])):
            print(f"{len(rows)} differ without a fault, such as {rows[0].version} {rows[0].name}: {reason}")
            print(f"        {' '.join(str(rows[0].differences[0]).split())}")
        rotten = outlived(self._entries, self._used, versions) if is_whole else []
        for entry in rotten:
            print(f"OUT OF DATE: no difference is left for {entry}")
        print(
            f"{self._counts.total()} rows: {self._counts[EQUAL]} equal, "
            f"{self._counts[ONLY_OURS]} have what only ours has, {self._counts[KNOWN_TO_DIFFER]} differ as known, "
            f"{self._counts[DIFFERS]} DIFFER."
        )
        return not rotten and not self._counts[DIFFERS]
