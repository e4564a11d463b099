"""Checks the built site: no link is broken, and nothing is fetched from another host."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# What a browser fetches by itself, as element and attribute.
_FETCHED = {
    ("audio", "src"), ("embed", "src"), ("iframe", "src"), ("img", "src"), ("img", "srcset"), ("image", "href"),
    ("link", "href"), ("object", "data"), ("script", "src"), ("source", "src"), ("source", "srcset"),
    ("track", "src"), ("use", "href"), ("video", "poster"), ("video", "src"),
}  # fmt: skip
_STYLE_ADDRESS = re.compile(r"""(?:url\(|@import)\s*["']?\s*((?:https?:)?//[^"')\s]+)""")


class _Page(HTMLParser):
    """The links, fetched addresses and IDs of a page."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.ids: list[str] = []
        self.feed(file.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if (tag, name) in _FETCHED:
                self.fetched.append(value or "")
            elif name == "href":
                self.links.append(value or "")
            elif name == "id":
                self.ids.append(value or "")


def warnings_as_lines() -> None:
    """Print the warnings of the generator, which fail a strict build in any case."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
    logger = logging.getLogger("mkdocs")
    logger.addHandler(handler)
    logger.setLevel(logging.WARNING)


def faults_of(folder: Path) -> list[str]:
    """The faults of a site, one line each."""
    pages = {file: _Page(file) for file in sorted(folder.rglob("*.html"))}
    return [
        *(
            f"{file.relative_to(folder)}: {fault}"
            for file in pages
            for fault in _faults_of_page(file, pages, folder)
        ),
        *(
            f"{file.relative_to(folder)}: fetches {address}"
            for file in sorted(folder.rglob("*.css"))
            for address in _STYLE_ADDRESS.findall(file.read_text("utf-8"))
        ),
    ]


def _faults_of_page(file: Path, pages: dict[Path, _Page], folder: Path) -> Iterator[str]:
    page = pages[file]
    yield from (f"the ID {twice} occurs twice" for twice in {one for one in page.ids if page.ids.count(one) > 1})
    yield from (f"fetches {address}" for address in page.fetched if _is_elsewhere(address))
    yield from (f"fetches {address}" for address in _STYLE_ADDRESS.findall(file.read_text("utf-8")))
    for address in (*page.links, *page.fetched):
        if _is_elsewhere(address):
            continue
        parts = urlsplit(address)
        target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
        if parts.path.startswith("/") or not target.is_relative_to(folder.resolve()) or not target.is_file():
            yield f"links to {address}, which is not there"
        elif parts.fragment.startswith("/"):  # an operation in Swagger UI, which adds it in the browser
            continue
        elif parts.fragment and target in pages and unquote(parts.fragment) not in (*pages[target].ids, "__top"):
            yield f"links to {address}, an anchor that is not there"


def _is_elsewhere(address: str) -> bool:
    return bool(urlsplit(address).scheme or urlsplit(address).netloc)
