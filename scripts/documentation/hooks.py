"""What MkDocs calls while it builds the site: adds the pages of the references, and links names to them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # mkdocs loads this file alone

from documentation import http_reference, names, python_reference
from tinker_rest_sandbox._scenario import scenario_schema

ROOT = Path(__file__).resolve().parents[2]
STATIC = {
    "openapi.yaml": ROOT / "openapi.yaml",
    "openapi-3.0.yaml": ROOT / "generated" / "openapi-3.0.yaml",
    "scenario.example.yaml": ROOT / "wrapper/tinker_rest_sandbox/scenario.example.yaml",
    "assets/icon.svg": ROOT / "wrapper/tinker_rest_sandbox/_pages/static/icon.svg",
}


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the references behind the guide."""
    from tinker_rest import __version__

    assert config.nav is not None
    config.copyright = (
        f"tinker-rest {__version__} · version {http_reference.version()} of the API's description · "
        '<a href="https://www.apache.org/licenses/LICENSE-2.0">Apache-2.0</a>'
    )
    config.nav += [{"HTTP reference": http_reference.nav()}, {"Python reference": python_reference.nav()}]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what is made from the description and the docstrings, and the files that pages link to."""
    for place, content in {**http_reference.pages(), **python_reference.pages()}.items():
        files.append(File.generated(config, place, content=content))
    schema = json.dumps(scenario_schema(), indent=2)
    files.append(File.generated(config, "scenario.schema.json", content=schema))
    for place, source in STATIC.items():
        files.append(File.generated(config, place, abs_src_path=str(source)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Let the search show the guide first, and the long list of types last."""
    if page.file.src_uri.startswith("guide/"):
        page.meta["search"] = {"boost": 1.5}
    elif page.file.src_uri in ("http/schemas.md", "python/types.md"):
        page.meta["search"] = {"boost": 0.5}
    return markdown


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Link what is named in a page to where it is explained."""
    return names.linked(html, page.file.src_uri)


def on_post_build(config: MkDocsConfig, **_: Any) -> None:
    """Leave out what only a site with a fixed address can have."""
    for name in ("404.html", "sitemap.xml", "sitemap.xml.gz"):
        (Path(config.site_dir) / name).unlink(missing_ok=True)
