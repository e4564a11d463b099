"""Adds checkpoints by the thousand to a sandbox, which its `add_checkpoint` would take long for."""

from __future__ import annotations

from datetime import UTC, datetime

from tinker_rest_sandbox import Sandbox

PER_RUN = 50


def add_many(sandbox: Sandbox, count: int) -> list[str]:
    """Add checkpoints `many-00000` and so on of the first user, fifty of a run; their tinker paths."""
    first = sandbox.add_checkpoint(name="template")
    state = sandbox._state
    assert state is not None
    row = dict(state.store.checkpoint(first.training_run_id, "weights", "template") or {})
    run = dict(state.store.run(first.training_run_id) or {})
    runs = [
        f"{first.training_run_id.replace(':train:0', '')}:train:{one + 1}" for one in range(-(-count // PER_RUN))
    ]
    places = [(runs[number // PER_RUN], f"many-{number:05}") for number in range(count)]
    with state.store.transaction():
        state.store.insert("runs", [{**run, "run_id": run_id} for run_id in runs])
        state.store.insert(
            "checkpoints",
            [
                {**row, "run_id": run_id, "name": name, "created": row["created"] - number}
                for number, (run_id, name) in enumerate(places)
            ],
        )
        template = state.store.checkpoint(first.training_run_id, "weights", "template")
        state.store.delete_checkpoint(template, datetime.now(UTC))
    return [f"tinker://{run_id}/weights/{name}" for run_id, name in places]


def paths_left(sandbox: Sandbox) -> set[str]:
    """The tinker paths of all checkpoints of the first user."""
    paths: set[str] = set()
    with sandbox.client() as client:
        while page := client.list_user_checkpoints(1000, len(paths)).result().checkpoints:
            paths |= {one.tinker_path for one in page}
    return paths
