"""What each program is asked to do, and whether it has: by what it printed, and by what the sandbox received."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path

from project_env import ROOT

from tinker_rest.types import CheckpointSearchRequest
from tinker_rest_sandbox import Sandbox

RUNS = 5
CHECKPOINTS = 3
NEWER = "newer-server"
BASE_MODEL = "Qwen/Qwen3-8B"
NEW_VALUE = "quantized"
FAILED_RUN = "run-that-failed"
# Answers of a server that is newer than the description: each holds a field, or a value, that it does not list.
NEW_RUN = {
    "training_run_id": NEWER,
    "base_model": BASE_MODEL,
    "is_lora": True,
    "colour": "blue",
    "parts": [{"a": 1}],
}
NEW_CHECKPOINTS = {
    "checkpoints": [
        {
            "checkpoint_id": "weights/0001",
            "checkpoint_type": NEW_VALUE,
            "tinker_path": f"tinker://{NEWER}/weights/0001",
            "expires_at": None,
            "user_metadata": None,
        }
    ],
    "cursor": None,
}
NEW_SESSION = {
    "created_at": "2026-07-13T09:00:00Z",
    "owner": "tml:organization_user:user-1",
    "project_id": "project-research",
    "checkpoints_count": 1,
}
FAILED = {"type": "failed", "category": "user", "message": "The loss is not a number.", "colour": "blue"}
FOUND_SESSIONS = {
    "sessions": [
        {
            **NEW_SESSION,
            "session_id": "session-1",
            "status": {
                **FAILED,
                "reason": {"type": "training_run", "training_run_id": FAILED_RUN, "colour": "blue"},
            },
        },
        # Of each union, a member that the description does not list.
        {**NEW_SESSION, "session_id": "session-2", "status": {"type": "paused", "colour": "blue"}},
        {**NEW_SESSION, "session_id": "session-3", "status": {**FAILED, "reason": {"type": "quota", "left": 0}}},
    ],
    "next_cursor": None,
}


@dataclass(frozen=True)
class Trial:
    """What a program did.

    Attributes:
        printed: The lines `STEP=VALUE` that it printed.
        output: All that it printed, errors too.
        status: Its exit code.
        sandbox: The server that it called.
        run_id: The training run that it was given.
        all_runs: The ids of all training runs, as they are listed.
    """

    printed: Mapping[str, str]
    output: str
    status: int
    sandbox: Sandbox
    run_id: str
    all_runs: Sequence[str]

    def targets(self, operation_id: str) -> list[str]:
        """The targets of the requests for an operation."""
        return [request.target for request in self.sandbox.requests if request.operation_id == operation_id]


Check = Callable[[Trial], bool]


def _pages(trial: Trial) -> bool:
    targets = trial.targets("list_training_runs")
    offsets = [target.partition("offset=")[2].partition("&")[0] for target in targets]
    return trial.printed.get("paging") == ",".join(trial.all_runs) and offsets == ["0", "2", "4", "5"]


def _by_id(trial: Trial) -> bool:
    return trial.printed.get("get") == BASE_MODEL


def _slash(trial: Trial) -> bool:
    targets = trial.targets("set_checkpoint_ttl") + trial.targets("get_checkpoint_archive_url")
    ends = ("/checkpoints/weights/0001/ttl", "/checkpoints/weights/0001/archive")
    return len(targets) == len(ends) and all(map(str.endswith, targets, ends))


def _null(trial: Trial) -> bool:
    bodies = [one.body for one in trial.sandbox.requests if one.operation_id == "set_checkpoint_ttl"]
    with trial.sandbox.client() as client:
        (checkpoint,) = client.list_checkpoints(trial.run_id).result().checkpoints
    is_sent = [json.loads(body) for body in bodies] == [{"ttl_seconds": None}]
    return is_sent and checkpoint.expires_at is None and trial.printed.get("ttl", "").lower() == "true"


def _redirect(trial: Trial) -> bool:
    printed, sandbox = trial.printed, trial.sandbox
    if printed.get("archive_status") != "302" or sandbox.storage_requests or sandbox.requests_with_credentials:
        return False
    is_ahead = parsedate_to_datetime(printed.get("archive_expires", "")) > trial.sandbox.clock.now()
    return is_ahead and printed.get("archive_location", "").startswith(trial.sandbox.storage_url)


def _error(trial: Trial) -> bool:
    is_told = "no-such-run" in trial.printed.get("error_detail", "")
    return is_told and trial.printed.get("error_status") == "404"


def _search(trial: Trial) -> bool:
    pages = len(trial.targets("search_checkpoints"))
    with trial.sandbox.client() as client:
        found = [one.tinker_path for one in client.iter_checkpoint_search(CheckpointSearchRequest())]
    return trial.printed.get("search") == ",".join(found) and pages == len(found) == CHECKPOINTS


def _new_field(trial: Trial) -> bool:
    return trial.printed.get("new_field") == BASE_MODEL


def _new_value(trial: Trial) -> bool:
    return trial.printed.get("new_value") == NEW_VALUE


def _union(trial: Trial) -> bool:
    return trial.printed.get("union") == FAILED_RUN


def _new_member(trial: Trial) -> bool:
    return trial.printed.get("new_member") == "session-1,session-2,session-3"


CHECKS: dict[str, Check] = {
    "pages": _pages,
    "by id": _by_id,
    "slash": _slash,
    "null": _null,
    "302": _redirect,
    "404": _error,
    "search": _search,
    "new field": _new_field,
    "new value": _new_value,
    "union": _union,
    "new member": _new_member,
}


@contextmanager
def prepared_sandbox() -> Iterator[tuple[Sandbox, str]]:
    """A sandbox with what the programs ask for, and the id of the run that has a checkpoint with an expiry."""
    with Sandbox(seed=False, archive_build_seconds=0) as sandbox:
        runs = [sandbox.add_training_run(base_model=BASE_MODEL) for _ in range(RUNS)]
        sandbox.add_checkpoint(training_run_id=runs[0].training_run_id, name="0001", ttl_seconds=86400)
        for run in runs[1:CHECKPOINTS]:
            sandbox.add_checkpoint(training_run_id=run.training_run_id)
        newer = f"GET /api/v1/training_runs/{NEWER}"
        sandbox.faults.add(status=200, body=NEW_RUN, match=newer, times=None)
        sandbox.faults.add(status=200, body=NEW_CHECKPOINTS, match=f"{newer}/checkpoints", times=None)
        sandbox.faults.add(status=200, body=FOUND_SESSIONS, match="search_sessions", times=None)
        yield sandbox, runs[0].training_run_id


def try_program(command: Sequence[str | Path], folder: Path, sandbox: Sandbox, run_id: str) -> Trial:
    """Run a program against a sandbox."""
    with sandbox.client() as client:
        all_runs = [run.training_run_id for run in client.list_training_runs(limit=100).result().training_runs]
    sandbox.requests.clear()
    words = [str(word) for word in command]
    done = subprocess.run(
        [*words, sandbox.base_url, sandbox.api_key, run_id],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / "generated")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    lines = (line.partition("=") for line in done.stdout.splitlines())
    printed = {step: value for step, equals, value in lines if equals}
    return Trial(printed, done.stdout + done.stderr, done.returncode, sandbox, run_id, all_runs)
