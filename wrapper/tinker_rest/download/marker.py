"""What a folder of a checkpoint remembers of where it came from, in a hidden file in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from attrs import field, frozen

from tinker_rest.download.checksums import best_of
from tinker_rest.download.part_file import WholeFile

MARKER = ".tinker-checkpoint.json"


@frozen
class Marker:
    """Where the files of a folder came from.

    Attributes:
        tinker_path: The checkpoint.
        archive: The archive that they were extracted from; None for external weights.
        sizes: The size of each file by its relative path.
    """

    tinker_path: str
    archive: WholeFile | None = None
    sizes: dict[str, int] = field(factory=dict)

    def is_intact(self, folder: Path) -> bool:
        """Whether all files are there with their sizes. Raises OSError."""
        return all(
            (folder / name).is_file() and (folder / name).stat().st_size == size
            for name, size in self.sizes.items()
        )


def leave_marker(folder: Path, tinker_path: str, archive: WholeFile | None) -> None:
    """Write where the files in a folder came from. Raises OSError."""
    sizes = {
        one.relative_to(folder).as_posix(): one.stat().st_size
        for one in sorted(folder.rglob("*"))
        if one.is_file()
    }
    sizes.pop(MARKER, None)
    known: dict[str, Any] = {"tinker_path": tinker_path, "sizes": sizes}
    if archive is not None:
        known |= {"size": archive.size, "validator": archive.validator, "checksums": archive.checksums}
    (folder / MARKER).write_text(json.dumps(known, indent=1))


def marker_in(folder: Path) -> Marker | None:
    """What a folder remembers; None where that is nothing that can be read."""
    try:
        known = json.loads((folder / MARKER).read_bytes())
        archive = None
        if "size" in known:
            archive = WholeFile(known["size"], known["validator"], dict(known["checksums"]))
        return Marker(str(known["tinker_path"]), archive, dict(known["sizes"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def is_same(known: WholeFile, now: WholeFile) -> bool:
    """Whether the storage has the file still that it had when it was known."""
    common = {name: value for name, value in known.checksums.items() if name in now.checksums}
    if known.size != now.size:
        return False
    name = best_of(common)
    if name is not None:
        return common[name] == now.checksums[name]
    return known.validator is not None and known.validator == now.validator
