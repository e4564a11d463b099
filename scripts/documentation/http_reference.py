"""Makes the pages of the HTTP reference from openapi.yaml."""

from __future__ import annotations

import functools
import html
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import BashLexer, JsonLexer

from documentation.http_operations import Reference
from documentation.http_schemas import anchor_of

FOLDER = "http"
_ROOT = Path(__file__).resolve().parents[2]
_BLOCK = re.compile(r'<pre tabindex="0">(.*?)</pre>', re.DOTALL)
_FORMATTER = HtmlFormatter(wrapcode=True)


@functools.cache
def description() -> Mapping[str, Any]:
    """The description, parsed."""
    text = (_ROOT / "openapi.yaml").read_text("utf-8")
    # libyaml is ten times as fast, if PyYAML was built with it.
    document: Mapping[str, Any] = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return document


def version() -> str:
    """The version of the description."""
    return str(description()["info"]["version"])


@functools.cache
def _reference() -> Reference:
    return Reference(
        description(),
        description()["servers"][0]["url"],
        page_of_tag=lambda tag: f"{tag}.html",
        page_of_schemas="schemas.html",
        page_of_viewer="try-it.html",
    )


def nav() -> list[Any]:
    """The pages in order."""
    tags = [{_heading(tag): f"{FOLDER}/{tag}.md"} for tag in _reference().by_tag]
    return [f"{FOLDER}/index.md", *tags, {"Schemas": f"{FOLDER}/schemas.md"}, {"Changes": f"{FOLDER}/changes.md"}]


def pages() -> dict[str, str]:
    """The source of each page, by its path."""
    reference = _reference()
    made = {f"{FOLDER}/{tag}.md": "\n".join(_tag_page(tag)) for tag in reference.by_tag}
    made[f"{FOLDER}/changes.md"] = (_ROOT / "generated" / "api-changelog.md").read_text("utf-8")
    made[f"{FOLDER}/schemas.md"] = "\n".join(_schemas_page())
    made[f"{FOLDER}/index.md"] = "\n".join(_index_page())
    return made


def places() -> dict[str, str]:
    """The page and anchor of each operation, by its name."""
    return {
        operation.name: f"{FOLDER}/{tag}.html#{operation.name}"
        for tag, operations in _reference().by_tag.items()
        for operation in operations
    }


def _index_page() -> Iterator[str]:
    reference = _reference()
    yield f"# HTTP reference\n\n{_piece(reference.introduction())}\n"
    servers = "\n".join(f"- `{one['url']}`: {one['description']}" for one in description()["servers"])
    yield f"Servers:\n\n{servers}\n"
    yield "The whole description, for code generators: [openapi.yaml](../openapi.yaml) (OpenAPI 3.1) and "
    yield "[openapi-3.0.yaml](../openapi-3.0.yaml) (OpenAPI 3.0.3); [its changelog](changes.md).\n"
    for tag, operations in reference.by_tag.items():
        yield f'## {_heading(tag)}\n\n<div class="http" markdown>\n\n| method | path | what |\n| --- | --- | --- |'
        for operation in operations:
            path = operation.path.replace("|", "\\|")
            yield f"| `{operation.method.upper()}` | `{path}` | [{operation.title}]({tag}.md#{operation.name}) |"
        yield "\n</div>\n"


def _tag_page(tag: str) -> Iterator[str]:
    reference = _reference()
    yield f"# {_heading(tag)}\n\n{_piece(reference.tag_text(tag))}\n"
    for operation in reference.by_tag[tag]:
        yield f"## {operation.title} {{ #{operation.name} }}\n\n{_piece(reference.operation_body(operation))}\n"


def _schemas_page() -> Iterator[str]:
    yield "# Schemas\n\nThe objects and enums in requests and responses.\n"
    for name in _reference().schemas:
        yield f"## {name} {{ #{anchor_of(name)} }}\n\n{_piece(_reference().schema_body(name))}\n"


def _heading(tag: str) -> str:
    return _reference().tag_title(tag)


def _piece(content: str) -> str:
    """HTML that Markdown leaves alone, with code highlighted as in the guide."""
    content = _BLOCK.sub(_coloured, content.replace("<wbr>", ""))
    return f'<div class="http" markdown="0">\n{content}\n</div>'


def _coloured(found: re.Match[str]) -> str:
    code = html.unescape(found[1])
    language, lexer = ("sh", BashLexer()) if code.startswith("curl ") else ("json", JsonLexer())
    coloured = str(highlight(code, lexer, _FORMATTER)).replace("\n\n", "\n&#8203;\n").strip()
    return coloured.replace('<div class="highlight">', f'<div class="highlight language-{language}">', 1)
