"""Makes the pages of the Python reference. It decides where each name goes; mkdocstrings adds the docstrings."""

from __future__ import annotations

import ast
import enum
import inspect
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

import tinker_rest
import tinker_rest.types
import tinker_rest_sandbox
import tinker_rest_sandbox.pytest_plugin
from tinker_rest import AdminClient, RestClient, ServiceClient
from tinker_rest.futures import APIFuture

FOLDER = "python"

# Names in annotations of arguments, which users need not import.
_NAMES_OF_ARGUMENTS = (
    "tinker_rest._arguments.AccessScopeName",
    "tinker_rest._arguments.AuditEventTypeName",
    "tinker_rest.bulk.BulkStatus",
    "tinker_rest.paths.CheckpointTypeName",
)

_ASYNC = (
    "Every method that returns an [`APIFuture`](futures.md) starts its call at once. Each has an `_async` form, "
    "such as `list_sessions_async`: a coroutine with the same arguments that returns the result itself."
)


# Headings for modules of methods whose names say too little.
_TITLES = {"_base": "The client itself", "checkpoint_changes": "Changing checkpoints", "server": "The server"}


def nav() -> list[Any]:
    """The pages in order."""
    return [{title: f"{FOLDER}/{name}.md"} for name, (title, _) in _PAGES.items()]


def pages() -> dict[str, str]:
    """The source of each page, by its path."""
    return {f"{FOLDER}/{name}.md": "\n".join(write()) for name, (_, write) in _PAGES.items()}


def _object(path: str, level: int = 2, **options: object) -> str:
    lines = [f"::: {path}", "    options:", f"      heading_level: {level}"]
    return "\n".join([*lines, *(f"      {name}: {_yaml(value)}" for name, value in options.items()), ""])


def _yaml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def methods_by_group(client: type) -> dict[str, list[str]]:
    """The public methods of a client, grouped under a heading for each module that defines some."""
    groups: dict[str, list[str]] = {}
    seen: set[str] = set()
    for owner in client.__mro__[:-1]:
        module = owner.__module__.rpartition(".")[2]
        title = _TITLES.get(module, module.replace("_", " ").capitalize())
        if owner.__name__.startswith("Deprecated"):
            title = "Deprecated"
        names = [
            name
            for name, value in vars(owner).items()
            if not name.startswith("_") and not name.endswith("_async") and callable(value) and name not in seen
        ]
        seen.update(names)
        if names:
            groups.setdefault(title, []).extend(names)
    for last in ("The client itself", "Deprecated"):
        if last in groups:
            groups[last] = groups.pop(last)
    return groups


def path_of(value: Any) -> str:
    """The import path of a class."""
    return f"{value.__module__}.{value.__qualname__}"


def path_of_type(name: str) -> str:
    """The import path of a name in `tinker_rest.types`: of the class, or of the alias."""
    value = getattr(tinker_rest.types, name)
    is_class = inspect.isclass(value) and value.__name__ == name
    return path_of(value) if is_class else f"tinker_rest.types.{name}"


def _client(client: type, before: str = "") -> Iterator[str]:
    yield f"# {client.__name__}\n\n{before}"
    yield _object(path_of(client))
    for title, methods in methods_by_group(client).items():
        yield f"## {title}\n"
        yield from (_object(f"{path_of(client)}.{name}", 3) for name in methods)


def _without(*names: str) -> list[str]:
    """Filters that leave out internal methods."""
    return ["!^_", *(f"!^{name}$" for name in names)]


def _futures() -> Iterator[str]:
    yield "# Futures\n"
    yield _object(path_of(APIFuture), members="null", filters=_without("begin", "abort", "can_end"))


def _errors() -> Iterator[str]:
    _, tree, *after = (inspect.getdoc(tinker_rest.errors) or "").split("\n\n")
    yield f"# Errors\n\n```text\n{textwrap.dedent(tree)}\n```\n"
    yield "\n\n".join(after) + "\n"
    classes = [one for one in vars(tinker_rest.errors).values() if inspect.isclass(one)]
    classes.sort(key=lambda one: not issubclass(one, tinker_rest.TinkerError))
    for value in classes:
        name = value.__name__
        if value.__module__ != tinker_rest.errors.__name__:
            continue
        if not name.startswith("_"):
            yield _object(path_of(value), members="null", merge_init_into_class=False, filters=_without("of"))
        elif issubclass(value, tinker_rest.APIError):
            title = "Errors that hold an answer"
            yield _object(path_of(value), heading=title, toc_label=title, merge_init_into_class=False)
    yield _object(path_of(tinker_rest.BulkError), members="null", merge_init_into_class=False)
    yield _object(path_of(tinker_rest.RetryEvent))


