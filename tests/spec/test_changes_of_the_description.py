"""What CONTRIBUTING says of a change of openapi.yaml, done on a copy: from the description to a facade that works.

All in one: a new field, a new parameter, a new value of an enumeration, a renamed schema and a new operation. What is
forgotten is named by a check; scripts/scaffold prints the method and the handler of the operation, and what is
written by hand is in `QUERY`, `ARGUMENT` and `RENAMED`, and is nothing else.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from checkout import ROOT, copy_of_checkout, paste_scaffold

sys.path.append(str(ROOT / "scripts"))  # where the rules are; they are no part of the package
from spec_lint.rules import findings

PATH = """\
  /api/v1/projects/{project_id}:
    get:
      operationId: get_project
      tags: [sessions]
      summary: Get a project
      description: Returns the number of sessions in a project.
      parameters:
        - $ref: '#/components/parameters/ProjectId'
      responses:
        '200':
          description: The project that was asked for.
          headers:
            X-Request-Id: {$ref: '#/components/headers/RequestId'}
          content:
            application/json:
              schema: {$ref: '#/components/schemas/Project'}
              examples:
                research: {$ref: '#/components/examples/ResearchProject'}
        '400': {$ref: '#/components/responses/BadRequest'}
        '401': {$ref: '#/components/responses/Unauthorized'}
        '402': {$ref: '#/components/responses/PaymentRequired'}
        '404': {$ref: '#/components/responses/NotFound'}
        '422': {$ref: '#/components/responses/UnprocessableEntity'}
        '429': {$ref: '#/components/responses/TooManyRequests'}
        '500': {$ref: '#/components/responses/InternalServerError'}
        '503': {$ref: '#/components/responses/ServiceUnavailable'}

"""
PARAMETER = """\
    ProjectId:
      name: project_id
      in: path
      required: true
      description: The id of a project. Never empty, `.` or `..`.
      schema: {type: string, minLength: 1, maxLength: 512}
      examples:
        research: {value: project-research}
"""
SCHEMA = """\
    Project:
      type: object
      description: A project, to which sessions belong.
      required: [project_id, sessions_count]
      properties:
        project_id:
          type: string
          description: The id of the project.
          examples: [project-research]
        sessions_count:
          type: integer
          format: int64
          minimum: 0
          maximum: 9007199254740991
          description: The number of sessions in the project.
          examples: [32]
"""
EXAMPLE = """\
    ResearchProject:
      summary: The project of most sessions
      value: {project_id: project-research, sessions_count: 32}
"""
FIELD = """\
        sha256:
          type: [string, 'null']
          description: The SHA-256 of the checkpoint's files, in hexadecimal digits.
          examples: [9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08]
"""
# The query that scripts/scaffold guesses, and the right one: there is no table of projects.
QUERY = (
    "SELECT * FROM projects WHERE project_id = ?",
    "SELECT project_id, COUNT(*) AS sessions_count FROM sessions WHERE project_id = ? GROUP BY project_id",
)
# What stands in the method that gets a further argument, and what takes its place.
ARGUMENT = (
    (
        'self, session_id: str, access_scope: AccessScopeName = "owned"\n    ) -> APIFuture[types.GetSessionResponse]:',
        'self, session_id: str, access_scope: AccessScopeName = "owned", project_id: str | None = None\n'
        "    ) -> APIFuture[types.GetSessionResponse]:",
    ),
    (
        "            session_id: The ID of the session.\n            access_scope:",
        "            session_id: The ID of the session.\n            project_id: Its project; any by default.\n"
        "            access_scope:",
    ),
    (
        "api.get_session, session, access_scope=scope)",
        "api.get_session, session, access_scope=scope, project_id=arguments.optional_project(project_id))",
    ),
)
RENAMED = ("GetSamplerResponse", "Sampler")
USE = """
from tinker_rest_sandbox import Sandbox
from tinker_rest.types import Checkpoint, KnownCheckpointType, Project, Sampler

with Sandbox(validate_responses=True) as sandbox, sandbox.client() as client:
    project = client.get_project("project-research").result()
    session = client.get_session("session-id", project_id="project-research").result()
    sampler = client.get_sampler("session-id:sample:0").result()
