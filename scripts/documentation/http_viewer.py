"""The files of Swagger UI, for the page that lets readers try out the API against a local sandbox."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

from documentation.http_reference import FOLDER, description

PLACE = f"{FOLDER}/try-it.md"
_SANDBOX = "http://127.0.0.1:8765"
_SWAGGER_UI = resources.files("mkdocs_swagger_ui_tag") / "swagger-ui"


def files() -> dict[str, Path]:
    """Swagger UI's own files, by their path in the site."""
    scripts, styles = "javascripts/swagger-ui-bundle.js", "stylesheets/swagger-ui.css"
    return {f"assets/{name.rpartition('/')[2]}": Path(str(_SWAGGER_UI / name)) for name in (scripts, styles)}


def description_script() -> str:
    """The description as a script, because a page opened from a folder may not fetch files."""
    servers = [{"url": _SANDBOX, "description": "A sandbox on this machine."}]
    info = {**description()["info"], "description": ""}  # the first page of the reference has it
    document = json.dumps({**description(), "info": info, "servers": servers}, ensure_ascii=False, default=str)
    return f"window.tinkerDescription = {document};\n".replace("</", "<\\/")
