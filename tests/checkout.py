"""Where the files of the project are."""

from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SPEC = ROOT / "openapi.yaml"
Json = dict[str, Any]
