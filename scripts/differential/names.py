"""Says which names of the SDK we lack, and which of its classes are made with other arguments than ours."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from differential.comparison import Difference

Names = dict[str, dict[str, Any]]
Parameter = list[str | None]

POSITIONAL = ("POSITIONAL_ONLY", "POSITIONAL_OR_KEYWORD")
BY_NAME = ("POSITIONAL_OR_KEYWORD", "KEYWORD_ONLY")


def differences_of_names(
    sdk: Names, ours: Names, nameable: Collection[str]
) -> Iterator[tuple[str, list[Difference]]]:
    """Each public name of the SDK, and how ours is different.

    Args:
        sdk: What the SDK's names are, as `driver.py` describes them.
        ours: What ours are.
        nameable: The names of exceptions that programs can catch.
    """
    for name, theirs in sdk.items():
        yield f"tinker.{name}", list(_differences(theirs, ours[name], nameable))


def _differences(sdk: dict[str, Any], ours: dict[str, Any], nameable: Collection[str]) -> Iterator[Difference]:
    if "missing" in ours:
        yield Difference("name", "has it", ours["missing"])
        return
    if "parameters" in sdk:
        faults = "; ".join(faults_of_constructor(sdk["parameters"], ours.get("parameters", [])))
        if faults:
            yield Difference("arguments", listed(sdk["parameters"]), faults)
    caught = [sorted(set(one.get("caught_by", ())) & set(nameable)) for one in (sdk, ours)]
    if caught[0] != caught[1]:
        yield Difference("caught by", *caught)
    lacking = set(sdk.get("attributes", ())) - set(ours.get("attributes", ()))
    if lacking:
        yield Difference("attributes", sorted(lacking), "(nothing)")


def faults_of_constructor(sdk: list[Parameter], ours: list[Parameter]) -> Iterator[str]:
    """What is wrong: each way to make the SDK's class must make ours, which may take more and need less."""
    by_name = {name: (kind, default) for name, kind, default in ours}
    takes_any = any(kind == "VAR_KEYWORD" for _, kind, _ in ours)
    positional = [name for name, kind, _ in ours if kind in POSITIONAL]
    for place, (name, kind, default) in enumerate(sdk):
        # A name that begins with an underscore is not for programs; its place is.
        if kind in POSITIONAL and positional[place : place + 1] not in ([name], [str(name).removeprefix("_")]):
            yield f"takes no {name} at place {place + 1}"
        if str(kind).startswith("VAR_") or str(name).startswith("_"):
            continue
        our_kind, our_default = by_name.get(name, ("", None))
        if our_kind not in BY_NAME and not takes_any:
            yield f"takes no {name}="
        elif our_kind and default is not None and our_default not in (default, "NOTHING"):
            yield f"has {name}={our_default}, not {default}"
    for name, kind, default in ours:
        if default is None and not str(kind).startswith("VAR_") and name not in [one[0] for one in sdk]:
            yield f"needs {name}="


def listed(parameters: list[Parameter]) -> str:
    """Parameters as Python has them."""
    return ", ".join(
        f"{'* ' if kind == 'KEYWORD_ONLY' else ''}{name}{'' if default is None else f'={default}'}"
        for name, kind, default in parameters
    )
