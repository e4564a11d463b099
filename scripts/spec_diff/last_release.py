"""The description of the last release, which is kept in the checkout: clones may have no tags."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).resolve().parent
SPEC = FOLDER / "last-release.yaml"
FACTS = FOLDER / "last-release.json"


class LastRelease(NamedTuple):
    """What is known of the last release.

    Attributes:
        version: Its version.
        date: When it was made, `2026-12-31`; None before the first release: the description is a starting point.
        sha256: The SHA-256 of its description.
    """

    version: str
    date: str | None
    sha256: str


def sha256(spec: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(spec.read_bytes()).hexdigest()


def read() -> LastRelease:
    """What is known of the last release. Raises ValueError where its description is not what was released."""
    facts = LastRelease(**json.loads(FACTS.read_text()))
    if sha256(SPEC) != facts.sha256:
        raise ValueError(f"{SPEC.name} was edited: it is not the description that {FACTS.name} describes")
    return facts


def write(spec: Path, version: str, date: str | None) -> LastRelease:
    """Keep a description as that of the last release."""
    shutil.copy(spec, SPEC)
    facts = LastRelease(version, date, sha256(spec))
    FACTS.write_text(json.dumps(facts._asdict(), indent=2) + "\n")
    return facts
