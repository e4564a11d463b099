"""What MkDocs calls while it builds the site: adds the references, links names to them, and reports progress."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # mkdocs loads this file alone

from documentation import command_line_reference, http_reference, http_viewer, names, python_reference
from tinker_rest_sandbox._scenario import scenario_schema

ROOT = Path(__file__).resolve().parents[2]
STATIC = {
    "openapi.yaml": ROOT / "openapi.yaml",
    "openapi-3.0.yaml": ROOT / "generated" / "openapi-3.0.yaml",
    "scenario.example.yaml": ROOT / "wrapper/tinker_rest_sandbox/scenario.example.yaml",
    "assets/icon.svg": ROOT / "wrapper/tinker_rest_sandbox/_pages/static/icon.svg",
}


_PAGES_PER_LINE = 10
_progress = {"pages": 0, "done": 0}


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the references after the guide."""
    from tinker_rest import __version__

    assert config.nav is not None
    config.copyright = (
        f"tinker-rest {__version__} · API description {http_reference.version()} · "
        '<a href="https://www.apache.org/licenses/LICENSE-2.0">Apache-2.0</a>'
    )
    config.nav += [
        {"Command line": command_line_reference.PLACE},
        {"HTTP API": [*http_reference.nav(), {"Try it out": http_viewer.PLACE}]},
        {"Python API": python_reference.nav()},
        {"Changelog": "changelog.md"},
    ]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what is made from the description, the commands and the docstrings, and the files that pages link to."""
    made = {
        **http_reference.pages(),
        **python_reference.pages(),
        command_line_reference.PLACE: command_line_reference.page(),
        "changelog.md": (ROOT / "CHANGELOG.md").read_text("utf-8"),
        "scenario.schema.json": json.dumps(scenario_schema(), indent=2),
        "assets/swagger-description.js": http_viewer.description_script(),
    }
    for place, content in made.items():
        files.append(File.generated(config, place, content=content))
    for place, source in {**STATIC, **http_viewer.files()}.items():
        files.append(File.generated(config, place, abs_src_path=str(source)))
    _progress.update(pages=len(files.documentation_pages()), done=0)
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Make the search rank the guide first and the long lists of types last."""
    if page.file.src_uri.startswith("guide/"):
        page.meta["search"] = {"boost": 1.5}
    elif page.file.src_uri in ("http/schemas.md", "python/types.md"):
        page.meta["search"] = {"boost": 0.5}
    return markdown


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Link the names in a page to their explanations."""
    _progress["done"] += 1
    if _progress["done"] % _PAGES_PER_LINE == 0 or _progress["done"] == _progress["pages"]:
        print(f"  {_progress['done']} of {_progress['pages']} pages", flush=True)
    return names.linked(html, page.file.src_uri)


def on_post_build(config: MkDocsConfig, **_: Any) -> None:
    """Remove files that only make sense on a site with a fixed address."""
    for name in ("404.html", "sitemap.xml", "sitemap.xml.gz"):
        (Path(config.site_dir) / name).unlink(missing_ok=True)
