"""What scripts/spec-diff does."""

import sys
from pathlib import Path
from typing import Any, NamedTuple, Self

from spec_diff import changelog, last_release
from spec_diff.changes import Change, Kind, changes, read_document
from spec_diff.last_release import LastRelease
from spec_diff.versions import version_problems

CHANGELOG = Path(__file__).resolve().parents[2] / "generated" / "api-changelog.md"


class Comparison(NamedTuple):
    """A description compared with the last release's."""

    spec: Path
    version: str
    operations: int
    last: LastRelease
    found: list[Change]
    differs: bool

    @classmethod
    def of(cls, spec: Path) -> Self:
        """Compare. Raises ValueError where what is kept of the last release is not in order."""
        last = last_release.read()
        document: dict[str, Any] = read_document(spec)
        operations = sum("operationId" in one for path in document["paths"].values() for one in path.values())
        differs = last_release.sha256(spec) != last.sha256
        found = changes(last_release.SPEC, spec) if differs else []
        return cls(spec, str(document["info"]["version"]), operations, last, found, differs)

    def check(self) -> None:
        """Print the changes; exit 1 if the version does not allow them, or the changelog differs."""
        self._show()
        self._judge()
        if not CHANGELOG.exists() or CHANGELOG.read_text() != self._changelog():
            sys.exit(
                f"generated/{CHANGELOG.name} is not what has changed. Run scripts/spec-diff --write and commit it."
            )

    def write(self) -> None:
        """Write the changelog."""
        CHANGELOG.write_text(self._changelog())
        count = f"{len(self.found)} change{'' if len(self.found) == 1 else 's'} since {self.last.version}"
        print(f"generated/{CHANGELOG.name} is written: {count}, besides wording.")

    def start_from_here(self) -> None:
        """Compare with this description from now on, which is allowed until the first release."""
        if self.last.date:
            raise ValueError(f"{self.last.version} was released, so only the next release is started from")
        self._show()
        last_release.write(self.spec, self.version, None)
        Comparison.of(self.spec).write()

    def release(self, date: str) -> None:
        """Keep this description as that of a release, and its changes in the changelog for good."""
        if self.last.date and self.version == self.last.version:
            raise ValueError(f"{self.version} was released already, on {self.last.date}")
        self._show()
        self._judge()
        digest = last_release.sha256(self.spec)
        section = changelog.released(self.version, date, digest, self.found, self.operations, self.last)
        past = "\n".join(part for part in (section, self._past()) if part)
        last_release.write(self.spec, self.version, date)
        CHANGELOG.write_text(past)  # where `write` looks for what is past
        Comparison.of(self.spec).write()

    def _past(self) -> str:
        return changelog.past_sections(CHANGELOG.read_text() if CHANGELOG.exists() else "", self.last)

    def _changelog(self) -> str:
        return changelog.text(
            self.version, self.found, self.operations, self.last, self._past(), differs=self.differs
        )

    def _show(self) -> None:
        for one in self.found:
            print(f"{one.kind.name.lower().replace('_', ' ')}: {one} [{one.id}]")
        breaks = sum(one.kind is not Kind.ADDITION for one in self.found)
        since = f"{self.last.version}{'' if self.last.date else ' (not released)'}"
        others = len(self.found) - breaks
        print(f"{self.spec.name} {self.version} since {since}: {breaks} breaks, {others} other changes.")

    def _judge(self) -> None:
        problems = version_problems(
            self.last.version, self.version, self.found, edited=self.differs, released=self.last.date is not None
        )
        if problems:
            advice = "" if self.last.date else (
                "\nThere was no release yet: scripts/spec-diff --start-from-here accepts it under this version."
            )  # fmt: skip
            sys.exit("\n".join(f"{self.spec.name}: {problem}." for problem in problems) + advice)