def _types() -> Iterator[str]:
    yield f"# Types\n\n{inspect.getdoc(tinker_rest.types)}\n"
    groups: dict[str, list[str]] = {"Models": [], "Enumerations": [], "Unions and names": []}
    for name in tinker_rest.types.__all__:
        value = getattr(tinker_rest.types, name)
        if inspect.isclass(value) and issubclass(value, enum.Enum):
            groups["Enumerations"].append(
                _object(path_of_type(name), 3, members="null", show_if_no_docstring=True)
            )
        elif inspect.isclass(value) and value.__name__ == name:
            groups["Models"].append(_object(path_of_type(name), 3, members=_extras_of(value)))
        else:
            groups["Unions and names"].append(_object(path_of_type(name), 3, show_if_no_docstring=True))
    groups["Unions and names"] += [_object(path, 3, show_if_no_docstring=True) for path in _NAMES_OF_ARGUMENTS]
    for title, objects in groups.items():
        yield f"## {title}\n"
        yield from objects


def _extras_of(model: type) -> list[str]:
    """The members of a model, except its fields, which its docstring lists, and those that all models have."""
    is_one_of_many = issubclass(model, tinker_rest.types.Model) and model is not tinker_rest.types.Model
    return [
        name
        for name, value in vars(model).items()
        if not name.startswith("_")
        and name not in ("from_dict", "to_dict")  # for the package itself
        and (isinstance(value, property) or (inspect.isroutine(value) and not is_one_of_many))
    ]


def _results() -> Iterator[str]:
    """Public classes and functions that no other page has: arguments and results that are not types of the API."""
    elsewhere = {*tinker_rest.types.__all__, "APIFuture", "RetryEvent", "types"}
    names = [
        name
        for name in tinker_rest.__all__
        if name not in elsewhere
        and not name.endswith(("Client", "Error", "Warning"))
        and (inspect.isclass(getattr(tinker_rest, name)) or inspect.isfunction(getattr(tinker_rest, name)))
    ]
    yield "# Selections and results\n\nArguments, progress and results of methods that make several requests.\n"
    yield from (_object(path_of(getattr(tinker_rest, name)), members="null") for name in names)
    yield "## API description\n"
    for name in ("SPEC_VERSION", "SPEC_SHA256"):
        yield _object(f"tinker_rest_api.spec_digest.{name}", 3, show_if_no_docstring=True)


def _sandbox() -> Iterator[str]:
    yield "# The sandbox\n\nFor an introduction, read [the guide](../guide/sandbox.md).\n"
    names = list(tinker_rest_sandbox.__all__)
    names.sort(key=lambda name: (name != "Sandbox", name.startswith("Added"), name))
    for name in names:
        value = getattr(tinker_rest_sandbox, name)
        if name == "Sandbox":
            yield _object(path_of(value))
            for group in (value, value.__mro__[1]):
                shown = [one for one, is_it in vars(group).items() if one[0] != "_" and _is_shown(is_it)]
                yield from (_object(f"{path_of(value)}.{one}", 3) for one in shown)
        else:
            internal = _without("as_json", "fits", "hit", "replace", "rewind", "rules", "append", "is_too_large")
            yield _object(path_of(value), members="null", filters=internal)


def _is_shown(value: object) -> bool:
    documented = callable(value) or isinstance(value, property)
    return documented and bool(inspect.getdoc(value))


def _plugin() -> Iterator[str]:
    yield "# Fixtures for pytest\n"
    yield "pytest finds them if tinker-rest is installed with the extra `sandbox`.\n"
    source = inspect.getsource(tinker_rest_sandbox.pytest_plugin)
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield _object(f"tinker_rest_sandbox.pytest_plugin.{node.name}")


_PAGES: dict[str, tuple[str, Callable[[], Iterator[str]]]] = {
    "rest-client": ("RestClient", lambda: _client(RestClient, f"{_ASYNC}\n\n")),
    "admin-client": ("AdminClient", lambda: _client(AdminClient)),
    "service-client": ("ServiceClient", lambda: _client(ServiceClient)),
    "futures": ("Futures", _futures),
    "errors": ("Errors", _errors),
    "results": ("Selections and results", _results),
    "types": ("Types", _types),
    "sandbox": ("The sandbox", _sandbox),
    "pytest": ("Fixtures for pytest", _plugin),
}
