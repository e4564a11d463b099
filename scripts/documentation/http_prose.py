"""Turns text of the description into HTML. The output is always safe to insert into a page."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from typing import Any

_CODE = re.compile(r"`([^`]+)`")
_BOLD = re.compile(r"\*\*([^*]+)\*\*")


def text(content: object) -> str:
    """A text with HTML escaped."""
    return html.escape(str(content))


def code(content: object) -> str:
    """A text as code."""
    return f"<code>{breakable(str(content))}</code>"


def breakable(name: str) -> str:
    """A name that may break after each of its underscores."""
    return text(name).replace("_", "_<wbr>")


def link(place: str, label: str) -> str:
    """A link to a place, such as `#list_sessions` on the same page."""
    return f'<a href="{text(place)}">{breakable(label)}</a>'


def document(value: Any) -> str:
    """A JSON document, indented, as a block of code that a keyboard can scroll."""
    return block(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def block(content: str) -> str:
    """A block of code that a keyboard can scroll."""
    return f'<pre tabindex="0">{text(content)}</pre>'


def paragraphs(content: str, places: Mapping[str, str]) -> str:
    """Paragraphs of text with `code` and **bold** words.

    Args:
        content: The text. An empty line ends a paragraph.
        places: Links for names in code, by name.
    """
    parts = (part.strip() for part in re.split(r"\n\s*\n", content))
    return "".join(f"<p>{line(part, places)}</p>" for part in parts if part)


def line(content: str, places: Mapping[str, str]) -> str:
    """A piece of text with `code` and **bold** words; see `paragraphs`."""

    def named(found: re.Match[str]) -> str:
        name = html.unescape(found[1])
        marked = f"<code>{found[1]}</code>"
        return f'<a href="{text(places[name])}">{marked}</a>' if name in places else marked

    return _BOLD.sub(r"<strong>\1</strong>", _CODE.sub(named, text(content)))
