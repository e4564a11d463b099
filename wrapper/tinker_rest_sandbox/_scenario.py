"""Scenario files: YAML with the initial data of a sandbox and the faults to inject.

See `scenario.example.yaml`, next to this module; `scenario_schema()` describes every field.
"""

import functools
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import yaml
from attrs import frozen
from pydantic import BaseModel, Field

from tinker_rest_sandbox._additions import Additions
from tinker_rest_sandbox._clock import Clock
from tinker_rest_sandbox._faults import FaultRule, Faults
from tinker_rest_sandbox._fields import Moment, Place, create_model, issues, model_of, moment


class ScenarioError(ValueError):
    """A scenario file is invalid; the message names the file, the line, the place and what is expected."""


@functools.cache
def scenario_model() -> type[BaseModel]:
    """The model of a whole scenario."""
    checkpoint = model_of("checkpoint", Additions.add_checkpoint)
    of_run = model_of("checkpoint_of_run", Additions.add_checkpoint, frozenset({"training_run_id", "user"}))
    run = create_model(
        "training_run",
        model_of("training_run", Additions.add_training_run),
        checkpoints=(list[of_run], Field([], description="The checkpoints that it saved.")),  # type: ignore[valid-type]
    )
    clock = create_model(
        "clock",
        start=(Moment | None, Field(None, description="When it starts; now by default.")),
        frozen=(bool, Field(False, description="Whether time stands still unless you move it.")),
    )

    def section(item: type[BaseModel], description: str) -> Any:
        return (list[item], Field([], description=description))  # type: ignore[valid-type]

    return create_model(
        "scenario",
        version=(Literal[1], Field(description="The version of this format.")),
        seed=(bool, Field(False, description="Whether to add sample runs and checkpoints too.")),
        clock=(clock, Field(None, description="The time of the sandbox.")),
        users=section(model_of("user", Additions.add_user), "Users in addition to alice and bob."),
        projects=section(model_of("project", Additions.add_project), "Projects in addition to the built-in ones."),
        sessions=section(model_of("session", Additions.add_session), "Sessions."),
        training_runs=section(run, "Training runs."),
        checkpoints=section(checkpoint, "Checkpoints that are not listed in their run."),
        samplers=section(model_of("sampler", Additions.add_sampler), "Samplers."),
        faults=section(model_of("fault", FaultRule), "Faults to inject."),
    )


def scenario_schema() -> dict[str, Any]:
    """The JSON Schema of scenario files, for editors and other validators."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **scenario_model().model_json_schema()}
    return {**schema, "title": "A scenario of the tinker-rest sandbox"}


@frozen
class Scenario:
    """A valid scenario. Its methods raise ScenarioError.

    `file` is for messages, and `lines` finds the line of a place in it.
    """

    file: str
    content: Mapping[str, Any]
    lines: Callable[[Place], int]

    @property
    def seed(self) -> bool:
        """Whether to add sample data too."""
        return bool(self.content.get("seed", False))

    def clock(self) -> Clock:
        """The clock of the scenario."""
        settings = self.content.get("clock") or {}
        start = settings.get("start")
        fields = {"start": moment(start) if start else None, "frozen": settings.get("frozen", False)}
        clock: Clock = self._make(("clock", "start"), Clock, fields)
        return clock

    def add_faults(self, faults: Faults) -> None:
        """Add its faults."""
        for number, fault in enumerate(self.content.get("faults", ())):
            self._make(("faults", number), faults.add, fault)

    def fill(self, sandbox: Additions) -> None:
        """Add everything else to a sandbox."""
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
                added = self._make(place, add, fields)
                for inner, checkpoint in enumerate(item.get("checkpoints", ())):
                    of_run = {**checkpoint, "training_run_id": added.training_run_id}
                    self._make((*place, "checkpoints", inner), sandbox.add_checkpoint, of_run)

    def _make(self, place: Place, make: Callable[..., Any], fields: Mapping[str, Any]) -> Any:
        try:
            return make(**fields)
        except ValueError as error:
            raise self.error(place, str(error)) from error

    def error(self, place: Place, message: str) -> ScenarioError:
        """An error with its place."""
        return ScenarioError(f"{self.file}, line {self.lines(place)}: {_way(place)}: {message}")


def load_scenario(path: str | os.PathLike[str]) -> Scenario:
    """Read a scenario file; raises OSError, or ScenarioError if it is not YAML or a field is wrong."""
    file = os.fspath(path)
    try:
        root = yaml.compose(Path(file).read_text("utf-8"), Loader=_Loader)
        content = None if root is None else _Loader("").construct_document(root)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f", line {mark.line + 1}" if mark is not None else ""
        raise ScenarioError(f"{file}{line}: invalid YAML: {error.problem}.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{file}: invalid YAML: {error}") from None
    scenario = Scenario(file, content if isinstance(content, dict) else {}, functools.partial(_line, root))
    for place, message in issues(scenario_model(), content):
        raise scenario.error(place, message)
    return scenario


_TEXT_KEYS = frozenset({"tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"})


class _Loader(yaml.SafeLoader):
    """Keeps times as text, and refuses duplicate keys."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key, _ in node.value:
            if key.tag not in _TEXT_KEYS:
                raise yaml.constructor.ConstructorError(None, None, "a key must be text", key.start_mark)
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"duplicate key {key.value!r}", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _line(root: yaml.Node | None, place: Place) -> int:
    """The line of a place, or of the nearest one around it."""
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


def _way(place: Place) -> str:
    way = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
    return way.removeprefix(".") or "the file"
