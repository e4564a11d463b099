"""Where the files of the project are."""

from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SPEC = ROOT / "openapi.yaml"
Json = dict[str, Any]


def with_deprecated_sampler() -> str:
    """The description with an operation that is deprecated as it should be."""
    before = "      operationId: get_sampler\n      tags: [samplers]\n"
    words = "        The base model that a sampler serves and,"
    text = SPEC.read_text()
    assert text.count(before) == text.count(words) == 1
    dates = (
        "      x-deprecated-since: '2026-12-31'\n      x-sunset: '2027-12-31'\n      x-replacement: get_session\n"
    )
    line = "        Deprecated since 2026-12-31, gone after 2027-12-31: use `get_session` instead.\n\n"
    return text.replace(before, f"{before}      deprecated: true\n{dates}").replace(words, line + words)
