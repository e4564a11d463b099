"""Links names in pages to their explanations."""

from __future__ import annotations

import functools
import posixpath
import re

import tinker_rest
import tinker_rest.types
import tinker_rest_sandbox
from documentation import http_reference
from documentation.python_reference import methods_by_group, path_of, path_of_type

_CODE = re.compile(r"<code>([A-Za-z_][\w.]*)</code>")
# Elements that must not contain further links.
_CLOSED = re.compile(r"(<(a|h[1-6]|pre|autoref)\b.*?</\2>)", re.DOTALL)
_OPERATIONS = re.compile(r"operations? (?:<code>\w+</code>(?:, | or )?)+")


@functools.cache
def _identifiers() -> dict[str, str]:
    """The identifier of each name in the Python reference."""
    known: dict[str, str] = {name: path_of_type(name) for name in tinker_rest.types.__all__}
    for module in (tinker_rest_sandbox, tinker_rest):
        for name in module.__all__:
            value = getattr(module, name)
            if name not in known and hasattr(value, "__qualname__"):
                known[name] = path_of(value)
    for client in (tinker_rest.ServiceClient, tinker_rest.AdminClient, tinker_rest.RestClient):
        for group, names in methods_by_group(client).items():
            for name in names:
                known[f"{client.__name__}.{name}"] = f"{path_of(client)}.{name}"
                if group not in ("Deprecated", "The client itself"):
                    known[name] = f"{path_of(client)}.{name}"
    return known


def linked(html: str, place: str) -> str:
    """Return the page with links from names to the references.

    Args:
        html: The content of the page.
        place: The path of its source, such as `guide/paths.md`.
    """

    def to_operation(found: re.Match[str]) -> str:
        return _CODE.sub(lambda code: _to_operation(code, place), found[0])

    def to_name(found: re.Match[str]) -> str:
        identifier = _identifiers().get(found[1])
        return f'<autoref identifier="{identifier}" optional>{found[0]}</autoref>' if identifier else found[0]

    if place.startswith(f"{http_reference.FOLDER}/"):
        return html
    parts: list[str] = []
    # The parts repeat in threes: text that may get links, a closed element, and the tag of that element.
    for number, part in enumerate(_CLOSED.split(_OPERATIONS.sub(to_operation, html))):
        if number % 3 == 0:
            parts.append(_CODE.sub(to_name, part))
        elif number % 3 == 1:
            parts.append(part)
    return "".join(parts)


def _to_operation(found: re.Match[str], place: str) -> str:
    target = http_reference.places().get(found[1])
    if target is None:
        return found[0]
    return f'<a href="{posixpath.relpath(target, posixpath.dirname(place))}">{found[0]}</a>'
