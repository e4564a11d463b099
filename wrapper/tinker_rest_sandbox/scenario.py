"""Scenario files: YAML that says what a sandbox holds at its start, and what goes wrong in it.

`scenario.schema.json`, beside this module, says what may stand in one; `scenario.example.yaml` shows it.
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

from .additions import Additions
from .clock import Clock
from .faults import Faults

Steps = Sequence[str | int]


class ScenarioError(ValueError):
    """A scenario file cannot be used; the message names the file, the line, the place and what is expected."""


@dataclass(frozen=True)
class Scenario:
    """A scenario that was read and is valid by its schema.

    Attributes:
        file: Where it was read, for messages.
        content: What stands there.
        lines: Finds the line of a place in the file.
    """

    file: str
    content: Mapping[str, Any]
    lines: Callable[[Steps], int]

    @property
    def seed(self) -> bool:
        """Whether there is made-up data too."""
        return bool(self.content.get("seed", False))

    def clock(self) -> Clock:
        """A clock as the scenario wants it.

        Raises:
            ScenarioError: If it cannot start then.
        """
        settings = self.content.get("clock", {})
        start = settings.get("start")
        moment = datetime.fromisoformat(start) if start else None
        clock: Clock = self._made(
            ("clock", "start"), Clock, {"start": moment, "frozen": settings.get("frozen", False)}
        )
        return clock

    def add_faults(self, faults: Faults) -> None:
        """Add what goes wrong.

        Raises:
            ScenarioError: If the values of a fault make no sense together, or name no operation.
        """
        for number, fault in enumerate(self.content.get("faults", ())):
            self._made(("faults", number), faults.add, fault)

    def fill(self, sandbox: Additions) -> None:
        """Add what the scenario holds.

        Raises:
            ScenarioError: If something cannot be added.
        """
        adding: dict[str, Callable[..., Any]] = {
            "users": sandbox.add_user,
            "projects": sandbox.add_project,
            "sessions": sandbox.add_session,
            "training_runs": sandbox.add_training_run,
            "checkpoints": sandbox.add_checkpoint,
            "samplers": sandbox.add_sampler,
        }
        for section, add in adding.items():
            for number, item in enumerate(self.content.get(section, ())):
                place = (section, number)
                fields = {name: value for name, value in item.items() if name != "checkpoints"}
                added = self._made(place, add, fields)
                for inner, checkpoint in enumerate(item.get("checkpoints", ())):
                    of_run = {**checkpoint, "training_run_id": added.training_run_id}
                    self._made((*place, "checkpoints", inner), sandbox.add_checkpoint, of_run)

    def _made(self, place: Steps, make: Callable[..., Any], fields: Mapping[str, Any]) -> Any:
        try:
            return make(**fields)
        except ValueError as error:
            raise self.error(place, str(error)) from error

    def error(self, place: Steps, message: str) -> ScenarioError:
        """An error that says where it is."""
        return ScenarioError(f"{self.file}, line {self.lines(place)}: {_way(place)}: {message}")


def load_scenario(path: str | os.PathLike[str]) -> Scenario:
    """Read a scenario file.

    Args:
        path: The file.

    Raises:
        OSError: If it cannot be read.
        ScenarioError: If it is no YAML or not as the schema wants it.
    """
    file = os.fspath(path)
    try:
        root = yaml.compose(Path(file).read_text("utf-8"), Loader=_Loader)
        content = None if root is None else _Loader("").construct_document(root)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f", line {mark.line + 1}" if mark is not None else ""
        raise ScenarioError(f"{file}{line}: it is no YAML that can be used: {error.problem}.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{file}: it is no YAML that can be used: {error}") from None
    scenario = Scenario(file, content if isinstance(content, dict) else {}, functools.partial(_line, root))
    fault = next(validator_of(None).iter_errors(content), None)
    if fault is not None:
        raise scenario.error(fault.instance_path, f"{fault.message}.")
    return scenario


@functools.cache
def validator_of(thing: str | None) -> jsonschema_rs.Draft202012Validator:
    """A validator for one thing of a scenario, such as `checkpoint`, or for a whole one."""
    text = (resources.files("tinker_rest_sandbox") / "scenario.schema.json").read_text("utf-8")
    schema = json.loads(text)
    wanted = schema if thing is None else {"$ref": f"#/$defs/{thing}", "$defs": schema["$defs"]}
    return jsonschema_rs.Draft202012Validator(wanted, validate_formats=True)


_TEXT_KEYS = frozenset({"tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"})


class _Loader(yaml.SafeLoader):
    """Leaves times as texts, and refuses a key that stands twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key, _ in node.value:
            if key.tag not in _TEXT_KEYS:
                raise yaml.constructor.ConstructorError(None, None, "a key is a text", key.start_mark)
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value!r} stands there twice", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _line(root: yaml.Node | None, place: Steps) -> int:
    """The line on which the place begins, or the nearest that there is around it."""
    node = root
    line = 1 if root is None else root.start_mark.line + 1
    for step in place:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == step), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            found = (node.value[step], node.value[step])
        else:
            found = None
        if found is None:
            return line
        line, node = found[0].start_mark.line + 1, found[1]
    return line


def _way(place: Steps) -> str:
    way = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
    return way.removeprefix(".") or "the file"
