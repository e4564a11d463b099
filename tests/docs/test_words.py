"""How we write: idioms that make text hard to read at first sight are counted, and may only become fewer."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from checkout import ROOT

# What is counted, and what to write instead.
IDIOMS = {
    # Of a condition; a place, such as where a page starts, is not meant.
    "if, when, unless": (
        r"[Ww]here (?:it|they|there|that|this|these|those|a|an|the|no|none|nothing|nobody|neither|one|some\w*"
        r"|any\w*|all|each|every\w*|both|only|others?|servers?|programs?|users?|we|you)\b"
        r"(?!(?: [\w'`.]+){0,5}? (?:comes?|came|goe?s?|gets?|starts?|begins?|leads?|ends?|happens?|kept|stored)\b)"
    ),
    "you, users, anyone who": r"(?:[Ww]hoever|[Ww]homever|[Hh]e who|[Hh]im who|[Tt]hose who)\b",
    "(raised by the future)": r"[Bb]y the future:",
    "that, whose; two sentences": r"(?:of|in|by|with) which\b",
    "describes, shows, reports": r"(?:tells?|told|telling|says?|said|saying) of\b|[Ww]hat (?:is|was|are) told\b",
    "your": r"[Oo]ne's\b",
    "forever, recently, at most, N, similar": (
        r"(?:for ever|of late|at the (?:most|least)|so many|(?:and|or) the like|upon|thereof"
        r"|not any (?:longer|more))\b"
    ),
    "a noun: the selection, the request log": (
        r"[Ww]hat (?:is|was|are|were) (?:meant|asked|sought|wanted|said|answered|listed|there|left|in flight)\b"
        r"|[Ww]hat (?:has come|have come|comes|came)\b"
    ),
    "retries": r"repetitions?\b",
    "next to, with, besides; again; no longer": r"(?:beside|anew|as far as|any more(?! than))\b",
}
# Phrases that look like one, and are right.
RIGHT = ("where it is, from the outside in", "what comes next")
# How many there may be. Lower a number when there are fewer; zero is the aim.
ALLOWED = {
    "README.md": 0,
    "CONTRIBUTING.md": 0,
    "CHANGELOG.md": 0,
    "scripts/documentation/pages": 0,
    "openapi.yaml": 0,
    "wrapper/tinker_rest": 0,
    "wrapper/tinker_rest_cli": 0,
    "wrapper/tinker_rest_sandbox": 0,
    "scripts": 0,
}
READ = {".py", ".md", ".yaml", ".yml", ".jinja", ".sql", ".js", ".css", ".html", ""}
# A text goes on in the next line, in comments behind the mark.
_LINE_END = re.compile(r"\s*\n\s*(?:#:? |// |\* )?\s*")


def files_of(area: str, root: Path = ROOT) -> Iterator[Path]:
    """The files of an area, without those of areas inside it."""
    inside = [root / one for one in ALLOWED if one.startswith(f"{area}/")]
    for path in [root / area] if (root / area).is_file() else sorted((root / area).rglob("*")):
        is_ours = path.is_file() and path.suffix in READ and "__pycache__" not in path.parts
        is_copied = path.name == "last-release.yaml" or "node_modules" in path.parts
        if is_ours and not is_copied and not any(path.is_relative_to(other) for other in inside):
            yield path


def idioms_in(text: str) -> Iterator[tuple[str, str]]:
    """Each idiom in a text: what to write instead, and the words around it."""
    text = _LINE_END.sub(" ", text)
    for instead, pattern in IDIOMS.items():
        for found in re.finditer(rf"\b(?:{pattern})", text):
            around = text[max(0, found.start() - 30) : found.end() + 30]
            if not any(words in around for words in RIGHT):
                yield instead, around


@pytest.mark.parametrize("area", ALLOWED)
def test_no_idiom_is_new(area: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}: … {around} … (write: {instead})"
        for path in files_of(area)
        for instead, around in idioms_in(path.read_text("utf-8"))
    ]
    assert len(found) <= ALLOWED[area], "\n".join(found)


def test_idioms_are_found_across_lines_and_in_comments() -> None:
    text = (
        "# A key is sent where\n# it is asked for, by which whoever has it\nis known. It tells of one's own keys."
    )
    assert Counter(instead for instead, _ in idioms_in(text)) == {
        "if, when, unless": 1,
        "that, whose; two sentences": 1,
        "you, users, anyone who": 1,
        "describes, shows, reports": 1,
        "your": 1,
    }
    assert list(idioms_in("It says where to go, and where the next page starts.")) == []
