"""Where the files of the project are."""

import re
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
SPEC = ROOT / "openapi.yaml"
Json = dict[str, Any]


def read_description(text: str) -> Json:
    """A description's text as an object, with the quicker parser if there is one."""
    document: Json = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return document


@cache
def description() -> Json:
    """What openapi.yaml says, read once in a process; copy it to change it."""
    return read_description(SPEC.read_text())


def with_deprecated_sampler() -> str:
    """The description with an operation that is deprecated as it should be."""
    before, description = "      operationId: get_sampler\n      tags: [samplers]\n", "      description: |-\n"
    start, found, rest = SPEC.read_text().partition(before)
    assert found
    dates = (
        "      deprecated: true\n      x-deprecated-since: '2026-12-31'\n      x-sunset: '2027-12-31'\n"
        "      x-replacement: get_session\n"
    )
    line = "        Deprecated since 2026-12-31, gone after 2027-12-31: use `get_session` instead.\n\n"
    return start + before + dates + rest.replace(description, description + line, 1)


def copy_of_checkout(folder: Path, *further: str) -> Path:
    """What regeneration reads and writes, and `further`, in a folder whose scripts use this environment."""
    for name in ("openapi.yaml", "generator-config.yml", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    for name in ("generated", "scripts", *further):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    script = folder / "scripts" / "project_env.py"
    text = script.read_text()
    made = 'return ensure(".venv", "-r", LOCK, first="uv")'
    assert made in text
    script.write_text(text.replace(made, "return Path(sys.executable)"))
    return folder


# The line before which a part that scripts/scaffold prints is pasted, by the folder of its file
PLACES = {"_methods": r"^    \w+_async = async_variant", "_handlers": "^def ", "facade": r"^    \*\(\(name, \(bad"}


def paste_scaffold(folder: Path, printed: str) -> list[Path]:
    """Put each part that scripts/scaffold prints into its file, with the imports above it; returns the files."""
    files = []
    for part in printed.split("── ")[1:]:
        name, *lines = part.rstrip().split("\n")
        blank = lines.index("")
        file = folder / name
        text = "\n".join(lines[blank + 1 :]) + ("\n\n\n" if file.parent.name == "_handlers" else "\n")
        place = re.search(PLACES[file.parent.name], file.read_text(), re.MULTILINE)
        assert place is not None
        content = file.read_text()[: place.start()] + text + file.read_text()[place.start() :]
        imports = "".join(f"{line}\n" for line in lines[:blank])
        file.write_text(re.sub(r"^from (?!__)", f"{imports}from ", content, count=1, flags=re.MULTILINE))
        files.append(file)
    return files