assert isinstance(project, Project) and project.sessions_count > 0, project
assert isinstance(sampler, Sampler), sampler
assert sandbox.requests[1].target.endswith("?access_scope=owned&project_id=project-research")
assert session.sampler_ids, session
sent = {"checkpoint_id": "weights/1", "checkpoint_type": "merged", "tinker_path": "tinker://r/weights/1"}
checkpoint = Checkpoint.from_dict({**sent, "sha256": "ab"})
assert checkpoint.checkpoint_type is KnownCheckpointType.MERGED and checkpoint.sha256 == "ab", checkpoint
assert Checkpoint.from_dict(sent).sha256 is None
"""

SURFACE = "tests/facade/test_public_surface.py"
HANDLERS = "tests/sandbox/test_spec.py::test_every_operation_has_a_handler"
PROMISES = "tests/sandbox/test_promises.py::test_every_"
SENT, USED = (f"{PROMISES}{name}" for name in ("property_is_sent", "parameter_and_field_changes_something"))
# What looks at each operation, model and method there is.
WHOLE = (
    SURFACE, HANDLERS, "tests/facade/test_wire.py", "tests/facade/test_deprecations.py", "tests/sandbox/test_operations.py",
    "tests/sandbox/test_examples.py", "tests/generated/test_models.py",
)  # fmt: skip


pytestmark = pytest.mark.scripts(
    "tests/spec",
    "tests/facade",
    "tests/sandbox",
    "tests/generated",
    "scripts",
    "openapi.yaml",
    "generator-config.yml",
    "generated",
    "wrapper",
)


class Copy:
    """A copy of the checkout, in which programs and tests use the copy's source instead of what is installed."""

    def __init__(self, folder: Path) -> None:
        self.folder = copy_of_checkout(folder, "wrapper", "tests")

    def edit(self, name: str, before: str, after: str) -> None:
        """Replace what stands there, once in a table or everywhere."""
        file = self.folder / name
        text = file.read_text()
        assert before in text
        file.write_text(text.replace(before, after))

    def rename_by_hand(self) -> None:
        """Give the renamed schema its new name wherever Python has the old one."""
        for name in ("wrapper", "tests/facade"):
            for file in (self.folder / name).rglob("*.py"):
                file.write_text(file.read_text().replace(*RENAMED))

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run Python in the copy."""
        path = os.pathsep.join(str(self.folder / name) for name in ("wrapper", "generated"))
        environment = {**os.environ, "PYTHONPATH": path}
        command = (sys.executable, *command)
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )

    def failures(self, *tests: str) -> str:
        """What pytest prints for tests that fail; empty if they pass."""
        done = self.run("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *tests)
        return "" if done.returncode == 0 else done.stdout + done.stderr

    def mistyped(self) -> str:
        """What mypy says of the facade; empty where nothing is wrong."""
        done = self.run("-m", "mypy", "--no-error-summary", "wrapper/tinker_rest/_methods")
        return done.stdout + done.stderr


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """A copy with a changed description, generated anew."""
    made = Copy(tmp_path_factory.mktemp("checkout"))
    spec = "openapi.yaml"
    made.edit(spec, "  /api/v1/get_server_capabilities:\n", f"{PATH}  /api/v1/get_server_capabilities:\n")
    made.edit(spec, "    TrainingRunsLimit:\n", f"{PARAMETER}    TrainingRunsLimit:\n")
    made.edit(spec, "    GetSamplerResponse:\n", f"{SCHEMA}    GetSamplerResponse:\n")
    made.edit(spec, "    SamplerOfCheckpoint:\n", f"{EXAMPLE}    SamplerOfCheckpoint:\n")
    made.edit(
        spec, "        public:\n          type: boolean\n", f"{FIELD}        public:\n          type: boolean\n"
    )
    made.edit(spec, "enum: [training, sampler, external]", "enum: [training, sampler, external, merged]")
    before = "        - $ref: '#/components/parameters/SessionId'\n        - $ref: '#/components/parameters/AccessScope'\n"
    made.edit(spec, before, f"{before}        - $ref: '#/components/parameters/ProjectIdFilter'\n")
    made.edit(spec, *RENAMED)
    assert findings((made.folder / spec).read_text()) == []
    done = made.run("scripts/regenerate")
    assert done.returncode == 0, done.stdout + done.stderr
    return made


@pytest.mark.long
@pytest.mark.timeout(400)  # it creates a whole checkout
def test_from_the_description_to_a_facade_that_works(copy: Copy) -> None:
    methods, handlers = (
        f"wrapper/{name}/sessions.py" for name in ("tinker_rest/_methods", "tinker_rest_sandbox/_handlers")
    )
    # What is to be written by hand is named.
    forgotten = copy.failures(SURFACE, HANDLERS, f"{SENT}[list_checkpoints]", f"{USED}[get_session]")
    assert "get_project has no method: write it, and its get_project_async" in forgotten
    assert "_methods/ for sessions; `scripts/scaffold get_project` prints both" in forgotten
    assert "get_session lacks the argument project_id; `scripts/scaffold get_session` prints it" in forgotten
    assert "openapi.yaml has operations without a handler: ['get_project']" in forgotten
    assert "list_checkpoints: the sandbox never sends Checkpoint.sha256; add it in" in forgotten
    assert "get_session: the parameter or field project_id changes nothing" in forgotten
    assert 'Name "types.GetSamplerResponse" is not defined' in copy.mistyped()
    # It is written.
    printed = copy.run("scripts/scaffold", "get_project")
    assert printed.returncode == 0, printed.stderr
    paste_scaffold(copy.folder, printed.stdout)
    copy.edit(handlers, *QUERY)
    for before, after in ARGUMENT:
        copy.edit(methods, before, after)
    copy.rename_by_hand()
    # Nothing else is missing, neither for the other tests nor for users.
    assert copy.mistyped() == ""
    assert (
        copy.failures(*WHOLE, "-k", "get_project or Project or Sampler or surface or every or out_of_date") == ""
    )
    assert copy.failures(f"{SENT}[get_project]", f"{USED}[get_project]") == ""
    used = copy.run("-c", USE)
    assert used.returncode == 0, used.stderr
